"""What people see of provisioning: the log of requests, and conflicts that wait for an owner."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from rollcall import clock
from rollcall.domain import ids
from rollcall.domain.changes import Change
from rollcall.domain.scim_conflicts import ScimConflict, renewed
from rollcall.storage import keys, marks, scim_log
from rollcall.storage.commit import commit
from rollcall.storage.reads import read
from rollcall.storage.scim_log import Entry, entry_item, told_path
from tests import seam
from tests.operations import ask, sign_in

if TYPE_CHECKING:
    from tests.kit import TeamOf, World

LOG = "/v1/team/scim-log"
CONFLICTS = "/v1/team/scim-conflicts"


def an_entry(status: int = 200, path: str = "/scim/v2/Users") -> Entry:
    log_id = ids.make("log", clock.now(), secrets.token_bytes(10))
    return Entry(log_id, "POST", path, status, "Bo Kim was added", ("member",), None, None, "r-1")


def log(world: World, *statuses: int, of: TeamOf | None = None) -> list[Entry]:
    """Write entries, one every second."""
    entries = []
    for status in statuses:
        world.advance(1)
        entries.append(an_entry(status))
        marks.logged(entry_item((of or world.acme).id, entries[-1]))
    return entries


# ---------------------------------------------------------------- the log


def test_what_a_provider_asked_is_listed_newest_first(world: World) -> None:
    old, new = log(world, 200, 409)
    shown = ask(world, "GET", LOG, None, world.acme.admin.pat).json
    assert [one["id"] for one in shown["data"]] == [new.id, old.id]
    assert shown["next_cursor"] is None
    first = shown["data"][1]
    assert (first["method"], first["path"], first["status"]) == ("POST", "/scim/v2/Users", 200)
    assert (first["meaning"], first["changed"], first["hint"]) == ("Bo Kim was added", ["member"], None)
    assert (first["token_id"], first["request_id"]) == (None, "r-1")


def test_refusals_are_listed_alone_when_asked_for_over_pages(world: World) -> None:
    entries = log(world, 409, 200, 404, 200, 200, 401, 204)
    failed = [one.id for one in reversed(entries) if one.status >= 400]
    seen: list[str] = []
    cursor = ""
    while True:
        page = ask(world, "GET", f"{LOG}?failed=true&limit=1{cursor}").json
        seen += [one["id"] for one in page["data"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert seen == failed
    refused = ask(world, "GET", f"{LOG}?limit=1{cursor}")
    assert (refused.status, refused.pointers) == (400, ["?cursor"]), "a cursor is bound to its filters"


@pytest.mark.parametrize(
    "query", ["failed=yes", "limit=0", "limit=201", "cursor=x", "status=404", "failed=true&failed=true"]
)
def test_the_log_is_asked_strictly(world: World, query: str) -> None:
    refused = ask(world, "GET", f"{LOG}?{query}")
    assert (refused.status, refused.pointers) == (400, [f"?{query.partition('=')[0]}"])


def test_case_190_each_team_sees_its_own_log(world: World) -> None:
    log(world, 200, of=world.globex)
    assert ask(world, "GET", LOG).json["data"] == []


def test_entries_are_forgotten_after_thirty_days(world: World) -> None:
    (entry,) = log(world, 200)
    world.advance(29 * 24 * 3600)
    assert [one["id"] for one in ask(world, "GET", LOG).json["data"]] == [entry.id]
    world.advance(25 * 3600)
    assert ask(world, "GET", LOG).json["data"] == [], "also where the table has not dropped it yet"


def test_an_entry_joins_the_change_that_it_tells_of_and_no_other(world: World) -> None:
    entry = an_entry()
    conflict = renewed(None, a_conflict(world))
    commit(Change(steps=(conflict,)), (), entry_item(world.acme.id, entry))
    assert [one["id"] for one in ask(world, "GET", LOG).json["data"]] == [entry.id]
    assert read([keys.scim_log(world.acme.id, entry.id)]).items


def test_a_log_that_cannot_be_written_refuses_nobody(world: World) -> None:
    with seam.seam(seam.down):
        marks.logged(entry_item(world.acme.id, an_entry()))
    assert ask(world, "GET", LOG).json["data"] == []


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("", "/scim/v2/Users"),
        ("filter=userName+eq+%22bo%40x.example%22", "/scim/v2/Users?filter=userName+eq+%22bo%40x.example%22"),
        ("startIndex=1&count=100", "/scim/v2/Users?startIndex=1&count=100"),
        ("password=hunter2", "/scim/v2/Users?password=***"),
        ("access_token=rc_scm_x", "/scim/v2/Users?access_token=***"),
        (f"filter=rc_scm_{'A' * 93}", "/scim/v2/Users?filter=***"),
    ],
)
def test_a_path_is_kept_with_scims_own_parameters_and_never_with_a_secret(query: str, told: str) -> None:
    assert told_path("/scim/v2/Users", query) == told


def test_a_path_and_words_are_kept_to_a_length() -> None:
    long = Entry("log_" + "0" * 26, "GET", told_path("/x" * 1000, ""), 400, "m" * 1000, (), "h" * 1000)
    item = entry_item("team_" + "0" * 26, long)
    assert {len(item.path), len(item.meaning), len(str(item.hint))} == {500}


# ---------------------------------------------------------------- conflicts


def a_conflict(world: World, member: str | None = None) -> ScimConflict:
    now = clock.now()
    sent = '{"userName": "mia@acme.example.com", "displayName": "Mia"}'
    return ScimConflict(world.acme.id, member or world.acme.member.id, "mia@acme.example.com", "00u1", sent, now, now)


def refuse(world: World, member: str | None = None) -> None:
    """Do what a refused POST of a provider does."""
    sent = a_conflict(world, member)
    known = read([keys.scim_conflict(sent.team_id, sent.member_id)]).scim_conflict(sent.team_id, sent.member_id)
    commit(Change(steps=(renewed(known, sent),)))


def test_whom_a_provider_asked_for_in_vain_is_listed_with_what_it_sent(world: World) -> None:
    refuse(world)
    world.advance(60)
    refuse(world)
    page = ask(world, "GET", CONFLICTS, None, world.acme.admin.pat).json
    (one,) = page["data"]
    assert page["next_cursor"] is None
    assert one["id"] == one["member"]["id"] == world.acme.member.id
    assert (one["member"]["email"], one["user_name"]) == (world.acme.member.email, "mia@acme.example.com")
    assert (one["external_id"], one["times"]) == ("00u1", 2)
    assert one["resource"]["displayName"] == "Mia"
    assert one["first_at"] < one["last_at"]
    assert ask(world, "GET", CONFLICTS, None, world.globex.owner.pat).json["data"] == []


def test_conflicts_come_in_pages(world: World) -> None:
    people = [world.acme.owner.id, world.acme.admin.id, world.acme.member.id]
    for member in people:
        refuse(world, member)
    first = ask(world, "GET", f"{CONFLICTS}?limit=2").json
    rest = ask(world, "GET", f"{CONFLICTS}?limit=2&cursor={first['next_cursor']}").json
    assert sorted(one["id"] for one in first["data"] + rest["data"]) == sorted(people)
    assert rest["next_cursor"] is None
    assert ask(world, "GET", f"{CONFLICTS}?q=x").pointers == ["?q"]


def test_a_conflict_of_somebody_who_left_is_not_listed(world: World) -> None:
    refuse(world)
    ask(world, "DELETE", f"/v1/members/{world.acme.member.id}")
    assert ask(world, "GET", CONFLICTS).json["data"] == []
    path = f"{CONFLICTS}/{world.acme.member.id}/accept"
    assert ask(world, "POST", path, None, sign_in(world, world.acme.owner)).status == 404
    assert len(world.items("SC#")) == 1
    world.advance(16 * 60)
    world.invoke("purge")
    assert world.items("SC#") == []


def test_an_owner_accepts_a_conflict_by_a_fresh_session_and_once(world: World) -> None:
    refuse(world)
    path, session = f"{CONFLICTS}/{world.acme.member.id}/accept", sign_in(world, world.acme.owner)
    with world.unchanged():
        assert ask(world, "POST", path).code == "step_up_required"
    with world.tells("scim_conflict.accepted"):
        accepted = ask(world, "POST", path, None, session)
    assert (accepted.status, accepted.json["id"]) == (200, world.acme.member.id)
    assert ask(world, "GET", CONFLICTS).json["data"] == []
    with world.unchanged():
        assert ask(world, "POST", path, None, session).status == 404


def test_what_was_sent_meanwhile_is_not_accepted_unread(world: World) -> None:
    """The conflict must be as it was read: one that the provider has renewed is decided on again."""
    refuse(world)
    before = a_conflict(world)
    refuse(world)
    found = read([keys.scim_conflict(world.acme.id, world.acme.member.id)])
    kept = found.scim_conflict(world.acme.id, world.acme.member.id)
    assert kept
    assert kept.version == before.version + 1
    assert timedelta(days=30) == scim_log.KEPT
