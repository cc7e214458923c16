"""The connection: one client for all items, short timeouts, each call counted; failures become `Unavailable`."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.connection import Connection
from pynamodb.exceptions import PynamoDBException
from pynamodb.indexes import GlobalSecondaryIndex, KeysOnlyProjection
from pynamodb.models import Model

from rollcall.domain.errors import Unavailable
from rollcall.storage import wire

CONNECT_TIMEOUT_SECONDS = 1
READ_TIMEOUT_SECONDS = 2
ATTEMPTS = 2
PARALLEL_CALLS = 16

Wire = dict[str, dict[str, Any]]
R = TypeVar("R")


class OperationModel(Protocol):
    """The part of botocore's operation model that is looked at."""

    name: str


class ExpiryIndex(GlobalSecondaryIndex["Item"]):
    """What falls due when: read by schedules only, never by a decision (I32)."""

    class Meta:
        """PynamoDB's settings of the index."""

        index_name = "expiry"
        projection = KeysOnlyProjection()

    XP = UnicodeAttribute(hash_key=True)
    XS = UnicodeAttribute(range_key=True)


class Item(Model):
    """The base of every item; its connection is made first, so that all items share it."""

    class Meta:
        """PynamoDB's settings of the table."""

        table_name = os.environ.get("TABLE_NAME", "rollcall")
        connect_timeout_seconds = CONNECT_TIMEOUT_SECONDS
        read_timeout_seconds = READ_TIMEOUT_SECONDS
        max_retry_attempts = ATTEMPTS - 1
        max_pool_connections = PARALLEL_CALLS + 4

    PK = UnicodeAttribute(hash_key=True)
    SK = UnicodeAttribute(range_key=True)
    XP = UnicodeAttribute(null=True)
    XS = UnicodeAttribute(null=True)
    ttl = NumberAttribute(null=True)
    expiry = ExpiryIndex()


@dataclass(slots=True)
class Meter:
    """What one request asked of DynamoDB: sequential round trips, calls, capacity units as the table reports them."""

    round_trips: int = 0
    calls: int = 0
    read_units: float = 0
    write_units: float = 0
    mails: int = 0
    waves: int = 0


_meter: ContextVar[Meter | None] = ContextVar("meter", default=None)


@contextmanager
def metered() -> Iterator[Meter]:
    """Count the calls made inside; each request has its own count, also when requests run in threads."""
    meter = Meter()
    token = _meter.set(meter)
    try:
        yield meter
    finally:
        _meter.reset(token)


def count_mails(letters: int) -> None:
    """Count the letters that a change will send."""
    meter = _meter.get()
    if meter is not None:
        meter.mails += letters


@contextmanager
def one_wave() -> Iterator[None]:
    """Count the parallel calls made inside as one round trip."""
    meter = _meter.get()
    if meter is None:
        yield
        return
    meter.waves += 1
    meter.round_trips += 1
    try:
        yield
    finally:
        meter.waves -= 1


def _count(parsed: Mapping[str, Any], model: OperationModel, **_: object) -> None:
    meter = _meter.get()
    if meter is None:
        return
    meter.calls += 1
    meter.round_trips += 0 if meter.waves else 1
    consumed = parsed.get("ConsumedCapacity") or []
    units = sum(float(c.get("CapacityUnits", 0)) for c in (consumed if isinstance(consumed, list) else [consumed]))
    if model.name in {"GetItem", "BatchGetItem", "Query", "TransactGetItems"}:
        meter.read_units += units
    else:
        meter.write_units += units


_clients: dict[int, Connection] = {}


def connection() -> Connection:
    """Return the one connection that every item uses, to the table that the environment names now."""
    Item.Meta.table_name = os.environ.get("TABLE_NAME", Item.Meta.table_name)
    shared = Item._get_connection().connection  # noqa: SLF001 PynamoDB has no public name for a model's connection
    if not _clients:
        wire.install(shared.session)
    if id(shared.client) not in _clients:
        shared.client.meta.events.register("after-call.dynamodb", _count, unique_id="meter")
        _clients[id(shared.client)] = shared
    return shared


def table_name() -> str:
    """Return the table's name."""
    return Item.Meta.table_name


def failure_code(error: PynamoDBException) -> str | None:
    """Return the table's code for a failure; None where no answer came, on which PynamoDB's own property stumbles."""
    response = getattr(error.cause, "response", None) or {}
    code: str | None = response.get("Error", {}).get("Code")
    return code


def guarded(call: Callable[[], R]) -> R:
    """Run a call to the table; whatever keeps it from answering is a 503 for the caller (I33)."""
    try:
        return call()
    except PynamoDBException as error:
        if failure_code(error) == "ValidationException":
            raise
        raise Unavailable from error
