"""The way between a SCIM conflict and its item, and the list of a team's."""

from rollcall.domain import ids
from rollcall.domain.scim_conflicts import ScimConflict
from rollcall.domain.times import epoch_ms, from_epoch_ms
from rollcall.storage import keys
from rollcall.storage.items import ConflictItem
from rollcall.storage.table import Wire
from rollcall.storage.waves import Ask, query


def conflict_item(conflict: ScimConflict) -> ConflictItem:
    """Return the item."""
    return ConflictItem(
        *keys.scim_conflict(conflict.team_id, conflict.member_id),
        user_name=conflict.user_name,
        external_id=conflict.external_id,
        resource=conflict.resource,
        first_at=epoch_ms(conflict.first_at),
        last_at=epoch_ms(conflict.last_at),
        version=conflict.version,
    )


def conflict_of(raw: Wire, team_id: str) -> ScimConflict:
    """Return the conflict."""
    item = ConflictItem.from_raw_data(raw)
    return ScimConflict(
        team_id=team_id,
        member_id=ids.from_code("mem", item.SK),
        user_name=item.user_name,
        external_id=item.external_id,
        resource=item.resource,
        first_at=from_epoch_ms(int(item.first_at)),
        last_at=from_epoch_ms(int(item.last_at)),
        version=int(item.version),
    )


def conflicts_of(team_id: str, limit: int, after: str | None) -> tuple[list[ScimConflict], str | None]:
    """Return up to `limit` conflicts, by when their members joined, and where the next page starts."""
    rows = query(Ask(keys.scim_conflicts_of(team_id), after=after, limit=limit + 1, consistent=True)).items
    following = rows[limit - 1]["SK"]["S"] if len(rows) > limit else None
    return [conflict_of(raw, team_id) for raw in rows[:limit]], following
