"""The description of the API: as generated, complete, well-formed, and what the service answers from."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from infra import openapi
from infra.local.template import read_template
from infra.openapi_answers import INTERNAL, codes
from infra.openapi_routes import ROUTES
from infra.openapi_schemas import READ
from rollcall.domain.errors import RollcallError
from rollcall.domain.invitations import State
from rollcall.domain.members import Status
from rollcall.domain.permissions import Role
from rollcall.http import queries
from rollcall.http.bodies import Nothing
from rollcall.http.readers import READERS
from rollcall.http.sso_readers import SSO_READERS
from tests.conformance import DESCENDING, DESCRIPTION, JUDGES, METHODS, SAYS_NOTHING, deviations, operations, resolved

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.kit import World

TEMPLATE = read_template(openapi.ROOT / "template.yaml")
ROUTED = {
    function.folder.name: [r.key for r in TEMPLATE.routes if r.function == name]
    for name, function in TEMPLATE.functions.items()
}
OPERATIONS = operations()
KEYS = sorted(OPERATIONS)
ENDPOINTS = openapi.endpoints()


# ---------------------------------------------------------------- as generated


@pytest.mark.parametrize("file", openapi.FILES, ids=lambda file: file.parent.name)
def test_the_committed_description_is_the_generated_one(file: Path) -> None:
    assert file.read_text("utf-8") == openapi.written(), "make openapi"


def test_every_route_of_the_template_is_described_and_no_other() -> None:
    routed = {key for keys in ROUTED.values() for key in keys}
    assert set(OPERATIONS) == routed - openapi.UNDESCRIBED == set(ROUTES)


@pytest.mark.parametrize("folder", sorted(folder for folder, keys in ROUTED.items() if keys))
def test_a_function_answers_the_routes_that_lead_to_it_and_no_other(folder: str) -> None:
    handled = openapi.handled(openapi.ROOT / "functions" / folder, ROUTED[folder])
    assert sorted(handled) == sorted(ROUTED[folder])


def test_every_reader_of_bodies_has_a_schema() -> None:
    assert READ.keys() == READERS.keys() | SSO_READERS.keys()


def test_every_error_that_can_leave_the_service_is_described() -> None:
    described = set(DESCRIPTION["components"]["schemas"]["Problem"]["properties"]["code"]["enum"])
    leaving = {kind for kind in tree(RollcallError) if not issubclass(kind, INTERNAL)} - {RollcallError}
    assert described == {kind.code for kind in leaving}
    assert set(codes().values()) <= {400, 401, 403, 404, 405, 409, 410, 412, 413, 415, 422, 429, 500, 503}


def test_everything_that_an_error_tells_besides_is_described() -> None:
    code = "".join(path.read_text("utf-8") for path in (openapi.ROOT / "shared/rollcall").rglob("*.py"))
    told = {name for extra in re.findall(r"\(extra=({[^}]*})", code) for name in re.findall(r'"(\w+)":', extra)}
    told |= set(re.findall(r'\.extra\["(\w+)"\] =', code))
    assert told
    assert told <= DESCRIPTION["components"]["schemas"]["Problem"]["properties"].keys()


def tree(kind: type[RollcallError]) -> set[type[RollcallError]]:
    return {kind}.union(*(tree(child) for child in kind.__subclasses__()))


# ---------------------------------------------------------------- complete


@pytest.mark.parametrize("key", KEYS)
def test_an_operation_says_who_may_call_it_what_it_does_and_what_it_may_answer(key: str) -> None:
    operation, endpoint = OPERATIONS[key], ENDPOINTS[key]
    assert operation["summary"]
    public = {} in operation["security"]
    assert public == (endpoint.permission is None and not endpoint.leaving)
    assert ("requestBody" in operation) == (endpoint.body is not Nothing)
    always = {"400", "413", "415", "500"}
    asked = {"401", "403", "503"} if endpoint.permission else {"410", "429", "503"} if endpoint.link else set()
    assert always | asked <= operation["responses"].keys()
    successes = sorted({ROUTES[key].status, *ROUTES[key].also})
    assert [status for status in operation["responses"] if status < "400"] == [str(status) for status in successes]


def test_every_operation_has_a_name_of_its_own() -> None:
    names = [operation["operationId"] for operation in OPERATIONS.values()]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(
    ("key", "names"),
    [
        ("GET /v1/members", queries.MEMBER_FILTERS),
        ("GET /v1/invitations", queries.INVITATION_FILTERS),
    ],
)
def test_a_list_describes_every_filter_that_it_takes(key: str, names: tuple[str, ...]) -> None:
    described = {p["name"]: p["schema"] for p in OPERATIONS[key]["parameters"]}
    assert set(described) == {*names, *queries.PAGING}
    assert described["limit"]["maximum"] == queries.GREATEST_LIMIT
    assert described["role"]["enum"] == list(Role)


def test_the_choices_of_a_filter_are_those_of_the_domain() -> None:
    members = {p["name"]: p["schema"] for p in OPERATIONS["GET /v1/members"]["parameters"]}
    invitations = {p["name"]: p["schema"] for p in OPERATIONS["GET /v1/invitations"]["parameters"]}
    assert members["status"]["enum"] == [*Status, queries.ALL]
    assert invitations["state"]["enum"] == list(State)


def test_the_parameters_of_a_path_are_the_described_ones() -> None:
    for key, operation in OPERATIONS.items():
        in_path = [p["name"] for p in operation.get("parameters", []) if p.get("in") == "path"]
        assert in_path == re.findall(r"{(\w+)}", key), key


# ---------------------------------------------------------------- well-formed


def nodes(value: object, at: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every object of the document, with its JSON pointer."""
    if isinstance(value, dict):
        yield at, value
        for name, child in value.items():
            yield from nodes(child, f"{at}/{name}")
    elif isinstance(value, list):
        for number, child in enumerate(value):
            yield from nodes(child, f"{at}/{number}")


def test_every_reference_leads_somewhere_and_everything_named_is_used() -> None:
    used = {node["$ref"] for _, node in nodes(DESCRIPTION) if "$ref" in node}
    for reference in used:
        assert resolved({"$ref": reference}), reference
    named = {
        f"#/components/{kind}/{name}"
        for kind, each in DESCRIPTION["components"].items()
        if kind != "securitySchemes"
        for name in each
    }
    assert named <= used


def test_every_path_holds_methods_only_and_every_answer_a_description() -> None:
    assert DESCRIPTION["openapi"].startswith("3.1.")
    for path, methods in DESCRIPTION["paths"].items():
        assert path.startswith("/")
        assert set(methods) <= set(METHODS)
    for key, operation in OPERATIONS.items():
        for status, answer in operation["responses"].items():
            assert re.fullmatch("[2-5][0-9]{2}", status), key
            assert resolved(answer)["description"], key


def test_every_credential_of_an_operation_is_described() -> None:
    schemes = DESCRIPTION["components"]["securitySchemes"].keys()
    assert {name for operation in OPERATIONS.values() for each in operation["security"] for name in each} == schemes


def test_every_schema_uses_keywords_that_the_tests_judge() -> None:
    known = JUDGES.keys() | SAYS_NOTHING | DESCENDING | {"$ref"}
    for schema in schemas():
        assert schema.keys() <= known, schema
        assert set(schema.get("required", [])) <= schema.get("properties", {}).keys()
        re.compile(schema.get("pattern", ""))


def schemas() -> Iterator[dict[str, Any]]:
    """Every schema of the document, nested ones included."""
    waiting = [*DESCRIPTION["components"]["schemas"].values()]
    waiting += [node["schema"] for _, node in nodes(DESCRIPTION) if isinstance(node.get("schema"), dict)]
    while waiting:
        schema = waiting.pop()
        yield schema
        waiting += [*schema.get("properties", {}).values(), *schema.get("oneOf", [])]
        waiting += [schema["items"]] if "items" in schema else []


# ---------------------------------------------------------------- served


def test_the_service_hands_out_the_description(world: World) -> None:
    answer = world.call("GET", "/v1/openapi.json")
    assert answer.status == 200
    assert answer.json == DESCRIPTION


@pytest.mark.parametrize("key", KEYS)
def test_a_method_that_a_path_does_not_take_is_405_with_those_that_it_takes(world: World, key: str) -> None:
    path = re.sub(r"{\w+}", "x", key.partition(" ")[2])
    before = world.digest()
    taken = {method.upper() for method in DESCRIPTION["paths"][key.partition(" ")[2]]}
    for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"):
        answer = world.call(method, path)
        if method in taken:
            assert answer.status != 405
        elif answer.status == 405:
            assert taken <= set(answer.headers["allow"].split(", "))
            assert method not in answer.headers["allow"].split(", ")
            assert deviations(method, path, answer) == []
        else:  # another template of that length takes it: /v1/invitations/{id} reads "accept" as an id
            assert answer.status in {401, 404}, (method, path)
    assert world.digest() == before


@pytest.mark.parametrize(
    "path",
    [
        "/v1/me/x.css",
        "/v1/me;.js",
        "/v1/me%2f.png",
        "/v1/me%2F",
        "/v1/me/",
        "/v1//me",
        "/v1/ME",
        "/v1/members/",
        "/v1/invitations/x/link/y",
        "/v1",
        "/",
        "/i/",
        "/healthz/x.js",
    ],
)
def test_case_184_a_path_beside_a_route_is_404_and_never_stored(world: World, path: str) -> None:
    before = world.digest()
    for method in ("GET", "HEAD", "POST", "DELETE"):
        answer = world.call(method, path, token=world.acme.owner.pat)
        assert (answer.status, answer.headers["cache-control"]) == (404, "no-store")
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.code == "route_not_found"
    assert world.digest() == before
