"""A team that the operator creates: its owner gets a letter, sets a password once, and signs in."""

from __future__ import annotations

from datetime import timedelta
from html import unescape
from typing import TYPE_CHECKING

import pytest

from rollcall import clock
from rollcall.actions.create_team import NewTeam, create_team
from rollcall.auth import keyring, links
from rollcall.domain.errors import SlugTaken
from rollcall.domain.members import PasswordLink
from rollcall.http.schedule import system_call
from rollcall.mail.address import canonical
from tests.kit import GOOD_PASSWORD

if TYPE_CHECKING:
    from tests.kit import Answer, World

AMY = "amy@hooli.example"
PRODUCTS = {"nucleus": "Nucleus"}


@pytest.fixture
def link(world: World) -> str:
    """Create the team Hooli and return the token of its owner's letter."""
    with world.tells("team.created"):
        create_team(system_call(clock.now()), NewTeam("hooli", "Hooli", canonical(AMY), "Amy Lee", PRODUCTS))
    return world.link(AMY)


def sign_in(world: World, password: str = GOOD_PASSWORD) -> Answer:
    return world.call("POST", "/v1/teams/hooli/sessions", {"email": AMY, "password": password})


def complete(world: World, link: str, password: str = GOOD_PASSWORD) -> Answer:
    return world.call("POST", "/v1/password-resets/complete", {"token": link, "password": password})


def test_the_owner_of_a_new_team_sets_a_password_by_the_page_and_signs_in(world: World, link: str) -> None:
    (letter,) = world.mails(AMY)
    assert letter.links == (f"http://127.0.0.1:8000/reset/{link}",)
    assert "Hooli" in letter.text
    assert sign_in(world).status == 401

    with world.unchanged():
        pages = [world.call("GET", f"/reset/{link}") for _ in range(3)]
        assert world.call("HEAD", f"/reset/{link}").status == 200
    assert [page.status for page in pages] == [200, 200, 200]
    shown = pages[0].body.decode()
    assert ('autocomplete="username"' in shown, 'autocomplete="new-password"' in shown) == (True, True)
    assert (AMY in shown, link in shown) == (True, False)
    assert pages[0].headers["referrer-policy"] == "no-referrer"

    with world.tells("member.password_set"):
        done = world.post_form(f"/reset/{link}", "password=" + GOOD_PASSWORD.replace(" ", "+"))
    assert (done.status, "set-cookie" in done.headers) == (200, False)
    assert "/t/hooli?email=amy%40hooli.example" in unescape(done.body.decode())

    signed_in = sign_in(world)
    assert signed_in.status == 201
    me = world.call("GET", "/v1/me", token=signed_in.json["token"]).json
    assert (me["role"], me["email_verified"], me["name"]) == ("owner", True, "Amy Lee")
    notice = world.mails(AMY)[-1]
    assert len(world.mails(AMY)) == 2
    assert "/reset/" not in notice.text + notice.html


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("passwordpassword", "breached"),
        ("Nucleus 2026 !!", "context"),
        ("HooliHooliHooli", "context"),
        ("amy123456789012", "context"),
        ("qwertyuiopasdfg", "trivial"),
    ],
)
def test_case_006_a_password_that_is_guessed_first_leaves_the_link_alive(
    world: World, link: str, password: str, reason: str
) -> None:
    with world.unchanged():
        refused = complete(world, link, password)
    assert (refused.status, refused.pointers, refused.json["reason"]) == (400, ["/password"], reason)
    assert complete(world, link).status == 204


def test_the_link_is_dead_once_used_and_says_so_to_its_holder(world: World, link: str) -> None:
    assert complete(world, link).status == 204
    with world.unchanged():
        again = complete(world, link, "another phrase nobody has used")
        page = world.call("GET", f"/reset/{link}")
        posted = world.post_form(f"/reset/{link}", "password=another+phrase+nobody+has+used")
    assert (again.status, again.code) == (410, "link_used")
    assert (page.status, posted.status) == (410, 410)
    assert b"It was used already" in page.body
    assert (sign_in(world).status, sign_in(world, "another phrase nobody has used").status) == (201, 401)


@pytest.mark.parametrize("password", ["too short", "x" * 15, "amy@hooli.example", "123456789012345", ""])
def test_a_weak_password_leaves_the_link_alive(world: World, link: str, password: str) -> None:
    with world.unchanged():
        refused = complete(world, link, password)
        page = world.post_form(f"/reset/{link}", f"password={password}")
    assert (refused.status, refused.pointers) == (400, ["/password"])
    assert (page.status, b'<form method="post">' in page.body) == (400, True)
    assert complete(world, link).status == 204


def test_the_link_ends_with_its_time(world: World, link: str) -> None:
    world.advance(7 * 86400)
    with world.unchanged():
        refused = complete(world, link)
        page = world.call("GET", f"/reset/{link}")
    assert (refused.status, refused.code) == (410, "link_expired")
    assert (page.status, b"Hooli" in page.body) == (410, True)
    assert sign_in(world).status == 401


def test_a_link_of_another_kind_or_of_nobody_sets_no_password(world: World, link: str) -> None:
    world.invite("nora@example.com")
    others = [world.link("nora@example.com"), link[:-1] + ("0" if link[-1] != "0" else "1"), "x" * 100]
    with world.unchanged():
        answers = [complete(world, other) for other in others]
        pages = [world.call("GET", f"/reset/{other}") for other in others]
    assert {(answer.status, answer.code) for answer in answers} == {(410, "link_unknown")}
    assert all(page.essence == pages[0].essence for page in pages)
    assert b"Check that you copied all of it" in pages[0].body


def test_one_address_in_two_teams_has_two_passwords(world: World, link: str) -> None:
    create_team(system_call(clock.now()), NewTeam("piper", "Pied Piper", canonical(AMY), "Amy Lee", PRODUCTS))
    assert complete(world, world.link(AMY)).status == 204
    assert sign_in(world).status == 401
    assert complete(world, link, "another phrase nobody has used").status == 204
    login = {"email": AMY, "password": GOOD_PASSWORD}
    assert world.call("POST", "/v1/teams/piper/sessions", login).status == 201


def test_case_022_a_new_password_ends_sessions_keeps_tokens_and_makes_older_links_useless(world: World) -> None:
    mia, tokens = world.acme.member, []
    for generation in (1, 2):
        newest = PasswordLink(generation, clock.now() + timedelta(hours=1))
        world.rewrite(world.member(mia.id), password_link=newest)
        tokens.append(links.password_link(keyring.link_keys()[0], world.member(mia.id)))
    login = {"email": mia.email, "password": mia.password}
    sessions = [world.call("POST", "/v1/teams/acme/sessions", login).json["token"] for _ in range(3)]
    with world.unchanged():
        assert complete(world, tokens[0]).code == "link_replaced"
    assert complete(world, tokens[1]).status == 204
    assert [world.call("GET", "/v1/me", token=session).status for session in sessions] == [401] * 3
    assert world.call("GET", "/v1/me", token=mia.pat).status == 200
    assert world.call("POST", "/v1/teams/acme/sessions", login).status == 401
    with world.unchanged():
        assert [complete(world, token).status for token in tokens] == [410, 410]


def test_a_slug_is_taken_once(world: World, link: str) -> None:
    assert link
    with world.unchanged(), pytest.raises(SlugTaken):
        create_team(system_call(clock.now()), NewTeam("hooli", "Other", canonical("b@example.com"), "Bo", PRODUCTS))
