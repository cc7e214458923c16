"""What tests of SCIM share: the team's token, calls as a provider makes them, and the service as a WSGI application."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from tests.kit import Answer
from tests.operations import sign_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from tests.kit import TeamOf, World

    Started = Callable[[str, list[tuple[str, str]]], object]

BASE = "/scim/v2"
SCIM = "application/scim+json"


def scim_token(world: World, team: TeamOf | None = None, name: str = "provider") -> str:
    """Issue a SCIM token as an owner does, with a fresh session."""
    of = team or world.acme
    session = sign_in(world, of.owner, of.slug)
    answer = world.call("POST", "/v1/team/scim-tokens", {"name": name}, token=session)
    assert answer.status == 201, answer.body
    return str(answer.json["secret"])


@dataclass(frozen=True)
class Provider:
    """A provider's connection to the seeded stack."""

    world: World
    token: str | None

    def call(self, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None) -> Answer:
        """Make one call below /scim/v2; text goes as it is, anything else as JSON."""
        sent = {"host": "127.0.0.1:8000", "accept": SCIM}
        if self.token is not None:
            sent["authorization"] = f"Bearer {self.token}"
        if body is not None:
            sent["content-type"] = SCIM
        sent |= {name.lower(): value for name, value in (headers or {}).items()}
        raw = body.encode() if isinstance(body, str) else b"" if body is None else json.dumps(body).encode()
        response = self.world.stack.call(method, f"{BASE}{path}", list(sent.items()), raw)
        text = response.body if isinstance(response.body, bytes) else response.body.encode()
        try:
            told = json.loads(text)
        except ValueError:
            told = None
        return Answer(response.status, dict(response.headers), text, told)


def wsgi(world: World, token: str) -> Callable[[dict[str, Any], Started], Iterable[bytes]]:
    """Return the stack as a WSGI application whose every caller bears that token."""

    def application(environ: dict[str, Any], start_response: Started) -> Iterable[bytes]:
        target = quote(environ["PATH_INFO"].encode("latin-1")) + (
            f"?{environ['QUERY_STRING']}" if environ.get("QUERY_STRING") else ""
        )
        headers = [
            (name[5:].replace("_", "-").lower(), str(value)) for name, value in environ.items() if name[:5] == "HTTP_"
        ]
        headers += [("content-type", environ["CONTENT_TYPE"])] if environ.get("CONTENT_TYPE") else []
        headers += [("authorization", f"Bearer {token}")]
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        answer = world.stack.call(environ["REQUEST_METHOD"], target, headers, body)
        start_response(f"{answer.status} -", list(answer.headers))
        return [answer.body if isinstance(answer.body, bytes) else answer.body.encode()]

    return application
