"""template.yaml as the local stack needs it: functions, routes, schedules, stream mappings, environment and table."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from infra.local.cloudformation import UNKNOWN, Resolver, TemplateError, load
from infra.local.filters import check_pattern
from infra.local.when import check_expression

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

DEFAULT_ROUTE: Final = "$default"
_ENDLESS_RETRIES: Final = 10  # AWS retries until the record expires; a laptop wants to see the failure


@dataclass(frozen=True, slots=True)
class Function:
    """One Lambda function: where its code is and what its context says."""

    name: str
    folder: Path
    handler: str
    timeout: int
    memory: int


@dataclass(frozen=True, slots=True)
class Route:
    """One HttpApi event. `method` may be ANY; `path` may be `$default`."""

    method: str
    path: str
    function: str

    @property
    def key(self) -> str:
        """The routeKey as API Gateway writes it in events."""
        return DEFAULT_ROUTE if self.path == DEFAULT_ROUTE else f"{self.method} {self.path}"


@dataclass(frozen=True, slots=True)
class Schedule:
    """One rate() or cron() schedule; `kind` is ScheduleV2 or Schedule, `payload` its literal Input, if any."""

    name: str
    function: str
    expression: str
    kind: str
    payload: str | None


@dataclass(frozen=True, slots=True)
class StreamMapping:
    """One function fed by the table's stream. `filters` are alternatives; none means every record."""

    function: str
    batch_size: int
    filters: tuple[Mapping[str, Any], ...]
    max_retries: int
    partial: bool


@dataclass(frozen=True, slots=True)
class Table:
    """The keyword arguments of `create_table` but for its name, and the TTL attribute."""

    create: Mapping[str, Any]
    ttl_attribute: str | None


@dataclass(frozen=True, slots=True)
class Template:
    """Everything of template.yaml that runs on a laptop."""

    functions: Mapping[str, Function]
    routes: tuple[Route, ...]
    schedules: tuple[Schedule, ...]
    mappings: tuple[StreamMapping, ...]
    environment: Mapping[str, str]
    table: Table | None


def read_template(path: Path) -> Template:
    """Read a SAM template. Raises TemplateError with the reason when it cannot be served."""
    try:
        document = load(path.read_text(encoding="utf-8"))
        return _Reader(document, path.parent).template()
    except OSError as error:
        raise TemplateError(f"{path}: {error.strerror}") from error
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise TemplateError(f"{path.name}: not understood: {type(error).__name__} {error}") from error


class _Reader:
    """Walks the resources of one parsed template."""

    def __init__(self, document: Mapping[str, Any], root: Path) -> None:
        self._root = root
        self._resolve = Resolver(document).value
        self._globals: Mapping[str, Any] = self._resolve((document.get("Globals") or {}).get("Function") or {})
        self._resources: Mapping[str, Any] = document.get("Resources") or {}
        self._functions = dict(self._of_type("AWS::Serverless::Function"))

    def template(self) -> Template:
        events = list(self._events())
        return Template(
            functions={name: self._function(name, body) for name, body in self._functions.items()},
            routes=tuple(_route(function, body) for function, _, kind, body in events if kind == "HttpApi"),
            schedules=tuple(
                _schedule(*event) for event in events if event[2] in {"ScheduleV2", "Schedule"} and _enabled(event[3])
            ),
            mappings=tuple(_mapping(function, body) for function, _, kind, body in events if kind == "DynamoDB"),
            environment=self._environment(),
            table=next((_table(body) for _, body in self._of_type("AWS::DynamoDB::Table")), None),
        )

    def _of_type(self, kind: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
        for name, body in self._resources.items():
            if body["Type"] == kind:
                yield name, self._resolve(body.get("Properties") or {})

    def _function(self, name: str, body: Mapping[str, Any]) -> Function:
        merged = {**self._globals, **body}
        return Function(
            name=name,
            folder=(self._root / merged["CodeUri"]).resolve(),
            handler=merged["Handler"],
            timeout=int(merged.get("Timeout", 3)),
            memory=int(merged.get("MemorySize", 128)),
        )

    def _events(self) -> Iterator[tuple[str, str, str, Mapping[str, Any]]]:
        for function, body in self._functions.items():
            for name, event in (body.get("Events") or {}).items():
                yield function, name, event["Type"], event.get("Properties") or {}

    def _environment(self) -> dict[str, str]:
        """Globals and functions in one mapping: one process runs them all."""
        merged: dict[str, str] = {}
        for body in (self._globals, *self._functions.values()):
            variables = (body.get("Environment") or {}).get("Variables") or {}
            merged |= {name: _text(value) for name, value in variables.items() if value is not UNKNOWN}
        return merged


def _text(value: object) -> str:
    return json.dumps(value) if isinstance(value, bool) else str(value)


def _enabled(body: Mapping[str, Any]) -> bool:
    return body.get("State", "ENABLED") != "DISABLED" and body.get("Enabled", True) is not False


def _route(function: str, body: Mapping[str, Any]) -> Route:
    method, path = str(body.get("Method", "ANY")).upper(), str(body.get("Path", DEFAULT_ROUTE))
    return Route("ANY" if method in {"*", "X-AMAZON-APIGATEWAY-ANY-METHOD"} else method, path, function)


def _schedule(function: str, name: str, kind: str, body: Mapping[str, Any]) -> Schedule:
    expression = str(body["ScheduleExpression"] if kind == "ScheduleV2" else body["Schedule"])
    check_expression(expression)
    payload = body.get("Input")
    return Schedule(f"{function}{name}", function, expression, kind, None if payload is None else str(payload))


def _mapping(function: str, body: Mapping[str, Any]) -> StreamMapping:
    filters = tuple(json.loads(entry["Pattern"]) for entry in (body.get("FilterCriteria") or {}).get("Filters", ()))
    for pattern in filters:
        check_pattern(pattern)
    retries = int(body.get("MaximumRetryAttempts", -1))
    return StreamMapping(
        function=function,
        batch_size=int(body.get("BatchSize", 100)),
        filters=filters,
        max_retries=_ENDLESS_RETRIES if retries < 0 else retries,
        partial="ReportBatchItemFailures" in (body.get("FunctionResponseTypes") or ()),
    )


def _table(body: Mapping[str, Any]) -> Table:
    kept = ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "LocalSecondaryIndexes")
    create: dict[str, Any] = {name: body[name] for name in kept if name in body}
    create["BillingMode"] = "PAY_PER_REQUEST"
    for index in create.get("GlobalSecondaryIndexes", ()):
        index.pop("ProvisionedThroughput", None)
    if "StreamSpecification" in body:
        view = body["StreamSpecification"]["StreamViewType"]
        create["StreamSpecification"] = {"StreamEnabled": True, "StreamViewType": view}
    expiry = body.get("TimeToLiveSpecification") or {}
    return Table(create, expiry.get("AttributeName") if expiry.get("Enabled") else None)
