"""What hangs on a member's change: the counters of their roster block, and the team's set of active owners."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pynamodb.expressions.condition import size
from pynamodb.expressions.operand import Path

from rollcall.domain.errors import LastOwner, Stale
from rollcall.storage import keys, roster
from rollcall.storage.items import HeaderItem, OwnersItem
from rollcall.storage.transaction import Transaction, stale

if TYPE_CHECKING:
    from pynamodb.expressions.update import Action


class BlockFull(Stale):
    """The roster block that a new member was to join has no room left."""

    def __init__(self, team_id: str, block: int) -> None:
        """Name the block."""
        super().__init__()
        self.team_id = team_id
        self.block = block


def counters(transaction: Transaction, team_id: str, block: int, moved: Mapping[str, int]) -> None:
    """Add to the counters of a block; somebody who joins it needs room there."""
    if not any(moved.values()):
        return
    stripe = transaction.stripe
    header = HeaderItem(*keys.header(team_id, block, stripe))
    room = roster.SPARE_ROWS if stripe else roster.BLOCK_ROWS
    joins = moved.get(roster.TOTAL, 0) > 0
    condition = (HeaderItem.PK.does_not_exist() | (HeaderItem.total < room)) if joins else None
    actions: list[Action] = [Path([cell]).add(by) for cell, by in moved.items() if by]
    transaction.updates.append((header, actions, condition, lambda _: BlockFull(team_id, block)))


def owners(
    transaction: Transaction, team_id: str, gained: set[str], lost: set[str], before: frozenset[str] | None
) -> None:
    """Keep the set of active owners; the last one can be added to, but not taken out (M4).

    One update cannot add and delete, so a change that does both replaces the set it has read (M5).
    """
    item = OwnersItem(*keys.owners(team_id))
    if gained and lost:
        after = ((before or frozenset()) - lost) | gained
        change: list[Action] = [OwnersItem.owners.set(set(after))]
        transaction.updates.append((item, change, OwnersItem.owners == set(before or ()), stale))
    elif gained:
        alive = None if team_id in transaction.founded else OwnersItem.PK.exists()
        transaction.updates.append((item, [OwnersItem.owners.add(gained)], alive, stale))
    else:
        (leaver,) = lost
        remains = (size(Path(["owners"])) > 1) & OwnersItem.owners.contains(leaver)
        transaction.updates.append((item, [OwnersItem.owners.delete(lost)], remains, lambda _: LastOwner()))
