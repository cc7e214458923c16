"""PUT /v1/members/{id}/role."""

from rollcall.actions.change_role import NewRole, change_role
from rollcall.domain.members import Member
from rollcall.domain.permissions import Permission
from rollcall.http import answers, targets
from rollcall.http.endpoint import Request, endpoint


@endpoint(permission=Permission.CHANGE_ROLE, body=NewRole, reads=targets.member, answer=answers.changed_member)
def handler(request: Request[NewRole]) -> Member:
    """Give a member another role."""
    return change_role(request.call, request.asked.path_id("id", "mem"), request.body)
