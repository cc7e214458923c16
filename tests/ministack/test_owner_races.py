"""Owners against each other at the same instant, over HTTP: somebody active always owns the team (M4, M5, T1)."""

from __future__ import annotations

import threading
from collections import Counter
from functools import partial
from typing import TYPE_CHECKING

import pytest

from rollcall.domain.permissions import Role
from rollcall.storage import keys
from rollcall.storage.reads import read
from tests.ministack.network import codes, raced, rounds
from tests.operations import act_on, ask, authenticates, put_role, sign_in, transfer

if TYPE_CHECKING:
    from collections.abc import Callable

    from rollcall.domain.members import Member
    from tests.kit import Answer, Person
    from tests.ministack.network import Founding, Network

pytestmark = pytest.mark.ministack

ROUNDS = 25
CALLERS = 20
TOO_LATE = {(409, "last_owner"), (403, "forbidden"), (403, "above_your_rank")}


def both_own(world: Network) -> tuple[Person, Person]:
    """Make the admin an owner too."""
    made = put_role(world, world.acme.admin.id, "owner")
    assert made.status == 200
    return world.acme.owner, world.acme.admin


def staff(world: Network) -> dict[str, Member]:
    """Return owner, admin and member as they are stored, by their seeded names, having judged the guard's set by them.

    One consistent read: whoever owns the team by their own record stands in the set, and somebody does.
    """
    team, people = world.acme.id, {name: getattr(world.acme, name).id for name in ("owner", "admin", "member")}
    found = read([keys.owners(team), *(keys.member(team, member_id) for member_id in people.values())])
    held = {name: member for name, an_id in people.items() if (member := found.member(team, an_id))}
    assert found.owners(team) == {member.id for member in held.values() if member.owns} != frozenset()
    return held


def owning(world: Network) -> set[str]:
    """Return the staff who own the team."""
    return {member.id for member in staff(world).values() if member.owns}


def cast(world: Network, **roles: Role) -> None:
    """Give the staff their roles again for the next round, owners first."""
    held = staff(world)
    for name, role in sorted(roles.items(), key=lambda entry: -entry[1].rank):
        if held[name].role is not role:
            world.rewrite(held[name], role=role)


# ---------------------------------------------------------------- demoting
def test_case_135_of_two_owners_who_demote_each_other_one_succeeds_and_stays_owner(world: Network) -> None:
    one, two = both_own(world)
    demotions: Counter[str] = Counter()
    for number in rounds(ROUNDS):
        role = ("admin", "member")[number // 2 % 2]
        answers = raced(
            number,
            partial(put_role, world, two.id, role, one.pat),
            partial(put_role, world, one.id, role, two.pat),
        )
        assert min(answer.status for answer in answers) == 200
        (kept, lost), refused = ((one, two), answers[1]) if answers[0].status == 200 else ((two, one), answers[0])
        assert codes(refused)[0] in TOO_LATE
        assert owning(world) == {kept.id}
        shown = ask(world, "GET", f"/v1/members/{lost.id}", None, kept.pat)
        assert (shown.status, shown.json["role"]) == (200, role)
        demotions[lost.email] += 1
        assert put_role(world, lost.id, "owner", kept.pat).status == 200
    told = Counter(e["target"]["label"] for e in world.events("member.role_changed") if e["before"]["role"] == "owner")
    assert told == demotions
    world.check_books()


@pytest.mark.parametrize("verb", ["deactivate", "remove"])
def test_case_135_two_owners_who_cut_each_other_off_leave_one_who_can_act(founded: Founding, verb: str) -> None:
    for number in rounds(2):
        world = founded(3)
        one, two = both_own(world)
        cut = {"deactivate": partial(act_on, world, verb="deactivate"), "remove": partial(_remove, world)}[verb]
        answers = raced(number, partial(cut, two.id, by=one.pat), partial(cut, one.id, by=two.pat))
        (kept, lost), refused = ((one, two), answers[1]) if answers[0].status == 200 else ((two, one), answers[0])
        assert {answers[0].status, answers[1].status} - {refused.status} == {200}
        assert refused.status in {401, 409}
        assert refused.status == 401 or refused.code == "last_owner"
        assert world.owners() == {kept.id}
        assert (authenticates(world, kept.pat), authenticates(world, lost.pat)) == (True, False)
        assert len(world.events("member.deactivated") + world.events("member.removed")) == 1
        world.check_books()


def _remove(world: Network, member: str, by: str) -> Answer:
    return ask(world, "DELETE", f"/v1/members/{member}", None, by)


def test_case_137_whoever_promotes_and_steps_down_at_once_never_leaves_nobody(world: Network) -> None:
    owner, heir = world.acme.owner, world.acme.member
    outcomes: Counter[str] = Counter()
    for number in rounds(15):
        promoted, stepped_down = raced(
            number,
            partial(put_role, world, heir.id, "owner", owner.pat),
            partial(put_role, world, owner.id, "admin", owner.pat),
        )
        assert promoted.status == 200
        assert codes(stepped_down)[0] in {(200, None), (409, "last_owner")}
        expected = {heir.id} if stepped_down.status == 200 else {owner.id, heir.id}
        assert owning(world) == expected
        outcomes["events"] += 1 + (stepped_down.status == 200)
        cast(world, owner=Role.OWNER, member=Role.MEMBER)
    assert len(world.events("member.role_changed")) == outcomes["events"]
    world.check_books()


# ---------------------------------------------------------------- handing over
def test_case_140_of_two_transfers_at_once_one_wins_and_none_is_half(world: Network) -> None:
    owner, one, two = world.acme.owner, world.acme.admin, world.acme.member
    wins: Counter[str] = Counter()
    session = ""
    for number in rounds(15):
        session = session if number % ROUNDS else sign_in(world, owner)
        answers = raced(number, *(partial(transfer, world, heir.id, session) for heir in (one, two)))
        assert sorted(answer.status for answer in answers) in ([200, 403], [200, 409])
        heir, other = (one, two) if answers[0].status == 200 else (two, one)
        held = {member.id: member.role for member in staff(world).values()}
        assert held[heir.id] is Role.OWNER
        assert held[owner.id] is Role.ADMIN
        assert held[other.id] is {one.id: Role.ADMIN, two.id: Role.MEMBER}[other.id]
        wins[heir.email] += 1
        cast(world, owner=Role.OWNER, admin=Role.ADMIN, member=Role.MEMBER)
    assert world.subjects("team.ownership_transferred") == wins
    world.check_books()


@pytest.mark.parametrize("against", ["heir deactivated", "giver demoted"])
def test_case_140_a_transfer_meets_another_owners_change_whole_or_not_at_all(world: Network, against: str) -> None:
    owner, other = both_own(world)
    heir, session = world.acme.member, ""
    for number in rounds(8):
        session = session if number % ROUNDS else sign_in(world, owner)
        rival: Callable[[], Answer] = (
            partial(act_on, world, heir.id, "deactivate", other.pat)
            if against == "heir deactivated"
            else partial(put_role, world, owner.id, "member", other.pat)
        )
        passed, meanwhile = raced(number, partial(transfer, world, heir.id, session), rival)
        assert meanwhile.status == 200
        assert passed.status in {200, 403, 409}
        held = staff(world)
        mia, now = held["member"], held["owner"]
        assert (mia.role is Role.OWNER) is (passed.status == 200)
        assert mia.is_active is (against != "heir deactivated")
        if against == "giver demoted":
            assert now.role is Role.MEMBER
        else:
            assert (now.role is Role.ADMIN) is (passed.status == 200)
        assert held["admin"].owns
        if not mia.is_active:
            assert act_on(world, heir.id, "reactivate", other.pat).status == 200
        cast(world, owner=Role.OWNER, admin=Role.OWNER, member=Role.MEMBER)
    world.check_books()


def test_case_140_a_transfer_keeps_the_owner_who_was_made_or_unmade_meanwhile(world: Network) -> None:
    owner, other, heir = world.acme.owner, world.acme.admin, world.acme.member
    session = ""
    for number in rounds(12):
        session = session if number % ROUNDS else sign_in(world, owner)
        role = ("owner", "admin")[number // 2 % 2]
        cast(world, owner=Role.OWNER, admin=Role.ADMIN if role == "owner" else Role.OWNER, member=Role.MEMBER)
        passed, given = raced(
            number,
            partial(transfer, world, heir.id, session),
            partial(put_role, world, other.id, role, owner.pat),
        )
        assert passed.status == 200
        assert codes(given)[0] in {(200, None), (403, "above_your_rank")}
        owns = (role == "owner") is (given.status == 200)
        assert owning(world) == {heir.id} | ({other.id} if owns else set())
    world.check_books()


# ---------------------------------------------------------------- the end of the team
def test_case_141_a_team_that_is_deleted_while_an_owner_accepts_is_gone_for_both(founded: Founding) -> None:
    for number in rounds(4):
        world = founded(3)
        sent = world.invite("olga@example.com", role="owner", send_password_email=True)["id"]
        token, session = world.copied(sent), sign_in(world, world.acme.owner)
        name = world.team().name
        deleted, accepted = raced(
            number,
            partial(ask, world, "DELETE", "/v1/team", {"name": name}, session),
            partial(world.accept, token),
        )
        assert deleted.status == 204
        assert codes(accepted)[0] in {(201, None), (410, "link_unknown")}
        joined = accepted.status == 201
        assert len(world.events("invitation.accepted")) == joined
        assert len(world.events("team.deleted")) == 1
        assert world.owners() == frozenset()
        left = [session, world.acme.owner.pat, world.acme.admin.pat, world.acme.member.pat]
        left += [accepted.json["session"]["token"]] if joined else []
        assert [authenticates(world, credential) for credential in left] == [False] * len(left)
        assert world.accept(token).status == 410


# ---------------------------------------------------------------- authority that ends meanwhile
def test_case_240_no_call_that_begins_after_the_demotions_answer_is_still_an_admins(world: Network) -> None:
    admin, created = world.acme.admin, 0
    for number in rounds(2):
        demoted = threading.Event()

        def demote(told: threading.Event = demoted) -> list[tuple[bool, int]]:
            answer = put_role(world, admin.id, "member")
            told.set()
            assert answer.status == 200
            return []

        def call_on(caller: int, told: threading.Event = demoted, turn: int = number) -> list[tuple[bool, int]]:
            seen: list[tuple[bool, int]] = []
            while not seen or not seen[-1][0]:
                late = told.is_set()
                body = {"email": f"nora{turn}-{caller}-{len(seen)}@example.com"}
                seen.append((late, world.call("POST", "/v1/invitations", body, token=admin.pat).status))
            return seen

        *seen, _ = raced(1, *(partial(call_on, caller) for caller in range(CALLERS)), demote)
        made = [status for calls in seen for _, status in calls]
        assert set(made) <= {201, 403}
        assert {status for calls in seen for late, status in calls if late} == {403}
        created += made.count(201)
        assert put_role(world, admin.id, "admin").status == 200
    assert len(world.events("invitation.created")) == created
