"""What products are answered, and who asks for a token to show them (C7)."""

import os
from typing import Any

from rollcall.actions.product_tokens import ProductToken
from rollcall.domain.standing import Standing
from rollcall.http.endpoint import Request
from rollcall.http.reply import KEY_SET, Reply

KEY_SET_SECONDS = 300


def issuer() -> str:
    """Return what `iss` says: the address that people know this deployment by."""
    return os.environ["PUBLIC_BASE_URL"]


def introspection(_: Request[Any], value: Standing | None) -> Reply:
    """Return 200 with who the holder is, or only that they are not to be let in (RFC 7662, section 2.2)."""
    return Reply(200, {"active": False} if value is None else value.introspection(issuer()))


def product_token(_: Request[Any], value: ProductToken) -> Reply:
    """Return 201 with the token, which no record keeps."""
    body = {"token": value.text, "token_type": "Bearer", "expires_in": value.expires_in, "product": value.product}
    return Reply(201, body, secret=True)


def keys(_: Request[Any], value: dict[str, object]) -> Reply:
    """Return 200 with the public keys, which anybody may keep for five minutes."""
    return Reply(200, value, {"cache-control": f"public, max-age={KEY_SET_SECONDS}"}, KEY_SET)
