"""SCIM tokens and domains made at the same instant, over HTTP: never three tokens, never two teams (I15, case 196)."""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import TYPE_CHECKING

import pytest

from rollcall import clock
from rollcall.actions.create_team import NewTeam, create_team
from rollcall.auth import passwords
from rollcall.http.schedule import system_call
from rollcall.mail.address import canonical
from tests.kit import GOOD_PASSWORD
from tests.ministack.network import at_once, codes, rounds
from tests.operations import ask, sign_in, try_sign_in

if TYPE_CHECKING:
    from tests.kit import Answer
    from tests.ministack.network import Network

pytestmark = pytest.mark.ministack

TOKENS = "/v1/team/scim-tokens"
DOMAINS = "/v1/team/domains"
TOGETHER = 10


def make(world: Network, session: str) -> Answer:
    return ask(world, "POST", TOKENS, {"name": "provider"}, session)


def test_ten_parallel_issues_make_exactly_two_scim_tokens(world: Network) -> None:
    session = sign_in(world, world.acme.owner)
    for _ in rounds(10):
        answers = at_once(*[partial(make, world, session)] * TOGETHER)
        told = Counter(codes(*answers))
        assert told[201, None] == 2
        assert told.keys() <= {(201, None), (409, "token_limit"), (409, "conflict"), (503, "unavailable")}
        listed = ask(world, "GET", TOKENS).json
        assert listed["total"] == 2
        for token in listed["data"]:
            assert ask(world, "DELETE", f"{TOKENS}/{token['id']}").status == 204
        assert ask(world, "GET", "/v1/team").json["scim_enabled"] is False


def test_case_196_of_two_teams_that_verify_a_domain_at_once_one_has_it(world: Network) -> None:
    owners = (world.acme.owner.pat, another_team(world))
    for number in rounds(10):
        name = f"race{number}.example.com"
        records = [ask(world, "POST", DOMAINS, {"domain": name}, owner).json["record"] for owner in owners]
        world.publish(records[0]["name"], *(record["value"] for record in records))
        answers = at_once(*(partial(verify, world, name, owner) for owner in owners))
        assert Counter(codes(*answers)) == {(200, None): 1, (409, "domain_taken"): 1}


def another_team(world: Network) -> str:
    """Found a team and return its owner's session."""
    address = canonical("amy@hooli.example")
    create_team(
        system_call(clock.now()), NewTeam("hooli", "Hooli", address, "Amy Lee", {}, passwords.hashed(GOOD_PASSWORD))
    )
    answer = try_sign_in(world, address.key, GOOD_PASSWORD, "hooli")
    assert answer.status == 201, answer.body
    return str(answer.json["token"])


def verify(world: Network, name: str, owner: str) -> Answer:
    return ask(world, "POST", f"{DOMAINS}/{name}/verify", None, owner)
