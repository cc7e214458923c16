"""Invitations where a team has identity providers: the link leads there, and the invitation goes with it (J3, J4)."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest

from tests.kit import GOOD_PASSWORD
from tests.sso_kit import connected

if TYPE_CHECKING:
    from rollcall.domain.sso_connections import SsoConnection
    from tests.kit import Answer, World

NORA = "nora@example.com"
BASE = "http://127.0.0.1:8000"


@pytest.fixture
def link(world: World) -> str:
    world.invite(NORA, send_password_email=True)
    return world.link(NORA)


def enforce(world: World, *, on: bool = True) -> None:
    world.rewrite(world.team(), sso_enforced=on)


def start(one: SsoConnection, link: str) -> str:
    return f"{BASE}/sso/{one.id}/start?invitation={link}"


def shown(one: SsoConnection, link: str) -> dict[str, str]:
    return {"id": one.id, "provider": one.provider.value, "name": one.name, "start": start(one, link)}


def inspect(world: World, link: str) -> Any:
    return world.call("POST", "/v1/invitations/inspect", {"token": link}).json


def text(page: Answer) -> str:
    return unescape(page.body.decode()).partition("</style>")[2]


def buttons(page: Answer) -> list[str]:
    """Return where the buttons of providers lead."""
    return re.findall(r'<a class="button" href="([^"]*)">Continue with', text(page))


def press(world: World, link: str, **fields: str) -> Answer:
    return world.post_form(f"/i/{link}", urlencode(fields))


# ---------------------------------------------------------------- the API


@pytest.mark.parametrize("password", [GOOD_PASSWORD, None])
def test_case_110_under_enforcement_accepting_says_where_to_start_with_the_invitation(
    world: World, link: str, password: str | None
) -> None:
    okta, google = connected(world, name="Okta"), connected(world, name="Google")
    connected(world, name="Off", enabled=False)
    connected(world, world.globex, name="Theirs")
    enforce(world)
    with world.unchanged():
        refused = world.accept(link, password=password)
    assert (refused.status, refused.code) == (409, "sso_required")
    assert refused.json["start"] == start(okta, link)
    assert refused.json["providers"] == [shown(okta, link), shown(google, link)]
    enforce(world, on=False)
    assert world.accept(link).status == 201


def test_case_110_without_a_connection_the_start_is_the_sign_in_page(world: World, link: str) -> None:
    connected(world, enabled=False, worked=False)
    enforce(world)
    refused = world.accept(link)
    assert (refused.json["start"], refused.json["providers"]) == ("/t/acme", [])


def test_inspecting_tells_the_providers_whether_or_not_sso_is_enforced(world: World, link: str) -> None:
    assert inspect(world, link)["providers"] == []
    one = connected(world)
    for enforced in (False, True):
        enforce(world, on=enforced)
        seen = inspect(world, link)
        assert (seen["sso_required"], seen["needs_password"]) == (enforced, not enforced)
        assert seen["providers"] == [shown(one, link)]


def test_a_dead_link_tells_no_provider(world: World, link: str) -> None:
    one = connected(world)
    enforce(world)
    (invitation,) = [row["id"] for row in _pending(world) if row["email"] == NORA]
    world.act("revoke", invitation)
    for dead in (link, f"{link[:-1]}0"):
        answer, page = world.accept(dead), world.call("GET", f"/i/{dead}")
        assert {answer.status, page.status} == {410}
        assert one.id.encode() not in answer.body + page.body


def _pending(world: World) -> list[Any]:
    return list(world.call("GET", "/v1/invitations?state=pending", token=world.acme.owner.pat).json["data"])


def test_the_providers_cost_the_holder_of_a_link_no_further_round_trip(world: World, link: str) -> None:
    connected(world)
    asked = {"X-Rollcall-Cost": "1"}
    page = world.call("GET", f"/i/{link}", headers=asked)
    seen = world.call("POST", "/v1/invitations/inspect", {"token": link}, headers=asked)
    joined = world.accept(link, headers=asked)
    assert [answer.cost["round_trips"] for answer in (page, seen, joined)] == [1, 1, 2]


# ---------------------------------------------------------------- the page


def test_case_110_under_enforcement_the_page_has_one_link_per_provider_and_no_password_field(
    world: World, link: str
) -> None:
    okta, google = connected(world, name="Okta"), connected(world, name="Google")
    enforce(world)
    with world.unchanged():
        page = world.call("GET", f"/i/{link}")
    assert (page.status, buttons(page)) == (200, [start(okta, link), start(google, link)])
    assert "<form" not in text(page)
    assert f"<strong>{NORA}</strong>" in text(page)


def test_case_110_a_form_that_was_open_when_sso_was_enforced_leads_there_too(world: World, link: str) -> None:
    one = connected(world)
    enforce(world)
    with world.unchanged():
        page = press(world, link, name="Nora New", password=GOOD_PASSWORD)
    assert (page.status, buttons(page), "<form" in text(page)) == (409, [start(one, link)], False)


def test_without_enforcement_the_page_has_the_form_and_the_links(world: World, link: str) -> None:
    one = connected(world)
    page = world.call("GET", f"/i/{link}")
    assert (buttons(page), 'name="password"' in text(page)) == ([start(one, link)], True)
    again = press(world, link, name="Nora New", password="short")
    assert (again.status, buttons(again)) == (400, [start(one, link)])
    assert press(world, link, name="Nora New", password=GOOD_PASSWORD).status == 201


def test_whoever_is_signed_in_as_the_invitee_has_both_as_well(world: World, link: str) -> None:
    one = connected(world)
    world.invite(NORA, by=world.globex.owner)
    session = world.accept(world.link(NORA)).json["session"]["token"]
    page = world.call("GET", f"/i/{link}", headers={"cookie": f"__Host-rollcall={session}"})
    assert (page.status, buttons(page), "<form" in text(page)) == (200, [start(one, link)], True)


# ---------------------------------------------------------------- inviting, as rule J3 has it


def test_with_sso_set_up_inviting_asks_for_no_password_unless_told_to(world: World) -> None:
    assert world.invite("first@example.com")["send_password_email"] is True
    connected(world)
    made = world.invite("second@example.com")
    assert (made["send_password_email"], made["warnings"]) == (False, [])
    assert world.invite("third@example.com", send_password_email=True)["send_password_email"] is True
    token = world.link("second@example.com")
    assert inspect(world, token)["needs_password"] is False
    assert world.accept(token, password=GOOD_PASSWORD).pointers == ["/password"]


def test_under_enforcement_a_password_letter_is_refused_one_by_one_and_in_bulk(world: World) -> None:
    connected(world)
    enforce(world)
    who = {"role": "member", "products": {"all": True}, "send_password_email": True}
    with world.unchanged():
        one = world.call("POST", "/v1/invitations", {"email": NORA, **who}, token=world.acme.owner.pat)
        many = world.call("POST", "/v1/invitations/bulk", {"emails": [NORA], **who}, token=world.acme.owner.pat)
    assert {(answer.status, *answer.pointers) for answer in (one, many)} == {(400, "/send_password_email")}
    assert world.invite(NORA)["send_password_email"] is False
