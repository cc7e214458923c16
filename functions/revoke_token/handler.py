"""GET /v1/tokens, PATCH and DELETE /v1/tokens/{id}, GET /v1/members/{id}/tokens."""

from rollcall.actions import tokens
from rollcall.actions.targets import target
from rollcall.actions.tokens import Held, Listed, TokenEdit
from rollcall.domain.permissions import Permission
from rollcall.http import answers, targets
from rollcall.http.bodies import Nothing
from rollcall.http.endpoint import Request, by_route, endpoint


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


_of_one = {"PATCH /v1/tokens/{id}": _rename, "DELETE /v1/tokens/{id}": _revoke}
handler = by_route({"GET /v1/tokens": _own, "GET /v1/members/{id}/tokens": _of_member, **_of_one})
