"""A roster that outgrows its block while people join."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rollcall.storage import roster
from rollcall.storage.members import MemberQuery, page

if TYPE_CHECKING:
    import pytest

    from tests.kit import World

SEEDED = 30


def test_where_a_block_is_full_the_next_one_is_opened_and_the_join_succeeds(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody notices: each joins once with one event, and the list has everybody in the order of joining."""
    monkeypatch.setattr(roster, "BLOCK_ROWS", SEEDED + 1)
    joined = []
    for number in range(4):
        with world.tells("invitation.created", "invitation.link_copied", "invitation.accepted"):
            token = world.copied(world.invite(f"nora{number}@example.com")["id"])
            answer = world.accept(token)
            assert answer.status == 201, answer.body
        joined.append(answer.json["member"]["id"])
    assert [world.member(one).block for one in joined] == [0, 1, 1, 1]
    listed = world.call("GET", "/v1/members?status=all&limit=200", token=world.acme.owner.pat).json
    assert (listed["total"], len(listed["data"])) == (SEEDED + 4, SEEDED + 4)
    assert [member["id"] for member in listed["data"]][-4:] == joined
    assert page(world.acme.id, MemberQuery(limit=1, text="nora"), 2).total == 4
