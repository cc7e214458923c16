"""From a repair of the roster to the operations of its transaction; each rests on what the recount read."""

from functools import reduce
from typing import TYPE_CHECKING

from pynamodb.expressions.operand import Path

from rollcall.domain.changes import Recounted, Reowned, Rewritten, Swept
from rollcall.domain.members import Member
from rollcall.storage import keys, roster
from rollcall.storage.items import HeaderItem, MemberItem, OwnersItem, RowItem
from rollcall.storage.table import Item
from rollcall.storage.transaction import Transaction, stale

if TYPE_CHECKING:
    from pynamodb.expressions.condition import Condition
    from pynamodb.expressions.update import Action

WRITTEN = ("folded", "name", "email", "avatar_url", "flags", "products", "version")


def plan(transaction: Transaction, step: Rewritten | Swept | Recounted | Reowned) -> None:
    """Add what puts one thing right."""
    if isinstance(step, Rewritten):
        _rewrite(transaction, step.member)
    elif isinstance(step, Swept):
        _sweep(transaction, step)
    elif isinstance(step, Recounted):
        _recount(transaction, step)
    else:
        _own(transaction, step)


def _rewrite(transaction: Transaction, member: Member) -> None:
    """Set every field that comes from the member; the mark of their last activity stays."""
    row, attributes = roster.row_item(member), RowItem.get_attributes()
    actions: list[Action] = []
    for name in WRITTEN:
        value = getattr(row, name)
        actions.append(attributes[name].remove() if value is None else attributes[name].set(value))
    unchanged = MemberItem.version == member.version
    transaction.checks.append((MemberItem(*keys.member(member.team_id, member.id)), unchanged, stale))
    transaction.updates.append((row, actions, None, stale))


def _sweep(transaction: Transaction, step: Swept) -> None:
    nobody = Item.PK.does_not_exist() | (MemberItem.block != step.block)
    transaction.checks.append((MemberItem(*keys.member(step.team_id, step.member_id)), nobody, stale))
    transaction.deletes.append((RowItem(*keys.row(step.team_id, step.block, step.member_id)), None, stale))


def _recount(transaction: Transaction, step: Recounted) -> None:
    """Add the difference to the first stripe, unless another repair has come first."""
    actions: list[Action] = [Path([cell]).add(step.after[cell] - step.before[cell]) for cell in step.after]
    unchanged: list[Condition] = [
        Path([cell]) == count if count else Path([cell]).does_not_exist() | (Path([cell]) == 0)
        for cell, count in step.first.items()
    ]
    header = HeaderItem(*keys.header(step.team_id, step.block, 0))
    transaction.updates.append((header, actions, reduce(lambda a, b: a & b, unchanged), stale))


def _own(transaction: Transaction, step: Reowned) -> None:
    unchanged = OwnersItem.owners == set(step.before) if step.before else Item.PK.does_not_exist()
    actions: list[Action] = [OwnersItem.owners.set(set(step.after))]
    transaction.updates.append((OwnersItem(*keys.owners(step.team_id)), actions, unchanged, stale))
