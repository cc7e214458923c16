"""Passwords: the rules for new ones (C1), argon2id, and a verification that costs the same for everybody.

argon2 is imported where it is used, so that functions which never see a password do not pay for it.
"""

import unicodedata
from functools import cache
from typing import TYPE_CHECKING

from rollcall.domain.errors import Flaw, Invalid

if TYPE_CHECKING:
    from argon2 import PasswordHasher

SHORTEST = 15
LONGEST = 128
TIME_COST = 2
MEMORY_KIB = 19_456
_SEQUENCES = ("0123456789" * 13, "abcdefghijklmnopqrstuvwxyz" * 5, "qwertyuiopasdfghjklzxcvbnm" * 5)


def check(password: str, *words: str) -> None:
    """Refuse what NIST SP 800-63B-4 refuses, with the reason: 15 to 128 code points, no composition rules.

    `words` are the team's and the person's own names and addresses: a password made of one of them is refused.
    """
    normal = normalise(password)
    if len(normal) < SHORTEST:
        raise _refused("short", f"Use at least {SHORTEST} characters.")
    if len(normal) > LONGEST:
        raise _refused("long", f"Use at most {LONGEST} characters.")
    lowered = normal.casefold()
    repeated = lowered.isascii() and len(set(lowered)) <= 2  # noqa: PLR2004 two characters alternating
    if repeated or any(lowered in sequence for sequence in _SEQUENCES):
        raise _refused("trivial", "This is a repetition or a sequence: choose something else.")
    if any(_made_of(lowered, word.casefold()) for word in words):
        raise _refused("context", "This is made of the team's or your own name: choose something else.")


def normalise(password: str) -> str:
    """Return one stable form, so that a composed and a decomposed é are the same password; nothing is trimmed."""
    return unicodedata.normalize("NFC", password)


def hashed(password: str) -> str:
    """Return the argon2id hash (PHC string)."""
    return _hasher().hash(normalise(password))


def verify(password: str, stored: str | None) -> bool:
    """Tell whether the password is right; without a stored hash the same work is done for nothing (I30)."""
    from argon2.exceptions import InvalidHashError, VerificationError  # noqa: PLC0415

    try:
        right = _hasher().verify(stored or _decoy(), normalise(password))
    except (VerificationError, InvalidHashError):
        return False
    return right and stored is not None


def _made_of(password: str, word: str) -> bool:
    return len(word) >= 4 and len(password.replace(word, "")) < SHORTEST // 2  # noqa: PLR2004 shorter words occur in anything


def _refused(reason: str, sentence: str) -> Invalid:
    error = Invalid(Flaw("/password", sentence), detail=sentence)
    error.extra["reason"] = reason
    return error


@cache
def _hasher() -> "PasswordHasher":
    from argon2 import PasswordHasher  # noqa: PLC0415

    return PasswordHasher(time_cost=TIME_COST, memory_cost=MEMORY_KIB, parallelism=1)


@cache
def _decoy() -> str:
    return _hasher().hash("a password that nobody has")
