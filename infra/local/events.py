"""HTTP requests as API Gateway HTTP API events, payload format 2.0."""

from __future__ import annotations

import base64
import time
import uuid
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl

from infra.local.cloudformation import ACCOUNT, REGION

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from infra.local.edges import Event
    from infra.local.routing import Match

API_ID: Final = "local"
DOMAIN: Final = f"{API_ID}.execute-api.{REGION}.amazonaws.com"
_TEXT_TYPES: Final = frozenset({"application/json", "application/javascript", "application/xml"})
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """One request as it arrived; `target` is path and query, still encoded."""

    method: str
    target: str
    headers: Sequence[tuple[str, str]] = ()
    body: bytes = b""
    source_ip: str = "127.0.0.1"
    id: str = field(default_factory=lambda: str(uuid.uuid4()))

    @property
    def path(self) -> str:
        """The path alone, still percent-encoded."""
        return self.target.partition("?")[0]

    @property
    def query(self) -> str:
        """What follows the question mark, still percent-encoded."""
        return self.target.partition("?")[2]

    def header(self, name: str) -> str | None:
        """Return the first header of that (lower-case) name."""
        return next((value for key, value in self.headers if key.lower() == name), None)


def gateway_event(request: HttpRequest, match: Match) -> Event:
    """Return the event a handler gets. Absent parts (no query, no cookies, no body) are absent keys, as on AWS."""
    headers = joined(request.headers)
    cookies = headers.pop("cookie", None)
    event: Event = {
        "version": "2.0",
        "routeKey": match.route.key,
        "rawPath": request.path,
        "rawQueryString": request.query,
        "headers": headers | _forwarded(headers, request.source_ip),
        "requestContext": _context(request, match, headers),
        "isBase64Encoded": False,
    }
    if cookies:
        event["cookies"] = [cookie for part in cookies.split(";") if (cookie := part.strip())]
    if request.query and (parameters := joined(parse_qsl(request.query, keep_blank_values=True), lower=False)):
        event["queryStringParameters"] = parameters
    if match.parameters:
        event["pathParameters"] = dict(match.parameters)
    return event | _body(request.body, headers.get("content-type", ""))


def joined(pairs: Iterable[tuple[str, str]], *, lower: bool = True) -> dict[str, str]:
    """Return one value per name, repeated ones joined by a comma (cookies by their own separator)."""
    result: dict[str, str] = {}
    for name, value in pairs:
        key = name.lower() if lower else name
        separator = "; " if key == "cookie" and lower else ","
        result[key] = f"{result[key]}{separator}{value}" if key in result else value
    return result


def _forwarded(headers: Mapping[str, str], source_ip: str) -> dict[str, str]:
    """Headers that API Gateway itself adds; a client's own X-Forwarded-For stays in front."""
    chain = headers.get("x-forwarded-for")
    return {
        "x-forwarded-for": f"{chain}, {source_ip}" if chain else source_ip,
        "x-forwarded-port": "443",
        "x-forwarded-proto": "https",
    }


def _context(request: HttpRequest, match: Match, headers: Mapping[str, str]) -> Event:
    now = time.time()
    return {
        "accountId": ACCOUNT,
        "apiId": API_ID,
        "domainName": DOMAIN,
        "domainPrefix": API_ID,
        "http": {
            "method": request.method,
            "path": request.path,
            "protocol": "HTTP/1.1",
            "sourceIp": request.source_ip,
            "userAgent": headers.get("user-agent", ""),
        },
        "requestId": request.id,
        "routeKey": match.route.key,
        "stage": "$default",
        "time": _clf(now),
        "timeEpoch": int(now * 1000),
    }


def _clf(now: float) -> str:
    moment = time.gmtime(now)  # strftime's %b would follow the locale
    return time.strftime(f"%d/{_MONTHS[moment.tm_mon - 1]}/%Y:%H:%M:%S +0000", moment)


def _body(body: bytes, content_type: str) -> Event:
    """Text types travel as text; everything else, a urlencoded form included, as base64."""
    if not body:
        return {}
    kind = content_type.partition(";")[0].strip().lower()
    if kind.startswith("text/") or kind in _TEXT_TYPES:
        with suppress(UnicodeDecodeError):
            return {"body": body.decode("utf-8")}
    return {"body": base64.b64encode(body).decode(), "isBase64Encoded": True}
