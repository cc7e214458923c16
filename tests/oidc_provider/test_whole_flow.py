"""The whole of single sign-on with a provider that others wrote, by requests alone: set up, tried, mapped, enforced."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.operations import ask, put_role, sign_in, try_sign_in
from tests.sso_kit import Browser, joining, prove_domain

if TYPE_CHECKING:
    from tests.kit import Answer, World
    from tests.oidc_provider.provider import Provider

PATH = "/v1/team/sso-connections"
ADMINS, STAFF = "rollcall-admins", "staff"


@pytest.fixture(scope="module", autouse=True)
def people(provider: Provider) -> None:
    """Have the owner and people with groups there; of `ada` and `ben` the groups change as tests go."""
    provider.register("http://127.0.0.1:8000/sso/callback")
    provider.person("olivia", "owner@acme.example.com", verified=True)
    provider.person("ada", "ada@acme.example.com", STAFF, ADMINS, verified=True)
    provider.person("ben", "ben@acme.example.com", STAFF, verified=True)


@pytest.fixture
def connection(world: World, provider: Provider, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Add the connection by the API, as an owner, with the client's secret."""
    monkeypatch.setenv("SSO_LOCAL_ISSUERS", provider.issuer)
    prove_domain(world, "acme.example.com")
    body = {"provider": "oidc", "name": "Canaille", "issuer": provider.issuer}
    secret = {"client_id": provider.client_id, "client_secret": provider.client_secret}
    added = ask(world, "POST", PATH, {**body, **secret})
    assert added.status == 201, added.body
    assert provider.client_secret not in added.body.decode()
    return added.json


def go(world: World, provider: Provider, start: str, user: str) -> tuple[Answer, Browser]:
    """Begin at an address that the service told, sign in there, come back."""
    browser = Browser(world)
    path = start.removeprefix("http://127.0.0.1:8000")
    began = browser.at(path)
    assert began.status == 302, began.body
    return browser.back(provider.sign_in(began.headers["location"], user)), browser


def me(world: World, browser: Browser) -> Any:
    return ask(world, "GET", "/v1/me", None, browser.session).json


def test_roles_follow_the_groups_until_somebody_gives_one_by_hand(
    world: World, provider: Provider, connection: Any
) -> None:
    start = connection["start_url"]
    assert go(world, provider, start, "ada")[0].status == 403, "nobody joins unless the team says so"
    joining(world, jit=True)
    mapping = {"mappings": [{"group": ADMINS, "role": "admin"}]}
    assert ask(world, "PUT", f"{PATH}/{connection['id']}/role-mapping", mapping).status == 200
    ada, ben = (go(world, provider, start, user)[1] for user in ("ada", "ben"))
    assert [(me(world, one)["role"], me(world, one)["role_source"]) for one in (ada, ben)] == [
        ("admin", "mapping"),
        ("member", "mapping"),
    ]
    ids = [me(world, one)["id"] for one in (ada, ben)]
    put_role(world, ids[1], "admin")
    told = ask(world, "GET", f"/v1/members/{ids[1]}/explain").json["role"]
    assert told["candidates"][0] == {"source": "manual", "role": "admin", "wins": True}
    assert ask(world, "PUT", f"{PATH}/{connection['id']}/role-mapping", {"mappings": []}).status == 200
    again = [me(world, go(world, provider, start, user)[1])["role"] for user in ("ada", "ben")]
    assert again == ["member", "admin"], "lost with the group, kept where it was given by hand"
    cleared = ask(world, "DELETE", f"/v1/members/{ids[1]}/role-override")
    assert (cleared.json["role"], cleared.json["role_source"]) == ("member", "mapping")


def test_an_owner_tries_it_enforces_it_and_passwords_are_closed_until_they_are_opened_again(
    world: World, provider: Provider, connection: Any
) -> None:
    mia, owner = world.acme.member, world.acme.owner
    by_password, old = sign_in(world, owner), sign_in(world, mia)
    enforce = {"enforced": True}
    assert ask(world, "PUT", "/v1/team/sso-enforcement", enforce, by_password).code == "sso_untested"
    entered, browser = go(world, provider, connection["start_url"], "olivia")
    assert entered.status == 302
    assert ask(world, "PUT", "/v1/team/sso-enforcement", enforce, browser.session).json["enforced"]
    assert [ask(world, "GET", "/v1/me", None, one).status for one in (by_password, old, browser.session)] == [
        401,
        401,
        200,
    ]
    assert try_sign_in(world, owner.email, owner.password).status == 401
    invited = world.invite("ben@acme.example.com", role="admin")
    refused = world.accept(world.link("ben@acme.example.com"), password=None)
    assert (refused.status, refused.code) == (409, "sso_required")
    joined, ben = go(world, provider, refused.json["start"], "ben")
    assert (joined.status, me(world, ben)["role"], me(world, ben)["role_source"]) == (302, "admin", "invitation")
    assert ask(world, "GET", f"/v1/invitations/{invited['id']}").json["state"] == "accepted"
    assert ask(world, "DELETE", f"{PATH}/{connection['id']}").code == "sso_enforced"
    released = ask(world, "PUT", "/v1/team/sso-enforcement", {"enforced": False}, browser.session)
    assert (released.status, try_sign_in(world, owner.email, owner.password).status) == (200, 201)
    assert ask(world, "GET", "/v1/me", None, old).status == 401, "what ended stays ended"
