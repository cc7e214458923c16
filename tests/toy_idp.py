"""The toy OpenID provider on a port of its own, and a browser that signs in there: what tests of SSO need."""

from __future__ import annotations

import http.client
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlencode, urlsplit

from infra.local.events import HttpRequest
from infra.local.server import Server
from infra.local.toys.idp import ToyIdp

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from infra.local.replies import Response

REDIRECT_URI = "http://127.0.0.1:8000/sso/callback"


@contextmanager
def serving(*redirect_uris: str) -> Iterator[ToyIdp]:
    """Serve a provider; its issuer is its origin, for SSO_LOCAL_ISSUERS."""
    with Server(0) as server:
        idp = ToyIdp(server.base_url, redirect_uris or (REDIRECT_URI,))

        def answer(
            method: str, target: str, headers: Sequence[tuple[str, str]], body: bytes, source_ip: str
        ) -> Response:
            return idp.answer(HttpRequest(method, target, headers, body, source_ip))

        server.answer = answer
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield idp
        finally:
            server.shutdown()
            thread.join()


@dataclass(frozen=True)
class Reply:
    """One answer of the provider; header names are in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def led(self) -> dict[str, str]:
        """The parameters of the address that the browser is led to."""
        return {name: values[-1] for name, values in parse_qs(urlsplit(self.headers["location"]).query).items()}


def ask(url: str, form: dict[str, str] | None = None, headers: dict[str, str] | None = None) -> Reply:
    """GET an address, or POST a form to it."""
    place = urlsplit(url)
    connection = http.client.HTTPConnection(place.netloc, timeout=5)
    sent = headers or {}
    if form is not None:
        sent = {"content-type": "application/x-www-form-urlencoded", **sent}
    try:
        target = f"{place.path or '/'}{'?' if place.query else ''}{place.query}"
        connection.request("GET" if form is None else "POST", target, None if form is None else urlencode(form), sent)
        answer = connection.getresponse()
        return Reply(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
    finally:
        connection.close()


def sign_in(authorize_url: str, person: str, **switches: str) -> str:
    """Sign in as a person at the address of an authorization request; return the callback's address."""
    reply = ask(f"{authorize_url}&{urlencode({'person': person, **switches})}")
    assert reply.status == 302, reply.body
    return reply.headers["location"]
