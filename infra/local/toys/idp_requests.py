"""What the toy OpenID provider checks of a request: its parameters, its client, its proof. It keeps nothing."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl, unquote_plus

if TYPE_CHECKING:
    from collections.abc import Mapping

CLIENT_ID: Final = "rollcall"
CLIENT_SECRET: Final = "the Dev IdP's secret, with + % and : in it"  # noqa: S105 - a toy's, for nobody but this machine
PUBLIC_CLIENT_ID: Final = "rollcall-public"
CLIENTS: Final[Mapping[str, str | None]] = {CLIENT_ID: CLIENT_SECRET, PUBLIC_CLIENT_ID: None}
_CHALLENGE: Final = re.compile(r"[A-Za-z0-9_-]{43}\Z")
_VERIFIER: Final = re.compile(r"[A-Za-z0-9._~-]{43,128}\Z")


class Refused(Exception):
    """The request is not answered as it wishes: an error code (RFC 6749, section 5.2) and why."""

    def __init__(self, error: str, why: str) -> None:
        """Keep both."""
        super().__init__(f"{error}: {why}")
        self.error = error
        self.why = why


def parameters(text: str) -> dict[str, str]:
    """Return a query's or a form's parameters; one without a value is not there (RFC 6749, section 3.1)."""
    pairs = parse_qsl(text)
    if len(dict(pairs)) != len(pairs):
        raise Refused("invalid_request", "A parameter stands there twice.")
    return dict(pairs)


def fault(asked: Mapping[str, str]) -> str | None:
    """Say what is wrong with an authorization request whose client is known (RFC 6749, section 4.1.2.1)."""
    if asked.get("response_type") != "code":
        return "unsupported_response_type"
    if "openid" not in asked.get("scope", "").split():
        return "invalid_scope"
    if asked.get("code_challenge_method") != "S256" or not _CHALLENGE.match(asked.get("code_challenge", "")):
        return "invalid_request"
    return "login_required" if asked.get("prompt") == "none" else None


def client_of(authorization: str | None, sent: Mapping[str, str]) -> str:
    """Return which client it is, by Basic or by the form, never by both (RFC 6749, section 2.3). Raises Refused."""
    claimed, secret = sent.get("client_id", ""), sent.get("client_secret")
    if authorization is not None:
        if secret is not None:
            raise Refused("invalid_request", "the client authenticates twice")
        claimed, secret = _basic(authorization)
    expected = CLIENTS.get(claimed)
    if claimed not in CLIENTS or not hmac.compare_digest((secret or "").encode(), (expected or "").encode()):
        raise Refused("invalid_client", "the client is unknown, or its secret is wrong")
    return claimed


def _basic(authorization: str) -> tuple[str, str]:
    """Return what a Basic header says; both parts are form-encoded (RFC 6749, section 2.3.1)."""
    scheme, _, coded = authorization.partition(" ")
    try:
        name, colon, secret = base64.b64decode(coded, validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        name, colon, secret = "", "", ""
    if scheme.lower() != "basic" or not colon:
        raise Refused("invalid_client", "the Authorization header is not Basic")
    return unquote_plus(name), unquote_plus(secret)


def proves(verifier: str, challenge: str) -> bool:
    """Tell whether a verifier fits its challenge (RFC 7636, sections 4.1 and 4.6; S256 alone)."""
    hashed = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    return _VERIFIER.match(verifier) is not None and hmac.compare_digest(hashed, challenge)
