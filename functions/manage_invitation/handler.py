"""POST /v1/invitations/{id}/resend, /link and /revoke, PATCH /v1/invitations/{id}."""

from rollcall.actions import manage_invitation
from rollcall.actions.manage_invitation import InvitationEdit
from rollcall.domain.invitations import Invitation
from rollcall.domain.permissions import Permission
from rollcall.http import answers, targets
from rollcall.http.bodies import Nothing
from rollcall.http.endpoint import Request, by_route, endpoint


@endpoint(permission=Permission.MANAGE_INVITATIONS, reads=targets.invitation, answer=answers.invitation)
def _resend(request: Request[Nothing]) -> Invitation:
    """Mail it again with a new deadline; older links die."""
    return manage_invitation.resend(request.call, request.asked.path_id("id", "inv"))


@endpoint(permission=Permission.MANAGE_INVITATIONS, reads=targets.invitation, answer=answers.copied_link)
def _link(request: Request[Nothing]) -> tuple[str, Invitation]:
    """Disclose the current link, to paste it elsewhere; the mailed one keeps working."""
    return manage_invitation.copy_link(request.call, request.asked.path_id("id", "inv"), answers.link_keys()[0])


@endpoint(permission=Permission.MANAGE_INVITATIONS, reads=targets.invitation, answer=answers.nothing)
def _revoke(request: Request[Nothing]) -> None:
    """Withdraw it; its links stop at once."""
    manage_invitation.revoke(request.call, request.asked.path_id("id", "inv"))


@endpoint(
    permission=Permission.MANAGE_INVITATIONS, body=InvitationEdit, reads=targets.invitation, answer=answers.invitation
)
def _edit(request: Request[InvitationEdit]) -> Invitation:
    """Change role or products of a pending one."""
    return manage_invitation.edit(request.call, request.asked.path_id("id", "inv"), request.body)


handler = by_route(
    {
        "PATCH /v1/invitations/{id}": _edit,
        "POST /v1/invitations/{id}/resend": _resend,
        "POST /v1/invitations/{id}/link": _link,
        "POST /v1/invitations/{id}/revoke": _revoke,
    }
)
