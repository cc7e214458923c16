"""GET /v1/invitations and /v1/invitations/{id}."""

from rollcall.actions.manage_invitation import find
from rollcall.domain.invitations import Invitation
from rollcall.domain.permissions import Permission
from rollcall.http import answers, queries, targets
from rollcall.http.bodies import Nothing
from rollcall.http.endpoint import Request, by_route, endpoint
from rollcall.storage import invitations
from rollcall.storage.invitations import InvitationPage


@endpoint(permission=Permission.READ_INVITATIONS, answer=answers.invitations)
def _list(request: Request[Nothing]) -> InvitationPage:
    """List the invitations not yet accepted, newest first, or those of one state."""
    call = request.call
    asked = queries.invitation_query(request.asked.http, call.team.id, answers.cursor_keys())
    return invitations.page(call.team.id, asked, call.now)


@endpoint(permission=Permission.READ_INVITATIONS, reads=targets.invitation, answer=answers.invitation)
def _get(request: Request[Nothing]) -> Invitation:
    """Read one invitation."""
    return find(request.call, request.asked.path_id("id", "inv"))


handler = by_route({"GET /v1/invitations": _list, "GET /v1/invitations/{id}": _get})
