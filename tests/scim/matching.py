"""Transcripts: exchanges as data, their variables, and how an answer is held against what is expected of it.

An expected object names the members that count; a list is compared one by one. A matcher is
an object of one `$` member.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.kit import Answer

    Call = Callable[..., Answer]

FOLDER = Path(__file__).parent / "transcripts"
VARIABLE = re.compile(r"\{\{(\w+)\}\}")
TYPES = {"integer": int, "boolean": bool, "string": str}
MISSING = object()


def transcripts() -> dict[str, list[dict[str, Any]]]:
    """Every transcript's exchanges by the name of its file."""
    return {path.stem: json.loads(path.read_text("utf-8"))["exchanges"] for path in sorted(FOLDER.glob("*.json"))}


@dataclass
class Run:
    """One transcript being played: `call` by the name of who calls, and what was saved on the way."""

    calls: dict[str, Call]
    base: str
    saved: dict[str, Any] = field(default_factory=dict)

    def play(self, exchange: dict[str, Any]) -> list[str]:
        """Make an exchange and return what is wrong with its answer."""
        try:
            asked, expected = self.filled(exchange["request"]), self.filled(exchange["expect"])
        except KeyError as missing:
            return [f"needs {missing}, which an exchange before did not give"]
        path = asked["path"].removeprefix(self.base) + (f"?{urlencode(asked['query'])}" if "query" in asked else "")
        call = self.calls[asked.get("as", "provider")]
        answer = call(asked["method"], path, asked.get("body"), asked.get("headers"))
        wrong = list(complaints(answer, expected))
        for name, place in exchange.get("save", {}).items():
            value = at(answer.json, place)
            if value is not MISSING:
                self.saved[name] = value
        return wrong

    def filled(self, value: Any) -> Any:
        """Put saved values in the place of their names. Raises KeyError for one that was not saved."""
        if isinstance(value, dict):
            return {str(self.filled(name)): self.filled(one) for name, one in value.items()}
        if isinstance(value, list):
            return [self.filled(one) for one in value]
        if not isinstance(value, str):
            return value
        if whole := VARIABLE.fullmatch(value):
            return self.saved[whole[1]]
        return VARIABLE.sub(lambda found: str(self.saved[found[1]]), value)


def complaints(answer: Answer, expected: dict[str, Any]) -> Iterator[str]:
    """Yield what is wrong with an answer."""
    statuses = expected["status"] if isinstance(expected["status"], list) else [expected["status"]]
    if answer.status not in statuses:
        yield f"{answer.status} instead of {expected['status']}: {answer.body.decode()[:300]}"
        return
    for name, value in expected.get("headers", {}).items():
        yield from differences(value, answer.headers.get(name, MISSING), f"header {name}")
    if answer.status in {204, 304}:
        if answer.body:
            yield f"{answer.status} with a body"
    elif not answer.body:
        yield f"{answer.status} without a body"
    elif "body" in expected:
        yield from differences(expected["body"], answer.json, "")
    for text in expected.get("never", []):
        if text in answer.body.decode():
            yield f"{text!r} stands in the answer"


def differences(expected: Any, found: Any, where: str) -> Iterator[str]:
    """Yield where a value is not what is expected."""
    if isinstance(expected, dict) and expected and expected.keys() <= MATCHERS.keys():
        ((kind, wanted),) = expected.items()
        if not MATCHERS[kind](wanted, found):
            yield f"{where or 'body'}: {shown(found)} is not {expected}"
    elif isinstance(expected, dict):
        if not isinstance(found, dict):
            yield f"{where or 'body'}: {shown(found)} is not an object"
            return
        for name, value in expected.items():
            yield from differences(value, found.get(name, MISSING), f"{where}/{name}")
    elif isinstance(expected, list):
        if not isinstance(found, list) or len(found) != len(expected):
            yield f"{where}: {shown(found)} has not the {len(expected)} elements {expected}"
            return
        for number, (value, one) in enumerate(zip(expected, found, strict=True)):
            yield from differences(value, one, f"{where}/{number}")
    elif type(expected) is not type(found) or expected != found:
        yield f"{where or 'body'}: {shown(found)} is not {expected!r}"


def _among(wanted: list[Any], found: list[Any], *, exactly: bool) -> bool:
    """Tell whether each that is wanted is there; no two of ours take the same element."""
    left = list(found)
    for one in wanted:
        taken = next((place for place, other in enumerate(left) if not list(differences(one, other, ""))), None)
        if taken is None:
            return False
        del left[taken]
    return not (exactly and left)


MATCHERS: dict[str, Callable[[Any, Any], bool]] = {
    "$any": lambda _, found: found is not MISSING and found is not None,
    "$absent": lambda _, found: found is MISSING,
    "$none": lambda _, found: found is MISSING or found == [],
    "$type": lambda wanted, found: type(found) is TYPES[wanted],
    "$matches": lambda wanted, found: isinstance(found, str) and re.search(wanted, found) is not None,
    "$not": lambda wanted, found: bool(found != wanted),
    "$size": lambda wanted, found: isinstance(found, list) and len(found) == wanted,
    "$either": lambda wanted, found: any(not list(differences(one, found, "")) for one in wanted),
    "$contains": lambda wanted, found: isinstance(found, list) and _among(wanted, found, exactly=False),
    "$unordered": lambda wanted, found: isinstance(found, list) and _among(wanted, found, exactly=True),
}


def at(body: Any, place: str) -> Any:
    """Return what stands at a dotted place of a body; `$` is the body."""
    for part in [] if place == "$" else place.split("."):
        if isinstance(body, list) and part.isdigit() and int(part) < len(body):
            body = body[int(part)]
        elif isinstance(body, dict) and part in body:
            body = body[part]
        else:
            return MISSING
    return body


def shown(value: Any) -> str:
    """Return a value as a complaint shows it."""
    return "nothing" if value is MISSING else repr(value)[:200]
