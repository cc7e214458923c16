"""DELETE /v1/members/{id} and POST /v1/me/leave."""

from rollcall.actions import remove
from rollcall.domain.membership import Receipt
from rollcall.domain.permissions import Permission
from rollcall.http import answers, targets
from rollcall.http.bodies import Nothing
from rollcall.http.endpoint import Request, by_route, endpoint


@endpoint(permission=Permission.REMOVE, reads=targets.member_and_owners, answer=answers.receipt)
def _remove(request: Request[Nothing]) -> Receipt:
    """Take a member out of the team, at once and wholly; refused while products hold grants."""
    return remove.remove(request.call, request.asked.path_id("id", "mem"))


@endpoint(permission=Permission.LEAVE, answer=answers.nothing)
def _leave(request: Request[Nothing]) -> None:
    """Leave the team."""
    remove.leave(request.call)


handler = by_route({"DELETE /v1/members/{id}": _remove, "POST /v1/me/leave": _leave})
