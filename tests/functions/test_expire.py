"""The schedule that marks what has expired: late, doubled, interrupted or raced, it decides nothing (I7, I39)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from rollcall import clock
from rollcall.actions import expire as expiring
from rollcall.actions.expire import expire
from rollcall.domain import ids
from rollcall.domain.invitations import State
from rollcall.http.schedule import system_call
from rollcall.storage import due, keys, marks
from rollcall.storage.reads import invitation_keys, read
from tests import kit, seam
from tests.values import poke

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from infra.local.edges import Json
    from rollcall.domain.invitations import Invitation
    from tests.kit import World

NORA = "nora@example.com"
DAY = 24 * 3600
WEEK = 7 * DAY


@pytest.fixture(autouse=True)
def _few(world: World) -> None:
    """Take the other teams' and the members' rows out of the table: the emulator looks at all items in each query."""
    items = kit._moto_table().items
    for key in [key for key in items if ids.code(world.acme.id) not in key.value or key.value.startswith("R#")]:
        if not key.value.startswith("SLUG#"):
            del items[key]


def pass_time(world: World, seconds: float) -> None:
    """Move the clock, as if the schedule had been running all the while; the first sweep of all looks far back."""
    world.advance(seconds)
    marks.finished("X", clock.now())


def sweep(world: World) -> int:
    """Let the schedule's function run once; return how many it expired."""
    expired: int = world.invoke("expire")["expired"]
    return expired


def stored(world: World, invitation_id: str) -> Invitation:
    found = read(invitation_keys(world.acme.id, invitation_id)).invitation(world.acme.id, invitation_id)
    assert found
    return found


def state(world: World, invitation_id: str) -> str:
    answer = world.call("GET", f"/v1/invitations/{invitation_id}", token=world.acme.owner.pat)
    return str(answer.json["state"])


def waiting(world: World) -> list[str]:
    """Return the sort keys of what waits in the index to be expired."""
    return [item["XS"]["S"] for item in world.items("I#") if "XS" in item]


def invite_many(world: World, number: int) -> list[str]:
    return [world.invite(f"nora{n}@example.com")["id"] for n in range(number)]


def expire_at(moment: datetime, going_on: Callable[[], bool] = lambda: True, most: int = 100) -> int:
    """Sweep at that moment, an earlier sweep having finished the day before."""
    marks.finished("X", moment)
    return expire(lambda: system_call(moment), moment, going_on, most)


def test_what_is_due_is_marked_with_one_event_each_and_no_letter(world: World) -> None:
    first, second = invite_many(world, 2)
    world.mails()
    pass_time(world, WEEK)
    letters = len(world.mails())
    with world.tells("invitation.expired", "invitation.expired"):
        assert sweep(world) == 2
    assert {stored(world, one).state for one in (first, second)} == {State.EXPIRED}
    assert waiting(world) == []
    assert len(world.mails()) == letters
    event = world.events("invitation.expired")[0]
    assert event["actor"] == {"id": None, "email": None, "role": None, "credential": {"kind": "system", "id": None}}


def test_what_is_not_due_is_left_alone(world: World) -> None:
    invited = world.invite(NORA)["id"]
    pass_time(world, WEEK - 60)
    with world.unchanged():
        assert sweep(world) == 0
    assert state(world, invited) == "pending"


def test_case_269_with_the_schedule_off_for_a_month_links_die_in_time_and_all_are_marked_on_return(
    world: World,
) -> None:
    marks.finished("X", clock.now())
    early = [world.invite(f"early{n}@example.com")["id"] for n in range(3)]
    token = world.copied(early[0])
    world.advance(3 * DAY)
    late = [world.invite(f"late{n}@example.com")["id"] for n in range(3)]
    world.advance(30 * DAY)
    with world.unchanged():
        assert world.accept(token).status == 410
    listed = world.call("GET", "/v1/invitations?state=pending", token=world.acme.owner.pat)
    assert (listed.json["data"], listed.json["total"]) == ([], 0)
    assert {state(world, one) for one in early + late} == {"expired"}
    with world.tells(*["invitation.expired"] * 6):
        assert sweep(world) == 6
    with world.unchanged():
        assert sweep(world) == 0
    assert waiting(world) == []


def test_case_222_running_again_adds_nothing(world: World) -> None:
    invite_many(world, 3)
    pass_time(world, WEEK)
    with world.tells(*["invitation.expired"] * 3):
        assert sum(sweep(world) for _ in range(3)) == 3


def test_case_270_of_two_sweeps_that_read_the_same_each_invitation_is_expired_once(world: World) -> None:
    """The second has read everything before the first commits."""
    invited = invite_many(world, 5)
    moment = stored(world, invited[-1]).expires_at + timedelta(seconds=1)
    with world.tells(*["invitation.expired"] * 5):
        overlapping: list[int] = []

        def meanwhile() -> bool:
            if not overlapping:
                overlapping.append(0)
                overlapping[0] = expire_at(moment)
            return True

        done = expire_at(moment, meanwhile)
    assert (done, overlapping) == (0, [5])


def test_case_270_a_commit_that_comes_second_expires_nothing_twice(world: World) -> None:
    invited = invite_many(world, 3)
    found = [stored(world, one) for one in invited]
    moment = max(one.expires_at for one in found)
    with world.tells(*["invitation.expired"] * 3):
        assert expiring._expire(system_call(moment), found, moment) == 3
        assert expiring._expire(system_call(moment), found, moment) == 0


def dying(name: str, nth: int) -> seam.Plan:
    """Let the function be killed before its nth call of that name."""
    made = 0

    def plan(_: int, called: str) -> seam.Fault:
        nonlocal made
        made += called == name
        return RuntimeError("killed") if made >= nth else None

    return plan


@pytest.mark.parametrize(
    ("name", "nth", "done"),
    [
        ("Query", 1, 0),
        ("BatchGetItem", 2, 0),
        ("TransactWriteItems", 1, 0),
        ("BatchGetItem", 3, 2),
        ("TransactWriteItems", 2, 2),
        ("TransactWriteItems", 3, 4),
        ("UpdateItem", 2, 5),
    ],
)
def test_case_271_a_run_that_dies_at_any_call_is_finished_by_the_next(
    world: World, monkeypatch: pytest.MonkeyPatch, name: str, nth: int, done: int
) -> None:
    monkeypatch.setattr(expiring, "TOGETHER", 2)
    found = invite_many(world, 5)
    moment = stored(world, found[-1]).expires_at + timedelta(milliseconds=1)
    with world.tells(*["invitation.expired"] * 5):
        with seam.seam(dying(name, nth)), pytest.raises(RuntimeError):
            expire_at(moment)
        assert 5 - len(waiting(world)) == done
        assert expire_at(moment) == 5 - done
    assert waiting(world) == []


@pytest.mark.parametrize("fault", [seam.BEFORE, seam.AFTER, "ThrottlingException"])
def test_case_271_a_call_that_fails_once_is_made_again(world: World, fault: str) -> None:
    found = invite_many(world, 3)
    moment = stored(world, found[-1]).expires_at + timedelta(milliseconds=1)
    with world.tells(*["invitation.expired"] * 3), seam.seam(seam.first(1, "TransactWriteItems", fault)):
        assert expire_at(moment) == 3


def test_case_271_a_run_ends_when_its_time_is_up_and_the_next_goes_on(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(expiring, "TOGETHER", 4)
    invited = invite_many(world, 7)
    moment = stored(world, invited[-1]).expires_at + timedelta(milliseconds=1)
    rounds = iter([True, False])
    assert expire_at(moment, lambda: next(rounds)) == 4
    assert expire_at(moment, most=2) == 2
    assert expire_at(moment, lambda: False) == 0
    assert expire_at(moment) == 1
    assert expire_at(moment) == 0


def test_case_273_an_invitation_resent_meanwhile_is_not_expired_by_the_old_reading(world: World) -> None:
    """One of three moved on between reading and committing: the two others are expired all the same."""
    invited = invite_many(world, 3)
    found = [stored(world, one) for one in invited]
    pass_time(world, WEEK + 60)
    assert world.act("resend", invited[1]).status == 200
    moment = max(one.expires_at for one in found)
    with world.tells("invitation.expired", "invitation.expired"):
        assert expiring._expire(system_call(moment), found, moment) == 2
    assert [state(world, one) for one in invited] == ["expired", "pending", "expired"]
    assert stored(world, invited[1]).generation == 2


def test_case_274_accepted_at_the_second_of_the_sweep_has_one_outcome(world: World) -> None:
    """Whoever commits first has it; the other finds that out."""
    invited = world.invite(NORA)["id"]
    read_before = stored(world, invited)
    token = world.copied(invited)
    pending = stored(world, invited)
    assert pending.expires_at > read_before.expires_at - timedelta(seconds=1)
    with world.tells("invitation.accepted"):
        assert world.accept(token).status == 201
        assert expiring._expire(system_call(pending.expires_at), [pending], pending.expires_at) == 0
    other = world.invite("other@example.com")["id"]
    token = world.copied(other)
    there = stored(world, other)
    with world.tells("invitation.expired"):
        assert expiring._expire(system_call(there.expires_at), [there], there.expires_at) == 1
    with world.unchanged():
        assert world.accept(token).status == 410


@pytest.mark.parametrize(("late", "done"), [(-1, 0), (0, 0), (1, 1)])
def test_case_275_nothing_is_swept_before_its_millisecond(world: World, late: int, done: int) -> None:
    """At the deadline itself the link is dead already; the sweep finds it a millisecond later."""
    invited = world.invite(NORA)["id"]
    moment = stored(world, invited).expires_at + timedelta(milliseconds=late)
    assert expire_at(moment) == done


def test_case_275_an_invitation_without_a_deadline_is_dead_and_shown_as_expired(world: World) -> None:
    invited = world.invite(NORA)["id"]
    token = world.copied(invited)
    poke(keys.invitation(world.acme.id, invited), "x", None)
    with world.unchanged():
        assert world.accept(token).status == 410
        assert state(world, invited) == "expired"
    assert world.act("resend", invited).status == 200
    assert state(world, invited) == "pending"


def test_case_276_items_past_their_time_to_live_are_neither_counted_nor_accepted(world: World) -> None:
    """DynamoDB may leave them for days: an idempotency record of yesterday is no answer today."""
    key = {"Idempotency-Key": "once"}
    body = {"email": NORA}
    first = world.call("POST", "/v1/invitations", body, token=world.acme.owner.pat, headers=key)
    world.advance(DAY)
    again = world.call("POST", "/v1/invitations", body, token=world.acme.owner.pat, headers=key)
    assert (first.status, again.status, again.code) == (201, 409, "already_invited")


def test_case_278_sessions_past_their_time_neither_work_nor_take_a_place(world: World) -> None:
    member = world.acme.member
    signed_in = {"email": member.email, "password": member.password}
    old = world.call("POST", "/v1/teams/acme/sessions", signed_in).json["token"]
    world.advance(31 * DAY)
    refused = world.call("GET", "/v1/me", token=old)
    assert (refused.status, refused.code) == (401, "token_expired")
    assert world.call("POST", "/v1/teams/acme/sessions", signed_in).status == 201
    assert len(world.member(member.id).sessions) == 1
    assert world.call("GET", "/v1/me", token=old).code == "unauthenticated"


def test_case_279_looking_at_a_link_is_no_activity(world: World) -> None:
    invited = world.invite(NORA)["id"]
    token = world.copied(invited)
    pass_time(world, WEEK - 60)
    for _ in range(3):
        assert world.call("GET", f"/i/{token}").status == 200
        assert world.call("POST", "/v1/invitations/inspect", {"token": token}).status == 200
    pass_time(world, 60)
    assert world.call("POST", "/v1/invitations/inspect", {"token": token}).status == 410
    assert sweep(world) == 1


def test_case_280_what_stands_in_the_event_is_ignored(world: World) -> None:
    invite_many(world, 2)
    forged: list[Json] = [{"team": "globex"}, {"limit": 10**12, "age": -1}, {"now": "2099-01-01T00:00:00Z"}, []]
    with world.unchanged():
        marks.finished("X", clock.now())
        for event in forged:
            assert world.invoke("expire", event) == {"expired": 0, "reminded": 0, "checked": 0}
    pass_time(world, WEEK)
    with world.tells("invitation.expired", "invitation.expired"):
        assert world.invoke("expire", forged[0]) == {"expired": 2, "reminded": 0, "checked": 0}


def test_the_sweep_begins_at_the_oldest_day_that_is_not_finished(world: World) -> None:
    marks.finished("X", clock.now())
    invited = invite_many(world, 1)
    moment = stored(world, invited[0]).expires_at + timedelta(days=3)
    assert expire(lambda: system_call(moment), moment, lambda: True, 100) == 1
    assert list(due.days("X", moment)) == [(moment - timedelta(days=1)).date(), moment.date()]


def test_the_first_sweep_of_all_looks_back_far_enough_for_any_deadline() -> None:
    """Thirty days are the longest that a team may give."""
    assert timedelta(days=30) < due.FIRST_LOOK_BACK
