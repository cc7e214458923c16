"""`make recount`: each kind of damage to a roster is found, and put right with an event where it can be."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import boto3
import pytest

from infra import recount as command
from infra.recount import main, recount, repair, team_called
from rollcall.domain import ids
from rollcall.domain.changes import Change, Recounted, Reowned, Rewritten, Swept
from rollcall.domain.errors import Stale
from rollcall.domain.invitations import EMAIL
from rollcall.storage import keys, roster
from rollcall.storage.commit import commit
from rollcall.storage.table import table_name
from tests.operations import act_on, ask, listed, put_products, put_role, remove
from tests.values import frozen, poke

if TYPE_CHECKING:
    from collections.abc import Callable

    from rollcall.domain.members import Member
    from rollcall.storage.keys import Key
    from tests.kit import World


def delete(key: Key) -> None:
    boto3.client("dynamodb").delete_item(TableName=table_name(), Key={"PK": {"S": key.pk}, "SK": {"S": key.sk}})


def mia(world: World) -> Member:
    return world.member(world.acme.member.id)


def row_of(member: Member) -> Key:
    return keys.row(member.team_id, member.block, member.id)


# ---------------------------------------------------------------- a roster that is right


def test_a_seeded_team_is_right_and_stays_so_through_the_daily_work(world: World) -> None:
    assert recount(world.acme.id) == recount(world.globex.id) == []
    joined, _ = world.join("nora@example.com", role="admin")
    world.invite("waiting@example.com")
    expired = world.invite("expired@example.com")
    assert put_role(world, joined, "owner").status == 200
    assert put_products(world, joined, {"only": ["trustgate"]}).status == 200
    assert act_on(world, world.acme.admin.id, "deactivate").status == 200
    assert ask(world, "PATCH", "/v1/me", {"name": "Olivia Other"}).status == 200
    assert remove(world, world.acme.member.id).status == 200
    assert world.act("revoke", expired["id"]).status == 204
    assert recount(world.acme.id) == []


def test_looking_changes_nothing_and_neither_does_a_repair_of_what_is_right(world: World) -> None:
    world.stack.drain()
    before = frozen(world)
    assert recount(world.globex.id) == []
    assert frozen(world) == before
    with world.tells():
        assert repair(world.globex.id) == []


# ---------------------------------------------------------------- each kind of damage


def lost_row(world: World) -> str:
    delete(row_of(mia(world)))
    return f"{mia(world).id} has no row"


def wrong_name(world: World) -> str:
    poke(row_of(mia(world)), "n", {"S": "Somebody Else"})
    return f"the row of {mia(world).id} is not as the member is"


def wrong_flags(world: World) -> str:
    poke(row_of(mia(world)), "g", {"S": "o1Ii"})
    return f"the row of {mia(world).id} is not as the member is"


def invented_avatar(world: World) -> str:
    poke(row_of(mia(world)), "a", {"S": "https://example.com/a.png"})
    return f"the row of {mia(world).id} is not as the member is"


def stray_row(world: World) -> str:
    nobody = "mem_" + "0" * 26
    poke(keys.row(world.acme.id, 0, nobody), "n", {"S": "Nobody"})
    for name in ("f", "e", "g", "p"):
        poke(keys.row(world.acme.id, 0, nobody), name, {"S": ","})
    poke(keys.row(world.acme.id, 0, nobody), "v", {"N": "1"})
    return f"block 0 has a row of {nobody}, who is not there"


def row_in_another_block(world: World) -> str:
    item = roster.row_item(mia(world)).to_dynamodb_dict()
    item["PK"] = {"S": keys.row(world.acme.id, 7, mia(world).id).pk}
    boto3.client("dynamodb").put_item(TableName=table_name(), Item=item)
    return f"block 7 has a row of {mia(world).id}, who is not there"


def wrong_counter(world: World) -> str:
    poke(keys.header(world.acme.id, 0, 0), "m1", {"N": "77"})
    return "the counters of block 0: m1 is 77, not"


def wrong_total(world: World) -> str:
    poke(keys.header(world.acme.id, 0, 0), "n", {"N": "3"})
    return "the counters of block 0: n is 3, not 30"


def lost_counter(world: World) -> str:
    poke(keys.header(world.acme.id, 0, 0), "a1*", None)
    return "the counters of block 0: a1* is 0, not"


def invented_stripe(world: World) -> str:
    poke(keys.header(world.acme.id, 0, 5), "o1", {"N": "2"})
    return "the counters of block 0: o1 is 3, not 1"


def invented_block(world: World) -> str:
    poke(keys.header(world.acme.id, 4, 0), "n", {"N": "9"})
    return "the counters of block 4: n is 9, not 0"


def lost_headers(world: World) -> str:
    delete(keys.header(world.acme.id, 0, 0))
    return "the counters of block 0: "


def invented_owner(world: World) -> str:
    both = [world.acme.owner.id, world.acme.member.id]
    poke(keys.owners(world.acme.id), "owners", {"SS": both})  # type: ignore[dict-item]
    return f"the set of owners is wrong about {world.acme.member.id}"


def lost_owners(world: World) -> str:
    delete(keys.owners(world.acme.id))
    return f"the set of owners is wrong about {world.acme.owner.id}"


DAMAGE = [
    lost_row,
    wrong_name,
    wrong_flags,
    invented_avatar,
    stray_row,
    row_in_another_block,
    wrong_counter,
    wrong_total,
    lost_counter,
    invented_stripe,
    invented_block,
    lost_headers,
    invented_owner,
    lost_owners,
]


@pytest.mark.parametrize("damage", DAMAGE)
def test_each_kind_of_damage_is_found_and_repaired_with_one_event(world: World, damage: Callable[[World], str]) -> None:
    right = listed(world).json
    sentence = damage(world)
    (told,) = recount(world.acme.id)
    assert told.startswith(sentence)
    with world.tells("roster.repaired"):
        assert repair(world.acme.id) == []
    assert recount(world.acme.id) == []
    now = listed(world).json
    assert now["total"] == right["total"]
    assert [row["id"] for row in now["data"]] == [row["id"] for row in right["data"]]


def test_much_damage_at_once_is_repaired(world: World) -> None:
    sentences = {damage(world) for damage in (lost_row, stray_row, wrong_total, invented_block, invented_owner)}
    told = recount(world.acme.id)
    assert len(told) == len(sentences) == 5
    assert repair(world.acme.id) == []


def test_more_rows_than_a_transaction_holds_are_repaired_in_several_each_with_its_event(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "TOGETHER", 10)
    for item in world.items(f"R#{ids.code(world.acme.id)}"):
        poke(keys.Key(item["PK"]["S"], item["SK"]["S"]), "n", {"S": "Somebody Else"})
    assert len(recount(world.acme.id)) == 30
    with world.tells(*["roster.repaired"] * 3):
        assert repair(world.acme.id) == []


def test_a_repaired_row_keeps_the_mark_of_its_members_last_activity(world: World) -> None:
    poke(row_of(mia(world)), "l", {"N": "1795294400000"})
    active = ask(world, "GET", f"/v1/members/{world.acme.member.id}").json["last_active_at"]
    wrong_name(world)
    assert repair(world.acme.id) == []
    assert ask(world, "GET", f"/v1/members/{world.acme.member.id}").json["last_active_at"] == active
    assert active is not None


def test_the_event_says_what_was_wrong_and_that_an_operator_repaired_it(world: World) -> None:
    wrong_total(world)
    lost_row(world)
    invented_owner(world)
    repair(world.acme.id)
    event = world.events("roster.repaired")[-1]
    assert event["actor"] == {"id": None, "email": None, "role": None, "credential": {"kind": "operator", "id": None}}
    assert event["target"] == {"type": "team", "id": world.acme.id, "label": "Acme"}
    both = sorted([world.acme.owner.id, world.acme.member.id])
    assert event["before"] == {"counters": {"0": {"n": 3}}, "owners": both}
    assert event["after"] == {
        "counters": {"0": {"n": 30}},
        "owners": [world.acme.owner.id],
        "rows_rewritten": [world.acme.member.id],
        "rows_swept": [],
    }


def test_an_event_of_a_repair_is_sealed_with_whatever_the_stream_had_lost(world: World) -> None:
    wrong_total(world)
    repair(world.acme.id)
    code = ids.code(world.acme.id)
    assert len(world.items(f"SEAL#{code}")) == len(world.items(f"A#{code}"))


# ---------------------------------------------------------------- what only a person can decide


def lost_claim(world: World) -> str:
    delete(keys.claim(EMAIL, world.acme.id, mia(world).email_key))
    return f"{mia(world).id} does not hold the claim of their address"


def claim_of_nobody(world: World) -> str:
    nobody = "mem_" + "0" * 26
    poke(keys.claim(EMAIL, world.acme.id, "ghost@example.com"), "h", {"S": nobody})
    return f"a claim (email) is held by {nobody}, who is not there"


def claim_of_another_address(world: World) -> str:
    poke(keys.claim(EMAIL, world.acme.id, "second@example.com"), "h", {"S": mia(world).id})
    return f"{mia(world).id} holds the claim of another address"


def unclaimed_invitation(world: World) -> str:
    invitation = world.invite("nora@example.com")
    delete(keys.claim(EMAIL, world.acme.id, "nora@example.com"))
    return f"{invitation['id']} does not hold the claim of their address"


@pytest.mark.parametrize("damage", [lost_claim, claim_of_nobody, claim_of_another_address, unclaimed_invitation])
def test_a_wrong_claim_is_told_and_left_to_a_person(world: World, damage: Callable[[World], str]) -> None:
    sentence = damage(world)
    assert recount(world.acme.id) == [sentence]
    with world.tells():
        assert repair(world.acme.id) == [sentence]


def test_a_team_without_an_active_owner_is_told_and_left_as_it_is(world: World) -> None:
    poke(keys.member(world.acme.id, world.acme.owner.id), "s", {"S": "deactivated"})
    assert "the team has no active owner" in recount(world.acme.id)
    assert repair(world.acme.id) == ["the team has no active owner"]


def test_a_team_that_is_deleted_or_never_was_is_not_counted(world: World) -> None:
    with pytest.raises(ValueError, match="there is no living team"):
        recount("team_" + "0" * 26)
    with pytest.raises(ValueError, match="is no team's id"):
        recount("acme")
    poke(keys.team(world.acme.id), "s", {"S": "deleted"})
    with pytest.raises(ValueError, match="there is no living team"):
        repair(world.acme.id)


# ---------------------------------------------------------------- a repair rests on what was read


def refused(step: Rewritten | Swept | Recounted | Reowned, world: World) -> None:
    before = frozen(world)
    with pytest.raises(Stale):
        commit(Change(steps=(step,)))
    assert frozen(world) == before


def test_no_repair_overwrites_what_has_moved_on_since_the_recount(world: World) -> None:
    team, read = world.acme.id, mia(world)
    assert put_role(world, read.id, "admin").status == 200
    refused(Rewritten(read), world)
    refused(Swept(team, read.block, read.id), world)
    refused(Recounted(team, 0, {"n": 3}, {"n": 30}, {"n": 3}), world)
    refused(Reowned(team, frozenset({read.id}), frozenset({read.id})), world)
    assert recount(team) == []


def test_a_change_that_counts_between_recount_and_repair_is_not_lost(world: World) -> None:
    """The difference is added: a counter of another stripe, or of another cell, may have moved."""
    poke(keys.header(world.acme.id, 0, 3), "m1", {"N": "5"})
    (told,) = recount(world.acme.id)
    assert told
    assert put_role(world, world.acme.member.id, "admin").status == 200
    assert repair(world.acme.id) == []
    assert recount(world.acme.id) == []


# ---------------------------------------------------------------- the command


def test_the_command_finds_the_team_by_its_slug_tells_and_repairs(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    assert team_called("acme") == world.acme.id
    assert main(["--slug", "acme"]) == 0
    assert capsys.readouterr().out == f"{world.acme.id}: 0 findings\n"
    sentence = lost_row(world)
    assert main(["--team", world.acme.id]) == 1
    assert capsys.readouterr().out == f"{sentence}\n{world.acme.id}: 1 findings\n"
    assert main(["--slug", "acme", "--repair"]) == 0
    assert capsys.readouterr().out == f"repaired: {sentence}\n{world.acme.id}: 1 findings, 0 left\n"
    sentence = lost_claim(world)
    assert main(["--slug", "acme", "--repair"]) == 1
    assert capsys.readouterr().out == f"left: {sentence}\n{world.acme.id}: 1 findings, 1 left\n"


@pytest.mark.parametrize("which", [["--slug", "nobody"], ["--team", "team_" + "0" * 26]])
def test_the_command_says_when_there_is_no_such_team(
    world: World, which: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert world.acme
    assert main(which) == 2
    assert "Nothing was counted: there is no" in capsys.readouterr().err


def test_the_counters_that_a_repair_writes_are_those_that_lists_read(world: World) -> None:
    for damage in (wrong_counter, lost_counter, invented_stripe):
        damage(world)
    repair(world.acme.id)
    for role in ("owner", "admin", "member"):
        page = listed(world, f"&role={role}").json
        assert page["total"] == len(page["data"])
    assert json.dumps(recount(world.acme.id)) == "[]"
