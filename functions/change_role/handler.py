"""PUT /v1/members/{id}/role and /products."""

from rollcall.actions.change_products import NewAccess, change_products
from rollcall.actions.change_role import NewRole, change_role
from rollcall.domain.members import Member
from rollcall.domain.permissions import Permission
from rollcall.http import answers, targets
from rollcall.http.endpoint import Request, by_route, endpoint


@endpoint(permission=Permission.CHANGE_ROLE, body=NewRole, reads=targets.member, answer=answers.changed_member)
def _role(request: Request[NewRole]) -> Member:
    """Give a member another role; product access stays."""
    return change_role(request.call, request.asked.path_id("id", "mem"), request.body)


@endpoint(permission=Permission.CHANGE_PRODUCTS, body=NewAccess, reads=targets.member, answer=answers.changed_member)
def _products(request: Request[NewAccess]) -> Member:
    """Set which products a member may open; the role stays."""
    return change_products(request.call, request.asked.path_id("id", "mem"), request.body)


handler = by_route({"PUT /v1/members/{id}/role": _role, "PUT /v1/members/{id}/products": _products})
