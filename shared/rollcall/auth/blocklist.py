"""Passwords that others have used, offline: a file of hashes, and what people make of a listed word to reach 15.

The file is made by `infra/blocklist.py` and lies beside this module; it is read at the first password, not before.
"""

import hashlib
import struct
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

from rollcall.auth.predictable import padding

FILE = Path(__file__).with_name("blocklist.bin")
HEADER = struct.Struct("<8s3I")
MAGIC = b"ROLLBL01"
LISTED, COMMON, TOP = range(3)
SHORTEST_WORD = 4
LONGEST_WORD = 14
SEPARATORS = str.maketrans("", "", " -_.,+/")


def breached(password: str) -> bool:
    """Tell whether a folded password is listed, or a listed word repeated or padded, or two of the commonest words."""
    return _in(LISTED, password) or any(_made_of_listed(core) for core in _cores(password))


def mark(password: str) -> int:
    """Return what the file keeps of a folded password: 64 bits of its SHA-256, to be short; the list is public."""
    return int.from_bytes(hashlib.sha256(password.encode("utf-8", "surrogatepass")).digest()[:8], "little")


def _made_of_listed(core: str) -> bool:
    whole = core.translate(SEPARATORS)
    if _in(LISTED, core) or _in(COMMON, core) or _in(COMMON, whole):
        return True
    units = range(SHORTEST_WORD, min(LONGEST_WORD, len(whole) // 2) + 1)
    if any(whole == whole[:n] * (len(whole) // n) and _in(COMMON, whole[:n]) for n in units):
        return True
    return len(whole) <= 2 * LONGEST_WORD and any(_in(TOP, whole[:n]) and _in(TOP, whole[n:]) for n in units)


def _cores(password: str) -> Iterator[str]:
    """Yield what is left of the password without padding before and behind it, where that has a letter."""
    letters = [place for place, character in enumerate(password) if character.isalpha()]
    if not letters:
        return
    starts = [n for n in range(letters[0] + 1) if padding(password[:n])]
    ends = [n for n in range(letters[-1] + 1, len(password) + 1) if padding(password[n:])]
    for start in starts:
        yield from (password[start:end] for end in ends if end - start >= SHORTEST_WORD)


def _in(section: int, password: str) -> bool:
    marks, wanted = sections()[section], mark(password)
    place = bisect_left(marks, wanted)
    return place < len(marks) and marks[place] == wanted


@cache
def sections() -> tuple[Sequence[int], ...]:
    """Return the file's sorted marks: of passwords long enough to be chosen, of shorter words, of the commonest words.

    They are little-endian, as every processor is that Lambda has.
    """
    held = FILE.read_bytes()
    magic, *counts = HEADER.unpack_from(held)
    if magic != MAGIC:
        raise ValueError("This is no blocklist.")
    view, at, found = memoryview(held), HEADER.size, []
    for count in counts:
        found.append(view[at : at + 8 * count].cast("Q"))
        at += 8 * count
    return tuple(found)
