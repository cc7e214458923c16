"""The text of break-glass codes: 120 random bits as 24 Crockford base-32 characters in groups of four, and its hash."""

import hashlib

from rollcall.auth import secrets
from rollcall.domain.break_glass import BreakGlass

CODE_BYTES = 15
GROUP = 4
_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_TYPED = str.maketrans("abcdefghijklmnopqrstuvwxyzILO", "ABCDEFGH1JK1MN0PQRSTUVWXYZ110", "- ")


def compose(randomness: bytes) -> str:
    """Return the code of fifteen random bytes, as it is shown."""
    number = int.from_bytes(randomness, "big")
    text = "".join(_CROCKFORD[number >> shift & 31] for shift in range(8 * CODE_BYTES - 5, -1, -5))
    return "-".join(text[start : start + GROUP] for start in range(0, len(text), GROUP))


def digest(team_id: str, member_id: str, typed: str) -> str:
    """Return the hash of a code in any spelling: any case, with or without dashes and spaces, O for 0, I and L for 1.

    A code is bound to its team and its owner; 120 random bits need no slow hash.
    """
    whole = f"break-glass-v1\0{team_id}\0{member_id}\0{typed.translate(_TYPED)}"
    return hashlib.sha256(whole.encode("utf-8", "surrogatepass")).hexdigest()


def match(held: BreakGlass, typed: str) -> tuple[str, str] | None:
    """Return whose unused code this is, and its hash; None for any other text."""
    for member_id, codes in held.codes.items():
        hashed = digest(held.team_id, member_id, typed)
        if any(secrets.same(hashed, one) for one in codes.hashes):
            return member_id, hashed
    return None
