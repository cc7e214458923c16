"""A long random walk over everything that moves members: what hangs on them stays as a recount has it (I19, I38)."""

from __future__ import annotations

import random
from collections import Counter
from typing import TYPE_CHECKING

from rollcall.domain import ids
from rollcall.domain.permissions import Role
from rollcall.storage import keys, roster
from tests.kit import GOOD_PASSWORD, Person
from tests.operations import (
    act_on,
    active_owners,
    ask,
    authenticates,
    leave,
    put_products,
    put_role,
    remove,
    sign_in,
    transfer,
    try_sign_in,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.kit import Answer, World

STEPS = 150
MOSTLY = 0.7  # how often somebody acts who may
ACCESS = [{"all": True}, {"only": []}, {"only": ["trusttest"]}, {"only": ["trustgate", "trusttest"]}]
CHANGED = {
    "role": "member.role_changed", "products": "member.products_changed", "deactivate": "member.deactivated",
    "reactivate": "member.reactivated", "remove": "member.removed", "leave": "member.left",
    "transfer": "team.ownership_transferred", "rename": "member.profile_edited", "join": "invitation.accepted",
    "revoke-tokens": "member.tokens_revoked", "revoke-sessions": "member.sessions_revoked",
}  # fmt: skip
ON_THE_WAY = {"invitation.created", "invitation.link_copied", "session.opened"}


class Walk:
    """A walker who knows everybody's password and does one random thing at a time, as somebody who may or may not."""

    def __init__(self, world: World, seed: int) -> None:
        self.world, self.dice = world, random.Random(seed)  # noqa: S311 a walk, no secret
        acme = world.acme
        self.people = {person.id: person for person in (acme.owner, acme.admin, acme.member)}
        self.sessions = {one: sign_in(world, person) for one, person in self.people.items()}
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
        way = self.dice.choice(["join", "join", *self.ways])
        owners = active_owners(self.world)
        able = [one for one in self.people if one in owners]
        by = self.dice.choice(able if self.dice.random() < MOSTLY else list(self.people))
        who = self.dice.choice(list(self.people))
        self.wake(by)
        return way, self.join(by) if way == "join" else self.ways[way](self.sessions[by], who)

    def wake(self, member: str) -> None:
        """Let somebody whose session has ended sign in again, if they can."""
        person = self.people[member]
        if not authenticates(self.world, self.sessions[member]):
            answer = try_sign_in(self.world, person.email, person.password)
            self.sessions[member] = answer.json.get("token", self.sessions[member])

    def join(self, by: str) -> Answer:
        """Invite somebody, who accepts by the copied link; or be refused."""
        email = f"walker{len(self.people)}@example.com"
        wanted = {"email": email, "role": self.dice.choice(list(Role)).value, "products": self.dice.choice(ACCESS)}
        invited = ask(self.world, "POST", "/v1/invitations", wanted, self.sessions[by])
        if invited.status != 201:
            return invited
        copied = ask(self.world, "POST", f"/v1/invitations/{invited.json['id']}/link", None, self.sessions[by])
        joined = self.world.accept(copied.json["url"].rpartition("/")[2])
        member = joined.json["member"]["id"]
        self.people[member] = Person(member, email, GOOD_PASSWORD, "")
        self.sessions[member] = joined.json["session"]["token"]
        return joined


def check(world: World) -> None:
    """Compare everything that is kept beside the member records with what they say."""
    code = ids.code(world.acme.id)
    rows = {row["SK"]["S"]: row for row in world.items(f"R#{code}")}
    everybody = [world.member(ids.from_code("mem", one)) for one in rows]
    headers = [item for item in world.items(f"H#{code}") if item["SK"]["S"] != "OPEN"]
    counted: Counter[str] = Counter()
    for header in headers:
        counted.update({name: int(value["N"]) for name, value in header.items() if name not in {"PK", "SK"}})
    assert +counted == sum((Counter(roster.cells(member)) for member in everybody), Counter())
    for member in everybody:
        row, told = rows[ids.code(member.id)], roster.row_item(member)
        assert (row["g"]["S"], row["p"]["S"], row["n"]["S"]) == (told.flags, told.products, member.name)
        assert int(row["v"]["N"]) == member.version
        assert member.is_active or not (member.sessions or member.pats)
    assert active_owners(world) == {member.id for member in everybody if member.owns}
    records = {item["PK"]["S"] for item in world.items(f"M#{code}") if item["SK"]["S"] == "MEMBER"}
    assert records == {keys.member(world.acme.id, member.id).pk for member in everybody}
    held = [item for item in world.items(f"U#{code}") if "#barred#" not in item["PK"]["S"]]  # of who was removed
    claims = {item["h"]["S"] for item in held if item["h"]["S"].startswith("mem_")}
    assert claims == {member.id for member in everybody}


def test_i19_i22_and_i38_what_hangs_on_members_stays_true_over_a_long_walk(world: World) -> None:
    walk = Walk(world, seed=9)
    done: Counter[str] = Counter()
    for number in range(STEPS):
        before = {event["id"] for event in world.events()}
        way, answer = walk.step()
        told = {event["action"] for event in world.events() if event["id"] not in before} - ON_THE_WAY
        assert answer.status in {200, 201, 204, 400, 401, 403, 404, 409}
        assert told <= ({CHANGED[way]} if answer.status < 300 else set()), (way, answer.status)
        assert active_owners(world)
        done[way] += len(told)
        if number % 10 == 0:
            check(world)
    check(world)
    assert done.keys() >= CHANGED.keys()
    assert all(done[way] for way in ("role", "products", "deactivate", "remove", "leave", "join", "transfer")), done
