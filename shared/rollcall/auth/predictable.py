"""What a machine guesses first: one thing repeated, and walks along the alphabet, the digits and the keyboard."""

from functools import cache
from itertools import pairwise

SHORTEST_UNIT = 8
STEPS_A_WALK = 7
DATE_DIGITS = 8
LONGEST_DATE = 12
_ROWS = ("1234567890-=", "qwertyuiop[]", "asdfghjkl;'", "zxcvbnm,./")
_COLUMNS = "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik,9ol.0p;/"
_UNSHIFTED = str.maketrans("!@#$%^&*()", "1234567890")


def trivial(text: str) -> bool:
    """Tell whether folded text is a short unit repeated, or no more than one walk in seven characters.

    Of random texts of 15 letters or digits fewer than one in 100,000 is refused.
    """
    text = text.translate(_UNSHIFTED)
    most = max(2, len(text) // STEPS_A_WALK)
    columns = text in _COLUMNS or text in _COLUMNS[::-1]
    return columns or _repeated(text) or _walks(text) <= most


def padding(text: str) -> bool:
    """Tell whether people put this before or behind a word: as much as a date, or more in a known order."""
    if any(character.isalpha() for character in text):
        return False
    digits = sum(character.isdigit() for character in text)
    return (digits <= DATE_DIGITS and len(text) <= LONGEST_DATE) or trivial(text)


def _repeated(text: str) -> bool:
    """Tell whether fewer than eight characters are repeated; of characters beyond ASCII there are too many to guess."""
    if not text.isascii():
        return False
    units = (text[:n] for n in range(1, SHORTEST_UNIT) if 2 * n <= len(text))
    return len(set(text)) <= 2 or any(text == (unit * len(text))[: len(text)] for unit in units)  # noqa: PLR2004 alternating


def _walks(text: str) -> int:
    """Count the walks: runs in which each character is the one before, or next to it."""
    return 1 + sum(not _step(one, other) for one, other in pairwise(text))


def _step(one: str, other: str) -> bool:
    if not (one.isascii() and other.isascii()):
        return False
    beside = one.isalnum() and other.isalnum() and abs(ord(one) - ord(other)) == 1
    return one == other or beside or (one, other) in _neighbours()


@cache
def _neighbours() -> frozenset[tuple[str, str]]:
    """Return the pairs of keys that touch; a lower row stands half a key to the right."""
    pairs = {pair for row in _ROWS for pair in pairwise(row)}
    for upper, lower in pairwise(_ROWS):
        pairs |= set(zip(lower, upper, strict=False)) | set(zip(lower, upper[1:], strict=False))
    return frozenset(pairs | {(other, one) for one, other in pairs})
