"""The local stack's time: real time plus the seconds that /_dev/clock has added. Handlers read the same variable."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

VARIABLE: Final = "CLOCK_OFFSET_SECONDS"


def offset() -> float:
    """Return the seconds added so far."""
    return float(os.environ.get(VARIABLE) or 0)


def now() -> float:
    """Return the moved time, in Unix seconds."""
    return time.time() + offset()


def advance(seconds: float) -> None:
    """Move time on by that many seconds."""
    total = offset() + seconds
    os.environ[VARIABLE] = str(int(total)) if total.is_integer() else str(total)


def stamp(moment: float) -> str:
    """Return a moment as RFC 3339 in UTC, to the second."""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def stopwatch() -> Callable[[], float]:
    """Return a function that tells the milliseconds since this call."""
    started = time.perf_counter()
    return lambda: (time.perf_counter() - started) * 1000
