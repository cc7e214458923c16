"""SCIM's operations on groups (RFC 7644); the members of thousands are read only where they are asked for."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rollcall.actions import list_groups, regroup, scim_groups
from rollcall.domain.groups import Group
from rollcall.http import scim_answers
from rollcall.http.endpoint import Asked
from rollcall.http.reply import Reply
from rollcall.http.scim_paging import Scim, closed, opened, sealed, unchanged
from rollcall.http.scim_request import ScimRequest, base, refusing
from rollcall.scim.lists import ListQuery
from rollcall.storage import memberships
from rollcall.storage.keys import Key

READ_TOGETHER = 8


def reads(asked: Asked[Any]) -> list[Key]:
    """Name what an operation on groups needs beside the authentication, in the same round trip."""
    wanted: ScimRequest = asked.body
    match wanted.operation:
        case ("POST", "Groups"):
            return scim_groups.reads_of_new(asked.team_id, wanted.content)
        case ("GET", "Groups"):
            return list_groups.reads(asked.team_id, wanted.query)
        case ("PATCH", "Groups/id"):
            return scim_groups.reads_of_patch(asked.team_id, wanted.name, wanted.content)
        case _:
            return scim_groups.reads(asked.team_id, wanted.name)


def _create(request: Scim) -> Reply:
    resource = request.body.content
    group = refusing(lambda: scim_groups.create(request.call, resource))
    return _group(request, group, 201)


def _get(request: Scim) -> Reply:
    group = scim_groups.get(request.call, request.body.name)
    return unchanged(request, group.version) or _group(request, group)


def _replace(request: Scim) -> Reply:
    name, resource = request.body.name, request.body.content
    return _group(request, refusing(lambda: scim_groups.replace_group(request.call, name, resource)))


def _patch(request: Scim) -> Reply:
    """Change a group; it is told only where attributes of it are asked for (RFC 7644, section 3.5.2)."""
    name, ops = request.body.name, request.body.content
    refusing(lambda: scim_groups.patch(request.call, name, ops))
    if request.body.query.attributes is None:
        return Reply(204)
    return _group(request, regroup.present(scim_groups.get(request.call, name)))


def _delete(request: Scim) -> Reply:
    refusing(lambda: scim_groups.delete(request.call, request.body.name))
    return Reply(204)


def _list(request: Scim) -> Reply:
    query = request.body.query
    position = opened(request, 1)
    after = position[0] if position else None
    page = refusing(lambda: list_groups.list_groups(request.call, query, base(), after))
    told = texts(page.groups, query)
    if query.cursor is None:
        return scim_answers.listed(told, page.total, query.start_index, None)
    more = page.more or len(told) < len(page.groups)
    following = [page.groups[len(told) - 1].code] if more and told else None
    return scim_answers.listed(told, page.total, None, sealed(request, following))


def texts(groups: Sequence[Group], query: ListQuery) -> list[str]:
    """Return groups as JSON, fewer than asked where they would be more than an answer carries."""
    with_members = list_groups.pieces(groups, READ_TOGETHER) if query.wants("members") else ((g, ()) for g in groups)
    return closed(
        scim_answers.text(query.project(list_groups.seen(group, members, base()))) for group, members in with_members
    )


def _group(request: Scim, group: Group, status: int = 200) -> Reply:
    query = request.body.query
    members = memberships.in_group(group) if query.wants("members") else []
    told = query.project(list_groups.seen(group, members, base()))
    location = f"{base()}/Groups/{group.id}"
    return scim_answers.resource(scim_answers.text(told), group.version, location, status)


OPERATIONS: Mapping[tuple[str, str], Callable[[Scim], Reply]] = {
    ("POST", "Groups"): _create,
    ("GET", "Groups"): _list,
    ("GET", "Groups/id"): _get,
    ("PUT", "Groups/id"): _replace,
    ("PATCH", "Groups/id"): _patch,
    ("DELETE", "Groups/id"): _delete,
}
