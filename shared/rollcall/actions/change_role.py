"""Give a member another role (M3, M4, R3)."""

from dataclasses import dataclass, replace

from rollcall.actions.call import Call
from rollcall.actions.targets import target
from rollcall.domain import membership
from rollcall.domain.changes import Rests
from rollcall.domain.groups import highest
from rollcall.domain.members import Member
from rollcall.domain.permissions import Role
from rollcall.storage import memberships


@dataclass(frozen=True, slots=True)
class NewRole:
    """The role to give."""

    role: Role


def change_role(call: Call, member_id: str | None, wanted: NewRole) -> Member:
    """Change the role by hand. Raises LastOwner where nobody active would own the team."""
    member = target(call, member_id, wanted.role)
    change, after = membership.change_role(member, wanted.role, call.actor)
    call.commit(change, after)
    return after


def clear_override(call: Call, member_id: str | None) -> Member:
    """Hand a role that was set by hand, or came with an invitation, back to the mapping (R3). Raises LastOwner."""
    member = target(call, member_id)
    groups = memberships.groups_of(member)
    mapped = _mapped(call, member, groups)
    call.actor.require_rank(mapped)
    change, after = membership.clear_override(member, mapped, call.actor)
    if change.steps and member.grouped:
        change = replace(change, steps=(*change.steps, Rests(member, groups)))
    call.commit(change, after)
    return after


def _mapped(call: Call, member: Member, groups: frozenset[str]) -> Role:
    """Return the highest role that SCIM groups and SSO claims give, or else the team's default role (R2)."""
    team_id = call.team.id
    connection = call.found.connection(team_id)
    rules = connection.rules if connection else ()
    claimed = member.claimed.role if member.claimed else None
    return highest([claimed, memberships.role_among(team_id, groups, rules)]) or call.team.settings.default_role
