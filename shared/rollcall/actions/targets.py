"""The member that a request acts on: found in the caller's team, within the caller's rank, at the version named."""

from rollcall.actions.call import Call
from rollcall.domain.errors import NotFound
from rollcall.domain.members import Member
from rollcall.domain.permissions import Role


def target(call: Call, member_id: str | None, *roles: Role) -> Member:
    """Return the member, if the caller may act on them and hand out these roles: 404, then 403 by rank, then 412."""
    member = call.found.member(call.team.id, member_id) if member_id else None
    if member is None:
        raise NotFound
    call.actor.require_rank(member.role, *roles)
    call.check_version(member.version)
    return member
