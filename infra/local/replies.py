"""What a handler returned, as the HTTP answer that API Gateway makes of it; and the gateway's own answers."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from infra.local.edges import Json

LARGEST_BODY: Final = 6 * 1024 * 1024
"""Bytes that Lambda takes in and gives out in one synchronous call."""

Headers = list[tuple[str, str]]
_STATUS_RANGE: Final = range(200, 600)
_GUARDED: Final = (
    ("cache-control", "no-store"),
    ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
    ("referrer-policy", "no-referrer"),
    ("strict-transport-security", "max-age=63072000; includeSubDomains"),
    ("x-content-type-options", "nosniff"),
)


class MalformedReply(Exception):
    """The handler returned what API Gateway cannot send; its message says what."""


@dataclass(frozen=True, slots=True)
class Response:
    """One answer. `function` is the logical id that gave it, `route` its template, `ms` what it took in all."""

    status: int
    headers: Sequence[tuple[str, str]]
    body: bytes
    function: str | None = None
    route: str = "-"
    ms: float = 0.0

    def header(self, name: str) -> str | None:
        """Return the first header of that (lower-case) name."""
        return next((value for key, value in self.headers if key.lower() == name), None)

    def json(self) -> Json:
        """Return the parsed body. Raises ValueError if it is not JSON."""
        return json.loads(self.body)

    @property
    def code(self) -> str | None:
        """The `code` of a problem answer."""
        if self.status < HTTPStatus.BAD_REQUEST or "problem+json" not in (self.header("content-type") or ""):
            return None
        problem = self.json()
        return str(problem.get("code")) if isinstance(problem, dict) else None


def from_handler(result: object) -> Response:
    """Map a handler's return value. Raises MalformedReply where API Gateway answers 500."""
    try:
        if isinstance(result, dict) and "statusCode" in result:
            return _explicit(result)
        body = result if isinstance(result, str) else json.dumps(result, allow_nan=False)
    except (TypeError, ValueError, AttributeError, binascii.Error) as error:
        raise MalformedReply(f"{type(error).__name__}: {error}") from error
    return Response(HTTPStatus.OK, [("content-type", "application/json")], body.encode())


def _explicit(result: dict[str, Json]) -> Response:
    status = int(result["statusCode"])
    if status not in _STATUS_RANGE:
        raise MalformedReply(f"statusCode {status} is no HTTP status")
    headers = [_header(name, value) for name, value in (result.get("headers") or {}).items()]
    headers += [_header("set-cookie", cookie) for cookie in result.get("cookies") or ()]
    text = result.get("body") or ""
    if not isinstance(text, str):
        raise MalformedReply(f"body is a {type(text).__name__}, not a string")
    body = base64.b64decode(text, validate=True) if result.get("isBase64Encoded") else text.encode()
    if len(body) > LARGEST_BODY:
        raise MalformedReply(f"body of {len(body)} bytes is over Lambda's {LARGEST_BODY}")
    if body and not any(name == "content-type" for name, _ in headers):
        headers.append(("content-type", "text/plain;charset=UTF-8"))
    return Response(status, headers, body)


def _header(name: object, value: object) -> tuple[str, str]:
    if not isinstance(name, str) or not isinstance(value, str | int | float):
        raise MalformedReply(f"header {name!r} is not a string")
    text = json.dumps(value) if isinstance(value, bool) else str(value)
    if any(character in name + text for character in "\r\n\0"):
        raise MalformedReply(f"header {name!r} holds a line break")
    return name.lower(), text


def plain(status: HTTPStatus, message: str) -> Response:
    """Return an answer of API Gateway's own, `{"message": …}`."""
    return Response(status, [("content-type", "application/json")], json.dumps({"message": message}).encode())


def problem(status: HTTPStatus, code: str, detail: str, request_id: str) -> Response:
    """Return a problem answer (RFC 9457) for a request that never reaches a handler."""
    body = {"type": "about:blank", "title": status.phrase, "status": status, "detail": detail, "code": code}
    headers = [("content-type", "application/problem+json"), *_GUARDED, ("x-request-id", request_id)]
    return Response(status, headers, json.dumps(body).encode())
