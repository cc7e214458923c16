"""The description of the API (OpenAPI 3.1), generated from template.yaml's routes and the handlers behind them.

`python -m infra.openapi` writes it twice: for readers beside this file, and into the package, which serves it.
"""

from __future__ import annotations

import importlib.util
import inspect
import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from infra import openapi_schemas as schemas
from infra.local.template import DEFAULT_ROUTE, read_template
from infra.openapi_routes import PAGE, PATH, ROUTES
from rollcall.domain import errors
from rollcall.domain.permissions import STEP_UP
from rollcall.http import errors as http_errors
from rollcall.http.bodies import FORM, Nothing
from rollcall.http.errors import TABLE
from rollcall.http.reply import JSON, PROBLEM
from rollcall.http.request import COOKIE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from infra.openapi_routes import Route
    from infra.openapi_schemas import Schema
    from rollcall.http.endpoint import Endpoint

ROOT: Final = Path(__file__).resolve().parents[1]
FILES: Final = (ROOT / "infra/openapi.json", ROOT / "shared/rollcall/http/openapi.json")
SAFE: Final = frozenset({"GET", "HEAD"})
ABOUT: Final = """\
Team membership: who belongs to a team, with what role, to which products, and who changed that when.

Bodies are strict: unknown fields, duplicate keys and wrong types are refused with a pointer. Every refusal is a
`application/problem+json` with a stable `code`. Further answers, of no route in particular: 404 `route_not_found`, 405
`method_not_allowed` with `Allow`; and API Gateway's own 413, 429, 431 and 503, which carry no `code`.
"""


@dataclass(slots=True)
class _Components:
    """What operations share, named as it is met."""

    schemas: dict[str, Schema] = field(default_factory=dict)
    responses: dict[str, Schema] = field(default_factory=dict)

    def body(self, shape: type) -> Schema:
        """Name a body's schema, and return a reference to it."""
        self.schemas[shape.__name__] = schemas.body(shape)
        return schemas.ref(shape.__name__)

    def refusal(self, kinds: Iterable[type[errors.RollcallError]]) -> Schema:
        """Name the answer to errors of one status by their codes, and return a reference to it."""
        listed = sorted(kinds, key=lambda kind: kind.code)
        codes = list(dict.fromkeys(kind.code for kind in listed))
        name = "Or".join("".join(word.title() for word in code.split("_")) for code in codes)
        self.responses[name] = {
            "description": "; ".join(f"`{code}`" for code in codes),
            "headers": _header_refs(_refusal_headers(listed)),
            "content": {PROBLEM: {"schema": {**schemas.ref("Problem"), "properties": {"code": {"enum": codes}}}}},
        }
        return {"$ref": f"#/components/responses/{name}"}


def describe() -> dict[str, Any]:
    """Return the description."""
    components = _Components(schemas=schemas.answers())
    components.refusal([errors.NotFound])
    paths: dict[str, dict[str, Schema]] = {}
    for key, endpoint in endpoints():
        method, path = key.split(" ")
        paths.setdefault(path, {})[method.lower()] = _operation(method, path, endpoint, components)
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
        "paths": {path: paths[path] for path in sorted(paths)},
        "components": {
            "schemas": dict(sorted(components.schemas.items())),
            "responses": dict(sorted(components.responses.items())),
            "headers": HEADERS,
            "parameters": PARAMETERS,
            "securitySchemes": SECURITY,
        },
    }


def endpoints() -> Iterator[tuple[str, Endpoint]]:
    """Return every described route's key and endpoint, in the template's order."""
    template = read_template(ROOT / "template.yaml")
    for route in template.routes:
        if route.path != DEFAULT_ROUTE:
            yield route.key, served(template.functions[route.function].folder)[route.key]


def served(folder: Path) -> dict[str, Endpoint]:
    """Return the endpoints of one function by route key; of one that has a single endpoint, by any key."""
    handler = _load(folder)
    found: dict[str, Endpoint] | None = getattr(handler, "endpoints", None)
    return _Only(handler) if found is None else found


class _Only(dict[str, Any]):
    """The one endpoint of a function, whatever its route is called."""

    def __init__(self, endpoint: Endpoint) -> None:
        super().__init__()
        self._endpoint = endpoint

    def __missing__(self, key: str) -> Endpoint:
        return self._endpoint


def _load(folder: Path) -> Any:  # noqa: ANN401 a handler is an Endpoint or a function that has some
    spec = importlib.util.spec_from_file_location(f"described_{folder.name}", folder / "handler.py")
    if spec is None or spec.loader is None:
        raise FileNotFoundError(folder / "handler.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.handler


# ---------------------------------------------------------------- one operation


def _operation(method: str, path: str, endpoint: Endpoint, components: _Components) -> Schema:
    route = ROUTES[f"{method} {path}"]
    told: Schema = {
        "operationId": route.name,
        "summary": (inspect.getdoc(endpoint.action) or "").partition("\n")[0].rstrip("."),
        "tags": [_tag(path)],
        "security": _security(endpoint),
        "parameters": [*_path_parameters(path), *_query_parameters(route), *_header_parameters(route)],
    }
    if endpoint.body is not Nothing:
        media = FORM if endpoint.form else JSON
        told["requestBody"] = {"required": True, "content": {media: {"schema": components.body(endpoint.body)}}}
    told["responses"] = _responses(method, path, endpoint, route, components)
    return {name: value for name, value in told.items() if value or name == "security"}


def _tag(path: str) -> str:
    parts = path.split("/")
    return parts[2] if parts[1] == "v1" and parts[2] != "openapi.json" else "service" if "{" not in path and True else "pages"
