"""Answers: status, body, headers; the constant security headers; the shape that API Gateway wants."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

JSON = "application/json"
PROBLEM = "application/problem+json"
HTML = "text/html; charset=utf-8"
KEY_SET = "application/jwk-set+json"

SECURITY_HEADERS: Mapping[str, str] = {
    "strict-transport-security": "max-age=31536000; includeSubDomains",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "cross-origin-opener-policy": "same-origin",
    "vary": "Authorization, Cookie",
}


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer. `secret` marks bodies that must never be kept for a replay; `cookies` are texts of Set-Cookie."""

    status: int
    body: object = None
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = JSON
    secret: bool = False
    cookies: tuple[str, ...] = ()


def gateway_response(reply: Reply, extra: Mapping[str, str]) -> dict[str, object]:
    """Return the payload 2.0 response."""
    headers = {**SECURITY_HEADERS, **reply.headers, **extra}
    cookies = {"cookies": list(reply.cookies)} if reply.cookies else {}
    if reply.body is None:
        return {"statusCode": reply.status, "headers": headers, **cookies, "body": ""}
    headers["content-type"] = reply.content_type
    text = reply.body if isinstance(reply.body, str) else json.dumps(reply.body, ensure_ascii=False)
    return {"statusCode": reply.status, "headers": headers, **cookies, "body": text}


def etag(version: int) -> dict[str, str]:
    """Return the strong ETag of a version."""
    return {"etag": f'"{version}"'}
