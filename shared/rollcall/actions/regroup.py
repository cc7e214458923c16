"""What becomes of a group, in changes of at most twenty members each, with the roles that go with them (R2, R3)."""

from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from rollcall.actions import provision
from rollcall.actions.call import Call
from rollcall.domain import groups
from rollcall.domain.connections import RoleRule
from rollcall.domain.errors import Contention, NotFound, Stale
from rollcall.domain.groups import MOST_GROUPS, MOST_TOGETHER, Group, Move, Outcome, Party, Rules, mapped_role
from rollcall.scim.errors import InvalidValue
from rollcall.storage import keys, memberships
from rollcall.storage.reads import Found, read

ATTEMPTS = 6

T = TypeVar("T")
Todo = Sequence[tuple[str, bool]]  # an id, and whether it joins


@dataclass(frozen=True, slots=True)
class Task:
    """A group as it was and is to be; `listed` are its members where they were read, also those who are nobody now."""

    before: Group | None
    after: Group | None
    listed: Container[str] = ()


def carry_out(call: Call, task: Task, todo: Todo, found: Found | None = None) -> int:
    """Change a group and its members: all are looked at first, then changed, each part whole or not at all.

    What a failure leaves undone, the same request does. `found` has whoever is named, if they are few. Returns how many
    parts it took. Raises InvalidValue for somebody who is not in the team, GroupExists.
    """
    if len(todo) > MOST_TOGETHER:
        found = memberships.known(call.team.id, [one for one, _ in todo])
        _check(call, task, [one for one, joins in todo if joins], found)
    done, after = _part(call, task, todo, found)
    if after is None:
        return 1
    parts = 1
    began = replace(after, filling=task.before is None or task.before.filling)
    rest = Task(began, after, task.listed)
    while todo := todo[done:]:
        done = _again(call, rest, todo, found)
        parts += 1
    if after.behind:
        remap(call, after)
    return parts


def remap(call: Call, group: Group) -> None:
    """Give all members of a group the roles that the mapping gives now, then note that this is done (R2)."""
    members = [one for one in memberships.in_group(group) if one.startswith("mem_")]
    while members:
        outcome = again(lambda members=members: _review(call, group, members[:MOST_TOGETHER]))  # type: ignore[misc]
        members = members[outcome.moved :]
    again(lambda: call.unkept().commit(groups.settled(present(group))))


def again(attempt: Callable[[], T]) -> T:
    """Do a part of a request anew on a new reading, while others change the same; the parts before it are done."""
    for _ in range(ATTEMPTS):
        try:
            return attempt()
        except Stale:
            continue
    raise Contention


def present(group: Group) -> Group:
    """Read a group anew. Raises NotFound."""
    found = read([keys.group(group.team_id, group.id)]).group(group.team_id, group.id)
    if found is None:
        raise NotFound
    return found


def _again(call: Call, task: Task, todo: Todo, found: Found | None) -> int:
    """Carry out a later part on what was read before the first, and anew where that is not so any more."""
    readings = iter([found])
    return again(lambda: _part(call, task, todo, next(readings, None), fresh=True))[0]


def _check(call: Call, task: Task, joining: Sequence[str], found: Found) -> None:
    """Refuse the whole request before its first part where somebody cannot be added."""
    parties, _ = memberships.parties(call.team.id, joining, found)
    for party in parties.values():
        _real(party, _of(task), task, joins=True)


def _of(task: Task) -> Group:
    group = task.after or task.before
    if group is None:
        raise NotFound
    return group


def _refuse_nobody(named: str, *, exists: bool) -> None:
    if not exists:
        raise InvalidValue(f"There is no user or group {named[:100]!r} to be a member.")


def _part(call: Call, task: Task, todo: Todo, found: Found | None, *, fresh: bool = False) -> tuple[int, Group | None]:
    """Carry out as much as one transaction holds; return how much that is, and the group, None if it is gone."""
    before, after, group = task.before, task.after, _of(task)
    part, team_id = todo[:MOST_TOGETHER], call.team.id
    named = [one for one, _ in part]
    mapping = _mapping(call, fresh=fresh)
    found = found or memberships.known(team_id, named)
    parties, sets = memberships.parties(team_id, named, found, memberships.rule_keys(team_id, mapping))
    rules = _rules(call, mapping, sets, before, after)
    if before and after and rules.before != rules.after:
        after = replace(after, behind=True)
    moves = [Move(parties[one], joins) for one, joins in part if _real(parties[one], group, task, joins=joins)]
    exact = before is not None and call.if_match is not None and not fresh
    more = len(todo) > len(part)
    outcome = groups.regroup(before, after, moves, rules, call.actor, call.now, more=more, exact=exact)
    _commit(call, outcome)
    if outcome.moved == len(moves):
        gone = after is None and not more
        return len(part), None if gone else after or before
    return named.index(moves[outcome.moved].party.id), after or before


def _review(call: Call, group: Group, members: Sequence[str]) -> Outcome:
    team_id, mapping = call.team.id, _mapping(call, fresh=True)
    found = memberships.known(team_id, members)
    parties, sets = memberships.parties(team_id, members, found, memberships.rule_keys(team_id, mapping))
    rules = replace(_rules(call, mapping, sets, None, group), any=True)
    outcome = groups.review(group, [parties[one] for one in members], rules, call.actor)
    _commit(call, outcome)
    return outcome


def _commit(call: Call, outcome: Outcome) -> None:
    call.unkept().commit(outcome.change)
    for owner in outcome.owners:
        provision.tell(call, owner, "owner_protected", "role")


def _real(party: Party, group: Group, task: Task, *, joins: bool) -> bool:
    """Tell whether a move changes anything; refuse to add whom the team does not have, or to one group too many."""
    if joins:
        _refuse_nobody(party.id, exists=party.exists and party.id != group.id)
        if len(party.groups | {group.code}) > MOST_GROUPS:
            raise InvalidValue(f"{party.id} is in {MOST_GROUPS} groups already, the most there may be.")
    inside = group.code in party.groups if party.exists else party.id in task.listed
    return inside is not joins


def _mapping(call: Call, *, fresh: bool) -> tuple[RoleRule, ...]:
    """Return the rules as they are at this part of the request."""
    team_id = call.home or call.team.id
    found = read([keys.connection(team_id)]) if fresh else call.found
    connection = found.connection(team_id)
    return connection.rules if connection else ()


def _rules(call: Call, mapping: Sequence[RoleRule], found: Found, before: Group | None, after: Group | None) -> Rules:
    return Rules(
        others=memberships.roles(call.team.id, mapping, found),
        before=mapped_role(mapping, [before] if before else []),
        after=mapped_role(mapping, [after] if after else []),
        default=call.team.settings.default_role,
        any=bool(mapping) or (before is not None and before.behind),
    )
