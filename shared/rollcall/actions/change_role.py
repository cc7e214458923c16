"""Give a member another role (M3, M4, R3)."""

from dataclasses import dataclass

from rollcall.actions.call import Call
from rollcall.actions.targets import target
from rollcall.domain import membership
from rollcall.domain.members import Member
from rollcall.domain.permissions import Role


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
    mapped = mapped_role(call, member)
    call.actor.require_rank(mapped)
    change, after = membership.clear_override(member, mapped, call.actor)
    call.commit(change, after)
    return after


def mapped_role(call: Call, member: Member) -> Role:
    """Return what the mapping gives a member: without a matching group the team's default role (R2)."""
    del member
    return call.team.settings.default_role
