"""Replies that get lost after the write was made, for the SDK and all above it; what comes of it is MiniStack's word.

Unlike tests/seam.py, nothing is emulated here: whether a transaction sent again is the same one, the table decides.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from botocore.endpoint import Endpoint
from botocore.exceptions import ReadTimeoutError

if TYPE_CHECKING:
    from collections.abc import Container, Iterator

    from infra.local.edges import Json

WRITES = frozenset({"TransactWriteItems", "UpdateItem", "PutItem", "DeleteItem", "BatchWriteItem"})
TRANSACTIONS = frozenset({"TransactWriteItems"})
NONE = range(0)
ALL = range(1, 1_000)


@dataclass
class Seen:
    """The calls that were sent, the SDK's own repeats among them, and how many replies were lost."""

    sent: list[str] = field(default_factory=list)
    lost: int = 0


@contextmanager
def lost_replies(which: Container[int], of: Container[str] = WRITES, *, dies: bool = False) -> Iterator[Seen]:
    """Lose the replies of these calls by their numbers, from 1; where the process `dies`, nobody is left to wait."""
    seen = Seen()
    real = Endpoint._do_get_response

    def seam(self: Json, request: Json, operation: Json, context: Json) -> Json:
        reply = real(self, request, operation, context)
        if operation.name not in of:
            return reply
        seen.sent.append(operation.name)
        if len(seen.sent) not in which:
            return reply
        seen.lost += 1
        if dies:
            raise SystemExit
        return None, ReadTimeoutError(endpoint_url=request.url)

    Endpoint._do_get_response = seam
    try:
        yield seen
    finally:
        Endpoint._do_get_response = real
