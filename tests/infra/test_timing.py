"""The campaign's statistics against figures worked out by hand; that it runs is the campaign's own affair."""

from __future__ import annotations

import random

import pytest

from infra.timing import mann_whitney


def test_two_samples_of_one_distribution_are_not_told_apart_and_shifted_ones_are() -> None:
    chance = random.Random(2)  # noqa: S311 the same each time
    one, other = ([chance.gauss(20, 2) for _ in range(500)] for _ in range(2))
    assert mann_whitney(one, other) > 0.01
    assert mann_whitney(one, [value + 1 for value in other]) < 0.001


@pytest.mark.parametrize(
    ("one", "other", "p"),
    [
        ([1, 2, 3, 4], [5, 6, 7, 8], 0.0209),
        ([1, 2, 3, 4], [1, 2, 3, 4], 1.0),
        ([1, 1, 1], [1, 1, 1], 1.0),
        ([1, 1, 2], [1, 2, 2], 0.4561),
    ],
)
def test_the_p_is_that_of_the_normal_approximation_with_shared_ranks(
    one: list[float], other: list[float], p: float
) -> None:
    """First: U = 0 of n = m = 4, z = 8 / sqrt(12). Last: ranks 2, 2, 5 against 2, 5, 5, two ties of three."""
    assert mann_whitney(one, other) == pytest.approx(p, abs=0.0005)
