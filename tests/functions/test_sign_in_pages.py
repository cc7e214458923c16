"""The pages at /t/{slug}: signing in by the form gives the cookie, signing out takes it, a reset can be asked for."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html import unescape
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

import pytest

from rollcall.domain.members import Status
from tests import seam
from tests.kit import LINK
from tests.operations import ask, authenticates, sign_in
from tests.scenes import LONG_AGO

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.kit import Answer, Person, World

BASE = "http://127.0.0.1:8000"
COOKIE = "__Host-rollcall"
FORM = {"content-type": "application/x-www-form-urlencoded"}
OURS = {"origin": BASE, "sec-fetch-site": "same-origin"}
# What browsers send with a form of a page whose policy is no-referrer.
FROM_OUR_FORM = {"origin": "null", "sec-fetch-site": "same-origin"}
ELSEWHERE: tuple[Mapping[str, str], ...] = (
    {"origin": "https://evil.example"},
    {"origin": "null"},
    {"origin": "null", "sec-fetch-site": "cross-site"},
    {"origin": f"{BASE}.evil.example"},
    {"origin": BASE.replace("http", "https")},
    {"origin": BASE, "sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site"},
    {"sec-fetch-site": "cross-site"},
)
WRONG = "not the password of anybody"


@pytest.fixture(autouse=True)
def early(world: World) -> None:
    """Begin with whole windows."""
    world.early()


def enter(world: World, email: str, password: str, slug: str = "acme", **headers: str) -> Answer:
    form = urlencode({"email": email, "password": password}).encode()
    return world.call("POST", f"/t/{slug}", form, headers={**FORM, **headers})


def enter_as(world: World, who: Person, slug: str = "acme", **headers: str) -> str:
    """Sign in by the form and return the session that the cookie holds."""
    answer = enter(world, who.email, who.password, slug, **headers)
    assert answer.status == 303, answer.body
    return held(answer)


def held(answer: Answer) -> str:
    return str(answer.headers["set-cookie"]).partition(";")[0].removeprefix(f"{COOKIE}=")


def leave(world: World, session: str | None, slug: str = "acme", **headers: str) -> Answer:
    cookie = {"cookie": f"{COOKIE}={session}"} if session is not None else {}
    return world.call("POST", f"/t/{slug}/sign-out", b"", headers={**FORM, **cookie, **headers})


def forgot(world: World, email: str, slug: str = "acme", **headers: str) -> Answer:
    return world.call("POST", f"/t/{slug}/forgot", urlencode({"email": email}).encode(), headers={**FORM, **headers})


def look(world: World, path: str = "/t/acme", session: str | None = None) -> Answer:
    return world.call("GET", path, headers={"cookie": f"{COOKIE}={session}"} if session else {})


def since(world: World, before: list[dict[str, Any]]) -> set[tuple[str, str]]:
    """The events since then, each with whom it is about; those of one change have no order."""
    new = [event for event in world.events() if event["id"] not in {one["id"] for one in before}]
    return {(event["action"], event["target"]["id"]) for event in new}


def text(page: Answer) -> str:
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    return unescape(page.body.decode()).partition("</style>")[2]


def field(page: Answer, name: str) -> str:
    inputs: list[str] = re.findall(r"<input[^>]*>", page.body.decode())
    return next(found for found in inputs if f'name="{name}"' in found)


# ---------------------------------------------------------------- looking


def test_the_page_asks_for_address_and_password_and_changes_nothing(world: World) -> None:
    with world.unchanged():
        page, head = look(world), world.call("HEAD", "/t/acme")
    assert (page.status, head.status, head.body) == (200, 200, b"")
    assert head.essence[1] == page.essence[1]
    assert "Sign in to Acme" in text(page)
    assert 'autocomplete="username"' in field(page, "email")
    assert 'autocomplete="current-password"' in field(page, "password")
    assert 'href="/t/acme/forgot"' in text(page)


def test_the_address_of_a_link_is_filled_in_if_it_is_one_and_a_valid_one(world: World) -> None:
    page = look(world, "/t/acme?" + urlencode({"email": "Nora+x@Example.com"}))
    assert 'value="Nora+x@Example.com"' in unescape(field(page, "email"))
    assert 'href="?email=Nora%2Bx%40Example.com&show=1"' in text(page)
    assert "/t/acme/forgot?email=Nora%2Bx%40Example.com" in text(page)
    for odd in (
        "email=a@x.example&email=b@x.example",
        "email=",
        "email=" + quote("a@x.example,b@x.example"),
        "email=" + quote("<script>alert(1)</script>@x.example"),
        "email=" + quote('"><img src=x onerror=alert(1)>'),
        "email=" + quote("a@x.example\r\nset-cookie: x=y"),
        "email=%ff%00",
        "email=" + "a" * 4000 + "@x.example",
    ):
        for path in ("/t/acme", "/t/acme/forgot"):
            page = look(world, f"{path}?{odd}")
            assert (page.status, 'value=""' in field(page, "email")) == (200, True), odd
            assert "<img" not in page.body.decode()


def test_the_password_shows_as_typed_where_the_link_says_so(world: World) -> None:
    assert 'type="password"' in field(look(world), "password")
    assert 'type="text"' in field(look(world, "/t/acme?show=1"), "password")


def test_no_team_and_a_deleted_one_are_the_same_page(world: World) -> None:
    session = sign_in(world, world.globex.owner, "globex")
    assert ask(world, "DELETE", "/v1/team", {"name": "Globex"}, session).status == 204
    for path in ("", "/forgot"):
        pages = [look(world, f"/t/{slug}{path}", session) for slug in ("globex", "no-such-team")]
        assert [page.status for page in pages] == [404, 404]
        numbers = [page.headers["x-request-id"].encode() for page in pages]
        assert len({p.body.replace(n, b"") for p, n in zip(pages, numbers, strict=True)}) == 1
    who = world.globex.owner
    assert [enter(world, who.email, who.password, slug).status for slug in ("globex", "no-such-team")] == [404, 404]


@pytest.mark.parametrize(
    "slug",
    [
        "ACME",
        "acme ",
        "a" * 4096,
        "%00",
        "..",
        "acme\r\nset-cookie: x=y",
        "<script>",
        "\U0001f389",
        "-acme",
        "SLUG#acme",
    ],
)
def test_hostile_slugs_are_no_team_wherever_they_stand(world: World, slug: str) -> None:
    path = quote(slug, safe="")
    with world.unchanged():
        answers = [
            look(world, f"/t/{path}"),
            look(world, f"/t/{path}/forgot"),
            enter(world, "a@x.example", WRONG, path),
            forgot(world, "a@x.example", path),
            leave(world, None, path, **OURS),
        ]
    assert {answer.status for answer in answers} == {404}
    assert not any("set-cookie" in answer.headers or "location" in answer.headers for answer in answers)
    assert not any(b"<script" in answer.body for answer in answers)


def test_a_team_without_passwords_says_so(world: World) -> None:
    ask(world, "PATCH", "/v1/team/settings/passwords", {"enabled": False})
    who = world.acme.member
    with world.unchanged():
        pages = [look(world), look(world, "/t/acme/forgot"), enter(world, who.email, who.password)]
    assert [page.status for page in pages] == [200, 200, 401]
    for page in pages:
        assert "switched signing in by password off" in text(page)
        assert "<form" not in text(page)


# ---------------------------------------------------------------- signing in


def test_case_067_the_form_gives_a_cookie_that_only_our_own_origin_holds(world: World) -> None:
    who = world.acme.member
    with world.tells("session.opened"):
        entered = enter(world, who.email, who.password, **FROM_OUR_FORM)
    assert (entered.status, entered.headers["location"], entered.body) == (303, f"{BASE}/t/acme", b"")
    cookie = entered.headers["set-cookie"]
    assert len(cookie) < 4096
    name, *attributes = cookie.split("; ")
    assert name.startswith(f"{COOKIE}=rc_ses_")
    limit = world.team().settings.session_absolute_hours * 3600
    *flags, age = attributes
    assert flags == ["Path=/", "Secure", "HttpOnly", "SameSite=Lax"]
    assert age in {f"Max-Age={limit}", f"Max-Age={limit - 1}"}
    assert look(world, "/v1/me", held(entered)).json["id"] == who.id


def test_case_066_a_new_id_always_and_the_session_that_came_along_ends(world: World) -> None:
    who = world.acme.member
    chosen, other = sign_in(world, who), sign_in(world, who)
    before = world.events()
    session = enter_as(world, who, cookie=f"{COOKIE}={chosen}")
    assert session != chosen
    assert since(world, before) == {("session.opened", who.id), ("session.ended", who.id)}
    assert [authenticates(world, one) for one in (chosen, other, session)] == [False, True, True]


def test_case_066_the_session_of_somebody_else_or_of_another_team_ends_too(world: World) -> None:
    for whose, slug in ((world.acme.admin, "acme"), (world.globex.member, "globex")):
        stranger, before = sign_in(world, whose, slug), world.events()
        session = enter_as(world, world.acme.member, cookie=f"{COOKIE}={stranger}", **OURS)
        told = {("session.opened", world.acme.member.id), ("session.ended", whose.id)}
        assert since(world, before) == told
        assert (authenticates(world, stranger), authenticates(world, session)) == (False, True)
        assert look(world, "/v1/me", session).json["id"] == world.acme.member.id


def test_case_066_what_came_along_and_is_no_live_session_is_nothing(world: World) -> None:
    who = world.acme.member
    ended = sign_in(world, who)
    ask(world, "DELETE", "/v1/sessions/current", None, ended)
    for text_ in (ended, who.pat, "rubbish", "", "rc_ses_" + "0" * 93):
        with world.tells("session.opened"):
            assert held(enter(world, who.email, who.password, cookie=f"{COOKIE}={text_}")) != text_
    assert authenticates(world, who.pat)


def test_case_066_at_the_cap_the_session_that_came_along_makes_the_room(world: World) -> None:
    world.rewrite(world.team(), settings=replace(world.team().settings, sessions_max=3))
    first, second, third = (sign_in(world, world.acme.member) for _ in range(3))
    fourth = enter_as(world, world.acme.member, cookie=f"{COOKIE}={third}")
    assert [authenticates(world, one) for one in (first, second, third, fourth)] == [True, True, False, True]


def test_a_wrong_password_ends_nothing(world: World) -> None:
    session = sign_in(world, world.acme.member)
    with world.unchanged():
        refused = enter(world, world.acme.member.email, WRONG, cookie=f"{COOKIE}={session}")
    assert (refused.status, "set-cookie" in refused.headers, authenticates(world, session)) == (401, False, True)


def test_case_001_whoever_may_not_gets_the_same_page_with_the_address_and_without_the_password(world: World) -> None:
    admin = world.acme.admin
    world.rewrite(world.member(admin.id), status=Status.DEACTIVATED)
    tries = [
        ("nobody@acme.example.com", WRONG),
        (world.acme.member.email, WRONG),
        (admin.email, admin.password),
        ("person1@acme.example.com", WRONG),
    ]
    with world.unchanged():
        pages = {email: enter(world, email, password) for email, password in tries}
    assert {page.status for page in pages.values()} == {401}
    assert all("The address or the password is not right." in text(page) for page in pages.values())
    assert all(f'value="{email}"' in field(page, "email") for email, page in pages.items())
    assert not any("value=" in field(page, "password") or WRONG in text(page) for page in pages.values())
    blank = {text(page).replace(email, "").replace(quote(email), "") for email, page in pages.items()}
    assert len(blank) == 1


def test_case_001_each_of_them_costs_the_same_work(world: World) -> None:
    costs = set()
    for email in (world.acme.member.email, "nobody@acme.example.com", "person1@acme.example.com"):
        with seam.seam() as seen:
            assert enter(world, email, WRONG).status == 401
        costs.add(tuple(seen.calls))
    assert len(costs) == 1


def test_case_009_the_form_has_no_tries_of_its_own(world: World) -> None:
    who = world.acme.member
    for _ in range(5):
        assert enter(world, who.email, WRONG).status == 401
        body = {"email": who.email, "password": WRONG}
        assert world.call("POST", "/v1/teams/acme/sessions", body).status == 401
    refused = enter(world, who.email, who.password)
    assert (refused.status, int(refused.headers["retry-after"]) > 0) == (429, True)
    assert re.search(r"Too many tries\. Wait \d+ (second|minute)s?, then try again\.", text(refused))
    assert f'value="{who.email}"' in field(refused, "email")


@pytest.mark.parametrize(
    ("email", "password", "flawed"),
    [("", "", ["email", "password"]), ("nobody", WRONG, ["email"]), ("a@x.example", "", ["password"])],
)
def test_what_cannot_be_an_address_or_a_password_is_said_beside_the_field(
    world: World, email: str, password: str, flawed: list[str]
) -> None:
    with world.unchanged():
        page = enter(world, email, password)
    assert page.status == 400
    assert re.findall(r'aria-describedby="(\w+)-reason"', page.body.decode()) == flawed
    assert f'value="{email}"' in field(page, "email")


def test_case_201_what_is_typed_comes_back_as_text(world: World) -> None:
    odd = '"><img src=x onerror=alert(1)>{{7*7}}'
    for page in (enter(world, odd, WRONG), forgot(world, odd)):
        assert page.status == 400
        assert b"<img" not in page.body
        assert b"&lt;img" in page.body
        assert "{{7*7}}" in text(page)


def test_another_field_a_field_twice_or_another_media_type_is_refused(world: World) -> None:
    who = world.acme.member
    form = urlencode({"email": who.email, "password": who.password})
    with world.unchanged():
        for more in ("&team=globex", "&role=owner", f"&email={who.email}"):
            assert world.post_form("/t/acme", form + more).status == 400
        for media in ("text/plain", "application/json", "multipart/form-data; boundary=x", ""):
            sent = world.call("POST", "/t/acme", form.encode(), headers={"content-type": media})
            assert sent.status == 415


@pytest.mark.parametrize("headers", ELSEWHERE)
def test_case_077_another_site_signs_nobody_in_and_asks_for_nothing(world: World, headers: Mapping[str, str]) -> None:
    who = world.acme.member
    with world.unchanged():
        pages = [enter(world, who.email, who.password, **headers), forgot(world, who.email, **headers)]
    for page in pages:
        assert (page.status, "set-cookie" in page.headers) == (403, False)
        assert "sent by another site" in text(page)


# ---------------------------------------------------------------- signed in, and out


def test_who_is_signed_in_is_told_as_whom_and_offered_to_sign_out(world: World) -> None:
    session = enter_as(world, world.acme.member)
    page = look(world, session=session)
    assert f"You are signed in as <strong>{world.acme.member.email}</strong>" in text(page)
    assert '<form method="post" action="/t/acme/sign-out">' in text(page)
    assert 'name="password"' in text(look(world, "/t/globex", session))
    world.advance(LONG_AGO.total_seconds())
    assert 'name="password"' in text(look(world, session=session))


def test_case_069_the_button_ends_the_session_and_takes_the_cookie_back(world: World) -> None:
    session, other = enter_as(world, world.acme.member), enter_as(world, world.acme.member)
    with world.tells("session.ended"):
        out = leave(world, session, **FROM_OUR_FORM)
    assert (out.status, out.headers["location"]) == (303, f"{BASE}/t/acme")
    assert out.headers["set-cookie"] == f"{COOKIE}=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0"
    assert [authenticates(world, one) for one in (session, other)] == [False, True]
    with world.unchanged():
        again = [leave(world, session, **OURS), leave(world, None, **OURS), leave(world, "rubbish", **OURS)]
    assert [answer.status for answer in again] == [303] * 3


@pytest.mark.parametrize("headers", [{}, *ELSEWHERE])
def test_case_077_only_our_own_page_signs_anybody_out(world: World, headers: Mapping[str, str]) -> None:
    """Not even without the cookie, which another site's form never brings: the answer would take it away."""
    session = enter_as(world, world.acme.member)
    with world.unchanged():
        refused = [leave(world, given, **headers) for given in (session, None, "rubbish")]
        assert look(world, "/t/acme/sign-out", session).status == 405
    assert [(answer.status, "set-cookie" in answer.headers) for answer in refused] == [(403, False)] * 3
    assert authenticates(world, session)


def test_signing_out_again_under_a_key_is_answered_alike(world: World) -> None:
    session = enter_as(world, world.acme.member)
    first = leave(world, session, **OURS, **{"idempotency-key": "once"})
    again = leave(world, session, **OURS, **{"idempotency-key": "once"})
    assert (first.status, again.status) == (303, 303)
    assert again.headers["location"] == first.headers["location"] == f"{BASE}/t/acme"
    assert again.headers["set-cookie"] == first.headers["set-cookie"]


# ---------------------------------------------------------------- a forgotten password


def test_case_013_asking_for_a_reset_is_answered_alike_whoever_is_asked_about(world: World) -> None:
    who = world.acme.member
    pages = [
        forgot(world, who.email, **FROM_OUR_FORM),
        forgot(world, "nobody@acme.example.com", **FROM_OUR_FORM),
        forgot(world, "person1@acme.example.com"),
        forgot(world, world.globex.member.email),
    ]
    assert [page.status for page in pages] == [202] * 4
    assert len({json.dumps(page.essence[:2]) + text(page) for page in pages}) == 1
    assert "we have mailed a link" in text(pages[0])
    assert f'href="{BASE}/t/acme"' in text(pages[0])
    unknown = forgot(world, who.email, "no-such-team")
    assert (unknown.status, text(unknown).replace("no-such-team", "acme")) == (202, text(pages[0]))
    assert [len(world.mails(email)) for email in (who.email, world.globex.member.email)] == [1, 0]
    assert LINK.search(world.mails(who.email)[0].text)


def test_case_017_the_page_for_a_reset_shares_its_budget_with_the_api(world: World) -> None:
    email = world.acme.member.email
    for _ in range(4):
        assert forgot(world, email).status == 202
        assert world.call("POST", "/v1/teams/acme/password-resets", {"email": email}).status == 202
    assert len(world.events("member.password_reset_requested")) == 5
