"""POST /v1/invitations and /v1/invitations/bulk."""

from rollcall import clock
from rollcall.actions import invite_many as many
from rollcall.actions.invite import NewInvitation, invite, reads
from rollcall.actions.invite_many import NewInvitations, Outcome
from rollcall.domain.invitations import Invitation
from rollcall.domain.permissions import Permission
from rollcall.http import answers
from rollcall.http.endpoint import Request, by_route, endpoint


@endpoint(
    permission=Permission.INVITE,
    body=NewInvitation,
    reads=lambda asked: reads(asked.team_id, asked.caller_id, asked.body, clock.now()),
    answer=answers.invitation_created,
)
def _invite(request: Request[NewInvitation]) -> Invitation:
    """Invite a person by e-mail: a pending invitation and its letter."""
    return invite(request.call, request.body)


@endpoint(
    permission=Permission.INVITE,
    body=NewInvitations,
    reads=lambda asked: many.reads(asked.team_id, asked.body),
    answer=answers.bulk,
)
def _invite_many(request: Request[NewInvitations]) -> list[Outcome]:
    """Invite up to fifty people, with an outcome for each address."""
    return many.invite_many(request.call, request.body)


handler = by_route({"POST /v1/invitations": _invite, "POST /v1/invitations/bulk": _invite_many})
