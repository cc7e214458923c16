"""POST /v1/members/{id}/revoke-tokens and /revoke-sessions: exactly their set, with the answer (C3, C4, I1, I4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.operations import (
    act_on,
    ask,
    authenticates,
    get_member,
    issue,
    newest,
    password_link,
    put_role,
    second_owner,
    set_password,
    sign_in,
    try_sign_in,
)

if TYPE_CHECKING:
    from tests.kit import World

VERBS = ["revoke-tokens", "revoke-sessions"]


def held(world: World) -> tuple[list[str], list[str]]:
    """Give Mia sessions and tokens and return both."""
    mia = world.acme.member
    sessions = [sign_in(world, mia) for _ in range(2)]
    return sessions, [mia.pat, *(issue(world, sessions[0], f"t{n}")["secret"] for n in range(2))]


@pytest.mark.parametrize("verb", VERBS)
def test_case_054_and_073_with_the_answer_its_set_is_dead_and_nothing_else(world: World, verb: str) -> None:
    sessions, tokens = held(world)
    cut, left = (tokens, sessions) if verb == "revoke-tokens" else (sessions, tokens)
    action = f"member.{verb.partition('-')[2]}_revoked"
    with world.tells(action):
        assert act_on(world, world.acme.member.id, verb, world.acme.admin.pat).status == 204
    with world.unchanged():
        assert [authenticates(world, one) for one in cut] == [False] * len(cut)
        assert [authenticates(world, one) for one in left] == [True] * len(left)
        assert authenticates(world, world.acme.admin.pat)
    event = newest(world, action)
    assert (event["target"]["id"], event["actor"]["id"]) == (world.acme.member.id, world.acme.admin.id)
    assert not [secret for secret in (*sessions, *tokens) if secret in str(event)]


def test_case_054_a_token_issued_after_the_revocation_lives_and_is_revoked_by_the_next(world: World) -> None:
    mia = world.acme.member
    session = sign_in(world, mia)
    act_on(world, mia.id, "revoke-tokens")
    later = issue(world, session)["secret"]
    assert [authenticates(world, one) for one in (mia.pat, later)] == [False, True]
    act_on(world, mia.id, "revoke-tokens")
    assert not authenticates(world, later)


def test_after_their_sessions_are_ended_a_person_signs_in_again(world: World) -> None:
    mia = world.acme.member
    old = sign_in(world, mia)
    act_on(world, mia.id, "revoke-sessions")
    assert [authenticates(world, one) for one in (old, sign_in(world, mia))] == [False, True]


def test_i6_tokens_revoked_together_are_listed_as_revoked(world: World) -> None:
    mia = world.acme.member
    session = sign_in(world, mia)
    made = {issue(world, session, name)["id"] for name in ("one", "two")}
    made |= {row["id"] for row in ask(world, "GET", "/v1/tokens", None, session).json["data"]}
    act_on(world, mia.id, "revoke-tokens")
    lists = [ask(world, "GET", "/v1/tokens", None, session), ask(world, "GET", f"/v1/members/{mia.id}/tokens")]
    for answer in lists:
        assert {row["id"]: row["state"] for row in answer.json["data"]} == dict.fromkeys(made, "revoked")
    with world.unchanged():
        assert {ask(world, "DELETE", f"/v1/tokens/{one}", None, session).status for one in made} == {204}


def test_case_073_a_new_password_ends_the_sessions_and_keeps_the_tokens(world: World) -> None:
    mia = world.acme.member
    sessions, tokens = held(world)
    link = password_link(world, mia.id)
    with world.tells("member.password_set"):
        assert set_password(world, link).status == 204
    assert [authenticates(world, one) for one in sessions] == [False] * 2
    assert [authenticates(world, one) for one in tokens] == [True] * 3
    assert try_sign_in(world, mia.email, mia.password).status == 401


def test_case_080_a_role_change_cuts_no_credential_but_what_it_may_do(world: World) -> None:
    adam = world.acme.admin
    session = sign_in(world, adam)
    put_role(world, adam.id, "member")
    assert [ask(world, "GET", "/v1/members", None, one).status for one in (session, adam.pat)] == [403, 403]
    assert [authenticates(world, one) for one in (session, adam.pat)] == [True, True]


@pytest.mark.parametrize("verb", VERBS)
def test_with_nothing_to_revoke_there_is_no_event(world: World, verb: str) -> None:
    nobody = ask(world, "GET", "/v1/members?limit=1&q=person1").json["data"][0]["id"]
    with world.unchanged(), world.tells():
        assert act_on(world, nobody, verb).status == 204


@pytest.mark.parametrize("verb", VERBS)
def test_case_055_an_admin_does_not_revoke_an_owners(world: World, verb: str) -> None:
    _, session = second_owner(world)
    with world.unchanged():
        refused = act_on(world, world.acme.owner.id, verb, world.acme.admin.pat)
        assert act_on(world, world.acme.admin.id, verb, world.acme.member.pat).status == 403
    assert (refused.status, refused.code) == (403, "above_your_rank")
    assert act_on(world, world.acme.owner.id, verb, session).status == 204


@pytest.mark.parametrize("verb", VERBS)
def test_case_125_a_stale_version_revokes_nothing(world: World, verb: str) -> None:
    mia = world.acme.member
    tag = get_member(world, mia.id).headers["etag"]
    put_role(world, mia.id, "admin")
    with world.unchanged():
        stale = act_on(world, mia.id, verb, If_Match=tag)
    assert (stale.status, stale.code) == (412, "stale_version")


@pytest.mark.parametrize("verb", VERBS)
def test_case_186_another_teams_member_is_as_unknown_as_nobody(world: World, verb: str) -> None:
    with world.unchanged():
        answers = [act_on(world, who, verb) for who in (world.globex.member.id, "mem_" + "0" * 26)]
    assert answers[0].essence == answers[1].essence
    assert answers[0].status == 404
    assert authenticates(world, world.globex.member.pat)
