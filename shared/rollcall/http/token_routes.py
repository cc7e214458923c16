"""The routes of tokens but for their making: the own ones, a member's (C4), and reports of leaked ones (case 60)."""

from rollcall.actions import tokens
from rollcall.actions.leaks import revoke_leaked
from rollcall.actions.revoke_credentials import revoke_tokens
from rollcall.actions.targets import target
from rollcall.actions.tokens import Held, Listed, TokenEdit
from rollcall.domain.permissions import Permission
from rollcall.http import answers, leak_reports, targets
from rollcall.http.bodies import Nothing
from rollcall.http.endpoint import Endpoint, Request, endpoint


@endpoint(permission=Permission.READ_OWN_CREDENTIALS, answer=answers.tokens)
def _own(request: Request[Nothing]) -> Held:
    """List the own tokens, revoked and expired ones too."""
    return tokens.list_tokens(request.call, request.call.known.member)


@endpoint(permission=Permission.READ_MEMBERS, reads=targets.member, answer=answers.tokens)
def _of_member(request: Request[Nothing]) -> Held:
    """List a member's tokens: what is told of them, never a secret."""
    return tokens.list_tokens(request.call, target(request.call, request.asked.path_id("id", "mem")))


@endpoint(permission=Permission.REVOKE_OWN_CREDENTIALS, body=TokenEdit, reads=targets.own_token, answer=answers.token)
def _rename(request: Request[TokenEdit]) -> Listed:
    """Give one of the own tokens another name."""
    return tokens.rename_token(request.call, request.asked.path_id("id", "pat"), request.body)


@endpoint(permission=Permission.REVOKE_OWN_CREDENTIALS, reads=targets.own_token, answer=answers.nothing)
def _revoke(request: Request[Nothing]) -> None:
    """Revoke one of the own tokens."""
    tokens.revoke_token(request.call, request.asked.path_id("id", "pat"))


@endpoint(permission=Permission.REVOKE_CREDENTIALS, reads=targets.member, answer=answers.nothing)
def _revoke_all(request: Request[Nothing]) -> None:
    """Revoke every personal access token of a member."""
    revoke_tokens(request.call, request.asked.path_id("id", "mem"))


@endpoint(answer=answers.leaked, any_body=True)
def _leaked(request: Request[Nothing]) -> int:
    """Revoke the credentials of a signed report, and tell their holders."""
    return revoke_leaked(request.call, leak_reports.reported(request.asked.http))


ROUTES: dict[str, Endpoint] = {
    "GET /v1/tokens": _own,
    "PATCH /v1/tokens/{id}": _rename,
    "DELETE /v1/tokens/{id}": _revoke,
    "GET /v1/members/{id}/tokens": _of_member,
    "POST /v1/members/{id}/revoke-tokens": _revoke_all,
    "POST /v1/token-leaks": _leaked,
}
