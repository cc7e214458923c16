"""Passwords: the rules for new ones (C1), argon2id, and a verification that costs the same for everybody.

argon2 is imported where it is used, so that functions which never see a password do not pay for it.
"""

import re
import unicodedata
from functools import cache
from typing import TYPE_CHECKING

from rollcall.auth import blocklist
from rollcall.auth.predictable import padding, trivial
from rollcall.domain.errors import Flaw, Invalid
from rollcall.domain.teams import Team

if TYPE_CHECKING:
    from argon2 import PasswordHasher

SHORTEST = 15
LONGEST = 128
TIME_COST = 2
MEMORY_KIB = 19_456
_DECOY = f"$argon2id$v=19$m={MEMORY_KIB},t={TIME_COST},p=1${'A' * 22}${'A' * 43}"
_LEAST_OF_ONES_OWN = 7
_SHORTEST_NAME = 3
_NAME = 4
_BETWEEN_WORDS = re.compile(r"[\W_]+")


def check(password: str, *words: str) -> None:
    """Refuse what NIST SP 800-63B-4 refuses, with the reason: 15 to 128 code points, no composition rules.

    `words` are the team's and the person's own names and addresses (`context` collects them): a password made of them
    is refused, and so are trivial and leaked ones. Raises Invalid.
    """
    normal = normalise(password)
    if len(normal) < SHORTEST:
        raise _refused("short", f"Use at least {SHORTEST} characters.")
    if len(normal) > LONGEST:
        raise _refused("long", f"Use at most {LONGEST} characters.")
    folded = normal.casefold()
    if _made_of(folded, words):
        raise _refused("context", "This is made of the team's or your own name: choose something else.")
    if trivial(folded):
        raise _refused("trivial", "This is a repetition or a sequence: choose something else.")
    if blocklist.breached(folded):
        raise _refused("breached", "This is known from leaked passwords: choose something else.")


def context(team: Team, email_key: str, name: str) -> tuple[str, ...]:
    """Return the words that a member's password must not be made of."""
    return team.name, team.slug, *team.products, *team.products.values(), email_key, email_key.partition("@")[0], name


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
        right = _hasher().verify(stored or _DECOY, normalise(password))
    except (VerificationError, InvalidHashError):
        return False
    return right and stored is not None


def outdated(stored: str) -> bool:
    """Tell whether a hash was made with other parameters than today's, and should be made anew."""
    return _hasher().check_needs_rehash(stored)


def _made_of(password: str, words: tuple[str, ...]) -> bool:
    """Tell whether little is left of the password without the words, or nothing but padding or a sequence."""
    names = {part for word in words for part in _parts(normalise(word).casefold())}
    rest = _without(password, {name for name in names if len(name) >= _NAME})
    if len(rest) < _LEAST_OF_ONES_OWN:
        return True
    rest = _without(password, names)
    return rest != password and (padding(rest) or trivial(rest))


def _parts(word: str) -> set[str]:
    """Return a name whole, written together, and its parts."""
    parts = [part for part in _BETWEEN_WORDS.split(word) if part]
    return {part for part in (word, "".join(parts), *parts) if len(part) >= _SHORTEST_NAME}


def _without(password: str, names: set[str]) -> str:
    for name in sorted(names, key=lambda name: (-len(name), name)):
        password = password.replace(name, "")
    return password


def _refused(reason: str, sentence: str) -> Invalid:
    error = Invalid(Flaw("/password", sentence), detail=sentence)
    error.extra["reason"] = reason
    return error


@cache
def _hasher() -> "PasswordHasher":
    from argon2 import PasswordHasher  # noqa: PLC0415

    return PasswordHasher(time_cost=TIME_COST, memory_cost=MEMORY_KIB, parallelism=1)
