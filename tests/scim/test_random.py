"""Whatever is sent, the library answers or refuses, quickly, and what it stores it can read again."""

from __future__ import annotations

import json
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollcall.scim.errors import ScimError
from rollcall.scim.filters import attributes_of, equalities, matches, parse
from rollcall.scim.groups import read_group, read_group_patch
from rollcall.scim.lists import read_query, read_search
from rollcall.scim.patch import patch_user
from rollcall.scim.schemas import ALL_NAMES, ENTERPRISE, USER, USER_NAMES
from rollcall.scim.users import facts, read_user

if TYPE_CHECKING:
    from collections.abc import Iterator

TEXT = st.text(max_size=12) | st.sampled_from(["\ud800", "\0", "a\udfffb"])
NAMES = st.sampled_from(
    sorted({name.text for name in ALL_NAMES.values()} | {ENTERPRISE, USER, "nothing", "Emails[", ""})
)
SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXT | st.sampled_from(["True", "fALSE"])
)
SUBS = st.sampled_from(
    ["value", "Value", "type", "primary", "display", "$ref", "givenName", "manager", "department", "x"]
)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(SUBS | NAMES, inner, max_size=4),
    max_leaves=8,
)
WORDS = st.sampled_from([
    "(", ")", "[", "]", "not", "and", "or", "eq", "ne", "co", "gt", "pr", "true", "null", "5", '"x"', '"', "\\", " ",
    "  ",
    'emails[type eq "work"]', ".value", "userName", "active", "meta.created", '"2026-01-01T00:00:00Z"', "\n", "\ud800",
    "-",
])  # fmt: skip
FILTERS = st.lists(WORDS | NAMES | TEXT, max_size=12).map(" ".join) | st.text(max_size=40)
PATHS = (
    NAMES | FILTERS | st.builds("{}[{}]{}".format, NAMES, FILTERS, st.sampled_from(["", ".value", ".Type", ".x", "x"]))
)
OPERATIONS = st.fixed_dictionaries(
    {"op": st.sampled_from(["add", "Replace", "REMOVE", "add", "x", None])},
    optional={"path": PATHS | st.none() | SCALARS, "value": JSON},
)
USERS = st.dictionaries(NAMES, JSON, max_size=6).map(lambda more: {**more, "userName": "jo"})


@contextmanager
def only_scim_errors() -> Iterator[None]:
    with suppress(ScimError):
        yield


@settings(deadline=None)
@given(FILTERS, USERS)
def test_case_158_random_filters_are_refused_or_answered(text: str, user: dict[str, Any]) -> None:
    with only_scim_errors():
        found = parse(text)
        assert matches(found, read_user(user)) in {True, False}
        assert attributes_of(found)
        assert all(value is not None for _, value in equalities(found))


@settings(deadline=None)
@given(JSON | USERS)
def test_what_is_read_is_read_again_as_it_is(body: Any) -> None:
    with only_scim_errors():
        read = read_user(body)
        assert read_user(json.loads(json.dumps(read))) == read
        assert "password" not in read
        assert facts(read).name
        json.dumps(read, ensure_ascii=False).encode()


@settings(deadline=None, max_examples=300)
@given(USERS, st.lists(OPERATIONS, max_size=6))
def test_random_patches_are_refused_or_leave_a_whole_user(user: dict[str, Any], operations: list[Any]) -> None:
    with only_scim_errors():
        read = read_user(user)
        before = json.dumps(read)
        try:
            after = patch_user(read, {"Operations": operations})
        finally:
            assert json.dumps(read) == before
        assert read_user(json.loads(json.dumps(after))) == after
        assert set(after) <= {name.text for name in USER_NAMES.values()}


@settings(deadline=None)
@given(JSON, st.lists(OPERATIONS, max_size=4))
def test_random_groups_are_refused_or_read(body: Any, operations: list[Any]) -> None:
    for read in (read_group, read_group_patch, read_search):
        with only_scim_errors():
            read(body)
    with only_scim_errors():
        read_group_patch({"Operations": operations})


@settings(deadline=None)
@given(
    st.dictionaries(st.sampled_from(["filter", "startIndex", "count", "attributes", "sortBy", "cursor"]), TEXT | NAMES)
)
def test_random_queries_are_refused_or_read(parameters: dict[str, str]) -> None:
    with only_scim_errors():
        read_query(parameters).project({"id": "x", "emails": [{"value": "a"}]})


LONG = 64 * 1024
WORST = [
    {"Operations": [{"op": "add", "path": "emails", "value": {"value": str(number)}} for number in range(100)]
     + [{"op": "replace", "path": 'emails[value ew "x" or value co "y"].display', "value": "d"}] * 700},
    {"Operations": [{"op": "add", "path": f'ims[type eq "{number}"].value', "value": "x"} for number in range(1000)]},
    {"Operations": [{"op": "add", "path": "(" * LONG, "value": "x"}]},
    {"Operations": [{"op": "add", "path": "emails[" * (LONG // 7), "value": "x"}]},
    {"Operations": [{"op": "add", "value": {"emails[" + "(" * LONG: "x"}}]},
    {"Operations": [{"op": "add", "value": {f"nothing{number}": None for number in range(4000)}}]},
    {"Operations": [{"op": "add", "path": "members", "value": [{"value": str(number)} for number in range(5000)]}]},
    {"Operations": [{}] * 20_000},
    {"emails": [{}] * 20_000},
    {"userName": "x", **{f"n{number}": number for number in range(8000)}},
]  # fmt: skip


@pytest.mark.parametrize("body", WORST, ids=range(len(WORST)))
def test_the_worst_bodies_take_no_long_time(body: dict[str, Any]) -> None:
    began = time.process_time()
    for read in (
        read_user,
        read_group,
        read_group_patch,
        read_search,
        lambda body: patch_user({"userName": "jo"}, body),
    ):
        with only_scim_errors():
            read(body)
    assert time.process_time() - began < 2
