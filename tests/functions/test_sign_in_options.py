"""The identity providers that a team's sign-in options and pages show, each a plain link to where it starts (J6)."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest

from rollcall.domain.sso_connections import Provider
from tests import seam
from tests.operations import sign_in
from tests.sso_kit import connected

if TYPE_CHECKING:
    from tests.kit import Answer, World

BASE = "http://127.0.0.1:8000"
OPTIONS = "/v1/teams/acme/sign-in-options"
HOSTILE = '"><img src=x onerror=alert(1)>'


@pytest.fixture(autouse=True)
def early(world: World) -> None:
    """Begin with whole windows."""
    world.early()


def options(world: World, slug: str = "acme") -> Any:
    answer = world.call("GET", f"/v1/teams/{slug}/sign-in-options")
    assert answer.status == 200, answer.body
    return answer.json


def text(page: Answer) -> str:
    return unescape(page.body.decode()).partition("</style>")[2]


def buttons(page: Answer) -> list[tuple[str, str]]:
    """Return where each provider's button leads, and what it says."""
    return re.findall(r'<a class="button" href="([^"]*)">Continue with ([^<]*)</a>', text(page))


def enter(world: World, password: str) -> Answer:
    return world.post_form("/t/acme", urlencode({"email": world.acme.member.email, "password": password}))


# ---------------------------------------------------------------- sign-in options


def test_a_team_without_providers_says_so(world: World) -> None:
    told = {"team": {"slug": "acme", "name": "Acme"}, "password": True, "sso_enforced": False, "providers": []}
    assert options(world) == told


def test_the_enabled_connections_of_this_team_are_told_oldest_first(world: World) -> None:
    okta = connected(world, name="Okta", provider=Provider.OKTA)
    connected(world, name="Off", enabled=False)
    google = connected(world, name="Google", provider=Provider.GOOGLE)
    connected(world, world.globex, name="Theirs")
    assert options(world)["providers"] == [
        {"id": one.id, "provider": kind, "name": name, "start": f"{BASE}/sso/{one.id}/start"}
        for one, kind, name in ((okta, "okta", "Okta"), (google, "google", "Google"))
    ]
    assert [one["name"] for one in options(world, "globex")["providers"]] == ["Theirs"]


def test_enforcement_and_closed_passwords_are_told(world: World) -> None:
    connected(world)
    world.rewrite(world.team(), sso_enforced=True)
    assert (options(world)["password"], options(world)["sso_enforced"]) == (False, True)
    world.rewrite(world.team(), sso_enforced=False, settings=replace(world.team().settings, passwords_enabled=False))
    assert (options(world)["password"], options(world)["sso_enforced"]) == (False, False)


def test_no_secret_of_a_connection_is_told(world: World) -> None:
    one = connected(
        world, sealed_secret="sealed-canary", client_id="client-canary", issuer="https://idp.canary.example"
    )
    for path in (OPTIONS, "/t/acme"):
        body = world.call("GET", path).body.decode()
        assert one.id in body
        assert "canary" not in body


@pytest.mark.parametrize("path", [OPTIONS, "/t/acme", "/t/acme/forgot"])
def test_the_providers_cost_no_further_round_trip(world: World, path: str) -> None:
    for _ in range(3):
        connected(world)
    costs = world.call("GET", path, headers={"X-Rollcall-Cost": "1"}).cost
    assert (costs["round_trips"], costs["calls"]) == (2, 3), costs


def test_there_is_no_team_for_nobodys_slug_and_for_a_deleted_team(world: World) -> None:
    session = sign_in(world, world.globex.owner, "globex")
    connected(world, world.globex)
    assert world.call("DELETE", "/v1/team", {"name": "Globex"}, token=session).status == 204
    answers = [world.call("GET", f"/v1/teams/{slug}/sign-in-options") for slug in ("globex", "no-such-team")]
    assert {answer.status for answer in answers} == {404}
    assert answers[0].essence == answers[1].essence


# ---------------------------------------------------------------- the page


def test_the_page_has_one_plain_link_per_provider_above_the_password(world: World) -> None:
    okta, google = connected(world, name="Okta"), connected(world, name="Google")
    connected(world, name="Off", enabled=False)
    with world.unchanged():
        page = world.call("GET", "/t/acme")
    assert buttons(page) == [(f"{BASE}/sso/{one.id}/start", one.name) for one in (okta, google)]
    assert text(page).index("Continue with Google") < text(page).index('name="password"')


@pytest.mark.parametrize("path", ["/t/acme", "/t/acme/forgot"])
@pytest.mark.parametrize("closed", ["sso enforced", "passwords off"])
def test_where_passwords_are_closed_there_are_only_the_links(world: World, path: str, closed: str) -> None:
    one = connected(world, name="Okta")
    settings = replace(world.team().settings, passwords_enabled=closed != "passwords off")
    world.rewrite(world.team(), sso_enforced=closed == "sso enforced", settings=settings)
    page = world.call("GET", path)
    assert (page.status, buttons(page)) == (200, [(f"{BASE}/sso/{one.id}/start", "Okta")])
    assert "<form" not in text(page)
    assert "password off" not in text(page)


def test_case_042_a_forgotten_password_is_asked_for_in_vain_without_a_word_where_sso_is_enforced(world: World) -> None:
    connected(world)
    world.rewrite(world.team(), sso_enforced=True)
    world.mails()
    asked = world.post_form("/t/acme/forgot", urlencode({"email": world.acme.member.email}))
    assert asked.status == 202
    assert world.mails(world.acme.member.email) == []


def test_whoever_is_signed_in_is_not_asked_again(world: World) -> None:
    connected(world)
    session = sign_in(world, world.acme.member)
    page = world.call("GET", "/t/acme", headers={"cookie": f"__Host-rollcall={session}"})
    assert buttons(page) == []
    assert "You are signed in" in text(page)


def test_a_refused_form_comes_back_with_the_providers(world: World) -> None:
    one = connected(world, name="Okta")
    for page in (enter(world, "not the password of anybody"), enter(world, "")):
        assert page.status in {400, 401}
        assert buttons(page) == [(f"{BASE}/sso/{one.id}/start", "Okta")]
    world.rewrite(world.team(), sso_enforced=True)
    page = enter(world, world.acme.member.password)
    assert (page.status, len(buttons(page)), "<form" in text(page)) == (401, 1, False)


def test_a_password_that_is_right_asks_nothing_about_providers(world: World) -> None:
    connected(world)
    with seam.seam() as seen:
        assert enter(world, world.acme.member.password).status == 303
    assert "Query" not in seen.calls
    with seam.seam() as seen:
        credentials = {"email": world.acme.member.email, "password": "not the password of anybody"}
        assert world.call("POST", "/v1/teams/acme/sessions", credentials).status == 401
    assert "Query" not in seen.calls


def test_case_201_a_connections_name_is_text(world: World) -> None:
    connected(world, name=HOSTILE)
    page = world.call("GET", "/t/acme").body
    assert b"<img" not in page
    assert b"&lt;img" in page
    assert options(world)["providers"][0]["name"] == HOSTILE
