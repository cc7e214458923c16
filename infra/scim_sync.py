"""`make scim-sync`: a first sync of thousands, several connections, bad weather, on MiniStack, and its contention.

Switches: SYNC_PEOPLE (5000), SYNC_GROUPS (50), SYNC_CONNECTIONS (4). Exit status 1 when somebody is missing, or there
twice.
"""

from __future__ import annotations

import os
import sys
import tempfile
import threading
from collections import Counter
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Final

from infra.local.ministack_backend import NoMiniStack
from infra.local.server import Server
from infra.local.stack import Stack
from infra.local.toys.campaign import Campaign, Weather, crowd
from infra.local.toys.desk import Desk
from infra.local.toys.entra import Entra
from infra.local.toys.wire import Patience, Wire

if TYPE_CHECKING:
    from infra.local.edges import Json

SEEDED: Final = 3
SWITCHES: Final = {"SYNC_PEOPLE": 5000, "SYNC_GROUPS": 50, "SYNC_CONNECTIONS": 4}


def main() -> int:
    """Run the campaign; 0 when everybody is there once, with one event each."""
    try:
        people, groups, connections = (_number(*one) for one in SWITCHES.items())
    except ValueError as error:
        print(f"{', '.join(SWITCHES)} are numbers: {error}", file=sys.stderr)
        return 2
    try:
        lines, wrong = _on_ministack(people, groups, connections)
    except NoMiniStack as error:
        print(error, file=sys.stderr)
        return 1
    print("\n".join([*lines, *wrong[:20], f"{len(wrong):,} things are wrong" if wrong else "everybody is there once"]))
    return 1 if wrong else 0


def _on_ministack(people: int, groups: int, connections: int) -> tuple[list[str], list[str]]:
    with (
        tempfile.TemporaryDirectory() as folder,
        Path(folder, "log.jsonl").open("w", encoding="utf-8") as log,
        redirect_stdout(log),  # which is where handlers write
        Server(0) as server,
        Stack(backend="ministack", base_url=server.base_url, dev_folder=Path(folder)) as stack,
    ):
        weather = server.answer = Weather(stack.call)
        team: Json = stack.seed(SEEDED)[0]
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        told = run(Desk(server.base_url, team, Path(folder, "zone.json")), people, groups, connections)
        server.shutdown()
        thread.join()
    return [*told[0], f"weather: {weather.busy} calls told to wait, {weather.lost} answers lost"], told[1]


def run(desk: Desk, people: int, groups: int, connections: int) -> tuple[list[str], list[str]]:
    """Sync a crowd into a team and return what it took, and what is not as it should be."""
    patience = Patience(timeout=30, first_wait=0.05, longest_wait=2)
    wire = Wire(f"{desk.base_url}/scim/v2", desk.scim_token(), "toy Entra ID", patience)
    campaign = Campaign(Entra(wire, crowd(people, groups)), connections)
    campaign.run()
    told = campaign.told()
    events = Counter(event["target"]["id"] for event in desk.events("member.provisioned"))
    wanted = {campaign.job.ids.get(key, key) for key in campaign.job.directory.people}
    twice = [f"{one} has {events[one]} events of its provisioning" for one in sorted(wanted) if events[one] != 1]
    return told, [*campaign.missing(), *twice]


def _number(name: str, usual: int) -> int:
    return int(os.environ.get(name) or usual)


if __name__ == "__main__":
    sys.exit(main())
