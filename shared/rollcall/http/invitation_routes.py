"""The routes of invitations for those who invite: list, show, edit, resend, copy the link, revoke (I1-I4)."""

from functools import partial

from rollcall.actions import manage_invitation as manage
from rollcall.actions.manage_invitation import find
from rollcall.domain.invitations import Invitation
from rollcall.domain.permissions import Permission
from rollcall.http import answers, queries, targets
from rollcall.http.bodies import Nothing
from rollcall.http.endpoint import Endpoint, Request, endpoint
from rollcall.storage import invitations
from rollcall.storage.invitations import InvitationPage

_managed = partial(endpoint, permission=Permission.MANAGE_INVITATIONS, reads=targets.invitation)


@_managed(body=manage.InvitationEdit, answer=answers.invitation)
def _edit(request: Request[manage.InvitationEdit]) -> Invitation:
    """Change role or products of a pending one."""
    return manage.edit(request.call, request.asked.path_id("id", "inv"), request.body)


@_managed(answer=answers.invitation)
def _resend(request: Request[Nothing]) -> Invitation:
    """Mail it again with a new deadline; older links die."""
    return manage.resend(request.call, request.asked.path_id("id", "inv"))


@_managed(answer=answers.copied_link)
def _link(request: Request[Nothing]) -> tuple[str, Invitation]:
    """Disclose the current link, to paste it elsewhere; the mailed one keeps working."""
    return manage.copy_link(request.call, request.asked.path_id("id", "inv"), answers.link_keys()[0])


@_managed(answer=answers.nothing)
def _revoke(request: Request[Nothing]) -> None:
    """Withdraw it; its links stop at once."""
    manage.revoke(request.call, request.asked.path_id("id", "inv"))


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


ROUTES: dict[str, Endpoint] = {
    "GET /v1/invitations": _list,
    "GET /v1/invitations/{id}": _get,
    "PATCH /v1/invitations/{id}": _edit,
    "POST /v1/invitations/{id}/resend": _resend,
    "POST /v1/invitations/{id}/link": _link,
    "POST /v1/invitations/{id}/revoke": _revoke,
}
