"""Whole sign-ins through a provider that others wrote: it takes what our client sends, and we take what it answers."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

import pytest

from rollcall.auth import keyring, sealing
from rollcall.domain import sso_connections
from rollcall.domain.permissions import Actor, CredentialKind
from rollcall.storage.commit import commit
from tests.sso_kit import Browser, connected, joining, prove_domain

if TYPE_CHECKING:
    from rollcall.domain.sso_connections import SsoConnection
    from tests.kit import Answer, World
    from tests.oidc_provider.provider import Provider


@pytest.fixture(scope="module", autouse=True)
def people(provider: Provider) -> None:
    provider.register("http://127.0.0.1:8000/sso/callback")
    provider.person("mia", "member@acme.example.com", verified=True)
    provider.person("nico", "newcomer@acme.example.com", verified=True)
    provider.person("nils", "nils@acme.example.com", verified=True)
    provider.person("faye", "owner@acme.example.com", verified=False)
    provider.person("sue", "admin@acme.example.com")


@pytest.fixture
def connection(world: World, provider: Provider, monkeypatch: pytest.MonkeyPatch) -> SsoConnection:
    """Connect Acme, whose domain is proven, to the provider."""
    monkeypatch.setenv("SSO_LOCAL_ISSUERS", provider.issuer)
    prove_domain(world, "acme.example.com")
    made = connected(world, issuer=provider.issuer, client_id=provider.client_id, worked=False)
    return with_secret(world, made, provider.client_secret)


def with_secret(world: World, connection: SsoConnection, secret: str) -> SsoConnection:
    sealed = sealing.seal(keyring.connection_keys(), "client-secret", secret.encode(), connection.id, os.urandom)
    actor = Actor(connection.team_id, None, None, None, None, CredentialKind.SYSTEM)
    change, after = sso_connections.edit(connection, [connection], world.team(), actor, sealed_secret=sealed)
    commit(change)
    return after


def go(browser: Browser, provider: Provider, connection: SsoConnection, user: str, answer: str = "accept") -> str:
    """Leave, and sign in there; return where the provider leads the browser."""
    began = browser.start(connection)
    assert began.status == 302, began.body
    return provider.sign_in(began.headers["location"], user, answer)


def led(callback_url: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(callback_url).query))


def entered(world: World, provider: Provider, connection: SsoConnection, user: str) -> Answer:
    browser = Browser(world)
    assert browser.back(go(browser, provider, connection, user)).status == 302
    return world.call("GET", "/v1/me", token=browser.session)


def test_a_member_is_linked_once_and_then_known_by_who_they_are(
    world: World, provider: Provider, connection: SsoConnection
) -> None:
    before = {event["id"] for event in world.events()}
    me = entered(world, provider, connection, "mia")
    assert me.json["id"] == world.acme.member.id
    told = {event["action"] for event in world.events() if event["id"] not in before}
    assert told == {"session.opened", "member.linked_to_sso"}
    with world.tells("session.opened"):
        assert entered(world, provider, connection, "mia").json["id"] == me.json["id"]


def test_somebody_unknown_joins_just_in_time(world: World, provider: Provider, connection: SsoConnection) -> None:
    joining(world, jit=True)
    me = entered(world, provider, connection, "nico").json
    assert (me["email"], me["name"], me["source"]) == ("newcomer@acme.example.com", "Nico", "sso")


def test_somebody_invited_accepts_by_signing_in(world: World, provider: Provider, connection: SsoConnection) -> None:
    invitation = world.invite("newcomer@acme.example.com", role="admin")
    me = entered(world, provider, connection, "nico").json
    assert (me["role"], me["role_source"], me["source"]) == ("admin", "invitation", "invited")
    told = world.call("GET", f"/v1/invitations/{invitation['id']}", token=world.acme.owner.pat)
    assert told.json["state"] == "accepted"


@pytest.mark.parametrize("user", ["faye", "sue"])
def test_case_033_an_address_that_it_does_not_vouch_for_leads_to_nobody(
    world: World, provider: Provider, connection: SsoConnection, user: str
) -> None:
    browser = Browser(world)
    url = go(browser, provider, connection, user)
    with world.unchanged():
        refused = browser.back(url)
    assert (refused.status, b"no_membership" in refused.body) == (403, True)


def test_case_030_a_callback_that_is_opened_again_opens_no_second_session(
    world: World, provider: Provider, connection: SsoConnection
) -> None:
    browser = Browser(world)
    url = go(browser, provider, connection, "mia")
    twin = Browser(world, browser.attempt)
    assert browser.back(url).status == 302
    with world.unchanged():
        again = twin.back(url)
    assert (again.status, twin.session) == (401, None)


def test_case_030_a_code_of_another_browser_is_worth_nothing_in_this_one(
    world: World, provider: Provider, connection: SsoConnection
) -> None:
    """The provider sees that the code's challenge is not the one that this browser's verifier answers (RFC 7636)."""
    theirs, ours = Browser(world), Browser(world)
    code = led(go(theirs, provider, connection, "nico"))["code"]
    url = go(ours, provider, connection, "mia")
    with world.unchanged():
        injected = ours.back(url.replace(led(url)["code"], code))
    assert (injected.status, b"sso_failed" in injected.body) == (401, True)


def test_who_says_no_there_is_told_so_here(world: World, provider: Provider, connection: SsoConnection) -> None:
    browser = Browser(world)
    with world.unchanged():
        refused = browser.back(go(browser, provider, connection, "nils", "deny"))
    assert (refused.status, b"sso_denied" in refused.body) == (403, True)


def test_a_client_secret_that_it_does_not_take_signs_nobody_in(
    world: World, provider: Provider, connection: SsoConnection
) -> None:
    changed = with_secret(world, connection, "another")
    browser = Browser(world)
    url = go(browser, provider, changed, "mia")
    with world.unchanged():
        refused = browser.back(url)
    assert (refused.status, b"sso_failed" in refused.body) == (401, True)
