"""The seal on the audit: a hash chain per team, in which no event can be changed, left out or moved unseen (T2)."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

GENESIS = "0" * 64


@dataclass(frozen=True, slots=True)
class Head:
    """How far a team's chain goes: how many events are sealed, and the hash of the last."""

    sequence: int = 0
    hash: str = GENESIS

    @property
    def told(self) -> str:
        """Return it as people note it down: `sequence:hash`."""
        return f"{self.sequence}:{self.hash}"

    @classmethod
    def read(cls, told: str) -> "Head":
        """Read what `told` wrote."""
        sequence, _, digest = told.partition(":")
        return cls(int(sequence), digest)


@dataclass(frozen=True, slots=True)
class Seal:
    """One link: which event, its place in the order of sealing, the hash of the link before, and its own."""

    event_id: str
    sequence: int
    previous: str
    hash: str


def link(previous: str, sequence: int, text: str) -> str:
    """Return the hash of a link: SHA-256, in hex, of the one before, the sequence and the event's stored text.

    The first two end with a line feed, which neither can hold, so that no two links have one text.
    """
    return hashlib.sha256(f"{previous}\n{sequence}\n{text}".encode()).hexdigest()


def chain(head: Head, events: Iterable[tuple[str, str]]) -> tuple[Seal, ...]:
    """Return the seals of events (id, stored text) behind the head, in their order."""
    seals: list[Seal] = []
    for event_id, text in events:
        sequence = head.sequence + 1
        seals.append(Seal(event_id, sequence, head.hash, link(head.hash, sequence, text)))
        head = Head(sequence, seals[-1].hash)
    return tuple(seals)
