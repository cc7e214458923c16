"""POST /v1/invitations."""

from rollcall.actions.invite import NewInvitation, invite, reads
from rollcall.domain.invitations import Invitation
from rollcall.domain.permissions import Permission
from rollcall.http import answers
from rollcall.http.endpoint import Request, endpoint


@endpoint(
    permission=Permission.INVITE,
    body=NewInvitation,
    reads=lambda asked: reads(asked.team_id, asked.body),
    answer=answers.invitation_created,
)
def handler(request: Request[NewInvitation]) -> Invitation:
    """Invite a person by e-mail: a pending invitation and its letter."""
    return invite(request.call, request.body)
