"""The pages at /i/{token}: looking changes nothing, the button joins, and each state of a link has its own page."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest

from rollcall.domain.permissions import Role
from tests.kit import GOOD_PASSWORD

if TYPE_CHECKING:
    from tests.kit import Answer, World

NORA = "nora@example.com"


@pytest.fixture
def link(world: World) -> str:
    world.invite(NORA, role="admin", products={"only": ["trustgate"]})
    return world.link(NORA)


def look(world: World, link: str, method: str = "GET", **headers: str) -> Answer:
    return world.call(method, f"/i/{link}", headers=headers)


def press(world: World, link: str, **fields: str) -> Answer:
    return world.post_form(f"/i/{link}", urlencode(fields))


def text(page: Answer) -> str:
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    return unescape(page.body.decode())


def cookie(world: World, slug: str) -> dict[str, str]:
    """Sign in as a plain member and return the header of a browser that is."""
    who = world.teams[slug].member
    session = world.call("POST", f"/v1/teams/{slug}/sessions", {"email": who.email, "password": who.password})
    return {"cookie": f"__Host-rollcall={session.json['token']}"}


# ---------------------------------------------------------------- looking


def test_case_107_a_scanner_may_open_the_link_as_often_as_it_likes(world: World, link: str) -> None:
    with world.unchanged():
        opened = [look(world, link, method).status for _ in range(50) for method in ("GET", "HEAD")]
    assert set(opened) == {200}
    assert press(world, link, name="Nora New", password=GOOD_PASSWORD).status == 201


def test_case_107_head_answers_as_get_does_without_a_body(world: World, link: str) -> None:
    for token, status in ((link, 200), (link[:-1] + "0", 410)):
        head, get = look(world, token, "HEAD"), look(world, token)
        assert (head.status, head.body) == (status, b"")
        assert head.essence[1] == get.essence[1]


def test_the_page_says_who_invites_whom_where_to_as_what(world: World, link: str) -> None:
    page = text(look(world, link))
    for said in ("Olivia Owner", "Acme", "Admin", "TrustGate", NORA, "UTC"):
        assert said in page
    assert "TrustTest" not in page
    assert '<form method="post">' in page
    assert 'type="password"' in page
    assert 'type="text"' not in page
    assert 'type="text"' in text(world.call("GET", f"/i/{link}?show=1"))


def test_case_108_the_page_sends_its_token_nowhere_and_loads_nothing(world: World, link: str) -> None:
    for page in (look(world, link), press(world, link, name="", password="x")):
        assert page.headers["referrer-policy"] == "no-referrer"
        assert page.headers["cache-control"] == "no-store"
        assert page.headers["content-security-policy"].startswith("default-src 'none'; ")
        assert "script-src" not in page.headers["content-security-policy"]
        body = page.body.decode()
        assert link not in body
        assert not any(mark in body for mark in ("<script", "<img", "<iframe", "src=", "@import", "url(", "http-equiv"))


def test_without_the_password_letter_the_page_asks_for_a_name_only(world: World) -> None:
    world.invite(NORA, send_password_email=False)
    token = world.link(NORA)
    assert 'name="password"' not in text(look(world, token))
    with world.unchanged():
        assert press(world, token, name="Nora New", password=GOOD_PASSWORD).status == 400
    assert press(world, token, name="Nora New").status == 201


def test_signed_in_as_somebody_else_the_page_offers_to_switch(world: World, link: str) -> None:
    for slug in ("acme", "globex"):
        headers = cookie(world, slug)
        with world.unchanged():
            page = look(world, link, **headers)
            switched = world.call("GET", f"/i/{link}?switch=1", headers=headers)
        assert page.status == 409
        assert world.teams[slug].member.email in text(page)
        assert "<form" not in text(page)
        assert (switched.status, 'name="password"' in text(switched)) == (200, True)


def test_signed_in_as_the_invited_person_in_another_team_the_page_knows_the_name(world: World, link: str) -> None:
    world.invite(NORA, by=world.globex.owner)
    session = world.accept(world.link(NORA), "Nora of Globex").json["session"]["token"]
    page = look(world, link, cookie=f"__Host-rollcall={session}")
    assert page.status == 200
    assert 'value="Nora of Globex"' in text(page)


def test_a_cookie_that_is_no_longer_good_is_nobodys(world: World, link: str) -> None:
    assert look(world, link, cookie="__Host-rollcall=rc_ses_rubbish").status == 200
    assert look(world, link, cookie="__Host-rollcall=rc_ses_" + "0" * 93).status == 200


# ---------------------------------------------------------------- joining


def test_the_button_joins_with_one_event_and_leads_to_sign_in(world: World, link: str) -> None:
    with world.tells("invitation.accepted"):
        page = press(world, link, name="Nora New", password=GOOD_PASSWORD)
    assert page.status == 201
    assert "/t/acme" in text(page)
    assert "set-cookie" not in page.headers
    signed_in = world.call("POST", "/v1/teams/acme/sessions", {"email": NORA, "password": GOOD_PASSWORD})
    assert (signed_in.status, signed_in.json["member"]["role"]) == (201, "admin")


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"name": "Nora", "password": "too short"}, "at least 15 characters"),
        ({"name": "Nora", "password": "nora@example.com"}, "made of the team's or your own name"),
        ({"name": "Nora", "password": ""}, "Choose a password"),
        ({"name": "Nora"}, "Choose a password"),
        ({"name": " ", "password": GOOD_PASSWORD}, "must not be blank"),
        ({"password": GOOD_PASSWORD}, "1 to 100 characters"),
    ],
)
def test_case_109_what_is_wrong_is_said_beside_the_field_and_the_link_lives_on(
    world: World, link: str, fields: dict[str, str], said: str
) -> None:
    with world.unchanged():
        page = press(world, link, **fields)
    assert page.status == 400
    assert said in text(page)
    assert not any("value=" in field for field in re.findall(r'<input id="password"[^>]*>', text(page)))
    assert f'value="{fields.get("name", "")}"' in text(page)
    assert press(world, link, name="Nora New", password=GOOD_PASSWORD).status == 201


@pytest.mark.parametrize("field", ["email", "role", "products", "team", "token"])
def test_case_087_another_field_in_the_form_is_refused(world: World, link: str, field: str) -> None:
    with world.unchanged():
        assert press(world, link, name="Nora", password=GOOD_PASSWORD, **{field: "owner"}).status == 400
        assert world.post_form(f"/i/{link}", "name=A&name=B&password=" + "x" * 20).status == 400
        assert world.call("POST", f"/i/{link}", {"name": "Nora", "password": GOOD_PASSWORD}).status == 415


def test_case_113_what_is_typed_comes_back_as_text(world: World, link: str) -> None:
    page = press(world, link, name='"><img src=x onerror=alert(1)>', password="short")
    assert b"<img" not in page.body
    assert b"&lt;img" in page.body


# ---------------------------------------------------------------- dead links


def test_a_dead_link_says_why_to_its_holder(world: World) -> None:
    ids = {name: world.invite(f"{name}@example.com")["id"] for name in ("old", "gone", "in", "new")}
    tokens = {name: world.link(f"{name}@example.com") for name in ids}
    world.act("revoke", ids["gone"])
    world.accept(tokens["in"])
    world.act("resend", ids["new"])
    world.mails()
    pages = {name: look(world, tokens[name]) for name in ("gone", "in", "new")}
    world.advance(8 * 86400)
    pages["old"] = look(world, tokens["old"])
    assert {page.status for page in pages.values()} == {410}
    assert "Olivia Owner" in text(pages["old"])
    assert "expired" in text(pages["old"])
    assert "withdrawn" in text(pages["gone"])
    assert "already in Acme" in text(pages["in"])
    assert "newer link" in text(pages["new"])
    with world.unchanged():
        assert [press(world, token, name="N", password=GOOD_PASSWORD).status for token in tokens.values()] == [410] * 4


def test_an_unknown_link_says_only_that_it_may_have_been_cut(world: World, link: str) -> None:
    for token in (link[:-3], "nonsense", "x" * 300):
        page = look(world, token)
        assert page.status == 410
        assert "Check that you copied all of it" in text(page)
        assert "Acme" not in text(page)


def test_case_098_an_invitation_withdrawn_by_its_acceptance_says_so_on_the_page(world: World) -> None:
    world.invite(NORA, by=world.acme.admin, role="admin")
    token = world.link(NORA)
    world.rewrite(world.member(world.acme.admin.id), role=Role.MEMBER)
    with world.tells("invitation.revoked"):
        page = press(world, token, name="Nora", password=GOOD_PASSWORD)
    assert (page.status, "withdrawn" in text(page)) == (410, True)


def test_case_110_under_enforced_single_sign_on_the_page_leads_there_without_a_password_field(
    world: World, link: str
) -> None:
    world.rewrite(world.team(), sso_available=True, sso_enforced=True)
    page = look(world, link)
    assert page.status == 200
    assert "password" not in text(page).partition("</style>")[2].replace("no password is asked", "")
    assert 'href="http://127.0.0.1:8000/t/acme"' in text(page)
    with world.unchanged():
        assert press(world, link, name="Nora", password=GOOD_PASSWORD).status == 409
    world.rewrite(world.team(), sso_enforced=False)
    assert press(world, link, name="Nora", password=GOOD_PASSWORD).status == 201
