"""The routes of sessions: the own ones and a member's (C3)."""

from rollcall.actions import sessions
from rollcall.actions.revoke_credentials import revoke_sessions
from rollcall.actions.targets import target
from rollcall.domain.members import Session
from rollcall.domain.permissions import Permission
from rollcall.http import answers, targets
from rollcall.http.bodies import Nothing
from rollcall.http.endpoint import Endpoint, Request, endpoint


@endpoint(permission=Permission.READ_OWN_CREDENTIALS, answer=answers.sessions)
def _own(request: Request[Nothing]) -> list[Session]:
    """List the own live sessions, newest first."""
    return sessions.list_sessions(request.call, request.call.known.member)


@endpoint(permission=Permission.READ_MEMBERS, reads=targets.member, answer=answers.sessions)
def _of_member(request: Request[Nothing]) -> list[Session]:
    """List a member's live sessions: what is told of them, never a secret."""
    return sessions.list_sessions(request.call, target(request.call, request.asked.path_id("id", "mem")))


@endpoint(permission=Permission.REVOKE_OWN_CREDENTIALS, answer=answers.nothing)
def _end(request: Request[Nothing]) -> None:
    """End one of the own sessions."""
    sessions.end_session(request.call, request.asked.path_id("id", "ses"))


@endpoint(answer=answers.signed_out, leaving=True)
def _sign_out(request: Request[Nothing]) -> None:
    """Sign out; whoever is signed out already stays so."""
    sessions.end_current(request.call)


@endpoint(permission=Permission.REVOKE_CREDENTIALS, reads=targets.member, answer=answers.nothing)
def _end_all(request: Request[Nothing]) -> None:
    """End every session of a member."""
    revoke_sessions(request.call, request.asked.path_id("id", "mem"))


ROUTES: dict[str, Endpoint] = {
    "GET /v1/sessions": _own,
    "DELETE /v1/sessions/{id}": _end,
    "DELETE /v1/sessions/current": _sign_out,
    "GET /v1/members/{id}/sessions": _of_member,
    "POST /v1/members/{id}/revoke-sessions": _end_all,
}
