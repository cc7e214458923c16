"""What the table answers is the same with items left as they came as it is through botocore's own parser."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.parsers import create_parser
from botocore.session import get_session

from rollcall.storage import items, wire
from rollcall.storage.table import Item, connection

ITEM = {
    "PK": {"S": "P"},
    "n": {"N": "7"},
    "s": {"SS": ["a", "b"]},
    "m": {"M": {"k": {"S": "v"}}},
    "l": {"L": [{"N": "1"}]},
}
ANSWER = {
    "Count": 1,
    "Items": [ITEM],
    "LastEvaluatedKey": {"PK": {"S": "P"}, "SK": {"S": "K"}},
    "ConsumedCapacity": {"TableName": "t", "CapacityUnits": 0.5},
}


def parsed(parser: Any, operation: str, answer: object) -> dict[str, Any]:
    shape = get_session().get_service_model("dynamodb").operation_model(operation).output_shape
    told: dict[str, Any] = parser.parse({"body": json.dumps(answer).encode(), "headers": {}, "status_code": 200}, shape)
    return told


def test_every_kind_of_value_comes_out_as_botocore_has_it() -> None:
    assert parsed(wire._Factory().create_parser("json"), "Query", ANSWER) == parsed(
        create_parser("json"), "Query", ANSWER
    )
    batch = {
        "Responses": {"t": [ITEM]},
        "UnprocessedKeys": {"t": {"Keys": [{"PK": {"S": "P"}}], "ConsistentRead": True}},
    }
    ours, theirs = (
        parsed(one, "BatchGetItem", batch) for one in (wire._Factory().create_parser("json"), create_parser("json"))
    )
    assert ours == theirs


def test_no_item_has_a_binary_value_which_would_need_the_parser() -> None:
    kinds = {
        type(attribute).__name__
        for kind in vars(items).values()
        if isinstance(kind, type) and issubclass(kind, Item)
        for attribute in kind.get_attributes().values()
    }
    assert not [kind for kind in kinds if "Binary" in kind]


@pytest.mark.usefixtures("table")
def test_the_service_reads_its_answers_so() -> None:
    assert isinstance(connection().client._endpoint._response_parser_factory, wire._Factory)
