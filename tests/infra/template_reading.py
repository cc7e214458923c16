"""template.yaml for tests: its resources, and what each function's policies allow, judged as IAM would."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any

from infra.local.cloudformation import load

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROOT = Path(__file__).parents[2]
FUNCTION = "AWS::Serverless::Function"
TABLE = {"Fn::GetAtt": "Table.Arn"}
INDEX = {"Fn::Sub": "${Table.Arn}/index/expiry"}


@functools.cache
def template() -> dict[str, Any]:
    return load((ROOT / "template.yaml").read_text(encoding="utf-8"))


def of_type(kind: str) -> dict[str, dict[str, Any]]:
    """The properties of every resource of a type, by logical id."""
    resources: Mapping[str, Any] = template()["Resources"]
    return {name: body["Properties"] for name, body in resources.items() if body["Type"] == kind}


def functions() -> dict[str, dict[str, Any]]:
    """The properties of every function with those of Globals below them, by the folder of its code."""
    shared = template()["Globals"]["Function"]
    return {Path(body["CodeUri"]).name: {**shared, **body} for body in of_type(FUNCTION).values()}


def events(kind: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Folder, name and properties of every event of a type."""
    for folder, function in functions().items():
        for name, event in function["Events"].items():
            if event["Type"] == kind:
                yield folder, name, event["Properties"]


@dataclass(frozen=True, slots=True)
class Grant:
    """One allowed action on one resource; `keys` are the patterns of partition keys, where the statement has them."""

    action: str
    resource: object
    keys: tuple[str, ...] | None

    def covers(self, action: str, resource: object, key: str) -> bool:
        """Whether it lets `action` reach an item of this partition key (of the index: index key)."""
        fits = self.keys is None or any(fnmatchcase(key, pattern) for pattern in self.keys)
        return self.action == f"dynamodb:{action}" and self.resource == resource and fits


def grants(folder: str) -> list[Grant]:
    return [
        Grant(action, resource, _keys(statement))
        for policy in functions()[folder].get("Policies", ())
        for statement in policy["Statement"]
        for action in _listed(statement["Action"])
        for resource in _listed(statement["Resource"])
    ]


def allows(folder: str, action: str, key: str, *, index: bool = False) -> bool:
    """Whether a function may do a DynamoDB action to items of this partition key."""
    return any(grant.covers(action, INDEX if index else TABLE, key) for grant in grants(folder))


def _keys(statement: Mapping[str, Any]) -> tuple[str, ...] | None:
    listed = statement.get("Condition", {}).get("ForAllValues:StringLike", {}).get("dynamodb:LeadingKeys")
    return None if listed is None else tuple(listed)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
