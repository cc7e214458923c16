"""SCIM's operations (RFC 7644): one route of the gateway, told apart here: the protocol has its own paths."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from rollcall.actions import list_people, people, provision, staging
from rollcall.actions.call import Caller
from rollcall.auth import authenticate
from rollcall.domain import ids
from rollcall.domain.errors import RollcallError, Stale
from rollcall.domain.permissions import Permission
from rollcall.http import scim_answers, scim_group_routes, scim_search
from rollcall.http.endpoint import Asked, Endpoint, Request, endpoint
from rollcall.http.reply import Reply
from rollcall.http.scim_journal import Journal
from rollcall.http.scim_paging import Scim, closed, opened, sealed, unchanged, user_text
from rollcall.http.scim_request import GROUPS, SEARCH, Refused, ScimRequest, base, read_request, refusing
from rollcall.scim import discovery, schemas
from rollcall.scim.errors import NotFound, NotImplemented501
from rollcall.scim.lists import list_response
from rollcall.scim.patch import patch_user
from rollcall.storage import keys
from rollcall.storage.keys import Key
from rollcall.storage.people import Place, Record
from rollcall.storage.reads import read


def _reads(asked: Asked[Any]) -> list[Key]:
    """Name what the operation needs beside the authentication, in the same round trip."""
    wanted: ScimRequest = asked.body
    if wanted.flaw is not None:
        return []
    if wanted.kind == GROUPS:
        return scim_group_routes.reads(asked)
    match wanted.operation:
        case ("POST", "Users"):
            return provision.reads(asked.team_id, wanted.content)
        case ("GET", "Users"):
            return list_people.reads(asked.team_id, wanted.query)
        case ("GET", ".search"):
            return scim_search.reads(asked)
    return [keys.member(asked.team_id, str(wanted.name))] if ids.valid(wanted.name, "mem") else []


def _beside(asked: Asked[Any]) -> Callable[[], object] | None:
    wanted: ScimRequest = asked.body
    lists = wanted.operation == ("GET", "Users") and wanted.flaw is None
    return list_people.beside(asked.team_id, wanted.query) if lists else None


@endpoint(
    permission=Permission.PROVISION,
    accepts=authenticate.OF_SCIM,
    reader=read_request,
    reads=_reads,
    beside=_beside,
    answer=lambda _, reply: reply,
    failure=scim_answers.failure,
)
def _serve(request: Scim) -> Reply:
    """Serve one SCIM request, and tell of it in the request log."""
    journal = Journal(request)
    try:
        reply = _served(_in_shadow(journal.request))
    except Stale:
        raise
    except RollcallError as refusal:
        journal.refused(refusal)
        raise
    journal.close(reply)
    return reply


def _in_shadow(request: Scim) -> Scim:
    """Return the request as it is asked of the shadow, while the connection is staged; one reading more."""
    call, token = request.call, request.asked.token
    connection = staging.staged(call)
    if connection is None or token is None or call.caller is None:
        return request
    shadow, team = staging.shadow_of(call, connection), call.team
    asked = replace(request.asked, token=replace(token, team_id=shadow))
    found = read([keys.connection(team.id), keys.team(shadow), *_reads(asked)])
    caller = Caller(replace(call.actor, team_id=shadow), None, replace(team, id=shadow))
    return Request(asked, replace(call, found=found, caller=caller, home=team.id))


def _served(request: Scim) -> Reply:
    if request.body.flaw is not None:
        raise request.body.flaw
    serve = OPERATIONS.get(request.body.operation)
    if serve is None:
        raise Refused(NotImplemented501())
    return serve(request)


def _create_user(request: Scim) -> Reply:
    return _user(request, provision.create(request.call, request.body.content).record, 201)


def _get_user(request: Scim) -> Reply:
    return _user(request, provision.get(request.call, _member_id(request)))


def _replace_user(request: Scim) -> Reply:
    def build(before: people.Resource) -> people.Resource:
        return {"active": before["active"], **request.body.content}

    return _user(request, provision.change(request.call, _member_id(request), build).record)


def _patch_user(request: Scim) -> Reply:
    member_id = _member_id(request)

    def build(before: people.Resource) -> people.Resource:
        return refusing(lambda: patch_user(before, request.body.content, member_id))

    return _user(request, provision.change(request.call, member_id, build).record)


def _delete_user(request: Scim) -> Reply:
    provision.remove(request.call, _member_id(request))
    return Reply(204)


def _list_users(request: Scim) -> Reply:
    query, call = request.body.query, request.call
    found = refusing(lambda: list_people.list_people(call, query, base(), _after(request)))
    texts = closed(user_text(request, record) for record in found.records)
    if query.cursor is None:
        return scim_answers.listed(texts, found.total, query.start_index, None)
    whole = len(texts) == len(found.records)
    following = found.following if whole else found.records[len(texts) - 1].place
    return scim_answers.listed(texts, found.total, None, _cursor(request, following))


def _user(request: Scim, record: Record, status: int = 200) -> Reply:
    """Return a user; one that the client has already is not sent again (RFC 9110, section 13.1.2)."""
    if status == 200 and (known := unchanged(request, record.version)):  # noqa: PLR2004 OK
        return known
    return scim_answers.resource(user_text(request, record), record.version, f"{base()}/Users/{record.id}", status)


def _member_id(request: Scim) -> str | None:
    return request.body.name if ids.valid(request.body.name, "mem") else None


def _after(request: Scim) -> Place | None:
    position = opened(request, 2)
    return (int(position[0]), position[1]) if position else None


def _cursor(request: Scim, place: Place | None) -> str | None:
    return sealed(request, None if place is None else (str(place[0]), place[1]))


def _one_of(documents: list[dict[str, Any]], request: Scim) -> Reply:
    if request.body.name is None:
        return scim_answers.document(list_response(documents, len(documents), 1))
    found = next((one for one in documents if one["id"].lower() == request.body.name.lower()), None)
    if found is None:
        raise Refused(NotFound())
    return scim_answers.document(found)


OPERATIONS: dict[tuple[str, str], Callable[[Scim], Reply]] = {
    ("POST", "Users"): _create_user,
    ("GET", "Users"): _list_users,
    ("GET", "Users/id"): _get_user,
    ("PUT", "Users/id"): _replace_user,
    ("PATCH", "Users/id"): _patch_user,
    ("DELETE", "Users/id"): _delete_user,
    **scim_group_routes.OPERATIONS,
    ("GET", SEARCH): scim_search.search,
    ("GET", "ServiceProviderConfig"): lambda _: scim_answers.document(discovery.service_provider_config(base())),
    ("GET", "ResourceTypes"): lambda request: _one_of(discovery.resource_types(base()), request),
    ("GET", "ResourceTypes/id"): lambda request: _one_of(discovery.resource_types(base()), request),
    ("GET", "Schemas"): lambda request: _one_of(schemas.documents(base()), request),
    ("GET", "Schemas/id"): lambda request: _one_of(schemas.documents(base()), request),
}

ROUTES: dict[str, Endpoint] = {"ANY /scim/v2/{proxy+}": _serve}
