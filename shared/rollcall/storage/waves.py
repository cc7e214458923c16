"""Queries, alone or several at once: a wave of parallel ones costs one round trip."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from pynamodb.expressions.condition import Condition
from pynamodb.expressions.operand import Path

from rollcall.storage.table import PARALLEL_CALLS, Wire, connection, guarded, one_wave, table_name

A = TypeVar("A")
B = TypeVar("B")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Rows:
    """What a query found; `last` is the sort key that it stopped at, matching or not, where the partition goes on."""

    items: list[Wire]
    count: int
    last: str | None

    @property
    def more(self) -> bool:
        """Tell whether the partition goes on."""
        return self.last is not None


@dataclass(frozen=True, slots=True)
class Ask:
    """A query of one partition: from behind (or, descending, before) a sort key, filtered, read or only counted.

    `floor` and `upto` are the least and the greatest sort key wanted; `begins` is for partitions of several kinds.
    """

    partition: str
    after: str | None = None
    where: Condition | None = None
    limit: int | None = None
    descending: bool = False
    count_only: bool = False
    index: str | None = None
    floor: str | None = None
    upto: str | None = None
    begins: str | None = None
    consistent: bool = False


def query(ask: Ask) -> Rows:
    """Run one query to its limit, or to the partition's end: 1 MB pages are followed.

    Eventually consistent unless asked otherwise: lists may lag by milliseconds, a decision asks for `consistent` (I32).
    """
    items: list[Wire] = []
    count, after = 0, ask.after
    while True:
        answer = guarded(partial(_page, ask, after))
        items += answer.get("Items", [])
        count += answer["Count"]
        stopped = answer.get("LastEvaluatedKey")
        after = stopped["XS" if ask.index else "SK"]["S"] if stopped else None
        if after is None or ask.limit is not None:
            return Rows(items, count, after)


def wave(asks: Sequence[Callable[[], T]]) -> list[T]:
    """Run several calls at once and return their results in order; one round trip for each sixteen."""
    if len(asks) == 1:
        return [asks[0]()]
    results: list[T] = []
    for start in range(0, len(asks), PARALLEL_CALLS):
        together = asks[start : start + PARALLEL_CALLS]
        with one_wave(), ThreadPoolExecutor(len(together)) as pool:
            running = [pool.submit(copy_context().run, ask) for ask in together]
            results += [one.result() for one in running]
    return results


def both(one: Callable[[], A], other: Callable[[], B]) -> tuple[A, B]:
    """Run two calls at once; one round trip."""
    with one_wave(), ThreadPoolExecutor(1) as pool:
        running = pool.submit(copy_context().run, one)
        answer = other()
        return running.result(), answer


def _page(ask: Ask, after: str | None) -> dict[str, Any]:
    return connection().query(
        table_name(),
        ask.partition,
        range_key_condition=_range(ask, after),
        filter_condition=ask.where,
        consistent_read=ask.consistent,
        limit=ask.limit,
        scan_index_forward=not ask.descending,
        select="COUNT" if ask.count_only else None,
        index_name=ask.index,
    )


def _range(ask: Ask, after: str | None) -> Condition | None:
    sort = Path(["XS" if ask.index else "SK"])
    low, high = ask.floor, ask.upto
    if after is not None and ask.descending:
        high = _just_below(after)
    elif after is not None:
        low = f"{after}\0"
    if low is not None and high is not None:
        return sort.between(low, high)
    beyond: Condition | None = None
    if low is not None:
        beyond = sort >= low
    elif high is not None:
        beyond = sort <= high
    elif ask.begins is not None:
        beyond = sort.startswith(ask.begins)
    return beyond


def _just_below(key: str) -> str:
    """Return what sorts after every key of this length and alphabet that is less than `key`, and before `key`."""
    return f"{key[:-1]}{chr(ord(key[-1]) - 1)}\x7f"
