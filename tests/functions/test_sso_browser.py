"""A sign-in ends once, in the browser that began it, at the provider that it was begun for (I11)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import pytest

from infra.local.toys.idp_requests import PUBLIC_CLIENT_ID
from tests.operations import sign_in as by_password
from tests.sso_kit import ATTEMPT, Browser, connected, lasting_codes, prove_domain
from tests.toy_idp import serving, sign_in

if TYPE_CHECKING:
    from infra.local.toys.idp import ToyIdp
    from rollcall.domain.sso_connections import SsoConnection
    from tests.kit import Answer, World

MIA = "member@acme.example.com"
ADAM = "admin@acme.example.com"


def begun(browser: Browser, connection: SsoConnection, person: str = MIA, **switches: str) -> str:
    """Go to the provider and return the address of the way back."""
    return sign_in(browser.start(connection).headers["location"], person, **switches)


def changed(url: str, **parameters: str | None) -> str:
    """Return the address of a callback with other parameters; None takes one away."""
    told = {**dict(parse_qsl(urlsplit(url).query)), **parameters}
    return f"/sso/callback?{urlencode({name: value for name, value in told.items() if value is not None})}"


def refused(answer: Answer, status: int, code: str) -> None:
    assert (answer.status, code.encode() in answer.body) == (status, True), answer.body
    assert "__Host-rollcall=" not in str(answer.headers.get("set-cookie"))


def test_case_030_the_state_of_another_browser_is_refused(world: World, connection: SsoConnection) -> None:
    mine, other = Browser(world), Browser(world)
    back, _ = begun(mine, connection), begun(other, connection)
    with world.unchanged():
        refused(other.back(back), 400, "sso_state_invalid")
        refused(Browser(world).back(back), 400, "sso_state_invalid")
    assert mine.back(back).status == 302


@pytest.mark.parametrize("state", [None, "", "x", "é", "\0", "x" * 8000, "true", "null"])
def test_case_030_no_other_state_will_do(world: World, connection: SsoConnection, state: str | None) -> None:
    browser = Browser(world)
    back = begun(browser, connection)
    with world.unchanged():
        refused(browser.back(changed(back, state=state)), 400, "sso_state_invalid")
    assert browser.back(back).status == 302


@pytest.mark.parametrize("nonce", [None, "", "another", 7, ["x"], "é"])
def test_case_030_a_token_without_this_attempts_nonce_is_refused(
    world: World, connection: SsoConnection, nonce: object
) -> None:
    with world.unchanged():
        refused(Browser(world).sign_in(connection, MIA, claims=json.dumps({"nonce": nonce})), 401, "sso_failed")


def test_case_030_a_code_is_worth_one_sign_in(world: World, connection: SsoConnection) -> None:
    browser = Browser(world)
    back, attempt = begun(browser, connection), browser.attempt
    assert browser.back(back).status == 302
    with world.unchanged():
        refused(browser.back(back), 400, "sso_state_invalid")
        refused(Browser(world, attempt).back(back), 401, "sso_failed")


def test_case_031_a_provider_that_redeems_a_code_twice_signs_in_once(
    world: World, connection: SsoConnection, idp: ToyIdp, monkeypatch: pytest.MonkeyPatch
) -> None:
    lasting_codes(idp, monkeypatch)
    browser = Browser(world)
    back, attempt = begun(browser, connection), browser.attempt
    assert browser.back(back).status == 302
    for seconds in (1, 50):
        world.advance(seconds)
        with world.unchanged():
            refused(Browser(world, attempt).back(back), 401, "sso_failed")


def test_case_031_what_notes_a_spent_nonce_outlives_every_token(world: World, connection: SsoConnection) -> None:
    assert Browser(world).sign_in(connection, MIA).status == 302
    (spent,) = (item for item in world.items("U#") if "#nonce#" in item["PK"]["S"])
    lapses = int(spent["u"]["N"]) / 1000 if "u" in spent else int(spent["ttl"]["N"])
    assert lapses >= world.member(world.acme.member.id).created_at.timestamp() + 2 * 3600


@pytest.mark.parametrize("issuer", ["https://evil.example", "", None, "{issuer}/", "{issuer}é"])
def test_case_030_an_answer_of_another_issuer_never_reaches_the_provider(
    world: World, connection: SsoConnection, idp: ToyIdp, issuer: str | None
) -> None:
    """RFC 9207: the code is not sent anywhere, so it can still be redeemed by whom it is for."""
    browser = Browser(world)
    back = begun(browser, connection)
    with world.unchanged():
        wrong = issuer and issuer.format(issuer=idp.issuer)
        refused(browser.back(changed(back, iss=wrong)), 401, "sso_failed")
    assert browser.back(back).status == 302


def test_case_030_a_code_of_one_connection_is_worth_nothing_at_another(
    world: World, connection: SsoConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving() as second:
        monkeypatch.setenv("SSO_LOCAL_ISSUERS", f"{connection.issuer},{second.issuer}")
        other = connected(world, issuer=second.issuer, client_id=PUBLIC_CLIENT_ID, worked=False)
        browser = Browser(world)
        stolen = dict(parse_qsl(urlsplit(begun(Browser(world), connection)).query))["code"]
        back = begun(browser, other)
        with world.unchanged():
            refused(browser.back(changed(back, code=stolen)), 401, "sso_failed")


def test_case_030_after_eleven_minutes_it_is_too_late(world: World, connection: SsoConnection) -> None:
    browser = Browser(world)
    began = browser.start(connection)
    world.advance(11 * 60)
    back = sign_in(began.headers["location"], MIA)
    with world.unchanged():
        refused(browser.back(back), 400, "sso_state_invalid")


def test_case_030_without_its_cookie_or_with_two_nobody_comes_in(world: World, connection: SsoConnection) -> None:
    browser = Browser(world)
    back = begun(browser, connection)
    twice = f"{ATTEMPT}={browser.attempt}; {ATTEMPT}={browser.attempt}"
    with world.unchanged():
        for cookie in ("", "other=1", twice, f"{ATTEMPT}="):
            answer = world.call("GET", changed(back), headers={"cookie": cookie} if cookie else {})
            refused(answer, 400, "sso_state_invalid")
    assert browser.back(back).status == 302


def test_case_030_a_cookie_that_was_touched_is_none(world: World, connection: SsoConnection) -> None:
    browser = Browser(world)
    back, kept = begun(browser, connection), browser.attempt
    assert kept
    flipped = [kept[:at] + ("A" if kept[at] != "A" else "B") + kept[at + 1 :] for at in (0, 20, len(kept) // 2)]
    with world.unchanged():
        for touched in (*flipped, kept[:-4], kept[:40], kept + "AAAA", "é", "x" * 4000):
            refused(Browser(world, touched).back(back), 400, "sso_state_invalid")
    assert browser.back(back).status == 302


def test_case_030_the_cookie_is_this_hosts_alone_and_hidden_from_scripts(
    world: World, connection: SsoConnection
) -> None:
    cookie = Browser(world).start(connection).headers["set-cookie"]
    assert cookie.startswith(f"{ATTEMPT}=")
    for part in ("Path=/", "Secure", "HttpOnly", "SameSite=Lax", "Max-Age=600"):
        assert f"; {part}" in cookie
    assert len(cookie) < 4096


def test_the_way_to_the_provider_says_who_asks_and_binds_the_code(
    world: World, connection: SsoConnection, idp: ToyIdp
) -> None:
    """RFC 7636: the challenge goes along, the verifier does not; no two attempts are alike."""
    ways = [Browser(world).start(connection).headers["location"] for _ in range(2)]
    assert ways[0].startswith(f"{idp.issuer}/authorize?")
    one, other = (dict(parse_qsl(urlsplit(way).query)) for way in ways)
    assert (one["code_challenge_method"], one["client_id"]) == ("S256", PUBLIC_CLIENT_ID)
    assert one["redirect_uri"] == "http://127.0.0.1:8000/sso/callback"
    assert all(one[name] != other[name] for name in ("state", "nonce", "code_challenge"))


@pytest.mark.parametrize("what", ["disabled", "deleted", "team deleted", "issuer changed", "client changed"])
def test_case_038_what_ended_meanwhile_signs_nobody_in(world: World, connection: SsoConnection, what: str) -> None:
    """Case 129 too: a team that is deleted between the start and the way back."""
    browser = Browser(world)
    back = begun(browser, connection)
    path = f"/v1/team/sso-connections/{connection.id}"
    owner = by_password(world, world.acme.owner)
    if what == "team deleted":
        assert world.call("DELETE", "/v1/team", {"name": "Acme"}, token=owner).status == 204
    elif what == "deleted":
        assert world.call("DELETE", path, token=owner).status == 204
    else:
        fields = {
            "disabled": {"enabled": False},
            "issuer changed": {"issuer": connection.issuer + "/"},
            "client changed": {"client_id": "rollcall"},
        }[what]
        changed_to = world.call("PATCH", path, fields, token=owner)
        if what == "issuer changed":
            assert changed_to.status == 400, "its document names another"
            return
        assert changed_to.status == 200, changed_to.body
    with world.unchanged():
        refused(browser.back(back), 401, "sso_failed")
    if what != "client changed":
        unknown = Browser(world).start(connection)
        nobodys = world.call("GET", f"/sso/idp_{'0' * 26}/start")
        assert (unknown.status, unknown.status) == (404, nobodys.status)


def test_cases_188_189_an_attempt_of_one_team_is_none_at_anothers_connection(
    world: World, connection: SsoConnection, idp: ToyIdp
) -> None:
    """Where a person is known to two teams by one provider, each sign-in is the team's at which it was begun."""
    prove_domain(world, "globex.example.com", world.globex)
    theirs = connected(world, world.globex, issuer=idp.issuer, client_id=PUBLIC_CLIENT_ID, worked=False)
    ours, other = Browser(world), Browser(world)
    our_back, their_back = begun(ours, connection), begun(other, theirs, world.globex.member.email)
    with world.unchanged():
        refused(Browser(world, ours.attempt).back(their_back), 400, "sso_state_invalid")
        crossed = changed(their_back, state=dict(parse_qsl(urlsplit(our_back).query))["state"])
        refused(Browser(world, ours.attempt).back(crossed), 401, "sso_failed")
    entered = begun(other, theirs, world.globex.member.email)
    assert other.back(entered).headers["location"].endswith("/t/globex")
    assert world.call("GET", "/v1/me", token=other.session).json["id"] == world.globex.member.id
    assert world.call("GET", f"/v1/members/{world.acme.member.id}", token=other.session).status == 403


def test_case_188_a_member_of_two_teams_is_somebody_else_in_each(
    world: World, connection: SsoConnection, idp: ToyIdp
) -> None:
    theirs = connected(world, world.globex, issuer=idp.issuer, client_id=PUBLIC_CLIENT_ID, worked=False)
    assert Browser(world).sign_in(connection, MIA).status == 302
    with world.unchanged():
        refused(Browser(world).sign_in(theirs, MIA), 403, "no_membership")


def test_case_066_who_was_signed_in_before_in_this_browser_is_not_any_more(
    world: World, connection: SsoConnection
) -> None:
    browser = Browser(world)
    assert browser.sign_in(connection, MIA).status == 302
    mias = browser.session
    assert browser.sign_in(connection, ADAM).status == 302
    assert browser.session != mias
    assert world.call("GET", "/v1/me", token=mias).status == 401
    again = browser.session
    assert browser.sign_in(connection, ADAM).status == 302
    assert world.call("GET", "/v1/me", token=again).status == 401
    assert len(world.events("session.ended")) == 2


def test_case_066_an_invented_session_is_never_taken_up(world: World, connection: SsoConnection) -> None:
    for invented in ("x", quote("é"), "rc_ses_" + "0" * 93, world.acme.owner.pat):
        browser = Browser(world, session=invented)
        assert browser.sign_in(connection, MIA).status == 302
        assert browser.session != invented


def test_whoever_comes_with_a_members_address_and_another_subject_is_somebody_else(
    world: World, connection: SsoConnection
) -> None:
    assert Browser(world).sign_in(connection, MIA).status == 302
    with world.unchanged():
        refused(Browser(world).sign_in(connection, MIA, sub="somebody else"), 403, "linked_elsewhere")
