"""The one way out of the service to a host that a team has named: small answers, soon, from public addresses (case 39).

Nothing of an answer is ever told or logged: what is raised says in words of our own what was wrong.
"""

import http.client
import io
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, cast
from urllib.parse import urlencode

from rollcall.auth.outbound import Url, public, read_url
from rollcall.domain.errors import ProviderUnavailable

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

LARGEST_ANSWER = 256 * 1024
PATIENCE_SECONDS = 3.0
OK = 200
_FINAL = range(200, 600)
_REDIRECTS = range(300, 400)
_AGENT = "rollcall"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a host answered: the status, and a body of at most 256 KiB."""

    status: int
    body: bytes = field(repr=False)


@cache
def _trust() -> ssl.SSLContext:
    """Return the system's trust in certificate authorities; loading it takes tens of milliseconds."""
    return ssl.create_default_context()


def _resolved(host: str, port: int) -> Sequence[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def _dialled(address: str, port: int, patience: float) -> socket.socket:
    return socket.create_connection((address, port), patience)


@dataclass(frozen=True, slots=True)
class Wire:
    """The network, passed in: how names are resolved and addresses dialled, who is trusted, how long we wait."""

    resolve: Callable[[str, int], Sequence[str]] = _resolved
    dial: Callable[[str, int, float], socket.socket] = _dialled
    trust: Callable[[], ssl.SSLContext] = _trust
    patience: float = PATIENCE_SECONDS


NETWORK = Wire()


def get(url: str, wire: Wire = NETWORK) -> bytes:
    """Return what lies at an address. Raises ProviderUnavailable for anything but a 200 within 3 s and 256 KiB."""
    answer = _exchange("GET", url, b"", {}, wire)
    if answer.status != OK:
        raise ProviderUnavailable(f"answered {answer.status}")
    return answer.body


def post_form(url: str, fields: Mapping[str, str], headers: Mapping[str, str], wire: Wire = NETWORK) -> Answer:
    """Send a form and return the answer, whatever its status but a redirect. Raises ProviderUnavailable."""
    form = {"Content-Type": "application/x-www-form-urlencoded", **headers}
    return _exchange("POST", url, urlencode(fields).encode(), form, wire)


def _exchange(method: str, url: str, body: bytes, headers: Mapping[str, str], wire: Wire) -> Answer:
    where = read_url(url)
    if where is None:
        raise ProviderUnavailable("an address that is never asked")
    deadline = time.monotonic() + wire.patience
    try:
        with _connected(where, wire, deadline) as connection:
            connection.settimeout(_left(deadline))
            connection.sendall(_request(method, where, body, headers))
            return _answer(http.client.HTTPResponse(_Incoming(connection, deadline).as_socket(), method=method))
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise ProviderUnavailable(_said(error)) from None


def _said(error: Exception) -> str:
    """Return what went wrong; the library's own words may quote the answer."""
    if isinstance(error, TimeoutError):
        return "no answer in time"
    return "no certificate to trust" if isinstance(error, ssl.SSLError) else "no usable answer"


def _request(method: str, where: Url, body: bytes, headers: Mapping[str, str]) -> bytes:
    """Return the request's bytes; without Accept-Encoding, which lets nobody send a small answer that unpacks large."""
    fixed = {"Host": where.authority, "Accept": "application/json", "User-Agent": _AGENT, "Connection": "close"}
    lines = {**fixed, **headers, **({"Content-Length": str(len(body))} if body else {})}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"{method} {where.target} HTTP/1.1\r\n{head}\r\n".encode("ascii") + body


def _answer(response: http.client.HTTPResponse) -> Answer:
    """Return the answer read whole; a redirect is followed nowhere, and what is compressed is not unpacked."""
    response.begin()
    if response.status not in _FINAL or response.status in _REDIRECTS:
        raise ProviderUnavailable(f"answered {response.status}")
    if response.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise ProviderUnavailable("a compressed answer")
    body = response.read(LARGEST_ANSWER + 1)
    if len(body) > LARGEST_ANSWER:
        raise ProviderUnavailable("an answer that is too large")
    return Answer(response.status, body)


class _Incoming(io.RawIOBase):
    """What comes in, byte by byte if need be, until the deadline of the whole or the largest answer with its head."""

    def __init__(self, connection: socket.socket, deadline: float) -> None:
        self._connection, self._deadline, self._room = connection, deadline, 2 * LARGEST_ANSWER

    def as_socket(self) -> socket.socket:
        """Return itself as http.client wants it, which of a socket calls `makefile` alone."""
        return cast("socket.socket", self)

    def makefile(self, _mode: str) -> io.BufferedReader:
        """Return the buffer that http.client reads from."""
        return io.BufferedReader(self)

    def readable(self) -> bool:
        """Say that this is for reading."""
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        """Wait for more, but no longer than until the deadline."""
        self._connection.settimeout(_left(self._deadline))
        count = self._connection.recv_into(buffer)
        self._room -= count
        if self._room < 0:
            raise ProviderUnavailable("an answer that is too large")
        return count


def _connected(where: Url, wire: Wire, deadline: float) -> socket.socket:
    """Return a connection to the very address that was checked; TLS and the Host header alone say the name."""
    plain = _first(_addresses(where, wire, deadline), where.port, wire, deadline)
    if where.scheme == "http":
        return plain
    try:
        plain.settimeout(_left(deadline))
        return wire.trust().wrap_socket(plain, server_hostname=where.host)
    except BaseException:
        plain.close()
        raise


def _addresses(where: Url, wire: Wire, deadline: float) -> Sequence[str]:
    """Return where the host is; the system's resolver knows no deadline, so it is not waited for beyond ours."""
    found: list[str] = []

    def look_up() -> None:
        with suppress(OSError, ValueError):
            found.extend(wire.resolve(where.host, where.port))

    thread = threading.Thread(target=look_up, daemon=True)
    thread.start()
    thread.join(_left(deadline))
    addresses = tuple(found)
    if not addresses or not (where.exempt or all(public(address) for address in addresses)):
        raise ProviderUnavailable("the name leads to no public address")
    return addresses


def _first(addresses: Sequence[str], port: int, wire: Wire, deadline: float) -> socket.socket:
    """Return a connection to the first address that takes one; each has its share of the time that is left."""
    for place, address in enumerate(addresses):
        try:
            return wire.dial(address, port, _left(deadline) / (len(addresses) - place))
        except OSError:
            continue
    raise ProviderUnavailable("nobody listens there")


def _left(deadline: float) -> float:
    """Return the seconds that are left. Raises TimeoutError where there are none."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left
