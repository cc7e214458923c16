"""A first sync by SCIM over four connections and bad weather, small: everybody is there once, with one event each."""

from __future__ import annotations

import os
import threading
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from infra import scim_sync
from infra.local.server import Server
from infra.local.toys.campaign import Weather
from infra.local.toys.desk import Desk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.ministack.network import Network

pytestmark = pytest.mark.ministack
PEOPLE, GROUPS, CONNECTIONS = 60, 3, 4


@pytest.fixture
def stormy(world: Network) -> Iterator[tuple[Desk, Weather]]:
    with Server(0) as server:
        weather = server.answer = Weather(world.stack.call, busy_every=23, lost_every=31)
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield (
            Desk(
                server.base_url,
                {"slug": world.acme.slug, "owner": asdict(world.acme.owner)},
                Path(os.environ["DNS_ZONE"]),
            ),
            weather,
        )
        server.shutdown()
        thread.join()


def test_a_first_sync_in_bad_weather_brings_everybody_once(world: Network, stormy: tuple[Desk, Weather]) -> None:
    desk, weather = stormy
    told, wrong = scim_sync.run(desk, PEOPLE, GROUPS, CONNECTIONS)
    assert wrong == [], "\n".join([*told, *wrong])
    assert weather.busy > 0
    assert weather.lost > 0
    assert len(world.members()) == PEOPLE + 3
    world.check_books()
