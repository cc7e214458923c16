"""Which route of an HTTP API takes a request: literals before parameters, parameters before {proxy+}, then $default."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote

from infra.local.template import DEFAULT_ROUTE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from infra.local.template import Route


@dataclass(frozen=True, slots=True)
class Match:
    """A route and its path parameters, percent-decoded once."""

    route: Route
    parameters: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Compiled:
    route: Route
    pattern: re.Pattern[str]


class Router:
    """All routes of a template, in API Gateway's order of precedence."""

    def __init__(self, routes: Iterable[Route]) -> None:
        """Compile the routes once; matching is then a walk over regular expressions."""
        ordered = sorted((route for route in routes if route.path != DEFAULT_ROUTE), key=_precedence)
        self._compiled = [_Compiled(route, _pattern(route.path)) for route in ordered]
        self._default = next((route for route in routes if route.path == DEFAULT_ROUTE), None)

    def match(self, method: str, path: str) -> Match | None:
        """Return the route for a raw (still encoded) path; None where API Gateway itself answers 404."""
        for compiled in self._compiled:
            if compiled.route.method in {method, "ANY"} and (found := compiled.pattern.fullmatch(path)):
                return Match(compiled.route, {name: unquote(value) for name, value in found.groupdict().items()})
        return Match(self._default, {}) if self._default else None


def _precedence(route: Route) -> tuple[bool, list[int], bool]:
    ranks = [_rank(segment) for segment in route.path.split("/")]
    return _GREEDY in ranks, ranks, route.method == "ANY"


_LITERAL, _PARAMETER, _GREEDY = range(3)


def _rank(segment: str) -> int:
    if not segment.startswith("{"):
        return _LITERAL
    return _GREEDY if segment.endswith("+}") else _PARAMETER


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile("/".join(map(_segment, path.split("/"))))


def _segment(segment: str) -> str:
    name = segment.strip("{+}")
    return {_LITERAL: re.escape(segment), _PARAMETER: f"(?P<{name}>[^/]+)", _GREEDY: f"(?P<{name}>.+)"}[_rank(segment)]
