"""Where a member's role and product access come from: the events that say so, and all that could give a role (R3)."""

from collections.abc import Mapping
from dataclasses import dataclass

from rollcall.actions.call import Call
from rollcall.domain import ids
from rollcall.domain.errors import NotFound
from rollcall.domain.members import Member, RoleSource
from rollcall.domain.permissions import Role
from rollcall.storage import audit, keys, memberships
from rollcall.storage.audit import Told
from rollcall.storage.reads import read


@dataclass(frozen=True, slots=True)
class Candidate:
    """What gives a role, or would: `manual`, `invitation`, `scim_group`, `sso_claim` or `default`; one of them wins."""

    source: str
    role: Role
    about: Mapping[str, object]
    wins: bool = False

    @property
    def facts(self) -> dict[str, object]:
        """Return it as the API tells it."""
        return {"source": self.source, "role": self.role.value, **self.about, "wins": self.wins}


@dataclass(frozen=True, slots=True)
class Explanation:
    """A member, and the events that gave the role and the product access; None for seeded ones without events."""

    member: Member
    role_event: Told | None
    products_event: Told | None
    candidates: tuple[Candidate, ...]


def explain(call: Call, member_id: str | None) -> Explanation:
    """Return where role and product access come from."""
    member = call.found.member(call.team.id, member_id) if member_id else None
    if member is None:
        raise NotFound
    role, products = call.found.origins(member)
    events = audit.events(call.team.id, sorted({one for one in (role, products) if one is not None}))
    return Explanation(member, events.get(role or ""), events.get(products or ""), _candidates(call, member))


def _candidates(call: Call, member: Member) -> tuple[Candidate, ...]:
    """Return all candidates, the winner first: a role by hand, else the highest that groups give, else the default."""
    mapped = sorted([*_claimed(member), *_grouped(call, member)], key=lambda one: -one.role.rank)
    default = Candidate("default", call.team.settings.default_role, {})
    if member.role_source is not RoleSource.MAPPING:
        return Candidate(member.role_source.value, member.role, {}, wins=True), *mapped, default
    if mapped and mapped[0].role is member.role:
        best = mapped[0]
        return Candidate(best.source, best.role, best.about, wins=True), *mapped[1:], default
    return Candidate("default", member.role, {}, wins=True), *mapped


def _claimed(member: Member) -> list[Candidate]:
    claimed = member.claimed
    if claimed is None:
        return []
    return [Candidate("sso_claim", claimed.role, {"connection": claimed.connection_id, "group": claimed.group})]


def _grouped(call: Call, member: Member) -> list[Candidate]:
    """Return what the member's SCIM groups give by the mapping as it is now."""
    team_id, groups = call.team.id, memberships.groups_of(member)
    connection = read([keys.connection(team_id)]).connection(team_id) if groups else None
    if connection is None or not connection.rules:
        return []
    given = memberships.roles(team_id, connection.rules, read(memberships.rule_keys(team_id, connection.rules)))
    named = {code: ids.from_code("grp", code) for code in sorted(groups) if code in given}
    found = read(keys.group(team_id, group_id) for group_id in named.values()) if named else None
    told: list[Candidate] = []
    for code, group_id in named.items():
        group = found.group(team_id, group_id) if found else None
        told.append(Candidate("scim_group", given[code], {"group": group.display_name if group else group_id}))
    return told
