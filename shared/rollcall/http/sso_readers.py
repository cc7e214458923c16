"""How what a body says of an SSO connection is read: bounded and in characters that cannot mislead anybody."""

import re
from collections.abc import Callable

from rollcall.domain.sso_connections import Provider
from rollcall.domain.text import ClaimPath, ClientId, ClientSecret, ConnectionName, Issuer
from rollcall.http.readers import Wrong, line, text
from rollcall.mail.words import plain

LONGEST_LABEL = 64
LONGEST_ISSUER = 512
LONGEST_CLIENT_ID = 255
LONGEST_SECRET = 1024
LONGEST_PATH = 200
VISIBLE = re.compile(r"[!-~]+")  # RFC 6749, appendix A.1, but for the space that copying brings along
SECRET = re.compile(r"[ -~]*")  # RFC 6749, appendix A.2
PATH = re.compile(r"[!-\-/-~]+(?:\.[!-\-/-~]+)*")


def _provider(value: object) -> Provider:
    if not isinstance(value, str) or value not in set(Provider):
        raise Wrong(f"This must be one of {', '.join(Provider)}.")
    return Provider(value)


def _label(value: object) -> str:
    """Return what stands on a button of the sign-in page; nothing in it looks like a link."""
    label = line(value, LONGEST_LABEL)
    if plain(label) != label:
        raise Wrong("This must not look like an address, or hold more than one space at once.")
    return label


def _issuer(value: object) -> str:
    return _matching(value, 1, LONGEST_ISSUER, VISIBLE, "An issuer is an https address without spaces.")


def _client_id(value: object) -> str:
    return _matching(value, 1, LONGEST_CLIENT_ID, VISIBLE, "A client id has letters, digits and signs, no spaces.")


def _secret(value: object) -> str:
    """Return a client secret; empty (also for null) is none, which makes a public client."""
    given = "" if value is None else value
    return _matching(given, 0, LONGEST_SECRET, SECRET, "A client secret has letters, digits and signs, no line breaks.")


def _path(value: object) -> str:
    told = "This must be a claim's name, or names with a dot between them."
    return _matching(value, 1, LONGEST_PATH, PATH, told)


def _matching(value: object, shortest: int, longest: int, pattern: re.Pattern[str], otherwise: str) -> str:
    given = text(value, shortest, longest)
    if not pattern.fullmatch(given):
        raise Wrong(otherwise)
    return given


SSO_READERS: dict[object, Callable[[object], object]] = {
    Provider: _provider,
    ConnectionName: _label,
    Issuer: _issuer,
    ClientId: _client_id,
    ClientSecret: _secret,
    ClaimPath: _path,
}
