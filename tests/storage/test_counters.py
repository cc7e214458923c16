"""What hangs on members (counters, roster rows, the set of owners) equals a recount after any history (I19, I38)."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rollcall.domain.errors import LastOwner
from rollcall.domain.members import Member, RoleSource, Status
from rollcall.domain.permissions import Role
from rollcall.domain.teams import ALL_PRODUCTS, NO_PRODUCTS
from rollcall.storage import keys, roster
from rollcall.storage.commit import BlockFull, commit, open_next_block
from rollcall.storage.reads import read
from tests.values import a_member, a_stored_team, a_team, added, an_owner, only, stored_member, updated, write

if TYPE_CHECKING:
    from infra.local.edges import Json
    from tests.kit import World

ACCESS = st.sampled_from([ALL_PRODUCTS, NO_PRODUCTS, only("trustgate"), only("trustgate", "trusttest")])
FIELDS = st.fixed_dictionaries({}, optional={
    "role": st.sampled_from(list(Role)),
    "status": st.sampled_from(list(Status)),
    "products": ACCESS,
    "name": st.sampled_from(["Amy", "Bo"]),
    "role_source": st.sampled_from(list(RoleSource)),
    "email_verified": st.booleans(),
})  # fmt: skip
JOIN = st.tuples(st.just("join"), st.integers(0, 9), FIELDS)
CHANGE = st.tuples(st.just("change"), st.integers(0, 9), FIELDS)
HISTORIES = st.lists(st.one_of(JOIN, CHANGE), min_size=1, max_size=9)


def play(members: list[Member], history: list[tuple[str, int, dict[str, object]]]) -> None:
    """Let members of one team join and change; the last active owner's refusal changes nothing."""
    for step, number, fields in history:
        if step == "join":
            member = replace(a_member(a_team(id=members[0].team_id)), **fields)  # type: ignore[arg-type]
            write(added(member))
            members.append(member)
            continue
        place = number % len(members)
        before = members[place]
        after = replace(before, **fields, version=before.version + 1)  # type: ignore[arg-type]
        others = [member for member in members if member.owns and member is not before]
        if before.owns and not after.owns and not others:
            with pytest.raises(LastOwner):
                write(updated(before, after))
        else:
            write(updated(before, after))
            members[place] = after


def counters(table: World, team_id: str) -> dict[int, Counter[str]]:
    """Return the counters of each block, its stripes added up."""
    blocks: dict[int, Counter[str]] = {}
    for item in table.items(keys.header(team_id, 0, 0).pk):
        if item["SK"]["S"] == "OPEN":
            continue
        cells = {name: int(value["N"]) for name, value in item.items() if name not in {"PK", "SK"}}
        blocks.setdefault(int(item["SK"]["S"].partition("#")[0]), Counter()).update(cells)
    return {block: +counted for block, counted in blocks.items()}


def recount(members: list[Member]) -> dict[int, Counter[str]]:
    blocks: dict[int, Counter[str]] = {}
    for member in members:
        blocks.setdefault(member.block, Counter()).update(by_hand(member))
    return blocks


def by_hand(member: Member) -> list[str]:
    """Return the cells that a member stands in, as the roster's description has them."""
    role = {Role.OWNER: "o", Role.ADMIN: "a", Role.MEMBER: "m"}[member.role]
    status = {Status.ACTIVE: "1", Status.DEACTIVATED: "0", Status.REMOVING: "x"}[member.status]
    base = role + status
    products = ["*"] if member.products.only is None else [f"/{key}" for key in member.products.only]
    return ["n", base, *(base + product for product in products)]


def owners(table: World, team_id: str) -> set[str]:
    (item,) = [item for item in table.items(keys.owners(team_id).pk) if item["SK"]["S"] == "OWNERS"]
    return set(item["owners"]["SS"])


def rows(table: World, member: Member) -> list[Json]:
    place = keys.row(member.team_id, member.block, member.id)
    return [item for item in table.items(place.pk) if item["SK"]["S"] == place.sk]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(HISTORIES)
def test_case_244_after_any_history_counters_rows_and_owners_are_what_a_recount_gives(
    table: World, history: list[tuple[str, int, dict[str, object]]]
) -> None:
    team = a_team()
    members = [an_owner(team)]
    a_stored_team(team=team, owner=members[0])
    play(members, history)
    assert counters(table, team.id) == recount(members)
    assert owners(table, team.id) == {member.id for member in members if member.owns}
    for member in members:
        assert stored_member(member) == member
        (row,) = rows(table, member)
        assert (row["g"]["S"], row["v"]["N"]) == (roster.flags(member), str(member.version))
        assert row == read([keys.row(team.id, 0, member.id)]).items[keys.row(team.id, 0, member.id)]


def test_a_change_that_moves_no_counter_writes_none(table: World) -> None:
    team = a_team()
    member = a_member(team)
    a_stored_team(member, team=team, owner=an_owner(team))
    before = counters(table, team.id)
    write(updated(member, replace(member, name="Renamed", version=2)))
    assert counters(table, team.id) == before


def test_a_full_block_refuses_the_join_and_the_next_one_takes_it(table: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(roster, "BLOCK_ROWS", 2)
    team = a_team()
    a_stored_team(a_member(team), team=team, owner=an_owner(team))
    third = a_member(team)
    with pytest.raises(BlockFull) as full:
        write(added(third))
    assert (full.value.team_id, full.value.block) == (team.id, 0)
    assert stored_member(third) is None
    open_next_block(team.id, 0)
    assert read([keys.open_blocks(team.id)]).open_blocks(team.id) == [1]
    write(added(replace(third, block=1)))
    assert [counters(table, team.id)[block]["n"] for block in (0, 1)] == [2, 1]


def test_opening_the_next_block_twice_opens_one(table: World) -> None:
    team = a_team()
    a_stored_team(team=team, owner=an_owner(team))
    open_next_block(team.id, 0)
    before = table.items()
    open_next_block(team.id, 0)
    assert table.items() == before


def test_a_change_within_a_full_block_is_not_refused(table: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(roster, "BLOCK_ROWS", 2)
    team = a_team()
    member = a_member(team)
    a_stored_team(member, team=team, owner=an_owner(team))
    write(updated(member, replace(member, role=Role.ADMIN, version=2)))
    assert counters(table, team.id)[0]["a1"] == 1


def test_a_block_is_full_of_rows_whatever_their_roles(table: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(roster, "BLOCK_ROWS", 3)
    team = a_team()
    a_stored_team(*(a_member(team, role=role) for role in (Role.ADMIN, Role.MEMBER)), team=team, owner=an_owner(team))
    with pytest.raises(BlockFull):
        commit(added(a_member(team, role=Role.ADMIN, status=Status.DEACTIVATED)))
    assert sum(cells["n"] for cells in counters(table, team.id).values()) == 3
