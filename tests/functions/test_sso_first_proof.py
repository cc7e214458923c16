"""The first proof of an address (case 36): whatever somebody else has set up under it before is void from then on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from infra.local.toys.idp_requests import PUBLIC_CLIENT_ID
from tests.kit import GOOD_PASSWORD
from tests.operations import sign_in as by_password
from tests.sso_kit import Browser, connected, own_link

if TYPE_CHECKING:
    from infra.local.toys.idp import ToyIdp
    from rollcall.domain.sso_connections import SsoConnection
    from tests.kit import Answer, World

VICTIM = "victim@acme.example.com"
TRUDY = "trudy@elsewhere.example.net"


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
    told = world.events("member.linked_to_sso")[-1]["after"]
    assert (told["sessions_ended"], told["tokens_ended"]) == (1, 1)


def test_case_036_a_link_to_set_a_password_of_before_is_dead(world: World, connection: SsoConnection) -> None:
    member_id, _ = hijack(world)
    world.call("POST", "/v1/teams/acme/password-resets", {"email": VICTIM})
    token = world.link(VICTIM)
    assert Browser(world).sign_in(connection, VICTIM).status == 302
    completed = world.call("POST", "/v1/password-resets/complete", {"token": token, "password": "a phrase of another"})
    assert completed.status == 410
    assert world.member(member_id).password_hash is None


@pytest.mark.parametrize("same", [True, False], ids=["at this connection", "at another"])
def test_case_036_what_was_linked_before_is_linked_no_more_and_does_not_stand_in_the_way(
    world: World, connection: SsoConnection, idp: ToyIdp, *, same: bool
) -> None:
    """The trojan identifier: a subject of the attacker's own, tied to the victim's address."""
    member_id, session = hijack(world)
    theirs = connection if same else connected(world, issuer=idp.issuer, client_id=PUBLIC_CLIENT_ID, name="Other")
    attacker = Browser(world, session=session)
    assert attacker.sign_in(theirs, TRUDY, link=own_link(theirs, member_id)).status == 302
    assert Browser(world).sign_in(theirs, TRUDY).status == 302
    victim = Browser(world)
    assert victim.sign_in(connection, VICTIM).status == 302
    assert (me(world, victim.session), me(world, attacker.session)) == (200, 401)
    with world.unchanged():
        assert Browser(world).sign_in(theirs, TRUDY).status == 403
    assert len(world.member(member_id).subjects) == 1


def test_case_036_a_provider_that_does_not_verify_proves_nothing_and_voids_nothing(
    world: World, connection: SsoConnection
) -> None:
    _, session = hijack(world)
    with world.unchanged():
        assert Browser(world).sign_in(connection, VICTIM, email_verified="false").status == 403
    assert me(world, session) == 200


def test_case_036_who_has_proven_the_address_already_loses_nothing_by_signing_in(
    world: World, connection: SsoConnection
) -> None:
    member = world.acme.member
    assert world.member(member.id).email_verified
    session = by_password(world, member)
    assert Browser(world).sign_in(connection, member.email).status == 302
    assert (me(world, session), me(world, member.pat)) == (200, 200)
    assert by_password(world, member)


def test_the_first_proof_comes_with_whoever_links_the_right_account_too(
    world: World, connection: SsoConnection
) -> None:
    member_id, session = hijack(world)
    browser = Browser(world, session=session)
    assert browser.sign_in(connection, VICTIM, link=own_link(connection, member_id)).status == 302
    assert world.member(member_id).email_verified
    assert (enter(world).status, me(world, browser.session)) == (401, 200)


def test_case_020_a_link_to_a_new_password_is_dead_once_its_person_came_in_by_sso(
    world: World, connection: SsoConnection
) -> None:
    member = world.acme.member
    assert Browser(world).sign_in(connection, member.email).status == 302
    world.call("POST", "/v1/teams/acme/password-resets", {"email": member.email})
    token, version = world.link(member.email), world.member(member.id).version
    with world.tells("session.opened"):
        assert Browser(world).sign_in(connection, member.email).status == 302
    with world.unchanged():
        body = {"token": token, "password": "a phrase of another kind"}
        assert world.call("POST", "/v1/password-resets/complete", body).status == 410
    assert world.member(member.id).version == version
    assert by_password(world, member)
