"""Signing in through an identity provider: who is meant, what it links and voids, and what it refuses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.sso_kit import Browser, joining

if TYPE_CHECKING:
    from rollcall.domain.sso_connections import SsoConnection
    from tests.kit import World


def test_a_member_signs_in_by_a_proven_address_and_then_by_who_they_are(
    world: World, connection: SsoConnection
) -> None:
    browser = Browser(world)
    before = world.events()
    entered = browser.sign_in(connection, world.acme.member.email)
    assert {event["action"] for event in world.events()[len(before) :]} == {"session.opened", "member.linked_to_sso"}
    assert (entered.status, entered.headers["location"]) == (302, "http://127.0.0.1:8000/t/acme")
    me = world.call("GET", "/v1/me", token=browser.session)
    assert (me.status, me.json["id"]) == (200, world.acme.member.id)
    with world.tells("session.opened"):
        again = Browser(world).sign_in(connection, world.acme.member.email, email="moved@elsewhere.example.net")
    assert again.status == 302


def test_somebody_unknown_joins_just_in_time_where_the_team_lets_them(world: World, connection: SsoConnection) -> None:
    refused = Browser(world).sign_in(connection, "newcomer@acme.example.com")
    assert refused.status == 403
    assert b"no_membership" in refused.body
    joining(world, jit=True)
    browser = Browser(world)
    with world.tells("member.joined_by_sso"):
        assert browser.sign_in(connection, "newcomer@acme.example.com").status == 302
    me = world.call("GET", "/v1/me", token=browser.session).json
    assert (me["role"], me["role_source"], me["source"], me["products"]) == ("member", "mapping", "sso", {"only": []})
    assert me["email_verified"]
