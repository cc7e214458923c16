"""A team that has used up what it may is refused, and the others are served: no throttle counts for everybody."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rollcall import clock
from rollcall.actions import quotas
from rollcall.actions.budgets import TRIES_PER_ADDRESS, TRIES_PER_MEMBER
from rollcall.actions.quotas import INVITATIONS_AN_HOUR
from rollcall.http.link_guesses import LINK_FAILURES
from rollcall.storage import marks
from tests.operations import ask, try_sign_in

if TYPE_CHECKING:
    from tests.kit import Answer, Person, TeamOf, World

NORA = "nora@example.com"
ATTACKER = "203.0.113.7"
SOMEBODY = "198.51.100.9"


@pytest.fixture(autouse=True)
def early(world: World) -> None:
    """Begin with whole windows."""
    world.early()


def marks_of(world: World) -> dict[str, str]:
    return {item["PK"]["S"]: item["n"]["N"] for item in world.items("RL#")}


def wrong_password(world: World, team: TeamOf, person: Person, address: str = ATTACKER) -> Answer:
    body = {"email": person.email, "password": "not the password at all"}
    return world.call("POST", f"/v1/teams/{team.slug}/sessions", body, address=address)


def exhaust(world: World) -> list[Answer]:
    """Let acme use up everything that is counted, and return its first refusals."""
    team, now = world.acme, clock.now()
    for person in (team.owner, team.admin):
        assert marks.spend(quotas.invitations(person.id, now), INVITATIONS_AN_HOUR, now, tries=INVITATIONS_AN_HOUR - 1)
        invited = ask(world, "POST", "/v1/invitations", {"email": f"by-{person.email}"}, person.pat).json["id"]
    for _ in range(TRIES_PER_MEMBER):
        assert wrong_password(world, team, team.member).status == 401
    for _ in range(LINK_FAILURES):
        assert world.call("GET", f"/i/{world.acme.owner.pat}", address=ATTACKER).status == 410
    assert world.act("resend", invited, team.owner).status == 200
    return [
        *(ask(world, "POST", "/v1/invitations", {"email": NORA}, by.pat) for by in (team.owner, team.admin)),
        ask(world, "POST", "/v1/invitations/bulk", {"emails": [NORA]}, team.owner.pat),
        wrong_password(world, team, team.member, SOMEBODY),
        world.call("GET", f"/i/{world.acme.owner.pat}", address=ATTACKER),
        world.act("resend", invited, team.owner),
    ]


def test_case_197_a_team_that_used_up_its_share_gets_429_and_another_is_served(world: World) -> None:
    assert [answer.status for answer in exhaust(world)] == [429] * 6
    theirs, team = marks_of(world), world.globex
    for by in (team.owner, team.admin):
        one = ask(world, "POST", "/v1/invitations", {"email": f"of-{by.email}"}, by.pat)
        assert one.status == 201
        assert world.act("resend", one.json["id"], by).status == 200
    assert ask(world, "POST", "/v1/invitations/bulk", {"emails": [NORA]}, team.owner.pat).status == 200
    link = world.link(NORA)
    assert world.accept(link, address=SOMEBODY).status == 201
    credentials = {"email": team.member.email, "password": team.member.password}
    assert world.call("POST", "/v1/teams/globex/sessions", credentials, address=SOMEBODY).status == 201
    assert {mark: count for mark, count in marks_of(world).items() if mark in theirs} == theirs


def test_case_197_the_members_of_a_refused_team_go_on_with_everything_else(world: World) -> None:
    exhaust(world)
    team = world.acme
    for path in ("/v1/members", "/v1/invitations", "/v1/me", "/v1/team", "/v1/audit-events"):
        assert ask(world, "GET", path, None, team.owner.pat).status == 200
    for person in (team.owner, team.admin):
        assert try_sign_in(world, person.email, person.password).status == 201


def test_case_197_people_behind_one_address_share_its_failures_and_no_others(world: World) -> None:
    """The address is all that is known of who guesses: that is shared, and told in docs/operate.md."""
    for number in range(TRIES_PER_ADDRESS):
        body = {"email": f"nobody{number}@example.com", "password": "not the password at all"}
        assert world.call("POST", "/v1/teams/acme/sessions", body, address=ATTACKER).status == 401
    member = world.globex.member
    credentials = {"email": member.email, "password": member.password}
    assert world.call("POST", "/v1/teams/globex/sessions", credentials, address=ATTACKER).status == 429
    assert world.call("POST", "/v1/teams/globex/sessions", credentials, address=SOMEBODY).status == 201
