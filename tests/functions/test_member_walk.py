"""A long random walk over everything that moves members: what hangs on them stays equal to a recount (I19, I37, I38)."""

from __future__ import annotations

import random
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from rollcall.domain import ids
from rollcall.domain.members import Member
from rollcall.domain.permissions import Role
from rollcall.storage import keys, roster
from tests.kit import Person
from tests.operations import act_on, active_owners, ask, leave, put_products, put_role, remove, sign_in, transfer

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.kit import Answer, World

STEPS = 150
ACCESS = [{"all": True}, {"only": []}, {"only": ["trusttest"]}, {"only": ["trustgate", "trusttest"]}]
CHANGED = {
    "role": "member.role_changed", "products": "member.products_changed", "deactivate": "member.deactivated",
    "reactivate": "member.reactivated", "remove": "member.removed", "leave": "member.left",
    "transfer": "team.ownership_transferred", "rename": "member.profile_edited", "join": "invitation.accepted",
    "revoke-tokens": "member.tokens_revoked", "revoke-sessions": "member.sessions_revoked",
}  # fmt: skip


class Walk:
    """A walker who keeps everybody's session and does one random thing at a time."""

    def __init__(self, world: World, seed: int) -> None:
        self.world, self.dice, self.joined = world, random.Random(seed), 0
        acme = world.acme
        self.sessions = {person.id: sign_in(world, person) for person in (acme.owner, acme.admin, acme.member)}
        self.ways: dict[str, Callable[[str, str], Answer]] = {
            "role": lambda by, who: put_role(world, who, self.dice.choice(list(Role)).value, by),
            "products": lambda by, who: put_products(world, who, self.dice.choice(ACCESS), by),
            "deactivate": lambda by, who: act_on(world, who, "deactivate", by),
            "reactivate": lambda by, who: act_on(world, who, "reactivate", by),
            "remove": lambda by, who: remove(world, who, by),
            "leave": lambda by, _: leave(world, by),
            "transfer": lambda by, who: transfer(world, who, by),
            "rename": lambda by, _: ask(world, "PATCH", "/v1/me", {"name": f"N{self.dice.random()}"}, by),
            "revoke-tokens": lambda by, who: act_on(world, who, "revoke-tokens", by),
            "revoke-sessions": lambda by, who: act_on(world, who, "revoke-sessions", by),
        }

    def step(self) -> tuple[str, Answer]:
        way = self.dice.choice(["join", *self.ways])
        if way == "join":
            return way, self.join()
        by = self.dice.choice(list(self.sessions.values()))
        return way, self.ways[way](by, self.dice.choice(list(self.sessions)))

    def join(self) -> Answer:
        """Let an owner invite somebody, who accepts by the copied link."""
        world = self.world
        role = self.dice.choice(list(Role)).value
        owner = self.dice.choice(sorted(active_owners(world)))
        by = Person(owner, "", "", self.sessions[owner])
        if world.call("GET", "/v1/me", token=by.pat).status != 200:
            return world.call("GET", "/v1/me", token=by.pat)
        self.joined += 1
        products = self.dice.choice([access for access in ACCESS if access != {"only": []}])
        invitation = world.invite(f"walker{self.joined}@example.com", by=by, role=role, products=products)
        answer = world.accept(world.copied(invitation["id"], by), password=None if self.joined % 2 else "x" * 3)
        if answer.status != 201:
            answer = world.accept(world.copied(invitation["id"], by), password="a phrase nobody has used")
        self.sessions[answer.json["member"]["id"]] = answer.json["session"]["token"]
        return answer


def members(world: World) -> list[Member]:
    """Return every member record of acme."""
    rows = [item for item in world.items(f"R#{ids.code(world.acme.id)}")]
    return [world.member(ids.from_code("mem", row["SK"]["S"])) for row in rows]


def check(world: World) -> None:
    """Compare everything that is kept beside the member records with what they say."""
    everybody = members(world)
    code = ids.code(world.acme.id)
    counted: Counter[str] = Counter()
    for item in world.items(f"H#{code}"):
        if item["SK"]["S"] != "OPEN":
            counted.update({name: int(value["N"]) for name, value in item.items() if name not in {"PK", "SK"}})
    recounted: Counter[str] = Counter()
    for member in everybody:
        recounted.update(roster.cells(member))
    assert +counted == recounted
    assert active_owners(world) == {member.id for member in everybody if member.owns} != set()
    for member in everybody:
        row: Any = next(r for r in world.items(keys.row(world.acme.id, 0, member.id).pk) if r["SK"]["S"] == ids.code(member.id))
        told = roster.row_item(member)
        assert (row["g"]["S"], row["p"]["S"], int(row["v"]["N"])) == (told.flags, told.products, member.version)
        assert member.is_active or not (member.sessions or member.pats)
    records = {item["PK"]["S"] for item in world.items(f"M#{code}") if item["SK"]["S"] == "MEMBER"}
    assert records == {keys.member(world.acme.id, member.id).pk for member in everybody}
    claims = {item["h"]["S"] for item in world.items(f"U#{code}") if item["h"]["S"].startswith("mem_")}
    assert claims == {member.id for member in everybody}


@pytest.mark.parametrize("seed", [1])
def test_i19_i38_counters_rows_claims_and_owners_stay_true_over_a_long_walk(world: World, seed: int) -> None:
    walk = Walk(world, seed)
    done: Counter[tuple[str, int]] = Counter()
    for number in range(STEPS):
        before = len(world.events())
        way, answer = walk.step()
        done[way, answer.status] += 1
        told = [event["action"] for event in world.events()[before:]]
        assert [action for action in told if not action.startswith("invitation.c") and action != "invitation.link_copied"] in (
            [[CHANGED[way]], []] if answer.status < 300 else [[]]
        ), (way, answer.status)
        assert answer.status in {200, 201, 204, 401, 403, 404, 409}
        if number % 10 == 0 or number == STEPS - 1:
            check(world)
    assert sum(count for (_, status), count in done.items() if status < 300) > STEPS // 5
