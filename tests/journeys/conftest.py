"""The scenes of the permission matrix, made once for every module that walks them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.scenes import Walk
from tests.toy_idp import serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.kit import World


@pytest.fixture(scope="session")
def scenes(seeded: World) -> Iterator[Walk]:
    with serving() as idp:
        yield Walk(seeded, idp.issuer)


@pytest.fixture(scope="module")
def walk(scenes: Walk) -> Iterator[Walk]:
    """Hand out the scenes with none on stage: other tests have had the table in between."""
    scenes.close()
    yield scenes
    scenes.close()
