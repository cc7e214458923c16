"""A sign-in through a provider while the table fails: it comes about whole, once, or not at all (I22, I33)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest

from tests import seam
from tests.sso_kit import Browser, joining, lasting_codes
from tests.toy_idp import sign_in

if TYPE_CHECKING:
    from collections.abc import Callable

    from infra.local.toys.idp import ToyIdp
    from rollcall.domain.sso_connections import SsoConnection
    from tests.kit import Answer, World

MIA, NICO = "member@acme.example.com", "newcomer@acme.example.com"
ACTIONS = {MIA: {"session.opened", "member.linked_to_sso"}, NICO: {"member.joined_by_sso"}}


@pytest.fixture(autouse=True)
def lasting(idp: ToyIdp, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the same address be come back at again, as a browser that is reloaded does."""
    lasting_codes(idp, monkeypatch)


def ready(world: World, connection: SsoConnection, person: str) -> Callable[[], Answer]:
    browser = Browser(world)
    back = sign_in(browser.start(connection).headers["location"], person)
    return partial(_again, world, browser.attempt, back)


def _again(world: World, attempt: str | None, back: str) -> Answer:
    return Browser(world, attempt).back(back)


def actions(world: World, before: set[str]) -> set[str]:
    return {event["action"] for event in world.events() if event["id"] not in before}


@pytest.mark.parametrize("person", [MIA, NICO])
def test_case_248_when_the_table_goes_at_any_call_nobody_is_half_inside(
    world: World, connection: SsoConnection, person: str
) -> None:
    joining(world, jit=True)
    come = ready(world, connection, person)
    before, made = {event["id"] for event in world.events()}, 0
    digest = world.digest()
    while True:
        with seam.seam(seam.after(made, seam.BEFORE)) as seen:
            answer = come()
        if len(seen.calls) <= made:
            break
        assert (answer.status, world.digest()) == (503, digest), made
        assert int(answer.headers["retry-after"]) >= 1
        made += 1
    assert (answer.status, actions(world, before)) == (302, ACTIONS[person])


@pytest.mark.parametrize("fault", [seam.BEFORE, seam.AFTER])
@pytest.mark.parametrize("person", [MIA, NICO])
def test_case_249_one_call_that_fails_or_whose_reply_is_lost_signs_in_once_all_the_same(
    world: World, connection: SsoConnection, person: str, fault: str
) -> None:
    joining(world, jit=True)
    for failing in range(1, 6):
        come = ready(world, connection, person)
        before = {event["id"] for event in world.events()}
        with seam.seam(seam.at(failing, fault)):
            answer = come()
        assert answer.status == 302, (failing, answer.body)
        expected = ACTIONS[person] if failing == 1 else {"session.opened"}
        assert actions(world, before) == expected
        with world.unchanged():
            assert come().status == 401


def test_case_252_conflicts_are_no_refusal_and_without_end_a_503(world: World, connection: SsoConnection) -> None:
    come = ready(world, connection, MIA)
    with world.unchanged(), seam.seam(lambda _n, name: "TransactionConflict" if "Write" in name else None):
        assert come().status == 503
    with seam.seam(seam.first(2, "TransactWriteItems", "TransactionConflict")):
        assert come().status == 302


def test_case_180_what_nobody_expected_is_a_500_that_tells_nothing(world: World, connection: SsoConnection) -> None:
    come = ready(world, connection, MIA)
    with world.unchanged(), seam.seam(lambda _n, _name: ZeroDivisionError("the inside")):
        answer = come()
    assert answer.status == 500
    assert b"inside" not in answer.body
