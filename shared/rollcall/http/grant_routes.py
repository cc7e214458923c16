"""The routes of grants and of the service tokens that record them (M8, M9)."""

from rollcall.actions import grants, service_tokens
from rollcall.actions.grants import GRANT_ID, NewGrant, Recorded
from rollcall.actions.service_tokens import NewServiceToken
from rollcall.domain.errors import NotFound
from rollcall.domain.grants import Grant
from rollcall.domain.permissions import Permission
from rollcall.domain.service_tokens import ServiceToken
from rollcall.http import answers, targets
from rollcall.http.bodies import Nothing
from rollcall.http.endpoint import Endpoint, Request, endpoint


@endpoint(permission=Permission.RECORD_GRANTS, body=NewGrant, reads=targets.grant, answer=answers.grant)
def _record(request: Request[NewGrant]) -> Recorded:
    """Record that the member has been put into a resource or sub-team of the calling product."""
    return grants.record_grant(request.call, _member(request), _grant(request), request.body)


@endpoint(permission=Permission.READ_GRANTS, reads=targets.member, answer=answers.grants)
def _list(request: Request[Nothing]) -> list[Grant]:
    """List a member's grants; a product sees its own."""
    return grants.list_grants(request.call, _member(request), request.asked.http.parameter("product"))


@endpoint(permission=Permission.RELEASE_GRANTS, reads=targets.member, answer=answers.nothing)
def _release(request: Request[Nothing]) -> None:
    """Release one grant."""
    product = request.asked.http.parameter("product")
    grants.release_grant(request.call, _member(request), _grant(request), product)


@endpoint(permission=Permission.RELEASE_GRANTS, reads=targets.member, answer=answers.grants)
def _release_all(request: Request[Nothing]) -> list[Grant]:
    """Release all grants of a member, and answer with them."""
    return grants.release_all(request.call, _member(request), request.asked.http.parameter("product"))


@endpoint(permission=Permission.ISSUE_SERVICE_TOKEN, body=NewServiceToken, answer=answers.issued_service_token)
def _issue(request: Request[NewServiceToken]) -> tuple[str, ServiceToken]:
    """Make a service token for a product; its secret is shown this once."""
    return service_tokens.issue_service_token(request.call, request.asked.http.path["key"], request.body)


@endpoint(permission=Permission.READ_SERVICE_TOKENS, answer=answers.service_tokens)
def _tokens(request: Request[Nothing]) -> list[ServiceToken]:
    """List a product's service tokens."""
    return service_tokens.list_service_tokens(request.call, request.asked.http.path["key"])


@endpoint(permission=Permission.REVOKE_SERVICE_TOKEN, reads=targets.service_token, answer=answers.nothing)
def _revoke(request: Request[Nothing]) -> None:
    """Revoke a product's service token."""
    token_id = request.asked.path_id("id", "svc")
    service_tokens.revoke_service_token(request.call, request.asked.http.path["key"], token_id)


def _member(request: Request[Nothing] | Request[NewGrant]) -> str | None:
    return request.asked.path_id("id", "mem")


def _grant(request: Request[Nothing] | Request[NewGrant]) -> str:
    grant_id = request.asked.http.path.get("grant", "")
    if not GRANT_ID.fullmatch(grant_id):
        raise NotFound
    return grant_id


ROUTES: dict[str, Endpoint] = {
    "GET /v1/members/{id}/grants": _list,
    "PUT /v1/members/{id}/grants/{grant}": _record,
    "DELETE /v1/members/{id}/grants/{grant}": _release,
    "DELETE /v1/members/{id}/grants": _release_all,
    "GET /v1/team/products/{key}/service-tokens": _tokens,
    "POST /v1/team/products/{key}/service-tokens": _issue,
    "DELETE /v1/team/products/{key}/service-tokens/{id}": _revoke,
}
