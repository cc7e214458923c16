"""Running scim2-server beside ours in the same run, where it is installed (`make bench-peers`)."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from infra.bench.operations import SCIM_FILTER, SCIM_LIST

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from infra.bench.measure import Figures

ROOT: Final = Path(__file__).resolve().parents[2]
PYTHON: Final = ROOT / ".venv-peers/bin/python"
LARGEST: Final = 50_000
"""Its storage is filled by one request for each user, which takes about a millisecond."""
_PATIENCE_SECONDS: Final = 300


@dataclass(frozen=True, slots=True)
class Peer:
    """What a request took there at one size: process time in milliseconds, the median."""

    size: int
    listing: float
    finding: float


def peers(sizes: Sequence[int], python: Path = PYTHON) -> list[Peer]:
    """Measure scim2-server at these sizes; nothing where it is not installed or does not come to its end."""
    asked = [str(size) for size in sizes if size <= LARGEST]
    if not python.exists() or not asked:
        return []
    command = [str(python), str(Path(__file__).with_name("peer.py")), *asked]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=_PATIENCE_SECONDS)
    except (subprocess.SubprocessError, OSError):
        return []
    return [Peer(*json.loads(line)) for line in done.stdout.splitlines()]


def beside(ours: Iterable[Figures], theirs: Iterable[Peer]) -> Iterator[str]:
    """Yield the table of both; ours is our own CPU, without the emulator's."""
    found = {(one.operation.name, one.size): one.cpu for one in ours}
    known = {peer.size: peer for peer in theirs}
    sizes = sorted({size for name, size in found if name in {SCIM_LIST, SCIM_FILTER}})
    yield "| request | members | ours, CPU ms | scim2-server, CPU ms |"
    yield "|---|--:|--:|--:|"
    for name, field in ((SCIM_LIST, "listing"), (SCIM_FILTER, "finding")):
        for size in sizes:
            if (name, size) in found:
                there = f"{getattr(known[size], field):.1f}" if size in known else "not installed" if not known else "—"
                yield f"| {name} | {size:,} | {found[name, size]:.1f} | {there} |"
