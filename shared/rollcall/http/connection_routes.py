"""The routes of the SCIM connection, its tokens (S2) and mapping of groups (R2), and of making break-glass codes."""

from typing import Any

from rollcall.actions import break_glass, scim_tokens
from rollcall.actions.break_glass import MadeCodes
from rollcall.actions.scim_tokens import ListedTokens, NewScimToken, RoleMapping
from rollcall.domain.connections import RoleRule, ScimToken
from rollcall.domain.permissions import Permission
from rollcall.http import connection_answers as answers
from rollcall.http.answers import nothing
from rollcall.http.bodies import Nothing
from rollcall.http.endpoint import Asked, Endpoint, Request, endpoint
from rollcall.storage import keys
from rollcall.storage.keys import Key


def _connection(asked: Asked[Any]) -> list[Key]:
    """Name the caller's team's connection."""
    return [keys.connection(asked.team_id)]


@endpoint(permission=Permission.READ_SCIM_TOKENS, reads=_connection, answer=answers.scim_tokens)
def _list(request: Request[Nothing]) -> ListedTokens:
    """List the team's SCIM tokens."""
    return scim_tokens.list_scim_tokens(request.call)


@endpoint(permission=Permission.MANAGE_SCIM_TOKENS, body=NewScimToken, reads=_connection, answer=answers.issued)
def _issue(request: Request[NewScimToken]) -> tuple[str, ScimToken]:
    """Make a SCIM token; its secret is shown this once."""
    return scim_tokens.issue_scim_token(request.call, request.body)


@endpoint(permission=Permission.REVOKE_SCIM_TOKEN, reads=_connection, answer=nothing)
def _revoke(request: Request[Nothing]) -> None:
    """Revoke a SCIM token; it stops at once."""
    scim_tokens.revoke_scim_token(request.call, request.asked.path_id("id", "scm"))


@endpoint(permission=Permission.CONFIGURE_SSO, reads=_connection, answer=answers.role_mapping)
def _mapping(request: Request[Nothing]) -> tuple[RoleRule, ...]:
    """Read which groups of the identity provider give which role."""
    return scim_tokens.role_mapping(request.call)


@endpoint(permission=Permission.CONFIGURE_SSO, body=RoleMapping, reads=_connection, answer=answers.role_mapping)
def _map(request: Request[RoleMapping]) -> tuple[RoleRule, ...]:
    """Set which groups of the identity provider give which role; none gives the owner role."""
    return scim_tokens.set_role_mapping(request.call, request.body)


@endpoint(
    permission=Permission.BREAK_GLASS, reads=lambda asked: break_glass.reads(asked.team_id), answer=answers.made_codes
)
def _make_codes(request: Request[Nothing]) -> MadeCodes:
    """Make the caller's break-glass codes, shown this once; their earlier ones are void."""
    return break_glass.make_codes(request.call)


ROUTES: dict[str, Endpoint] = {
    "GET /v1/team/scim-tokens": _list,
    "POST /v1/team/scim-tokens": _issue,
    "DELETE /v1/team/scim-tokens/{id}": _revoke,
    "GET /v1/team/scim-role-mapping": _mapping,
    "PUT /v1/team/scim-role-mapping": _map,
    "POST /v1/team/break-glass-codes": _make_codes,
}
