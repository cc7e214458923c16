"""The gateway answers and builds events as an API Gateway HTTP API does."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest

from infra.local.gateway import LARGEST_HEAD, Gateway
from infra.local.replies import LARGEST_BODY
from tests.infra.local_toy import toy_checkout, write

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from infra.local.replies import Response


@pytest.fixture
def reports() -> list[str]:
    return []


@pytest.fixture
def gateway(tmp_path: Path, reports: list[str], monkeypatch: pytest.MonkeyPatch) -> Gateway:
    monkeypatch.syspath_prepend(str(tmp_path / "shared"))
    return Gateway.at(toy_checkout(tmp_path), reports.append)


@pytest.fixture
def reply(gateway: Gateway) -> Callable[[object], Response]:
    """Have a handler return that value."""
    kind = [("content-type", "application/json")]
    return lambda value: gateway.call("POST", "/reply", kind, json.dumps({"reply": value}).encode())


def event(
    gateway: Gateway,
    method: str,
    target: str,
    headers: Sequence[tuple[str, str]] = (),
    body: bytes = b"",
    source_ip: str = "127.0.0.1",
) -> dict[str, Any]:
    result: dict[str, Any] = gateway.call(method, target, headers, body, source_ip).json()["event"]
    return result


def test_the_event_has_the_shape_of_payload_2_0(gateway: Gateway) -> None:
    headers = [("Host", "evil"), ("X-Two", "a"), ("x-two", "b"), ("Cookie", "a=1; b=2"), ("User-Agent", "me")]
    seen = event(gateway, "GET", "/things/a%2Fb%2520?x=1&x=2&y=%C3%A9&z=", headers, b"", "192.0.2.7")
    context = seen["requestContext"]
    assert seen["version"] == "2.0"
    assert seen["routeKey"] == context["routeKey"] == "GET /things/{id}"
    assert seen["rawPath"] == "/things/a%2Fb%2520"
    assert seen["rawQueryString"] == "x=1&x=2&y=%C3%A9&z="
    assert seen["queryStringParameters"] == {"x": "1,2", "y": "é", "z": ""}
    assert seen["pathParameters"] == {"id": "a/b%20"}
    assert seen["cookies"] == ["a=1", "b=2"]
    assert seen["headers"]["x-two"] == "a,b"
    assert "cookie" not in seen["headers"]
    assert seen["headers"]["x-forwarded-for"] == "192.0.2.7"
    assert context["http"] == {
        "method": "GET",
        "path": "/things/a%2Fb%2520",
        "protocol": "HTTP/1.1",
        "sourceIp": "192.0.2.7",
        "userAgent": "me",
    }
    assert context["stage"] == "$default"
    assert context["domainName"] == f"{context['domainPrefix']}.execute-api.us-east-1.amazonaws.com"
    assert set(context) >= {"accountId", "apiId", "requestId", "time", "timeEpoch"}


def test_absent_parts_of_a_request_are_absent_from_the_event(gateway: Gateway) -> None:
    seen = event(gateway, "GET", "/things/special")
    assert not {"body", "cookies", "queryStringParameters", "pathParameters"} & seen.keys()
    assert seen["isBase64Encoded"] is False


@pytest.mark.parametrize(
    ("method", "path", "route"),
    [
        ("GET", "/things/special", "GET /things/special"),
        ("GET", "/things/other", "GET /things/{id}"),
        ("GET", "/things/a/b", "GET /things/{proxy+}"),
        ("HEAD", "/things/special", "HEAD /things/special"),
        ("HEAD", "/things/other", "$default"),
        ("PUT", "/things/other", "$default"),
        ("GET", "/things/", "$default"),
        ("GET", "/things/special/", "GET /things/{proxy+}"),
        ("GET", "/nowhere", "$default"),
        ("BREW", "/things/special", "$default"),
    ],
)
def test_literals_come_before_parameters_and_the_default_last(
    gateway: Gateway, method: str, path: str, route: str
) -> None:
    answer = gateway.call(method, path)
    assert answer.route == route
    assert answer.function == "EchoFunction"


def test_without_a_default_route_an_unknown_path_is_the_gateways_404(tmp_path: Path, gateway: Gateway) -> None:
    text = (tmp_path / "template.yaml").read_text()
    write(tmp_path / "template.yaml", text.replace("        Default: { Type: HttpApi }\n", ""))
    answer = Gateway.at(tmp_path).call("GET", "/nowhere")
    assert (answer.status, answer.json(), answer.function) == (404, {"message": "Not Found"}, None)
    assert gateway.call("GET", "/nowhere").status == 200


@pytest.mark.parametrize(
    ("kind", "encoded"),
    [
        ("application/json", False),
        ("application/json; charset=utf-8", False),
        ("text/plain", False),
        ("application/xml", False),
        ("application/javascript", False),
        ("application/x-www-form-urlencoded", True),
        ("application/scim+json", True),
        ("application/octet-stream", True),
        (None, True),
    ],
)
def test_only_text_types_travel_as_text(gateway: Gateway, kind: str | None, encoded: bool) -> None:
    headers = [("Content-Type", kind)] if kind else []
    seen = event(gateway, "POST", "/things/1", headers, b'{"a": 1}')
    body = base64.b64decode(seen["body"]) if seen["isBase64Encoded"] else seen["body"].encode()
    assert (seen["isBase64Encoded"], body) == (encoded, b'{"a": 1}')


def test_bytes_that_are_no_text_reach_the_handler_as_they_were_sent(gateway: Gateway) -> None:
    seen = event(gateway, "POST", "/things/1", [("Content-Type", "application/json")], b'{"a": "\xff"}')
    assert (seen["isBase64Encoded"], base64.b64decode(seen["body"])) == (True, b'{"a": "\xff"}')


def test_the_handlers_answer_becomes_http(reply: Callable[[object], Response]) -> None:
    answer = reply(
        {
            "statusCode": 201,
            "headers": {"X-One": "1", "X-Flag": True, "content-type": "image/png"},
            "cookies": ["a=1; Path=/", "b=2"],
            "body": base64.b64encode(b"\x00\xff").decode(),
            "isBase64Encoded": True,
        }
    )
    assert (answer.status, answer.body) == (201, b"\x00\xff")
    assert [pair for pair in answer.headers if pair[0] == "set-cookie"] == [
        ("set-cookie", "a=1; Path=/"),
        ("set-cookie", "b=2"),
    ]
    assert (answer.header("x-one"), answer.header("x-flag"), answer.header("content-type")) == (
        "1",
        "true",
        "image/png",
    )


def test_a_bare_value_is_a_200_of_json(reply: Callable[[object], Response]) -> None:
    answer = reply({"a": 1})
    assert (answer.status, answer.json(), answer.header("content-type")) == (200, {"a": 1}, "application/json")
    assert reply("plain").body == b"plain"
    assert reply({"statusCode": 204}).body == b""


@pytest.mark.parametrize(
    "value",
    [
        {"statusCode": "many"},
        {"statusCode": 1000},
        {"statusCode": 200, "body": {"not": "a string"}},
        {"statusCode": 200, "headers": {"x": None}},
        {"statusCode": 200, "headers": {"x": "a\r\nset-cookie: b"}},
        {"statusCode": 200, "headers": ["x"]},
        {"statusCode": 200, "body": "***", "isBase64Encoded": True},
        {"statusCode": 200, "body": "x" * (LARGEST_BODY + 1)},
    ],
    ids=lambda value: str(value)[:60],
)
def test_a_malformed_answer_is_a_plain_500(
    gateway: Gateway, reports: list[str], value: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gateway.functions, "invoke", lambda *_: value)
    answer = gateway.call("POST", "/reply")
    assert (answer.status, answer.json()) == (500, {"message": "Internal Server Error"})
    assert "ReplyFunction" in reports[0]


def test_an_exception_is_a_plain_500_and_its_traceback_is_ours_alone(gateway: Gateway, reports: list[str]) -> None:
    answer = gateway.call("GET", "/boom")
    assert (answer.status, answer.json()) == (500, {"message": "Internal Server Error"})
    assert "ValueError: no such luck" in reports[0]
    assert "functions/reply/handler.py" in reports[0]
    assert "functions.py" not in reports[0]


def test_a_handler_with_a_syntax_error_is_500_until_it_is_mended(
    tmp_path: Path, gateway: Gateway, reports: list[str]
) -> None:
    handler = tmp_path / "functions/echo/handler.py"
    good = handler.read_text()
    write(handler, "def handler(:")
    assert [gateway.call("GET", "/things/1").status for _ in range(3)] == [500, 500, 500]
    assert len(reports) == 1
    assert "SyntaxError" in reports[0]
    write(handler, good)
    gateway.functions.forget()
    assert gateway.call("GET", "/things/1").status == 200


def test_head_and_body_limits_are_the_gateways(gateway: Gateway) -> None:
    line = len("GET /things/1 HTTP/1.1")
    fits = [("x", "a" * (LARGEST_HEAD - line - 3))]
    assert gateway.call("GET", "/things/1", fits).status == 200
    over = gateway.call("GET", "/things/1", [("x", fits[0][1] + "a")])
    assert (over.status, over.code) == (431, "headers_too_large")
    big = gateway.call("POST", "/things/1", [], b"x" * (LARGEST_BODY + 1))
    assert (big.status, big.code) == (413, "body_too_large")
    assert big.header("content-type") == "application/problem+json"
    assert big.header("x-request-id")


def test_the_context_tells_the_templates_limits(gateway: Gateway) -> None:
    answer = gateway.call("GET", "/things/1").json()
    assert 6000 < answer["left"] <= 7000
    assert answer["id"] == answer["event"]["requestContext"]["requestId"]


def test_the_gateway_itself_takes_less_than_a_millisecond(gateway: Gateway) -> None:
    gateway.call("GET", "/things/1")
    assert min(gateway.call("GET", "/things/1").ms for _ in range(50)) < 1
