"""The one place that asks what time it is; everything below a handler is told."""

import os
import time
from datetime import UTC, datetime


def now() -> datetime:
    """Return the current time in UTC, in whole milliseconds, which is what the table keeps.

    The local stack moves time by `CLOCK_OFFSET_SECONDS`; a deployed function has no `ROLLCALL_LOCAL` and ignores it.
    """
    seconds = time.time()
    if os.environ.get("ROLLCALL_LOCAL") == "1":
        seconds += float(os.environ.get("CLOCK_OFFSET_SECONDS", "0"))
    return datetime.fromtimestamp(int(seconds * 1000) / 1000, UTC)
