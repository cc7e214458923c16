"""Find Rollcall's secrets in text and tell real ones from look-alikes, offline: the checksum of each is looked at.

One file, the standard library alone, no network: copy it to wherever text is scanned. A secret is `rc_<kind>_`, 22
base-62 characters for the team, 22 for whom it belongs to, 43 secret ones, and 6 for the CRC-32 of all before.
"""

from __future__ import annotations

import argparse
import re
import sys
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

PATTERN: Final = re.compile(rb"(?<![A-Za-z0-9_])rc_(pat|ses|inv|rst|scm|svc)_[0-9A-Za-z]{93}(?![A-Za-z0-9_])")
ALPHABET: Final = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
PREFIX: Final = len("rc_pat_")
CODE: Final = 22
CHECKSUM: Final = 6
WELL_FORMED: Final = "well-formed"
CHECKSUM_WRONG: Final = "checksum wrong"
LOCATOR_WRONG: Final = "locator out of range"


@dataclass(frozen=True, slots=True)
class Finding:
    """A text of a secret's shape: the line it stands on, what may be shown of it, and what it is."""

    line: int
    masked: str
    verdict: str


def findings(raw: bytes) -> Iterator[Finding]:
    """Yield what has a secret's shape, in order, several of a line too. Lines end with a line feed."""
    for number, line in enumerate(raw.split(b"\n"), 1):
        for match in PATTERN.finditer(line):
            yield Finding(number, masked(match[0]), verdict(match[0]))


def verdict(secret: bytes) -> str:
    """Tell what a text of a secret's shape is; whether it still opens anything, only the service knows."""
    if _base62(zlib.crc32(secret[:-CHECKSUM])) != secret[-CHECKSUM:]:
        return CHECKSUM_WRONG
    codes = (secret[PREFIX : PREFIX + CODE], secret[PREFIX + CODE : PREFIX + 2 * CODE])
    return WELL_FORMED if all(_number(code) < 1 << 128 for code in codes) else LOCATOR_WRONG


def masked(secret: bytes) -> str:
    """Return the kind and the last four characters, which lists of tokens show too."""
    return f"{secret[:PREFIX].decode()}…{secret[-4:].decode()}"


def _base62(number: int) -> bytes:
    digits = [number // 62**place % 62 for place in reversed(range(CHECKSUM))]
    return bytes(ALPHABET[digit] for digit in digits)


def _number(code: bytes) -> int:
    number = 0
    for character in code:
        number = number * 62 + ALPHABET.index(character)
    return number


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; 0 when nothing is found, 1 when a well-formed secret is, 2 when a file cannot be read."""
    files: list[Path] = _parser().parse_args(arguments).file
    try:
        texts = {str(path): path.read_bytes() for path in files} if files else {"": sys.stdin.buffer.read()}
    except OSError as error:
        print(f"Nothing was checked: {error}", file=sys.stderr)
        return 2
    leaks = 0
    for name, raw in texts.items():
        for found in findings(raw):
            leaks += found.verdict == WELL_FORMED
            print(f"{name + ':' if name else 'line '}{found.line}: {found.masked} {found.verdict}")
    return 1 if leaks else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="check_token", description=__doc__)
    parser.add_argument("file", nargs="*", type=Path, help="the text; standard input when none is named")
    return parser


if __name__ == "__main__":
    sys.exit(main())
