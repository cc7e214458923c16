"""Remove a member, or leave (M8, M10, M11)."""

from rollcall.actions.call import Call
from rollcall.actions.deactivate import cut_off, refuse_self
from rollcall.actions.leave_groups import leave_most
from rollcall.actions.targets import target
from rollcall.domain import membership
from rollcall.domain.grants import Grant
from rollcall.domain.members import Member
from rollcall.domain.membership import Receipt
from rollcall.storage.reads import grants_of


def remove(call: Call, member_id: str | None) -> Receipt:
    """Take the member out: at once all sessions end and all tokens stop. Raises MemberHasGrants, LastOwner."""
    member = target(call, member_id)
    refuse_self(call, member)
    grants = _grants(member)
    groups = frozenset() if grants else leave_most(call, member)
    change = membership.remove(member, grants, call.actor, call.now, groups=groups)
    return cut_off(call, member, member, change)


def leave(call: Call) -> None:
    """Take oneself out."""
    member = call.known.member
    call.check_version(member.version)
    grants = _grants(member)
    groups = frozenset() if grants else leave_most(call, member)
    call.commit(membership.remove(member, grants, call.actor, call.now, left=True, groups=groups))


def _grants(member: Member) -> list[Grant]:
    """Return the grants by name, which only somebody who has some costs a read."""
    return grants_of(member.team_id, member.id) if member.grants else []
