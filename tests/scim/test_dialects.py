"""What identity providers send in a person's life there, in their own dialects, and what it comes to."""

from __future__ import annotations

from typing import Any

from rollcall.scim.filters import equalities, matches
from rollcall.scim.groups import (
    AddMembers,
    Member,
    RemoveMembers,
    ReplaceMembers,
    SetAttributes,
    read_group,
    read_group_patch,
)
from rollcall.scim.lists import read_query
from rollcall.scim.patch import patch_user
from rollcall.scim.schemas import ENTERPRISE, GROUP, USER
from rollcall.scim.users import facts, read_user

PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"


def patched(user: dict[str, Any], *operations: dict[str, Any]) -> dict[str, Any]:
    return patch_user(user, {"schemas": [PATCH_OP], "Operations": list(operations)}, own_id="mem_7")


def entra_creates() -> dict[str, Any]:
    return read_user({
        "schemas": [USER, ENTERPRISE],
        "externalId": "jonas.weber",
        "userName": "Jonas.Weber@northwind-lab.example",
        "active": True,
        "displayName": "Jonas Weber",
        "emails": [{"primary": True, "type": "work", "value": "Jonas.Weber@northwind-lab.example"}],
        "meta": {"resourceType": "User"},
        "name": {"formatted": "Jonas Weber", "familyName": "Weber", "givenName": "Jonas"},
        "roles": [],
        ENTERPRISE: {"department": "Research"},
    })  # fmt: skip


def okta_creates() -> dict[str, Any]:
    return read_user({
        "schemas": [USER],
        "userName": "mia@acme.example",
        "name": {"givenName": "Mia", "familyName": "Ito"},
        "emails": [{"primary": True, "value": "mia@acme.example", "type": "work"}],
        "displayName": "Mia Ito",
        "locale": "en-US",
        "externalId": "00uMia0000000000001",
        "groups": [],
        "password": "not-a-secret-1",
        "active": True,
    })  # fmt: skip


def test_entra_tests_the_connection_and_looks_for_people_by_name() -> None:
    query = read_query({"filter": 'userName eq "6f1c3a52-non-existing"', "startIndex": "1", "count": "100"})
    assert query.filter is not None
    assert equalities(query.filter) == [("userName", "6f1c3a52-non-existing")]
    assert not matches(query.filter, entra_creates())
    groups = read_query({"excludedAttributes": "members", "filter": 'displayName eq "Research"'})
    assert groups.filter is not None
    assert equalities(groups.filter) == [("displayName", "Research")]
    assert not groups.wants("members")


def test_entra_creates_updates_and_disables_without_its_flag() -> None:
    user = patched(
        entra_creates(),
        {"op": "Replace", "path": "displayName", "value": "Jonas Weber-Roth"},
        {"op": "Replace", "path": 'emails[type eq "work"].value', "value": "jonas.roth@northwind-lab.example"},
        {"op": "Add", "path": "name.familyName", "value": "Weber-Roth"},
        {"op": "Add", "path": f"{ENTERPRISE}:manager", "value": "mem_1"},
        {"op": "Add", "path": 'phoneNumbers[type eq "mobile"].value', "value": "+49 30 1234"},
        {"op": "Add", "path": 'addresses[type eq "work"].locality', "value": "Berlin"},
        {"op": "Add", "path": 'addresses[type eq "work"].country', "value": "DE"},
        {"op": "Replace", "path": "active", "value": "False"},
    )
    assert user == {
        "externalId": "jonas.weber",
        "userName": "Jonas.Weber@northwind-lab.example",
        "active": False,
        "displayName": "Jonas Weber-Roth",
        "emails": [{"primary": True, "type": "work", "value": "jonas.roth@northwind-lab.example"}],
        "name": {"formatted": "Jonas Weber", "familyName": "Weber-Roth", "givenName": "Jonas"},
        ENTERPRISE: {"department": "Research", "manager": {"value": "mem_1"}},
        "phoneNumbers": [{"type": "mobile", "value": "+49 30 1234"}],
        "addresses": [{"type": "work", "locality": "Berlin", "country": "DE"}],
    }
    assert facts(user).email == "jonas.roth@northwind-lab.example"


def test_entra_says_the_same_with_its_flag() -> None:
    user = patched(
        entra_creates(),
        {"op": "replace", "value": {
            "displayName": "Jonas Weber-Roth",
            "name.familyName": "Weber-Roth",
            'emails[type eq "work"].value': "jonas.roth@northwind-lab.example",
            f"{ENTERPRISE}:department": "Sales",
            "active": False,
        }},
        {"op": "add", "path": f"{ENTERPRISE}:manager", "value": [{"$ref": "../Users/mem_1", "value": "mem_1"}]},
        {"op": "remove", "path": "name.formatted"},
    )  # fmt: skip
    assert user["name"] == {"familyName": "Weber-Roth", "givenName": "Jonas"}
    assert user[ENTERPRISE] == {"department": "Sales", "manager": {"$ref": "../Users/mem_1", "value": "mem_1"}}
    assert (user["active"], facts(user).email) == (False, "jonas.roth@northwind-lab.example")


def test_entra_fills_and_empties_a_group() -> None:
    made = read_group({
        "schemas": [GROUP, "http://schemas.northwind-lab.example/2006/11/ResourceManagement/ADSCIM/2.0/Group"],
        "externalId": "7d0e5f3c-0000-4000-8000-00000000beef",
        "displayName": "Research",
        "meta": {"resourceType": "Group"},
    })  # fmt: skip
    assert (made.display_name, made.members) == ("Research", ())
    add = {"op": "Add", "path": "members", "value": [{"$ref": None, "value": "mem_7"}]}
    remove = {"op": "Remove", "path": "members", "value": [{"$ref": None, "value": "mem_7"}]}
    assert read_group_patch({"schemas": [PATCH_OP], "Operations": [add, remove]}) == [
        AddMembers((Member("mem_7"),)), RemoveMembers(("mem_7",)),
    ]  # fmt: skip


def test_okta_creates_deactivates_and_replaces() -> None:
    user = okta_creates()
    assert "password" not in user
    assert facts(user).external_id == "00uMia0000000000001"
    assert patched(user, {"op": "replace", "value": {"active": False}}) == {**user, "active": False}
    whole = {**user, "id": "mem_7", "schemas": [USER], "groups": [], "meta": {"resourceType": "User"}, "title": ""}
    assert read_user(whole) == {**user, "title": ""}


def test_okta_pushes_a_group() -> None:
    rename = {"op": "replace", "value": {"id": "grp_1", "displayName": "Everyone else"}}
    members = {"op": "replace", "path": "members", "value": [{"value": "mem_7", "display": "mia@acme.example"}]}
    leave = {"op": "remove", "path": 'members[value eq "mem_7"]'}
    assert read_group_patch({"Operations": [rename, members, leave]}, "grp_1") == [
        SetAttributes(display_name="Everyone else"), ReplaceMembers((Member("mem_7"),)), RemoveMembers(("mem_7",)),
    ]  # fmt: skip


def test_others_speak_as_the_rfc_does() -> None:
    user = patched(
        read_user({"schemas": [USER], "userName": "noor", "emails": [{"value": "noor@x.example"}], "active": "true"}),
        {"op": "replace", "path": f"{USER}:name", "value": {"givenName": "Noor"}},
        {"op": "add", "value": {"emails": [{"value": "noor@y.example", "primary": True}], "nickName": "N"}},
        {"op": "remove", "path": 'emails[value eq "noor@x.example"]'},
    )
    assert user == {
        "userName": "noor",
        "active": True,
        "name": {"givenName": "Noor"},
        "nickName": "N",
        "emails": [{"value": "noor@y.example", "primary": True}],
    }
    group = {
        "displayName": "Ops",
        "members": [{"value": "mem_7", "display": "noor", "$ref": "https://x.example/Users/7"}],
    }
    assert read_group(group).members == (Member("mem_7"),)
