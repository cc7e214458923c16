"""Guesses at the same instant: budgets are taken from by conditional writes, so no more pass (case 12)."""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import TYPE_CHECKING

import pytest

from rollcall.actions import budgets
from rollcall.auth import passwords
from rollcall.storage import keys, marks
from tests.ministack.network import at_once
from tests.values import NOW

if TYPE_CHECKING:
    from tests.kit import World
    from tests.ministack.network import Network

pytestmark = pytest.mark.ministack


def test_case_012_of_fifty_wrong_passwords_at_once_at_most_ten_are_evaluated(
    world: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    evaluated: list[str] = []
    real = passwords.verify

    def verify(password: str, stored: str | None) -> bool:
        evaluated.append(password)
        return real(password, stored)

    monkeypatch.setattr(passwords, "verify", verify)
    path, email = f"/v1/teams/{world.acme.slug}/sessions", world.acme.member.email
    tries = [partial(world.call, "POST", path, {"email": email, "password": f"wrong {n}"}) for n in range(50)]
    statuses = Counter(answer.status for answer in at_once(*tries))
    assert statuses == {401: len(evaluated), 429: 50 - len(evaluated)}
    assert 0 < len(evaluated) <= budgets.TRIES_PER_MEMBER


def test_case_012_fifty_spenders_at_once_of_a_budget_of_ten_are_ten(table: World) -> None:
    del table
    key = keys.throttle("member", "somebody", 1)
    assert Counter(at_once(*[partial(marks.spend, key, 10, NOW)] * 50)) == {True: 10, False: 40}
