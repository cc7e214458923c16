"""The routes of SSO connections, their mapping of groups to roles, and the enforcement of single sign-on (C5)."""

from typing import Any

from rollcall.actions import enforce_sso, sso_connections
from rollcall.actions.enforce_sso import Enforcement, Switched
from rollcall.actions.sso_connections import ClaimMapping, ConnectionEdit, NewConnection, Tried
from rollcall.domain.errors import NotFound
from rollcall.domain.permissions import Permission
from rollcall.domain.sso_connections import SsoConnection
from rollcall.http import queries
from rollcall.http import sso_answers as answers
from rollcall.http.answers import nothing
from rollcall.http.bodies import Nothing
from rollcall.http.endpoint import Asked, Endpoint, Request, endpoint
from rollcall.storage.keys import Key, sso_connection


def _named(asked: Asked[Any]) -> list[Key]:
    """Name the connection of `/…/{id}`."""
    connection_id = asked.path_id("id", "idp")
    return [sso_connection(asked.team_id, connection_id)] if connection_id else []


def _switch(asked: Asked[Any]) -> list[Key]:
    """Name what the switch of enforcement rests on beside the team."""
    return enforce_sso.reads(asked.team_id)


def _found(request: Request[Any]) -> SsoConnection | None:
    call, connection_id = request.call, request.asked.path_id("id", "idp")
    return call.found.sso_connection(call.team.id, connection_id) if connection_id else None


@endpoint(permission=Permission.CONFIGURE_SSO, answer=answers.connections)
def _list(request: Request[Nothing]) -> list[SsoConnection]:
    """List the team's SSO connections."""
    return sso_connections.list_connections(request.call)


@endpoint(permission=Permission.CONFIGURE_SSO, body=NewConnection, answer=answers.added)
def _add(request: Request[NewConnection]) -> SsoConnection:
    """Add an SSO connection; its identity provider must answer."""
    return sso_connections.add_connection(request.call, request.body)


@endpoint(permission=Permission.CONFIGURE_SSO, reads=_named, answer=answers.connection)
def _read(request: Request[Nothing]) -> SsoConnection:
    """Show an SSO connection; its client secret is never told."""
    found = _found(request)
    if found is None:
        raise NotFound
    return found


@endpoint(permission=Permission.CONFIGURE_SSO, body=ConnectionEdit, reads=_named, answer=answers.connection)
def _edit(request: Request[ConnectionEdit]) -> SsoConnection:
    """Change an SSO connection; an owner tries it anew where it is another one then."""
    return sso_connections.edit_connection(request.call, _found(request), request.body)


@endpoint(permission=Permission.CONFIGURE_SSO, reads=_named, answer=nothing)
def _remove(request: Request[Nothing]) -> None:
    """Remove an SSO connection; nobody signs in through it from now on, and everybody stays a member."""
    sso_connections.remove_connection(request.call, _found(request))


@endpoint(permission=Permission.CONFIGURE_SSO, reads=_named, answer=answers.tried)
def _try(request: Request[Nothing]) -> Tried:
    """Ask the identity provider anew, and get the address at which to try signing in; changes nothing."""
    return sso_connections.try_connection(request.call, _found(request))


@endpoint(permission=Permission.CONFIGURE_SSO, reads=_named, answer=answers.mapping)
def _mapping(request: Request[Nothing]) -> SsoConnection:
    """Read which groups of the claims give which role."""
    found = _found(request)
    if found is None:
        raise NotFound
    return found


@endpoint(permission=Permission.CONFIGURE_SSO, body=ClaimMapping, reads=_named, answer=answers.mapping)
def _map(request: Request[ClaimMapping]) -> SsoConnection:
    """Set which groups of the claims give which role; none gives the owner role."""
    return sso_connections.map_roles(request.call, _found(request), request.body)


@endpoint(permission=Permission.ENFORCE_SSO, body=Enforcement, reads=_switch, answer=answers.switched)
def _enforce(request: Request[Enforcement]) -> Switched:
    """Switch the enforcement of single sign-on; with `?preview=true` see whom that would cut off."""
    only_look = queries.flag(request.asked.http, "preview")
    return enforce_sso.switch(request.call, request.body, only_look=only_look)


ROUTES: dict[str, Endpoint] = {
    "GET /v1/team/sso-connections": _list,
    "POST /v1/team/sso-connections": _add,
    "GET /v1/team/sso-connections/{id}": _read,
    "PATCH /v1/team/sso-connections/{id}": _edit,
    "DELETE /v1/team/sso-connections/{id}": _remove,
    "POST /v1/team/sso-connections/{id}/test": _try,
    "GET /v1/team/sso-connections/{id}/role-mapping": _mapping,
    "PUT /v1/team/sso-connections/{id}/role-mapping": _map,
    "PUT /v1/team/sso-enforcement": _enforce,
}
