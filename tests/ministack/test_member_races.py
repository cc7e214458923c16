"""Changes of one member and its grants at the same instant, over HTTP: one serial order, true books (CO)."""

from __future__ import annotations

from collections import Counter, defaultdict
from functools import partial
from typing import TYPE_CHECKING

import pytest

from rollcall.domain.grants import MOST_GRANTS
from rollcall.domain.permissions import Role
from rollcall.domain.service_tokens import MOST_SERVICE_TOKENS
from rollcall.storage import keys, roster
from rollcall.storage.reads import read
from tests.ministack.network import at_once, codes, raced, rounds
from tests.operations import act_on, ask, put_grant, put_role, remove, service_token, sign_in
from tests.values import poke

if TYPE_CHECKING:
    from infra.local.edges import Json
    from rollcall.domain.members import Member
    from tests.kit import Answer
    from tests.ministack.network import Founding, Network

pytestmark = pytest.mark.ministack

STAFF = 3
HOUR = 3600


def others(world: Network) -> list[Member]:
    """Return everybody but the staff."""
    staff = {world.acme.owner.id, world.acme.admin.id, world.acme.member.id}
    return [member for member in world.members() if member.id not in staff]


def listed_as(world: Network, member: Member) -> str | None:
    """Return the flags under which lists show a member."""
    row = read([keys.row(world.acme.id, member.block, member.id)]).row(member)
    return None if row is None else row.flags


def chains(world: Network, *actions: str) -> dict[str, list[dict[str, Json]]]:
    """Return the events of these kinds by whom they are about, each behind the one that it follows from (I22)."""
    found: dict[str, list[dict[str, Json]]] = defaultdict(list)
    for event in world.events():
        if event["action"] in actions:
            found[event["target"]["id"]].append(event)
    return {subject: chained(events) for subject, events in found.items()}


def chained(events: list[dict[str, Json]]) -> list[dict[str, Json]]:
    """Put events into the one order in which each begins where the one before it ended."""
    left = list(events)
    (first,) = [e for e in left if e["before"] not in [other["after"] for other in left if other is not e]]
    line = [first]
    left.remove(first)
    while left:
        (following,) = [event for event in left if event["before"] == line[-1]["after"]]
        line.append(following)
        left.remove(following)
    return line


# ---------------------------------------------------------------- one member
def test_case_237_of_reactivate_and_remove_the_removal_has_the_last_word(founded: Founding) -> None:
    world = founded(STAFF + len(rounds(10)), asleep=range(len(rounds(10))))
    reactivated = 0
    for number, member in enumerate(others(world)):
        by = (world.acme.owner.pat, world.acme.admin.pat)
        awake, removed = raced(
            number, partial(act_on, world, member.id, "reactivate", by[1]), partial(remove, world, member.id, by[0])
        )
        assert removed.status == 200
        assert codes(awake)[0] in {(200, None), (404, "not_found")}
        assert read([keys.member(world.acme.id, member.id)]).member(world.acme.id, member.id) is None
        assert listed_as(world, member) is None
        reactivated += awake.status == 200
    assert others(world) == []
    assert world.walk("/v1/members?status=all").totals == {STAFF}
    assert len(world.events("member.reactivated")) == reactivated
    assert len(world.events("member.removed")) == len(rounds(10))
    world.check_books()


def test_case_238_roles_set_by_two_owners_come_one_after_the_other_and_the_audit_tells_which(founded: Founding) -> None:
    world = founded(STAFF + len(rounds(10)))
    assert put_role(world, world.acme.admin.id, "owner").status == 200
    final: dict[str, str] = {}
    for number, member in enumerate(others(world)):
        wanted = [role for role in Role if role is not member.role]
        calls = zip(wanted, (world.acme.owner.pat, world.acme.admin.pat), strict=True)
        answers = raced(number, *(partial(put_role, world, member.id, role, pat) for role, pat in calls))
        assert codes(*answers) == ((200, None),) * 2
        assert sorted(answer.json["version"] for answer in answers) == [member.version + 1, member.version + 2]
        last = max(answers, key=lambda answer: int(answer.json["version"]))
        stored = world.member(member.id)
        assert (stored.role, stored.version) == (last.json["role"], member.version + 2)
        assert listed_as(world, stored) == roster.flags(stored)
        final[member.id] = stored.role
    told = chains(world, "member.role_changed")
    for member_id, role in final.items():
        assert len(told[member_id]) == 2
        assert told[member_id][-1]["after"]["role"] == role
    world.check_books()


def test_case_238_of_two_roles_set_from_one_version_the_second_is_refused(founded: Founding) -> None:
    world = founded(STAFF + len(rounds(10)))
    assert put_role(world, world.acme.admin.id, "owner").status == 200
    for number, member in enumerate(others(world)):
        wanted = [role for role in Role if role is not member.role]
        etag = ask(world, "GET", f"/v1/members/{member.id}").headers["etag"]
        calls = zip(wanted, (world.acme.owner.pat, world.acme.admin.pat), strict=True)
        answers = raced(number, *(partial(put_role, world, member.id, r, pat, If_Match=etag) for r, pat in calls))
        assert Counter(codes(*answers)) == {(200, None): 1, (412, "stale_version"): 1}
        (won,) = (role for role, answer in zip(wanted, answers, strict=True) if answer.status == 200)
        assert world.member(member.id).role is won
    assert len(world.events("member.role_changed")) == 1 + len(rounds(10))
    world.check_books()


def test_case_239_a_profile_saved_and_a_use_noted_during_a_demotion_never_bring_the_role_back(world: Network) -> None:
    admin = world.acme.admin
    for number in rounds(12):
        world.advance(HOUR)  # or the use of this hour is noted already
        name = f"Adam {number}"
        calls = [
            partial(put_role, world, admin.id, "member"),
            partial(ask, world, "PATCH", "/v1/me", {"name": name}, admin.pat),
            partial(ask, world, "GET", "/v1/me", None, admin.pat),
        ]
        demoted, saved, looked = raced(number, *calls)
        assert codes(demoted, saved, looked) == ((200, None),) * 3
        stored = world.member(admin.id)
        assert (stored.role, stored.name) == (Role.MEMBER, name)
        assert listed_as(world, stored) == roster.flags(stored)
        assert ask(world, "GET", "/v1/me", None, admin.pat).json["role"] == "member"
        assert ask(world, "GET", "/v1/members", None, admin.pat).status == 403
        assert put_role(world, admin.id, "admin").status == 200
    assert len(world.events("member.role_changed")) == 2 * len(rounds(12))
    assert len(world.events("member.profile_edited")) == len(rounds(12))
    world.check_books()


# ---------------------------------------------------------------- grants
def check_grants(world: Network) -> None:
    """Assert that each member counts the grants that lie beside it, and that none lies beside nobody."""
    counted = {item["PK"]["S"]: int(item["gr"]["N"]) for item in world.items("M#") if item["SK"]["S"] == "MEMBER"}
    lying = Counter(item["PK"]["S"] for item in world.items("M#") if item["SK"]["S"].startswith("GRANT#"))
    assert {partition: count for partition, count in counted.items() if count} == lying


def test_of_grants_put_and_a_removal_either_all_come_too_late_or_the_removal_is_refused(founded: Founding) -> None:
    world = founded(STAFF + len(rounds(10)))
    service, removed = service_token(world), 0
    for number, member in enumerate(others(world)):
        put = [partial(put_grant, world, member.id, grant, service) for grant in ("flow", "team-7")]
        *recorded, gone = raced(number, *put, partial(remove, world, member.id))
        if gone.status == 200:
            assert codes(*recorded) == ((404, "not_found"),) * 2
            removed += 1
        else:
            assert codes(*recorded, gone) == ((201, None), (201, None), (409, "member_has_grants"))
    left = len(rounds(10)) - removed
    assert (len(others(world)), len(world.events("member.removed"))) == (left, removed)
    assert len(world.events("grant.recorded")) == 2 * left
    check_grants(world)
    for member in others(world):
        assert ask(world, "DELETE", f"/v1/members/{member.id}/grants").status == 200
        assert remove(world, member.id).status == 200
    assert not [item for item in world.items("M#") if item["SK"]["S"].startswith("GRANT#")]
    world.check_books()


def test_of_grants_put_at_once_only_those_are_made_for_which_there_is_room(world: Network) -> None:
    service, mia = service_token(world), world.acme.member.id
    poke(keys.member(world.acme.id, mia), "gr", {"N": str(MOST_GRANTS - 2)})
    put = [partial(put_grant, world, mia, f"room-{n}", service) for n in range(6)]
    assert Counter(codes(*at_once(*put))) == {(201, None): 2, (409, "grant_limit"): 4}
    held = world.member(mia)
    assert held.grants == MOST_GRANTS


def test_of_service_tokens_made_at_once_a_product_gets_no_more_than_its_ten(world: Network) -> None:
    session = sign_in(world, world.acme.owner)
    path = "/v1/team/products/trusttest/service-tokens"
    made = at_once(*(partial(ask, world, "POST", path, {"name": f"t{n}"}, session) for n in range(16)))
    refused = [answer for answer in made if answer.status != 201]
    assert len(made) - len(refused) == MOST_SERVICE_TOKENS
    assert {answer.code for answer in refused} <= {"token_limit"}
    assert ask(world, "GET", path).json["total"] == MOST_SERVICE_TOKENS
    ids = [row["id"] for row in ask(world, "GET", path).json["data"]]
    at_once(*(partial(ask, world, "DELETE", f"{path}/{one}", None, session) for one in ids[:4]))
    more = at_once(*(partial(ask, world, "POST", path, {"name": f"u{n}"}, session) for n in range(6)))
    assert sorted(answer.status for answer in more) == [201] * 4 + [409] * 2


def test_a_grant_that_is_renamed_and_released_at_once_is_counted_once_or_not_at_all(founded: Founding) -> None:
    world = founded(STAFF + len(rounds(10)))
    service = service_token(world)
    expected: dict[str, Counter[tuple[str | None, str | None]]] = {}
    for number, member in enumerate(others(world)):
        assert put_grant(world, member.id, "flow", service, name="Flow").status == 201
        put, released = raced(
            number,
            partial(put_grant, world, member.id, "flow", service, name="Flow 2", kind="team"),
            partial(ask, world, "DELETE", f"/v1/members/{member.id}/grants/flow"),
        )
        assert released.status == 204
        assert put.status in {200, 201}
        held = ask(world, "GET", f"/v1/members/{member.id}/grants").json["data"]
        assert [grant["name"] for grant in held] == (["Flow 2"] if put.status == 201 else [])
        released_first = [("Flow", None), (None, "Flow 2")]
        renamed_first = [("Flow", "Flow 2"), ("Flow 2", None)]
        expected[member.id] = Counter([(None, "Flow"), *(released_first if held else renamed_first)])
    check_grants(world)
    told: dict[str, Counter[tuple[str | None, str | None]]] = defaultdict(Counter)
    for event in world.events():
        if event["action"].startswith("grant"):
            told[event["target"]["id"]][granted(event["before"]), granted(event["after"])] += 1
    assert told == expected


def granted(facts: Json) -> str | None:
    """Return the name of the one grant that a side of an event tells of."""
    if facts is None:
        return None
    (name,) = [grant["name"] for grant in facts.get("grants", [facts])]
    return str(name)


# ---------------------------------------------------------------- invitations in bulk
def test_case_231_overlapping_bulk_invitations_at_once_leave_one_pending_invitation_an_address(world: Network) -> None:
    for number in rounds(2):
        emails = [f"nora{number}-{each}@example.com" for each in range(8)]
        batches = [[emails[(start + step) % 8] for step in range(6)] for start in range(20)]
        by = (world.acme.owner.pat, world.acme.admin.pat)
        answers = at_once(*(partial(bulk, world, batch, by[n % 2]) for n, batch in enumerate(batches)))
        assert {answer.status for answer in answers} == {200}
        outcomes = [(row["email"], row["outcome"], row["id"]) for answer in answers for row in answer.json["data"]]
        made = {email: an_id for email, outcome, an_id in outcomes if outcome == "created"}
        assert Counter(outcome for _, outcome, _ in outcomes) == {"created": 8, "pending": 20 * 6 - 8}
        assert {(email, an_id) for email, _, an_id in outcomes} == set(made.items())
        pending = [row for row in world.walk("/v1/invitations?limit=200").rows if row["email"] in emails]
        assert {row["email"]: row["id"] for row in pending} == made
        assert len(pending) == 8
    sent = dict.fromkeys((f"nora{number}-{each}@example.com" for number in rounds(2) for each in range(8)), 1)
    assert world.subjects("invitation.created") == sent
    assert Counter(mail.to for mail in world.mails()) == sent


def bulk(world: Network, emails: list[str], by: str) -> Answer:
    body = {"emails": emails, "role": "member", "products": {"all": True}}
    return ask(world, "POST", "/v1/invitations/bulk", body, by)
