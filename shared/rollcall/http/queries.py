"""Query parameters of the lists, read strictly: unknown, doubled and malformed ones are refused with a pointer."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import TypeVar

from rollcall.auth import keyring, links
from rollcall.domain.errors import Flaw, Invalid
from rollcall.domain.events import Action
from rollcall.domain.invitations import State
from rollcall.domain.members import Source, Status
from rollcall.domain.permissions import Role
from rollcall.http import cursors
from rollcall.http.readers import MOMENT, PRODUCT
from rollcall.http.request import HttpRequest
from rollcall.storage.audit import EventQuery
from rollcall.storage.invitations import InvitationQuery
from rollcall.storage.members import MemberQuery
from rollcall.storage.roster import fold

DEFAULT_LIMIT = 50
GREATEST_LIMIT = 200
LONGEST_TEXT = 100
PAGING = ("limit", "cursor")
MEMBER_FILTERS = ("q", "role", "status", "product", "source", "sort")
INVITATION_FILTERS = ("q", "role", "state")
LOG_FILTERS = ("failed",)
EVENT_FILTERS = ("actor", "target", "action", "from", "to")
ALL = "all"

E = TypeVar("E", bound=StrEnum)


def member_query(http: HttpRequest, team_id: str, keys: Sequence[bytes]) -> MemberQuery:
    """Return the member list that the request asks for; deactivated members only when asked for (M1)."""
    http.only_parameters(*MEMBER_FILTERS, *PAGING)
    by_name = _one_of(http, "sort", ("joined", "name")) == "name"
    status = http.parameter("status")
    return MemberQuery(
        role=_choice(http, "role", Role),
        status=None if status == ALL else _choice(http, "status", Status) or Status.ACTIVE,
        product=_product(http),
        source=_choice(http, "source", Source),
        text=_text(http),
        by_name=by_name,
        limit=_limit(http),
        after=_position(http, team_id, keys, MEMBER_FILTERS),
    )


def invitation_query(http: HttpRequest, team_id: str, keys: Sequence[bytes]) -> InvitationQuery:
    """Return the invitation list that the request asks for."""
    http.only_parameters(*INVITATION_FILTERS, *PAGING)
    position = _position(http, team_id, keys, INVITATION_FILTERS)
    return InvitationQuery(
        state=_choice(http, "state", State),
        role=_choice(http, "role", Role),
        text=_text(http),
        limit=_limit(http),
        after=position[0] if position else None,
    )


def event_query(http: HttpRequest, team_id: str, keys: Sequence[bytes], more: tuple[str, ...] = ()) -> EventQuery:
    """Return the audit events that the request asks for."""
    http.only_parameters(*EVENT_FILTERS, *more, *PAGING)
    position = _position(http, team_id, keys, (*EVENT_FILTERS, *more))
    return EventQuery(
        actor=http.parameter("actor"),
        target=http.parameter("target"),
        action=_choice(http, "action", Action),
        since=_moment(http, "from"),
        until=_moment(http, "to"),
        limit=_limit(http),
        after=position[0] if position else None,
        head=position[1] if position and position[1:] else None,
    )


def log_query(http: HttpRequest, team_id: str, keys: Sequence[bytes]) -> tuple[bool, int, str | None]:
    """Return what of the log of provisioning is asked for: refusals alone or not, how many, after which."""
    http.only_parameters(*LOG_FILTERS, *PAGING)
    failed = _one_of(http, "failed", ("true", "false")) == "true"
    position = _position(http, team_id, keys, LOG_FILTERS)
    return failed, _limit(http), position[0] if position else None


def page_query(http: HttpRequest, team_id: str, keys: Sequence[bytes]) -> tuple[int, str | None]:
    """Return how many of a list without filters are asked for, after which."""
    http.only_parameters(*PAGING)
    position = _position(http, team_id, keys, ())
    return _limit(http), position[0] if position else None


def export_format(http: HttpRequest) -> str:
    """Return the format of an export."""
    return _one_of(http, "format", ("jsonl", "csv")) or "jsonl"


def cursor_keys() -> list[bytes]:
    """Return the keys of page cursors."""
    return list(links.subkeys(keyring.link_keys(), "cursors"))


def _moment(http: HttpRequest, name: str) -> datetime | None:
    value = http.parameter(name)
    if value is None:
        return None
    if not MOMENT.fullmatch(value):
        raise Invalid(Flaw(f"?{name}", "This must be a time such as 2026-11-21T19:25:00Z."))
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        raise Invalid(Flaw(f"?{name}", "There is no such moment.")) from None


def filters(http: HttpRequest, names: Sequence[str]) -> dict[str, str]:
    """Return what a cursor is bound to beside the team: the list itself and its filters."""
    return {"": http.route, **{name: value for name in names if (value := http.parameter(name)) is not None}}


def _position(http: HttpRequest, team_id: str, keys: Sequence[bytes], names: Sequence[str]) -> tuple[str, ...] | None:
    cursor = http.parameter("cursor")
    return None if cursor is None else cursors.open_cursor(keys, team_id, filters(http, names), cursor)


def _limit(http: HttpRequest) -> int:
    text = http.parameter("limit")
    if text is None:
        return DEFAULT_LIMIT
    if not (text.isascii() and text.isdigit() and len(text) <= 3 and 1 <= int(text) <= GREATEST_LIMIT):  # noqa: PLR2004 digits of the limit
        raise Invalid(Flaw("?limit", f"This must be a number from 1 to {GREATEST_LIMIT}."))
    return int(text)


def _choice(http: HttpRequest, name: str, choices: type[E]) -> E | None:
    value = _one_of(http, name, tuple(choices))
    return None if value is None else choices(value)


def _one_of(http: HttpRequest, name: str, choices: Sequence[str]) -> str | None:
    value = http.parameter(name)
    if value is not None and value not in choices:
        raise Invalid(Flaw(f"?{name}", f"This must be one of {', '.join(choices)}."))
    return value


def _product(http: HttpRequest) -> str | None:
    value = http.parameter("product")
    if value is not None and not PRODUCT.fullmatch(value):
        raise Invalid(Flaw("?product", "This is no product key."))
    return value


def _text(http: HttpRequest) -> str | None:
    """Return the text to search for, folded; literal, whatever characters it holds."""
    value = http.parameter("q")
    if value is None or value == "":
        return None
    if len(value) > LONGEST_TEXT or "\0" in value or "\n" in value:
        raise Invalid(Flaw("?q", f"Search for one line of at most {LONGEST_TEXT} characters."))
    return fold(value) or None


def flag(http: HttpRequest, name: str) -> bool:
    """Return a parameter that is `true` or absent; anything else, and any other parameter, is refused."""
    http.only_parameters(name)
    value = http.parameter(name)
    if value not in {None, "true"}:
        raise Invalid(Flaw(f"?{name}", "This is `true`, or left out."))
    return value is not None
