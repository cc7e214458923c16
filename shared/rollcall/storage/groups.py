"""SCIM groups: the way to and from their items, and the operations of their steps.

A membership is one item, beside which every member (and nested group) has the set of the groups that it is in; both are
written in one transaction. Nothing rests on a group's version but what asks for it, so that parallel additions are all
kept.
"""

from typing import TYPE_CHECKING

from pynamodb.expressions.condition import Condition, size
from pynamodb.expressions.operand import Path

from rollcall.domain import ids
from rollcall.domain.changes import Left, Moved, Regrouped, Rests
from rollcall.domain.groups import MOST_GROUPS, Group
from rollcall.domain.members import Member, Status
from rollcall.domain.times import epoch_ms, from_epoch_ms
from rollcall.storage import keys
from rollcall.storage.items import DescriptionItem, GroupItem, MemberItem, MembershipItem
from rollcall.storage.table import Item
from rollcall.storage.transaction import Transaction, stale

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pynamodb.expressions.update import Action

FLAGS = ("filling", "behind")


def group_item(group: Group) -> GroupItem:
    """Return the item of a group."""
    return GroupItem(
        *keys.group(group.team_id, group.id),
        name=group.display_name,
        external_id=group.external_id,
        version=group.version,
        modified=epoch_ms(group.modified),
        parents=set(group.parents) or None,
        filling=1 if group.filling else None,
        behind=1 if group.behind else None,
    )


def group_of(item: GroupItem, team_id: str) -> Group:
    """Return the group."""
    return Group(
        id=ids.from_code("grp", item.SK),
        team_id=team_id,
        display_name=item.name,
        external_id=item.external_id,
        version=int(item.version),
        modified=from_epoch_ms(int(item.modified)),
        parents=frozenset(item.parents or ()),
        filling=bool(item.filling),
        behind=bool(item.behind),
    )


def plan(transaction: Transaction, step: Regrouped | Moved | Rests | Left) -> None:
    """Add what a step writes of a group, of a membership, or rests on."""
    if isinstance(step, Regrouped):
        _regroup(transaction, step)
    elif isinstance(step, Moved):
        _move(transaction, step)
    else:
        item = DescriptionItem(*keys.description(step.member.team_id, step.member.block, step.member.id))
        if isinstance(step, Rests):
            transaction.checks.append((item, are(step.groups), stale))
            return
        left: list[Action] = [DescriptionItem.groups.delete(set(step.leaving))]
        transaction.updates.append((item, left, are(step.groups), stale))
        leave(transaction, step.member, step.leaving)


def are(groups: frozenset[str]) -> Condition:
    """Return the condition that these, and no others, are the groups that somebody is in."""
    return DescriptionItem.groups == set(groups) if groups else DescriptionItem.groups.does_not_exist()


def leave(transaction: Transaction, member: Member, groups: "Iterable[str]") -> None:
    """Take a member who goes out of groups, which are others by that."""
    for code in sorted(groups):
        key = keys.membership(member.team_id, code, ids.code(member.id))
        transaction.deletes.append((MembershipItem(*key), None, stale))
        touched: list[Action] = [GroupItem.version.add(1)]
        if transaction.at is not None:
            touched.append(GroupItem.modified.set(transaction.at))
        group = GroupItem(*keys.group(member.team_id, ids.from_code("grp", code)))
        transaction.updates.append((group, touched, Item.PK.exists(), stale))
        transaction.shared = True


def _regroup(transaction: Transaction, step: Regrouped) -> None:
    before, after = step.before, step.after
    if before is None and after is not None:
        transaction.puts.append((group_item(after), Item.PK.does_not_exist(), stale))
    elif before is not None and after is None:
        transaction.deletes.append((group_item(before), GroupItem.version == before.version, stale))
    elif before is not None and after is not None:
        there: Condition = Item.PK.exists()
        if step.exact:
            there = GroupItem.version == before.version
        transaction.updates.append((group_item(after), list(_differences(before, after)), there, stale))
        transaction.shared = True


def _differences(before: Group, after: Group) -> "Iterable[Action]":
    """Yield what makes the one group the other; the version is added to, because others may add to it too."""
    old, new, attributes = group_item(before), group_item(after), GroupItem.get_attributes()
    if before.version != after.version:
        yield GroupItem.version.add(1)
        yield GroupItem.modified.set(new.modified)
    for name in ("name", "external_id", *FLAGS):
        value = getattr(new, name)
        if getattr(old, name) != value:
            yield attributes[name].remove() if value is None else attributes[name].set(value)


def _move(transaction: Transaction, step: Moved) -> None:
    """Put or delete a membership, and note it on whoever it is; of those who are gone there is nothing to note."""
    party, team_id, code = step.move.party, step.group.team_id, step.group.code
    item = MembershipItem(*keys.membership(team_id, code, ids.code(party.id)))
    item.nested = 1 if party.id.startswith("grp_") else None
    if step.move.joins:
        transaction.puts.append((item, None, stale))
    else:
        transaction.deletes.append((item, None, stale))
    if party.member is not None:
        _note(transaction, step, party.member)
    elif party.nested is not None:
        nested = GroupItem(*keys.group(team_id, party.id))
        change = GroupItem.parents.add({code}) if step.move.joins else GroupItem.parents.delete({code})
        transaction.updates.append((nested, [change], Item.PK.exists() & _room(joins=step.move.joins), stale))


def _note(transaction: Transaction, step: Moved, member: Member) -> None:
    """Note a membership on a member, who must not be gone meanwhile, or nobody would find it."""
    joins, code = step.move.joins, step.group.code
    item = DescriptionItem(*keys.description(member.team_id, member.block, member.id))
    change = DescriptionItem.groups.add({code}) if joins else DescriptionItem.groups.delete({code})
    still = are(step.move.party.groups) if step.rests else _room(joins=joins)
    if member.grouped or not joins:
        still &= Item.PK.exists()
    transaction.updates.append((item, [change], still, stale))
    if step.first:
        there = MemberItem.PK.exists() & (MemberItem.status != Status.REMOVING.value)
        flag = MemberItem(*keys.member(member.team_id, member.id))
        transaction.updates.append((flag, [MemberItem.grouped.set(1)], there, stale))


def _room(*, joins: bool) -> Condition:
    """Return the condition that there is room for one more group, where one comes."""
    room: Condition = Item.PK.exists()
    if joins:
        groups = Path(["g"])
        room = groups.does_not_exist() | (size(groups) < MOST_GROUPS)
    return room
