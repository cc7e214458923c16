"""Break-glass codes used and replaced at the same instant, over HTTP: each opens one session at most (CO, C5)."""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import TYPE_CHECKING

import pytest

from rollcall.storage import keys
from rollcall.storage.reads import read
from tests.ministack.network import at_once, codes, raced, rounds
from tests.operations import act_on, ask, authenticates, second_owner, sign_in

if TYPE_CHECKING:
    from tests.kit import Answer
    from tests.ministack.network import Network

pytestmark = pytest.mark.ministack

TOGETHER = 4  # all of them within the tries of one address


def make(world: Network, session: str) -> Answer:
    return ask(world, "POST", "/v1/team/break-glass-codes", None, session)


def use(world: Network, code: str, email: str) -> Answer:
    return world.call("POST", f"/v1/teams/{world.acme.slug}/break-glass-sessions", {"email": email, "code": code})


def left(world: Network, owner: str) -> int:
    held = read([keys.break_glass(world.acme.id)]).break_glass(world.acme.id)
    return len(held.codes[owner].hashes) if held else 0


def test_case_043_of_those_who_use_one_code_at_once_one_comes_in(world: Network) -> None:
    who = world.acme.owner
    for number in rounds(10):
        code = make(world, sign_in(world, who)).json["codes"][0]
        answers = at_once(*[partial(use, world, code, who.email)] * TOGETHER)
        assert Counter(codes(*answers)) == {(201, None): 1, (401, "unauthenticated"): TOGETHER - 1}
        assert (left(world, who.id), len(world.events("break_glass.used"))) == (9, number + 1)
        world.advance(900)


def test_an_older_code_and_newer_ones_at_once_leave_ten_that_work_and_no_older_one(world: Network) -> None:
    who = world.acme.owner
    for number in rounds(10):
        session = sign_in(world, who)
        first, second = make(world, session).json["codes"][:2]
        used, made = raced(number, partial(use, world, first, who.email), partial(make, world, session))
        assert (used.status in {201, 401}, made.status) == (True, 201)
        assert left(world, who.id) == 10
        assert use(world, second, who.email).status == 401
        assert use(world, made.json["codes"][0], who.email).status == 201
        world.advance(900)


def test_a_code_and_the_deactivation_of_its_owner_leave_no_session(world: Network) -> None:
    member, session = second_owner(world)
    email = world.member(member).email
    some = make(world, session).json["codes"]
    assert use(world, some.pop(), email).status == 201
    for number, code in zip(rounds(8), some, strict=False):
        used, cut = raced(number, partial(use, world, code, email), partial(act_on, world, member, "deactivate"))
        assert (used.status in {201, 401}, cut.status) == (True, 200)
        assert used.status == 401 or not authenticates(world, used.json["token"])
        assert act_on(world, member, "reactivate").status == 200
        world.advance(900)
