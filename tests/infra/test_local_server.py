"""The loopback server speaks HTTP/1.1 as clients expect, with many of them at once."""

from __future__ import annotations

import json
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http.client import HTTPConnection
from typing import TYPE_CHECKING

import pytest

from infra.local.replies import LARGEST_BODY, Response
from infra.local.server import Server, listen

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MIB = 1024 * 1024


def echo(method: str, target: str, headers: Sequence[tuple[str, str]], body: bytes, source_ip: str) -> Response:
    """Tell what arrived, with a header of each kind."""
    seen = {"method": method, "target": target, "headers": headers, "length": len(body), "body": body[:99].decode()}
    answer = json.dumps(seen | {"source_ip": source_ip}).encode()
    status = 204 if target == "/nothing" else 200
    return Response(status, [("set-cookie", "a=1"), ("set-cookie", "b=2"), ("content-length", "7")], answer)


@pytest.fixture
def server() -> Iterator[Server]:
    with Server(0) as server:
        server.answer = echo
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def raw(server: Server, text: bytes) -> bytes:
    """Send bytes as they are and return all that comes back until the server closes."""
    with socket.create_connection(("127.0.0.1", server.server_port), timeout=5) as client:
        client.sendall(text)
        answer = b""
        while chunk := client.recv(65536):
            answer += chunk
        return answer


def document(answer: bytes) -> dict[str, object]:
    parsed: dict[str, object] = json.loads(answer.partition(b"\r\n\r\n")[2])
    return parsed


def test_a_connection_serves_many_requests_and_keeps_each_cookie(server: Server) -> None:
    with closing(HTTPConnection("127.0.0.1", server.server_port)) as client:
        for number in range(3):
            client.request("PROPFIND", f"/x?n={number}", b"hello", {"X-A": "1"})
            answer = client.getresponse()
            seen = json.loads(answer.read())
            assert (seen["method"], seen["target"], seen["body"]) == ("PROPFIND", f"/x?n={number}", "hello")
            assert answer.msg.get_all("set-cookie") == ["a=1", "b=2"]
            assert answer.getheader("server") is None


def test_head_and_204_have_no_body_and_the_connection_stays_in_step(server: Server) -> None:
    with closing(HTTPConnection("127.0.0.1", server.server_port)) as client:
        for method, target in (("HEAD", "/x"), ("GET", "/nothing"), ("GET", "/x")):
            client.request(method, target)
            answer = client.getresponse()
            assert bool(answer.read()) is (target == "/x" and method == "GET")


def test_a_chunked_body_arrives_whole(server: Server) -> None:
    answer = raw(
        server,
        b"POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
        b"5;ext=1\r\nhello\r\n6\r\n world\r\n0\r\nTrailer: 1\r\n\r\n",
    )
    assert document(answer)["body"] == "hello world"


def test_an_absolute_target_becomes_a_path_and_names_the_host(server: Server) -> None:
    answer = raw(server, b"GET http://named.example:1/a%2Fb?c=d HTTP/1.1\r\nHost: other\r\nConnection: close\r\n\r\n")
    seen = document(answer)
    assert seen["target"] == "/a%2Fb?c=d"
    assert ["host", "named.example:1"] in seen["headers"]  # type: ignore[operator]
    assert "other" not in str(seen["headers"])


@pytest.mark.parametrize(
    "head",
    [
        b"Content-Length: 5\r\nTransfer-Encoding: chunked",
        b"Transfer-Encoding: gzip, chunked",
        b"Content-Length: 5\r\nContent-Length: 6",
        b"Content-Length: -5",
        b"Content-Length: five",
    ],
)
def test_ambiguous_framing_is_a_400_and_ends_the_connection(server: Server, head: bytes) -> None:
    answer = raw(server, b"POST /x HTTP/1.1\r\nHost: x\r\n" + head + b"\r\n\r\nhello")
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert document(answer)["code"] == "malformed_request"


@pytest.mark.parametrize("text", [b"nonsense\r\n\r\n", b"GET /x HTTP/9.9\r\n\r\n", b"GET /x HTTP/1.1 more\r\n\r\n"])
def test_what_is_not_http_gets_a_problem_answer(server: Server, text: bytes) -> None:
    answer = raw(server, text)
    assert b"application/problem+json" in answer
    assert b"\nserver:" not in answer.lower()


def test_a_body_over_the_limit_is_a_413_that_the_client_gets_to_read(server: Server) -> None:
    for sent in (LARGEST_BODY + 1, 20 * MIB):
        with closing(HTTPConnection("127.0.0.1", server.server_port, timeout=10)) as client:
            client.request("POST", "/x", b"x" * sent)
            answer = client.getresponse()
            assert (answer.status, json.loads(answer.read())["code"]) == (413, "body_too_large")
    with closing(HTTPConnection("127.0.0.1", server.server_port, timeout=10)) as client:
        client.request("POST", "/x", b"x" * LARGEST_BODY)
        assert json.loads(client.getresponse().read())["length"] == LARGEST_BODY


def test_a_chunked_body_over_the_limit_is_a_413(server: Server) -> None:
    with closing(HTTPConnection("127.0.0.1", server.server_port, timeout=10)) as client:
        client.request(
            "POST", "/x", iter([b"x" * MIB] * 8), encode_chunked=True, headers={"Transfer-Encoding": "chunked"}
        )
        assert client.getresponse().status == 413


@pytest.mark.parametrize(
    "text",
    [
        b"GET /x HTTP/1.1\r\nHost: x\r\nBig: " + b"a" * 10_300 + b"\r\n\r\n",
        b"GET /" + b"a" * 10_300 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /x HTTP/1.1\r\nHost: x\r\nBig: " + b"a" * 70_000 + b"\r\n\r\n",
        b"GET /x HTTP/1.1\r\n" + b"A: b\r\n" * 200 + b"\r\n",
    ],
    ids=["header", "target", "long line", "long header", "many headers"],
)
def test_a_head_over_the_limit_is_a_431(server: Server, text: bytes) -> None:
    answer = raw(server, text)
    assert answer.startswith(b"HTTP/1.1 431 ")
    assert document(answer)["code"] == "headers_too_large"


def test_expect_continue_is_answered_only_for_a_body_that_would_be_taken(server: Server) -> None:
    head = b"POST /x HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nConnection: close\r\nContent-Length: "
    assert raw(server, head + b"5\r\n\r\nhello").startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 ")
    assert raw(server, head + b"99999999\r\n\r\n").startswith(b"HTTP/1.1 413 ")


def test_a_hundred_clients_at_once_are_all_served(server: Server) -> None:
    together = threading.Barrier(100)

    def ask(number: int) -> int:
        together.wait()
        with closing(HTTPConnection("127.0.0.1", server.server_port, timeout=10)) as client:
            client.request("POST", "/x", str(number).encode())
            return int(json.loads(client.getresponse().read())["body"])

    with ThreadPoolExecutor(100) as pool:
        assert sorted(pool.map(ask, range(100))) == list(range(100))


def test_a_taken_port_is_stepped_over(server: Server) -> None:
    with listen(server.server_port) as other:
        assert other.server_port > server.server_port
        assert other.base_url == f"http://127.0.0.1:{other.server_port}"
