"""Check an export of the audit (JSON Lines) against its chain of seals: what was changed, dropped or moved is named.

One file, the standard library alone, no network: copy it to wherever the export is kept. Every line with a seal says
`sequence`, `previous_hash` and `hash`, which is SHA-256 of `previous_hash`, line feed, `sequence`, line feed, and the
event as it is written there.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

GENESIS: Final = "0" * 64
HEAD: Final = re.compile(r"(0|[1-9][0-9]{0,15}):([0-9a-f]{64})")
LINE: Final = re.compile(
    rb'\{"sequence":(?:(?P<sequence>[1-9][0-9]{0,15}),"previous_hash":"(?P<previous>[0-9a-f]{64})","hash":"(?P<hash>[0-9a-f]{64})"'
    rb'|null,"previous_hash":null,"hash":null),"event":(?P<event>\{"id":"(?P<id>evt_[0-9A-Z]{26})".*\})\}'
)


@dataclass(frozen=True, slots=True)
class Link:
    """A sealed line: its number in the file, its place in the chain, the hash before and its own."""

    line: int
    sequence: int
    previous: str
    hash: str

    @property
    def place(self) -> str:
        """Say where it stands."""
        return f"line {self.line} (sequence {self.sequence})"


@dataclass(slots=True)
class Judgement:
    """What was found: faults as sentences, the links by sequence, and the lines without a seal."""

    faults: list[str] = field(default_factory=list)
    links: dict[int, Link] = field(default_factory=dict)
    unsealed: list[int] = field(default_factory=list)

    @property
    def head(self) -> str:
        """Return the last link as `SEQUENCE:HASH`, to be kept where nobody who can write the export can write."""
        last = max(self.links, default=0)
        return f"{last}:{self.links[last].hash if last else GENESIS}"


def verify(raw: bytes, head: str | None = None, *, part: bool = False) -> Judgement:
    """Judge an export. `head` is what the end is known by; a `part` may begin, end and have gaps anywhere."""
    found = Judgement()
    last_id = b""
    for number, line in _lines(raw, found.faults):
        match = LINE.fullmatch(line)
        if match is None:
            found.faults.append(f"line {number} is not a line of an export: it was changed or cut")
            continue
        if match["id"] <= last_id:
            found.faults.append(f"line {number} stands out of order: lines were swapped or doubled")
        last_id = max(last_id, match["id"])
        _note(found, number, match)
    found.faults += _breaks(found.links, part=part)
    if head is not None:
        found.faults += _against(head, found.links)
    return found


def _lines(raw: bytes, faults: list[str]) -> Iterator[tuple[int, bytes]]:
    """Yield the lines with their numbers; the last one ends with a line feed, or it was cut."""
    *lines, rest = raw.split(b"\n")
    yield from enumerate(lines, 1)
    if rest:
        faults.append(f"line {len(lines) + 1} is cut off: the file was truncated")


def _note(found: Judgement, number: int, match: re.Match[bytes]) -> None:
    if match["sequence"] is None:
        found.unsealed.append(number)
        return
    link = Link(number, int(match["sequence"]), match["previous"].decode(), match["hash"].decode())
    sealed = b"\n".join((match["previous"], match["sequence"], match["event"]))
    if hashlib.sha256(sealed).hexdigest() != link.hash:
        found.faults.append(f"{link.place} was changed: its hash is not that of its text")
    if link.sequence in found.links:
        found.faults.append(f"{link.place} doubles line {found.links[link.sequence].line}")
    found.links[link.sequence] = link


def _breaks(links: dict[int, Link], *, part: bool) -> Iterable[str]:
    """Yield where the chain is broken: a link that is missing, or that does not follow the one before."""
    before = 0
    for sequence in sorted(links):
        link = links[sequence]
        if sequence != before + 1 and not part:
            yield f"{_range(before + 1, sequence - 1)} missing, before {link.place}"
        expected = GENESIS if sequence == 1 else links[sequence - 1].hash if sequence - 1 in links else None
        if expected not in {None, link.previous}:
            yield f"{link.place} does not follow the line before it in the chain"
        before = sequence


def _against(head: str, links: dict[int, Link]) -> Iterable[str]:
    sequence, _, expected = head.partition(":")
    last = max(links, default=0)
    if last < int(sequence):
        yield f"{_range(last + 1, int(sequence))} missing at the end: the file was truncated"
    elif sequence != "0" and int(sequence) not in links:
        yield f"sequence {sequence}, the expected head, is missing"
    elif sequence != "0" and links[int(sequence)].hash != expected:
        yield f"{links[int(sequence)].place} is not the expected head: the chain was written anew"


def _range(first: int, last: int) -> str:
    return f"sequence {first} is" if first == last else f"sequences {first} to {last} are"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; 0 when the export is whole, 1 when it is not, 2 when it cannot be read."""
    asked = _parser().parse_args(arguments)
    try:
        raw = b"".join(path.read_bytes() for path in asked.file)
    except OSError as error:
        print(f"Nothing was verified: {error}", file=sys.stderr)
        return 2
    found = verify(raw, asked.head, part=asked.part)
    for fault in found.faults:
        print(fault)
    if found.unsealed:
        first = found.unsealed[0]
        print(f"{len(found.unsealed)} events are not sealed yet, the first on line {first}: nothing vouches for them")
    if found.faults:
        print(f"NOT VERIFIED: {len(found.faults)} faults", file=sys.stderr)
        return 1
    print(f"Verified {len(found.links)} sealed events. Head {found.head}")
    if asked.head is None:
        print("Whether lines are missing at the end shows only against a head noted elsewhere: --head SEQUENCE:HASH")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="verify_audit", description=__doc__)
    parser.add_argument("file", nargs="+", type=Path, help="the export; several parts in their order")
    parser.add_argument("--head", type=_head, help="SEQUENCE:HASH that the export must contain, from X-Audit-Head")
    parser.add_argument("--part", action="store_true", help="a filtered export, or one part of one: gaps are no fault")
    return parser


def _head(text: str) -> str:
    if not HEAD.fullmatch(text):
        raise argparse.ArgumentTypeError("give SEQUENCE:HASH as the header X-Audit-Head says it")
    return text


if __name__ == "__main__":
    sys.exit(main())
