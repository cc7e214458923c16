"""The text of credentials: `rc_<kind>_` + locator + secret + checksum (93 base-62 characters), and their hashes.

The locator (team and, second, the member or invitation) is no secret: it is what lets one read find the item. The
checksum lets scanners and this service tell rubbish without a read; it is no security control.
"""

import hashlib
import hmac
import re
import zlib
from dataclasses import dataclass

from rollcall.domain import ids

KINDS = ("pat", "ses", "inv", "rst", "scm", "svc")
SECRET_LENGTH = 43
CHECK_LENGTH = 6
MAP_KEY_LENGTH = 10
BODY_LENGTH = 2 * ids.CODE_LENGTH + SECRET_LENGTH + CHECK_LENGTH
_SHAPE = re.compile(rf"rc_({'|'.join(KINDS)})_([0-9A-Za-z]{{{BODY_LENGTH}}})")
_OWNERS = {"pat": "mem", "ses": "mem", "rst": "mem", "inv": "inv", "scm": "scm", "svc": "svc"}


@dataclass(frozen=True, slots=True)
class Secret:
    """A well-formed credential: what it is, where its item lies, and the whole text."""

    kind: str
    team_id: str
    owner_id: str
    text: str

    @property
    def secret(self) -> str:
        """Return the part that is secret."""
        return self.text[-SECRET_LENGTH - CHECK_LENGTH : -CHECK_LENGTH]

    @property
    def hash(self) -> str:
        """Return what is kept at rest; 256 random bits need no slow hash, and the kind is part of the text."""
        return digest(self.text)

    @property
    def map_key(self) -> str:
        """Return the key under which the member item keeps the hash."""
        return map_key(self.hash)


def compose(kind: str, team_id: str, owner_id: str, secret: bytes) -> str:
    """Return the text of a credential from 32 secret bytes (random, or an HMAC for links)."""
    number = int.from_bytes(secret, "big")
    body = ids.code(team_id) + ids.code(owner_id) + ids.base62(number, SECRET_LENGTH)
    text = f"rc_{kind}_{body}"
    return text + _checksum(text)


def parse(text: str | None) -> Secret | None:
    """Return the parts of a well-formed credential, None for anything else; reads nothing."""
    match = _SHAPE.fullmatch(text) if text and text.isascii() else None
    if text is None or match is None or _checksum(text[:-CHECK_LENGTH]) != text[-CHECK_LENGTH:]:
        return None
    kind, body = match.groups()
    team, owner = body[: ids.CODE_LENGTH], body[ids.CODE_LENGTH : 2 * ids.CODE_LENGTH]
    if not (ids.is_code(team) and ids.is_code(owner)):
        return None
    return Secret(kind, ids.from_code("team", team), ids.from_code(_OWNERS[kind], owner), text)


def digest(text: str) -> str:
    """Return the hash under which a credential is kept."""
    number = int.from_bytes(hashlib.sha256(b"cred-v1\0" + text.encode()).digest(), "big")
    return ids.base62(number, SECRET_LENGTH)


def randomness(hashed: str) -> bytes:
    """Return ten bytes of a hash: in the place of an id's random part they lead from a credential's text to its id."""
    return ids.number_of(hashed).to_bytes(32, "big")[:10]


def map_key(hashed: str) -> str:
    """Return a credential's key in the member item's maps: the start of its hash."""
    return hashed[:MAP_KEY_LENGTH]


def same(one: str, other: str) -> bool:
    """Compare two hashes in constant time; whatever text came in the place of one is another."""
    return hmac.compare_digest(one.encode(), other.encode())


def _checksum(text: str) -> str:
    return ids.base62(zlib.crc32(text.encode()), CHECK_LENGTH)
