"""The operations of one transaction, in the order in which PynamoDB sends them.

PynamoDB sends checks, deletes, puts and updates in this order, whatever the order of the calls; DynamoDB gives the
reasons of a cancellation in the same order. Only this module and `commit` need to know.
"""

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from rollcall.domain.errors import RollcallError, Stale
from rollcall.storage.table import Item

if TYPE_CHECKING:
    from pynamodb.exceptions import CancellationReason

Why = Callable[["CancellationReason"], RollcallError]


@dataclass(slots=True)
class Transaction:
    """The operations of one transaction in the order in which PynamoDB sends them, each with what its failure means."""

    stripe: int
    token: str
    checks: list["tuple[Item, Condition, Why]"] = field(default_factory=list)
    deletes: list[tuple[Item, Condition | None, Why]] = field(default_factory=list)
    puts: list[tuple[Item, Condition | None, Why]] = field(default_factory=list)
    updates: list[tuple[Item, list[Action], Condition | None, Why]] = field(default_factory=list)
    counters: dict[tuple[str, int], dict[str, int]] = field(default_factory=lambda: defaultdict(dict))
    owners: dict[str, tuple[set[str], set[str]]] = field(default_factory=lambda: defaultdict(lambda: (set(), set())))

    granted: Counter[tuple[str, str]] = field(default_factory=Counter)
    told: dict[str, str] = field(default_factory=dict)
    sole: str | None = None
    founded: set[str] = field(default_factory=set)
    blocks: dict[str, int] = field(default_factory=dict)
    gone: set[tuple[str, str]] = field(default_factory=set)
    at: int | None = None
    shared: bool = False

    @property
    def reasons(self) -> list[Why]:
        """What each operation's failure means, in the order of the cancellation reasons."""
        return [op[-1] for group in (self.checks, self.deletes, self.puts, self.updates) for op in group]


def stale(_: "CancellationReason") -> RollcallError:
    """Say that what was read has moved on."""
    return Stale()
