"""Every function of the deployed stack is started once: what the built layer or its variables lack shows here."""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

import boto3

from infra.rehearse.told import expect, step

if TYPE_CHECKING:
    from collections.abc import Iterable

    from infra.local.edges import Json
    from infra.rehearse.wire import Api

_AT_ONCE: Final = 2
_BY_SCHEDULE: Final = ("ExpireFunction", "PurgeFunction")
_BROKEN: Final = 500


def routes(template: Json) -> dict[str, str]:
    """Return one route key of each function that the transformed template routes to."""
    found: dict[str, str] = {}
    for resource in template["Resources"].values():
        for path, methods in resource["Properties"].get("Body", {}).get("paths", {}).items():
            for method, operation in methods.items():
                uri = json.dumps(operation["x-amazon-apigateway-integration"]["uri"])
                if not operation.get("isDefaultRoute"):
                    found.setdefault(uri, f"{method.upper()} {path}")
    return found


def start_all(api: Api, keys: Iterable[str], made: dict[str, str]) -> None:
    """Start each function behind the API by a request of nobody, and those of schedules as their schedule does."""
    keys = list(keys)
    with step("each function behind the API starts and answers") as row, ThreadPoolExecutor(_AT_ONCE) as pool:
        wrong = [told for told in pool.map(lambda key: _ask(api, key), keys) if told]
        expect(true=not wrong, otherwise="; ".join(wrong))
        row.note = f"{len(keys)} functions"
    for function in _BY_SCHEDULE:
        with step(f"{function}, invoked as its schedule does"):
            _invoke(f"{made[function]}:live")


def _ask(api: Api, key: str) -> str:
    """Return what is wrong with the answer to a route, if anything."""
    method, _, path = key.partition(" ")
    answer = api.call(method, re.sub(r"\{[a-z]+\}", "x", path))
    if answer.status >= _BROKEN or "x-request-id" not in answer.headers:
        return f"{key}: {answer.status} {answer.body[:300]!r}"
    return ""


def _invoke(name: str) -> None:
    answer = boto3.client("lambda").invoke(FunctionName=name, Payload=b"{}")
    expect(true="FunctionError" not in answer, otherwise=answer["Payload"].read())
