"""PUT /v1/members/{id}/role and /products, DELETE /v1/members/{id}/role-override."""

from rollcall.actions.change_products import NewAccess, change_products
from rollcall.actions.change_role import NewRole, change_role, clear_override
from rollcall.domain.members import Member
from rollcall.domain.permissions import Permission
from rollcall.http import answers, targets
from rollcall.http.bodies import Nothing
from rollcall.http.endpoint import Request, by_route, endpoint


@endpoint(permission=Permission.CHANGE_ROLE, body=NewRole, reads=targets.member, answer=answers.changed_member)
def _role(request: Request[NewRole]) -> Member:
    """Give a member another role; product access stays."""
    return change_role(request.call, request.asked.path_id("id", "mem"), request.body)


@endpoint(permission=Permission.CHANGE_PRODUCTS, body=NewAccess, reads=targets.member, answer=answers.changed_member)
def _products(request: Request[NewAccess]) -> Member:
    """Set which products a member may open; the role stays."""
    return change_products(request.call, request.asked.path_id("id", "mem"), request.body)


@endpoint(permission=Permission.CHANGE_ROLE, reads=targets.member, answer=answers.changed_member)
def _clear(request: Request[Nothing]) -> Member:
    """Hand a role that was set by hand back to the mapping."""
    return clear_override(request.call, request.asked.path_id("id", "mem"))


_roles = {"PUT /v1/members/{id}/role": _role, "DELETE /v1/members/{id}/role-override": _clear}
handler = by_route({**_roles, "PUT /v1/members/{id}/products": _products})
