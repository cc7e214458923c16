"""Enforcing single sign-on while others sign in or take its ways in away: nobody stays in, nobody is locked out."""

from __future__ import annotations

import threading
import time
from functools import partial
from typing import TYPE_CHECKING

import pytest

from rollcall.storage.sso_connections import sso_connections_of
from tests.ministack.network import raced, rounds
from tests.ministack.test_sign_in_races import HOUR, attempt, hammer
from tests.operations import ask, authenticates, sign_in
from tests.sso_kit import connected, session_via, trial_of

if TYPE_CHECKING:
    from rollcall.domain.sso_connections import SsoConnection
    from tests.kit import Answer
    from tests.ministack.network import Network

pytestmark = pytest.mark.ministack

CONNECTIONS = "/v1/team/sso-connections"


def switch(world: Network, session: str, on: bool) -> Answer:
    return ask(world, "PUT", "/v1/team/sso-enforcement", {"enforced": on}, session)


def disable(world: Network, connection: SsoConnection) -> Answer:
    return ask(world, "PATCH", f"{CONNECTIONS}/{connection.id}", {"enabled": False})


def test_cases_042_and_073_no_password_session_outlives_enforcement_whichever_came_first(world: Network) -> None:
    who, owner = world.acme.member, world.acme.owner.id
    connected(world, tested=trial_of(owner))
    for number in rounds(6):
        world.advance(HOUR)
        mine, before = session_via(world, owner, "sso"), sign_in(world, who)
        entered, done = raced(number, partial(attempt, world, who), partial(switch, world, mine, on=True))
        assert done.status == 200
        assert entered.status in {201, 401}
        made = [before, *([entered.json["token"]] if entered.status == 201 else [])]
        assert [authenticates(world, session) for session in made] == [False] * len(made)
        assert switch(world, mine, on=False).status == 200
        assert [authenticates(world, session) for session in made] == [False] * len(made), "released, and still dead"
        time.sleep(0.002)
        assert authenticates(world, sign_in(world, who))
        assert authenticates(world, mine)


def test_case_073_no_request_that_begins_after_the_answer_to_the_enforcement_is_let_in(world: Network) -> None:
    owner = world.acme.owner.id
    connected(world, tested=trial_of(owner))
    mine, session = session_via(world, owner, "sso"), sign_in(world, world.acme.member)
    seen: list[tuple[float, int]] = []
    answered = threading.Event()
    clients = [threading.Thread(target=hammer, args=(world, session, answered, seen)) for _ in range(6)]
    for client in clients:
        client.start()
    while not seen:
        time.sleep(0.001)
    done = switch(world, mine, on=True)
    moment = time.monotonic()
    answered.set()
    for client in clients:
        client.join()
    assert done.status == 200
    assert {status for begun, status in seen if begun > moment} == {401}
    assert {status for _, status in seen} <= {200, 401}


def test_of_two_ways_in_that_are_taken_at_once_one_stays(world: Network) -> None:
    owner = world.acme.owner.id
    for number in rounds(6):
        mine = session_via(world, owner, "sso")
        ways = [connected(world, tested=trial_of(owner)) for _ in range(2)]
        assert switch(world, mine, on=True).status == 200
        answers = raced(number, *(partial(disable, world, way) for way in ways))
        assert sorted((one.status, one.code) for one in answers) == [(200, None), (409, "sso_enforced")]
        assert sum(one.enabled for one in sso_connections_of(world.acme.id)) == 1
        assert switch(world, mine, on=False).status == 200
        for one in sso_connections_of(world.acme.id):
            assert ask(world, "DELETE", f"{CONNECTIONS}/{one.id}").status == 204


def test_enforcement_never_rests_on_a_connection_that_is_switched_off_at_that_moment(world: Network) -> None:
    owner = world.acme.owner.id
    for number in rounds(8):
        mine, way = session_via(world, owner, "sso"), connected(world, tested=trial_of(owner))
        done, off = raced(number, partial(switch, world, mine, on=True), partial(disable, world, way))
        assert {(done.status, done.code), (off.status, off.code)} in (
            {(200, None), (409, "sso_enforced")},
            {(200, None), (409, "sso_untested")},
        )
        if done.status == 200:
            assert switch(world, mine, on=False).status == 200
        assert ask(world, "DELETE", f"{CONNECTIONS}/{way.id}").status == 204
