"""The fault seam: every call to AWS, counted, and made to fail before it happens, or after, so that nobody is told.

It lies in botocore, under PynamoDB and boto3 alike, and knows nothing of our code. It also keeps the client tokens of
transactions as DynamoDB does for ten minutes, which the emulator does not: a resent transaction is the same one.
"""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING, Final

import botocore.endpoint
from botocore.awsrequest import AWSResponse
from botocore.endpoint import Endpoint
from botocore.exceptions import ConnectTimeoutError, ReadTimeoutError
from botocore.retries import quota, standard

from infra.local.edges import Json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Fault = str | Exception | dict[str, Json] | None
    Plan = Callable[[int, str], Fault]

BEFORE: Final = "before"
AFTER: Final = "after"
READS: Final = frozenset({"GetItem", "BatchGetItem", "Query", "TransactGetItems", "Scan"})


@dataclass
class Seam:
    """What went through: names of calls in order, retries included, and the transactions' bodies."""

    calls: list[str] = field(default_factory=list)
    transactions: list[dict[str, Json]] = field(default_factory=list)

    @property
    def reads(self) -> int:
        return sum(name in READS for name in self.calls)


@contextmanager
def seam(plan: Plan = lambda _number, _name: None) -> Iterator[Seam]:
    """Watch the calls inside. `plan` says, by a call's number from 1 and its name, how it fails.

    BEFORE: it never arrives. AFTER: it happens, its answer is lost. An error code: refused so. A dict: answered so,
    without happening. An exception: raised. A plan may make requests of its own, which come in between.
    """
    seen, lock, tokens = Seam(), threading.RLock(), dict[str, Json]()
    real = Endpoint._do_get_response

    def call(endpoint: Json, request: Json, model: Json, context: Json) -> Json:
        with lock:
            seen.calls.append(model.name)
            if model.name == "TransactWriteItems":
                seen.transactions.append(json.loads(request.body))
            fault = plan(len(seen.calls), model.name)
        if isinstance(fault, Exception):
            raise fault
        if isinstance(fault, dict):
            return _answered(200, request, fault)
        if fault == BEFORE:
            return None, ConnectTimeoutError(endpoint_url="table")
        if fault not in {None, AFTER}:
            return _refused(str(fault), request)
        answer = _once(lambda: real(endpoint, request, model, context), model.name, request, tokens)
        return (None, ReadTimeoutError(endpoint_url="table")) if fault == AFTER else answer

    with _patched(call):
        yield seen


def down(_number: int, _name: str) -> Fault:
    """Let no call arrive."""
    return BEFORE


def at(number: int, fault: Fault) -> Plan:
    """Let one call fail."""
    return lambda n, _: fault if n == number else None


def after(number: int, fault: Fault) -> Plan:
    """Let every call behind the first `number` fail."""
    return lambda n, _: fault if n > number else None


def first(times: int, name: str, fault: Fault) -> Plan:
    """Let the first calls of one name fail."""
    left = [times]

    def plan(_: int, called: str) -> Fault:
        if called != name or not left[0]:
            return None
        left[0] -= 1
        return fault

    return plan


def _once(send: Callable[[], Json], name: str, request: Json, tokens: dict[str, Json]) -> Json:
    token = json.loads(request.body).get("ClientRequestToken") if name == "TransactWriteItems" else None
    if token in tokens:
        return tokens[token]
    answer = send()
    if token is not None and answer[0] is not None and answer[0][0].status_code == 200:
        tokens[token] = answer
    return answer


def _refused(code: str, request: Json) -> Json:
    """Return what DynamoDB answers with that error code; a conflict names every operation of the transaction."""
    told: dict[str, Json] = {"Error": {"Code": code, "Message": code}}
    if code == "TransactionConflict":
        count = len(json.loads(request.body)["TransactItems"])
        told["Error"] = {"Code": "TransactionCanceledException", "Message": f"[{', '.join([code] * count)}]"}
        told["CancellationReasons"] = [{"Code": code, "Message": "Transaction is ongoing for the item"}] * count
    return _answered(500 if code == "InternalServerError" else 400, request, told)


def _answered(status: int, request: Json, told: dict[str, Json]) -> Json:
    response = AWSResponse(request.url, status, {}, None)
    response._content = b"{}"
    return (response, {**told, "ResponseMetadata": {"HTTPStatusCode": status, "HTTPHeaders": {}}}), None


@contextmanager
def _patched(call: Callable[..., Json]) -> Iterator[None]:
    """Put the seam in, without the SDK's pauses and without its memory of earlier failures."""
    kept = Endpoint._do_get_response, botocore.endpoint.time, quota.RetryQuota.acquire
    Endpoint._do_get_response = call
    botocore.endpoint.time = SimpleNamespace(sleep=lambda _: None)
    quota.RetryQuota.acquire = lambda _self, _amount: True
    assert standard.quota is quota  # what the SDK's standard retries take their quota from
    try:
        yield
    finally:
        Endpoint._do_get_response, botocore.endpoint.time, quota.RetryQuota.acquire = kept
