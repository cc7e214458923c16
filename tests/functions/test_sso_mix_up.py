"""Whose answer a callback is (case 30): by `iss`, or else by an address that is the connection's own (RFC 9207)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

from infra.local.toys.idp import ToyIdp
from infra.local.toys.idp_requests import PUBLIC_CLIENT_ID
from tests.operations import ask
from tests.sso_kit import Browser, connected
from tests.toy_idp import sign_in

if TYPE_CHECKING:
    from rollcall.domain.sso_connections import SsoConnection
    from tests.kit import Answer, World

SHARED = "http://127.0.0.1:8000/sso/callback"
PATH = "/v1/team/sso-connections"
TELLS = "authorization_response_iss_parameter_supported"


def telling(monkeypatch: pytest.MonkeyPatch, *, tells: bool) -> None:
    """Let the provider's document say that its answers say whose they are, or not."""
    plain = ToyIdp._json

    def bent(one: ToyIdp, status: Any, path: str, told: Any, *more: Any) -> Any:
        return plain(one, status, path, {**told, TELLS: tells} if TELLS in told else told, *more)

    monkeypatch.setattr(ToyIdp, "_json", bent)


@pytest.fixture
def silent(world: World, idp: ToyIdp, connection: SsoConnection, monkeypatch: pytest.MonkeyPatch) -> SsoConnection:
    """One more connection, whose provider does not say who answers: its people come back to an address of its own."""
    del connection
    made = connected(world, name="Silent", issuer=idp.issuer, client_id=PUBLIC_CLIENT_ID, own_callback=True)
    telling(monkeypatch, tells=False)
    monkeypatch.setattr(idp, "_redirect_uris", frozenset({SHARED, f"{SHARED}/{made.id}"}))
    return made


def led(browser: Browser, connection: SsoConnection, person: str, **changed: str | None) -> str:
    """Go to the provider and back, as far as the address that it leads to; None takes a parameter away."""
    place = urlsplit(sign_in(browser.start(connection).headers["location"], person))
    told = {**dict(parse_qsl(place.query)), **changed}
    return f"{place.path}?{urlencode({name: value for name, value in told.items() if value is not None})}"


def refused(world: World, idp: ToyIdp, monkeypatch: pytest.MonkeyPatch, browser: Browser, url: str) -> None:
    """Come back and be refused, before the code is sent anywhere."""
    asked: list[Any] = []
    monkeypatch.setattr(idp, "_token", asked.append)
    with world.unchanged():
        answer: Answer = browser.back(url)
    assert (answer.status, b"sso_failed" in answer.body, asked) == (401, True, [])


def test_case_030_who_does_not_say_who_answers_leads_back_to_an_address_of_the_connections_own(
    world: World, silent: SsoConnection
) -> None:
    browser = Browser(world)
    url = led(browser, silent, world.acme.member.email, iss=None)
    assert url.startswith(f"/sso/callback/{silent.id}?")
    assert browser.back(url).status == 302
    assert ask(world, "GET", "/v1/me", None, browser.session).json["id"] == world.acme.member.id


@pytest.mark.parametrize("own", [True, False])
def test_case_030_a_code_that_another_connections_provider_sent_goes_nowhere(
    world: World,
    idp: ToyIdp,
    connection: SsoConnection,
    silent: SsoConnection,
    monkeypatch: pytest.MonkeyPatch,
    own: bool,
) -> None:
    """A hostile provider leads the browser on to an honest one: the answer then comes to the honest one's address."""
    begun, place = (silent, SHARED) if own else (connection, f"{SHARED}/{silent.id}")
    browser = Browser(world)
    query = urlsplit(led(browser, begun, world.acme.owner.email, iss=None)).query
    refused(world, idp, monkeypatch, browser, f"{urlsplit(place).path}?{query}")


def test_case_030_at_the_shared_address_who_answers_must_say_so(
    world: World, idp: ToyIdp, connection: SsoConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    for issuer in (None, "https://evil.example"):
        browser = Browser(world)
        url = led(browser, connection, world.acme.owner.email, iss=issuer)
        with monkeypatch.context() as within:
            refused(world, idp, within, browser, url)


@pytest.mark.parametrize("tells", [True, False])
def test_which_address_it_is_was_told_by_the_providers_own_document(
    world: World, idp: ToyIdp, monkeypatch: pytest.MonkeyPatch, tells: bool
) -> None:
    monkeypatch.setenv("SSO_LOCAL_ISSUERS", idp.issuer)
    telling(monkeypatch, tells=tells)
    body = {"provider": "oidc", "issuer": idp.issuer, "client_id": PUBLIC_CLIENT_ID}
    made = ask(world, "POST", PATH, body).json
    assert made["redirect_uri"] == (SHARED if tells else f"{SHARED}/{made['id']}")
    assert ask(world, "POST", f"{PATH}/{made['id']}/test").json["redirect_uri"] == made["redirect_uri"]
