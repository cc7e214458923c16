"""An empty table for each test of the storage floor."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import pytest

from tests import kit

if TYPE_CHECKING:
    from tests.kit import World


@pytest.fixture
def table(seeded: World) -> World:
    """Hand out the emulated table with nothing in it; tests that want the seeded one put it back themselves."""
    kit._moto_table().items = defaultdict(dict)
    return seeded
