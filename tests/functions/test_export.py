"""The audit as a file: bounded parts that join to one whole, seals that verify, cells that no sheet executes."""

from __future__ import annotations

import csv
import io
import json
import re
import sys
from typing import TYPE_CHECKING

import pytest

from infra.verify_audit import verify
from rollcall.actions.seal import seal_rest
from rollcall.domain import ids
from tests.operations import ask

if TYPE_CHECKING:
    from tests.kit import Answer, World

EXPORT = "/v1/audit-events/export"
NEXT = re.compile(r'^<http://127\.0\.0\.1:8000(/v1/audit-events/export\?[^>]+)>; rel="next"$')
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def export(world: World, query: str = "", by: str | None = None) -> Answer:
    answer = ask(world, "GET", f"{EXPORT}{query}", None, by)
    assert answer.status == 200, answer.body
    return answer


def parts(world: World, query: str = "") -> list[Answer]:
    """Follow the links from part to part."""
    found = [export(world, query)]
    while "link" in found[-1].headers:
        match = NEXT.fullmatch(found[-1].headers["link"])
        assert match, found[-1].headers["link"]
        found.append(ask(world, "GET", match[1]))
        assert found[-1].status == 200, found[-1].body
    return found


def shrink(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    monkeypatch.setattr(sys.modules["rollcall.http.exports"], "LARGEST", size)


def some_events(world: World, times: int = 6) -> None:
    """Make events with letters of several bytes; everything up to them is sealed."""
    for number in range(times):
        assert ask(world, "PATCH", "/v1/me", {"name": f"Zoë 🌻 {number}"}).status == 200
    world.stack.drain()
    seal_rest(world.acme.id)


def rows(answer: Answer) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(answer.body.decode(), newline="")))


def test_a_part_is_at_most_five_megabytes() -> None:
    from rollcall.http import exports  # noqa: PLC0415 after the stack has loaded it

    assert exports.LARGEST == 5_000_000


def test_a_part_stays_below_its_bound_also_as_lambda_encodes_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    some_events(world)
    shrink(monkeypatch, 3_000)
    assert all(len(json.dumps(part.body.decode(), ensure_ascii=False).encode()) <= 3_000 for part in parts(world))


def test_every_line_wraps_an_event_byte_for_byte_as_it_is_stored(world: World) -> None:
    some_events(world)
    answer = export(world)
    stored = [item["t"]["S"] for item in world.items(f"A#{ids.code(world.acme.id)}")]
    lines = answer.body.decode().split("\n")
    assert lines[-1] == ""
    assert [line.partition('"event":')[2][:-1] for line in lines[:-1]] == stored
    assert [json.loads(line)["event"] for line in lines[:-1]] == [json.loads(text) for text in stored]
    assert answer.headers["content-type"] == "application/x-ndjson"
    assert answer.headers["content-disposition"] == 'attachment; filename="audit.jsonl"'


def test_an_export_verifies_against_the_head_that_its_answer_tells(world: World) -> None:
    some_events(world)
    answer = export(world)
    found = verify(answer.body, answer.headers["x-audit-head"])
    assert (found.faults, found.unsealed) == ([], [])
    assert found.head == answer.headers["x-audit-head"]
    assert len(found.links) == len(world.items(f"A#{ids.code(world.acme.id)}"))


def test_the_unsealed_tail_is_marked(world: World) -> None:
    some_events(world, 2)
    world.invite("late@example.com")
    *before, last = [json.loads(line) for line in export(world).body.splitlines()]
    assert all(line["sequence"] for line in before)
    assert (last["sequence"], last["previous_hash"], last["hash"]) == (None, None, None)
    assert last["event"]["action"] == "invitation.created"
    assert rows(export(world, "?format=csv"))[-1]["sequence"] == ""


def test_before_anything_is_sealed_the_head_says_so(world: World) -> None:
    answer = export(world)
    assert answer.headers["x-audit-head"] == f"0:{'0' * 64}"
    assert verify(answer.body, answer.headers["x-audit-head"]).faults == []


@pytest.mark.parametrize("kind", ["jsonl", "csv"])
def test_parts_are_bounded_and_join_to_the_whole(world: World, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    some_events(world)
    whole = export(world, f"?format={kind}")
    assert "link" not in whole.headers
    shrink(monkeypatch, 1_500)
    found = parts(world, f"?format={kind}")
    assert len(found) > 2
    head = whole.body.partition(b"\r\n")[0] + b"\r\n" if kind == "csv" else b""
    assert all(part.body.startswith(head) and len(part.body) - len(head) <= 1_500 for part in found)
    assert head + b"".join(part.body[len(head) :] for part in found) == whole.body


def test_parts_show_one_chain_even_when_events_are_sealed_between_them(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    some_events(world)
    for name in ("one", "two", "three"):
        world.invite(f"{name}@example.com")
    shrink(monkeypatch, 6_000)
    first = export(world)
    world.stack.drain()
    rest = parts(world, first.headers["link"].partition("/export")[2].partition(">")[0])
    assert {part.headers["x-audit-head"] for part in rest} == {first.headers["x-audit-head"]}
    found = verify(first.body + b"".join(part.body for part in rest), first.headers["x-audit-head"])
    assert (found.faults, len(found.unsealed)) == ([], 3)


def test_what_was_sealed_out_of_order_still_verifies(world: World) -> None:
    world.invite("one@example.com")
    world.stack.drain()
    seal_rest(world.acme.id)
    answer = export(world)
    sequences = [json.loads(line)["sequence"] for line in answer.body.splitlines()]
    assert sequences == [2, 1]
    assert verify(answer.body, answer.headers["x-audit-head"]).faults == []


def test_an_event_larger_than_a_part_is_a_part_of_its_own(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    some_events(world, 2)
    shrink(monkeypatch, 10)
    found = parts(world)
    assert [part.body.count(b"\n") for part in found] == [1] * len(world.items(f"A#{ids.code(world.acme.id)}"))


def test_filters_hold_over_all_parts_and_a_cursor_serves_no_other_filters(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    some_events(world)
    world.invite("one@example.com")
    shrink(monkeypatch, 1_000)
    found = parts(world, "?action=member.profile_edited")
    told = [json.loads(line)["event"]["action"] for part in found for line in part.body.splitlines()]
    assert told == ["member.profile_edited"] * 6
    assert verify(b"".join(part.body for part in found), part=True).faults == []
    cursor = found[0].headers["link"].partition("cursor=")[2].partition(">")[0]
    assert ask(world, "GET", f"{EXPORT}?cursor={cursor}").pointers == ["?cursor"]
    assert ask(world, "GET", f"/v1/audit-events?cursor={cursor}").pointers == ["?cursor"]


@pytest.mark.parametrize("query", ["?format=xml", "?format=", "?since=now", "?format=csv&format=csv"])
def test_what_is_no_export_is_refused_with_a_pointer(world: World, query: str) -> None:
    answer = ask(world, "GET", f"{EXPORT}{query}")
    assert answer.status == 400
    assert answer.pointers


def test_the_csv_has_a_column_for_everything_that_an_event_tells(world: World) -> None:
    some_events(world, 1)
    answer = export(world, "?format=csv")
    last = rows(answer)[-1]
    event = world.events("member.profile_edited")[-1]
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert last["id"] == event["id"]
    assert last["actor_email"] == world.acme.owner.email
    assert (last["credential_kind"], last["credential_id"]) == ("pat", event["actor"]["credential"]["id"])
    assert json.loads(last["before"]) == event["before"]
    assert json.loads(last["after"]) == event["after"]
    line = json.loads(export(world).body.splitlines()[-1])
    assert [last["sequence"], last["previous_hash"], last["hash"]] == [
        str(line["sequence"]),
        line["previous_hash"],
        line["hash"],
    ]


@pytest.mark.parametrize("address", ["=cmd@example.com", "+49@example.com", "-1+1@example.com"])
def test_case_290_no_address_becomes_a_formula(world: World, address: str) -> None:
    world.invite(address)
    label = rows(export(world, "?format=csv"))[-1]["target_label"]
    assert label == f"'{address}"


@pytest.mark.parametrize("name", ['=HYPERLINK("http://x","y")', "@SUM(A1)", "-1+1|cmd", '<b>"a", b</b>', "Zoë; DROP"])
def test_case_290_no_name_becomes_a_formula_or_breaks_a_row(world: World, name: str) -> None:
    assert ask(world, "PATCH", "/v1/team", {"name": name}).status == 200
    assert ask(world, "PATCH", "/v1/team", {"name": "Acme"}).status == 200
    table = rows(export(world, "?format=csv"))
    assert not [cell for row in table for cell in row.values() if cell.startswith(FORMULA)]
    assert table[-1]["target_label"] == (f"'{name}" if name.startswith(FORMULA) else name)
    assert json.loads(table[-1]["before"]) == {"name": name}
    listed = ask(world, "GET", "/v1/audit-events?limit=1")
    assert listed.json["data"][0]["before"] == {"name": name}
    assert listed.headers["content-type"] == "application/json"


def test_case_293_owner_and_admin_export_and_nobody_else(world: World) -> None:
    assert export(world, by=world.acme.admin.pat).body == export(world).body
    with world.unchanged():
        assert ask(world, "GET", EXPORT, None, world.acme.member.pat).status == 403
        assert world.call("GET", EXPORT).status == 401
    mine = {json.loads(line)["event"]["target"]["id"] for line in export(world).body.splitlines()}
    theirs = {
        json.loads(line)["event"]["target"]["id"] for line in export(world, by=world.globex.owner.pat).body.splitlines()
    }
    assert mine
    assert theirs
    assert not mine & theirs
