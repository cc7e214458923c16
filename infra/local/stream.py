"""The table's stream, delivered to the functions that map it: in order, with retries, and dead letters said aloud."""

from __future__ import annotations

import base64
import threading
from datetime import datetime
from typing import TYPE_CHECKING, Final

import boto3

from infra.local.aws import TABLE_NAME
from infra.local.filters import matches
from infra.local.functions import HandlerFailed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from infra.local.aws import Backend
    from infra.local.edges import Event, Json
    from infra.local.functions import Functions, Report
    from infra.local.template import StreamMapping, Template

_POLL_SECONDS: Final = 0.5
_FIRST_PAUSE: Final = 0.1
_LONGEST_PAUSE: Final = 2.0


class StreamReader:
    """Reads the only shard of the table's stream, from a place it remembers."""

    def __init__(self) -> None:
        """Begin at the oldest record. Needs the table to exist."""
        self._client = boto3.client("dynamodbstreams")
        self._arn: str = boto3.client("dynamodb").describe_table(TableName=TABLE_NAME)["Table"]["LatestStreamArn"]
        self._done: str | None = None

    def read(self) -> list[Event]:
        """Return the records after the last one that was passed to `done`, at most 1,000.

        A new iterator each time: moto's old ones go blind when a transaction is rolled back.
        """
        shards = self._client.describe_stream(StreamArn=self._arn)["StreamDescription"]["Shards"]
        place = {"ShardIteratorType": "TRIM_HORIZON"}
        if self._done:
            place = {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "SequenceNumber": self._done}
        iterator = self._client.get_shard_iterator(StreamArn=self._arn, ShardId=shards[0]["ShardId"], **place)
        records: list[Event] = self._client.get_records(ShardIterator=iterator["ShardIterator"])["Records"]
        return [_as_lambda_sees(record) | {"eventSourceARN": self._arn} for record in records]

    def done(self, sequence_number: str) -> None:
        """Remember that everything up to this record has been dealt with."""
        self._done = sequence_number


class StreamPump:
    """Delivers records. It works in `drain` (whoever calls it) or, once started, in a thread of its own."""

    def __init__(
        self, template: Callable[[], Template], functions: Functions, backend: Backend, report: Report
    ) -> None:
        """Read the stream for the mappings of whatever the template says at that moment."""
        self.dead_letters: list[Event] = []
        self._template = template
        self._functions = functions
        self._backend = backend
        self._report = report
        self._reader = StreamReader()
        self._turn = threading.Lock()
        self._news = threading.Event()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="stream", daemon=True)

    def start(self) -> None:
        """Deliver in the background, at once after `wake` and every half second."""
        self._thread.start()

    def wake(self) -> None:
        """Say that something may have been written."""
        self._news.set()

    def stop(self) -> None:
        """End the background delivery; what is undelivered stays so."""
        self._stopped.set()
        self._news.set()
        if self._thread.is_alive():
            self._thread.join(1.0)

    def drain(self) -> None:
        """Deliver until nothing is left, in the calling thread."""
        with self._turn:
            while not self._stopped.is_set() and (records := self._reader.read()):
                for mapping in self._template().mappings:
                    self._feed(mapping, records)
                if not self._stopped.is_set():
                    self._pass(records[-1]["dynamodb"]["SequenceNumber"])

    def _pass(self, sequence_number: str) -> None:
        self._reader.done(sequence_number)
        self._backend.trim(sequence_number)

    def _run(self) -> None:
        while not self._stopped.is_set():
            self._news.wait(_POLL_SECONDS)
            self._news.clear()
            try:
                self.drain()
            except Exception as error:  # noqa: BLE001 - the pump outlives an emulator's hiccup
                if not self._stopped.is_set():
                    self._report(f"stream: {type(error).__name__}: {error}")

    def _feed(self, mapping: StreamMapping, records: Sequence[Event]) -> None:
        wanted = [record for record in records if _wanted(mapping, record)]
        for start in range(0, len(wanted), mapping.batch_size):
            self._deliver(mapping, wanted[start : start + mapping.batch_size])

    def _deliver(self, mapping: StreamMapping, batch: list[Event]) -> None:
        """Deliver one batch, going on after the last success, until all of it is taken or buried."""
        failures = 0
        while batch and not self._stopped.is_set():
            taken = self._attempt(mapping, batch)
            batch = batch[taken:]
            failures = 1 if taken else failures + 1
            if batch and failures > mapping.max_retries:
                lost = 1 if mapping.partial else len(batch)
                self._bury(mapping, batch[:lost])
                batch, failures = batch[lost:], 0
            elif batch:
                self._stopped.wait(min(_LONGEST_PAUSE, _FIRST_PAUSE * 2 ** (failures - 1)))

    def _attempt(self, mapping: StreamMapping, batch: list[Event]) -> int:
        """Call the function; return how many records from the front it took."""
        function = self._template().functions[mapping.function]
        try:
            answer = self._functions.invoke(function, {"Records": batch})
        except HandlerFailed:
            return 0
        return _taken(answer, batch) if mapping.partial else len(batch)

    def _bury(self, mapping: StreamMapping, records: Sequence[Event]) -> None:
        self.dead_letters.extend(records)
        for record in records:
            keys = "/".join(str(next(iter(value.values()))) for value in record["dynamodb"]["Keys"].values())
            self._report(f"{mapping.function}: dead letter after {mapping.max_retries} retries: {keys}")


def _wanted(mapping: StreamMapping, record: Event) -> bool:
    return not mapping.filters or any(matches(pattern, record) for pattern in mapping.filters)


def _taken(answer: Json, batch: Sequence[Event]) -> int:
    """Return the index of the first failure by Lambda's rules; an identifier it did not send fails the whole batch."""
    try:
        failed = {entry["itemIdentifier"] for entry in (answer or {}).get("batchItemFailures") or ()}
    except (AttributeError, KeyError, TypeError):
        return 0
    numbers = [record["dynamodb"]["SequenceNumber"] for record in batch]
    if failed - set(numbers):
        return 0
    return min((numbers.index(number) for number in failed), default=len(batch))


def _as_lambda_sees(value: Json) -> Json:
    """Write times as Unix seconds and binaries as base64, as in the JSON that Lambda passes on."""
    if isinstance(value, dict):
        return {key: _as_lambda_sees(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_as_lambda_sees(part) for part in value]
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return value.timestamp() if isinstance(value, datetime) else value
