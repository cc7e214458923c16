"""What becomes of a personal access token: policy and reasons at its use, rotation, last use, letters (C4)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from rollcall import clock
from rollcall.domain.times import rfc3339
from rollcall.storage import marks
from tests.operations import act_on, ask, authenticates, issue, newest, remove, sign_in

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.kit import Answer, World

DAY = 86400


@pytest.fixture
def session(world: World) -> str:
    """Return a fresh session of acme's plain member."""
    return sign_in(world, world.acme.member)


def in_days(days: float) -> str:
    return rfc3339(clock.now() + timedelta(days=days))


def limit(world: World, **settings: object) -> None:
    assert ask(world, "PATCH", "/v1/team/settings/tokens", settings).status == 200


def use(world: World, token: str) -> Answer:
    return world.call("GET", "/v1/me", token=token)


def rotate(world: World, token: str, by: str, body: object = None) -> Answer:
    return ask(world, "POST", f"/v1/tokens/{token}/rotate", body, by)


def life(token: Mapping[str, str]) -> int:
    """Return for how many seconds a token was made."""
    ends, made = (datetime.fromisoformat(token[name]) for name in ("expires_at", "created_at"))
    return round((ends - made).total_seconds())


def states(world: World, by: str) -> dict[str, str]:
    return {row["name"]: row["state"] for row in ask(world, "GET", "/v1/tokens", None, by).json["data"]}


# ---------------------------------------------------------------- policy


def test_case_050_a_lowered_limit_of_age_is_judged_at_use_and_shown_in_the_list(world: World, session: str) -> None:
    long = issue(world, session, "long", expires_at=in_days(365))["secret"]
    short = issue(world, session, "short", expires_at=in_days(20))["secret"]
    endless = world.acme.member.pat
    limit(world, max_age_days=30)
    for token in (long, endless):
        refused = use(world, token)
        assert (refused.status, refused.code) == (401, "pat_policy")
        assert refused.headers["www-authenticate"].startswith("Bearer")
    assert authenticates(world, short)
    assert states(world, session) == {"long": "blocked", "short": "active", "local": "blocked"}
    freely = ask(world, "PATCH", "/v1/team/settings/tokens", {"max_age_days": None}, sign_in(world, world.acme.owner))
    assert freely.status == 200
    assert authenticates(world, long), "nothing was revoked: whoever raises the limit again lets it work"


def test_case_051_a_lowered_limit_of_number_leaves_those_that_are_there(world: World, session: str) -> None:
    made = [issue(world, session, f"ci {n}")["secret"] for n in range(4)]
    limit(world, max_per_member=2)
    assert all(authenticates(world, token) for token in made)
    refused = ask(world, "POST", "/v1/tokens", {"name": "one more"}, session)
    assert (refused.status, refused.code) == (409, "token_limit")


def test_the_limits_are_shown_before_a_token_is_made(world: World, session: str) -> None:
    limit(world, max_age_days=90, max_per_member=5)
    issue(world, session, expires_at=in_days(9))
    told = ask(world, "GET", "/v1/tokens", None, session).json["limits"]
    assert told == {"max_age_days": 90, "max_per_member": 5, "live": 2}


def test_a_preview_tells_which_tokens_a_limit_would_stop_and_changes_nothing(world: World, session: str) -> None:
    long = issue(world, session, "long", expires_at=in_days(365))
    short = issue(world, session, "short", expires_at=in_days(20))
    revoked = issue(world, session, "revoked", expires_at=in_days(365))
    ask(world, "DELETE", f"/v1/tokens/{revoked['id']}", None, session)
    path = "/v1/team/settings/tokens?preview=true"
    with world.unchanged():
        seen = ask(world, "PATCH", path, {"max_age_days": 30})
    assert (seen.status, seen.json["max_age_days"], seen.json["preview"]["complete"]) == (200, 30, True)
    stops = {row["id"]: row for row in seen.json["preview"]["tokens"]}
    assert long["id"] in stops
    assert stops.keys().isdisjoint({short["id"], revoked["id"]})
    assert stops[long["id"]]["member"]["email"] == world.acme.member.email
    assert {row["name"] for row in stops.values()} == {"long", "local"}, "and the seeded ones, which never expire"
    assert len(stops) == 4
    assert ask(world, "GET", "/v1/team/settings/tokens").json["max_age_days"] is None


def test_a_preview_is_of_the_tokens_limits_alone_and_as_strict_as_the_change(world: World) -> None:
    path = "/v1/team/settings"
    with world.unchanged():
        assert ask(world, "PATCH", f"{path}/sessions?preview=true", {"max": 3}).pointers == ["?preview"]
        assert ask(world, "PATCH", f"{path}/tokens?preview=yes", {}).pointers == ["?preview"]
        assert ask(world, "PATCH", f"{path}/tokens?dry_run=true", {}).pointers == ["?dry_run"]
        assert ask(world, "PATCH", f"{path}/tokens?preview=true", {"max_age_days": 0}).pointers == ["/max_age_days"]
        assert ask(world, "PATCH", f"{path}/tokens?preview=true", {}, world.acme.member.pat).status == 403


# ---------------------------------------------------------------- reasons


def test_a_revoked_or_expired_token_says_so_to_the_holder_of_the_right_secret_alone(world: World, session: str) -> None:
    revoked, expired, cut = (
        issue(world, session, "revoked"),
        issue(world, session, "expired", expires_at=in_days(1)),
        issue(world, session, "cut"),
    )
    ask(world, "DELETE", f"/v1/tokens/{revoked['id']}", None, session)
    assert use(world, revoked["secret"]).code == "token_revoked"
    world.advance(DAY)
    assert use(world, expired["secret"]).code == "token_expired"
    act_on(world, world.acme.member.id, "revoke-tokens")
    assert use(world, cut["secret"]).code == "token_revoked"
    assert use(world, expired["secret"]).code == "token_expired"
    other = world.acme.owner.pat
    forged = revoked["secret"][:51] + other[51:94]
    assert use(world, forged).code == "unauthenticated"


def test_a_removed_members_token_is_revoked_and_then_unknown(world: World) -> None:
    token = world.acme.member.pat
    remove(world, world.acme.member.id)
    assert (use(world, token).status, use(world, token).code) == (401, "token_revoked")
    world.advance(16 * 60)
    world.invoke("purge")
    assert use(world, token).code == "unauthenticated"


# ---------------------------------------------------------------- rotation


def test_a_rotated_token_works_on_for_an_hour_beside_the_new_one(world: World, session: str) -> None:
    old = issue(world, session, "deploy", expires_at=in_days(90))
    world.advance(300)
    with world.tells("token.rotated"):
        made = rotate(world, old["id"], session)
    assert (made.status, made.json["name"]) == (201, "deploy")
    assert made.json["secret"] != old["secret"]
    assert life(made.json) == life(old)
    assert authenticates(world, old["secret"])
    world.advance(3601)
    assert use(world, old["secret"]).code == "token_expired"
    assert authenticates(world, made.json["secret"])
    told = newest(world, "token.rotated")
    assert (told["target"]["id"], told["before"]["last4"]) == (made.json["id"], old["last4"])


def test_a_token_rotated_again_keeps_the_end_that_it_has(world: World, session: str) -> None:
    old = issue(world, session, "deploy")
    for _ in range(2):
        assert rotate(world, old["id"], session).status == 201
        world.advance(60)
    world.advance(3600 - 130)
    assert authenticates(world, old["secret"])
    world.advance(11)
    assert use(world, old["secret"]).code == "token_expired"


def test_a_token_can_be_rotated_at_once_which_needs_no_room(world: World, session: str) -> None:
    limit(world, max_per_member=2)
    old = issue(world, session, "deploy")
    with world.unchanged():
        refused = rotate(world, old["id"], session, {})
    assert (refused.status, refused.code) == (409, "token_limit")
    made = rotate(world, old["id"], session, {"overlap_minutes": 0})
    assert (made.status, use(world, old["secret"]).code) == (201, "token_revoked")
    assert authenticates(world, made.json["secret"])


def test_rotation_is_for_the_own_live_token_and_a_fresh_session(world: World, session: str) -> None:
    mine = issue(world, session, "deploy")
    admins = sign_in(world, world.acme.admin)
    with world.unchanged():
        assert rotate(world, mine["id"], admins).status == 404
        assert rotate(world, mine["id"], world.acme.member.pat).code == "step_up_required"
        assert rotate(world, mine["id"], session, {"overlap_minutes": 10081}).pointers == ["/overlap_minutes"]
        assert rotate(world, mine["id"], session, {"overlap_minutes": True}).pointers == ["/overlap_minutes"]
    ask(world, "DELETE", f"/v1/tokens/{mine['id']}", None, session)
    with world.unchanged():
        assert rotate(world, mine["id"], session).status == 409


def test_case_049_a_rotated_token_keeps_within_the_teams_limit_of_age(world: World, session: str) -> None:
    old = issue(world, session, "deploy", expires_at=in_days(90))
    limit(world, max_age_days=30)
    with world.unchanged():
        assert rotate(world, old["id"], session).pointers == ["/expires_at"]
    assert rotate(world, old["id"], session, {"expires_at": in_days(29)}).status == 201


# ---------------------------------------------------------------- last use


def test_case_062_the_last_use_is_noted_once_an_hour_to_the_day(world: World, session: str) -> None:
    made = issue(world, session, "deploy")
    (row, _) = ask(world, "GET", "/v1/tokens", None, session).json["data"]
    assert row["last_used_at"] is None
    key = f"PAT#{made['id'][-16:]}"

    def noted() -> str | None:
        (item,) = [item for item in world.items("M#") if item["SK"]["S"] == key]
        return str(item["lu"]["N"]) if "lu" in item else None

    use(world, made["secret"])
    first = noted()
    assert first is not None
    marks._seen.clear()  # another process
    use(world, made["secret"])
    assert noted() == first
    world.advance(3601)
    use(world, made["secret"])
    assert noted() != first
    (row, _) = ask(world, "GET", "/v1/tokens", None, session).json["data"]
    assert row["last_used_at"] == f"{clock.now():%Y-%m-%d}T00:00:00Z"


# ---------------------------------------------------------------- letters


def test_case_212_whoever_holds_a_new_token_is_told_without_its_secret(world: World, session: str) -> None:
    made = issue(world, session, "deploy https://evil.tld")
    (told,) = world.mails(world.acme.member.email)
    assert told.subject == "A personal access token was made for Acme"
    assert made["last4"] in told.text
    assert made["secret"] not in told.text + told.html
    assert not told.links
    assert "https://evil.tld" not in told.text


def test_the_end_of_a_token_is_told_thirty_seven_and_one_days_before_each_once(world: World, session: str) -> None:
    issue(world, session, "deploy", expires_at=in_days(40))
    ends_at = len(world.mails(world.acme.member.email))

    def letters() -> int:
        world.invoke("expire")
        world.invoke("expire")
        return len(world.mails(world.acme.member.email)) - ends_at

    counts = []
    for days in (9, 2, 21, 3, 4.5, 1, 2):  # on day 9, 11, 32, 35, 39 and a half, and after the end
        world.advance(days * DAY)
        counts.append(letters())
    assert counts == [0, 1, 1, 2, 3, 3, 3]
    assert "expires soon" in world.mails(world.acme.member.email)[-1].subject


def test_a_schedule_that_was_off_tells_the_end_once_and_of_dead_tokens_nothing(world: World, session: str) -> None:
    issue(world, session, "deploy", expires_at=in_days(40))
    gone = issue(world, session, "gone", expires_at=in_days(40))
    ask(world, "DELETE", f"/v1/tokens/{gone['id']}", None, session)
    _, other = world.join("nora@example.com")
    issue(world, other, "cut", expires_at=in_days(40))
    act_on(world, newest(world, "invitation.accepted")["target"]["id"], "deactivate")
    before = len(world.mails())
    world.advance(36 * DAY)
    world.invoke("expire")
    world.invoke("expire")
    assert [mail.to for mail in world.mails()[before:]] == [world.acme.member.email]
    assert world.items("X") == []
