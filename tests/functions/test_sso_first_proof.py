"""The first proof of an address (case 36): whatever somebody else has set up under it before is void from then on."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.kit import GOOD_PASSWORD
from tests.sso_kit import Browser

if TYPE_CHECKING:
    from rollcall.domain.sso_connections import SsoConnection
    from tests.kit import Answer, World

VICTIM = "victim@acme.example.com"
ANOTHER = "another@acme.example.com"


def hijack(world: World) -> tuple[str, str]:
    """Join under the victim's address by a copied link, which proves nothing; return the member and a session."""
    link = world.copied(world.invite(VICTIM)["id"])
    joined = world.accept(link, "Victor Victim")
    assert joined.status == 201, joined.body
    assert not joined.json["member"]["email_verified"]
    return joined.json["member"]["id"], joined.json["session"]["token"]


def enter(world: World, password: str = GOOD_PASSWORD) -> Answer:
    return world.call("POST", "/v1/teams/acme/sessions", {"email": VICTIM, "password": password})


def me(world: World, token: str | None) -> int:
    return world.call("GET", "/v1/me", token=token).status


def test_case_036_after_the_victims_first_sign_in_the_password_set_before_is_void(
    world: World, connection: SsoConnection
) -> None:
    member_id, _ = hijack(world)
    browser = Browser(world)
    assert browser.sign_in(connection, VICTIM).status == 302
    assert world.call("GET", "/v1/me", token=browser.session).json["id"] == member_id
    assert enter(world).status == 401
    assert world.member(member_id).email_verified


def test_case_036_a_session_and_a_token_of_before_are_over(world: World, connection: SsoConnection) -> None:
    _, session = hijack(world)
    pat = world.call("POST", "/v1/tokens", {"name": "left behind"}, token=session).json["secret"]
    assert (me(world, session), me(world, pat)) == (200, 200)
    assert Browser(world).sign_in(connection, VICTIM).status == 302
    assert (me(world, session), me(world, pat)) == (401, 401)
    told = json.loads(json.dumps(world.events("member.linked_to_sso")[-1]["after"]))
    assert (told["sessions_ended"], told["tokens_ended"]) == (1, 1)


def test_case_036_a_link_to_set_a_password_of_before_is_dead(world: World, connection: SsoConnection) -> None:
    member_id, _ = hijack(world)
    world.call("POST", "/v1/teams/acme/password-resets", {"email": VICTIM})
    token = world.link(VICTIM)
    assert Browser(world).sign_in(connection, VICTIM).status == 302
    completed = world.call("POST", "/v1/password-resets/complete", {"token": token, "password": "a phrase of another"})
    assert completed.status == 410
    assert world.member(member_id).password_hash is None
