"""What the members' operations cost: round trips as budgeted, the same however many credentials there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.operations import act_on, ask, crowd, issue, leave, put_products, put_role, remove, sign_in, transfer
from tests.seam import seam
from tests.values import DAY, a_pat, a_session

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.kit import Answer, World

COST = {"X_Rollcall_Cost": "1"}
MANY = 20


def settle(world: World) -> None:
    """Let everybody be seen, which is noted once an hour, so that it counts for no operation."""
    for person in (world.acme.owner, world.acme.admin, world.acme.member):
        world.call("GET", "/v1/me", token=person.pat)


def loaded(world: World, count: int) -> str:
    """Return the id of a member with so many sessions and tokens."""
    at = world.team().created_at
    sessions = dict(a_session(at, DAY) for _ in range(count))
    (member,) = crowd(world, {"sessions": sessions, "pats": dict(a_pat() for _ in range(count))})
    return member.id


ON_MEMBERS: dict[str, Callable[..., Answer]] = {
    "role": lambda world, who: put_role(world, who, "admin", **COST),
    "products": lambda world, who: put_products(world, who, {"only": []}, **COST),
    "deactivate": lambda world, who: act_on(world, who, "deactivate", **COST),
    "reactivate": lambda world, who: act_on(world, who, "reactivate", **COST),
    "remove": lambda world, who: remove(world, who, **COST),
    "revoke-tokens": lambda world, who: act_on(world, who, "revoke-tokens", **COST),
    "revoke-sessions": lambda world, who: act_on(world, who, "revoke-sessions", **COST),
}


@pytest.mark.parametrize("name", ON_MEMBERS)
def test_an_operation_on_a_member_takes_two_round_trips_and_one_transaction(world: World, name: str) -> None:
    settle(world)
    member = loaded(world, 2)
    if name == "reactivate":
        act_on(world, member, "deactivate")
    with seam() as seen:
        done = ON_MEMBERS[name](world, member)
    assert done.status in {200, 204}
    assert done.cost["round_trips"] == 2
    assert seen.calls.count("TransactWriteItems") == 1
    assert seen.calls.count("BatchGetItem") == 1


@pytest.mark.parametrize("name", ["deactivate", "remove", "revoke-tokens", "revoke-sessions"])
def test_cutting_off_twenty_sessions_and_twenty_tokens_makes_the_same_calls_as_cutting_off_none(
    world: World, name: str
) -> None:
    settle(world)
    few, many = loaded(world, 1), loaded(world, MANY)
    if name in {"deactivate", "remove"}:
        few = loaded(world, 0)
    costs, calls, writes = [], [], []
    for member in (few, many):
        with seam() as seen:
            done = ON_MEMBERS[name](world, member)
        costs.append((done.cost["round_trips"], done.cost["calls"]))
        calls.append(sorted(seen.calls))
        writes.append([len(transaction["TransactItems"]) for transaction in seen.transactions])
    assert costs[0] == costs[1] == (2, len(calls[0]))
    assert calls[0] == calls[1]
    assert writes[0] == writes[1]


def test_the_members_own_operations_take_two_round_trips(world: World) -> None:
    settle(world)
    session = sign_in(world, world.acme.member)
    made = ask(world, "POST", "/v1/tokens", {"name": "ci"}, session, **COST)
    renamed = ask(world, "PATCH", f"/v1/tokens/{made.json['id']}", {"name": "deploy"}, session, **COST)
    revoked = ask(world, "DELETE", f"/v1/tokens/{made.json['id']}", None, session, **COST)
    gone = leave(world, session, **COST)
    assert [answer.status for answer in (made, renamed, revoked, gone)] == [201, 200, 204, 204]
    assert [answer.cost["round_trips"] for answer in (made, renamed, revoked, gone)] == [2] * 4


def test_issuing_costs_the_same_with_many_tokens_as_with_none(world: World) -> None:
    settle(world)
    session = sign_in(world, world.acme.member)
    costs = []
    for _ in range(2):
        with seam() as seen:
            costs.append((ask(world, "POST", "/v1/tokens", {"name": "ci"}, session, **COST).cost, sorted(seen.calls)))
        for n in range(15):
            if len(costs) == 1:
                issue(world, session, f"t{n}")
    assert costs[0][1] == costs[1][1]
    assert costs[0][0]["round_trips"] == costs[1][0]["round_trips"] == 2


def test_a_transfer_and_a_change_of_the_team_take_two_round_trips(world: World) -> None:
    settle(world)
    session = sign_in(world, world.acme.owner)
    renamed = ask(world, "PATCH", "/v1/team", {"name": "Acme Ltd"}, **COST)
    dropped = ask(world, "DELETE", "/v1/team/products/trustgate", **COST)
    passed = transfer(world, world.acme.member.id, session, **COST)
    assert [answer.status for answer in (renamed, dropped, passed)] == [200, 204, 200]
    assert [answer.cost["round_trips"] for answer in (renamed, dropped, passed)] == [2] * 3


def test_deleting_a_team_costs_two_round_trips_whatever_its_size(world: World) -> None:
    settle(world)
    session = sign_in(world, world.acme.owner)
    with seam() as seen:
        done = ask(world, "DELETE", "/v1/team", {"name": "Acme"}, session, **COST)
    assert (done.status, done.cost["round_trips"]) == (204, 2)
    assert [len(transaction["TransactItems"]) for transaction in seen.transactions] == [4]


def test_what_changes_nothing_writes_nothing(world: World) -> None:
    settle(world)
    mia = world.acme.member.id
    with seam() as seen:
        costs = [
            put_role(world, mia, "member", **COST).cost,
            act_on(world, mia, "reactivate", **COST).cost,
            ask(world, "PATCH", "/v1/team", {"name": "Acme"}, **COST).cost,
        ]
    assert [cost["round_trips"] for cost in costs] == [1, 1, 1]
    assert set(seen.calls) == {"BatchGetItem"}
