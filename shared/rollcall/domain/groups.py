"""SCIM groups: who joins and who leaves them, and the roles that their members have by the team's mapping (R2, R3)."""

import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from rollcall.domain import ids
from rollcall.domain.changes import Change, Claim, Moved, Regrouped, Rests, Step, Updated
from rollcall.domain.connections import RoleRule
from rollcall.domain.events import Action, Deed, Subject
from rollcall.domain.ids import digest
from rollcall.domain.members import Member, RoleSource
from rollcall.domain.permissions import Actor, Role

GROUP = "group"
MOST_GROUPS = 200  # that one member is in
MOST_TOGETHER = 20  # members in one transaction
MOST_OPERATIONS = 90  # in one transaction; the table takes 100
FRAME = 5  # operations of the group itself: its item, its claims, its event, a record
ROLE_COSTS = 4  # a member's item, their row, its counters, their event


def name_key(name: str) -> str:
    """Return by what a group's name is claimed and found, without regard to case."""
    return digest(unicodedata.normalize("NFC", name).casefold())


@dataclass(frozen=True, slots=True)
class Group:
    """A SCIM group. `parents` are the codes of the groups that it is nested in.

    `filling` says that its first members are still being added, `behind` that roles may not be what the mapping gives.
    """

    id: str
    team_id: str
    display_name: str
    external_id: str | None
    version: int
    modified: datetime
    parents: frozenset[str] = frozenset()
    filling: bool = False
    behind: bool = False

    @property
    def code(self) -> str:
        """Return what stands for it in keys and in sets."""
        return ids.code(self.id)

    @property
    def subject(self) -> Subject:
        """Name the group in an audit event."""
        return Subject("group", self.id, self.display_name)

    @property
    def facts(self) -> dict[str, object]:
        """Return what an audit event keeps of it."""
        return {"display_name": self.display_name, "external_id": self.external_id}


@dataclass(frozen=True, slots=True)
class Party:
    """Whom an id names: a member, a nested group, or nobody any more; `groups` are the codes of those they are in."""

    id: str
    member: Member | None = None
    nested: Group | None = None
    groups: frozenset[str] = frozenset()

    @property
    def exists(self) -> bool:
        """Tell whether there is anybody."""
        return self.member is not None or self.nested is not None


@dataclass(frozen=True, slots=True)
class Move:
    """A party who joins a group, or leaves it."""

    party: Party
    joins: bool


@dataclass(frozen=True, slots=True)
class Rules:
    """The mapping while a group changes: its own role before and after, those of all others, and the default role."""

    others: Mapping[str, Role]
    before: Role | None
    after: Role | None
    default: Role
    any: bool = True


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a change of a group does: how many moves it holds, and the owners whom it would have given another role."""

    change: Change
    moved: int
    owners: tuple[Member, ...] = ()


def mapped_role(rules: Iterable[RoleRule], groups: Iterable[Group]) -> Role | None:
    """Return the highest role that the rules give for these groups; None where no rule is for any of them (R2)."""
    known = [(group.id, name_key(group.display_name)) for group in groups]
    return highest(r.role for r in rules for one, key in known if r.group == one or name_key(r.group) == key)


def regroup(
    before: Group | None,
    after: Group | None,
    moves: Sequence[Move],
    rules: Rules,
    actor: Actor,
    now: datetime,
    *,
    more: bool = False,
    exact: bool = False,
) -> Outcome:
    """Change a group: `before` None is new, `after` None is gone. As many moves as fit; the rest take another change.

    With the members go their roles, unless somebody gave them by hand (R3); owners keep theirs (case 139). A group that
    is to go stays while moves are left, `more` beside these or not. `exact` rests on the version that was read.
    """
    present = after or before
    if present is None:
        raise ValueError("a change of no group")
    judged = _fitting(moves, present.code, rules, lost=before is not None and before.behind)
    more = more or len(judged) < len(moves)
    if after is None and more:
        after = before
    if before == after and not judged:
        return Outcome(Change(), 0)
    deeds = [_deed(before, after, judged, actor), *_role_deeds(judged, present, actor)]
    if after is not None:
        version = after.version if before is None else before.version + 1
        filling = after.filling or (more and (before is None or before.filling))
        after = replace(after, version=version, modified=now, filling=filling)
    steps: list[Step] = [Regrouped(before, after, exact=exact)]
    for one in judged:
        steps += _steps(one, present, rests=rules.any)
    change = Change(steps=tuple(steps), claims=tuple(_claims(before, after)), deeds=tuple(deeds))
    return _outcome(change, judged)


def review(group: Group, parties: Sequence[Party], rules: Rules, actor: Actor) -> Outcome:
    """Give the members of a group, whose rule is another now, the roles that the mapping gives."""
    judged = _fitting([Move(party, joins=True) for party in parties], group.code, rules, lost=True)
    steps: list[Step] = []
    for one in judged:
        member = one.move.party.member
        if member is not None and one.role is not None:
            steps += [Rests(member, one.move.party.groups), _given(member, one.role)]
    return _outcome(Change(steps=tuple(steps), deeds=tuple(_role_deeds(judged, group, actor))), judged)


def settled(group: Group) -> Change:
    """Note that nothing is left to be done of what a change began."""
    after = replace(group, filling=False, behind=False)
    return Change(steps=(Regrouped(group, after),)) if after != group else Change()


@dataclass(frozen=True, slots=True)
class _Judged:
    """A move, the other role that it brings, the owner whom it would have changed, why else a role is kept."""

    move: Move
    role: Role | None = None
    owner: Member | None = None
    kept: str | None = None

    @property
    def costs(self) -> int:
        """Return how many operations it takes at most: membership, set, and the member's item or a mark on it."""
        return 3 if self.role is None else 2 + ROLE_COSTS


def _fitting(moves: Sequence[Move], code: str, rules: Rules, *, lost: bool) -> list[_Judged]:
    """Judge the moves that one transaction holds."""
    judged: list[_Judged] = []
    left = MOST_OPERATIONS - FRAME
    for move in moves[:MOST_TOGETHER]:
        one = _judge(move, code, rules, lost=lost)
        left -= one.costs
        if left < 0:
            break
        judged.append(one)
    return judged


def _judge(move: Move, code: str, rules: Rules, *, lost: bool) -> _Judged:
    member = move.party.member
    if member is None or not rules.any:
        return _Judged(move)
    others = [rules.others[one] for one in move.party.groups if one != code and one in rules.others]
    others += [member.claimed.role] if member.claimed else []
    had = highest([*others, rules.before if code in move.party.groups else None])
    gets = highest([*others, rules.after if move.joins else None])
    role = gets or (rules.default if had is not None or lost else member.role)
    if role is member.role:
        return _Judged(move)
    if member.role is not Role.OWNER and member.role_source is RoleSource.MAPPING:
        return _Judged(move, role=role)
    if had == gets:
        return _Judged(move)
    return _Judged(move, owner=member) if member.role is Role.OWNER else _Judged(move, kept=member.role_source.value)


def highest(roles: Iterable[Role | None]) -> Role | None:
    """Return the highest of the roles; None where there is none."""
    return max((role for role in roles if role is not None), key=lambda role: role.rank, default=None)


def _steps(judged: _Judged, group: Group, *, rests: bool) -> Iterator[Step]:
    """Yield the membership, and the role that goes with it; what rules were asked of rests on the groups as read."""
    move, member = judged.move, judged.move.party.member
    first = move.joins and member is not None and not member.grouped
    yield Moved(move, group, rests=rests, first=first and judged.role is None)
    if member is not None and judged.role is not None:
        yield _given(member, judged.role, joins=move.joins)


def _given(member: Member, role: Role, *, joins: bool = False) -> Updated:
    grouped = member.grouped or joins
    return Updated(member, replace(member, role=role, grouped=grouped, version=member.version + 1))


def _outcome(change: Change, judged: Sequence[_Judged]) -> Outcome:
    return Outcome(change, len(judged), tuple(one.owner for one in judged if one.owner is not None))


def _role_deeds(judged: Iterable[_Judged], group: Group, actor: Actor) -> Iterator[Deed]:
    about = {"group": {"id": group.id, "display_name": group.display_name}}
    for one in judged:
        member = one.move.party.member
        if member is not None and one.role is not None:
            tells = {**member.facts, "role": one.role.value, **about}
            yield Deed(Action.ROLE_CHANGED, actor, member.subject, member.facts, tells)


def _claims(before: Group | None, after: Group | None) -> Iterator[Claim]:
    old = None if before is None else name_key(before.display_name)
    new = None if after is None else name_key(after.display_name)
    if old == new:
        return
    if before is not None and old is not None:
        yield Claim(GROUP, before.team_id, old, before.id, None)
    if after is not None and new is not None:
        yield Claim(GROUP, after.team_id, new, None, after.id)


def _deed(before: Group | None, after: Group | None, judged: Sequence[_Judged], actor: Actor) -> Deed:
    """Tell a change of a group in one event: its attributes, who has joined, who has left, and whose role is kept."""
    told: dict[str, object] = {}
    joined = [one.move.party.id for one in judged if one.move.joins]
    left = [one.move.party.id for one in judged if not one.move.joins]
    kept = {one.move.party.id: one.kept for one in judged if one.kept is not None}
    told |= {"added": joined} if joined else {}
    told |= {"removed": left} if left else {}
    told |= {"roles_kept": kept} if kept else {}
    subject = (after or before).subject  # type: ignore[union-attr]  # one of them is there
    if before is None or after is None:
        action = Action.GROUP_CREATED if before is None else Action.GROUP_DELETED
        was = None if before is None else {**before.facts, **told}
        return Deed(action, actor, subject, was, None if after is None else {**after.facts, **told})
    if before.facts == after.facts:
        return Deed(Action.GROUP_MEMBERS_CHANGED, actor, subject, {}, told)
    return Deed(Action.GROUP_UPDATED, actor, subject, before.facts, {**after.facts, **told})
