"""Judges each DynamoDB call that a function makes against its policies in template.yaml; moto and MiniStack do not."""

from __future__ import annotations

import re
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.client import BaseClient

from infra.local.functions import Functions
from tests.infra.template_reading import allows

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from infra.local.edges import Event, Json
    from infra.local.template import Function

_folder: ContextVar[str | None] = ContextVar("_folder", default=None)
_TRANSACTED = {"ConditionCheck": "ConditionCheckItem", "Delete": "DeleteItem", "Put": "PutItem", "Update": "UpdateItem"}


@dataclass(frozen=True, slots=True)
class Right:
    """What IAM would be asked for: an action, on items whose partition key begins so, of the table or its index."""

    action: str
    key: str
    index: bool = False

    @property
    def prefix(self) -> str:
        return self.key.partition("#")[0] + "#"


@contextmanager
def watched() -> Iterator[set[tuple[str, Right]]]:
    """Collect (function's folder, right) of every call made below a handler of the local stack."""
    seen: set[tuple[str, Right]] = set()
    invoke, call = Functions.invoke, BaseClient._make_api_call

    def named(self: Functions, function: Function, event: Event, request_id: str | None = None) -> Json:
        token = _folder.set(function.folder.name)
        try:
            return invoke(self, function, event, request_id)
        finally:
            _folder.reset(token)

    def noted(self: BaseClient, operation: str, parameters: Mapping[str, Any]) -> Any:
        folder = _folder.get()
        if folder is not None and self.meta.service_model.service_name == "dynamodb":
            seen.update((folder, right) for right in asked(operation, parameters))
        return call(self, operation, parameters)

    Functions.invoke, BaseClient._make_api_call = named, noted  # type: ignore[method-assign]
    try:
        yield seen
    finally:
        Functions.invoke, BaseClient._make_api_call = invoke, call  # type: ignore[method-assign]


def missing(seen: set[tuple[str, Right]]) -> set[str]:
    """What was asked for and is not granted, as sentences."""
    return {
        f"{folder} lacks dynamodb:{right.action} on {right.prefix}*{' of the index' if right.index else ''}"
        for folder, right in seen
        if not allows(folder, right.action, right.key, index=right.index)
    }


def asked(operation: str, parameters: Mapping[str, Any]) -> Iterator[Right]:
    """The rights that one call needs; transactions need those of the actions they contain."""
    if operation == "TransactWriteItems":
        for entry in parameters["TransactItems"]:
            yield from (Right(_TRANSACTED[kind], _partition(body)) for kind, body in entry.items())
    elif operation == "BatchGetItem":
        for body in parameters["RequestItems"].values():
            yield from (Right(operation, key["PK"]["S"]) for key in body["Keys"])
    elif operation == "Query":
        yield Right(operation, _queried(parameters), index="IndexName" in parameters)
    else:
        yield Right(operation, _partition(parameters))


def _partition(body: Mapping[str, Any]) -> str:
    """The partition key of one item; nothing for calls that name none, which no policy then covers."""
    text: str = (body.get("Key") or body.get("Item") or {"PK": {"S": ""}})["PK"]["S"]
    return text


def _queried(parameters: Mapping[str, Any]) -> str:
    names = parameters.get("ExpressionAttributeNames") or {}
    for name, value in re.findall(r"(#?\w+)\s*=\s*(:\w+)", parameters["KeyConditionExpression"]):
        if names.get(name, name) in {"PK", "XP"}:
            text: str = parameters["ExpressionAttributeValues"][value]["S"]
            return text
    return ""
