"""What many operations of the description share: headers, request headers, credentials, the frame of a refusal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from infra.openapi_schemas import CREDENTIAL, Schema
from infra.openapi_words import ref
from rollcall.http.reply import PROBLEM
from rollcall.http.request import COOKIE

if TYPE_CHECKING:
    from collections.abc import Sequence

HEADERS: Final[Schema] = {
    "ETag": {
        "description": "The version, strong.",
        "required": True,
        "schema": {"type": "string", "pattern": '^"[0-9]+"$'},
    },
    "Idempotent-Replayed": {
        "description": "This is the recorded answer to an earlier request with the same Idempotency-Key.",
        "schema": {"type": "string", "enum": ["true"]},
    },
    "Link": {"description": "The next part, `rel=next`, while there is one.", "schema": {"type": "string"}},
    "Location": {"description": "Where it is.", "required": True, "schema": {"type": "string", "format": "uri"}},
    "Retry-After": {
        "description": "Seconds after which another try makes sense.",
        "required": True,
        "schema": {"type": "string", "pattern": "^[1-9][0-9]*$"},
    },
    "Set-Cookie": {
        "description": "The session of our own pages, or what a provider's sign-in comes back with; or its end.",
        "required": True,
        "schema": {
            "type": "string",
            "pattern": f"^{COOKIE}(-sso)?=[0-9A-Za-z_-]*; Path=/; Secure; HttpOnly; SameSite=Lax; ",
        },
    },
    "WWW-Authenticate": {"description": "RFC 6750.", "required": True, "schema": {"type": "string"}},
    "X-Audit-Head": {
        "description": "How far the team's chain of seals goes: `sequence:hash` of the last sealed event shown.",
        "required": True,
        "schema": {"type": "string", "pattern": "^[0-9]+:[0-9a-f]{64}$"},
    },
    "X-Request-Id": {
        "description": "To be quoted; it stands in every log line and audit event of the request.",
        "required": True,
        "schema": {"type": "string"},
    },
}
PARAMETERS: Final[Schema] = {
    "IfMatch": {
        "name": "If-Match",
        "in": "header",
        "description": "Do it only if this is still the version: the ETag of an earlier answer, strong or weak.",
        "schema": {"type": "string"},
        "example": '"3"',
    },
    "IdempotencyKey": {
        "name": "Idempotency-Key",
        "in": "header",
        "description": "The same request with the same key is carried out once in 24 hours and answered alike.",
        "schema": {"type": "string", "pattern": "^[!-~]{1,255}$"},
    },
}
SECURITY: Final[Schema] = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": CREDENTIAL,
        "description": f"A session or a personal access token: `{CREDENTIAL}`, the last six characters a checksum.",
    },
    "cookie": {
        "type": "apiKey",
        "in": "cookie",
        "name": COOKIE,
        "description": "A session of our own pages; unsafe methods need a same-origin Origin or Sec-Fetch-Site.",
    },
}
ALWAYS_WITH: Final = {401: "WWW-Authenticate", 429: "Retry-After", 503: "Retry-After"}
"""The header that every refusal of a status bears."""


def headers(*names: str) -> Schema:
    """Return the headers of an answer: these, and the request's id."""
    return {name: {"$ref": f"#/components/headers/{name}"} for name in (*names, "X-Request-Id")}


def problem(title: str, status: int, codes: Sequence[str]) -> Schema:
    """Return the answer to errors of one status; `codes` are the ones that it may name."""
    always = ALWAYS_WITH.get(status)
    return {
        "description": f"{title}: {', '.join(f'`{code}`' for code in codes)}",
        "headers": headers(*([always] if always else [])),
        "content": {PROBLEM: {"schema": {**ref("Problem"), "properties": {"code": {"enum": list(codes)}}}}},
    }


def page(status: int, title: str, *, bodiless: bool) -> Schema:
    """Return the page that says what went wrong, or what HEAD tells of it."""
    always = ALWAYS_WITH.get(status)
    told: Schema = {"description": title, "headers": headers(*([always] if always else []))}
    return told if bodiless else {**told, "content": {"text/html": {"schema": {"type": "string"}}}}
