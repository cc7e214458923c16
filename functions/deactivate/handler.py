"""POST /v1/members/{id}/deactivate and /reactivate."""

from rollcall.actions import deactivate
from rollcall.domain.members import Member
from rollcall.domain.membership import Receipt
from rollcall.domain.permissions import Permission
from rollcall.http import answers, targets
from rollcall.http.bodies import Nothing
from rollcall.http.endpoint import Request, by_route, endpoint


@endpoint(permission=Permission.DEACTIVATE, reads=targets.member_and_owners, answer=answers.receipt)
def _deactivate(request: Request[Nothing]) -> Receipt:
    """Stop sign-in and every credential at once; record, role and access stay."""
    return deactivate.deactivate(request.call, request.asked.path_id("id", "mem"))


@endpoint(permission=Permission.DEACTIVATE, reads=targets.member, answer=answers.changed_member)
def _reactivate(request: Request[Nothing]) -> Member:
    """Restore role and access; old sessions and tokens stay dead."""
    return deactivate.reactivate(request.call, request.asked.path_id("id", "mem"))


handler = by_route({"POST /v1/members/{id}/deactivate": _deactivate, "POST /v1/members/{id}/reactivate": _reactivate})
