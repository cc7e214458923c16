"""What people see of provisioning: the log of requests, and the conflicts that wait for an owner."""

from collections.abc import Iterable
from typing import Any

from rollcall.actions import scim_conflicts
from rollcall.actions.scim_conflicts import ConflictPage
from rollcall.domain.members import Member
from rollcall.domain.permissions import Permission
from rollcall.http import connection_answers as answers
from rollcall.http import queries
from rollcall.http.answers import changed_member
from rollcall.http.bodies import Nothing
from rollcall.http.endpoint import Asked, Endpoint, Request, endpoint
from rollcall.storage import scim_log
from rollcall.storage.keys import Key
from rollcall.storage.scim_log import LogPage


def _conflict(asked: Asked[Any]) -> Iterable[Key]:
    """Name the conflict of `/…/{id}`, which has its member's id."""
    member_id = asked.path_id("id", "mem")
    return scim_conflicts.reads(asked.team_id, member_id) if member_id else ()


@endpoint(permission=Permission.CONFIGURE_SSO, answer=answers.log)
def _log(request: Request[Nothing]) -> LogPage:
    """List what the identity provider asked in the last thirty days, newest first."""
    call, http = request.call, request.asked.http
    failed, limit, after = queries.log_query(http, call.team.id, queries.cursor_keys())
    return scim_log.page(call.team.id, limit, after, failed=failed, now=call.now)


@endpoint(permission=Permission.CONFIGURE_SSO, answer=answers.conflicts)
def _list(request: Request[Nothing]) -> ConflictPage:
    """List the members whom the identity provider asked for and may not have without an owner's word."""
    limit, after = queries.page_query(request.asked.http, request.call.team.id, queries.cursor_keys())
    return scim_conflicts.list_conflicts(request.call, limit, after)


@endpoint(permission=Permission.MANAGE_SCIM_TOKENS, reads=_conflict, answer=changed_member)
def _accept(request: Request[Nothing]) -> Member:
    """Let the identity provider manage the member whom it asked for."""
    return scim_conflicts.accept_conflict(request.call, request.asked.path_id("id", "mem"))


ROUTES: dict[str, Endpoint] = {
    "GET /v1/team/scim-log": _log,
    "GET /v1/team/scim-conflicts": _list,
    "POST /v1/team/scim-conflicts/{id}/accept": _accept,
}
