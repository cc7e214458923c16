"""Users whom SCIM changes: names and addresses that move, and what is so already (S3, SC)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rollcall.domain.permissions import Role
from tests.functions.scim_kit import Provider, person
from tests.functions.test_scim_users import FULL
from tests.operations import act_on, get_member, newest, put_role

if TYPE_CHECKING:
    from tests.kit import World

NORA = "nora@idp.example"


@pytest.fixture
def idp(world: World) -> Provider:
    return Provider(world)


def test_case_148_a_user_name_changes_and_stays_unique_without_case(world: World, idp: Provider) -> None:
    nora, otto = idp.new(), idp.new("otto@idp.example")
    path = f"/Users/{nora['id']}"
    with world.unchanged():
        for taken in ("otto@idp.example", "OTTO@idp.example"):
            patched = idp.patch(path, {"op": "replace", "path": "userName", "value": taken})
            put = idp.call("PUT", path, person(NORA) | {"userName": taken})
            assert [(answer.status, answer.json["scimType"]) for answer in (patched, put)] == [(409, "uniqueness")] * 2
    with world.tells("member.updated"):
        assert idp.patch(path, {"op": "Replace", "path": "userName", "value": "Nora.Old"}).status == 200
    assert idp.get('/Users?filter=userName%20eq%20"nora.OLD"').json["Resources"][0]["id"] == nora["id"]
    assert idp.get(f'/Users?filter=userName%20eq%20"{NORA}"').json["totalResults"] == 0
    assert idp.patch(f"/Users/{otto['id']}", {"op": "replace", "path": "userName", "value": NORA}).status == 200
    with world.tells("member.updated"):
        assert idp.patch(path, {"op": "replace", "path": "userName", "value": "NORA.old"}).status == 200


def test_case_148_the_address_of_somebody_who_is_not_managed_is_their_user_name(world: World, idp: Provider) -> None:
    nora, theirs = idp.new(), world.acme.member.email
    path = f"/Users/{nora['id']}"
    with world.unchanged():
        for taken in (theirs, theirs.upper()):
            patched = idp.patch(path, {"op": "replace", "path": "userName", "value": taken})
            put = idp.call("PUT", path, person(NORA) | {"userName": taken})
            assert [(answer.status, answer.json["scimType"]) for answer in (patched, put)] == [(409, "uniqueness")] * 2
    assert idp.get(f'/Users?filter=userName%20eq%20"{theirs}"').json["totalResults"] == 1
    for free in ("free@idp.example", NORA):
        assert idp.patch(path, {"op": "replace", "path": "userName", "value": free}).json["userName"] == free


def test_case_147_the_address_of_a_created_member_follows_and_proves_nothing(world: World, idp: Provider) -> None:
    """No reset letter goes to it, and the old one is free and gets none either (CVE-2022-1680)."""
    made = idp.new()
    world.rewrite(world.member(made["id"]), email_verified=True)
    path = f"/Users/{made['id']}"
    with world.tells("member.updated"):
        changed = idp.patch(path, {"op": "replace", "path": 'emails[type eq "work"].value', "value": "new@idp.example"})
    assert changed.status == 200
    member = world.member(made["id"])
    assert (member.email, member.email_verified) == ("new@idp.example", False)
    assert get_member(world, made["id"]).json["email"] == "new@idp.example"
    for address in (NORA, "new@idp.example"):
        asked = world.call("POST", "/v1/teams/acme/password-resets", {"email": address})
        assert asked.status == 202
        assert world.mails(address) == []
    event = newest(world, "member.updated")
    assert (event["before"]["email"], event["after"]["email"]) == (NORA, "new@idp.example")
    assert idp.new("another.nora", emails=[{"value": NORA}])["id"] != made["id"]


def test_case_148_an_address_that_a_local_member_has_is_not_to_be_had(world: World, idp: Provider) -> None:
    made = idp.new()
    path = f"/Users/{made['id']}"
    for taken in (world.acme.owner.email, world.acme.owner.email.upper()):
        with world.unchanged():
            moved = idp.patch(path, {"op": "replace", "path": 'emails[type eq "work"].value', "value": taken})
            put = idp.call("PUT", path, person(NORA, emails=[{"value": taken}]))
        assert [(answer.status, answer.json["scimType"]) for answer in (moved, put)] == [(409, "uniqueness")] * 2


def test_a_role_given_by_hand_stays_whatever_the_provider_writes(world: World, idp: Provider) -> None:
    """R3: PUT and PATCH write what is the provider's and nothing beside it."""
    made = idp.new()
    assert put_role(world, made["id"], "admin").status == 200
    assert idp.call("PUT", f"/Users/{made['id']}", person(NORA, title="T", userType="member")).status == 200
    member = world.member(made["id"])
    assert (member.role, member.role_source.value) == (Role.ADMIN, "manual")
    assert act_on(world, made["id"], "deactivate").status == 200


def test_what_is_stored_of_a_user_is_found_by_further_addresses_too(idp: Provider) -> None:
    made = idp.call("POST", "/Users", FULL).json
    for value in ("zoe@idp.example", "ZOE@home.example"):
        found = idp.get(f'/Users?filter=emails.value%20eq%20"{value}"').json
        assert [one["id"] for one in found["Resources"]] == [made["id"]]
    of_type = idp.get('/Users?filter=emails[type%20eq%20"work"].value%20eq%20"zoe@home.example"')
    assert of_type.json["totalResults"] == 0


def test_the_whole_resource_put_back_is_no_change(world: World, idp: Provider) -> None:
    """Behaviour 35: id, meta, schemas, groups and empty strings included; no event, no new version."""
    made = idp.call("POST", "/Users", FULL).json
    with world.unchanged():
        put = idp.call("PUT", f"/Users/{made['id']}", made)
    assert (put.status, put.json) == (200, made)
    with world.unchanged():
        for _ in range(5):
            same = idp.patch(f"/Users/{made['id']}", {"op": "replace", "path": "displayName", "value": " Zoë "})
            assert (same.status, same.json) == (200, made)


def test_case_165_the_same_patch_a_hundred_times_is_one_change(world: World, idp: Provider) -> None:
    made = idp.new()
    with world.tells("member.updated"):
        for _ in range(100):
            answer = idp.patch(f"/Users/{made['id']}", {"op": "Add", "path": "title", "value": "T"})
            assert answer.status == 200
            assert answer.json["meta"]["version"] == 'W/"2"'
    assert answer.json["title"] == "T"


def test_behaviour_31_as_many_addresses_as_there_may_be_fit_every_change(world: World, idp: Provider) -> None:
    """Each address is an item of the transaction: of being added, of being changed for others, and of being removed."""

    def sent(count: int, at: str) -> dict[str, object]:
        return person(NORA, externalId=at, emails=[{"value": f"{number}@{at}.example"} for number in range(count)])

    with world.unchanged():
        for count in (21, 100):
            refused = idp.call("POST", "/Users", sent(count, "first"))
            assert (refused.status, refused.json["scimType"]) == (400, "invalidValue")
            assert "20" in refused.json["detail"]
    made = idp.call("POST", "/Users", sent(20, "first"))
    assert made.status == 201
    path = f"/Users/{made.json['id']}"
    assert idp.call("PUT", path, sent(20, "second")).json["emails"][19] == {"value": "19@second.example"}
    assert idp.patch(path, {"op": "add", "path": "emails", "value": [{"value": "more@idp.example"}]}).status == 400
    for number in range(30):
        idp.group(f"Group {number}", made.json["id"])
    assert idp.call("DELETE", path).status == 204
    assert idp.get('/Users?filter=emails.value%20eq%20"19@second.example"').json["totalResults"] == 0
