"""What it costs to know who calls: one reading and at most two read units, however many credentials a member holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from infra.bench.units import READ_UNIT, item_size, read_units
from rollcall import clock
from rollcall.domain.times import rfc3339
from rollcall.storage import keys
from tests.operations import ask, issue, sign_in
from tests.seam import seam
from tests.values import DAY

if TYPE_CHECKING:
    from tests.kit import World

FULL = 20


@pytest.mark.parametrize("kind", ["session", "token"])
def test_authenticating_a_full_member_costs_one_round_trip_and_two_read_units(world: World, kind: str) -> None:
    mia = world.acme.member
    assert ask(world, "PATCH", "/v1/team/settings/tokens", {"max_per_member": FULL}).status == 200
    sessions = [sign_in(world, mia) for _ in range(FULL)]
    ends = rfc3339(clock.now() + DAY)
    tokens = [issue(world, sessions[-1], expires_at=ends)["secret"] for _ in range(FULL - 1)]
    token = tokens[-1] if kind == "token" else sessions[-1]
    assert ask(world, "GET", "/v1/me", None, token).status == 200
    with seam() as seen:
        answer = ask(world, "GET", "/v1/members", None, token, X_Rollcall_Cost="1")
    assert (answer.status, seen.calls) == (403, ["BatchGetItem"])
    assert (answer.cost["round_trips"], answer.cost["calls"]) == (1, 1)
    held = world.member(mia.id)
    assert (len(held.sessions), len(held.pats)) == (FULL, FULL)
    read = [keys.member(world.acme.id, mia.id), keys.team(world.acme.id)]
    sizes = [item_size(item) for item in world.items() if (item["PK"]["S"], item["SK"]["S"]) in read]
    assert max(sizes) < READ_UNIT - 300, "a longer name, address and picture must have room"
    assert sum(read_units(size, consistent=True) for size in sizes) <= 2
