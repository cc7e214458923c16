"""HTTP to the deployed API: MiniStack finds it by the Host header, as API Gateway does."""

from __future__ import annotations

import http.client
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from infra.local.edges import Json

_SECONDS: Final = 60.0  # cold starts share two or four cores here


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; header names are in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Json:
        """Return the decoded body."""
        return json.loads(self.body)

    @property
    def code(self) -> str:
        """Return the code of a problem document, or an empty text."""
        return str(self.json.get("code", "")) if "problem+json" in self.headers.get("content-type", "") else ""


class Api:
    """One HTTP API of one MiniStack."""

    def __init__(self, endpoint: str, api_url: str) -> None:
        """Talk to the API that has this address in AWS, at MiniStack's `endpoint`."""
        self._place = urlsplit(endpoint)
        name = (urlsplit(api_url).hostname or "").partition(".")[0]
        self._host = f"{name}.execute-api.localhost:{self._place.port}"

    def call(self, method: str, path: str, body: Json = None, token: str | None = None) -> Answer:
        """Send one request, on a connection of its own."""
        headers = {"Host": self._host, "Connection": "close"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        connection = http.client.HTTPConnection(self._place.hostname or "", self._place.port, timeout=_SECONDS)
        try:
            connection.request(method, path, None if body is None else json.dumps(body).encode(), headers)
            answer = connection.getresponse()
            told = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, told, answer.read())
        finally:
            connection.close()
