"""PATCH of users: both dialects of Entra, Okta's, the RFC's; all or nothing (RFC 7644, section 3.5.2)."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from rollcall.scim.errors import ScimError
from rollcall.scim.patch import patch_user
from rollcall.scim.schemas import ENTERPRISE, USER

JO: dict[str, Any] = {"userName": "jo@example.com", "active": True}
FULL: dict[str, Any] = {
    **JO,
    "externalId": "e1",
    "displayName": "Jo Doe",
    "name": {"givenName": "Jo", "familyName": "Doe"},
    "emails": [
        {"value": "jo@work.example", "type": "work", "primary": True},
        {"value": "jo@home.example", "type": "home"},
    ],
    "phoneNumbers": [{"value": "1", "type": "work"}, {"value": "2", "type": "mobile"}],
    "roles": [{"value": "reader", "primary": True}, {"value": "writer", "primary": False}],
    ENTERPRISE: {"department": "D", "manager": {"value": "mem_1", "$ref": "../Users/mem_1"}},
}


def op(name: str, path: str | None = None, value: Any = ..., **more: Any) -> dict[str, Any]:
    there = {"op": name, **more}
    if path is not None:
        there["path"] = path
    return there if value is ... else {**there, "value": value}


def patched(user: dict[str, Any], *operations: dict[str, Any], **more: Any) -> dict[str, Any]:
    """The user afterwards; the one before stays as it was."""
    before = copy.deepcopy(user)
    body = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": list(operations)}
    try:
        return patch_user(user, body, **more)
    finally:
        assert user == before


def refusal(user: dict[str, Any], *operations: dict[str, Any], **more: Any) -> str | None:
    with pytest.raises(ScimError) as error:
        patched(user, *operations, **more)
    assert error.value.status == 400
    assert error.value.detail
    return error.value.scim_type


# ---------------------------------------------------------------- dialects


@pytest.mark.parametrize("name", ["add", "Add", "ADD", "replace", "Replace", "REPLACE"])
def test_behaviour_01_op_in_any_case_sets_a_value(name: str) -> None:
    assert patched(JO, op(name, "title", "T"))["title"] == "T"


@pytest.mark.parametrize("name", ["remove", "Remove", "REMOVE"])
def test_behaviour_01_op_in_any_case_removes(name: str) -> None:
    assert patched({**JO, "title": "T"}, op(name, "title")) == JO


@pytest.mark.parametrize("sent", [False, "False", "false", "FALSE"])
@pytest.mark.parametrize("name", ["replace", "Replace", "REPLACE", "Add"])
def test_case_150_and_behaviour_02_all_words_for_false_deactivate(name: str, sent: object) -> None:
    for operation in (op(name, "active", sent), op(name, None, {"active": sent}), op(name, "Active", sent)):
        assert patched(JO, operation)["active"] is False
    assert patched({**JO, "active": False}, op(name, f"{USER}:active", "True"))["active"] is True


@pytest.mark.parametrize("sent", [0, 1, "0", None, "no", [], {}, [False], ""])
@pytest.mark.parametrize("name", ["replace", "Replace", "REPLACE"])
def test_case_150_anything_else_is_refused_and_never_without_effect(name: str, sent: object) -> None:
    assert refusal(JO, op(name, "active", sent)) == "invalidValue"
    assert refusal(JO, op(name, None, {"active": sent})) == "invalidValue"


def test_case_150_active_cannot_be_removed() -> None:
    assert refusal(JO, op("remove", "active")) == "invalidValue"
    assert refusal(JO, op("Remove", "active", "False")) == "invalidValue"


def test_behaviour_03_primary_may_be_a_word_in_values_and_in_filters() -> None:
    changed = patched(FULL, op("Replace", 'roles[primary eq "True"].value', "owner"))
    assert changed["roles"][0] == {"value": "owner", "primary": True}
    changed = patched(JO, op("Add", "roles", [{"value": "r", "primary": "True"}]))
    assert changed["roles"] == [{"value": "r", "primary": True}]


def test_behaviour_04_adding_to_an_element_that_is_not_there_makes_one_and_goes_on_with_it() -> None:
    parts = ("formatted", "streetAddress", "locality", "region", "postalCode", "country")
    changed = patched(JO, *(op("Add", f'addresses[type eq "work"].{part}', part) for part in parts))
    assert changed["addresses"] == [{"type": "work", **{part: part for part in parts}}]
    changed = patched(
        JO, op("Add", 'emails[type eq "work"].value', "a@x"), op("Add", 'phoneNumbers[type eq "fax"].value', "1")
    )
    assert changed["emails"] == [{"type": "work", "value": "a@x"}]
    assert changed["phoneNumbers"] == [{"type": "fax", "value": "1"}]


def test_behaviour_04_what_is_made_so_is_never_primary() -> None:
    path = 'roles[primary eq "True"]'
    changed = patched(
        JO, op("Add", f"{path}.display", "R"), op("Add", f"{path}.value", "r"), op("Add", f"{path}.type", "t")
    )
    assert changed["roles"] == [{"display": "R", "value": "r", "type": "t"}]


def test_behaviour_05_replacing_what_the_filter_does_not_find_is_no_target() -> None:
    for path in ('emails[type eq "other"].value', 'emails[type eq "other"]', 'emails[value eq "x" or type eq "other"]'):
        assert refusal(FULL, op("Replace", path, "x")) == "noTarget"
    assert refusal(JO, op("Add", 'emails[type ne "work"].value', "x")) == "noTarget"
    assert refusal(JO, op("replace", None, {'emails[type eq "work"].value': "x"})) == "noTarget"


def test_behaviour_06_dotted_and_qualified_keys_without_path_are_expanded() -> None:
    changed = patched(FULL, op("replace", None, {
        "name.givenName": "Joan",
        f"{ENTERPRISE}:employeeNumber": "7",
        f"{ENTERPRISE}:manager": "mem_2",
        f"{USER}:title": "T",
        'emails[type eq "work"].value': "joan@work.example",
        "Active": "False",
    }))  # fmt: skip
    assert changed == {
        **FULL,
        "name": {"givenName": "Joan", "familyName": "Doe"},
        ENTERPRISE: {"department": "D", "employeeNumber": "7", "manager": {"value": "mem_2"}},
        "title": "T",
        "emails": [{"value": "joan@work.example", "type": "work", "primary": True}, FULL["emails"][1]],
        "active": False,
    }


def test_behaviour_07_names_in_any_case_are_understood() -> None:
    changed = patched(
        JO,
        op("add", "Name.Formatted", "Jo"),
        op("add", 'Addresses[Type eq "work"].Formatted', "Street"),
        op("add", f"{ENTERPRISE.upper()}:DEPARTMENT", "D"),
        op("add", "Manager.Value", "m"),
        {"OP": "add", "Path": "NICKNAME", "Value": "J"},
    )
    assert changed == {
        **JO,
        "name": {"formatted": "Jo"},
        "addresses": [{"type": "work", "formatted": "Street"}],
        ENTERPRISE: {"department": "D", "manager": {"value": "m"}},
        "nickName": "J",
    }


@pytest.mark.parametrize("path", [f"{ENTERPRISE}:manager", "manager"])
@pytest.mark.parametrize("name", ["Add", "Replace"])
@pytest.mark.parametrize("sent", ["m", {"value": "m"}, [{"value": "m"}], {"Value": "m", "displayName": "B"}])
def test_behaviour_08_a_manager_comes_in_each_form(path: str, name: str, sent: object) -> None:
    assert patched(FULL, op(name, path, sent))[ENTERPRISE] == {"department": "D", "manager": {"value": "m"}}
    assert patched(JO, op(name, None, {path: sent}))[ENTERPRISE] == {"manager": {"value": "m"}}


@pytest.mark.parametrize("operation", [
    op("Replace", "manager", {"value": ""}), op("Replace", "manager", ""), op("Add", f"{ENTERPRISE}:manager", ""),
    op("Remove", f"{ENTERPRISE}:manager"), op("Remove", "manager", "mem_1"), op("Replace", "manager.value", ""),
    op("Replace", None, {ENTERPRISE: {"manager": None}}), op("replace", f"{ENTERPRISE}:manager", None),
])  # fmt: skip
def test_behaviour_08_a_manager_is_cleared_and_its_siblings_stay(operation: dict[str, Any]) -> None:
    assert patched(FULL, operation)[ENTERPRISE] == {"department": "D"}


def test_behaviour_08_another_manager_has_another_address() -> None:
    assert patched(FULL, op("Replace", "manager.value", "mem_1")) == FULL
    assert patched(FULL, op("Replace", "manager.value", "mem_2"))[ENTERPRISE]["manager"] == {"value": "mem_2"}


def test_behaviour_09_remove_with_a_value_removes_that_value_only() -> None:
    named: Any
    for named in ([{"value": "jo@home.example"}], {"value": "JO@home.example"}, "jo@home.example"):
        assert patched(FULL, op("Remove", "emails", named))["emails"] == FULL["emails"][:1]
    both = [{"value": "1", "type": "work"}, {"value": "2", "type": "work"}, {"value": "9"}]
    assert patched(FULL, op("Remove", "phoneNumbers", both))["phoneNumbers"] == FULL["phoneNumbers"][1:]
    assert patched(FULL, op("Remove", "emails", [])) == FULL


def test_behaviour_11_what_is_so_already_changes_nothing() -> None:
    assert patched(
        FULL,
        op("add", "emails", [dict(FULL["emails"][0])]),
        op("add", "emails", {"value": "jo@home.example", "type": "home"}),
        op("replace", "displayName", "Jo Doe"),
        op("replace", None, {"active": "True", "name": {"givenName": "Jo"}, "externalId": "e1"}),
        op("remove", 'emails[type eq "other"]'),
        op("remove", "title"),
        op("remove", "addresses"),
    ) == FULL  # fmt: skip


@pytest.mark.parametrize("user", [JO, FULL])
def test_behaviour_12_an_entra_cycle_of_many_operations(user: dict[str, Any]) -> None:
    simple = ("displayName", "title", "preferredLanguage", "nickName", "locale", "timezone", "userType", "profileUrl")
    parts = ("formatted", "streetAddress", "locality", "region", "postalCode", "country")
    operations = [
        *(op("Add", name, "v") for name in simple),
        *(op("Add", f"name.{part}", "v") for part in ("givenName", "familyName", "formatted", "middleName")),
        *(op("Add", f'addresses[type eq "{kind}"].{part}', "v") for kind in ("work", "home") for part in parts),
        *(op("Add", f'phoneNumbers[type eq "{kind}"].value', "v") for kind in ("work", "mobile", "fax")),
        op("Add", 'emails[type eq "work"].value', "v"),
        *(op("Add", f"{ENTERPRISE}:{name}", "v") for name in ("department", "division", "costCenter", "organization")),
        *(op("Add", f"{ENTERPRISE}:{name}", "v") for name in ("employeeNumber", "manager")),
        op("Add", "externalId", "v"),
        op("Add", 'roles[primary eq "True"].value', "v"),
    ]
    assert len(operations) == 36
    changed = patched(user, *operations)
    assert [len(changed[name]) for name in ("addresses", "phoneNumbers")] == [2, 3]
    assert {email["value"] for email in changed["emails"] if email["type"] == "work"} == {"v"}
    assert patched(changed, *operations) == changed
    assert patched(user, *(op("replace", "title", str(number)) for number in range(100)))["title"] == "99"


def test_behaviour_13_an_extension_comes_and_goes_with_its_attributes() -> None:
    there = patched(JO, op("add", f"{ENTERPRISE}:department", "D"))
    assert there == {**JO, ENTERPRISE: {"department": "D"}}
    assert patched(there, op("remove", f"{ENTERPRISE}:department")) == JO
    assert patched(FULL, op("remove", ENTERPRISE)) == {
        name: value for name, value in FULL.items() if name != ENTERPRISE
    }
    assert patched(there, op("add", ENTERPRISE, {"Division": "V"}))[ENTERPRISE] == {"department": "D", "division": "V"}


def test_behaviour_15_unknown_members_of_an_operation_are_ignored() -> None:
    assert patched(JO, op("replace", "title", "T", label="addTitle", extra=[1])) == {**JO, "title": "T"}


def test_behaviour_35_readonly_parts_without_path_are_ignored_and_with_path_refused() -> None:
    own = {"id": "mem_1", "meta": {}, "groups": [], "schemas": [USER], "password": "x", "title": "T"}
    assert patched(JO, op("replace", None, own), own_id="mem_1") == {**JO, "title": "T"}
    assert refusal(JO, op("replace", None, own), own_id="mem_2") == "mutability"
    assert refusal(JO, op("replace", None, {"ID": ["mem_1"]}), own_id="mem_1") == "mutability"
    for path in ("id", "meta.version", "groups", 'groups[value eq "g"]', "manager.displayName"):
        assert refusal(JO, op("replace", path, "x")) == "mutability"


def test_behaviour_39_operations_see_each_others_results() -> None:
    changed = patched(
        JO,
        op("add", "emails", {"value": "a@x", "type": "work"}),
        op("replace", 'emails[type eq "work"].value', "b@x"),
        op("add", 'emails[value eq "b@x"].display', "B"),
        op("remove", 'emails[value eq "a@x"]'),
    )
    assert changed["emails"] == [{"value": "b@x", "type": "work", "display": "B"}]


def test_behaviour_39_what_is_made_primary_is_the_only_one() -> None:
    work, home = FULL["emails"]
    other = {**work, "primary": False}
    path = 'emails[type eq "home"].primary'
    assert patched(FULL, op("replace", path, "True"))["emails"] == [other, {**home, "primary": True}]
    new = {"value": "n@x", "primary": True}
    assert patched(FULL, op("add", "emails", [new]))["emails"] == [other, home, new]
    both = [{"value": "a", "primary": True}, {"value": "b", "primary": True}]
    assert refusal(JO, op("replace", "emails", both)) == "invalidValue"
    assert refusal(FULL, op("replace", "emails.primary", True)) == "invalidValue"


# ---------------------------------------------------------------- the RFC's forms


def test_replacing_and_removing_sub_attributes_keeps_the_rest() -> None:
    assert patched(FULL, op("remove", "name.givenName"))["name"] == {"familyName": "Doe"}
    assert patched(FULL, op("replace", "name", {"givenName": "Joan"}))["name"] == {
        "givenName": "Joan",
        "familyName": "Doe",
    }
    assert patched(FULL, op("replace", "name", {"givenName": None}))["name"] == {"familyName": "Doe"}
    assert patched(FULL, op("remove", 'phoneNumbers[type eq "work"].type'))["phoneNumbers"][0] == {"value": "1"}
    assert "name" not in patched(FULL, op("remove", "name"))


def test_a_selected_value_takes_what_is_given_and_keeps_the_rest() -> None:
    path, (work, mobile) = 'phoneNumbers[type eq "work"]', FULL["phoneNumbers"]
    for name in ("add", "replace"):
        assert patched(FULL, op(name, path, {"value": "9"}))["phoneNumbers"] == [{**work, "value": "9"}, mobile]
        assert patched(FULL, op(name, path, [{"type": "x"}]))["phoneNumbers"] == [{**work, "type": "x"}, mobile]
        assert patched(FULL, op(name, path, {"Type": None}))["phoneNumbers"] == [{"value": "1"}, mobile]
    assert patched(FULL, op("remove", path))["phoneNumbers"] == [mobile]
    assert patched(FULL, op("replace", path, None))["phoneNumbers"] == [mobile]
    assert patched(JO, op("add", path, {"value": "3"}))["phoneNumbers"] == [{"type": "work", "value": "3"}]


def test_adding_what_is_primary_already_beside_a_new_primary_is_no_contradiction() -> None:
    work, home = FULL["emails"]
    given = [{"value": work["value"], "type": "work"}, {"value": "n@x", "primary": True}]
    assert patched(FULL, op("add", "emails", given))["emails"] == [{**work, "primary": False}, home, given[1]]


def test_a_sub_attribute_without_filter_is_that_of_every_value() -> None:
    assert [one["display"] for one in patched(FULL, op("replace", "emails.display", "E"))["emails"]] == ["E", "E"]
    assert patched(JO, op("replace", "emails.value", "a@x"))["emails"] == [{"value": "a@x"}]
    assert patched(FULL, op("remove", "roles.primary"))["roles"] == [{"value": "reader"}, {"value": "writer"}]


def test_replace_of_a_multi_valued_attribute_replaces_all_of_it_and_add_adds() -> None:
    one = {"value": "n@x", "type": "other"}
    assert patched(FULL, op("replace", "emails", [one]))["emails"] == [one]
    assert patched(FULL, op("add", "emails", [one]))["emails"] == [*FULL["emails"], one]
    assert patched(FULL, op("replace", None, {"emails": one}))["emails"] == [one]
    assert "emails" not in patched(FULL, op("replace", "emails", []))


@pytest.mark.parametrize(("operation", "kind"), [
    (op("replace", "nothing", "x"), "invalidPath"),
    (op("replace", "emails.nothing", "x"), "invalidPath"),
    (op("replace", "urn:example:custom:tag", "x"), "invalidPath"),
    (op("replace", "emails[", "x"), "invalidPath"),
    (op("replace", 'emails[type eq "work"]value', "x"), "invalidPath"),
    (op("replace", 'emails[nothing eq "work"].value', "x"), "invalidPath"),
    (op("replace", 'name[givenName eq "Jo"].familyName', "x"), "invalidPath"),
    (op("replace", 'userName[value eq "x"]', "x"), "invalidPath"),
    (op("replace", 5, "x"), "invalidPath"),  # type: ignore[arg-type]
    (op("replace", None, {"nothing": "x"}), "invalidPath"),
    (op("replace", None, "x"), "invalidValue"),
    (op("replace", None, None), "invalidValue"),
    (op("replace", None, [{"active": False}]), "invalidValue"),
    (op("replace", "title"), "invalidValue"),
    (op("replace", "title", {"value": {}}), "invalidValue"),
    (op("add", "name", "Jo"), "invalidValue"),
    (op("replace", "userName", " "), "invalidValue"),
    (op("replace", "userName", None), "invalidValue"),
    (op("replace", None, {"userName": ""}), "invalidValue"),
    (op("remove", "userName"), "mutability"),
    (op("remove"), "noTarget"),
    (op("remove", None, {"title": "T"}), "noTarget"),
    (op("delete", "title"), "invalidSyntax"),
    (op("", "title", "x"), "invalidSyntax"),
])  # fmt: skip
def test_case_155_what_is_not_understood_is_refused(operation: dict[str, Any], kind: str) -> None:
    assert refusal(FULL, operation) == kind


@pytest.mark.parametrize("body", [
    None, [], "x", {}, {"Operations": None}, {"Operations": []}, {"Operations": {}}, {"Operations": ["x"]},
    {"Operations": [None]}, {"Operations": [{}]}, {"Operations": [op("replace", "title", "x")] * 1001},
])  # fmt: skip
def test_case_155_no_operations_too_many_or_none_at_all(body: object) -> None:
    with pytest.raises(ScimError) as error:
        patch_user(JO, body)
    assert error.value.scim_type == "invalidSyntax"


def test_case_155_a_thousand_operations_are_done_and_the_key_may_be_written_in_any_case() -> None:
    body = {"operations": [op("replace", "title", str(number)) for number in range(1000)]}
    assert patch_user(JO, body)["title"] == "999"


def test_case_155_the_order_of_operations_decides() -> None:
    add, remove = op("add", "title", "T"), op("remove", "title")
    assert patched(JO, add, remove) == JO
    assert patched(JO, remove, add) == {**JO, "title": "T"}
    assert patched(JO, op("replace", "title", "A"), op("replace", "title", "B"))["title"] == "B"


def test_case_156_a_refused_operation_leaves_nothing_of_those_before_it() -> None:
    good = [op("replace", f"{ENTERPRISE}:department", str(number)) for number in range(6)]
    emails = [op("add", 'emails[type eq "home"].display', "D"), op("remove", "emails")]
    assert refusal(FULL, *good, *emails, op("replace", "active", "no"), op("replace", "title", "T")) == "invalidValue"


def test_nulls_of_names_that_no_schema_knows_are_no_error() -> None:
    assert patched(JO, op("replace", None, {"nothing": None, "title": None})) == JO


def test_what_one_value_may_be_holds_for_patches_too() -> None:
    assert refusal(JO, op("replace", "title", "x" * 16385)) == "invalidValue"
    assert refusal(JO, op("replace", "title", "\ud800")) == "invalidValue"
    many = (op("add", f'emails[type eq "{number}"].value', "x") for number in range(101))
    assert refusal(JO, *many) == "invalidValue"
    large = ("title", "nickName", "locale", "timezone", "userType")
    assert refusal(JO, *(op("replace", name, "x" * 16000) for name in large)) == "invalidValue"
