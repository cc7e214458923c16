"""Loading many members of a team at once, for seeds and benchmarks; the running service never comes this way.

Writes what `commit` would have written for each join (member, claims, roster row, counters, owners, what an identity
provider says of them), in batches. A batch puts whole items without conditions, so the members must be new and nobody
else may be writing to the team.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from pynamodb.expressions.operand import Path

from rollcall.domain.invitations import EMAIL
from rollcall.domain.members import Member
from rollcall.storage import described, keys, roster
from rollcall.storage.items import ClaimItem, DescriptionItem, HeaderItem, OpenBlocksItem, OwnersItem
from rollcall.storage.table import Item
from rollcall.storage.values import item_of

if TYPE_CHECKING:
    from pynamodb.expressions.update import Action


def load(
    team_id: str, members: Iterable[Member], first_free: int = 1, says: Callable[[Member], str] | None = None
) -> list[Member]:
    """Add the members to a team whose roster has `first_free` rows in block 0; return them with their blocks.

    `says` gives what the identity provider says of those who are tied to it.
    """
    placed = [replace(m, block=(first_free + n) // roster.BLOCK_ROWS) for n, m in enumerate(members)]
    with Item.batch_write() as batch:
        for item in _items(placed, says):
            batch.save(item)
    counters: dict[int, Counter[str]] = {}
    for member in placed:
        counters.setdefault(member.block, Counter()).update(roster.cells(member))
    for block, cells in counters.items():
        actions: list[Action] = [Path([cell]).add(by) for cell, by in sorted(cells.items())]
        HeaderItem(*keys.header(team_id, block, 0)).update(actions)
    owners = {member.id for member in placed if member.owns}
    if owners:
        OwnersItem(*keys.owners(team_id)).update([OwnersItem.owners.add(owners)])
    last = max(counters, default=0)
    OpenBlocksItem(*keys.open_blocks(team_id), blocks=[last], following=last + 1).save()
    return placed


def _items(members: Sequence[Member], says: Callable[[Member], str] | None) -> Iterator[Item]:
    for member in members:
        yield item_of(member)
        yield ClaimItem(*keys.claim(EMAIL, member.team_id, member.email_key), holder=member.id, block=member.block)
        yield roster.row_item(member)
        for claim in described.claims(None, member):
            key = keys.claim(claim.kind, member.team_id, claim.value)
            yield ClaimItem(*key, holder=member.id, block=member.block)
        if says is not None and member.link is not None:
            yield DescriptionItem(*keys.description(member.team_id, member.block, member.id), text=says(member))
