"""The stack on MiniStack behind its HTTP server, once, in a process where no moto runs; a fresh team for each test."""

from __future__ import annotations

import itertools
import os
import threading
from typing import TYPE_CHECKING

import boto3
import pytest

from infra.local import seed
from infra.local.server import Server
from infra.local.stack import Stack
from tests.kit import Person, TeamOf
from tests.ministack.network import Network

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CROWD = 3
_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Start MiniStack and serve the stack; letters go out when a test drains the stream."""
    with Server(0) as server:
        folder = tmp_path_factory.mktemp("dev")
        with Stack(backend="ministack", base_url=server.base_url, dev_folder=folder) as stack:
            server.answer = stack.call
            thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
            thread.start()
            yield stack
            server.shutdown()
            thread.join()


@pytest.fixture
def founded(served: Stack) -> Iterator[Callable[[int], Network]]:
    """Found teams of a given size, with owner, admin and member; afterwards put the clock back."""

    def found(size: int) -> Network:
        slug = f"team-{next(_numbers)}"
        told = seed._team(slug, slug.title(), size)
        roles = {role: Person(**told[role]) for role in ("owner", "admin", "member")}  # type: ignore[arg-type]
        return Network(served, {"acme": TeamOf(slug, **roles)})

    yield found
    os.environ["CLOCK_OFFSET_SECONDS"] = "0"
    for kind in "XL":
        key = {"PK": {"S": f"SWEEP#{kind}"}, "SK": {"S": "DAY"}}
        boto3.client("dynamodb").delete_item(TableName=os.environ["TABLE_NAME"], Key=key)


@pytest.fixture
def world(founded: Callable[[int], Network]) -> Network:
    """Hand out a team of its own: what the kit's tests call `world`, over HTTP and on MiniStack."""
    return founded(CROWD)
