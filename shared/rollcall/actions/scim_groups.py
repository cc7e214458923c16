"""What an identity provider does with groups: create, rewrite, change, delete (RFC 7644); a member at a time or all."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from rollcall.actions.call import Call
from rollcall.actions.regroup import Task, again, carry_out, present
from rollcall.domain import ids
from rollcall.domain.errors import GroupExists, NotFound
from rollcall.domain.groups import GROUP, MOST_TOGETHER, Group, name_key
from rollcall.scim import filters
from rollcall.scim.groups import (
    AddMembers,
    GroupOp,
    GroupResource,
    RemoveAll,
    RemoveMatching,
    RemoveMembers,
    ReplaceMembers,
    SetAttributes,
)
from rollcall.storage import keys, memberships
from rollcall.storage.keys import Key
from rollcall.storage.reads import read

OF_ALL = (RemoveAll, RemoveMatching, ReplaceMembers)


def reads_of_new(team_id: str, resource: GroupResource) -> list[Key]:
    """Name what decides whether a group is new, and its first members if they are few."""
    claim = keys.claim(GROUP, team_id, name_key(resource.display_name))
    return [claim, *_few(team_id, [one.id for one in resource.members])]


def reads_of_patch(team_id: str, group_id: str | None, ops: Sequence[GroupOp]) -> list[Key]:
    """Name the group, and whom the operations name if they are few."""
    return [*reads(team_id, group_id), *_few(team_id, _named(ops))]


def reads(team_id: str, group_id: str | None) -> list[Key]:
    """Name the group; text that is no id names nothing."""
    return [keys.group(team_id, str(group_id))] if ids.valid(group_id, "grp") else []


def create(call: Call, resource: GroupResource, group_id: str | None = None) -> Group:
    """Add a group. One whose first members were not all added is completed by the same request. Raises GroupExists."""
    team_id = call.team.id
    todo = [(one.id, True) for one in resource.members]
    holder = call.found.holder(GROUP, team_id, name_key(resource.display_name))
    if holder is not None:
        begun = read([keys.group(team_id, holder)]).group(team_id, holder)
        if begun is None or not begun.filling or begun.external_id != resource.external_id:
            raise GroupExists
        return _rewrite(call, begun, _with(begun, resource), resource)
    group = Group(group_id or call.new_id("grp"), team_id, resource.display_name, resource.external_id, 1, call.now)
    parts = carry_out(call, Task(None, group), todo, call.found if len(todo) <= MOST_TOGETHER else None)
    return group if parts == 1 else present(group)


def get(call: Call, group_id: str | None) -> Group:
    """Return a group. Raises NotFound."""
    group = call.found.group(call.team.id, group_id) if ids.valid(group_id, "grp") and group_id else None
    if group is None:
        raise NotFound
    return group


def replace_group(call: Call, group_id: str | None, resource: GroupResource) -> Group:
    """Give a group another name, externalId and members; what is so already is no change. Raises as `patch` does."""
    group = get(call, group_id)
    call.check_version(group.version)
    return _rewrite(call, group, _with(group, resource), resource)


def patch(call: Call, group_id: str | None, ops: Sequence[GroupOp]) -> None:
    """Carry out operations, each on what those before it have made.

    Raises NotFound, StaleVersion, GroupExists, and InvalidValue for a member who is not in the team.
    """
    group = get(call, group_id)
    call.check_version(group.version)
    after = group
    for op in ops:
        if isinstance(op, SetAttributes):
            external_id = None if op.clear_external_id else op.external_id or after.external_id
            after = replace(after, display_name=op.display_name or after.display_name, external_id=external_id)
    if not any(isinstance(op, OF_ALL) for op in ops):
        todo = list(_state(call, {}, ops).items())
        found = call.found if len(_named(ops)) <= MOST_TOGETHER else None
        carry_out(call, Task(group, after), todo, found)
        return
    listed = memberships.in_group(group)
    state = _state(call, dict.fromkeys(listed, True), ops)
    todo = [(one, inside) for one, inside in state.items() if inside is not (one in listed)]
    carry_out(call, Task(group, after, frozenset(listed)), todo)


def delete(call: Call, group_id: str | None) -> None:
    """Delete a group: its members stay, and lose what it gave them. Raises NotFound, StaleVersion."""
    group = get(call, group_id)
    call.check_version(group.version)
    for code in sorted(group.parents):
        _leave_parent(call, group, ids.from_code("grp", code))
    listed = memberships.in_group(group)
    if len(listed) > MOST_TOGETHER:
        todo = [(one, False) for one in listed]
        carry_out(call, Task(group, group, frozenset(listed)), todo[MOST_TOGETHER:])
        again(lambda: _end(replace(call, if_match=None), present(group)))
    else:
        _end(call, group)


def _end(call: Call, group: Group) -> None:
    """Delete the group with its last members; roles may take several transactions, the last one takes the group."""
    while True:
        listed = memberships.in_group(group)
        carry_out(call, Task(group, None, frozenset(listed)), [(one, False) for one in listed])
        found = read([keys.group(group.team_id, group.id)]).group(group.team_id, group.id)
        if found is None:
            return
        group = found


def _leave_parent(call: Call, group: Group, parent_id: str) -> None:
    parent = read([keys.group(group.team_id, parent_id)]).group(group.team_id, parent_id)
    if parent is not None:
        carry_out(replace(call, if_match=None), Task(parent, parent, frozenset({group.id})), [(group.id, False)])


def _rewrite(call: Call, group: Group, after: Group, resource: GroupResource) -> Group:
    listed = set(memberships.in_group(group))
    wanted = [one.id for one in resource.members]
    todo = [(one, False) for one in sorted(listed.difference(wanted))]
    todo += [(one, True) for one in wanted if one not in listed]
    carry_out(call, Task(group, after, frozenset(listed)), todo)
    return present(group) if todo or group != after else group


def _with(group: Group, resource: GroupResource) -> Group:
    return replace(group, display_name=resource.display_name, external_id=resource.external_id, filling=False)


def _state(call: Call, inside: Mapping[str, bool], ops: Sequence[GroupOp]) -> dict[str, bool]:
    """Return who is to be in the group of those who were in it or are named."""
    state = dict(inside)
    for op in ops:
        if isinstance(op, RemoveAll | ReplaceMembers):
            state = dict.fromkeys(state, False)
        if isinstance(op, AddMembers | ReplaceMembers):
            state |= {one.id: True for one in op.members}
        elif isinstance(op, RemoveMembers):
            state |= dict.fromkeys(op.ids, False)
        elif isinstance(op, RemoveMatching):
            state |= dict.fromkeys(_matching(call, op, [one for one, there in state.items() if there]), False)
    return state


def _matching(call: Call, op: RemoveMatching, inside: Sequence[str]) -> list[str]:
    """Return those whose element of `members` the filter holds for; names are read only where it asks for them."""
    names: dict[str, str] = {}
    if "display" in filters.attributes_of(op.where):
        found = memberships.known(call.team.id, inside)
        names = {one: memberships.name_of(found, call.team.id, one) for one in inside}
    elements = {one: {"value": one, "type": memberships.kind(one), "display": names.get(one)} for one in inside}
    return [one for one, element in elements.items() if filters.matches(op.where, element)]


def _named(ops: Sequence[GroupOp]) -> list[str]:
    named: dict[str, None] = {}
    for op in ops:
        if isinstance(op, AddMembers):
            named |= dict.fromkeys(one.id for one in op.members)
        elif isinstance(op, RemoveMembers):
            named |= dict.fromkeys(op.ids)
    return list(named)


def _few(team_id: str, named: Sequence[str]) -> list[Key]:
    return memberships.party_keys(team_id, named) if len(named) <= MOST_TOGETHER else []
