"""CloudFormation's YAML: its short tags and the few intrinsic functions a laptop can answer. No resources here."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import yaml

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from infra.local.edges import Json

REGION: Final = "us-east-1"
ACCOUNT: Final = "123456789012"
UNKNOWN: Final = object()
"""What only a deployment knows: the address of a resource, a parameter without default, an import."""

_NO_VALUE: Final = object()
_PSEUDO: Final[dict[str, object]] = {
    "AWS::Region": REGION,
    "AWS::AccountId": ACCOUNT,
    "AWS::Partition": "aws",
    "AWS::StackName": "rollcall-local",
    "AWS::URLSuffix": "amazonaws.com",
    "AWS::NoValue": _NO_VALUE,
}


class TemplateError(Exception):
    """The template cannot be served locally; the message says which part and why."""


class _Loader(yaml.SafeLoader):
    """SafeLoader that also reads `!Ref`, `!Sub` and the rest as their long forms."""


def _long_form(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    value: Any
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)  # type: ignore[arg-type]
    return {suffix if suffix in {"Ref", "Condition"} else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _long_form)


def load(text: str) -> dict[str, Any]:
    """Parse template text into plain mappings. Raises TemplateError for YAML that is broken or not a mapping."""
    try:
        document = yaml.load(text, Loader=_Loader)  # noqa: S506 - a SafeLoader subclass
    except yaml.YAMLError as error:
        raise TemplateError(f"template is not valid YAML: {error}") from error
    if not isinstance(document, dict):
        raise TemplateError("template is not a mapping")
    return document


class Resolver:
    """Answers Ref, Sub, Join, If and conditions from the parameters' defaults; everything else is UNKNOWN."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        """Keep the defaults and conditions of a parsed template."""
        parameters: Mapping[str, Any] = document.get("Parameters") or {}
        self._values = _PSEUDO | {name: body.get("Default", UNKNOWN) for name, body in parameters.items()}
        self._conditions: Mapping[str, Any] = document.get("Conditions") or {}
        self._functions: dict[str, Callable[[Any], object]] = {
            "Ref": self._ref,
            "Fn::Sub": self._sub,
            "Fn::If": self._if,
            "Fn::Join": self._join,
            "Fn::Equals": lambda pair: self.value(pair[0]) == self.value(pair[1]),
            "Fn::Not": lambda inner: not self.value(inner[0]),
            "Fn::And": lambda inner: all(self.value(part) for part in inner),
            "Fn::Or": lambda inner: any(self.value(part) for part in inner),
        }

    def value(self, node: Json) -> Json:
        """Return the node with its intrinsic functions answered; UNKNOWN where only a deployment could."""
        if isinstance(node, list):
            return [value for value in map(self.value, node) if value is not _NO_VALUE]
        if not isinstance(node, dict):
            return node
        if len(node) == 1:
            name, argument = next(iter(node.items()))
            if name in self._functions:
                return self._functions[name](argument)
            if name == "Condition" and isinstance(argument, str):
                return self.value(self._conditions[argument])
            if isinstance(name, str) and name.startswith("Fn::"):
                return UNKNOWN
        resolved = {key: self.value(value) for key, value in node.items()}
        return {key: value for key, value in resolved.items() if value is not _NO_VALUE}

    def _ref(self, name: str) -> object:
        return self._values.get(name, UNKNOWN)

    def _if(self, arguments: list[Any]) -> object:
        name, yes, no = arguments
        return self.value(yes if self.value(self._conditions[name]) else no)

    def _join(self, arguments: list[Any]) -> object:
        separator, parts = arguments[0], self.value(arguments[1])
        if not isinstance(parts, list) or UNKNOWN in parts:
            return UNKNOWN
        return str(separator).join(map(str, parts))

    def _sub(self, argument: Json) -> object:
        text, extra = argument if isinstance(argument, list) else (argument, {})
        values = self._values | {name: self.value(value) for name, value in extra.items()}
        names = re.findall(r"\$\{([^!}]+)\}", text)
        if any(values.get(name, UNKNOWN) is UNKNOWN for name in names):
            return UNKNOWN
        replaced = re.sub(r"\$\{([^!}]+)\}", lambda match: str(values[match[1]]), text)
        return replaced.replace("${!", "${")
