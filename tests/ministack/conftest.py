"""The stack on MiniStack behind its HTTP server, once, in a process where no moto runs; a fresh team for each test."""

from __future__ import annotations

import itertools
import os
import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from infra.local import seed
from infra.local.aws import TABLE_NAME
from infra.local.server import Server
from infra.local.stack import Stack
from rollcall import clock
from rollcall.domain.members import Status
from rollcall.storage import bulk, marks
from tests.kit import Person, TeamOf
from tests.ministack.network import Network, Stored, dynamodb

if TYPE_CHECKING:
    from collections.abc import Container, Iterator

    from tests.ministack.network import Founding

STAFF = 3
_numbers = itertools.count(1)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave these tests out of a run of everything, which starts moto: a process has one stack."""
    ours = [item for item in items if "served" in getattr(item, "fixturenames", ())]
    if not config.option.markexpr and len(ours) < len(items):
        for item in ours:
            item.add_marker(pytest.mark.skip(reason="needs a process of its own: make test-ministack"))


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
def founded(served: Stack, request: pytest.FixtureRequest) -> Iterator[Founding]:
    """Found teams of a given size, with owner, admin and member; afterwards put the clock back.

    One in fifteen of the others is deactivated, and those whose numbers are `asleep`.
    """

    def found(size: int, asleep: Container[int] = ()) -> Network:
        slug = f"team-{next(_numbers)}"
        told = seed._team(slug, slug.title(), STAFF)
        owner, admin, member = (Person(**told[role]) for role in ("owner", "admin", "member"))  # type: ignore[arg-type]
        served.drain()
        earlier = frozenset(mail.id for mail in served.mailbox.mails())
        world = Network(served, {"acme": TeamOf(slug, owner, admin, member)}, earlier=earlier)
        people = [
            replace(person, status=Status.DEACTIVATED) if number in asleep or number % 15 == 7 else person
            for number, person in enumerate(seed._crowd(world.team(), slug, size - STAFF))
        ]
        bulk.load(world.acme.id, people, first_free=STAFF)
        return world

    if not getattr(request.module, "KEEPS_THE_TABLE", False):
        _empty()  # also of what is counted by address: tests share people's, and one gets only so many letters a day
    for schedule in "XLT":
        marks.finished(schedule, clock.now())  # or the first sweep would look through two months
    yield found
    os.environ["CLOCK_OFFSET_SECONDS"] = "0"


@pytest.fixture
def table(served: Stack) -> Iterator[Stored]:
    """Hand out the table with nothing in it, as the tests of the storage floor want it."""
    _empty()
    yield Stored(served, {})
    _empty()


def _empty() -> None:
    pages = dynamodb().get_paginator("scan").paginate(TableName=TABLE_NAME, ProjectionExpression="PK, SK")
    keys = (key for page in pages for key in page["Items"])
    doomed = [{"DeleteRequest": {"Key": key}} for key in keys]
    for start in range(0, len(doomed), 25):
        dynamodb().batch_write_item(RequestItems={TABLE_NAME: doomed[start : start + 25]})


@pytest.fixture
def world(founded: Founding) -> Network:
    """Hand out a team of its own: what the kit's tests call `world`, over HTTP and on MiniStack."""
    return founded(STAFF)
