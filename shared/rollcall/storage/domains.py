"""The way between a team's domain and its item, and the list of a team's domains."""

from datetime import datetime

from rollcall.domain.domains import DomainState, TeamDomain
from rollcall.domain.times import epoch_ms, from_epoch_ms
from rollcall.storage import keys
from rollcall.storage.items import DomainItem
from rollcall.storage.table import Wire


def domain_item(domain: TeamDomain) -> DomainItem:
    """Return the item; a verified domain stands in the index under its next check."""
    due = None if domain.check_at is None else keys.expiry("D", domain.check_at, domain.team_id)
    return DomainItem(
        *keys.domain(domain.team_id, domain.name),
        XP=due.pk if due else None,
        XS=due.sk if due else None,
        proof=domain.proof,
        created_at=epoch_ms(domain.created_at),
        state=domain.state.value,
        verified_at=None if domain.verified_at is None else epoch_ms(domain.verified_at),
        check_at=None if domain.check_at is None else epoch_ms(domain.check_at),
        misses=domain.misses,
        version=domain.version,
    )


def domain_of(raw: Wire, team_id: str) -> TeamDomain:
    """Return the domain."""
    item = DomainItem.from_raw_data(raw)
    return TeamDomain(
        team_id=team_id,
        name=item.SK.partition("#")[2],
        proof=item.proof,
        created_at=from_epoch_ms(int(item.created_at)),
        state=DomainState(item.state),
        verified_at=_moment(item.verified_at),
        check_at=_moment(item.check_at),
        misses=int(item.misses),
        version=int(item.version),
    )


def _moment(milliseconds: float | None) -> datetime | None:
    return None if milliseconds is None else from_epoch_ms(int(milliseconds))
