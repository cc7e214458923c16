"""Lists: pages, sorting, and what of a resource is returned (RFC 7644, sections 3.4.2, 3.4.3 and 3.9; RFC 9865)."""

from __future__ import annotations

from typing import Any

import pytest

from rollcall.scim.errors import ScimError
from rollcall.scim.filters import equalities
from rollcall.scim.lists import ListQuery, list_response, read_query, read_search, sort_key
from rollcall.scim.schemas import ENTERPRISE, GROUP, USER

ADA: dict[str, Any] = {
    "schemas": [USER, ENTERPRISE],
    "id": "mem_1",
    "userName": "ada",
    "name": {"givenName": "Ada", "familyName": "L"},
    "emails": [{"value": "a@x", "type": "work"}, {"value": "b@x", "primary": True}, {"type": "odd"}],
    "active": True,
    "groups": [],
    ENTERPRISE: {"department": "D", "manager": {"value": "m", "$ref": "r"}},
    "meta": {"resourceType": "User", "location": "l"},
}


def refusal(**parameters: str) -> str | None:
    with pytest.raises(ScimError) as error:
        read_query(parameters)
    assert error.value.status == 400
    return error.value.scim_type


# ---------------------------------------------------------------- pages


def test_without_parameters_a_list_begins_at_its_first_hundred() -> None:
    assert read_query({}) == ListQuery()
    assert (ListQuery().start_index, ListQuery().count, ListQuery().cursor) == (1, 100, None)


@pytest.mark.parametrize(("start", "read"), [
    ("1", 1), ("0", 1), ("-1", 1), ("-999999999", 1), ("1000000000", 10**9), (" 7 ", 7), ("+7", 7), ("007", 7),
    ("-0", 1), ("9" * 15, 10**15 - 1), ("9" * 16, 10**15), ("9" * 9999, 10**15), ("-" + "9" * 9999, 1),
])  # fmt: skip
def test_case_160_and_behaviour_24_a_start_below_one_is_one(start: str, read: int) -> None:
    assert read_query({"startIndex": start}).start_index == read


@pytest.mark.parametrize(
    ("count", "read"), [("0", 0), ("-1", 0), ("1", 1), ("200", 200), ("201", 200), ("1000000", 200)]
)
def test_case_160_and_behaviour_24_a_count_is_between_none_and_two_hundred(count: str, read: int) -> None:
    assert read_query({"count": count}).count == read


@pytest.mark.parametrize("text", ["a", "", " ", "1.5", "1e3", "0x1", "\u0661", "--1", "1 2", "9" * 9999 + "a", "None"])
def test_case_160_and_behaviour_24_garbage_is_refused(text: str) -> None:
    assert refusal(startIndex=text) == "invalidValue"
    assert refusal(count=text) == "invalidValue"


def test_behaviour_22_filter_start_and_count_come_together_in_any_case() -> None:
    query = read_query({"FILTER": 'userName eq "a"', "startindex": "1", "Count": "100", "unknown": "x"})
    assert query.filter is not None
    assert equalities(query.filter) == [("userName", "a")]
    assert (query.start_index, query.count) == (1, 100)


def test_an_empty_cursor_asks_for_the_first_page_by_cursors() -> None:
    assert [read_query(given).cursor for given in ({}, {"cursor": ""}, {"cursor": "abc"})] == [None, "", "abc"]


@pytest.mark.parametrize(("parameters", "kind"), [
    ({"filter": ""}, "invalidFilter"),
    ({"filter": "nothing pr"}, "invalidFilter"),
    ({"sortBy": "nothing"}, "invalidPath"),
    ({"sortBy": "name"}, "invalidPath"),
    ({"sortBy": ENTERPRISE}, "invalidPath"),
    ({"sortOrder": "up"}, "invalidValue"),
])  # fmt: skip
def test_what_is_not_understood_is_refused(parameters: dict[str, str], kind: str) -> None:
    assert refusal(**parameters) == kind


def test_a_search_says_the_same_in_its_body() -> None:
    body = {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],
        "filter": "title pr", "startIndex": 3, "count": -1, "attributes": ["userName", "emails.value"],
        "excludedAttributes": None, "sortBy": "userName", "SortOrder": "Descending",
    }  # fmt: skip
    parameters = {
        "filter": "title pr", "startIndex": "3", "count": "-1", "attributes": "userName, emails.value",
        "sortBy": "userName", "sortOrder": "descending",
    }  # fmt: skip
    assert read_search(body) == read_query(parameters)
    assert read_search({}) == ListQuery()
    assert read_search({"count": 10**5000, "startIndex": -(10**5000)}) == ListQuery(count=200)


@pytest.mark.parametrize("body", [
    [], None, "x", {"filter": 5}, {"count": "many"}, {"count": True}, {"count": [1]}, {"startIndex": 1.5},
    {"count": {}}, {"count": 1e300},
    {"attributes": "userName"}, {"attributes": [5]}, {"sortBy": ["x"]}, {"sortOrder": 1}, {"cursor": 1},
])  # fmt: skip
def test_a_search_of_another_shape_is_refused(body: object) -> None:
    with pytest.raises(ScimError) as error:
        read_search(body)
    assert error.value.status == 400


# ---------------------------------------------------------------- attributes


def returned(**parameters: str) -> dict[str, Any]:
    return read_query(parameters).project(ADA)


def test_behaviour_21_attributes_are_returned_with_id_and_schemas_only() -> None:
    always = {"schemas": ADA["schemas"], "id": "mem_1"}
    assert returned(attributes="userName") == {**always, "userName": "ada"}
    assert returned(attributes=f"USERNAME,{USER}:name.givenName") == {
        **always,
        "userName": "ada",
        "name": {"givenName": "Ada"},
    }
    assert returned(attributes="emails.value") == {**always, "emails": [{"value": "a@x"}, {"value": "b@x"}]}
    assert returned(attributes="emails.value,emails") == {**always, "emails": ADA["emails"]}
    assert returned(attributes="emails,emails.value") == {**always, "emails": ADA["emails"]}
    assert returned(attributes=ENTERPRISE) == {**always, ENTERPRISE: ADA[ENTERPRISE]}
    assert returned(attributes=f"{ENTERPRISE}:manager.value") == {**always, ENTERPRISE: {"manager": {"value": "m"}}}
    assert returned(attributes="department,nothing") == {**always, ENTERPRISE: {"department": "D"}}
    assert returned(attributes="nothing") == always
    assert returned(attributes="") == ADA
    assert returned(attributes="active,meta.location") == {**always, "active": True, "meta": {"location": "l"}}


def test_behaviour_21_excluded_attributes_are_left_out_but_never_id_and_schemas() -> None:
    def without(*names: str) -> dict[str, Any]:
        return {name: value for name, value in ADA.items() if name not in names}

    assert returned(excludedAttributes="id,schemas,groups,Emails") == without("groups", "emails")
    assert returned(excludedAttributes="emails.value")["emails"] == [
        {"type": "work"},
        {"primary": True},
        {"type": "odd"},
    ]
    assert returned(excludedAttributes="name.givenName,name.familyName") == without("name")
    assert returned(excludedAttributes=ENTERPRISE) == without(ENTERPRISE)
    assert returned(excludedAttributes=f"{ENTERPRISE}:manager")[ENTERPRISE] == {"department": "D"}
    assert returned(excludedAttributes="meta") == without("meta")
    assert returned(attributes="name", excludedAttributes="name.givenName")["name"] == {"familyName": "L"}


def test_a_query_tells_whether_members_have_to_be_read_at_all() -> None:
    assert ListQuery().wants("members")
    assert read_query({"attributes": "displayName,members.value"}).wants("members")
    assert read_query({"excludedAttributes": "members.display"}).wants("members")
    assert not read_query({"excludedAttributes": f"{GROUP}:Members"}).wants("members")
    assert not read_query({"attributes": "displayName"}).wants("members")


# ---------------------------------------------------------------- sorting and the list itself


def in_order(sort_by: str, *users: dict[str, Any], order: str = "ascending") -> list[int]:
    query = read_query({"sortBy": sort_by, "sortOrder": order})
    name = query.sort_by
    assert name is not None
    numbers = range(len(users))
    return sorted(numbers, key=lambda number: sort_key(name, users[number]), reverse=query.descending)


def test_sorting_ignores_case_where_the_attribute_does_and_puts_those_without_last() -> None:
    assert in_order("userName", {"userName": "b"}, {"userName": "A"}, {}, {"userName": "C"}) == [1, 0, 3, 2]
    assert in_order("userName", {"userName": "b"}, {"userName": "A"}, {}, order="descending") == [2, 0, 1]
    assert in_order("externalId", {"externalId": "b"}, {"externalId": "B"}) == [1, 0]


def test_sorting_takes_the_primary_value_times_and_extensions() -> None:
    users: list[dict[str, Any]] = [
        {"emails": [{"value": "a"}, {"value": "z", "primary": True}], ENTERPRISE: {"department": "y"}, "active": True},
        {"emails": [{"value": "b"}, {"value": "a"}], ENTERPRISE: {"department": "X"}, "active": False},
    ]
    for sort_by in ("emails", "emails.value", "department", f"{ENTERPRISE}:department", "active"):
        assert in_order(sort_by, *users) == [1, 0]
    times = [{"meta": {"created": "2026-01-01T12:00:00+02:00"}}, {"meta": {"created": "2026-01-01T11:00:00Z"}}]
    assert in_order("meta.created", *times) == [0, 1]


def test_behaviour_23_a_list_tells_its_numbers_as_integers() -> None:
    assert list_response([ADA], 7, start_index=3) == {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
        "totalResults": 7,
        "startIndex": 3,
        "itemsPerPage": 1,
        "Resources": [ADA],
    }
    assert list_response([], 0, start_index=1)["Resources"] == []
    by_cursor = list_response([ADA], 7, next_cursor="abc")
    assert by_cursor["nextCursor"] == "abc"
    assert "startIndex" not in by_cursor
    assert "nextCursor" not in list_response([ADA], 7)
