"""The slow spots of moto, made quick: the same answers with less work. Called while moto_backend's lock is held.

A row is never changed in place: who updates one gets a copy in its place, so a table is kept by keeping its rows.
"""

from __future__ import annotations

import copy
from collections import defaultdict
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Final, cast

from moto.core import responses
from moto.core.serialize import BaseJSONSerializer
from moto.core.utils import method_names_from_class
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import DynamoType, Item, LimitedSizeDict
from moto.dynamodb.models.table import Table
from moto.dynamodb.parsing.ast_nodes import (  # type: ignore[attr-defined] # untyped
    DepthFirstTraverser,
    Node,
    UpdateExpression,
)
from moto.dynamodb.parsing.expressions import UpdateExpressionParser  # type: ignore[attr-defined] # untyped
from moto.dynamodb.parsing.validators import ActionCountValidator

if TYPE_CHECKING:
    from collections.abc import Mapping

    from botocore.model import Shape

    from infra.local.edges import Json

    Rows = dict[DynamoType, dict[DynamoType, Item]]

_IN_WIRE_FORM: Final = frozenset({"S", "N", "SS", "NS", "BOOL", "NULL"})
_NEVER_CHANGED: Final = frozenset({"S", "N", "B", "BOOL", "NULL"})
_INDEX: Final = 6
"""Where the index's name stands among Table.query's arguments, after the partition."""

_transact = DynamoDBBackend.transact_write_items
_update = DynamoDBBackend.update_item
_query, _all_items = Table.query, Table.all_items
_cast = vars(DynamoType)["cast_value"].fget
_regular = DynamoType.to_regular_json
_count = ActionCountValidator.verify_action_counts
_parsed = lru_cache(maxsize=1024)(UpdateExpressionParser.make)  # whoever gets the tree copies it
_write_structure = BaseJSONSerializer._serialize_type_structure  # noqa: SLF001 - nothing public is slow or quick here
_write_map = BaseJSONSerializer._serialize_type_map  # noqa: SLF001 - the same
_touched: set[DynamoType] = set()


def install() -> None:
    """Put the quick ways in place, for the whole process; once more does no harm."""
    quick: dict[object, dict[str, object]] = {
        DynamoDBBackend: {"transact_write_items": _transact_remembering, "update_item": _update_a_copy},
        Table: {"__deepcopy__": _backup, "query": _query_narrowly, "all_items": _sorted},
        Item: {"__deepcopy__": _twin},
        DynamoType: {"cast_value": property(_cast_quickly), "to_regular_json": _regular_quickly},
        UpdateExpressionParser: {"make": staticmethod(_parsed)},
        Node: {"__deepcopy__": _replanted},
        DepthFirstTraverser: {"traverse": _traverse},
        ActionCountValidator: {"verify_action_counts": _count_at_the_root},
        BaseJSONSerializer: {_write_structure.__name__: _write_as_it_is, _write_map.__name__: _write_item_as_it_is},
        responses: {"method_names_from_class": cache(method_names_from_class)},
    }
    for owner, ways in quick.items():
        for name, way in ways.items():
            setattr(owner, name, way)


# ---------------------------------------------------------------- answers


def _write_as_it_is(writer: BaseJSONSerializer, into: dict[str, Json], value: Json, shape: Shape, key: str) -> None:
    """Write an attribute that is in wire form, without a search for each of the ten types it might have."""
    if shape.name == "AttributeValue" and _in_wire_form(value):
        into[key] = value
    else:
        _write_structure(writer, into, value, shape, key)


def _write_item_as_it_is(
    writer: BaseJSONSerializer, into: dict[str, Json], value: Json, shape: Shape, key: str
) -> None:
    """Write all attributes of an item at once, where all are in wire form."""
    if shape.name == "AttributeMap" and isinstance(value, dict) and all(map(_in_wire_form, value.values())):
        into[key] = value
    else:
        _write_map(writer, into, value, shape, key)


def _in_wire_form(value: Json) -> bool:
    """Tell whether an attribute may go out as it is: anything but binary ones."""
    if not isinstance(value, dict) or len(value) != 1:
        return False
    ((kind, content),) = value.items()
    if kind == "M":
        return all(map(_in_wire_form, content.values()))
    if kind == "L":
        return all(map(_in_wire_form, content))
    return kind in _IN_WIRE_FORM


# ---------------------------------------------------------------- rows


def _transact_remembering(backend: DynamoDBBackend, transact_items: list[dict[str, Json]]) -> None:
    """Note which partitions a transaction names, so that its backup copies those and not the table, once per item."""
    _touched.clear()
    for operation in (next(iter(item.values())) for item in transact_items):
        table = backend.tables.get(operation.get("TableName", ""))
        row = operation.get("Key") or operation.get("Item")
        if table and row and table.hash_key_attr in row:
            _touched.add(DynamoType(row[table.hash_key_attr]))
    try:
        _transact(backend, transact_items)
    finally:
        _touched.clear()


def _backup(table: Table, _memo: dict[int, object]) -> Table:
    """Copy a table as far as the transaction under way can change it: its partitions, the stream."""
    twin = copy.copy(table)
    twin.items = defaultdict(dict, table.items)
    for partition in _touched or set(table.items):
        if partition in table.items:
            twin.items[partition] = dict(table.items[partition])
    if table.stream_shard:
        twin.stream_shard = copy.copy(table.stream_shard)
        twin.stream_shard.items = list(table.stream_shard.items)
        twin.stream_shard.table = twin
    return twin


def _update_a_copy(backend: DynamoDBBackend, table_name: str, key: Json, *args: Json, **named: Json) -> Item:
    table = backend.tables.get(table_name)
    if table and table.range_key_attr and key.keys() == {table.hash_key_attr, table.range_key_attr}:
        rows, row = table.items.get(DynamoType(key[table.hash_key_attr]), {}), DynamoType(key[table.range_key_attr])
        if row in rows:
            rows[row] = _twin(rows[row], {})
    return _update(backend, table_name, key, *args, **named)


def _twin(item: Item, memo: dict[int, object]) -> Item:
    """Copy a row: its maps, lists and sets; what can only be replaced is shared."""
    twin = cast("Item", Item.__new__(Item))
    twin.hash_key, twin.range_key, twin.attrs = item.hash_key, item.range_key, LimitedSizeDict()
    for name, value in item.attrs.items():
        copied = value if value.type in _NEVER_CHANGED else copy.deepcopy(value, memo)
        dict.__setitem__(twin.attrs, name, copied)  # past the check of the size, which it had when it was written
    return twin


# ---------------------------------------------------------------- queries


def _query_narrowly(
    table: Table, partition: DynamoType | None, *args: Json, **named: Json
) -> tuple[list[Item], int, dict[str, Json] | None]:
    """Query what can match: moto sorts the whole table before it looks for a partition."""
    if not table.range_key_attr:
        return _query(table, partition, *args, **named)
    narrowed = copy.copy(table)
    alone = {partition: table.items.get(partition, {})}
    narrowed.items = defaultdict(dict, _having(table.items, named) if args[_INDEX] else alone)
    return _query(narrowed, partition, *args, **named)


def _having(items: Rows, named: Mapping[str, Json]) -> Rows:
    """Return the rows with the attributes of an index's partition."""
    wanted: dict[str, DynamoType] = dict(named["hash_key_conditions"])
    narrowed: Rows = {}
    for partition, rows in items.items():
        for key, row in rows.items():
            if all(name in row.attrs and row.attrs[name] == value for name, value in wanted.items()):
                narrowed.setdefault(partition, {})[key] = row
    return narrowed


def _sorted(table: Table) -> list[Item]:
    """Return every row by its key; the bare values sort as their DynamoTypes do, which all are of one type."""
    if not table.range_key_attr:
        return _all_items(table)
    rows = (row for partition in table.items.values() for row in partition.values())
    return sorted(rows, key=lambda row: (row.hash_key.cast_value, row.range_key.cast_value))


def _cast_quickly(value: DynamoType) -> Json:
    return value.value if value.type == "S" else _cast(value)


def _regular_quickly(value: DynamoType) -> Json:
    """Return the wire form, copied once and not once more at each level."""
    if value.type == "M":
        return {"M": {name: each.to_regular_json() for name, each in value.value.items()}}
    if value.type == "L":
        return {"L": [each.to_regular_json() for each in value.value]}
    return {"S": value.value} if value.type == "S" else _regular(value)


# ---------------------------------------------------------------- expressions


def _replanted(node: Node, memo: dict[int, object]) -> Node:
    """Copy an expression's tree without a look at what every node could hold."""
    twin = object.__new__(type(node))
    twin.__dict__.update(node.__dict__)
    if node.children is not None:
        twin.children = [copy.deepcopy(child, memo) if _is_node(child) else child for child in node.children]
        for child in twin.children:
            if _is_node(child):
                child.parent = twin
    return twin


def _is_node(child: object) -> bool:
    """Tell nodes from texts, numbers and values, without asking their abstract class, which takes long."""
    return hasattr(child, "parent")


def _traverse(traverser: DepthFirstTraverser, root: Node) -> Node:
    """Walk an expression as DepthFirstTraverser does, asking once for what it looks for."""
    wanted = traverser.nodes_to_be_processed()

    def walk(node: Node, position: int = -1) -> Node:
        if not _is_node(node):
            return node
        parent = node.parent
        for number, child in enumerate(node.children or ()):
            traverser.pre_processing_of_child(node, number)
            walk(child, number)
        if isinstance(node, wanted):
            node = traverser.process(node)
            node.parent = parent
            if parent:
                parent.children[position] = node
        return node

    return walk(root)


def _count_at_the_root(validator: ActionCountValidator, node: UpdateExpression) -> UpdateExpression:
    """Count the clauses once: those of every part are the whole's too."""
    return node if node.parent else _count(validator, node)
