"""What a sign-in through a provider answers when it goes wrong, what it notes when it goes right, and what it costs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from rollcall.domain.members import Session
from rollcall.storage.sso_connections import sso_connections_of
from tests import seam
from tests.operations import put_role
from tests.sso_kit import Browser
from tests.toy_idp import sign_in

if TYPE_CHECKING:
    from infra.local.toys.idp import ToyIdp
    from rollcall.domain.sso_connections import SsoConnection
    from tests.kit import Answer, World

MIA = "member@acme.example.com"
SCRIPT = "<script>alert(1)</script>"


def page(answer: Answer, status: int, code: str) -> str:
    """Assert that it is a page with one sentence, the request's id and the code; return it."""
    text = answer.body.decode()
    assert (answer.status, answer.headers["content-type"]) == (status, "text/html; charset=utf-8"), text
    assert answer.headers["cache-control"] == "no-store"
    assert f"<code>{code}</code>" in text
    assert f"<code>{answer.headers['x-request-id']}</code>" in text
    (sentence,) = re.findall(r'<p role="alert">(.+)</p>', text)
    assert sentence
    assert "script" not in text
    return text


def stored(world: World) -> SsoConnection:
    (connection,) = sso_connections_of(world.acme.id)
    return connection


# ---------------------------------------------------------------- when it goes wrong


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        ("access_denied", 403, "sso_denied"),
        ("login_required", 403, "sso_denied"),
        ("invalid_request", 401, "sso_failed"),
        ("invalid_scope", 401, "sso_failed"),
        (SCRIPT, 403, "sso_denied"),
        ("é" * 1000, 403, "sso_denied"),
        ("\0", 403, "sso_denied"),
        ("server_error", 503, "identity_provider_unavailable"),
        ("temporarily_unavailable", 503, "identity_provider_unavailable"),
    ],
)
def test_what_a_provider_refuses_is_told_in_words_of_our_own(
    world: World, connection: SsoConnection, idp: ToyIdp, error: str, status: int, code: str
) -> None:
    browser = Browser(world)
    state = re.findall(r"state=([^&]+)", browser.start(connection).headers["location"])[0]
    told = f"error={quote(error)}&error_description={quote(SCRIPT)}&error_uri=https%3A%2F%2Fevil.example"
    with world.unchanged():
        answer = browser.back(f"/sso/callback?state={state}&iss={quote(idp.issuer)}&{told}")
        text = page(answer, status, code)
    assert 'href="http://127.0.0.1:8000/t/acme"' in text
    assert "evil.example" not in text
    assert ("retry-after" in answer.headers) is (status == 503)


def test_a_failed_sign_in_leads_back_to_the_teams_sign_in_page(world: World, connection: SsoConnection) -> None:
    with world.unchanged():
        answer = Browser(world).sign_in(connection, "stranger@elsewhere.example.net")
        assert "/t/acme" in page(answer, 403, "no_membership")
        assert "/t/acme" in page(Browser(world).sign_in(connection, MIA, alg="none"), 401, "sso_failed")
        assert "/t/acme" not in page(world.call("GET", "/sso/callback"), 400, "sso_state_invalid")


def test_case_258_a_provider_that_is_down_is_a_503_at_the_start_and_on_the_way_back(
    world: World, connection: SsoConnection, idp: ToyIdp
) -> None:
    """Whoever is signed in stays so."""
    inside = Browser(world)
    assert inside.sign_in(connection, MIA).status == 302
    browser = Browser(world)
    back = sign_in(browser.start(connection).headers["location"], MIA)
    world.advance(3700)
    idp.down = True
    try:
        with world.unchanged():
            late = browser.back(back)
            page(late, 400, "sso_state_invalid")
        world.advance(-3700)
        with world.unchanged():
            answer = browser.back(back)
        page(answer, 503, "identity_provider_unavailable")
        assert int(answer.headers["retry-after"]) >= 1
        assert world.call("GET", "/v1/me", token=inside.session).status == 200
    finally:
        idp.down = False
    assert browser.back(back).status in {302, 401}


def test_case_258_a_provider_never_seen_that_is_down_is_a_503_with_the_way_back(
    world: World, connection: SsoConnection, idp: ToyIdp
) -> None:
    idp.down = True
    try:
        with world.unchanged():
            answer = Browser(world).start(connection)
    finally:
        idp.down = False
    assert "/t/acme" in page(answer, 503, "identity_provider_unavailable")
    assert int(answer.headers["retry-after"]) >= 1


@pytest.mark.parametrize("named", ["idp_" + "0" * 26, "x", "..", "%00", "mem_" + "0" * 26, "é", "x" * 3000, "IDP%23"])
def test_a_connection_that_there_is_not_is_answered_like_one_that_is_off(
    world: World, connection: SsoConnection, named: str
) -> None:
    path = f"/v1/team/sso-connections/{connection.id}"
    assert world.call("PATCH", path, {"enabled": False}, token=world.acme.owner.pat).status == 200
    off = Browser(world).start(connection)
    with world.unchanged():
        answer = world.call("GET", f"/sso/{quote(named, safe='%')}/start")
    assert (answer.status, off.status) == (404, 404)
    if answer.headers["content-type"].startswith("text/html"):
        assert (
            page(off, 404, "not_found").partition("<code>")[0] == page(answer, 404, "not_found").partition("<code>")[0]
        )


@pytest.mark.parametrize(
    "query",
    [
        "state=a&state=b",
        "code=a&code=b",
        "error=a&error=b",
        "iss=a&iss=b",
        "state=%00&code=%00",
        f"error={SCRIPT}",
        f"state={'x' * 6000}",
        "state=%ff%fe&code=%c3%28",
        "state&code&iss&error",
        "&&&===",
        "access_token=x",
        "state[]=a&code[0]=b",
        "link=x&invitation=y&unknown=z",
    ],
)
def test_case_174_hostile_parameters_have_a_described_answer_and_change_nothing(
    world: World, connection: SsoConnection, query: str
) -> None:
    browser = Browser(world)
    browser.start(connection)
    with world.unchanged():
        came_back = browser.back(f"/sso/callback?{query}")
        began = world.call("GET", f"/sso/{connection.id}/start?{query}")
    assert came_back.status in {400, 401, 403}, came_back.body
    assert began.status in {302, 400, 410}
    assert b"<script>" not in came_back.body + began.body


@pytest.mark.parametrize(
    "query", ["link=a&link=b", "invitation=a&invitation=b", "link=x", "link=%00", f"link={'x' * 6000}"]
)
def test_what_is_no_link_to_an_account_begins_nothing(world: World, connection: SsoConnection, query: str) -> None:
    with world.unchanged():
        assert world.call("GET", f"/sso/{connection.id}/start?{query}").status == 400


@pytest.mark.parametrize("method", ["HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_other_methods_do_nothing_at_these_addresses(world: World, connection: SsoConnection, method: str) -> None:
    browser = Browser(world)
    back = sign_in(browser.start(connection).headers["location"], MIA)
    cookie = {"cookie": f"__Host-rollcall-sso={browser.attempt}"}
    with world.unchanged():
        for path in (f"/sso/{connection.id}/start", back.removeprefix("http://127.0.0.1:8000")):
            answer = world.call(method, path, headers=cookie)
            assert (answer.status, answer.headers.get("allow")) == (405, "GET"), answer.body
    assert browser.back(back).status == 302


# ---------------------------------------------------------------- when it goes right


def test_the_first_who_comes_in_makes_the_team_say_so_once(world: World, connection: SsoConnection) -> None:
    assert (connection.worked, world.team().sso_available) == (False, False)
    version = world.team().version
    assert Browser(world).sign_in(connection, MIA).status == 302
    after = stored(world)
    assert (after.worked, after.tested, after.version) == (True, None, connection.version + 1)
    assert (world.team().sso_available, world.team().version) == (True, version + 1)
    for person in (MIA, world.acme.admin.email):
        assert Browser(world).sign_in(connection, person).status == 302
    assert (stored(world), world.team().version) == (after, version + 1)


def test_the_first_owner_who_came_in_has_tried_it_for_all(world: World, connection: SsoConnection) -> None:
    for person in (world.acme.member, world.acme.owner, world.acme.owner):
        assert Browser(world).sign_in(connection, person.email).status == 302
    tested, version = stored(world).tested, stored(world).version
    assert tested is not None
    assert (tested.member_id, version) == (world.acme.owner.id, connection.version + 2)
    assert put_role(world, world.acme.admin.id, "owner").status == 200
    assert Browser(world).sign_in(connection, world.acme.admin.email).status == 302
    tested = stored(world).tested
    assert tested is not None
    assert (tested.member_id, stored(world).version) == (world.acme.owner.id, version)


def test_an_ordinary_sign_in_reads_thrice_and_writes_the_member_the_nonce_and_the_event(
    world: World, connection: SsoConnection
) -> None:
    for person in (MIA, world.acme.owner.email):
        assert Browser(world).sign_in(connection, person).status == 302
    browser = Browser(world)
    back = sign_in(browser.start(connection).headers["location"], MIA)
    with seam.seam() as seen:
        assert browser.back(back).status == 302
    assert seen.calls == ["BatchGetItem", "BatchGetItem", "BatchGetItem", "TransactWriteItems"]
    (written,) = seen.transactions
    keys = [
        body.get("Item", body.get("Key"))["PK"]["S"].split("#")
        for one in written["TransactItems"]
        for body in one.values()
    ]
    assert sorted(key[0] for key in keys) == ["A", "M", "U"]


def test_what_a_sign_in_tells_the_audit(world: World, connection: SsoConnection) -> None:
    assert Browser(world).sign_in(connection, MIA).status == 302
    opened, linked = world.events("session.opened")[-1], world.events("member.linked_to_sso")[-1]
    assert (opened["after"]["via"], opened["after"]["connection"]) == ("sso", connection.id)
    assert (opened["actor"]["id"], linked["actor"]["id"]) == (world.acme.member.id,) * 2
    assert "rc_ses_" not in repr(world.events())


def test_case_082_the_oldest_session_makes_room_for_one_by_sso(world: World, connection: SsoConnection) -> None:
    """I15: at the cap, and also where the sign-in changes the member."""
    member = world.member(world.acme.member.id)
    cap = world.team().settings.sessions_max
    template = Browser(world)
    assert template.sign_in(connection, MIA).status == 302
    (held,) = [one for one in world.member(member.id).sessions.values() if one.via == "sso"]
    crowd = {f"k{n:09d}": Session(f"ses_{n:026d}", held.hash, held.expires_at, held.idle_at) for n in range(cap)}
    for fields in ({"sessions": crowd}, {"sessions": crowd, "subjects": {}}):
        world.rewrite(world.member(member.id), **fields)
        browser = Browser(world)
        assert browser.sign_in(connection, MIA).status == 302
        sessions = world.member(member.id).sessions
        assert (len(sessions), "k000000000" in sessions) == (cap, False)
        assert world.call("GET", "/v1/me", token=browser.session).status == 200


def test_the_page_after_signing_in_is_the_teams_and_the_attempt_is_over(
    world: World, connection: SsoConnection
) -> None:
    answer = Browser(world).sign_in(connection, MIA)
    assert answer.headers["location"] == "http://127.0.0.1:8000/t/acme"
    assert answer.headers["cache-control"] == "no-store"
    assert "; SameSite=Lax" in answer.headers["set-cookie"]
