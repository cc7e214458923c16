"""The table that the rehearsal prints as it goes: what was done, how it came out, how long it took."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


class Wrong(Exception):
    """A step did not come out as it should; the message says how."""


class Step:
    """One row while it is being played; `note` is its last column."""

    def __init__(self) -> None:
        self.note = ""


@contextmanager
def step(what: str) -> Iterator[Step]:
    """Play one step and print its row; a failure prints it too, and goes on upwards."""
    started, row, outcome = time.perf_counter(), Step(), "FAIL"
    try:
        yield row
        outcome = "ok"
    finally:
        milliseconds = (time.perf_counter() - started) * 1000
        print(f"{outcome:<4} {milliseconds:7.0f} ms  {what:<58} {row.note}".rstrip(), flush=True)


def say(text: str) -> None:
    """Print a line between the rows."""
    print(text, flush=True)


def complain(text: str) -> None:
    """Print a line to the standard error."""
    print(text, file=sys.stderr, flush=True)


def expect(*, true: bool, otherwise: object) -> None:
    """Raise Wrong with what was found instead, unless it is true."""
    if not true:
        raise Wrong(str(otherwise))
