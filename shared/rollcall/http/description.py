"""The description of the API, generated into a file, and what is said to requests that no route of it matches."""

import json
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from rollcall.domain.errors import RollcallError
from rollcall.http.errors import MethodNotAllowed, RouteNotFound, answer
from rollcall.http.reply import Reply
from rollcall.http.request import HttpRequest
from rollcall.scim.errors import ERROR

FILE = Path(__file__).with_name("openapi.json")


@cache
def described() -> dict[str, Any]:
    """Return the OpenAPI 3.1 description."""
    description: dict[str, Any] = json.loads(FILE.read_text("utf-8"))
    return description


def no_route(http: HttpRequest) -> None:
    """Raise 405 with the methods that the path does take, or 404."""
    allowed = sorted(
        {
            method.upper()
            for path, methods in described()["paths"].items()
            if _fits(path, http.target)
            for method in methods
        }
    )
    if allowed:
        raise MethodNotAllowed(", ".join(allowed))
    raise RouteNotFound


def unrouted(error: RollcallError, http: HttpRequest) -> Reply:
    """Return the answer where no route is: below `/scim` in the words that its clients read."""
    plain = answer(error, http)
    if not (http.target + "/").startswith("/scim/"):
        return plain
    body = {"schemas": [ERROR], "status": str(plain.status), "detail": error.detail}
    return replace(plain, body=body, content_type="application/scim+json")


def _fits(template: str, path: str) -> bool:
    parts, given = template.split("/"), path.split("/")
    return len(parts) == len(given) and all(
        part == there or (part.startswith("{") and there != "") for part, there in zip(parts, given, strict=True)
    )
