"""When something breaks inside, or what arrives is no request at all: closed, said once in the log, and forgotten."""

from __future__ import annotations

import io
import json
import logging
from typing import TYPE_CHECKING

import pytest

from rollcall.auth import secrets
from rollcall.domain import ids
from rollcall.http.observe import logger
from tests import seam

if TYPE_CHECKING:
    from collections.abc import Iterator

    from infra.local.edges import Json
    from tests.kit import World

NORA = "nora@example.com"
INSIDE = "the inside of the service: secret-of-acme"

# One request of every function that a route leads to and that touches the table.
REQUESTS: dict[str, tuple[str, str, Json]] = {
    "invite": ("POST", "/v1/invitations", {"email": NORA}),
    "manage_invitation": ("GET", "/v1/invitations", None),
    "accept": ("POST", "/v1/invitations/inspect", {"token": "{link}"}),
    "members": ("GET", "/v1/members", None),
    "change_role": ("PUT", f"/v1/members/{'mem_' + '0' * 26}/role", {"role": "admin"}),
    "deactivate": ("POST", f"/v1/members/{'mem_' + '0' * 26}/deactivate", None),
    "remove": ("DELETE", f"/v1/members/{'mem_' + '0' * 26}", None),
    "issue_token": ("POST", "/v1/tokens", {"name": "ci"}),
    "revoke_token": ("GET", "/v1/tokens", None),
    "team": ("GET", "/v1/team", None),
    "connections": ("GET", "/v1/team/scim-tokens", None),
    "audit": ("GET", "/v1/audit-events", None),
    "grants": ("GET", f"/v1/members/{'mem_' + '0' * 26}/grants", None),
    "introspect": ("POST", "/v1/introspect", {"token": "no credential"}),
    "product_token": ("POST", "/v1/product-tokens", {"product": "trustgate"}),
    "sign_in": ("POST", "/v1/teams/acme/sessions", {"email": NORA, "password": "some password"}),
    "request_link": ("POST", "/v1/teams", {"name": "Hooli", "slug": "hooli", "owner": {"email": NORA, "name": "Nora"}}),
    "sso": ("GET", f"/sso/{'idp_' + '0' * 26}/start", None),
    "set_password": ("POST", "/v1/password-resets/complete", {"token": "{reset}", "password": "a phrase of words"}),
}


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Collect what the functions log, as it would be written."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logger.registered_formatter)
    logging.getLogger("rollcall").addHandler(handler)
    yield stream
    logging.getLogger("rollcall").removeHandler(handler)


def lines(log: io.StringIO) -> list[Json]:
    return [json.loads(line) for line in log.getvalue().splitlines()]


def broken(_number: int, _name: str) -> seam.Fault:
    return ZeroDivisionError(INSIDE)


def body_for(world: World, body: Json) -> Json:
    """Put well-formed links into the body, so that the request gets as far as the table."""
    links = {
        "{link}": secrets.compose("inv", world.acme.id, "inv_" + "0" * 26, bytes(32)),
        "{reset}": secrets.compose("rst", world.acme.id, world.acme.member.id, bytes(32)),
    }
    return body and {name: links.get(str(value), value) for name, value in body.items()}


def test_every_function_with_a_route_to_the_table_is_broken_below(world: World) -> None:
    routed = {route.function for route in world.stack.template.routes}
    folders = {function.folder.name for name, function in world.stack.template.functions.items() if name in routed}
    assert folders - {"root", "scim"} == set(REQUESTS)  # SCIM fails in its own words: test_scim_errors


@pytest.mark.parametrize("function", list(REQUESTS))
def test_case_180_what_nobody_expected_is_a_plain_500_logged_once(
    world: World, log: io.StringIO, function: str
) -> None:
    method, path, body = REQUESTS[function]
    token = None if function in {"accept", "sign_in", "request_link", "set_password", "sso"} else world.acme.owner.pat
    with world.unchanged(), seam.seam(broken):
        answer = world.call(method, path, body_for(world, body), token=token)
    assert (answer.status, answer.code) == (500, "internal")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-request-id"] in answer.json["instance"]
    told = answer.body.decode()
    for word in ("ZeroDivision", "Traceback", "rollcall.", "rollcall-local", ".py", INSIDE, world.acme.id):
        assert word not in told
    failures = [line for line in lines(log) if line["level"] == "ERROR"]
    assert len(failures) == 1
    assert failures[0]["request_id"] == answer.headers["x-request-id"]
    assert "ZeroDivisionError" in json.dumps(failures[0])


def test_case_081_a_request_that_broke_leaves_no_trace_in_the_next_answer(world: World, log: io.StringIO) -> None:
    """The same warm process: acme's request dies at each of its calls, then globex asks."""
    world.call("GET", "/v1/members", token=world.globex.owner.pat)
    plain = world.call("GET", "/v1/members?q=a", token=world.globex.owner.pat)
    for made in range(2):
        with seam.seam(seam.after(made, ZeroDivisionError(INSIDE))):
            assert world.call("GET", "/v1/members?q=a", token=world.acme.owner.pat).status == 500
        log.seek(0)
        log.truncate()
        answer = world.call("GET", "/v1/members?q=a", token=world.globex.owner.pat)
        assert answer.essence == plain.essence
        for text in ("acme", INSIDE, world.acme.id, world.acme.owner.id, ids.code(world.acme.owner.id)):
            assert text not in answer.body.decode() + json.dumps(dict(answer.headers)) + log.getvalue()


def test_case_081_an_anonymous_request_behind_a_broken_one_is_nobodys(world: World) -> None:
    with seam.seam(seam.after(1, ZeroDivisionError(INSIDE))):
        assert world.call("PATCH", "/v1/me", {"name": "X"}, token=world.acme.owner.pat).status == 500
    assert world.call("PATCH", "/v1/me", {"name": "X"}).status == 401
    assert world.call("GET", "/v1/me").status == 401


REST = {
    "resource": "/v1/me",
    "path": "/v1/me",
    "httpMethod": "GET",
    "headers": {},
    "requestContext": {"identity": {"sourceIp": "192.0.2.1"}, "authorizer": {"principalId": "owner"}},
}
BALANCER = {"requestContext": {"elb": {"targetGroupArn": "arn"}}, "httpMethod": "GET", "path": "/v1/me", "headers": {}}
HTTP_2 = {
    "version": "2.0",
    "routeKey": "GET /v1/me",
    "rawPath": "/v1/me",
    "headers": {},
    "requestContext": {"http": {"method": "GET", "sourceIp": "192.0.2.1"}, "requestId": "request"},
}
STRANGE: dict[str, Json] = {
    "rest api": REST,
    "rest api, said to be 1.0": {**REST, "version": "1.0"},
    "load balancer": BALANCER,
    "nothing": {},
    "null": None,
    "a list": [],
    "text": "GET /v1/me",
    "a stream record": {"Records": [{"eventName": "INSERT"}]},
    "a schedule": {"source": "aws.scheduler", "detail": {}},
    "no request context": {name: value for name, value in HTTP_2.items() if name != "requestContext"},
    "null request context": {**HTTP_2, "requestContext": None},
    "no http": {**HTTP_2, "requestContext": {}},
    "http as text": {**HTTP_2, "requestContext": {"http": "GET"}},
    "null headers": {**HTTP_2, "headers": None},
    "headers as a list": {**HTTP_2, "headers": ["authorization"]},
    "headers as text": {**HTTP_2, "headers": "authorization: x"},
    "no headers": {name: value for name, value in HTTP_2.items() if name != "headers"},
    "null header value": {**HTTP_2, "headers": {"authorization": None}},
    "cookies as text": {**HTTP_2, "cookies": "__Host-rollcall=x"},
    "cookies as a number": {**HTTP_2, "cookies": 7},
    "path parameters as a list": {**HTTP_2, "pathParameters": ["id"]},
    "body as a number": {**HTTP_2, "routeKey": "PATCH /v1/me", "body": 7},
    "unicode path": {**HTTP_2, "rawPath": "/v1/me/\u0000ünïcödé/\ud800"},
    "other route": {**HTTP_2, "routeKey": "GET /v1/members"},
    "unknown route": {**HTTP_2, "routeKey": "DELETE /v1/everything"},
}
FUNCTIONS = ("members", "invite", "manage_invitation")


@pytest.mark.parametrize("what", list(STRANGE))
def test_case_179_whatever_a_function_is_invoked_with_nobody_is_let_in(world: World, what: str) -> None:
    with world.unchanged(), seam.seam() as seen:
        for function in FUNCTIONS:
            answer = world.invoke(function, STRANGE[what] or {"": ""})
            elsewhere = function != "members" or "route" in what
            assert answer["statusCode"] in {400, 401, 404 if elsewhere else 400}, (function, answer)
            assert answer["headers"]["cache-control"] == "no-store"
    assert seen.calls == []


@pytest.mark.parametrize("what", list(STRANGE))
def test_case_179_public_functions_answer_only_what_is_a_request(world: World, what: str) -> None:
    """They let nobody in either; a request of another route is judged by their own rules."""
    with world.unchanged():
        for function in ("accept", "sign_in", "request_link", "set_password", "sso"):
            answer = world.invoke(function, STRANGE[what] or {"": ""})
            assert 400 <= answer["statusCode"] < 500, (function, answer)


@pytest.mark.parametrize("path", ["/v1/me/x.css", "/v1/me;.js", "/v1/me%2f.png", "/v1/me/", "/v1/me.json", "/v1//me"])
def test_case_184_a_path_that_looks_like_a_file_is_no_route_and_never_cached(world: World, path: str) -> None:
    answer = world.call("GET", path, token=world.acme.owner.pat)
    assert (answer.status, answer.headers["cache-control"]) == (404, "no-store")
    assert world.acme.owner.id not in answer.body.decode()


@pytest.mark.parametrize("function", ["note", "note_failure"])
def test_case_263_a_log_that_cannot_be_written_refuses_nobody(world: World, function: str) -> None:
    class Full(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            raise OSError(record.getMessage())

    full = Full()
    logging.getLogger("rollcall").addHandler(full)
    try:
        if function == "note":
            assert world.call("GET", "/v1/me", token=world.acme.owner.pat).status == 200
        else:
            with seam.seam(broken):
                assert world.call("GET", "/v1/me", token=world.acme.owner.pat).status == 500
    finally:
        logging.getLogger("rollcall").removeHandler(full)
