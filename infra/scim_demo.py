"""`make scim-demo`: a toy Entra ID and a toy Okta provision two seeded teams, and what happened is printed.

It uses the local stack that runs here (.dev/stack.json), else one of its own. Exit status 1 when an expectation fails.
"""

from __future__ import annotations

import json
import sys
import tempfile
import threading
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Final

from infra.local.server import Server
from infra.local.stack import ROOT, Stack
from infra.local.toys import stories
from infra.local.toys.desk import Desk, NotDone
from infra.local.toys.job import Refused
from infra.local.toys.stories import Checks
from infra.local.toys.wire import Unreachable, Wire, table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from infra.local.edges import Json

STACK: Final = ROOT / ".dev" / "stack.json"
SEEDED: Final = 5


def main() -> int:
    """Play both stories; 0 when every expectation held."""
    with _described() as described:
        url = described["scim_url"]
        checks = Checks()
        desks = [Desk(described["base_url"], team, Path(described["zone"])) for team in described["teams"][:2]]
        lines = play("Entra ID", url, desks[0], checks, stories.entra)
        lines += play("Okta", url, desks[1], checks, stories.okta)
    print("\n".join([*lines, *told(checks)]))
    return 1 if checks.failed else 0


def play(agent: str, url: str, desk: Desk, checks: Checks, story: Callable[[Wire, Desk, Checks], None]) -> list[str]:
    """Play one story on one team and return its table; a story that breaks off is a check that failed."""
    wire = Wire(url, "", agent)
    try:
        wire.token = desk.scim_token()
        story(wire, desk, checks)
    except (NotDone, Refused, Unreachable) as failure:
        checks.that(f"{agent}: the story comes to its end, {failure}", holds=False)
    return [f"{agent} provisions team {desk.team['slug']}", "", *table(wire.rows), ""]


def told(checks: Checks) -> list[str]:
    """Return what was expected and whether it came true, line by line."""
    lines = [f"{'ok  ' if holds else 'FAIL'} {expectation}" for holds, expectation in checks.told]
    return [*lines, "", f"{len(checks.told) - len(checks.failed)} of {len(checks.told)} expectations held"]


@contextmanager
def _described() -> Iterator[Json]:
    """Describe the running stack, or one that runs as long as the demo."""
    if STACK.exists():
        yield json.loads(STACK.read_text(encoding="utf-8")) | {"zone": STACK.with_name("zone.json")}
        return
    with (
        tempfile.TemporaryDirectory() as folder,
        Path(folder, "log.jsonl").open("w", encoding="utf-8") as log,
        redirect_stdout(log),  # which is where handlers write
        Server(0) as server,
        Stack(base_url=server.base_url, dev_folder=Path(folder)) as stack,
    ):
        server.answer = stack.call
        teams = list(stack.seed(SEEDED))
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        scim_url, zone = f"{server.base_url}/scim/v2", Path(folder, "zone.json")
        yield {"base_url": server.base_url, "scim_url": scim_url, "teams": teams, "zone": zone}
        server.shutdown()
        thread.join()


if __name__ == "__main__":
    sys.exit(main())
