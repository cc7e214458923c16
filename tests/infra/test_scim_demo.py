"""`make scim-demo`, small: both stories over HTTP against the seeded stack, in both dialects of each provider."""

from __future__ import annotations

import os
import threading
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from infra import scim_demo
from infra.local.server import Server
from infra.local.toys import stories
from infra.local.toys.desk import Desk
from infra.local.toys.stories import Checks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.kit import World


@pytest.fixture
def desk(world: World) -> Iterator[Desk]:
    with Server(0) as server:
        server.answer = world.stack.call
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield Desk(server.base_url, {"slug": "acme", "owner": asdict(world.acme.owner)}, Path(os.environ["DNS_ZONE"]))
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    "story",
    [
        stories.entra,
        partial(stories.entra, compliant=True),
        stories.okta,
        partial(stories.okta, wizard=True),
    ],
    ids=["entra", "entra with the flag", "okta catalogue", "okta wizard"],
)
def test_every_expectation_of_a_story_holds(desk: Desk, story: Callable[..., None]) -> None:
    checks = Checks()
    lines = scim_demo.play("toy", f"{desk.base_url}/scim/v2", desk, checks, story)
    assert checks.failed == [], "\n".join(lines)
    assert len(checks.told) > 10


def test_a_stack_that_has_seen_the_demo_says_so(desk: Desk) -> None:
    checks = Checks()
    for _ in range(2):
        scim_demo.play("toy", f"{desk.base_url}/scim/v2", desk, checks, stories.entra)
    assert [told for told in checks.failed if "seen the demo before" not in told] == []
    assert len(checks.failed) == 1
