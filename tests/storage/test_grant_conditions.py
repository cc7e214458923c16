"""Grants are changed as they were read, so that the audit is one chain (M9, I22); they and tokens within limits."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from rollcall.domain.changes import Change, Created, Granted, Retired
from rollcall.domain.errors import Stale, TokenLimit
from rollcall.domain.grants import MOST_GRANTS, Grant, GrantKind
from rollcall.domain.service_tokens import MOST_SERVICE_TOKENS, ServiceToken
from rollcall.storage import keys
from tests.values import a_member, a_stored_team, a_team, an_owner, frozen, new_id, poke, stored_member, write

if TYPE_CHECKING:
    from tests.kit import World

TEAM = a_team()
MIA = a_member(TEAM)
ROOM = Grant("trustgate", "room-1", "Room 1")


def granted(before: Grant | None, after: Grant | None) -> Change:
    return Change((Granted(TEAM.id, MIA.id, before, after),))


@pytest.mark.parametrize(
    "now", [replace(ROOM, name="Room 2"), replace(ROOM, kind=GrantKind.TEAM), None], ids=["renamed", "retyped", "gone"]
)
@pytest.mark.parametrize("wanted", [replace(ROOM, name="Room 3"), None], ids=["changing", "releasing"])
def test_a_grant_that_is_no_longer_as_it_was_read_is_decided_again(
    table: World, now: Grant | None, wanted: Grant | None
) -> None:
    a_stored_team(MIA, team=TEAM, owner=an_owner(TEAM))
    write(granted(None, ROOM))
    write(granted(ROOM, now))
    before = frozen(table)
    with pytest.raises(Stale):
        write(granted(ROOM, wanted))
    assert frozen(table) == before


def test_the_member_counts_the_grants_that_it_holds(table: World) -> None:
    del table
    a_stored_team(MIA, team=TEAM, owner=an_owner(TEAM))
    counts: list[int] = []
    for before, after in [(None, ROOM), (ROOM, replace(ROOM, name="Room 2")), (replace(ROOM, name="Room 2"), None)]:
        write(granted(before, after))
        held = stored_member(MIA)
        assert held
        counts.append(held.grants)
    assert counts == [1, 1, 0]


def test_a_grant_for_which_others_have_used_up_the_room_is_decided_again(table: World) -> None:
    """The decision saw room for one more; what it rests on is counted in the transaction itself."""
    a_stored_team(MIA, team=TEAM, owner=an_owner(TEAM))
    poke(keys.member(TEAM.id, MIA.id), "gr", {"N": str(MOST_GRANTS - 1)})
    write(granted(None, ROOM))
    before = frozen(table)
    with pytest.raises(Stale):
        write(granted(None, replace(ROOM, id="room-2")))
    assert frozen(table) == before
    write(granted(ROOM, replace(ROOM, name="Hall")))
    write(granted(replace(ROOM, name="Hall"), None))
    write(granted(None, replace(ROOM, id="room-2")))


# ---------------------------------------------------------------- service tokens


def a_service_token(number: int, product: str = "trustgate") -> ServiceToken:
    return ServiceToken(new_id("svc"), TEAM.id, product, f"token {number}", "last", f"hash {number}")


def test_a_products_tokens_are_counted_in_the_transaction_that_adds_one(table: World) -> None:
    tokens = [a_service_token(number) for number in range(MOST_SERVICE_TOKENS + 1)]
    for token in tokens[:-1]:
        write(Change((Created(token),)))
    before = frozen(table)
    with pytest.raises(TokenLimit):
        write(Change((Created(tokens[-1]),)))
    assert frozen(table) == before
    write(Change((Created(a_service_token(0, "trusttest")),)))
    write(Change((Retired(tokens[0]),)))
    with pytest.raises(Stale):
        write(Change((Retired(tokens[0]),)))
    write(Change((Created(tokens[-1]),)))
