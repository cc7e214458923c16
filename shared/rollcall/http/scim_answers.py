"""SCIM's answers: resources, lists, and every refusal as the RFC's error body (RFC 7644, section 3.12)."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from rollcall.domain import errors
from rollcall.domain.errors import RollcallError
from rollcall.http.errors import headers_of, status_of
from rollcall.http.reply import Reply
from rollcall.http.request import HttpRequest
from rollcall.http.scim_request import Refused
from rollcall.scim.errors import ERROR
from rollcall.scim.lists import LIST_RESPONSE

SCIM = "application/scim+json"
SCIM_TYPES: Mapping[type[RollcallError], str] = {
    errors.MemberExists: "uniqueness",
    errors.AlreadyInvited: "uniqueness",
    errors.NotManaged: "uniqueness",
    errors.GroupExists: "uniqueness",
    errors.LastOwner: "mutability",
    errors.HeldByHand: "mutability",
    errors.EmailNotProven: "mutability",
}
DETAILS: Mapping[type[RollcallError], str] = {
    errors.MemberExists: "Another user has this userName, externalId or e-mail address already.",
    errors.LastOwner: "This is the team's last active owner: make somebody else an owner in Rollcall first.",
    errors.NotFound: "There is no such resource.",
}
STATUSES: Mapping[type[RollcallError], int] = {errors.EmailNotProven: 400, errors.Contention: 503}


def failure(error: RollcallError, http: HttpRequest) -> Reply:
    """Return the answer to a refusal."""
    del http
    if isinstance(error, Refused):
        return Reply(error.scim.status, error.scim.body(), error.scim.headers, SCIM)
    status = STATUSES.get(type(error)) or status_of(error)[0]
    kind = SCIM_TYPES.get(type(error))
    body = {
        "schemas": [ERROR],
        "status": str(status),
        **({} if kind is None else {"scimType": kind}),
        "detail": DETAILS.get(type(error)) or _detail(error),
    }
    headers = headers_of(error) or ({"retry-after": "1"} if status == 503 else {})  # noqa: PLR2004 Service Unavailable
    return Reply(status, body, headers, SCIM)


def _detail(error: RollcallError) -> str:
    """Return the sentence, and what is wrong where, for a reader who has only this."""
    flaws = error.flaws if isinstance(error, errors.Invalid) else ()
    return " ".join([error.detail, *(f"{flaw.pointer} {flaw.detail}".strip() for flaw in flaws)])


def resource(text: str | Mapping[str, Any], version: int, location: str, status: int = 200) -> Reply:
    """Return one resource with its entity tag; a new one also with its address."""
    body = text if isinstance(text, str) else json.dumps(text, ensure_ascii=False)
    return Reply(status, body, {"etag": f'W/"{version}"', "location": location}, SCIM)


def document(body: Mapping[str, Any]) -> Reply:
    """Return a document of discovery."""
    return Reply(200, dict(body), {}, SCIM)


def listed(texts: Sequence[str], total: int, start: int | None, following: str | None) -> Reply:
    """Return a list of resources that are JSON already; it tells `startIndex`, or the next page's cursor."""
    more = "" if start is None else f'"startIndex":{start},'
    more += "" if following is None else f'"nextCursor":{json.dumps(following)},'
    body = (
        f'{{"schemas":["{LIST_RESPONSE}"],"totalResults":{total},"itemsPerPage":{len(texts)},{more}'
        f'"Resources":[{",".join(texts)}]}}'
    )
    return Reply(200, body, {}, SCIM)


def text(body: Mapping[str, Any]) -> str:
    """Return a resource as JSON."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"))
