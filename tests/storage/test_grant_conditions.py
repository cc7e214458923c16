"""A grant is changed and released as it was read, so that the audit's before and after make one chain (M9, I22)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from rollcall.domain.changes import Change, Granted
from rollcall.domain.errors import Stale
from rollcall.domain.grants import Grant, GrantKind
from tests.values import a_member, a_stored_team, a_team, an_owner, frozen, stored_member, write

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
