"""SCIM groups: who is in them, and what an identity provider may do with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rollcall.domain import ids
from rollcall.domain.groups import MOST_GROUPS
from rollcall.storage.items import DescriptionItem
from tests.functions.group_kit import inside, members, patch, people
from tests.functions.scim_kit import GROUP, Provider

if TYPE_CHECKING:
    from tests.kit import World


@pytest.fixture
def idp(world: World) -> Provider:
    return Provider(world)


# ---------------------------------------------------------------- create


def test_a_group_is_created_with_its_members_and_told_whole(world: World, idp: Provider) -> None:
    one, two = people(idp, 2)
    with world.tells("group.created"):
        other = {"value": two, "display": "Two", "$ref": "https://elsewhere.example/Users/2"}
        body = {"schemas": [GROUP], "displayName": "Tour Guides", "externalId": "8f1"}
        made = idp.call("POST", "/Groups", {**body, "members": [{"value": one}, other]})
    assert made.status == 201
    group = made.json
    assert made.headers["location"] == group["meta"]["location"]
    assert made.headers["etag"] == group["meta"]["version"]
    assert (group["displayName"], group["externalId"]) == ("Tour Guides", "8f1")
    assert [one["type"] for one in group["members"]] == ["User", "User"]
    assert idp.get(f"/Groups/{group['id']}").json == group
    assert inside(idp, group) == {one, two}
    (event,) = world.events("group.created")
    assert event["after"] == {"display_name": "Tour Guides", "external_id": "8f1", "added": [one, two]}
    assert event["actor"]["credential"]["kind"] == "scim"


def test_behaviour_28_a_second_group_of_a_name_in_any_case_is_no_group(world: World, idp: Provider) -> None:
    idp.group("Engineering")
    other = idp.group("Design")
    with world.unchanged():
        again = idp.call("POST", "/Groups", {"displayName": "ENGINEERING"})
        renamed = patch(idp, other, {"op": "replace", "path": "displayName", "value": "engineering"})
        put = idp.call("PUT", f"/Groups/{other['id']}", {"displayName": "eNGINEERING"})
    for refused in (again, renamed, put):
        assert (refused.status, refused.json["scimType"], refused.json["status"]) == (409, "uniqueness", "409")


def test_a_name_is_free_again_when_its_group_has_another_or_is_gone(idp: Provider) -> None:
    first = idp.group("One")
    assert patch(idp, first, {"op": "replace", "value": {"id": first["id"], "displayName": "Two"}}).status == 204
    second = idp.group("One")
    assert idp.call("DELETE", f"/Groups/{second['id']}").status == 204
    assert idp.group("one")["id"] not in {first["id"], second["id"]}


@pytest.mark.parametrize(
    "body", [{}, {"displayName": "  "}, {"displayName": 7}, {"displayName": "A", "members": 3}, []]
)
def test_a_group_without_a_name_or_with_members_that_are_none_is_refused(
    world: World, idp: Provider, body: object
) -> None:
    with world.unchanged():
        refused = idp.call("POST", "/Groups", body)
    assert refused.status == 400
    assert refused.json["scimType"] in {"invalidValue", "invalidSyntax"}


def test_behaviour_15_a_foreign_schema_and_unknown_attributes_do_no_harm(idp: Provider) -> None:
    body = {"schemas": ["urn:other:Group"], "displayName": "Sales", "whatever": {"a": 1}, "id": "mine"}
    made = idp.call("POST", "/Groups", body)
    assert made.status == 201
    assert made.json["schemas"] == [GROUP]
    assert made.json["id"] != "mine"


# ---------------------------------------------------------------- members


def test_behaviour_09_removing_named_members_removes_no_others(world: World, idp: Provider) -> None:
    one, two, three = people(idp, 3)
    group = idp.group("Tars", one, two, three)
    with world.tells("group.members_changed"):
        assert patch(idp, group, members("Remove", one, two)).status == 204
    assert inside(idp, group) == {three}
    assert world.events("group.members_changed")[-1]["after"] == {"removed": [one, two]}


def test_behaviour_10_one_patch_removes_by_filter_several_times_and_adds_again(world: World, idp: Provider) -> None:
    one, two, three = people(idp, 3)
    group = idp.group("Tars", one, two)
    gone = [{"op": "remove", "path": f'members[value eq "{who}"]'} for who in (one, two)]
    with world.tells("group.members_changed"):
        assert patch(idp, group, *gone, members("add", two, three), members("remove", three)).status == 204
    assert inside(idp, group) == {two}


def test_behaviour_11_adding_who_is_there_and_removing_who_is_not_changes_nothing(world: World, idp: Provider) -> None:
    one, two = people(idp, 2)
    group = idp.group("Tars", one)
    world.advance(60)
    with world.unchanged():
        for change in (members("add", one), members("remove", two), members("Remove", "mem_unknown")):
            assert patch(idp, group, change).status == 204
        assert idp.call("PUT", f"/Groups/{group['id']}", group).json == group
    assert idp.get(f"/Groups/{group['id']}").json["meta"] == group["meta"]


def test_the_time_of_the_last_change_moves_with_the_version(world: World, idp: Provider) -> None:
    (one,) = people(idp, 1)
    group = idp.group("Tars")
    world.advance(60)
    assert patch(idp, group, members("add", one)).status == 204
    after = idp.get(f"/Groups/{group['id']}").json["meta"]
    assert after["version"] == 'W/"2"'
    assert after["lastModified"] > group["meta"]["lastModified"]
    assert after["created"] == group["meta"]["created"]


def test_case_157_members_without_value_are_all_and_a_filter_without_match_is_nobody(
    world: World, idp: Provider
) -> None:
    one, two = people(idp, 2)
    group = idp.group("Tars", one, two)
    with world.unchanged():
        assert patch(idp, group, {"op": "remove", "path": "members", "value": []}).status == 204
        assert patch(idp, group, {"op": "remove", "path": 'members[type eq "Group"]'}).status == 204
        assert patch(idp, group, {"op": "remove", "path": f'members[value eq "{world.acme.owner.id}"]'}).status == 204
    with world.tells("group.members_changed"):
        assert patch(idp, group, {"op": "remove", "path": "members"}).status == 204
    assert inside(idp, group) == set()


def test_a_filter_may_ask_for_the_name_of_a_member(idp: Provider) -> None:
    one = idp.new("ann@idp.example", displayName="Ann Other")["id"]
    two = people(idp, 1)[0]
    group = idp.group("Tars", one, two)
    name = idp.get(f"/Users/{one}").json["displayName"]
    assert patch(idp, group, {"op": "remove", "path": f'members[display eq "{name.upper()}"]'}).status == 204
    assert inside(idp, group) == {two}


def test_replacing_members_leaves_exactly_those_named(world: World, idp: Provider) -> None:
    one, two, three = people(idp, 3)
    group = idp.group("Tars", one, two)
    with world.tells("group.members_changed"):
        assert patch(idp, group, members("replace", two, three)).status == 204
    assert inside(idp, group) == {two, three}
    with world.tells("group.updated"):
        put = idp.call("PUT", f"/Groups/{group['id']}", {"displayName": "New", "members": [{"value": one}]})
    assert put.status == 200
    assert put.headers["etag"] == put.json["meta"]["version"] == 'W/"3"'
    assert [member["value"] for member in put.json["members"]] == [one]
    assert inside(idp, group) == {one}


def test_case_143_nobody_of_another_team_is_let_in(world: World, idp: Provider) -> None:
    (one,) = people(idp, 1)
    group = idp.group("Tars", one)
    with world.unchanged():
        for named in (world.globex.owner.id, "mem_00000000000000000000000000", "", "x" * 3000, "MEM_1"):
            for change in (members("add", one, named), members("replace", named)):
                refused = patch(idp, group, change)
                assert (refused.status, refused.json["scimType"]) == (400, "invalidValue")
            body = {"displayName": "Other", "members": [{"value": named}]}
            assert idp.call("POST", "/Groups", body).status == 400
        assert patch(idp, group, members("add", group["id"])).status == 400


def test_case_143_another_team_never_reaches_a_group(world: World, idp: Provider) -> None:
    (one,) = people(idp, 1)
    group = idp.group("Tars", one)
    other = Provider(world, world.globex)
    path = f"/Groups/{group['id']}"
    with world.unchanged():
        assert other.get(path).status == other.call("PUT", path, {"displayName": "X"}).status == 404
        assert other.patch(path, members("remove", one)).status == other.call("DELETE", path).status == 404
        for wanted in ('displayName eq "Tars"', f'id eq "{group["id"]}"', f'members.value eq "{one}"'):
            assert other.get(f"/Groups?filter={wanted.replace(' ', '+')}").json["totalResults"] == 0


def test_a_patch_of_a_group_is_all_or_nothing(world: World, idp: Provider) -> None:
    one, two = people(idp, 2)
    group = idp.group("Tars", one)
    rename = {"op": "replace", "path": "displayName", "value": "Other"}
    with world.unchanged():
        assert patch(idp, group, rename, members("add", two), members("add", "nobody")).status == 400
        assert patch(idp, group, rename, {"op": "remove", "path": "displayName"}).status == 400
    with world.tells("group.updated"):
        assert patch(idp, group, rename, members("add", two), members("remove", one)).status == 204
    (event,) = world.events("group.updated")
    assert event["before"] == {"display_name": "Tars", "external_id": None}
    assert event["after"] == {"display_name": "Other", "external_id": None, "added": [two], "removed": [one]}


def test_behaviour_35_the_whole_resource_may_come_back(world: World, idp: Provider) -> None:
    group = idp.group("Tars", *people(idp, 2), externalId="x")
    with world.unchanged():
        assert idp.call("PUT", f"/Groups/{group['id']}", group).json == group


def test_behaviour_14_a_patch_answers_with_a_body_only_where_attributes_are_asked_for(idp: Provider) -> None:
    group = idp.group("Tars")
    (one,) = people(idp, 1)
    silent = patch(idp, group, members("add", one))
    assert (silent.status, silent.body) == (204, b"")
    asked = idp.patch(f"/Groups/{group['id']}?attributes=displayName", members("remove", one))
    assert asked.status == 200
    assert asked.json == {"schemas": [GROUP], "id": group["id"], "displayName": "Tars"}
    assert asked.headers["etag"] == 'W/"3"'


def test_case_162_a_change_may_rest_on_the_version(world: World, idp: Provider) -> None:
    one, two = people(idp, 2)
    group = idp.group("Tars", one)
    path, stale = f"/Groups/{group['id']}", {"if-match": 'W/"7"'}
    with world.unchanged():
        assert patch(idp, group, members("add", two), headers=stale).status == 412
        assert idp.call("PUT", path, {"displayName": "X"}, stale).status == 412
        assert idp.call("DELETE", path, headers=stale).status == 412
    assert patch(idp, group, members("add", two), headers={"if-match": 'W/"1"'}).status == 204
    assert idp.get(path, headers={"if-none-match": 'W/"2"'}).status == 304
    assert idp.get(path, headers={"if-none-match": 'W/"1"'}).status == 200
    assert idp.call("DELETE", path, headers={"if-match": 'W/"2"'}).status == 204


def test_a_group_in_a_group_stays_as_it_was_given(idp: Provider) -> None:
    one, two = people(idp, 2)
    inner = idp.group("Inner", one)
    outer = idp.group("Outer", inner["id"], two)
    assert {member["type"] for member in outer["members"]} == {"Group", "User"}
    assert inside(idp, outer) == {inner["id"], two}
    refs = {member["value"]: member["$ref"] for member in outer["members"]}
    assert refs[inner["id"]] == inner["meta"]["location"]
    assert [group["value"] for group in idp.get(f"/Users/{one}").json["groups"]] == [inner["id"]]
    assert idp.call("DELETE", f"/Groups/{inner['id']}").status == 204
    assert inside(idp, outer) == {two}


def test_a_member_is_in_so_many_groups_at_most(world: World, idp: Provider) -> None:
    (one,) = people(idp, 1)
    idp.group("First", one)
    stored = next(item for item in world.items("SU#") if item["SK"]["S"] == ids.code(one))
    codes = [f"{number:022d}" for number in range(1, MOST_GROUPS)]
    DescriptionItem(stored["PK"]["S"], stored["SK"]["S"]).update([DescriptionItem.groups.set(set(codes))])
    group = idp.group("One more", one)
    refused = idp.call("POST", "/Groups", {"displayName": "Too many", "members": [{"value": one}]})
    assert (refused.status, refused.json["scimType"]) == (400, "invalidValue")
    assert patch(idp, group, members("remove", one)).status == 204
