"""Canaille, started once: what it stores belongs to the process, so every test has people of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.oidc_provider.provider import serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.oidc_provider.provider import Provider


@pytest.fixture(scope="session")
def provider() -> Iterator[Provider]:
    """Hand out the running provider."""
    with serving() as one:
        yield one
