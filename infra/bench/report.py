"""The tables that are printed, as Markdown, with a mark against each budget."""

from __future__ import annotations

from typing import TYPE_CHECKING

from infra.bench.cold import BUDGET

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from infra.bench.cold import ColdStart
    from infra.bench.measure import Figures
    from infra.bench.operations import Budget

HEAD = ("operation", "members", "trips", "calls", "RRU", "WRU", "our CPU ms", "elsewhere ms", "growth", "budget", "")


def operations(figures: Iterable[Figures]) -> Iterator[str]:
    """Yield the table of operations, one after the other, each by size; growth is of our CPU since the size before."""
    yield _row(HEAD)
    yield "|---|" + "--:|" * 8 + "---|---|"
    before: Figures | None = None
    for one in sorted(figures, key=lambda each: (each.place, each.size)):
        first = before is None or before.operation is not one.operation
        growth = "" if first or before is None else f"x {one.cpu / before.cpu:.1f}"
        budget = one.operation.budget(one.size)
        yield _row(
            (
                one.operation.name if first else "",
                f"{one.size:,}",
                str(one.round_trips),
                str(one.calls),
                f"{one.bill.reads:g}",
                f"{one.bill.writes:g}",
                f"{one.cpu:.1f}",
                f"{one.elsewhere:.0f}",
                growth,
                told(budget),
                verdict(one, budget),
            )
        )
        before = one


def told(budget: Budget) -> str:
    """Return a budget as text."""
    parts = ((budget.round_trips, "trips"), (budget.reads, "RRU"), (budget.writes, "WRU"))
    return ", ".join(f"≤ {most:g} {what}" for most, what in parts if most is not None)


def verdict(one: Figures, budget: Budget) -> str:
    """Return `ok`, or what is over."""
    taken = (
        (one.round_trips, budget.round_trips, "trips"),
        (one.bill.reads, budget.reads, "RRU"),
        (one.bill.writes, budget.writes, "WRU"),
    )
    over = [what for took, most, what in taken if most is not None and took > most]
    return f"over: {', '.join(over)}" if over else "ok"


def cold(starts: Sequence[ColdStart]) -> Iterator[str]:
    """Yield the table of cold starts, functions of the same ratio together."""
    yield _row(("function", "ratio", "modules", "budget", ""))
    yield "|---|--:|--:|---|---|"
    for one in sorted(starts, key=lambda each: -each.ratio):
        mark = "ok" if one.ratio <= BUDGET else "over"
        yield _row((one.folder, f"{one.ratio:.2f}", str(one.modules), f"≤ {BUDGET}", mark))


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
