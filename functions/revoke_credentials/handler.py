"""POST /v1/members/{id}/revoke-tokens and /revoke-sessions."""

from rollcall.actions import revoke_credentials
from rollcall.domain.permissions import Permission
from rollcall.http import answers, targets
from rollcall.http.bodies import Nothing
from rollcall.http.endpoint import Request, by_route, endpoint


@endpoint(permission=Permission.REVOKE_CREDENTIALS, reads=targets.member, answer=answers.nothing)
def _tokens(request: Request[Nothing]) -> None:
    """Revoke every personal access token of a member."""
    revoke_credentials.revoke_tokens(request.call, request.asked.path_id("id", "mem"))


@endpoint(permission=Permission.REVOKE_CREDENTIALS, reads=targets.member, answer=answers.nothing)
def _sessions(request: Request[Nothing]) -> None:
    """End every session of a member."""
    revoke_credentials.revoke_sessions(request.call, request.asked.path_id("id", "mem"))


handler = by_route({"POST /v1/members/{id}/revoke-tokens": _tokens, "POST /v1/members/{id}/revoke-sessions": _sessions})
