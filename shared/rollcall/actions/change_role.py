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
