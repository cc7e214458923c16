"""Capacity computed from the items' sizes, by DynamoDB's published rules, because emulators' own figures are not.

An emulator bills a filtered query for what it returns, and rounds large items wrongly; AWS bills what was looked at.
"""

from __future__ import annotations

import math
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import boto3

from rollcall.storage.table import connection, table_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from infra.local.edges import Json

READ_UNIT: Final = 4096
WRITE_UNIT: Final = 1024
CONTAINER_BYTES: Final = 3
_WRITES: Final = {"PutItem", "UpdateItem", "DeleteItem"}
_KEYS: Final = ("PK", "SK")


def item_size(item: Mapping[str, Mapping[str, Json]]) -> int:
    """Return the bytes that an item is billed for: names and values, as the developer guide counts them."""
    return sum(len(name.encode()) + _value_size(value) for name, value in item.items())


def _value_size(value: Mapping[str, Json]) -> int:
    kind, held = next(iter(value.items()))
    if kind == "S":
        return len(str(held).encode())
    if kind == "N":
        digits = str(held).lstrip("-").replace(".", "").strip("0")
        return (len(digits) + 1) // 2 + 1 + str(held).startswith("-")
    if kind in {"SS", "NS"}:
        return sum(_value_size({kind[0]: one}) for one in held)
    if kind == "M":
        return CONTAINER_BYTES + sum(1 + len(name.encode()) + _value_size(one) for name, one in held.items())
    if kind == "L":
        return CONTAINER_BYTES + sum(1 + _value_size(one) for one in held)
    return 1 if kind in {"BOOL", "NULL"} else len(bytes(held))


def read_units(size: int, *, consistent: bool) -> float:
    """Return the read units of one item, or of all that a query looked at."""
    return max(1, math.ceil(size / READ_UNIT)) * (1.0 if consistent else 0.5)


def write_units(before: int, after: int) -> int:
    """Return the write units of one item: of its larger self."""
    return max(1, math.ceil(max(before, after) / WRITE_UNIT))


@dataclass
class Bill:
    """What the calls made inside `billed` cost; entries of the index are part of the write units."""

    reads: float = 0.0
    writes: float = 0.0
    calls: list[tuple[str, Json, list[Json]]] = field(default_factory=list, repr=False)


@contextmanager
def billed() -> Iterator[Bill]:
    """Note every call of the service inside, and work out afterwards what it costs. Not for timing: it reads more."""
    bill, other, lock = Bill(), boto3.client("dynamodb"), threading.Lock()

    def note(params: Json, model: Json, **_: object) -> None:
        before = [_stored(other, key) for key in _written(model.name, params)]
        with lock:
            bill.calls.append((model.name, params, before))

    events = connection().client.meta.events
    events.register("provide-client-params.dynamodb", note, unique_id="bench")
    try:
        yield bill
    finally:
        events.unregister("provide-client-params.dynamodb", note, unique_id="bench")
    for name, params, before in bill.calls:
        _charge(bill, other, name, params, before)


def _charge(bill: Bill, other: Json, name: str, params: Json, before: Sequence[Json]) -> None:
    if name == "Query":
        bill.reads += read_units(_looked_at(other, params), consistent=bool(params.get("ConsistentRead")))
    elif name == "BatchGetItem":
        asked = params["RequestItems"][table_name()]
        consistent = bool(asked.get("ConsistentRead"))
        bill.reads += sum(read_units(item_size(_stored(other, key)), consistent=consistent) for key in asked["Keys"])
    else:
        factor = 2 if name == "TransactWriteItems" else 1
        for key, old in zip(_written(name, params), before, strict=True):
            new = _stored(other, key)
            bill.writes += factor * write_units(item_size(old), item_size(new)) + _index_writes(old, new)


def _looked_at(other: Json, params: Json) -> int:
    """Return the bytes that a query looked at: what the same one finds without its filter."""
    condition = params["KeyConditionExpression"]
    used = {
        part: {name: value for name, value in params.get(part, {}).items() if name in condition}
        for part in ("ExpressionAttributeNames", "ExpressionAttributeValues")
    }
    kept = {"IndexName", "KeyConditionExpression", "Limit", "ScanIndexForward", "ExclusiveStartKey", "ConsistentRead"}
    again = {name: value for name, value in params.items() if name in kept}
    answer = other.query(TableName=table_name(), **again, **{part: held for part, held in used.items() if held})
    return sum(item_size(item) for item in answer["Items"])


def _written(name: str, params: Json) -> list[Json]:
    """Return the keys that a call writes or checks."""
    if name in _WRITES:
        return [_key(params)]
    if name != "TransactWriteItems":
        return []
    return [_key(operation) for entry in params["TransactItems"] for operation in entry.values()]


def _key(operation: Json) -> Json:
    return {name: (operation.get("Key") or operation["Item"])[name] for name in _KEYS}


def _stored(other: Json, key: Json) -> Json:
    return other.get_item(TableName=table_name(), Key=key, ConsistentRead=True).get("Item", {})


def _index_writes(old: Json, new: Json) -> int:
    """Return the writes of the index: one to take an entry out, one to put one in."""
    before, after = (item.get("XS") if "XP" in item else None for item in (old, new))
    return 0 if before == after else (before is not None) + (after is not None)
