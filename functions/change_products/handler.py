"""PUT /v1/members/{id}/products."""

from rollcall.actions.change_products import NewAccess, change_products
from rollcall.domain.members import Member
from rollcall.domain.permissions import Permission
from rollcall.http import answers, targets
from rollcall.http.endpoint import Request, endpoint


@endpoint(permission=Permission.CHANGE_PRODUCTS, body=NewAccess, reads=targets.member, answer=answers.changed_member)
def handler(request: Request[NewAccess]) -> Member:
    """Set which products a member may open; the role stays."""
    return change_products(request.call, request.asked.path_id("id", "mem"), request.body)
