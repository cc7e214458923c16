"""Groups: what a POST, PUT or PATCH asks for, in every dialect, without the present members (RFC 7643, section 4.2)."""

from __future__ import annotations

from typing import Any

import pytest

from rollcall.scim.errors import InvalidSyntax, InvalidValue, ScimError
from rollcall.scim.filters import matches
from rollcall.scim.groups import (
    AddMembers,
    GroupOp,
    GroupResource,
    Member,
    RemoveAll,
    RemoveMatching,
    RemoveMembers,
    ReplaceMembers,
    SetAttributes,
    read_group,
    read_group_patch,
)
from rollcall.scim.schemas import GROUP

A, B = Member("mem_A"), Member("mem_B")


def asked(*operations: dict[str, Any], own_id: str | None = "grp_1") -> list[GroupOp]:
    return read_group_patch({"Operations": list(operations)}, own_id)


def refusal(*operations: dict[str, Any]) -> str | None:
    with pytest.raises(ScimError) as error:
        asked(*operations)
    assert error.value.status == 400
    return error.value.scim_type


# ---------------------------------------------------------------- POST and PUT


def test_a_group_is_read_with_its_members_each_once_in_order() -> None:
    body = {
        "schemas": [GROUP],
        "displayName": " Team \u00c9quipe ",
        "externalId": "x",
        "members": [
            {"value": "mem_B", "display": "B", "$ref": "https://h/Users/mem_B"},
            {"Value": "mem_A", "type": "user"},
            {"value": "mem_B"},
            {"value": "grp_2", "type": "Group"},
            {"value": "grp_3", "$ref": "https://h/scim/v2/Groups/grp_3"},
        ],
    }
    nested = (Member("grp_2", "Group"), Member("grp_3", "Group"))
    assert read_group(body) == GroupResource(" Team \u00c9quipe ", "x", (B, A, *nested))


def test_behaviour_15_and_30_foreign_schemas_unknown_names_and_nulls_do_not_fail() -> None:
    foreign = "http://schemas.example.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"
    body: dict[str, Any] = {
        "schemas": [GROUP, foreign],
        "DISPLAYNAME": "G",
        "members": None,
        "externalId": None,
        "id": "x",
        foreign: {},
    }
    assert read_group({**body, "meta": {}, "nothing": 1}) == GroupResource("G", None, ())


def test_members_may_come_as_bare_ids_or_alone() -> None:
    assert read_group({"displayName": "G", "members": ["mem_A", None]}).members == (A,)
    assert read_group({"displayName": "G", "members": {"value": "mem_A"}}).members == (A,)


@pytest.mark.parametrize("name", [None, "", " ", 5, ["G"], "x" * 16385, "\ud800"])
def test_a_group_has_a_name(name: object) -> None:
    with pytest.raises(InvalidValue):
        read_group({"displayName": name})
    assert refusal({"op": "replace", "path": "displayName", "value": name}) == "invalidValue"


@pytest.mark.parametrize("members", [
    [{}], [{"value": ""}], [{"value": None}], [{"display": "A"}], [5], "", [{"value": 5}], [["a", "b"]], ["\udfff"],
])  # fmt: skip
def test_a_member_is_named_by_its_id(members: object) -> None:
    with pytest.raises(InvalidValue):
        read_group({"displayName": "G", "members": members})
    assert refusal({"op": "add", "path": "members", "value": members}) == "invalidValue"


@pytest.mark.parametrize("body", [None, [], "x", 5])
def test_what_is_no_object_is_no_group(body: object) -> None:
    with pytest.raises(InvalidSyntax):
        read_group(body)
    with pytest.raises(InvalidSyntax):
        read_group_patch(body)


def test_a_request_names_ten_thousand_members_at_most() -> None:
    ids = [{"value": str(number)} for number in range(10_001)]
    assert len(read_group({"displayName": "G", "members": ids[1:]}).members) == 10_000
    with pytest.raises(InvalidValue):
        read_group({"displayName": "G", "members": ids})


# ---------------------------------------------------------------- PATCH


@pytest.mark.parametrize("value", [
    [{"value": "mem_A"}, {"value": "mem_B"}],
    [{"value": "mem_A", "display": "A"}, {"value": "mem_B", "$ref": "x"}, {"value": "mem_A"}],
    ["mem_A", "mem_B"],
])  # fmt: skip
def test_members_are_added_replaced_and_removed(value: object) -> None:
    both = ("mem_A", "mem_B")
    assert asked({"op": "Add", "path": "members", "value": value}) == [AddMembers((A, B))]
    assert asked({"op": "add", "value": {"members": value}}) == [AddMembers((A, B))]
    assert asked({"op": "ADD", "path": f"{GROUP}:Members", "value": value}) == [AddMembers((A, B))]
    assert asked({"op": "replace", "path": "members", "value": value}) == [ReplaceMembers((A, B))]
    assert asked({"op": "replace", "value": {"members": value}}) == [ReplaceMembers((A, B))]
    assert asked({"op": "Remove", "path": "members", "value": value}) == [RemoveMembers(both)]


@pytest.mark.parametrize("value", [{"value": "mem_A"}, "mem_A", [{"value": "mem_A"}], ["mem_A"]])
def test_behaviour_09_remove_with_a_value_removes_exactly_those(value: object) -> None:
    assert asked({"op": "Remove", "path": "members", "value": value}) == [RemoveMembers(("mem_A",))]


def test_behaviour_10_members_are_removed_by_filter_several_in_one_patch() -> None:
    one = {"op": "remove", "path": 'members[value eq "mem_A"]'}
    either = {"op": "Remove", "path": 'Members[Value EQ "mem_B" or value eq "mem_C"]'}
    assert asked(one, either) == [RemoveMembers(("mem_A",)), RemoveMembers(("mem_B", "mem_C"))]
    assert asked({"op": "remove", "path": 'members[value eq "mem_A"].value'}) == [RemoveMembers(("mem_A",))]


def test_behaviour_10_adding_and_removing_one_member_keeps_the_order() -> None:
    add = {"op": "add", "path": "members", "value": [{"value": "mem_A"}]}
    remove = {"op": "remove", "path": 'members[value eq "mem_A"]'}
    assert asked(add, remove, add) == [AddMembers((A,)), RemoveMembers(("mem_A",)), AddMembers((A,))]


def test_other_filters_are_left_to_whoever_knows_the_members() -> None:
    [found] = asked({"op": "remove", "path": 'members[type eq "Group" and value ne "grp_9"]'})
    assert isinstance(found, RemoveMatching)
    assert matches(found.where, {"value": "grp_1", "type": "Group"})
    assert not matches(found.where, {"value": "mem_A", "type": "User"})


def test_case_157_removing_all_none_or_an_empty_array() -> None:
    assert asked({"op": "remove", "path": "members"}) == [RemoveAll()]
    assert asked({"op": "remove", "path": "members", "value": None}) == [RemoveAll()]
    assert asked({"op": "remove", "path": "members", "value": []}) == []
    assert asked({"op": "add", "path": "members", "value": []}) == []
    assert asked({"op": "replace", "path": "members", "value": []}) == [ReplaceMembers(())]
    assert asked({"op": "replace", "value": {"members": None}}) == [ReplaceMembers(())]


def test_a_group_is_renamed_with_path_and_without() -> None:
    assert asked({"op": "Replace", "path": "displayName", "value": "N"}) == [SetAttributes(display_name="N")]
    assert asked({"op": "replace", "value": {"displayName": "N", "externalId": "x"}}) == [
        SetAttributes(display_name="N"), SetAttributes(external_id="x"),
    ]  # fmt: skip


@pytest.mark.parametrize("operation", [
    {"op": "remove", "path": "externalId"}, {"op": "replace", "path": "externalId", "value": None},
    {"op": "add", "path": "externalId", "value": ""}, {"op": "replace", "value": {"externalId": None}},
])  # fmt: skip
def test_an_external_id_is_taken_away(operation: dict[str, Any]) -> None:
    assert asked(operation) == [SetAttributes(clear_external_id=True)]


def test_behaviour_35_a_rename_may_carry_the_groups_own_id_and_no_other() -> None:
    own = {"op": "replace", "value": {"id": "grp_1", "displayName": "N", "schemas": [GROUP], "meta": {}}}
    assert asked(own) == [SetAttributes(display_name="N")]
    assert refusal({"op": "replace", "value": {"ID": "grp_2", "displayName": "N"}}) == "mutability"
    assert asked(own, own_id=None) == asked(own)


@pytest.mark.parametrize(("operation", "kind"), [
    ({"op": "replace", "path": "id", "value": "grp_2"}, "mutability"),
    ({"op": "remove", "path": "displayName"}, "mutability"),
    ({"op": "replace", "path": 'members[value eq "mem_A"]', "value": {"value": "mem_B"}}, "mutability"),
    ({"op": "replace", "path": 'members[value eq "mem_A"].value', "value": "mem_B"}, "mutability"),
    ({"op": "add", "path": 'members[type eq "User"]', "value": {"value": "mem_B"}}, "mutability"),
    ({"op": "replace", "path": "members.type", "value": "Group"}, "mutability"),
    ({"op": "replace", "path": "meta.created", "value": "x"}, "mutability"),
    ({"op": "replace", "path": "userName", "value": "x"}, "invalidPath"),
    ({"op": "replace", "path": "members[", "value": "x"}, "invalidPath"),
    ({"op": "replace", "value": {"userName": "x"}}, "invalidPath"),
    ({"op": "replace", "value": "x"}, "invalidValue"),
    ({"op": "remove"}, "noTarget"),
    ({"op": "remove", "value": {"members": [{"value": "mem_A"}]}}, "noTarget"),
    ({"op": "move", "path": "members"}, "invalidSyntax"),
])  # fmt: skip
def test_case_155_what_is_not_understood_is_refused(operation: dict[str, Any], kind: str) -> None:
    assert refusal(operation) == kind


def test_behaviour_15_unknown_members_of_an_operation_and_null_attributes_are_ignored() -> None:
    operation = {"op": "add", "path": "members", "value": [{"value": "mem_A"}], "name": "addMember"}
    assert asked(operation) == [AddMembers((A,))]
    assert asked({"op": "replace", "value": {"nothing": None, "displayName": "N"}}) == [SetAttributes(display_name="N")]


def test_behaviour_12_twenty_members_in_one_operation_and_a_hundred_operations() -> None:
    twenty = [{"value": f"mem_{number}"} for number in range(20)]
    assert len(asked(*[{"op": "Add", "path": "members", "value": twenty}] * 100)) == 100
