"""HTTP/1.1 on a loopback port in front of a stack, one thread per connection. It knows nothing of handlers."""

from __future__ import annotations

import socket
import time
import uuid
from contextlib import suppress
from http import HTTPStatus
from http.client import responses
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from infra.local.events import HttpRequest
from infra.local.gateway import refusal, too_large
from infra.local.replies import LARGEST_BODY, Response, problem

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Answer = Callable[[str, str, Sequence[tuple[str, str]], bytes, str], Response]
    Log = Callable[[str, Response], None]

HOST: Final = "127.0.0.1"
_LINE: Final = 65_536
_LINGER_SECONDS: Final = 2.0
_LINGER_BYTES: Final = 64 * 1024 * 1024
_BODYLESS: Final = frozenset({HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED})


class BadRequest(Exception):
    """The request cannot be read as HTTP; the connection ends after the answer."""


class TooLarge(Exception):
    """The body is over the limit; the rest of it is not read."""


class Server(ThreadingHTTPServer):
    """Listens on loopback only. `answer` gets each request, `log` each answer."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 512

    def __init__(self, port: int) -> None:
        """Take that port, 0 for any free one. Raises OSError when it is taken."""
        super().__init__((HOST, port), _Connection)
        self.answer: Answer = lambda *_: problem(HTTPStatus.SERVICE_UNAVAILABLE, "starting", "Starting.", "-")
        self.log: Log = lambda *_: None

    @property
    def base_url(self) -> str:
        """Where it listens, without a slash at the end."""
        return f"http://{HOST}:{self.server_port}"

    def server_bind(self) -> None:
        """Bind without asking a name server who we are, as http.server would."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = HOST, self.server_address[1]

    def handle_error(self, request: object, client_address: object) -> None:
        """Stay silent about clients that went away."""


def listen(port: int, tries: int = 20) -> Server:
    """Return a server on `port` or, where that is taken, one of the next ports. Raises OSError after `tries`."""
    for candidate in range(port, port + tries):
        with suppress(OSError, OverflowError):
            return Server(candidate)
    raise OSError(f"ports {port} to {port + tries - 1} are all taken")


class _Connection(BaseHTTPRequestHandler):
    """One client's connection, kept alive between requests."""

    protocol_version = "HTTP/1.1"
    timeout = 60
    disable_nagle_algorithm = True
    server: Server

    def handle_one_request(self) -> None:
        """Read, answer and log one request; any method is welcome, routes decide."""
        self.close_connection = True
        try:
            self.raw_requestline = self.rfile.readline(_LINE + 1)
            if len(self.raw_requestline) > _LINE:
                self.command, self.request_version = "-", self.protocol_version
                self.send_error(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
            elif self.raw_requestline and self.parse_request():
                self._serve()
        except (TimeoutError, ConnectionError):
            self.close_connection = True

    def _serve(self) -> None:
        headers = [(name, value) for name, value in self.headers.items()]
        target, host = _origin_form(self.path)
        if host:  # RFC 9112 3.2.2: the authority of an absolute target replaces Host
            headers = [*((name, value) for name, value in headers if name.lower() != "host"), ("host", host)]
        request = HttpRequest(self.command, target, headers)
        refused = refusal(request)
        if refused is None:
            try:
                body = self._body()
            except TooLarge:
                refused = too_large(request.id)
            except BadRequest as error:
                refused = problem(HTTPStatus.BAD_REQUEST, "malformed_request", str(error), request.id)
        if refused is not None:
            self._refuse(refused)
            return
        self._send(self.server.answer(self.command, target, headers, body, self.client_address[0]))

    def _refuse(self, response: Response) -> None:
        """Answer before the request is read to its end; then read on for a while, or the client never sees it."""
        self.close_connection = True
        self._send(response)
        deadline, left = time.monotonic() + _LINGER_SECONDS, _LINGER_BYTES
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_WR)
            self.connection.settimeout(_LINGER_SECONDS)
            while left > 0 and time.monotonic() < deadline and (chunk := self.rfile.read1(_LINE)):
                left -= len(chunk)

    def _send(self, response: Response) -> None:
        """Write head and body at once. Length and connection are ours to say, not the handler's."""
        skipped = {"content-length", "transfer-encoding", "connection", "date", "server"}
        lines = [f"HTTP/1.1 {response.status} {responses.get(response.status, '')}", f"date: {self.date_time_string()}"]
        lines += [f"{name}: {value}" for name, value in response.headers if name not in skipped]
        bodyless = response.status in _BODYLESS
        if not bodyless:
            lines.append(f"content-length: {len(response.body)}")
        if self.close_connection:
            lines.append("connection: close")
        head = "\r\n".join([*lines, "", ""]).encode("latin-1", "replace")
        self.wfile.write(head if bodyless or self.command == "HEAD" else head + response.body)
        self.server.log(self.command, response)

    def _body(self) -> bytes:
        """Read the body. Raises TooLarge, and BadRequest for framing that two readers could see differently."""
        lengths = self.headers.get_all("content-length", [])
        coding = self.headers.get("transfer-encoding")
        if coding is not None:
            if lengths or coding.strip().lower() != "chunked":
                raise BadRequest("Transfer-Encoding must be chunked, and alone.")
            return self._chunks()
        if len(set(lengths)) > 1 or not all(length.isascii() and length.isdigit() for length in lengths):
            raise BadRequest("Content-Length is not one number.")
        length = int(lengths[0]) if lengths else 0
        if length > LARGEST_BODY:
            raise TooLarge
        return self._exactly(length)

    def _chunks(self) -> bytes:
        body = bytearray()
        while size := self._chunk_size():
            if len(body) + size > LARGEST_BODY:
                raise TooLarge
            body += self._exactly(size)
            if self.rfile.readline(_LINE).strip():
                raise BadRequest("A chunk is longer than it says.")
        while self.rfile.readline(_LINE).strip():
            pass  # trailers say nothing that is used here
        return bytes(body)

    def _chunk_size(self) -> int:
        text = self.rfile.readline(_LINE).partition(b";")[0].strip()
        if not text or text.strip(b"0123456789abcdefABCDEF"):
            raise BadRequest("A chunk has no size.")
        return int(text, 16)

    def _exactly(self, length: int) -> bytes:
        data = self.rfile.read(length)
        if len(data) < length:
            raise ConnectionError("the client left in the middle of its body")
        return data

    def handle_expect_100(self) -> bool:
        """Ask for the body only where it would be taken."""
        length = self.headers.get("content-length", "0")
        if not (length.isdigit() and int(length) > LARGEST_BODY):
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        return True

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Answer what http.server itself refuses, as a problem."""
        status = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE if code == HTTPStatus.REQUEST_URI_TOO_LONG else code
        name = "headers_too_large" if status == HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE else "malformed_request"
        detail = explain or message or HTTPStatus(status).description
        self.command = self.command or "-"
        self._refuse(problem(HTTPStatus(status), name, detail, str(uuid.uuid4())))

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's name
        """Say nothing: the console writes its own lines."""


def _origin_form(target: str) -> tuple[str, str | None]:
    """Return path and query of a request target and, of an absolute one, its authority."""
    if target.startswith("/"):
        return target, None
    scheme, _, _ = target.partition("://")
    if scheme.lower() not in {"http", "https"}:
        return f"/{target}", None
    parts = urlsplit(target)
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else ""), parts.netloc
