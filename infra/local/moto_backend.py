"""moto inside this process, made safe for threads and quick at transactions. Needs the dev environment only."""

from __future__ import annotations

import copy
import threading
from collections import defaultdict
from typing import TYPE_CHECKING, Final

from moto import mock_aws
from moto.core.models import DEFAULT_ACCOUNT_ID, botocore_stubber
from moto.core.serialize import BaseJSONSerializer
from moto.dynamodb.models import DynamoDBBackend, dynamodb_backends
from moto.dynamodb.models.dynamo_type import DynamoType
from moto.dynamodb.models.table import Table
from moto.ses.models import RawMessage, ses_backends

from infra.local import clock
from infra.local.aws import TABLE_NAME, Letter
from infra.local.cloudformation import REGION

if TYPE_CHECKING:
    from collections.abc import Sequence

    from botocore.awsrequest import AWSPreparedRequest
    from botocore.model import Shape
    from moto.core.common_types import TYPE_RESPONSE

    from infra.local.edges import Json

LOCK: Final = threading.RLock()
"""Held around each request that moto answers: unlocked, threads lose updates and tear transactions."""

_answer = botocore_stubber.process_request
_transact = DynamoDBBackend.transact_write_items
_write_structure = BaseJSONSerializer._serialize_type_structure  # noqa: SLF001 - nothing public is slow or quick here
_PLAIN: Final = frozenset({"S", "N", "SS", "NS", "BOOL"})
_touched: set[tuple[DynamoType, DynamoType | None]] = set()


def _answer_alone(request: AWSPreparedRequest) -> TYPE_RESPONSE | None:
    with LOCK:
        return _answer(request)


def _write_as_it_is(writer: BaseJSONSerializer, into: dict[str, Json], value: Json, shape: Shape, key: str) -> None:
    """Write a plain attribute, which is in wire form, without a search for each of the ten types it might have."""
    if shape.name == "AttributeValue" and isinstance(value, dict) and value.keys() <= _PLAIN:
        into[key] = value
    else:
        _write_structure(writer, into, value, shape, key)


def _transact_remembering(backend: DynamoDBBackend, transact_items: list[dict[str, Json]]) -> None:
    """Note which rows a transaction names, so that its backup copies those and not the table, once per item."""
    _touched.clear()
    for operation in (next(iter(item.values())) for item in transact_items):
        table = backend.tables.get(operation.get("TableName", ""))
        row = operation.get("Key") or operation.get("Item")
        if table and row and table.hash_key_attr in row:
            sort_key = row.get(table.range_key_attr) if table.range_key_attr else None
            _touched.add((DynamoType(row[table.hash_key_attr]), DynamoType(sort_key) if sort_key else None))
    try:
        _transact(backend, transact_items)
    finally:
        _touched.clear()


def _backup(table: Table, _memo: dict[int, object]) -> Table:
    """Copy a table as far as the transaction under way can change it: its rows, their partitions, the stream."""
    twin = copy.copy(table)
    twin.items = defaultdict(dict, table.items)
    touched = _touched or {(partition, row) for partition, rows in table.items.items() for row in rows}
    for partition, _ in touched:
        if partition in table.items:
            twin.items[partition] = dict(table.items[partition])
    for partition, row in touched:
        if row in (rows := twin.items.get(partition, {})):
            rows[row] = copy.deepcopy(rows[row])
    if table.stream_shard:
        twin.stream_shard = copy.copy(table.stream_shard)
        twin.stream_shard.items = list(table.stream_shard.items)
        twin.stream_shard.table = twin
    return twin


class _Inbox(list[object]):
    """SES's list of sent messages, with the moment each was taken."""

    def __init__(self) -> None:
        super().__init__()
        self.moments: list[float] = []

    def append(self, message: object) -> None:
        self.moments.append(clock.now())
        super().append(message)

    def clear(self) -> None:
        self.moments.clear()
        super().clear()


class MotoBackend:
    """The default backend: no process, no port; everything is gone when it stops."""

    def __init__(self) -> None:
        """Start moto for the whole process."""
        botocore_stubber.process_request = _answer_alone  # type: ignore[method-assign]
        DynamoDBBackend.transact_write_items = _transact_remembering  # type: ignore[assignment,method-assign]
        setattr(BaseJSONSerializer, _write_structure.__name__, _write_as_it_is)
        Table.__deepcopy__ = _backup  # type: ignore[attr-defined]
        self._mock = mock_aws()
        self._mock.start()
        self._inbox = _Inbox()
        ses_backends[DEFAULT_ACCOUNT_ID][REGION].sent_messages = self._inbox

    def letters(self) -> Sequence[Letter]:
        """Return every raw message that SES took, oldest first."""
        with LOCK:
            taken = list(zip(self._inbox, self._inbox.moments, strict=True))
        return [
            Letter(message.id, message.raw_data.encode(), moment)
            for message, moment in taken
            if isinstance(message, RawMessage)
        ]

    def trim(self, sequence_number: str) -> None:
        """Forget delivered stream records, which every later transaction would copy."""
        with LOCK:
            shard = dynamodb_backends[DEFAULT_ACCOUNT_ID][REGION].tables[TABLE_NAME].stream_shard
            if shard:
                done = int(sequence_number) + 1 - shard.starting_sequence_number
                del shard.items[:done]
                shard.starting_sequence_number += done

    def stop(self) -> None:
        """End the mock and drop its data."""
        with LOCK:
            self._mock.stop()
