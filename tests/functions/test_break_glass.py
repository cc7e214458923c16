"""Break-glass codes: an owner's own way in, whatever else is closed, used once and never in silence (C5, case 43)."""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from html import unescape
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest

from rollcall.domain.members import Status
from rollcall.storage import keys, reads
from tests import seam
from tests.kit import GOOD_PASSWORD
from tests.operations import act_on, ask, authenticates, put_role, remove, second_owner, sign_in, transfer, try_sign_in

if TYPE_CHECKING:
    from tests.kit import Answer, World

CODE = re.compile(r"[0-9A-HJKMNP-TV-Z]{4}(?:-[0-9A-HJKMNP-TV-Z]{4}){5}")
WRONG = "0000-0000-0000-0000-0000-0000"
COOKIE = "__Host-rollcall"
BASE = "http://127.0.0.1:8000"
ELSEWHERE = "203.0.113.9"
FORM = {"content-type": "application/x-www-form-urlencoded"}


@pytest.fixture(autouse=True)
def early(world: World) -> None:
    """Begin with whole windows."""
    world.early()


def make(world: World, by: str | None = None, **headers: str) -> Answer:
    session = by or sign_in(world, world.acme.owner)
    return ask(world, "POST", "/v1/team/break-glass-codes", None, session, **headers)


def codes(world: World, by: str | None = None) -> list[str]:
    """Make codes and return them."""
    made = make(world, by)
    assert made.status == 201, made.body
    return list(made.json["codes"])


def use(world: World, code: str, email: str | None = None, slug: str = "acme", **more: Any) -> Answer:
    body = {"email": email or world.acme.owner.email, "code": code}
    return world.call("POST", f"/v1/teams/{slug}/break-glass-sessions", body, **more)


def press(world: World, code: str, email: str | None = None, slug: str = "acme", **headers: str) -> Answer:
    form = urlencode({"email": world.acme.owner.email if email is None else email, "code": code}).encode()
    return world.call("POST", f"/t/{slug}/break-glass", form, headers={**FORM, **headers})


def text(page: Answer) -> str:
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    return unescape(page.body.decode()).partition("</style>")[2]


def enforce(world: World) -> None:
    world.rewrite(world.team(), sso_enforced=True)


# ---------------------------------------------------------------- making them


def test_ten_codes_are_made_and_shown_once_with_one_event(world: World) -> None:
    session = sign_in(world, world.acme.owner)
    with world.tells("break_glass.codes_made"):
        made = make(world, session)
    assert (made.status, made.json["made_at"][-1]) == (201, "Z")
    assert len(set(made.json["codes"])) == 10
    assert all(CODE.fullmatch(code) for code in made.json["codes"])
    event = world.events("break_glass.codes_made")[-1]
    assert (event["target"]["id"], event["before"], event["after"]["codes"]) == (world.acme.owner.id, None, 10)
    assert not any(code in json.dumps(event) for code in made.json["codes"])


def test_making_them_again_voids_the_earlier_ones_and_nobody_elses(world: World) -> None:
    other, session = second_owner(world)
    theirs, first = codes(world, session), codes(world)
    second = codes(world)
    assert set(first).isdisjoint(second)
    assert use(world, first[0]).status == 401
    assert use(world, second[0]).status == 201
    assert use(world, theirs[0], world.member(other).email).status == 201
    event = world.events("break_glass.codes_made")[-1]
    assert (event["before"]["codes"], event["after"]["codes"]) == (10, 10)


def test_an_idempotency_key_makes_codes_once_and_never_shows_them_again(world: World) -> None:
    session = sign_in(world, world.acme.owner)
    first, second = (make(world, session, Idempotency_Key="k1") for _ in range(2))
    assert (first.status, second.status, second.code) == (201, 409, "already_issued")
    assert use(world, first.json["codes"][0]).status == 201


@pytest.mark.parametrize("who", ["admin", "member"])
def test_only_owners_make_them_and_only_in_a_fresh_session(world: World, who: str) -> None:
    session, owner = sign_in(world, getattr(world.acme, who)), sign_in(world, world.acme.owner)
    with world.unchanged():
        refused, by_token = make(world, session), make(world, world.acme.owner.pat)
        world.advance(601)
        stale = make(world, owner)
    assert (refused.status, refused.code) == (403, "forbidden")
    assert {(answer.status, answer.code) for answer in (by_token, stale)} == {(403, "step_up_required")}


def test_owners_who_make_them_at_once_both_get_codes_that_work(world: World) -> None:
    other, session = second_owner(world)
    by = {world.acme.owner.email: sign_in(world, world.acme.owner), world.member(other).email: session}
    with ThreadPoolExecutor(2) as pool:
        made = dict(zip(by, pool.map(lambda who: codes(world, who), by.values()), strict=True))
    assert [use(world, some[0], email).status for email, some in made.items()] == [201, 201]


def test_the_table_holds_hashes_alone_and_drops_those_of_former_owners(world: World) -> None:
    other, session = second_owner(world)
    shown = [*codes(world, session), *codes(world)]
    at_rest = json.dumps(world.items(), default=str)
    assert not any(code in at_rest or code.replace("-", "") in at_rest for code in shown)
    put_role(world, other, "admin")
    codes(world)
    held = reads.read([keys.break_glass(world.acme.id)]).break_glass(world.acme.id)
    assert held is not None
    assert held.codes.keys() == {world.acme.owner.id}


# ---------------------------------------------------------------- using them


def test_case_043_the_right_code_opens_a_session_with_one_event_and_a_letter_to_all_owners(world: World) -> None:
    other, _ = second_owner(world)
    code = codes(world)[0]
    enforce(world)
    world.mails()
    before = world.member(world.acme.owner.id).version
    with world.tells("break_glass.used"):
        opened = use(world, code)
    assert opened.status == 201
    assert opened.json.keys() == {"id", "token", "expires_at", "member"}
    assert opened.json["member"]["id"] == world.acme.owner.id
    assert authenticates(world, opened.json["token"])
    event = world.events("break_glass.used")[-1]
    assert (event["actor"]["id"], event["actor"]["credential"]["id"]) == (world.acme.owner.id, opened.json["id"])
    assert event["after"] == {"session": opened.json["id"], "via": "break_glass", "codes_left": 9}
    assert world.member(world.acme.owner.id).version == before
    told = {mail.to: mail for mail in world.mails() if "break-glass" in mail.subject}
    assert told.keys() == {world.acme.owner.email, world.member(other).email}
    for mail in told.values():
        assert world.acme.owner.email in mail.text
        assert "9 are left" in mail.text
        assert code not in mail.source


@pytest.mark.parametrize("closed", ["sso enforced", "passwords off", "neither"])
def test_a_code_works_whatever_else_is_closed(world: World, closed: str) -> None:
    code = codes(world)[0]
    settings = replace(world.team().settings, passwords_enabled=closed != "passwords off")
    world.rewrite(world.team(), sso_enforced=closed == "sso enforced", settings=settings)
    token = use(world, code).json["token"]
    assert authenticates(world, token)
    (session,) = [one for one in ask(world, "GET", "/v1/sessions", None, token).json["data"] if one["current"]]
    assert session["via"] == "break_glass"


def test_the_session_is_fresh_enough_for_what_an_owner_has_to_mend(world: World) -> None:
    code = codes(world)[0]
    enforce(world)
    assert make(world, use(world, code).json["token"]).status == 201


@pytest.mark.parametrize(
    "spelt",
    [
        str.lower,
        lambda code: code.replace("-", ""),
        lambda code: code.replace("-", " "),
        lambda code: f"  {code.lower()} ",
        lambda code: code.replace("0", "O").replace("1", "l"),
        lambda code: code.replace("0", "o").replace("1", "I"),
    ],
)
def test_a_code_may_be_typed_in_any_case_with_or_without_dashes(world: World, spelt: Any) -> None:
    assert use(world, spelt(codes(world)[0])).status == 201


def test_case_043_a_code_works_once(world: World) -> None:
    first, second, *_ = codes(world)
    assert use(world, first).status == 201
    with world.unchanged():
        again = use(world, first)
    assert (again.status, again.code) == (401, "unauthenticated")
    assert use(world, second).status == 201
    assert world.events("break_glass.used")[-1]["after"]["codes_left"] == 8


def test_case_043_of_two_who_use_one_code_at_once_one_comes_in(world: World) -> None:
    for code in codes(world)[:3]:
        with ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(lambda _, code=code: use(world, code).status, range(4)))
        assert sorted(answers) == [201, 401, 401, 401]
        world.advance(900)
    assert len(world.events("break_glass.used")) == 3


def test_two_codes_at_once_are_both_spent(world: World) -> None:
    some = codes(world)
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda code: use(world, code).status, some[:4])) == [201] * 4
    assert sorted(event["after"]["codes_left"] for event in world.events("break_glass.used")) == [6, 7, 8, 9]


# ---------------------------------------------------------------- who may not


def test_whoever_has_no_right_code_gets_one_answer_at_one_cost(world: World) -> None:
    """Wrong code, unknown address, unknown team, no owner, another team's code, no codes at all (I30)."""
    code, theirs = codes(world)[0], ask(world, "POST", "/v1/team/break-glass-codes", None, _globex(world)).json
    tries = [
        (WRONG, world.acme.owner.email, "acme"),
        ("rubbish\0", world.acme.owner.email, "acme"),
        (theirs["codes"][0], world.acme.owner.email, "acme"),
        (code, "nobody@acme.example.com", "acme"),
        (WRONG, world.acme.admin.email, "acme"),
        (code, world.acme.owner.email, "no-such-team"),
        (code, world.acme.owner.email, "globex"),
        (code, world.globex.owner.email, "globex"),
    ]
    costs, answers = set(), []
    with world.unchanged():
        for number, (typed, email, slug) in enumerate(tries):
            with seam.seam() as seen:
                answers.append(use(world, typed, email, slug, address=f"198.51.100.{number}"))
            costs.add(tuple(seen.calls))
    assert {answer.status for answer in answers} == {401}
    assert len({json.dumps(answer.essence, sort_keys=True) for answer in answers}) == 1
    assert costs == {("BatchGetItem", "BatchGetItem", "BatchGetItem", "UpdateItem")}


def _globex(world: World) -> str:
    return sign_in(world, world.globex.owner, "globex")


@pytest.mark.parametrize("who", ["admin", "member"])
def test_case_043_an_owners_code_with_the_address_of_somebody_else_is_forbidden_and_not_spent(
    world: World, who: str
) -> None:
    code = codes(world)[0]
    with world.unchanged():
        refused = use(world, code, getattr(world.acme, who).email)
    assert (refused.status, refused.code) == (403, "forbidden")
    assert use(world, code).status == 201


def test_an_owner_comes_in_by_their_own_codes_only(world: World) -> None:
    other, session = second_owner(world)
    code = codes(world)[0]
    codes(world, session)
    with world.unchanged():
        assert use(world, code, world.member(other).email).status == 401


def test_after_a_transfer_or_a_demotion_the_codes_are_dead(world: World) -> None:
    other, session = second_owner(world)
    given, demoted = codes(world)[0], codes(world, session)[0]
    email = world.member(other).email
    assert put_role(world, other, "admin").status == 200
    assert transfer(world, world.acme.admin.id, sign_in(world, world.acme.owner)).status == 200
    with world.unchanged():
        answers = [use(world, given), use(world, demoted, email)]
    assert {(answer.status, answer.code) for answer in answers} == {(403, "forbidden")}


def test_neither_reactivation_nor_promotion_brings_older_codes_back(world: World) -> None:
    other, session = second_owner(world)
    old, email = codes(world, session), world.member(other).email
    assert act_on(world, other, "deactivate").status == act_on(world, other, "reactivate").status == 200
    assert use(world, old[0], email).status == 401
    anew = codes(world, try_sign_in(world, email, GOOD_PASSWORD).json["token"])
    assert use(world, anew[0], email).status == 201
    assert put_role(world, other, "admin").status == put_role(world, other, "owner").status == 200
    assert use(world, anew[1], email).status == 401


def test_whoever_is_deactivated_or_removed_gets_the_answer_of_a_stranger(world: World) -> None:
    other, session = second_owner(world)
    code, email = codes(world, session)[0], world.member(other).email
    stranger = use(world, WRONG)
    world.rewrite(world.member(other), status=Status.DEACTIVATED)
    with world.unchanged():
        assert use(world, code, email).essence == stranger.essence
    world.rewrite(world.member(other), status=Status.ACTIVE)
    assert remove(world, other).status == 200
    with world.unchanged():
        assert use(world, code, email).essence == stranger.essence


def test_a_deleted_teams_codes_open_nothing(world: World) -> None:
    session = sign_in(world, world.acme.owner)
    code = codes(world, session)[0]
    assert ask(world, "DELETE", "/v1/team", {"name": "Acme"}, session).status == 204
    assert use(world, code).status == 401


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ({}, ["/code", "/email"]),
        ({"email": "amy@acme.example"}, ["/code"]),
        ({"email": "a,b@acme.example", "code": WRONG}, ["/email"]),
        ({"email": "amy@acme.example", "code": ""}, ["/code"]),
        ({"email": "amy@acme.example", "code": "x" * 1025}, ["/code"]),
        ({"email": "amy@acme.example", "code": WRONG, "team": "globex"}, ["/team"]),
    ],
)
def test_what_can_be_no_try_is_refused_before_anything_is_read(world: World, body: object, pointers: list[str]) -> None:
    with seam.seam() as seen:
        refused = world.call("POST", "/v1/teams/acme/break-glass-sessions", body)
    assert (refused.status, refused.pointers, seen.calls) == (400, pointers, [])


# ---------------------------------------------------------------- throttles


def test_case_043_after_five_failures_the_sixth_is_not_judged_however_right(world: World) -> None:
    right, other = codes(world)[:2]
    with world.unchanged():
        assert [use(world, WRONG).status for _ in range(5)] == [401] * 5
        refused = use(world, right)
    assert (refused.status, refused.code) == (429, "too_many_requests")
    wait = int(refused.headers["retry-after"])
    assert 0 < wait <= 901
    assert use(world, right, address=ELSEWHERE).status == 201
    world.advance(wait)
    assert use(world, other).status == 201


def test_the_tries_are_an_addresss_at_a_team_whoever_they_name(world: World) -> None:
    code = codes(world)[0]
    names = ["nobody@acme.example.com", world.acme.owner.email, world.acme.admin.email]
    assert [use(world, WRONG, name, address="2001:db8::1").status for name in (*names, *names[:2])] == [401] * 5
    assert use(world, code, address="2001:db8::2").status == 429
    assert use(world, WRONG, slug="globex", address="2001:db8::2").status == 401
    assert use(world, code, address="2001:db8:0:1::2").status == 201


def test_a_success_gives_its_try_back_and_a_403_does_not(world: World) -> None:
    some = codes(world)
    assert [use(world, code).status for code in some[:7]] == [201] * 7
    assert [use(world, some[8], world.acme.member.email).status for _ in range(6)] == [403] * 5 + [429]


def test_case_043_of_many_guesses_at_once_five_are_judged(world: World) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: use(world, WRONG).status, range(16)))
    assert sorted(answers) == [401] * 5 + [429] * 11


def test_the_tries_of_codes_and_of_passwords_are_counted_apart(world: World) -> None:
    who = world.acme.owner
    for _ in range(5):
        use(world, WRONG)
    assert try_sign_in(world, who.email, who.password).status == 201


# ---------------------------------------------------------------- the page


def test_the_page_asks_for_address_and_code_and_changes_nothing(world: World) -> None:
    with world.unchanged():
        page = world.call("GET", "/t/acme/break-glass?email=amy%40acme.example")
        head = world.call("HEAD", "/t/acme/break-glass")
    assert (page.status, head.status, head.body) == (200, 200, b"")
    assert 'value="amy@acme.example"' in text(page)
    assert 'name="code"' in text(page)
    assert world.call("GET", "/t/no-such-team/break-glass").status == 404


def test_the_page_gives_the_cookie_and_ends_the_session_that_the_browser_had(world: World) -> None:
    code, earlier = codes(world)[0], sign_in(world, world.acme.member)
    entered = press(world, code, cookie=f"{COOKIE}={earlier}", origin=BASE)
    assert (entered.status, entered.headers["location"], entered.body) == (303, f"{BASE}/t/acme", b"")
    session = entered.headers["set-cookie"].partition(";")[0].removeprefix(f"{COOKIE}=")
    assert (authenticates(world, session), authenticates(world, earlier)) == (True, False)
    assert [event["action"] for event in world.events()[-2:]].count("break_glass.used") == 1


def test_the_page_says_what_was_wrong_and_shows_the_form_again(world: World) -> None:
    code = codes(world)[0]
    enforce(world)
    with world.unchanged():
        wrong, blank = press(world, WRONG), press(world, "", "nobody")
        forbidden = press(world, code, world.acme.admin.email)
        elsewhere = press(world, code, origin="https://evil.example")
        for _ in range(2):
            press(world, WRONG)
        throttled = [press(world, WRONG), press(world, code)][1]
    assert (wrong.status, "The address or the code is not right." in text(wrong)) == (401, True)
    assert WRONG not in text(wrong)
    assert (blank.status, text(blank).count("aria-invalid")) == (400, 2)
    assert (forbidden.status, 'name="code"' in text(forbidden)) == (403, True)
    assert (elsewhere.status, "sent by another site" in text(elsewhere)) == (403, True)
    assert (throttled.status, "Too many tries" in text(throttled)) == (429, True)


def test_the_sign_in_page_leads_there_only_where_passwords_are_closed(world: World) -> None:
    link = 'href="/t/acme/break-glass"'
    assert link not in text(world.call("GET", "/t/acme"))
    enforce(world)
    assert link in text(world.call("GET", "/t/acme"))
    world.rewrite(world.team(), sso_enforced=False, settings=replace(world.team().settings, passwords_enabled=False))
    assert link in text(world.call("GET", "/t/acme"))
