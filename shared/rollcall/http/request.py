"""An API Gateway event (HTTP API, payload 2.0) as one frozen record; what is no such event is refused."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import parse_qsl

from rollcall.domain.errors import Flaw, Invalid, Unauthenticated

LARGEST_BODY = 64 * 1024
COOKIE = "__Host-rollcall"
LONGEST_LOGGED = 200

P = TypeVar("P", dict[str, Any], list[Any])


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """One request as it came; header names in lower case."""

    method: str
    route: str
    target: str
    path: Mapping[str, str]
    query: tuple[tuple[str, str], ...]
    headers: Mapping[str, str]
    cookies: tuple[str, ...]
    body: bytes
    address: str
    request_id: str

    def parameter(self, name: str) -> str | None:
        """Return a query parameter; one that comes twice is refused."""
        values = [value for key, value in self.query if key == name]
        if len(values) > 1:
            raise Invalid(Flaw(f"?{name}", "Give this parameter once."))
        return values[0] if values else None

    def only_parameters(self, *names: str) -> None:
        """Refuse parameters that the route does not know: a misspelt filter must not be ignored."""
        unknown = sorted({key for key, _ in self.query} - set(names))
        if unknown:
            raise Invalid(*(Flaw(f"?{key[:LONGEST_LOGGED]}", "This parameter is not known.") for key in unknown))


def read_event(event: object) -> HttpRequest:
    """Read the event; anything else that a Lambda may be invoked with fails closed."""
    if not isinstance(event, dict) or event.get("version") != "2.0":
        raise Invalid(detail="This is not an HTTP request.")
    context = event.get("requestContext")
    http = context.get("http") if isinstance(context, dict) else None
    if not isinstance(context, dict) or not isinstance(http, dict):
        raise Invalid(detail="This is not an HTTP request.")
    return HttpRequest(
        method=str(http.get("method", "")),
        route=str(event.get("routeKey", "")),
        target=str(event.get("rawPath", "")),
        path={str(name): str(value) for name, value in _part(event, "pathParameters", dict).items()},
        query=tuple(parse_qsl(str(event.get("rawQueryString") or ""), keep_blank_values=True)),
        headers={str(name).lower(): str(value) for name, value in _part(event, "headers", dict).items()},
        cookies=tuple(str(cookie) for cookie in _part(event, "cookies", list)),
        body=_body(event),
        address=str(http.get("sourceIp", "")),
        request_id=str(context.get("requestId", "")),
    )


def _part(event: Mapping[str, Any], name: str, kind: type[P]) -> P:
    """Return a part of the event, empty where it is absent."""
    part = event.get(name) or kind()
    if not isinstance(part, kind):
        raise Invalid(detail="This is not an HTTP request.")
    return part


def _body(event: Mapping[str, Any]) -> bytes:
    text = event.get("body") or ""
    if not isinstance(text, str):
        raise Invalid(Flaw("", "The body is not text."))
    if not event.get("isBase64Encoded"):
        return text.encode("utf-8", "surrogatepass")
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Invalid(Flaw("", "The body is not what it says it is.")) from error


def sessions_of(request: HttpRequest) -> list[str]:
    """Return what our cookie holds, once for each time that it came."""
    return [value for name, _, value in (cookie.partition("=") for cookie in request.cookies) if name == COOKIE]


def credential(request: HttpRequest) -> tuple[str | None, bool]:
    """Return the one credential and whether a cookie bore it; two, or one in the query, are none (case 48)."""
    cookies = sessions_of(request)
    header = request.headers.get("authorization")
    if any(name == "access_token" for name, _ in request.query):
        raise Unauthenticated("A credential belongs into the Authorization header.")
    if len(cookies) + (header is not None) > 1:
        raise Unauthenticated("Give one credential, not two.")
    if header is None:
        return (cookies[0] if cookies else None), bool(cookies)
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Unauthenticated
    return token.strip(" "), False


def same_origin(request: HttpRequest, base_url: str) -> bool:
    """Tell whether a request that a cookie bears comes from our own pages (cases 77, 78).

    Their forms come with `Origin: null`, because their policy is no-referrer (Fetch, "append a request Origin header");
    then only what no page can forge, `Sec-Fetch-Site`, tells them from a sandboxed frame.
    """
    if request.method in {"GET", "HEAD"}:
        return True
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if origin in {None, "null"}:
        return site == "same-origin"
    return origin == base_url and site in {None, "same-origin"}


def from_elsewhere(request: HttpRequest, base_url: str) -> bool:
    """Tell whether a browser says that a form was sent by another site; a client that says nothing is no browser."""
    says = request.headers.keys() & {"origin", "sec-fetch-site"}
    return bool(says) and not same_origin(request, base_url)
