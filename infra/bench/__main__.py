"""`make bench`: print what operations and cold starts cost. Switches: BENCH_SIZES, BENCH_SEED_SECONDS, BENCH_COLD=0."""

from __future__ import annotations

import os
import platform
import sys
import tempfile
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Final

from infra.bench import report
from infra.bench.beside import beside, peers
from infra.bench.cold import cold_starts
from infra.local.ministack_backend import NoMiniStack
from infra.local.stack import Stack

if TYPE_CHECKING:
    from infra.bench.measure import Figures

SIZES: Final = "100,1000,10000,100000"
LEAST: Final = 30
SEED_SECONDS: Final = 120.0


def main() -> int:
    """Run the benchmark; 0 when it ran, whatever the figures are."""
    try:
        sizes = sorted({max(LEAST, int(part)) for part in os.environ.get("BENCH_SIZES", SIZES).split(",")})
        patience = float(os.environ.get("BENCH_SEED_SECONDS", SEED_SECONDS))
    except ValueError as error:
        print(f"BENCH_SIZES are numbers between commas, BENCH_SEED_SECONDS is one number: {error}", file=sys.stderr)
        return 2
    try:
        figures = _operations(sizes, patience)
    except NoMiniStack as error:
        print(error, file=sys.stderr)
        return 1
    print("\n".join(report.operations(figures)), flush=True)
    measured = sorted({one.size for one in figures})
    print("\nBeside another SCIM server, which keeps everything in memory, in this run:\n")
    print("\n".join(beside(figures, peers(measured))), flush=True)
    if os.environ.get("BENCH_COLD") != "0":
        print(f"\nImports with the client made, Python {platform.python_version()}, boto3's own client = 1.0:\n")
        print("\n".join(report.cold(list(cold_starts()))), flush=True)
    return 0


def _operations(sizes: list[int], patience: float) -> list[Figures]:
    """Grow a team from size to size on a MiniStack of its own; a size that takes too long to seed is left out."""
    figures: list[Figures] = []
    with tempfile.TemporaryDirectory() as folder, Stack(backend="ministack", dev_folder=Path(folder)) as stack:
        from infra.bench.measure import Bench  # noqa: PLC0415 the service is on the path only now

        with Path(folder, "log.jsonl").open("w", encoding="utf-8") as log, redirect_stdout(log):
            bench = Bench(stack)
            for size in sizes:
                expected = bench.seconds_a_member * (size - bench.size)
                if expected > patience:
                    _say(f"{size:,} members left out: seeding would take about {expected:.0f} s, over {patience:.0f} s")
                    break
                seconds = bench.grow(size)
                _say(f"{size:,} members: seeded in {seconds:.1f} s, measuring")
                figures += bench.all(_say)
    return figures


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
