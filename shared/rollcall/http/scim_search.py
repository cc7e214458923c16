"""Searching everything at once, below the root (RFC 7644, section 3.4.3): users first, then groups; one exact total."""

from dataclasses import replace
from typing import Any

from rollcall.actions import list_groups, list_people
from rollcall.actions.list_groups import Page
from rollcall.http import scim_answers, scim_group_routes
from rollcall.http.endpoint import Asked
from rollcall.http.reply import Reply
from rollcall.http.scim_paging import Scim, opened, sealed, user_text
from rollcall.http.scim_request import ScimRequest, base, refusing
from rollcall.storage.keys import Key
from rollcall.storage.people import Place

GROUPS = "groups"  # in the place of a roster block, in a cursor


def reads(asked: Asked[Any]) -> list[Key]:
    """Name what the filter's keys lead to, among users and among groups."""
    wanted: ScimRequest = asked.body
    of_people = list_people.reads(asked.team_id, wanted.query)
    return [*of_people, *list_groups.reads(asked.team_id, wanted.query)]


def search(request: Scim) -> Reply:
    """Return a page of users and groups."""
    query, call = request.body.query, request.call
    position = opened(request, 2)
    in_groups = position is not None and position[0] == GROUPS
    place = (int(position[0]), position[1]) if position and not in_groups else None
    of_people = replace(query, count=0) if in_groups else query
    users = refusing(lambda: list_people.list_people(call, of_people, base(), place))
    room = query.count - len(users.records)
    start = max(1, query.start_index - users.total)
    after = position[1] or None if position and in_groups else None
    of_groups = replace(query, start_index=start, count=0 if users.following and not in_groups else room)
    page = refusing(lambda: list_groups.list_groups(call, of_groups, base(), after))
    told = [user_text(request, record) for record in users.records]
    groups = scim_group_routes.texts(page.groups, query)
    total = users.total + page.total
    if query.cursor is None:
        return scim_answers.listed([*told, *groups], total, query.start_index, None)
    place_of_user = None if in_groups else users.following
    return scim_answers.listed([*told, *groups], total, None, sealed(request, _end(place_of_user, page, groups, after)))


def _end(user: Place | None, page: Page, told: list[str], after: str | None) -> tuple[str, str] | None:
    """Return where the next page begins: behind a user, behind a group, or with the first group; None at the end."""
    if user is not None:
        return str(user[0]), user[1]
    if page.more or len(told) < len(page.groups):
        return GROUPS, page.groups[len(told) - 1].code if told else after or ""
    return None
