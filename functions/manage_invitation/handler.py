"""POST /v1/invitations/{id}/resend, /link and /revoke, PATCH /v1/invitations/{id}."""

from functools import partial

from rollcall.actions import manage_invitation as manage
from rollcall.domain.invitations import Invitation
from rollcall.domain.permissions import Permission
from rollcall.http import answers, targets
from rollcall.http.bodies import Nothing
from rollcall.http.endpoint import Request, by_route, endpoint

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


_verbs = (("resend", _resend), ("link", _link), ("revoke", _revoke))
handler = by_route({"PATCH /v1/invitations/{id}": _edit} | {f"POST /v1/invitations/{{id}}/{v}": e for v, e in _verbs})
