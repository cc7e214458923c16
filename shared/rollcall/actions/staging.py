"""A staged SCIM connection: a shadow of the team that the identity provider changes, until an owner lets it through.

The shadow has the members' own ids, so that what the identity provider was told stays true. It is made when the
provider first calls; nothing of it authenticates anybody, nothing of it is audited, and no letter leaves it.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from rollcall.actions import people, provision, scim_groups
from rollcall.actions.call import Call
from rollcall.actions.regroup import again
from rollcall.domain import connections, ids
from rollcall.domain.changes import Change, Claim, Created, Described, Step
from rollcall.domain.connections import Connection, ConnectionState
from rollcall.domain.errors import Conflict, Contention, RollcallError, Stale, Unavailable
from rollcall.domain.invitations import EMAIL
from rollcall.domain.members import Member, PasswordLink
from rollcall.domain.permissions import Role
from rollcall.domain.teams import Team, TeamState
from rollcall.scim import groups as protocol
from rollcall.scim.errors import ScimError
from rollcall.storage import keys, memberships
from rollcall.storage import people as roll
from rollcall.storage.commit import commit, open_next_block
from rollcall.storage.people import Record
from rollcall.storage.reads import read

COPIED_TOGETHER = 16
COPIED_TO_A_BLOCK = 1000
APPLIED_TOGETHER = 300
KINDS = ("create", "adopt", "update", "deactivate", "reactivate", "remove", "role", "group")
FIRST = 1


@dataclass(frozen=True, slots=True)
class Planned:
    """One thing that letting the shadow through would do; `record` is who it is about, or `group` which group.

    `change` is create, adopt, update, deactivate, reactivate, remove, role, or group.
    """

    change: str
    record: Record | None = None
    before: str | None = None
    after: str | None = None
    group: str | None = None
    members: int = 0


@dataclass(frozen=True, slots=True)
class Refusal:
    """What was planned and could not be done."""

    about: str
    reason: str


@dataclass(frozen=True, slots=True)
class Plan:
    """All that is planned, and what the last activation was refused."""

    connection: Connection | None
    planned: Sequence[Planned]
    refused: Sequence[Refusal] = ()
    applied: int = 0
    remaining: int = 0


def staged(call: Call) -> Connection | None:
    """Return the connection if it is staged."""
    connection = call.found.connection(call.team.id)
    return connection if connection and connection.state is ConnectionState.STAGED else None


def shadow_of(call: Call, connection: Connection) -> str:
    """Return the id of the connection's shadow, made with the first call. Raises Stale if another call has made it."""
    if connection.shadow is not None:
        return connection.shadow
    shadow = call.new_id("team")
    _copy(call.team, shadow)
    after = replace(connection, shadow=shadow, version=connection.version + 1)
    try:
        commit(Change(steps=(connections.stored(connection, after),)))
    except Stale:
        commit(Change(steps=(_doomed(_shadow_team(call.team, shadow), call),)))
        raise
    return shadow


def plan(call: Call) -> Plan:
    """Return what letting the shadow through would do; nothing where nothing is staged."""
    connection = staged(call)
    if connection is None or connection.shadow is None:
        return Plan(connection or call.found.connection(call.team.id), ())
    return Plan(connection, list(_planned(call.team.id, connection.shadow)))


def activate(call: Call) -> Plan:
    """Do what is planned, each thing as the identity provider would, and make the connection active after the last.

    Many things take several calls: the answer tells how many are left. Repeating it goes on.
    """
    connection = _needed(call)
    steps = list(_applied_by(call, connection.shadow)) if connection.shadow else []
    refused: list[Refusal] = []
    applied = 0
    for number, (about, step) in enumerate(steps):
        if applied == APPLIED_TOGETHER:
            return Plan(connection, (), refused, applied, len(steps) - number)
        try:
            again(step)
            applied += 1
        except (Unavailable, Contention):
            raise  # it stays staged, and the same request goes on
        except (RollcallError, ScimError) as refusal:
            refused.append(Refusal(about, refusal.detail))
    _end(call, connection, drop=False)
    return Plan(replace(connection, state=ConnectionState.ACTIVE), (), refused, applied, 0)


def drop(call: Call) -> None:
    """Forget what was staged, and the connection with its tokens."""
    _end(call, _needed(call), drop=True)


def _needed(call: Call) -> Connection:
    connection = staged(call)
    if connection is None:
        raise Conflict("The SCIM connection is not staged: what the identity provider sends takes effect at once.")
    return connection


def _end(call: Call, connection: Connection, *, drop: bool) -> None:
    change = connections.unstage(connection, call.team, call.actor, drop=drop)
    if connection.shadow is not None:
        found = read([keys.team(connection.shadow)]).team(connection.shadow)
        doomed = (_doomed(found, call),) if found is not None else ()
        change = replace(change, steps=(*change.steps, *doomed))
    call.commit(change)


def _doomed(shadow: Team, call: Call) -> Step:
    """Return the step that leaves a shadow to the purge of deleted teams."""
    return connections.stored(shadow, replace(shadow, deleted_at=call.now, version=shadow.version + 1))


def _shadow_team(team: Team, shadow: str) -> Team:
    """Return what stands for the shadow among the teams: deleted from the beginning, so that nothing opens it."""
    return replace(team, id=shadow, slug="", state=TeamState.DELETED, deleted_at=None, version=1)


# ---------------------------------------------------------------- making the shadow


def _copy(team: Team, shadow: str) -> None:
    records = list(_everyone(team.id).values())
    owners = [one for one in records if one.role is Role.OWNER]
    others = [one for one in records if one.role is not Role.OWNER]
    first: tuple[Step, ...] = (Created(_shadow_team(team, shadow)),)
    placed = 0
    for together in _pieces([*owners, *others], COPIED_TOGETHER):
        found = read(keys.member(team.id, one.id) for one in together)
        steps, claims = list(first), []
        for record in together:
            member = found.member(team.id, record.id)
            if member is None:
                continue
            copy = _copied(member, shadow, placed // COPIED_TO_A_BLOCK)
            steps += [Created(copy), *([Described(copy, record.text)] if record.text is not None else [])]
            claims += [Claim(EMAIL, shadow, copy.email_key, None, copy.id)] if copy.email_key else []
            placed += 1
        commit(Change(steps=tuple(steps), claims=tuple(claims)))
        first = ()
    for full in range(placed // COPIED_TO_A_BLOCK):
        open_next_block(shadow, full)


def _copied(member: Member, shadow: str, block: int) -> Member:
    """Return a member's shadow: everything but what could authenticate them; its first version is the untouched one."""
    return replace(
        member,
        team_id=shadow,
        block=block,
        version=FIRST,
        sessions={},
        pats={},
        password_hash=None,
        password_link=PasswordLink(),
        grants=0,
    )


def _pieces(records: Sequence[Record], size: int) -> Iterator[Sequence[Record]]:
    for start in range(0, len(records), size):
        yield records[start : start + size]


# ---------------------------------------------------------------- what it would do


def _everyone(team_id: str) -> dict[str, Record]:
    known = roll.counts(roll.headers(team_id, consistent=True))
    return {one.id: one for one in roll.everyone(team_id, known, texts=True, consistent=True)}


def _planned(team_id: str, shadow: str) -> Iterator[Planned]:
    real, told = _everyone(team_id), _everyone(shadow)
    for record in _still_there(shadow, real, told):
        there = real.get(record.id)
        if there is None:
            yield Planned("create", record, None, record.role.value)
        elif record.version > FIRST:
            yield from _differences(there, record)
    yield from (Planned("remove", real[one]) for one in _removed(shadow, real, told))
    existing = {group.id: group for group in memberships.all_groups(team_id)}
    for group in memberships.all_groups(shadow):
        known = existing.get(group.id)
        told_as, members = group.display_name, len(memberships.in_group(group))
        yield Planned("group", None, known.display_name if known else None, told_as, group.id, members)


def _differences(there: Record, told: Record) -> Iterator[Planned]:
    if there.text is None and told.text is not None:
        yield Planned("adopt", told)
    elif there.text != told.text:
        yield Planned("update", told)
    if there.active is not told.active:
        yield Planned("reactivate" if told.active else "deactivate", told)
    if there.role is not told.role:
        yield Planned("role", told, there.role.value, told.role.value)


def _still_there(shadow: str, real: dict[str, Record], told: dict[str, Record]) -> list[Record]:
    """Return the shadow's people but for those who were in the team when it was made and have left the team since."""
    made = ids.made_at(shadow)
    return [one for one in told.values() if one.id in real or ids.made_at(one.id) >= made]


def _removed(shadow: str, real: dict[str, Record], told: dict[str, Record]) -> list[str]:
    """Return those whom the identity provider has deleted in the shadow; who joined since has never been in it."""
    missing = [one for one in real if one not in told]
    marks = {keys.remnant(shadow, one): one for one in missing}
    found = read(marks).items if marks else {}
    return [one for key, one in marks.items() if key in found]


# ---------------------------------------------------------------- doing it


def _applied_by(call: Call, shadow: str) -> Iterator[tuple[str, Callable[[], object]]]:
    """Yield what is to be done, with whom or what it is about: people first, then the groups that they are in."""
    real, told = _everyone(call.team.id), _everyone(shadow)
    for record in _still_there(shadow, real, told):
        there = real.get(record.id)
        if there is None:
            yield record.email or record.name, lambda record=record: _create(call, record)  # type: ignore[misc]
        elif record.version > FIRST and (there.text, there.active) != (record.text, record.active):
            yield record.email or record.name, lambda record=record: _change(call, record)  # type: ignore[misc]
    for one in _removed(shadow, real, told):
        yield real[one].email or real[one].name, lambda one=one: _remove(call, one)  # type: ignore[misc]
    existing = {group.id: group for group in memberships.all_groups(call.team.id)}
    for group in memberships.all_groups(shadow):
        members = memberships.in_group(group)
        listed = tuple(protocol.Member(one, memberships.kind(one)) for one in members)
        resource = protocol.GroupResource(group.display_name, group.external_id, listed)
        known = existing.get(group.id)
        if known is None:
            yield group.display_name, lambda r=resource, g=group: _group(call, r, g.id)  # type: ignore[misc]
        elif (known.display_name, known.external_id) != (group.display_name, group.external_id) or set(
            memberships.in_group(known)
        ) != set(members):
            yield group.display_name, lambda r=resource, g=group: _regroup(call, r, g.id)  # type: ignore[misc]


def _fresh(call: Call, wanted: Sequence[keys.Key]) -> Call:
    """Return the call on a reading of its own, as a request of the identity provider would have it."""
    found = read([keys.connection(call.team.id), keys.team(call.team.id), *wanted])
    return replace(call.unkept(), found=found, if_match=None)


def _create(call: Call, record: Record) -> None:
    sent = people.sent(people.resource_of(record))
    provision.create(_fresh(call, provision.reads(call.team.id, sent)), sent, record.id)


def _change(call: Call, record: Record) -> None:
    told: dict[str, Any] = people.resource_of(record)
    provision.change(_fresh(call, [keys.member(call.team.id, record.id)]), record.id, lambda _: told)


def _remove(call: Call, member_id: str) -> None:
    provision.remove(_fresh(call, [keys.member(call.team.id, member_id)]), member_id)


def _group(call: Call, resource: protocol.GroupResource, group_id: str) -> None:
    scim_groups.create(_fresh(call, scim_groups.reads_of_new(call.team.id, resource)), resource, group_id)


def _regroup(call: Call, resource: protocol.GroupResource, group_id: str) -> None:
    scim_groups.replace_group(_fresh(call, scim_groups.reads(call.team.id, group_id)), group_id, resource)
