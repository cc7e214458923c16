"""The description of the API (OpenAPI 3.1), generated from template.yaml's routes and the handlers behind them.

`python -m infra.openapi` writes it twice: for readers beside this file, and into the package, which serves it.
"""

from __future__ import annotations

import importlib.util
import inspect
import json
import re
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from infra import openapi_answers as answers
from infra import openapi_parts as parts
from infra import openapi_schemas as schemas
from infra import openapi_words as words
from infra.local.template import DEFAULT_ROUTE, read_template
from infra.openapi_route import EXPORT, PAGE
from infra.openapi_routes import PATH, ROUTES
from rollcall.domain import errors
from rollcall.domain.permissions import STEP_UP
from rollcall.http import errors as http_errors
from rollcall.http import link_pages, sign_in_pages, sso_pages
from rollcall.http.bodies import MEDIA as BODY_MEDIA
from rollcall.http.bodies import Nothing, may_be_absent
from rollcall.http.exports import MEDIA

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from infra.openapi_route import Route
    from infra.openapi_schemas import Schema
    from rollcall.domain.errors import RollcallError
    from rollcall.http.endpoint import Endpoint

ROOT: Final = Path(__file__).resolve().parents[1]
FILES: Final = (ROOT / "infra/openapi.json", ROOT / "shared/rollcall/http/openapi.json")
UNDESCRIBED: Final = frozenset({DEFAULT_ROUTE, "ANY /scim/v2/{proxy+}"})
SAFE: Final = frozenset({"GET", "HEAD"})
ABOUT: Final = """\
Team membership: who belongs to a team, with what role, to which products, and who changed that when.

Identity providers call `/scim/v2` (RFC 7644), which describes itself: `/scim/v2/ServiceProviderConfig`, `/Schemas`.

Bodies are strict: unknown fields, duplicate keys and wrong types are refused with a pointer. Every refusal is
`application/problem+json` with a stable `code`; pages are refused by pages. Answers that belong to no operation: 404
`route_not_found`, 405 `method_not_allowed` with `Allow`, and API Gateway's own 413, 429, 431 and 503, without a code.
"""


class _Components:
    """What operations share, named as it is met."""

    def __init__(self) -> None:
        self.schemas = answers.schemas()
        self.responses = {"Internal": parts.problem("Internal error", 500, ["internal"])}

    def body(self, shape: type) -> Schema:
        """Name a body's schema, and return a reference to it."""
        self.schemas[shape.__name__] = schemas.body(shape)
        return words.ref(shape.__name__)

    def refusal(self, status: int, kinds: Iterable[type[RollcallError]]) -> Schema:
        """Name the answer to errors of one status by their codes, and return a reference to it."""
        codes = sorted({kind.code for kind in kinds})
        name = "Or".join("".join(word.title() for word in code.split("_")) for code in codes)
        self.responses[name] = parts.problem(answers.title_of(status), status, codes)
        return {"$ref": f"#/components/responses/{name}"}

    def page(self, status: int, *, bodiless: bool) -> Schema:
        """Name the page of a status, and return a reference to it."""
        name = f"{'No' if bodiless else ''}Page{status}"
        self.responses[name] = parts.page(status, answers.title_of(status), bodiless=bodiless)
        return {"$ref": f"#/components/responses/{name}"}

    def told(self) -> Schema:
        """Return all of it, in order."""
        return {
            "schemas": dict(sorted(self.schemas.items())),
            "responses": dict(sorted(self.responses.items())),
            "headers": parts.HEADERS,
            "parameters": parts.PARAMETERS,
            "securitySchemes": parts.SECURITY,
        }


_PAGE_FAILURES: Final = (link_pages.failure, sign_in_pages.failure, sso_pages.failure)
_DEAD_CREDENTIALS: Final = (errors.Unauthenticated, errors.TokenExpired, errors.TokenRevoked, errors.AgainstPolicy)


def describe() -> dict[str, Any]:
    """Return the description."""
    components = _Components()
    paths: dict[str, dict[str, Schema]] = {}
    for key, endpoint in sorted(endpoints().items(), key=lambda one: one[0].partition(" ")[::-1]):
        _, _, path = key.partition(" ")
        paths.setdefault(path, {})[key.partition(" ")[0].lower()] = _operation(key, endpoint, components)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Rollcall",
            "version": "1",
            "description": ABOUT,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/", "description": "The deployment's PUBLIC_BASE_URL"}],
        "tags": [{"name": name} for name in sorted({_tag(path) for path in paths})],
        "paths": paths,
        "components": components.told(),
    }


def endpoints() -> dict[str, Endpoint]:
    """Return the endpoint of every route but `$default` and SCIM's, which describes itself, by route key."""
    template = read_template(ROOT / "template.yaml")
    found: dict[str, Endpoint] = {}
    for name, function in template.functions.items():
        keys = [route.key for route in template.routes if route.function == name]
        if keys:
            found |= handled(function.folder, keys)
    return {key: endpoint for key, endpoint in found.items() if key not in UNDESCRIBED}


def handled(folder: Path, keys: Sequence[str]) -> Mapping[str, Endpoint]:
    """Return a function's endpoints by route key; one that stands alone takes the only route that leads to it."""
    handler = _load(folder)
    several: Mapping[str, Endpoint] | None = getattr(handler, "endpoints", None)
    return dict(zip(keys, [handler], strict=True)) if several is None else several


@cache
def _load(folder: Path) -> Any:  # noqa: ANN401 a handler is an Endpoint or a function that has some
    spec = importlib.util.spec_from_file_location(f"described_{folder.name}", folder / "handler.py")
    if spec is None or spec.loader is None:
        raise FileNotFoundError(folder / "handler.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.handler


def written() -> str:
    """Return the description as its files hold it."""
    return json.dumps(describe(), indent=2, ensure_ascii=False) + "\n"


# ---------------------------------------------------------------- one operation


def _operation(key: str, endpoint: Endpoint, components: _Components) -> Schema:
    route = ROUTES[key]
    path = key.partition(" ")[2]
    told: Schema = {
        "operationId": route.name,
        "summary": (inspect.getdoc(endpoint.action) or "").partition("\n")[0].rstrip("."),
        "tags": [_tag(path)],
        "security": _security(endpoint),
    }
    if parameters := [*_in_path(path), *_in_query(route), *_in_headers(route)]:
        told["parameters"] = parameters
    if endpoint.body is not Nothing:
        schema = {"schema": components.body(endpoint.body)}
        needed = not may_be_absent(endpoint.body)
        told["requestBody"] = {"required": needed, "content": dict.fromkeys(BODY_MEDIA[endpoint.form], schema)}
    told["responses"] = _responses(key, endpoint, components)
    return told


def _tag(path: str) -> str:
    parts = path.split("/")
    if parts[1] == "v1" and len(parts) > 2 and "." not in parts[2]:  # noqa: PLR2004 "", "v1" and the noun
        return parts[2]
    return "service" if len(parts) == 2 or parts[1] in {"v1", ".well-known"} else "pages"  # noqa: PLR2004 "" and the name


def _security(endpoint: Endpoint) -> list[Schema]:
    """Return who may call: `{}` is anybody."""
    known: list[Schema] = [{"bearer": []}, {"cookie": []}]
    if endpoint.permission is not None or endpoint.leaving:
        return known
    return [{}, *known] if endpoint.tolerant else [{}]


def _in_path(path: str) -> list[Schema]:
    """Return the path's parameters, each known by the path up to it."""
    return [
        {"name": found[1], "in": "path", "required": True, "schema": PATH[path[: found.end()]]}
        for found in re.finditer(r"{(\w+)}", path)
    ]


def _in_query(route: Route) -> list[Schema]:
    return [{"name": name, "in": "query", "schema": schema} for name, schema in route.query.items()]


def _in_headers(route: Route) -> list[Schema]:
    """Return the request headers that this route heeds."""
    heeded = {"IfMatch": errors.StaleVersion, "IdempotencyKey": errors.KeyReused}
    return [{"$ref": f"#/components/parameters/{name}"} for name, kind in heeded.items() if kind in route.raises]


# ---------------------------------------------------------------- what is answered


def _responses(key: str, endpoint: Endpoint, components: _Components) -> Schema:
    route = ROUTES[key]
    refused: dict[int, set[type[RollcallError]]] = {}
    for kind in (*_refusals(key, endpoint), *route.raises):
        refused.setdefault(answers.status_of(kind), set()).add(kind)
    told = {str(status): _success(route, status) for status in sorted({route.status, *route.also})}
    for status, kinds in sorted(refused.items()):
        if endpoint.failure in _PAGE_FAILURES:
            told[str(status)] = components.page(status, bodiless=key.startswith("HEAD "))
        else:
            told[str(status)] = components.refusal(status, kinds)
    return {**told, "500": {"$ref": "#/components/responses/Internal"}}


def _refusals(key: str, endpoint: Endpoint) -> Iterator[type[RollcallError]]:
    """Return the errors that the way to the use case may meet: see rollcall.http.endpoint."""
    yield from (errors.Invalid, http_errors.TooLarge, http_errors.UnsupportedMediaType)
    if endpoint.permission is not None or endpoint.tolerant:
        yield from (*_DEAD_CREDENTIALS, errors.Unavailable)
        if key.partition(" ")[0] not in SAFE:
            yield http_errors.CrossSite
    if endpoint.permission is not None:
        yield errors.Forbidden
    if endpoint.permission in STEP_UP:
        yield errors.StepUpRequired
    if endpoint.link is not None:
        yield from (errors.LinkUnknown, errors.TooManyRequests, errors.Unavailable)
    if "{id}" in key:
        yield errors.NotFound


def _success(route: Route, status: int) -> Schema:
    told: Schema = {
        "description": HTTPStatus(status).phrase,
        "headers": parts.headers(
            *route.headers, *(["Idempotent-Replayed"] if errors.KeyReused in route.raises else [])
        ),
    }
    if route.answer == PAGE:
        told["content"] = {"text/html": {"schema": {"type": "string"}}}
    elif route.answer == EXPORT:
        told["content"] = {media.partition(";")[0]: {"schema": {"type": "string"}} for media in MEDIA.values()}
    elif route.answer is not None:
        told["content"] = {route.media: {"schema": words.ref(route.answer)}}
    return told


def main() -> None:
    """Write both copies."""
    text = written()
    for file in FILES:
        file.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
