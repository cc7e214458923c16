"""What SCIM's routes share: users as text, entity tags that the client has, cursors bound to list, filter and order."""

from collections.abc import Iterable, Mapping, Sequence

from rollcall.actions import people
from rollcall.domain.errors import Invalid
from rollcall.http import cursors, queries, scim_answers
from rollcall.http.conditional import versions
from rollcall.http.endpoint import Request
from rollcall.http.reply import Reply
from rollcall.http.scim_request import Refused, ScimRequest, base
from rollcall.scim.errors import InvalidCursor
from rollcall.storage.people import Record

LARGEST_PAGE = 4 * 1024 * 1024

Scim = Request[ScimRequest]


def unchanged(request: Scim, version: int) -> Reply | None:
    """Return what says that the client has the resource already (RFC 9110, section 13.1.2), or None."""
    held = request.asked.http.headers.get("if-none-match")
    if held is None or request.asked.http.method not in {"GET", "HEAD"}:
        return None
    if held.strip() != "*" and version not in (versions(held) or ()):
        return None
    return Reply(304, None, {"etag": f'W/"{version}"'})


def user_text(request: Scim, record: Record) -> str:
    """Return a user as JSON: the stored text, unless only parts of it are asked for."""
    query = request.body.query
    if query.attributes is None and not query.excluded:
        return people.rendering(record, base())
    return scim_answers.text(query.project(people.seen(record, base())))


def closed(texts: Iterable[str]) -> list[str]:
    """Return as many resources as an answer carries, but one at least; Lambda answers 6 MB at most."""
    told: list[str] = []
    room = LARGEST_PAGE
    for text in texts:
        room -= len(text.encode())
        if room < 0 and told:
            break
        told.append(text)
    return told


def opened(request: Scim, length: int) -> Sequence[str] | None:
    """Return the position of `length` parts that the request's cursor holds; None for the first page."""
    cursor = request.body.query.cursor
    if not cursor:
        return None
    try:
        position = cursors.open_cursor(queries.cursor_keys(), request.call.team.id, _scope(request), cursor)
    except (Invalid, ValueError):
        raise Refused(InvalidCursor()) from None
    if len(position) != length:
        raise Refused(InvalidCursor())
    return position


def sealed(request: Scim, position: Sequence[str] | None) -> str | None:
    """Return the cursor of a position; none after the last page."""
    if position is None:
        return None
    return cursors.seal(queries.cursor_keys()[0], request.call.team.id, _scope(request), position)


def _scope(request: Scim) -> Mapping[str, str]:
    """Return what a cursor is bound to beside the team."""
    query = request.body.query
    order = f"{query.sort_by} {query.descending}"
    return {"": request.body.kind, "filter": repr(query.filter), "sort": order}
