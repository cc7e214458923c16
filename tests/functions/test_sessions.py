"""GET /v1/sessions, ending one, signing out; an admin's look at a member's (C3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.operations import act_on, ask, authenticates, second_owner, sign_in, try_sign_in

if TYPE_CHECKING:
    from tests.kit import World

BASE = "http://127.0.0.1:8000"
COOKIE = "__Host-rollcall"


def test_case_070_members_list_their_live_sessions_newest_first(world: World) -> None:
    first, second = sign_in(world, world.acme.member), sign_in(world, world.acme.member)
    listed = ask(world, "GET", "/v1/sessions", None, first)
    assert (listed.status, listed.json["total"]) == (200, 2)
    assert [row["current"] for row in listed.json["data"]] == [False, True]
    assert {row["via"] for row in listed.json["data"]} == {"password"}
    assert all(secret[-49:].encode() not in listed.body for secret in (first, second))
    world.advance(25 * 3600)  # beyond the idle limit
    assert ask(world, "GET", "/v1/sessions", None, world.acme.member.pat).json["data"] == []


def test_case_069_and_070_ending_one_of_three_leaves_the_other_two(world: World) -> None:
    one, other, third = (sign_in(world, world.acme.member) for _ in range(3))
    doomed = ask(world, "GET", "/v1/sessions", None, other).json["data"][1]["id"]
    with world.tells("session.ended"):
        assert ask(world, "DELETE", f"/v1/sessions/{doomed}", None, one).status == 204
    assert [authenticates(world, session) for session in (one, other, third)] == [True, False, True]
    with world.unchanged():
        assert ask(world, "DELETE", f"/v1/sessions/{doomed}", None, one).status == 404


def test_case_070_nobody_ends_another_persons_session_by_its_id(world: World) -> None:
    session = sign_in(world, world.acme.member)
    theirs = ask(world, "GET", "/v1/sessions", None, session).json["data"][0]["id"]
    with world.unchanged():
        for who in (world.acme.owner, world.acme.admin, world.globex.owner):
            answers = [
                ask(world, "DELETE", f"/v1/sessions/{one}", None, who.pat) for one in (theirs, "ses_" + "0" * 26)
            ]
            assert [answer.status for answer in answers] == [404, 404]
            assert answers[0].essence == answers[1].essence
    assert authenticates(world, session)


def test_case_070_an_admin_sees_a_members_sessions_and_ends_them_all_but_never_an_owners(world: World) -> None:
    mia, owner = world.acme.member, world.acme.owner
    session, owners = sign_in(world, mia), sign_in(world, owner)
    seen = ask(world, "GET", f"/v1/members/{mia.id}/sessions", None, world.acme.admin.pat)
    assert (seen.status, [row["current"] for row in seen.json["data"]]) == (200, [False])
    assert ask(world, "GET", f"/v1/members/{owner.id}/sessions", None, world.acme.admin.pat).status == 403
    assert act_on(world, mia.id, "revoke-sessions", world.acme.admin.pat).status == 204
    assert act_on(world, owner.id, "revoke-sessions", world.acme.admin.pat).status == 403
    assert (authenticates(world, session), authenticates(world, owners)) == (False, True)


def test_case_069_signing_out_ends_this_session_and_again_is_no_error(world: World) -> None:
    session, other = sign_in(world, world.acme.member), sign_in(world, world.acme.member)
    with world.tells("session.ended"):
        out = ask(world, "DELETE", "/v1/sessions/current", None, session)
    assert (out.status, out.headers["set-cookie"].startswith(f"{COOKIE}=;")) == (204, True)
    assert (authenticates(world, session), authenticates(world, other)) == (False, True)
    with world.unchanged():
        assert ask(world, "DELETE", "/v1/sessions/current", None, session).status == 204


def test_signing_out_needs_a_session_and_takes_no_token(world: World) -> None:
    with world.unchanged():
        assert world.call("DELETE", "/v1/sessions/current").status == 401
        assert world.call("DELETE", "/v1/sessions/current", token="rc_ses_x").status == 401
        assert ask(world, "DELETE", "/v1/sessions/current", None, world.acme.member.pat).status == 404
        assert world.call("DELETE", "/v1/sessions/current", token=world.acme.member.pat[:-1] + "0").status == 401


def test_case_077_signing_out_by_cookie_comes_from_our_own_pages_only(world: World) -> None:
    session = sign_in(world, world.acme.member)
    cookie = {"cookie": f"{COOKIE}={session}"}
    with world.unchanged():
        for origin in ({}, {"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site", "origin": BASE}):
            assert world.call("DELETE", "/v1/sessions/current", headers={**cookie, **origin}).status == 403
    out = world.call("DELETE", "/v1/sessions/current", headers={**cookie, "origin": BASE})
    assert (out.status, authenticates(world, session)) == (204, False)


def test_case_068_a_session_ends_at_its_idle_limit_and_at_its_absolute_one_however_it_is_used(world: World) -> None:
    ask(world, "PATCH", "/v1/team/settings/sessions", {"idle_minutes": 60, "absolute_hours": 3})
    session, left = sign_in(world, world.acme.member), sign_in(world, world.acme.member)
    for _ in range(5):
        world.advance(35 * 60)
        assert authenticates(world, session)
    assert not authenticates(world, left), "an hour without use"
    world.advance(5 * 60)
    assert not authenticates(world, session), "three hours in all"


def test_case_068_a_lowered_absolute_limit_counts_for_sessions_that_are_there(world: World) -> None:
    session = sign_in(world, world.acme.member)
    world.advance(3600)
    ask(world, "PATCH", "/v1/team/settings/sessions", {"absolute_hours": 1})
    refused = ask(world, "GET", "/v1/me", None, session)
    assert (refused.status, refused.code) == (401, "token_expired")


def test_case_082_the_oldest_session_makes_room_at_the_cap(world: World) -> None:
    ask(world, "PATCH", "/v1/team/settings/sessions", {"max": 3})
    sessions = [sign_in(world, world.acme.member) for _ in range(5)]
    assert [authenticates(world, session) for session in sessions] == [False, False, True, True, True]


def test_case_066_a_session_that_somebody_chose_is_none(world: World) -> None:
    chosen = sign_in(world, world.acme.member)
    ask(world, "DELETE", "/v1/sessions/current", None, chosen)
    again = try_sign_in(world, world.acme.member.email, world.acme.member.password)
    assert again.json["token"] != chosen
    assert not authenticates(world, chosen)


def test_two_who_end_one_session_tell_it_once(world: World) -> None:
    _, session = second_owner(world)
    doomed = ask(world, "GET", "/v1/sessions", None, session).json["data"][0]["id"]
    key = {"Idempotency_Key": "once"}
    assert ask(world, "DELETE", f"/v1/sessions/{doomed}", None, session, **key).status == 204
    assert len(world.events("session.ended")) == 1
