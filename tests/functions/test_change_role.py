"""PUT /v1/members/{id}/role: who may give which role to whom, and what a change leaves alone (M3, M6, R3)."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from rollcall.domain.members import RoleSource, Status
from rollcall.domain.permissions import Role
from tests.operations import (
    act_on,
    ask,
    get_member,
    listed,
    newest,
    put_role,
    remove,
    second_owner,
    sign_in,
    transfer,
)

if TYPE_CHECKING:
    from tests.kit import Answer, World

WRONG = ["OWNER", "owner ", "Owner", "öwner", ["owner"], {"r": "owner"}, 1, True, None, ""]
FOREIGN_FIELDS = [
    "id", "team_id", "created_at", "epoch", "password_hash", "owners", "pk", "sk", "__proto__", "$set", "ttl",
    "status", "email_verified", "products", "version",
]  # fmt: skip


# ---------------------------------------------------------------- the change


def test_a_role_is_given_by_hand_and_read_everywhere_at_once(world: World) -> None:
    mia = world.acme.member
    before = get_member(world, mia.id)
    with world.tells("member.role_changed"):
        changed = put_role(world, mia.id, "admin", world.acme.admin.pat)
    assert (changed.json["role"], changed.json["role_source"]) == ("admin", "manual")
    assert changed.json["version"] == before.json["version"] + 1
    assert changed.headers["etag"] == get_member(world, mia.id).headers["etag"] != before.headers["etag"]
    (row,) = listed(world, f"&q={mia.email}").json["data"]
    assert {**row, "last_active_at": None} == {**changed.json, "last_active_at": None}
    assert ask(world, "GET", "/v1/members", None, mia.pat).status == 200


def test_the_event_tells_who_did_it_as_they_were_and_what_it_changed(world: World) -> None:
    adam, mia = world.acme.admin, world.acme.member
    put_role(world, mia.id, "admin", adam.pat)
    event = newest(world, "member.role_changed")
    assert (event["actor"]["email"], event["actor"]["role"]) == (adam.email, "admin")
    assert event["actor"]["credential"]["kind"] == "pat"
    assert event["target"] == {"type": "member", "id": mia.id, "label": mia.email}
    assert {name: (event["before"][name], event["after"][name]) for name in ("role", "role_source")} == {
        "role": ("member", "admin"),
        "role_source": ("invitation", "manual"),
    }
    put_role(world, adam.id, "member")
    assert [e for e in world.events("member.role_changed") if e["id"] == event["id"]] == [event]


def test_case_122_a_role_change_leaves_the_products_as_they_are(world: World) -> None:
    mia = world.acme.member
    ask(world, "PUT", f"/v1/members/{mia.id}/products", {"only": ["trusttest"]})
    assert put_role(world, mia.id, "admin").json["products"] == {"only": ["trusttest"]}
    assert put_role(world, mia.id, "member").json["products"] == {"only": ["trusttest"]}


@pytest.mark.parametrize("role", ["owner", "admin", "member"])
def test_case_124_the_same_role_again_is_no_event_no_mail_and_no_new_version(world: World, role: str) -> None:
    member = {"owner": world.acme.owner, "admin": world.acme.admin, "member": world.acme.member}[role]
    before, mails = get_member(world, member.id), len(world.mails())
    with world.unchanged(), world.tells():
        again = put_role(world, member.id, role)
    assert (again.status, again.json["version"]) == (200, before.json["version"])
    assert again.headers["etag"] == before.headers["etag"]
    assert len(world.mails()) == mails


@pytest.mark.parametrize("role", WRONG)
def test_case_123_a_role_is_one_of_three_words_exactly(world: World, role: object) -> None:
    with world.unchanged():
        refused = put_role(world, world.acme.member.id, role)
    assert (refused.status, refused.pointers) == (400, ["/role"])


@pytest.mark.parametrize("field", FOREIGN_FIELDS)
def test_case_119_no_other_field_comes_in_with_the_role(world: World, field: str) -> None:
    body = {"role": "admin", field: "x"}
    with world.unchanged():
        refused = ask(world, "PUT", f"/v1/members/{world.acme.member.id}/role", body)
    assert (refused.status, refused.pointers) == (400, [f"/{field}"])


def test_case_119_the_stored_record_differs_in_the_named_fields_only(world: World) -> None:
    mia = world.acme.member

    def stored() -> dict[str, object]:
        (item,) = [one for one in world.items("M#") if one["i"]["S"] == mia.id and one["SK"]["S"] == "MEMBER"]
        return dict(item)

    before = stored()
    put_role(world, mia.id, "admin")
    after = stored()
    assert {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)} == {
        "r", "rs", "v", "re",
    }  # fmt: skip


# ---------------------------------------------------------------- who may not


@pytest.mark.parametrize("role", ["admin", "member", "owner"])
def test_case_120_an_admin_neither_touches_an_owner_nor_makes_one(world: World, role: str) -> None:
    second_owner(world)
    with world.unchanged():
        at_owner = put_role(world, world.acme.owner.id, role, world.acme.admin.pat)
        makes_one = put_role(world, world.acme.member.id, "owner", world.acme.admin.pat)
    assert [(answer.status, answer.code) for answer in (at_owner, makes_one)] == [(403, "above_your_rank")] * 2


@pytest.mark.parametrize("role", ["owner", "admin"])
def test_case_118_nobody_raises_themselves(world: World, role: str) -> None:
    with world.unchanged():
        assert put_role(world, world.acme.member.id, role, world.acme.member.pat).status == 403
        if role == "owner":
            assert put_role(world, world.acme.admin.id, role, world.acme.admin.pat).status == 403


@pytest.mark.parametrize("field", ["role", "products", "status", "email_verified"])
def test_case_118_the_own_profile_takes_name_and_avatar_only(world: World, field: str) -> None:
    with world.unchanged():
        refused = ask(world, "PATCH", "/v1/me", {field: "owner"}, world.acme.member.pat)
    assert (refused.status, refused.pointers) == (400, [f"/{field}"])


def test_case_080_and_056_the_role_that_counts_is_the_one_at_this_request(world: World) -> None:
    adam = world.acme.admin
    credentials = [adam.pat, sign_in(world, adam)]
    put_role(world, adam.id, "member")
    with world.unchanged():
        assert [put_role(world, world.acme.member.id, "admin", one).status for one in credentials] == [403, 403]
    put_role(world, adam.id, "admin")
    assert [ask(world, "GET", "/v1/members", None, one).status for one in credentials] == [200, 200]


def test_case_186_another_teams_member_is_as_unknown_as_nobody(world: World) -> None:
    theirs, nobody = world.globex.member.id, "mem_01M7YZMHKV0000000000000009"
    with world.unchanged():
        answers = [put_role(world, member, "admin") for member in (theirs, nobody)]
        assert [put_role(world, member, "admin").status for member in ("x", "inv_" + nobody[4:])] == [404, 404]
    assert answers[0].essence == answers[1].essence
    assert answers[0].status == 404


def test_case_125_a_stale_version_changes_nothing(world: World) -> None:
    mia = world.acme.member.id
    tag = get_member(world, mia).headers["etag"]
    assert put_role(world, mia, "admin", If_Match=tag).status == 200
    with world.unchanged():
        stale = put_role(world, mia, "member", If_Match=tag)
    assert (stale.status, stale.code) == (412, "stale_version")
    assert put_role(world, mia, "member", If_Match=f"W/{get_member(world, mia).headers['etag']}").status == 200


# ---------------------------------------------------------------- the path of events


def test_case_287_events_of_one_member_form_a_path_from_before_to_after(world: World) -> None:
    olga, session = second_owner(world)
    adam = world.acme.admin
    for role in ("member", "admin", "admin", "owner"):
        put_role(world, adam.id, role)
    act_on(world, adam.id, "deactivate")
    ask(world, "PUT", f"/v1/members/{adam.id}/products", {"only": []})
    act_on(world, adam.id, "reactivate")
    put_role(world, adam.id, "member", session)
    transfer(world, adam.id, session)
    remove(world, olga, world.acme.owner.pat)
    for member in (adam.id, olga):
        told = [event for event in world.events() if event["target"]["id"] == member and has_facts(event)]
        assert len(told) >= 2
        for earlier, later in pairwise(told):
            if later["action"] != "member.removed":
                assert facts(later["before"]) == facts(earlier["after"]), later["action"]


def has_facts(event: dict[str, dict[str, object] | None]) -> bool:
    return "role" in (event["before"] or event["after"] or {})


def facts(told: dict[str, object]) -> dict[str, object]:
    return {name: told[name] for name in ("role", "role_source", "products", "status", "email_verified", "name")}


def test_case_126_a_role_that_came_by_mapping_becomes_manual_when_given_by_hand(world: World) -> None:
    mia = world.acme.member
    world.rewrite(world.member(mia.id), role_source=RoleSource.MAPPING)
    with world.tells("member.role_changed"):
        given = put_role(world, mia.id, "member")
    assert (given.json["role"], given.json["role_source"]) == ("member", "manual")
    assert world.member(mia.id).status is Status.ACTIVE
    assert world.member(mia.id).role is Role.MEMBER


def clear(world: World, member: str, by: str | None = None) -> Answer:
    return ask(world, "DELETE", f"/v1/members/{member}/role-override", None, by)


def test_a_role_set_by_hand_is_handed_back_to_the_mapping(world: World) -> None:
    member = world.acme.member.id
    put_role(world, member, "admin")
    with world.tells("member.role_override_cleared"):
        cleared = clear(world, member, world.acme.admin.pat)
    assert (cleared.status, cleared.json["role"], cleared.json["role_source"]) == (200, "member", "mapping")
    with world.unchanged():
        assert clear(world, member).json["role_source"] == "mapping"
    put_role(world, member, "member")
    assert world.member(member).role_source.value == "manual", "a hand's role is the hand's, also where it is the same"


def test_case_132_the_last_owners_role_is_not_handed_to_the_mapping(world: World) -> None:
    with world.unchanged():
        refused = clear(world, world.acme.owner.id)
    assert (refused.status, refused.code) == (409, "last_owner")
    with world.unchanged():
        assert clear(world, world.acme.owner.id, world.acme.admin.pat).code == "above_your_rank"
        assert clear(world, world.globex.member.id).status == 404
