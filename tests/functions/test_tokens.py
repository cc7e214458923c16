"""Own personal access tokens: shown once, limited, listed, renamed, revoked; metadata for admins (C4)."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from rollcall import clock
from rollcall.domain.times import rfc3339
from tests.operations import act_on, ask, authenticates, issue, newest, put_role, sign_in
from tests.values import frozen

if TYPE_CHECKING:
    from tests.kit import World

DAY = 86400
TOLD = {"id", "name", "last4", "state", "created_at", "expires_at", "revoked_at", "last_used_at"}
BAD_TIMES = [
    "2026-11-21", "tomorrow", "", 0, -1, 1e12, True, "2099-01-01T00:00:00", "2099-01-01T00:00:00+02:00",
    "2099-01-01T00:00:60Z", "2099-02-30T00:00:00Z", "2099-01-01t00:00:00z", "2020-01-01T00:00:00Z", [], {},
]  # fmt: skip
BAD_NAMES = ["", " ", "a\r\nb", "x" * 10_000, "a\u202eb", 1, True, [], "a\0b"]


@pytest.fixture
def session(world: World) -> str:
    """Return a fresh session of acme's plain member."""
    return sign_in(world, world.acme.member)


def in_days(days: float) -> str:
    return rfc3339(clock.now() + timedelta(days=days))


def limit(world: World, **settings: object) -> None:
    assert ask(world, "PATCH", "/v1/team/settings/tokens", settings).status == 200


# ---------------------------------------------------------------- issue


def test_case_045_a_token_is_shown_once_and_listed_without_its_secret(world: World, session: str) -> None:
    with world.tells("token.issued"):
        made = issue(world, session, "deploy", expires_at=in_days(30))
    assert re.fullmatch(r"rc_pat_[0-9A-Za-z]{93}", made["secret"])
    assert set(made) == TOLD | {"secret"}
    assert (made["name"], made["last4"], made["state"]) == ("deploy", made["secret"][-4:], "active")
    row, _ = ask(world, "GET", "/v1/tokens", None, session).json["data"]
    assert row == {name: value for name, value in made.items() if name != "secret"}
    assert made["secret"] not in frozen(world)
    event = newest(world, "token.issued")
    assert event["after"] == {
        "name": "deploy", "last4": made["last4"], "expires_at": made["expires_at"], "member": world.acme.member.id,
    }  # fmt: skip
    assert authenticates(world, made["secret"])


def test_case_214_an_answer_with_a_secret_is_not_given_twice(world: World, session: str) -> None:
    with world.tells("token.issued"):
        assert ask(world, "POST", "/v1/tokens", {"name": "ci"}, session, Idempotency_Key="k1").status == 201
    with world.unchanged():
        again = ask(world, "POST", "/v1/tokens", {"name": "ci"}, session, Idempotency_Key="k1")
    assert (again.status, again.code) == (409, "already_issued")


@pytest.mark.parametrize("expires_at", BAD_TIMES)
def test_case_049_an_expiry_is_a_moment_in_utc_that_lies_ahead(world: World, session: str, expires_at: object) -> None:
    with world.unchanged():
        refused = ask(world, "POST", "/v1/tokens", {"name": "ci", "expires_at": expires_at}, session)
    assert (refused.status, refused.pointers) == (400, ["/expires_at"])


NO_MOMENTS = [
    "2099-01-01T00:00:00+00:00", "2099-01-01T00:00:00-00:00", "2099-01-01T00:00:00+01:00", "2099-01-01T00:00:00Z+01:00",
    "2099-01-01 00:00:00Z", "2099-01-01T00:00:00", "2099-01-01T00:00Z", "2099-01-01", "20990101T000000Z",
    "2099-W01-1T00:00:00Z", "2099-001T00:00:00Z", "2099-01-01T00:00:00z", " 2099-01-01T00:00:00Z",
    "2099-01-01T00:00:00Z\n", "2099-01-01T00:00:00,5Z", "2099-01-01T00:00:00.Z", "2099-01-01T00:00:00.1234567Z",
    "2098-12-31T23:59:60Z", "2099-06-30T23:59:60Z", "2099-01-01T24:00:00Z", "2099-13-01T00:00:00Z",
    "2099-00-10T00:00:00Z", "2099-02-29T00:00:00Z", "2099-01-01T00:60:00Z", "0000-01-01T00:00:00Z",
    "0001-01-01T00:00:00Z", "1969-12-31T23:59:59Z", "10000-01-01T00:00:00Z", "+2099-01-01T00:00:00Z",
    "-2099-01-01T00:00:00Z", "209\u0669-01-01T00:00:00Z", "2099-01-01T00:00:00\u2212Z", "4070908800000",
    4_070_908_800_000, 4_070_908_800, 4e12, "Thu, 01 Jan 2099 00:00:00 GMT", "P30D",
    "never", "now", None, [2099, 1, 1], {"days": 30},
]  # fmt: skip
MOMENTS = {
    "2099-01-01T00:00:00Z": "2099-01-01T00:00:00.000Z",
    "2096-02-29T23:59:59Z": "2096-02-29T23:59:59.000Z",
    "9999-12-31T23:59:59Z": "9999-12-31T23:59:59.000Z",
    "2099-01-01T00:00:00.5Z": "2099-01-01T00:00:00.500Z",
    "9999-12-31T23:59:59.999Z": "9999-12-31T23:59:59.999Z",
}


@pytest.mark.parametrize("expires_at", NO_MOMENTS, ids=map(repr, range(len(NO_MOMENTS))))
def test_case_183_what_is_no_moment_of_rfc_3339_in_utc_that_lies_ahead_is_400(
    world: World, session: str, expires_at: object
) -> None:
    with world.unchanged():
        refused = ask(world, "POST", "/v1/tokens", {"name": "ci", "expires_at": expires_at}, session)
    assert (refused.status, refused.pointers) == (400, ["/expires_at"])


@pytest.mark.parametrize("expires_at", MOMENTS)
def test_case_183_a_moment_is_kept_and_told_as_it_was_given(world: World, session: str, expires_at: str) -> None:
    made = issue(world, session, expires_at=expires_at)
    (row,) = [one for one in ask(world, "GET", "/v1/tokens", None, session).json["data"] if one["id"] == made["id"]]
    assert made["expires_at"] == row["expires_at"] == MOMENTS[expires_at]
    assert authenticates(world, made["secret"])


def test_case_183_the_year_9999_is_too_late_where_the_team_sets_a_limit(world: World, session: str) -> None:
    limit(world, max_age_days=90)
    with world.unchanged():
        refused = ask(world, "POST", "/v1/tokens", {"name": "ci", "expires_at": "9999-12-31T23:59:59.000Z"}, session)
    assert (refused.status, refused.pointers) == (400, ["/expires_at"])


@pytest.mark.parametrize("days", [91, 90.01, None])
def test_case_049_no_token_outlives_the_teams_limit(world: World, session: str, days: float | None) -> None:
    limit(world, max_age_days=90)
    fields = {} if days is None else {"expires_at": in_days(days)}
    with world.unchanged():
        refused = ask(world, "POST", "/v1/tokens", {"name": "ci", **fields}, session)
    assert (refused.status, refused.pointers) == (400, ["/expires_at"])
    assert issue(world, session, expires_at=in_days(90))["state"] == "active"


@pytest.mark.parametrize("name", BAD_NAMES, ids=[repr(name)[:12] for name in BAD_NAMES])
def test_case_061_a_tokens_name_is_one_visible_line(world: World, session: str, name: object) -> None:
    with world.unchanged():
        refused = ask(world, "POST", "/v1/tokens", {"name": name}, session)
    assert (refused.status, refused.pointers) == (400, ["/name"])


def test_case_061_markup_is_only_text_and_names_may_repeat(world: World, session: str) -> None:
    names = ["<img src=x onerror=alert(1)>", "=1+1", "ci", "ci"]
    assert [issue(world, session, name)["name"] for name in names] == names


def test_case_051_the_sixth_token_waits_until_one_of_five_is_gone_or_expired(world: World, session: str) -> None:
    act_on(world, world.acme.member.id, "revoke-tokens")
    limit(world, max_per_member=5)
    made = [issue(world, session, f"t{n}", expires_at=in_days(1) if n == 4 else in_days(9)) for n in range(5)]
    with world.unchanged():
        sixth = ask(world, "POST", "/v1/tokens", {"name": "sixth"}, session)
    assert (sixth.status, sixth.code) == (409, "token_limit")
    assert ask(world, "DELETE", f"/v1/tokens/{made[0]['id']}", None, session).status == 204
    issue(world, session, "sixth", expires_at=in_days(9))
    assert ask(world, "POST", "/v1/tokens", {"name": "seventh"}, session).status == 409
    world.advance(DAY)
    later = sign_in(world, world.acme.member)
    issue(world, later, "seventh")
    assert ask(world, "POST", "/v1/tokens", {"name": "eighth"}, later).status == 409
    assert len(world.member(world.acme.member.id).pats) == 5


def test_case_051_a_lowered_limit_ends_no_token_and_lets_no_new_one_in(world: World, session: str) -> None:
    made = [issue(world, session, f"t{n}") for n in range(3)]
    limit(world, max_per_member=2)
    assert [authenticates(world, one["secret"]) for one in made] == [True] * 3
    for one in made[:2]:
        assert ask(world, "POST", "/v1/tokens", {"name": "more"}, session).status == 409
        ask(world, "DELETE", f"/v1/tokens/{one['id']}", None, session)
    assert ask(world, "POST", "/v1/tokens", {"name": "more"}, session).status == 409
    act_on(world, world.acme.member.id, "revoke-tokens")
    issue(world, session, "more")


def test_case_057_a_token_makes_no_token_and_neither_does_an_old_session(world: World, session: str) -> None:
    with world.unchanged():
        by_token = ask(world, "POST", "/v1/tokens", {"name": "ci"}, world.acme.member.pat)
    assert (by_token.status, by_token.code) == (403, "step_up_required")
    world.advance(601)
    old = ask(world, "POST", "/v1/tokens", {"name": "ci"}, session)
    assert (old.status, old.code) == (403, "step_up_required")
    assert 'error="insufficient_user_authentication"' in old.headers["www-authenticate"]


@pytest.mark.parametrize(("method", "path", "body"), [
    ("POST", "/v1/team/transfer-ownership", {"member_id": "mem_01M7YZMHKV0000000000000009"}),
    ("DELETE", "/v1/team", {"name": "Acme"}),
    ("POST", "/v1/team/products/trustgate/service-tokens", {"name": "gate"}),
])  # fmt: skip
def test_case_057_what_needs_a_fresh_session_refuses_the_owners_token(
    world: World, method: str, path: str, body: object
) -> None:
    with world.unchanged():
        refused = ask(world, method, path, body, world.acme.owner.pat)
    assert (refused.status, refused.code) == (403, "step_up_required")


# ---------------------------------------------------------------- one's own, and nobody else's


def test_a_token_is_renamed_and_revoked_by_its_owner_with_one_event_each(world: World, session: str) -> None:
    one, other = issue(world, session, "one"), issue(world, session, "other")
    path = f"/v1/tokens/{one['id']}"
    with world.tells("token.renamed"):
        assert ask(world, "PATCH", path, {"name": "deploy"}, session).json["name"] == "deploy"
        assert ask(world, "PATCH", path, {"name": "deploy"}, session).status == 200
    with world.tells("token.revoked"):
        assert [ask(world, "DELETE", path, None, session).status for _ in range(2)] == [204, 204]
    assert [authenticates(world, made["secret"]) for made in (one, other)] == [False, True]
    rows = {row["id"]: row for row in ask(world, "GET", "/v1/tokens", None, session).json["data"]}
    assert [rows[made["id"]]["state"] for made in (one, other)] == ["revoked", "active"]
    with world.unchanged():
        assert ask(world, "PATCH", path, {"name": "again"}, session).status == 409


def test_case_224_a_token_can_end_itself(world: World, session: str) -> None:
    made = issue(world, session)
    assert ask(world, "DELETE", f"/v1/tokens/{made['id']}", None, made["secret"]).status == 204
    assert not authenticates(world, made["secret"])


def test_case_053_nobody_reaches_another_members_token_by_its_id(world: World, session: str) -> None:
    made = issue(world, session)
    path, nothing = f"/v1/tokens/{made['id']}", "/v1/tokens/pat_01M7YZMHKV0000000000000009"
    with world.unchanged():
        for by in (world.acme.owner.pat, world.acme.admin.pat, world.globex.owner.pat):
            for method, body in (("PATCH", {"name": "mine"}), ("DELETE", None)):
                answers = [ask(world, method, where, body, by) for where in (path, nothing)]
                assert answers[0].essence == answers[1].essence
                assert answers[0].status == 404
    assert authenticates(world, made["secret"])


def test_case_053_admins_and_owners_read_what_is_told_of_a_members_tokens(world: World, session: str) -> None:
    made = issue(world, session, "deploy")
    path = f"/v1/members/{world.acme.member.id}/tokens"
    with world.unchanged():
        lists = [ask(world, "GET", path, None, by.pat) for by in (world.acme.owner, world.acme.admin)]
        assert ask(world, "GET", path, None, world.acme.member.pat).status == 403
        assert ask(world, "GET", f"/v1/members/{world.acme.owner.id}/tokens", None, world.acme.admin.pat).status == 403
        assert ask(world, "GET", path, None, world.globex.owner.pat).status == 404
    for answer in lists:
        assert [set(row) for row in answer.json["data"]] == [TOLD] * 2
        assert answer.json["data"][0]["id"] == made["id"]


def test_case_056_a_token_is_worth_the_role_of_the_moment(world: World, session: str) -> None:
    made = issue(world, session)["secret"]
    statuses = []
    for role in ("admin", "member", "admin"):
        put_role(world, world.acme.member.id, role)
        statuses.append(ask(world, "GET", "/v1/members", None, made).status)
    assert statuses == [200, 403, 200]


def test_case_052_an_expired_token_says_so_to_its_holder_and_stays_listed(world: World, session: str) -> None:
    made = issue(world, session, expires_at=in_days(1))
    world.advance(DAY)
    dead = world.call("GET", "/v1/me", token=made["secret"])
    assert (dead.status, dead.code) == (401, "token_expired")
    row, _ = ask(world, "GET", "/v1/tokens", None, world.acme.member.pat).json["data"]
    assert (row["id"], row["state"]) == (made["id"], "expired")
