"""Users by POST and PUT: what is kept byte for byte, what is understood, what is refused (RFC 7643, section 4.1)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from rollcall.scim.errors import InvalidSyntax, InvalidValue, ScimError
from rollcall.scim.schemas import ENTERPRISE, USER, USER_NAMES
from rollcall.scim.users import facts, read_user

JO = {"userName": "jo@example.com"}


def read(**more: Any) -> dict[str, Any]:
    return read_user({**JO, **more})


def refused(**more: Any) -> ScimError:
    with pytest.raises(ScimError) as error:
        read(**more)
    return error.value


# ---------------------------------------------------------------- what is kept


def test_every_attribute_of_the_schemas_is_kept_as_it_came() -> None:
    multi = [{"value": "v", "display": "d", "type": "work", "primary": True}, {"value": "w"}]
    address = {
        "formatted": "f",
        "streetAddress": "s",
        "locality": "l",
        "region": "r",
        "postalCode": "p",
        "country": "c",
    }
    enterprise = {
        **dict.fromkeys(("employeeNumber", "costCenter", "organization", "division", "department"), "x"),
        "manager": {"value": "mem_1", "$ref": "../Users/mem_1"},
    }
    whole: dict[str, Any] = {
        "userName": "jo@example.com",
        "externalId": "e",
        "name": dict.fromkeys(
            ("formatted", "familyName", "givenName", "middleName", "honorificPrefix", "honorificSuffix"), "n"
        ),
        **dict.fromkeys(("displayName", "nickName", "profileUrl", "title", "userType", "preferredLanguage"), "t"),
        **dict.fromkeys(("locale", "timezone"), "z"),
        "active": False,
        **dict.fromkeys(
            ("emails", "phoneNumbers", "ims", "photos", "entitlements", "roles", "x509Certificates"), multi
        ),
        "addresses": [{**address, "type": "work", "primary": True}],
        ENTERPRISE: enterprise,
    }
    assert read_user(whole) == whole
    core = {name for name in whole if name != ENTERPRISE}
    kept = {*core, *(f"{ENTERPRISE}:{name}" for name in enterprise)}
    known = {name.text for name in USER_NAMES.values() if name.sub is None and name.attribute and not name.read_only}
    assert known - kept == {"password", "schemas"}


@pytest.mark.parametrize(
    "text",
    [
        "  padded ",
        "+49 (0)30 / 12-34",
        "JO@Example.COM",
        "\u674e\u660e",
        "\U0001f469\u200d\U0001f680",
        "a\0b",
        "",
        "e\u0301",
    ],
)
def test_behaviour_29_values_come_back_byte_for_byte(text: str) -> None:
    assert read(title=text, phoneNumbers=[{"value": text}])["title"] == text
    assert read(phoneNumbers=[{"value": text}])["phoneNumbers"] == [{"value": text}]
    assert read(externalId=text)["externalId"] == text


@pytest.mark.parametrize("text", ["1", "0", "-1", "mem_Other", "admin", "x" * 10_240, "\0"])
def test_case_144_an_external_id_is_opaque_text(text: str) -> None:
    assert facts(read(externalId=text)).external_id == text


def test_behaviour_30_null_means_unassigned_and_junk_in_free_text_is_kept() -> None:
    body = {"department": None, "nobody": None, "title": None, "name": None, "emails": None, ENTERPRISE: None}
    assert read(**body, profileUrl="not a url", locale="?!", timezone="Mars") == {
        **JO, "profileUrl": "not a url", "locale": "?!", "timezone": "Mars",
    }  # fmt: skip
    assert read(name={"givenName": None}, emails=[None, {}, {"value": None}], roles=[]) == JO


def test_case_145_and_behaviour_35_what_only_the_service_writes_is_ignored() -> None:
    readonly = {"id": "mem_Other", "meta": {"version": "x"}, "groups": [{"value": "g"}], "schemas": [USER, "urn:x"]}
    foreign = {"userId": "mem_Other", "team": "t", "_id": 1, "pk": {}, "a[b": 1, "urn:example:Custom": {"a": "b"}}
    with_name = {ENTERPRISE: {"manager": {"value": "m", "displayName": "Boss"}}}
    assert read(**readonly) == JO
    assert read(**{name: value for name, value in foreign.items() if name != "a[b"}) == JO
    assert read(**with_name) == {**JO, ENTERPRISE: {"manager": {"value": "m"}}}


def test_behaviour_34_a_password_and_empty_groups_are_accepted_and_dropped() -> None:
    body = read(password="Hunter2!", groups=[], locale="en-US", externalId="00u1", PassWord="x")
    assert "unter2" not in json.dumps(body)
    assert body == {**JO, "locale": "en-US", "externalId": "00u1"}


def test_behaviour_07_odd_casing_is_answered_in_the_schemas() -> None:
    odd = {"USERNAME": "jo", "Name": {"GIVENNAME": "Jo"}, "Emails": [{"Value": "a@b.c", "Primary": "True"}]}
    enterprise = {ENTERPRISE.upper(): {"Department": "D", "Manager": {"Value": "m", "$REF": "r"}}}
    assert read_user({**odd, **enterprise}) == {
        "userName": "jo",
        "name": {"givenName": "Jo"},
        "emails": [{"value": "a@b.c", "primary": True}],
        ENTERPRISE: {"department": "D", "manager": {"value": "m", "$ref": "r"}},
    }


def test_roles_and_their_like_are_text_without_meaning() -> None:
    kept = read(roles=[{"value": "owner", "primary": "True"}], entitlements=["super_admin"], userType="owner")
    assert kept["roles"] == [{"value": "owner", "primary": True}]
    assert kept["entitlements"] == [{"value": "super_admin"}]


# ---------------------------------------------------------------- booleans


@pytest.mark.parametrize(("sent", "kept"), [
    (True, True), (False, False), ("True", True), ("False", False), ("false", False), ("FALSE", False), ("tRUE", True),
])  # fmt: skip
def test_behaviour_02_booleans_may_be_entras_words(sent: object, kept: bool) -> None:
    assert read(active=sent)["active"] is kept


@pytest.mark.parametrize("sent", [0, 1, "0", "no", "", None, [], {}, [False], 0.0, " false"])
def test_case_150_anything_else_is_no_boolean(sent: object) -> None:
    assert refused(active=sent).scim_type == "invalidValue"


# ---------------------------------------------------------------- managers


@pytest.mark.parametrize("sent", ["m", {"value": "m"}, [{"value": "m"}], {"Value": "m", "displayName": "B"}])
def test_behaviour_08_a_manager_comes_as_object_text_or_array(sent: object) -> None:
    assert read(**{ENTERPRISE: {"manager": sent}})[ENTERPRISE] == {"manager": {"value": "m"}}
    assert read(manager=sent)[ENTERPRISE] == {"manager": {"value": "m"}}


@pytest.mark.parametrize("sent", ["", {"value": ""}, None, [], {}, [{"value": ""}]])
def test_behaviour_08_an_empty_manager_is_none(sent: object) -> None:
    assert read(**{ENTERPRISE: {"manager": sent, "department": "D"}})[ENTERPRISE] == {"department": "D"}


# ---------------------------------------------------------------- what is refused


@pytest.mark.parametrize("body", [None, [], "x", 1, [JO]])
def test_what_is_no_object_is_no_user(body: object) -> None:
    with pytest.raises(InvalidSyntax):
        read_user(body)


@pytest.mark.parametrize("name", [None, "", "  ", "\t\n", 5, ["x"], {"value": "x"}])
def test_a_user_has_a_user_name_that_is_not_blank(name: object) -> None:
    with pytest.raises(InvalidValue):
        read_user({"userName": name})
    with pytest.raises(InvalidValue):
        read_user({"displayName": "Jo"})


@pytest.mark.parametrize("body", [
    {"title": 5}, {"title": ["a"]}, {"name": "Jo"}, {"name": [{}, {}]}, {"emails": 5}, {"emails": [5]},
    {"emails": [{"value": {"a": 1}}]}, {"emails": [{"primary": "maybe"}]}, {ENTERPRISE: "x"}, {ENTERPRISE: []},
    {ENTERPRISE: {"department": True}}, {"addresses": ["x"]}, {"manager": 7},
])  # fmt: skip
def test_a_value_of_another_type_is_refused_with_its_name(body: dict[str, Any]) -> None:
    error = refused(**body)
    assert (error.status, error.scim_type) == (400, "invalidValue")
    assert error.detail


def test_two_primary_values_are_refused() -> None:
    assert (
        refused(emails=[{"value": "a", "primary": True}, {"value": "b", "primary": True}]).scim_type == "invalidValue"
    )


def test_behaviour_31_a_value_is_stored_whole_or_refused() -> None:
    assert read(title="x" * 16384)["title"] == "x" * 16384
    assert "16384" in refused(title="x" * 16385).detail
    assert "100" in refused(emails=[{"value": str(number)} for number in range(101)]).detail
    assert "65536" in refused(**dict.fromkeys(("title", "nickName", "locale", "timezone"), "\u00e9" * 9000)).detail


def test_half_a_character_is_refused_and_told_without_it() -> None:
    assert refused(title="\ud800").detail.encode()
    assert refused(title="\ud800").scim_type == "invalidValue"
    assert read(**{"\ud800": 1, "\ud800\ud800": None}) == JO


def test_case_167_an_error_is_told_as_the_rfc_says() -> None:
    assert refused(active="no").body() == {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"],
        "status": "400",
        "scimType": "invalidValue",
        "detail": "active is true or false.",
    }


# ---------------------------------------------------------------- facts


def test_the_primary_address_is_the_persons_or_else_the_first() -> None:
    emails = [{"value": "a@x"}, {"value": " "}, {"type": "home"}, {"value": "b@x", "primary": True}, {"value": "c@x"}]
    known = facts(read(emails=emails))
    assert (known.email, known.other_emails) == ("b@x", ("a@x", "c@x"))
    assert facts(read(emails=emails[:1])).email == "a@x"
    assert facts(JO).email is None


def test_active_is_told_apart_from_not_given() -> None:
    assert [facts(read(**more)).active for more in ({}, {"active": "True"}, {"active": False})] == [None, True, False]


@pytest.mark.parametrize(("more", "name"), [
    ({"displayName": "D", "name": {"formatted": "F"}}, "D"),
    ({"displayName": " ", "name": {"formatted": "F", "givenName": "G"}}, "F"),
    ({"name": {"givenName": "G", "familyName": "N"}}, "G N"),
    ({"name": {"familyName": "N"}}, "N"),
    ({}, "jo@example.com"),
])  # fmt: skip
def test_a_person_always_has_a_name(more: dict[str, Any], name: str) -> None:
    assert facts(read(**more)).name == name
