"""/_dev/: the mailbox, the clock and a toy identity provider, for this machine's people and programs only.

Nothing here is deployed.
"""

from __future__ import annotations

import json
import math
from http import HTTPStatus
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs, unquote, urlsplit

from infra import create_team
from infra.local import clock, pages
from infra.local.aws import LOOPBACK
from infra.local.replies import Response, problem

if TYPE_CHECKING:
    from collections.abc import Callable

    from infra.local.edges import Json
    from infra.local.events import HttpRequest
    from infra.local.mailbox import Mailbox
    from infra.local.schedules import Schedules
    from infra.local.toys.idp import ToyIdp

PREFIX: Final = "/_dev/"
_MAIL: Final = "/_dev/mail"
_CLOCK: Final = "/_dev/clock"
_TEAMS: Final = "/_dev/teams"
IDP: Final = "/_dev/idp"
_LONGEST_JUMP: Final = 10 * 366 * 86400


class DevPages:
    """Answers requests below /_dev/."""

    def __init__(self, mailbox: Mailbox, schedules: Schedules, idp: ToyIdp, after: Callable[[], None]) -> None:
        """Show that mailbox and that provider; fire those schedules when time moves, then call `after`."""
        self._mailbox = mailbox
        self._schedules = schedules
        self._idp = idp
        self._after = after

    def answer(self, request: HttpRequest) -> Response:
        """Answer one request; its `route` is safe to print."""
        refused = _refusal(request)
        if refused:
            return _problem(request, HTTPStatus.FORBIDDEN, "not_this_machine", refused)
        return self._idp.answer(request) if _at_idp(request) else self._own(request)

    def _own(self, request: HttpRequest) -> Response:
        if request.path == _MAIL:
            return self._only(request, "GET", self._list)
        if request.path.startswith(f"{_MAIL}/"):
            return self._only(request, "GET", self._letter)
        if request.path == _CLOCK:
            return self._advance(request) if request.method == "POST" else self._only(request, "GET", _clock)
        if request.path == _TEAMS and request.method == "POST":
            return self._create_team(request)
        return _problem(request, HTTPStatus.NOT_FOUND, "not_found", f"There are {_MAIL}, {_CLOCK}, {_TEAMS} and {IDP}.")

    def _only(self, request: HttpRequest, method: str, view: Callable[[HttpRequest], Response]) -> Response:
        if request.method in {method, "HEAD"}:
            return view(request)
        return _problem(request, HTTPStatus.METHOD_NOT_ALLOWED, "method_not_allowed", f"Use {method}.")

    def _list(self, request: HttpRequest) -> Response:
        query = parse_qs(request.query)
        mails = self._mailbox.mails(query.get("to", [""])[-1] or None)
        if query.get("format") == ["json"]:
            return _json(_MAIL, {"data": [mail.view() for mail in mails]})
        return _html(_MAIL, pages.mail_list(mails))

    def _letter(self, request: HttpRequest) -> Response:
        mail = self._mailbox.mail(unquote(request.path.removeprefix(f"{_MAIL}/")))
        if mail is None:
            return _problem(request, HTTPStatus.NOT_FOUND, "not_found", "No such letter.")
        return _html(f"{_MAIL}/{{id}}", pages.mail_page(mail))

    def _advance(self, request: HttpRequest) -> Response:
        try:
            seconds = _seconds(request.body)
        except ValueError as error:
            return _problem(request, HTTPStatus.BAD_REQUEST, "invalid_request", str(error))
        clock.advance(seconds)
        fired = self._schedules.fire_due()
        self._after()
        return _json(_CLOCK, _time() | {"fired": fired})

    def _create_team(self, request: HttpRequest) -> Response:
        """Do what the operator's command asks for; the table is in this process."""
        try:
            wanted = json.loads(request.body)
            told = create_team.create(wanted)
        except (ValueError, AttributeError) as error:
            return _problem(request, HTTPStatus.BAD_REQUEST, "invalid_request", str(error))
        self._after()
        return _json(_TEAMS, told)


def _clock(_request: HttpRequest) -> Response:
    return _json(_CLOCK, _time())


def _time() -> dict[str, Json]:
    return {"now": clock.stamp(clock.now()), "offset_seconds": clock.offset()}


def _seconds(body: bytes) -> float:
    """Return `advance_seconds`. Raises ValueError with what is wrong."""
    try:
        document = json.loads(body)
    except ValueError as error:
        raise ValueError("The body is not JSON.") from error
    seconds = document.get("advance_seconds") if isinstance(document, dict) else None
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not math.isfinite(seconds):
        raise ValueError('Send {"advance_seconds": number}.')
    if not 0 <= seconds <= _LONGEST_JUMP:
        raise ValueError(f"advance_seconds must be between 0 and {_LONGEST_JUMP}: time does not run back.")
    return float(seconds)


def _at_idp(request: HttpRequest) -> bool:
    return request.path == IDP or request.path.startswith(f"{IDP}/")


def _refusal(request: HttpRequest) -> str | None:
    """Say why a request may not see this machine's letters: a foreign Host (DNS rebinding) or a foreign page."""
    try:
        host = urlsplit(f"//{request.header('host') or ''}").hostname
    except ValueError:
        host = None
    if host not in LOOPBACK:
        return "These pages answer to localhost and 127.0.0.1 only."
    site = request.header("sec-fetch-site")
    if _at_idp(request) and request.method == "GET":
        return None  # people come to a provider from another site, and go back there
    if site == "cross-site" or (site == "same-site" and request.method != "GET"):
        return "These pages do not answer to other sites."
    return None


def _problem(request: HttpRequest, status: HTTPStatus, code: str, detail: str) -> Response:
    answer = problem(status, code, detail, request.id)
    return Response(answer.status, answer.headers, answer.body, route=f"{PREFIX}…")


def _json(route: str, document: Json) -> Response:
    return _reply(route, "application/json", json.dumps(document))


def _html(route: str, page: str) -> Response:
    return _reply(route, "text/html; charset=utf-8", page)


def _reply(route: str, content_type: str, text: str) -> Response:
    return Response(HTTPStatus.OK, [*pages.HEADERS, ("content-type", content_type)], text.encode(), route=route)
