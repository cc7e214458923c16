"""The judge of answers itself: what it must not let through."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.conformance import deviations, flaws
from tests.kit import Answer

OBJECT = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}
ROWS: list[tuple[dict[str, Any], object, object]] = [
    ({"type": "string"}, "a", 1),
    ({"type": "integer"}, 1, True),
    ({"type": "integer"}, 1, 1.5),
    ({"type": "boolean"}, True, 1),
    ({"type": ["string", "null"]}, None, 0),
    ({"enum": ["a", 1]}, 1, True),
    ({"const": True}, True, 1),
    ({"minLength": 2}, "ab", "a"),
    ({"maxLength": 1}, "é", "e\u0301"),
    ({"pattern": "^a$"}, "a", "a\n"),
    ({"minimum": 1}, 1, 0),
    ({"maximum": 1}, 1, 2),
    ({"type": "array", "maxItems": 1}, [1], [1, 2]),
    ({"type": "array", "uniqueItems": True}, [1, True], [1, 1]),
    ({"type": "array", "items": {"type": "string"}}, ["a"], ["a", 1]),
    ({"oneOf": [{"type": "string"}, {"enum": ["a", 1]}]}, 1, "a"),
    (OBJECT, {"a": 1, "b": 2}, {"b": 2}),
    ({**OBJECT, "additionalProperties": False}, {"a": 1}, {"a": 1, "b": 2}),
    ({"$ref": "#/components/schemas/Role"}, "owner", "king"),
    ({"$ref": "#/components/schemas/Role", "enum": ["admin"]}, "admin", "owner"),
]


@pytest.mark.parametrize(("schema", "fits", "breaks"), ROWS, ids=lambda value: json.dumps(value)[:40])
def test_a_value_fits_a_schema_or_does_not(schema: dict[str, Any], fits: object, breaks: object) -> None:
    assert flaws(schema, fits) == []
    assert flaws(schema, breaks) != []


def test_an_answer_holds_no_member_that_is_not_described() -> None:
    assert flaws(OBJECT, {"a": 1, "b": 2}, closed=True) == ["/b is not known"]


def test_a_keyword_that_nobody_judges_is_no_silent_pass() -> None:
    with pytest.raises(NotImplementedError, match="dependentRequired"):
        flaws({"dependentRequired": {}}, {})


HEADERS = {"content-type": "application/json", "x-request-id": "1"}
OK = {"status": "ok"}


@pytest.mark.parametrize(
    ("status", "headers", "told", "expected"),
    [
        (200, HEADERS, OK, []),
        (201, HEADERS, OK, ["GET /healthz: status 201 (None) is not described"]),
        (200, {**HEADERS, "content-type": "text/html"}, OK, ["GET /healthz 200: the media type is text/html"]),
        (200, {"content-type": "application/json"}, OK, ["GET /healthz 200: the header X-Request-Id is missing"]),
        (200, HEADERS, {**OK, "more": 1}, ["GET /healthz 200: /more is not known"]),
        (200, HEADERS, {"status": "no"}, ["GET /healthz 200: /status breaks const"]),
    ],
)
def test_an_answer_is_held_against_its_operation(
    status: int, headers: dict[str, str], told: object, expected: list[str]
) -> None:
    answer = Answer(status, headers, json.dumps(told).encode(), told)
    assert deviations("GET", "/healthz?x=1", answer) == expected


def test_where_no_route_is_only_404_and_405_are_expected() -> None:
    assert deviations("GET", "/nowhere", Answer(200, HEADERS, b"{}", {})) != []
    assert deviations("GET", "/nowhere", Answer(404, HEADERS, b"", {"code": "route_not_found"})) == []
