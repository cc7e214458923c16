"""A SCIM request, read: which resource, which operation, the decoded body, the parameters (RFC 7644, section 3)."""

import os
from codecs import BOM_UTF8
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from rollcall.actions import people
from rollcall.domain.errors import Invalid, RollcallError
from rollcall.http.bodies import read_json
from rollcall.http.conditional import versions
from rollcall.http.errors import MethodNotAllowed, TooLarge, UnsupportedMediaType
from rollcall.http.request import HttpRequest
from rollcall.scim import groups, lists, users
from rollcall.scim.errors import Forbidden, InvalidSyntax, NotFound, ScimError
from rollcall.scim.lists import ListQuery

PREFIX = "/scim/v2"
MEDIA = ("application/scim+json", "application/json")
LARGEST = 4 * 1024 * 1024
SEARCH = ".search"
USERS, GROUPS = "Users", "Groups"
DISCOVERY = ("ServiceProviderConfig", "ResourceTypes", "Schemas")
WRITING = ("POST", "PUT", "PATCH")
OF_ONE = ("GET", "PUT", "PATCH", "DELETE")
METHODS: Mapping[tuple[str, int], tuple[str, ...]] = {
    (USERS, 1): ("GET", "POST"),
    (USERS, 2): OF_ONE,
    (GROUPS, 1): ("GET", "POST"),
    (GROUPS, 2): OF_ONE,
    ("ServiceProviderConfig", 1): ("GET",),
    ("ResourceTypes", 1): ("GET",),
    ("ResourceTypes", 2): ("GET",),
    ("Schemas", 1): ("GET",),
    ("Schemas", 2): ("GET",),
    ("Me", 1): ("GET", "POST", "PUT", "PATCH", "DELETE"),
    ("Bulk", 1): ("POST",),
    (SEARCH, 1): ("POST",),
}

T = TypeVar("T")


class Refused(RollcallError):
    """What the protocol refuses, on its way up as every other refusal."""

    code = "scim"

    def __init__(self, scim: ScimError) -> None:
        """Keep the protocol's own error."""
        super().__init__(scim.detail)
        self.scim = scim


@dataclass(frozen=True, slots=True)
class ScimRequest:
    """What is asked: `kind` is the first part of the path, `name` the second; `content` what the body says.

    That is a person who was `Sent` for a new user, a resource for PUT, the decoded body for PATCH, and for groups what
    `scim.groups` makes of it.
    """

    method: str
    kind: str
    name: str | None
    content: Any
    query: ListQuery = field(default_factory=ListQuery)
    flaw: RollcallError | None = None

    @property
    def operation(self) -> tuple[str, str]:
        """Return the operation as a method and the kind of path, such as ("GET", "Users/id")."""
        return self.method, self.kind if self.name is None else f"{self.kind}/id"


def refusing(call: Callable[[], T]) -> T:
    """Run what may refuse in the protocol's words."""
    try:
        return call()
    except ScimError as error:
        raise Refused(error) from None


def base() -> str:
    """Return the address under which SCIM is served: what every location begins with, never the Host header."""
    return os.environ["PUBLIC_BASE_URL"] + PREFIX


def read_request(http: HttpRequest) -> ScimRequest:
    """Read the request; what is wrong with it is kept, to be told, and logged, once its sender is known."""
    parts = [part for part in http.path.get("proxy", http.target.removeprefix(PREFIX)).split("/") if part]
    try:
        return _read(http, parts)
    except RollcallError as flaw:
        kind, name = [*parts, "", ""][:2]
        return ScimRequest(http.method, kind, name or None, None, flaw=flaw)


def _read(http: HttpRequest, parts: list[str]) -> ScimRequest:
    searched = len(parts) == 2 and parts[1] == SEARCH and parts[0] in {USERS, GROUPS}  # noqa: PLR2004 /Users/.search
    allowed = ("POST",) if searched else METHODS.get((parts[0] if parts else "", len(parts)))
    if allowed is None:
        raise Refused(NotFound("There is no such endpoint."))
    method = "GET" if http.method == "HEAD" else http.method
    if method not in allowed:
        raise MethodNotAllowed(", ".join(allowed))
    versions(http.headers.get("if-match"))
    kind, name = parts[0], parts[1] if len(parts) > 1 else None
    payload = _payload(http) if method in WRITING and kind not in {"Me", "Bulk"} else None
    if searched or kind == SEARCH:
        return ScimRequest("GET", kind, None, None, refusing(lambda: lists.read_search(payload)))
    given = dict(reversed(http.query))
    if kind in DISCOVERY:
        return _discovery(method, kind, name, given)
    query = refusing(lambda: lists.read_query(given))
    return ScimRequest(method, kind, name, refusing(lambda: _content(method, kind, name, payload)), query)


def _discovery(method: str, kind: str, name: str | None, given: Mapping[str, str]) -> ScimRequest:
    """Read what lists are asked for as nothing, but for a filter, which nobody may believe in (RFC 7644, section 4)."""
    if any(one.lower() == "filter" for one in given):
        raise Refused(Forbidden("What the service says of itself is not filtered."))
    return ScimRequest(method, kind, name, None)


def _content(method: str, kind: str, name: str | None, payload: object) -> object:
    """Return what a body says, in the terms of its operation."""
    match method, kind:
        case "POST", "Users":
            return people.sent(users.read_user(payload))
        case "PUT", "Users":
            return users.read_user(payload)
        case (("POST" | "PUT"), "Groups"):
            return groups.read_group(payload)
        case "PATCH", "Groups":
            return groups.read_group_patch(payload, name)
        case _:
            return payload


def _payload(http: HttpRequest) -> Any:  # noqa: ANN401 JSON
    if len(http.body) > LARGEST:
        raise TooLarge
    media, _, parameters = http.headers.get("content-type", "").partition(";")
    charset = parameters.strip().lower().removeprefix("charset=").strip('"')
    plain = http.headers.get("content-encoding", "identity").lower() in {"", "identity"}
    if media.strip().lower() not in MEDIA or charset not in {"", "utf-8", "utf8"} or not plain:
        raise UnsupportedMediaType("Send the body as application/scim+json, in UTF-8.")
    try:
        return read_json(http.body.removeprefix(BOM_UTF8))
    except Invalid as flawed:
        raise Refused(InvalidSyntax(flawed.flaws[0].detail)) from None
