"""Ids are a prefix and a ULID; keys and credentials hold the same 128 bits as 22 base-62 characters."""

import hashlib
import re
from datetime import datetime

from rollcall.domain.times import epoch_ms, from_epoch_ms

PREFIXES = ("team", "mem", "inv", "pat", "ses", "svc", "scm", "idp", "grp", "evt", "let", "log")
_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_VALUE = {character: value for value, character in enumerate(_BASE62)}
ULID = "[0-7][0-9A-HJKMNP-TV-Z]{25}"
_ID = re.compile(f"(?:{'|'.join(PREFIXES)})_{ULID}")
_RANDOM_BITS = 80
RANDOM_LENGTH = 16
CODE_LENGTH = 22


def make(prefix: str, at: datetime, randomness: bytes) -> str:
    """Return `prefix_ULID` for the moment `at` (milliseconds) and ten random bytes."""
    number = epoch_ms(at) << _RANDOM_BITS | int.from_bytes(randomness, "big")
    return f"{prefix}_{_crockford(number)}"


def valid(text: object, prefix: str) -> bool:
    """Tell whether the text is an id of that kind; input that is not never reaches a key."""
    return isinstance(text, str) and text.startswith(f"{prefix}_") and _ID.fullmatch(text) is not None


def code(an_id: str) -> str:
    """Return the id's 128 bits in base 62, which sorts as the ULID does."""
    number = 0
    for character in an_id.partition("_")[2]:
        number = number << 5 | _CROCKFORD.index(character)
    return base62(number, CODE_LENGTH)


def from_code(prefix: str, text: str) -> str:
    """Return the id that `code` came from."""
    return f"{prefix}_{_crockford(number_of(text))}"


def is_code(text: str) -> bool:
    """Tell whether the text is 22 base-62 characters that fit in 128 bits."""
    return len(text) == CODE_LENGTH and all(c in _VALUE for c in text) and number_of(text) < 1 << 128


def made_at(an_id: str) -> datetime:
    """Return the moment a ULID was made."""
    number = 0
    for character in an_id.partition("_")[2][:10]:
        number = number << 5 | _CROCKFORD.index(character)
    return from_epoch_ms(number)


def base62(number: int, width: int) -> str:
    """Return the number in base 62, padded with zeros to `width` characters."""
    digits = ""
    while number:
        number, digit = divmod(number, 62)
        digits = _BASE62[digit] + digits
    return digits.rjust(width, "0")


def number_of(text: str) -> int:
    """Read base 62."""
    number = 0
    for character in text:
        number = number * 62 + _VALUE[character]
    return number


def _crockford(number: int) -> str:
    return "".join(_CROCKFORD[number >> shift & 31] for shift in range(125, -1, -5))


def digest(text: str) -> str:
    """Return what stands for a text of any length in a key; equal for equal texts, and nothing can be told from it."""
    return base62(
        int.from_bytes(hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:16], "big"), CODE_LENGTH
    )
