"""One provider's HTTP: what is repeated and how long it waits, and a note of every call for the table."""

from __future__ import annotations

import http.client
import json
import time
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, unquote_plus, urlencode, urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from infra.local.edges import Json

SCIM: Final = "application/scim+json"
NO_ANSWER: Final = 0
"""The status of a call that nothing came back for."""
_PASSING: Final = frozenset({NO_ANSWER, 429, 500, 502, 503, 504})


class Unreachable(Exception):
    """Nothing usable came back, however often it was asked."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; header names are in lower case."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def ok(self) -> bool:
        """Whether the server says that it did it."""
        return HTTPStatus.OK <= self.status < HTTPStatus.MULTIPLE_CHOICES

    @property
    def json(self) -> Json:
        """Return the decoded body; an empty or unreadable one is an empty object."""
        try:
            return json.loads(self.body or b"{}")
        except ValueError:
            return {}

    @property
    def detail(self) -> str:
        """Return what a refusal says, in the words of a SCIM error or of a problem document."""
        told = self.json if isinstance(self.json, dict) else {}
        return " ".join(str(told[name]) for name in ("scimType", "detail") if told.get(name))


@dataclass(frozen=True, slots=True)
class Row:
    """One call as the table tells it: for whom, what was asked, the answer, how many tries, and what it means."""

    who: str
    call: str
    status: int
    tries: int
    meaning: str


@dataclass(frozen=True, slots=True)
class Patience:
    """How long one answer may take and how often a call is made; times in seconds."""

    timeout: float = 60.0
    tries: int = 5
    first_wait: float = 1.0
    longest_wait: float = 60.0

    def wait(self, tried: int, answer: Answer) -> float:
        """Return how long to wait after that many tries: what `Retry-After` says, else twice as long each time."""
        told = answer.headers.get("retry-after", "")
        seconds = float(told) if told.isdigit() else self.first_wait * 2 ** (tried - 1)
        return min(seconds, self.longest_wait)


@dataclass
class Wire:
    """A connection's address and token, and the rows of what was called."""

    url: str
    token: str
    agent: str
    patience: Patience = Patience()
    pause: Callable[[float], None] = time.sleep
    rows: list[Row] = field(default_factory=list)

    def call(self, method: str, path: str, body: Json = None, *, who: str, why: str) -> Answer:
        """Make a call, again while it fails for the moment, and note it. Raises Unreachable after the last try."""
        tried = 0
        while True:
            tried += 1
            answer = self._once(method, path, body)
            if not _passing(answer.status) or tried == self.patience.tries:
                break
            self.pause(self.patience.wait(tried, answer))
        meaning = why if answer.ok else f"{why}: {answer.detail or 'refused'}"
        self.rows.append(Row(who, f"{method} {unquote_plus(path)}", answer.status, tried, meaning))
        if _passing(answer.status):
            raise Unreachable(f"{method} {path}: {answer.status or 'no answer'} after {tried} tries {answer.detail}")
        return answer

    def _once(self, method: str, path: str, body: Json) -> Answer:
        place = urlsplit(self.url)
        connect = http.client.HTTPSConnection if place.scheme == "https" else http.client.HTTPConnection
        connection = connect(place.netloc, timeout=self.patience.timeout)
        headers = {"Authorization": f"Bearer {self.token}", "Accept": SCIM, "User-Agent": self.agent}
        if body is not None:
            headers["Content-Type"] = f"{SCIM}; charset=utf-8"
        try:
            sent = None if body is None else json.dumps(body).encode()
            connection.request(method, place.path.rstrip("/") + path, sent, headers)
            answer = connection.getresponse()
            told = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, told, answer.read())
        except (OSError, http.client.HTTPException):
            return Answer(NO_ANSWER)
        finally:
            connection.close()


def query(path: str, **parameters: str | int) -> str:
    """Return a path with its query, blanks as `+` and all else escaped, as both providers send it."""
    return f"{path}?{urlencode(parameters)}"


def literal(text: str) -> str:
    """Return a text as a filter writes it: a JSON string (RFC 7644 section 3.4.2.2)."""
    return json.dumps(text, ensure_ascii=False)


def at(collection: str, identifier: str) -> str:
    """Return the path of one resource."""
    return f"/{collection}/{quote(identifier, safe='')}"


def table(rows: list[Row]) -> list[str]:
    """Return the rows as lines of a table, without anything secret: filters carry names, bodies are not shown."""
    head = Row("who", "call", NO_ANSWER, 0, "what it means")
    lines = [_line(head, "answer")]
    lines += [_line(row, f"{row.status or '—'}{f' x{row.tries}' if row.tries > 1 else ''}") for row in rows]
    return lines


def _line(row: Row, answer: str) -> str:
    return f"{row.who:<18.18} {row.call:<72.72} {answer:<7} {row.meaning}"


def _passing(status: int) -> bool:
    return status in _PASSING
