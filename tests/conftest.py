"""The seeded stack for the tests: one for the session, put back before each test."""

from __future__ import annotations

import gc
import os
from typing import TYPE_CHECKING

import pytest

from infra.local.aws import TABLE_NAME
from infra.local.stack import Stack
from rollcall.storage.table import Item
from tests.kit import World, worlds

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Item.Meta.table_name = TABLE_NAME  # read from the environment at import, which for tests is before there is a stack


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run what has a stack or emulator of its own first: there is one at a time, and the session's stays to the end."""
    items.sort(key=lambda item: "seeded" in getattr(item, "fixturenames", ()))


def pytest_collection_finish() -> None:
    """Look for garbage seldom, and not among what is loaded by now: it lives to the end of the run."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 10, 10)


@pytest.fixture(scope="session")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Start the local stack on moto, once."""
    folder: Path = tmp_path_factory.mktemp("dev")
    with Stack(dev_folder=folder) as stack:
        for world in worlds(stack):
            world.remember()
            yield world


@pytest.fixture
def world(seeded: World) -> Iterator[World]:
    """Hand out the seeded stack as it was at the start."""
    seeded.reset()
    yield seeded
    os.environ["CLOCK_OFFSET_SECONDS"] = "0"
