"""Make the blocklist of passwords from unpacked packages (`make blocklist SOURCE=folder`); same files, same bytes.

Which packages, and under which licences, stands in shared/rollcall/auth/blocklist.LICENSE.
"""

from __future__ import annotations

import argparse
import gzip
import json
import struct
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING, Final

from rollcall.auth import blocklist
from rollcall.auth.passwords import SHORTEST
from rollcall.auth.predictable import trivial

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

LISTS: Final = ("10_million_password_list_top_1M.txt", "passwords.json", "common-passwords.txt.gz")
"""The lists by their names in the packages, each with its commonest password first."""
WORDS: Final = 100_000
COMMONEST: Final = 500
SURE: Final = 3000


def main() -> None:
    """Write the file and say what is in it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source", type=Path, help="a folder with the packages, unpacked")
    lists = [read(found(parser.parse_args().source, name)) for name in LISTS]
    made = made_from(lists)
    blocklist.FILE.write_bytes(packed(made))
    let_through = [text for text in _long(lists[0])[:SURE] if not (trivial(text) or blocklist.breached(text))]
    if let_through:
        raise SystemExit(f"{len(let_through)} of the {SURE} commonest long passwords would be taken")
    print(*(len(part) for part in made), "marks in", blocklist.FILE.name, f"({blocklist.FILE.stat().st_size} bytes)")


def made_from(lists: list[list[str]]) -> tuple[set[int], set[int], set[int]]:
    """Return the marks of the file's three parts: long passwords, words, and the commonest words of the first list."""
    long = {text for listed in lists for text in _long(listed)}
    words = {text for listed in lists for text in list(_words(listed))[:WORDS]}
    top = [word for word in _words(lists[0]) if word.isalpha()][:COMMONEST]
    long_marks, word_marks, top_marks = ({blocklist.mark(text) for text in part} for part in (long, words, top))
    return long_marks, word_marks, top_marks


def _long(listed: Iterable[str]) -> list[str]:
    return [text for text in listed if len(text) >= SHORTEST]


def _words(listed: Iterable[str]) -> Iterator[str]:
    """Yield what people lengthen: passwords too short to be chosen, with a letter in them."""
    for text in dict.fromkeys(listed):
        if blocklist.SHORTEST_WORD <= len(text) < SHORTEST and any(character.isalpha() for character in text):
            yield text


def packed(parts: tuple[set[int], ...]) -> bytes:
    """Return the file: a header with the parts' sizes, then each part's marks in order."""
    header = blocklist.HEADER.pack(blocklist.MAGIC, *(len(part) for part in parts))
    return header + b"".join(struct.pack(f"<{len(part)}Q", *sorted(part)) for part in parts)


def found(source: Path, name: str) -> Path:
    """Return the one file of that name."""
    files = sorted(source.rglob(name))
    if len(files) != 1:
        raise SystemExit(f"{len(files)} files below {source} are called {name}; there must be one")
    return files[0]


def read(path: Path) -> list[str]:
    """Return a list's passwords as they are compared: composed (NFC) and folded."""
    held = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    text = held.decode()
    lines = json.loads(text) if path.suffix == ".json" else text.splitlines()
    return [unicodedata.normalize("NFC", line).casefold() for line in lines]


if __name__ == "__main__":
    main()
