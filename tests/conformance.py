"""Answers held against the description: status, headers, media type and body. Knows just the keywords that it uses."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from infra.local.routing import Router
from infra.local.template import DEFAULT_ROUTE, Route

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.kit import Answer

DESCRIPTION: dict[str, Any] = json.loads((Path(__file__).parents[1] / "infra/openapi.json").read_text("utf-8"))
METHODS = ("get", "head", "post", "put", "patch", "delete")
KINDS: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
    "array": (list,),
    "object": (dict,),
}
SAYS_NOTHING = frozenset({"description", "default", "example", "format", "writeOnly"})
UNDESCRIBED = {400: "invalid", 404: "route_not_found", 405: "method_not_allowed"}
BEFORE_ANY_ROUTE = frozenset({"body_too_large", "headers_too_large", "malformed_request"})


@cache
def operations() -> dict[str, dict[str, Any]]:
    """Every described operation by its route key."""
    return {
        f"{method.upper()} {path}": operation
        for path, methods in DESCRIPTION["paths"].items()
        for method, operation in methods.items()
    }


def route_of(method: str, target: str) -> str:
    """The key of the operation that takes a request, or `$default`."""
    match = _router().match(method, target.partition("?")[0])
    return DEFAULT_ROUTE if match is None else match.route.key


@cache
def _router() -> Router:
    keys = (key.partition(" ") for key in operations())
    return Router([Route(method, path, "") for method, _, path in keys])


def resolved(described: dict[str, Any]) -> dict[str, Any]:
    """What a reference stands for."""
    target: Any = described
    if "$ref" in described:
        target = DESCRIPTION
        for part in described["$ref"].removeprefix("#/").split("/"):
            target = target[part]
    return dict(target)


# ---------------------------------------------------------------- answers


def deviations(method: str, target: str, answer: Answer) -> list[str]:
    """Everything in which an answer is not as described."""
    if answer.code in BEFORE_ANY_ROUTE:
        return []
    if target.startswith("/scim/v2/"):
        return _of_scim(answer)
    key = route_of(method, target)
    if key == DEFAULT_ROUTE:
        known = answer.status in UNDESCRIBED and (method == "HEAD" or answer.code == UNDESCRIBED[answer.status])
        return [] if known else [f"{answer.status} {answer.code} where no route is"]
    if "content-encoding" in answer.headers:
        return [f"{key}: the answer is compressed"]  # case 185: no secret beside a caller's text
    responses = operations()[key]["responses"]
    if str(answer.status) not in responses:
        return [f"{key}: status {answer.status} ({answer.code}) is not described"]
    told = [*_of_answer(resolved(responses[str(answer.status)]), answer)]
    return [f"{key} {answer.status}: {deviation}" for deviation in told]


def _of_scim(answer: Answer) -> list[str]:
    """Return in what an answer is none of SCIM's: its discovery describes it, not the API description."""
    if answer.status in {204, 304} or not answer.body:
        return []
    media = answer.headers.get("content-type")
    told = [] if media == "application/scim+json" else [f"the media type is {media}"]
    if answer.status >= 400 and answer.json.get("status") != str(answer.status):
        told.append("the body is no SCIM error")
    return told


def _of_answer(described: dict[str, Any], answer: Answer) -> Iterator[str]:
    for name, reference in described["headers"].items():
        header, value = resolved(reference), answer.headers.get(name.lower())
        if value is None and header.get("required"):
            yield f"the header {name} is missing"
        if value is not None:
            yield from (f"the header {name}: {flaw}" for flaw in flaws(header["schema"], value))
    content = described.get("content")
    media = answer.headers.get("content-type", "").partition(";")[0]
    if content is None:
        if answer.body:
            yield "there is a body"
    elif media not in content:
        yield f"the media type is {media or 'missing'}"
    elif media.endswith("json") and media != "application/x-ndjson":
        yield from flaws(content[media]["schema"], answer.json, closed=True)


# ---------------------------------------------------------------- schemas


def flaws(schema: dict[str, Any], value: object, *, closed: bool = False) -> list[str]:
    """Everything in which a value does not fit; `closed` objects hold no more than is described."""
    return [*_flaws(schema, value, "", closed=closed)]


def _flaws(schema: dict[str, Any], value: object, at: str, *, closed: bool) -> Iterator[str]:
    if "$ref" in schema:
        yield from _flaws(resolved(schema), value, at, closed=closed)
        schema = {name: limit for name, limit in schema.items() if name != "$ref"}
        closed = False  # what stands beside a reference narrows it and names no members of its own
    kinds = schema.get("type", [])
    if kinds and not any(_is(value, kind) for kind in ([kinds] if isinstance(kinds, str) else kinds)):
        yield f"{at or '/'} is no {kinds}"
        return
    for keyword, limit in schema.items():
        if keyword in JUDGES and not JUDGES[keyword](limit, value):
            yield f"{at or '/'} breaks {keyword}"
        if keyword not in JUDGES.keys() | SAYS_NOTHING | DESCENDING:
            raise NotImplementedError(keyword)
    yield from _below(schema, value, at, closed=closed)


def _below(schema: dict[str, Any], value: object, at: str, *, closed: bool) -> Iterator[str]:
    if "oneOf" in schema and sum(not [*_flaws(part, value, at, closed=closed)] for part in schema["oneOf"]) != 1:
        yield f"{at or '/'} fits not just one of several"
    if "items" in schema and isinstance(value, list):
        for index, each in enumerate(value):
            yield from _flaws(schema["items"], each, f"{at}/{index}", closed=closed)
    if "properties" in schema and isinstance(value, dict):
        for name, each in value.items():
            if name in schema["properties"]:
                yield from _flaws(schema["properties"][name], each, f"{at}/{name}", closed=closed)
            elif not schema.get("additionalProperties", not closed):
                yield f"{at}/{name} is not known"


def _is(value: object, kind: str) -> bool:
    return isinstance(value, KINDS[kind]) and (kind == "boolean" or not isinstance(value, bool))


def _json(value: object) -> str:
    """One text for equal JSON values, where true is not 1."""
    return json.dumps(value, sort_keys=True)


def _searched(pattern: str, value: object) -> bool:
    ecma = pattern[:-1] + r"\Z" if pattern.endswith("$") else pattern
    return not isinstance(value, str) or re.search(ecma, value) is not None


DESCENDING = frozenset({"type", "oneOf", "items", "properties", "additionalProperties"})
JUDGES: dict[str, Callable[[Any, Any], bool]] = {
    "enum": lambda choices, value: _json(value) in map(_json, choices),
    "const": lambda wanted, value: _json(value) == _json(wanted),
    "required": lambda names, value: not isinstance(value, dict) or value.keys() >= set(names),
    "minLength": lambda least, value: not isinstance(value, str) or len(value) >= least,
    "maxLength": lambda most, value: not isinstance(value, str) or len(value) <= most,
    "pattern": _searched,
    "minimum": lambda least, value: not _is(value, "number") or value >= least,
    "maximum": lambda most, value: not _is(value, "number") or value <= most,
    "minItems": lambda least, value: not isinstance(value, list) or len(value) >= least,
    "maxItems": lambda most, value: not isinstance(value, list) or len(value) <= most,
    "uniqueItems": lambda _, value: not isinstance(value, list) or len(set(map(_json, value))) == len(value),
}
