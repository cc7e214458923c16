"""Signing in and setting passwords while access is cut, over HTTP: nobody is left inside (CO, I1, I8)."""

from __future__ import annotations

import threading
import time
from functools import partial
from typing import TYPE_CHECKING

import pytest

from rollcall.storage import keys
from rollcall.storage.reads import read
from tests.kit import GOOD_PASSWORD
from tests.ministack.network import raced, rounds
from tests.operations import act_on, ask, authenticates, password_link, remove, set_password, sign_in, try_sign_in

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.kit import Answer, Person
    from tests.ministack.network import Network

pytestmark = pytest.mark.ministack

HOUR = 3600
OTHER_PASSWORD = "nobody has used this one"


def attempt(world: Network, who: Person, password: str | None = None) -> Answer:
    return try_sign_in(world, who.email, password or who.password)


def test_case_235_no_session_outlives_a_deactivation_whichever_came_first(world: Network) -> None:
    who = world.acme.member
    for number in rounds(8):
        world.advance(HOUR)  # a refused sign-in uses up a budget
        before = sign_in(world, who)
        entered, cut = raced(number, partial(attempt, world, who), partial(act_on, world, who.id, "deactivate"))
        assert cut.status == 200
        assert entered.status in {201, 401}
        assert not authenticates(world, before)
        if entered.status == 201:
            assert not authenticates(world, entered.json["token"])
        assert world.member(who.id).sessions == {}
        assert act_on(world, who.id, "reactivate").status == 200
        if entered.status == 201:
            assert not authenticates(world, entered.json["token"])
    assert len(world.events("member.deactivated")) == len(rounds(8))


def test_case_236_a_password_that_is_set_during_a_deactivation_lets_nobody_in(world: Network) -> None:
    who = world.acme.member
    right = who.password
    for number in rounds(6):
        world.advance(HOUR)
        before = attempt(world, who, right).json["token"]
        link, wanted = password_link(world, who.id), (GOOD_PASSWORD, OTHER_PASSWORD)[number % 2]
        done, cut = raced(
            number, partial(set_password, world, link, wanted), partial(act_on, world, who.id, "deactivate")
        )
        assert cut.status == 200
        assert (done.status, done.code) in {(204, None), (410, "link_unknown")}
        assert [attempt(world, who, password).status for password in (right, wanted)] == [401, 401]
        assert not authenticates(world, before)
        assert world.member(who.id).sessions == {}
        assert act_on(world, who.id, "reactivate").status == 200
        right = wanted if done.status == 204 else right
        assert set_password(world, link, "whoever still has the link").status == 410
    assert attempt(world, who, right).status == 201


def test_case_020_and_022_no_session_made_with_the_old_password_outlives_its_change(world: Network) -> None:
    who, right = world.acme.member, world.acme.member.password
    for number in rounds(6):
        world.advance(HOUR)
        mine = attempt(world, who, right).json["token"]
        wanted = (GOOD_PASSWORD, OTHER_PASSWORD)[number % 2]
        body = {"current_password": right, "new_password": wanted}
        entered, changed = raced(
            number, partial(attempt, world, who, right), partial(ask, world, "PUT", "/v1/me/password", body, mine)
        )
        assert changed.status == 204
        assert entered.status in {201, 401}
        if entered.status == 201:
            assert not authenticates(world, entered.json["token"])
        assert authenticates(world, mine)
        assert len(world.member(who.id).sessions) == 1
        assert [attempt(world, who, password).status for password in (right, wanted)] == [401, 201]
        right = wanted


def test_case_022_no_session_made_with_the_old_password_outlives_a_new_one_by_link(world: Network) -> None:
    who, right = world.acme.member, world.acme.member.password
    for number in rounds(6):
        world.advance(HOUR)
        link, wanted = password_link(world, who.id), (GOOD_PASSWORD, OTHER_PASSWORD)[number % 2]
        entered, done = raced(number, partial(attempt, world, who, right), partial(set_password, world, link, wanted))
        assert done.status == 204
        assert entered.status in {201, 401}
        if entered.status == 201:
            assert not authenticates(world, entered.json["token"])
        assert world.member(who.id).sessions == {}
        assert [attempt(world, who, password).status for password in (right, wanted)] == [401, 201]
        assert act_on(world, who.id, "revoke-sessions").status == 204
        right = wanted


def test_a_session_that_is_signed_out_during_a_change_of_password_stays_out(world: Network) -> None:
    who, right = world.acme.member, world.acme.member.password
    for number in rounds(6):
        mine, other = (attempt(world, who, right).json["token"] for _ in range(2))
        wanted = (GOOD_PASSWORD, OTHER_PASSWORD)[number % 2]
        body = {"current_password": right, "new_password": wanted}
        left, changed = raced(
            number,
            partial(ask, world, "DELETE", "/v1/sessions/current", None, mine),
            partial(ask, world, "PUT", "/v1/me/password", body, mine),
        )
        assert left.status == 204
        assert changed.status in {204, 401}
        assert not authenticates(world, mine)
        assert authenticates(world, other) is (changed.status == 401)
        right = wanted if changed.status == 204 else right
        assert act_on(world, who.id, "revoke-sessions").status == 204


CUTS: dict[str, tuple[Callable[[Network, str, str], Answer], bool]] = {
    "removal": (lambda world, member, _: remove(world, member), False),
    "deactivation": (lambda world, member, _: act_on(world, member, "deactivate"), False),
    "all sessions ended": (lambda world, member, _: act_on(world, member, "revoke-sessions"), True),
    "a new password by link": (lambda world, _, link: set_password(world, link, OTHER_PASSWORD), True),
}


@pytest.mark.parametrize("cut", CUTS)
def test_case_072_and_073_no_request_that_begins_after_the_answer_is_let_in(world: Network, cut: str) -> None:
    act, stays = CUTS[cut]
    for number in rounds(2):
        link = world.copied(world.invite(f"nora{number}@example.com")["id"])
        joined = world.accept(link).json
        member, session = joined["member"]["id"], joined["session"]["token"]
        reset = password_link(world, member)
        seen: list[tuple[float, int]] = []
        answered = threading.Event()
        clients = [threading.Thread(target=hammer, args=(world, session, answered, seen)) for _ in range(6)]
        for client in clients:
            client.start()
        while not seen:
            time.sleep(0.001)
        done = act(world, member, reset)
        moment = time.monotonic()
        answered.set()
        for client in clients:
            client.join()
        assert done.status in {200, 204}
        assert {status for begun, status in seen if begun > moment} == {401}
        assert {status for _, status in seen} <= {200, 401}
        assert (read([keys.member(world.acme.id, member)]).member(world.acme.id, member) is not None) is (
            stays or cut == "deactivation"
        )


def hammer(world: Network, session: str, answered: threading.Event, seen: list[tuple[float, int]]) -> None:
    """Ask on and on, and twice more after the answer, noting when each request began."""
    left = 2
    while left:
        left -= answered.is_set()
        begun = time.monotonic()
        seen.append((begun, ask(world, "GET", "/v1/me", None, session).status))
