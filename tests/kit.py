"""What tests drive the service with: the real template's routes and handlers, in process, on an emulated AWS.

`World` is the seeded local stack; each test starts from the same table. `digest` is what "nothing changed" means.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import time
from collections import defaultdict
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rollcall import clock
from rollcall.auth import secrets
from rollcall.domain.changes import Change, Updated
from rollcall.storage import keys, marks, reads
from rollcall.storage.commit import commit
from tests.conformance import deviations

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from infra.local.mailbox import Mail
    from infra.local.stack import Stack
    from rollcall.domain.members import Member
    from rollcall.domain.teams import Team

GOOD_PASSWORD = "a phrase nobody has used"
NOT_CHANGES = ("RL#", "IDEM#", "SWEEP#", "SEAL#", "HEAD#", "USED#", "SL#")
PER_REQUEST = ("x-request-id", "apigw-requestid", "server-timing")
LINK = re.compile(r"/(?:i|reset)/([A-Za-z0-9_]+)")


@dataclass(frozen=True)
class Answer:
    """One answer: status, headers in lower case, the body and, if it is JSON, what it says."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    json: Any

    @property
    def code(self) -> str | None:
        return self.json.get("code") if isinstance(self.json, dict) else None

    @property
    def pointers(self) -> list[str]:
        return [error["pointer"] for error in self.json.get("errors", [])]

    @property
    def essence(self) -> tuple[int, dict[str, str], Any]:
        """What it tells, without what differs between any two requests: two equal ones cannot be told apart."""
        headers = {name: value for name, value in self.headers.items() if name not in PER_REQUEST}
        told = {**self.json, "instance": None} if isinstance(self.json, dict) else self.body
        return self.status, headers, told

    @property
    def cost(self) -> dict[str, float]:
        parts = (part.split("=") for part in self.headers["x-rollcall-cost"].split(", "))
        return {name: float(value) for name, value in parts}


@dataclass(frozen=True)
class Person:
    """A seeded person with credentials."""

    id: str
    email: str
    password: str
    pat: str


@dataclass(frozen=True)
class TeamOf:
    """A seeded team."""

    slug: str
    owner: Person
    admin: Person
    member: Person
    service_token: str = ""

    @property
    def id(self) -> str:
        token = secrets.parse(self.owner.pat)
        assert token
        return token.team_id


@dataclass
class World:
    """The running stack with its seeded teams."""

    stack: Stack
    teams: dict[str, TeamOf]
    _snapshot: Any = field(default=None, repr=False)

    @property
    def acme(self) -> TeamOf:
        return self.teams["acme"]

    @property
    def globex(self) -> TeamOf:
        return self.teams["globex"]

    def call(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        token: str | None = None,
        headers: Mapping[str, str] | None = None,
        address: str = "127.0.0.1",
    ) -> Answer:
        """Make one request; a `bytes` body goes as it is, anything else as JSON. Every answer is as described (I33)."""
        sent = {"host": "127.0.0.1:8000"}
        if token is not None:
            sent["authorization"] = f"Bearer {token}"
        if body is not None:
            sent["content-type"] = "application/json"
        sent |= {name.lower(): value for name, value in (headers or {}).items()}
        raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        status, answered, text = self._send(method, path, sent, raw, address)
        try:
            told = json.loads(text)
        except ValueError:
            told = None
        answer = Answer(status, answered, text, told)
        strays = deviations(method, path, answer)
        assert strays == [], strays
        return answer

    def _send(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes, address: str
    ) -> tuple[int, Mapping[str, str], bytes]:
        response = self.stack.gateway.call(method, path, list(headers.items()), body, address)
        text = response.body if isinstance(response.body, bytes) else response.body.encode()
        return response.status, dict(response.headers), text

    def post_form(self, path: str, form: str, **more: Any) -> Answer:
        headers = {"content-type": "application/x-www-form-urlencoded"}
        return self.call("POST", path, form.encode(), headers=headers, **more)

    def invite(self, email: str, by: Person | None = None, **fields: Any) -> Any:
        """Invite somebody and return the invitation."""
        body = {"email": email, "role": "member", "products": {"all": True}, **fields}
        answer = self.call("POST", "/v1/invitations", body, token=(by or self.acme.owner).pat)
        assert answer.status == 201, answer.body
        return answer.json

    def mails(self, to: str | None = None) -> list[Mail]:
        """Deliver the stream and return the letters, oldest first."""
        self.stack.drain()
        return self.stack.mailbox.mails(to)

    def links(self, to: str) -> list[str]:
        """Return the tokens of the letters to that address, oldest first."""
        return [found[1] for mail in self.mails(to) if (found := LINK.search(mail.text))]

    def link(self, to: str) -> str:
        """Return the token of the newest letter to that address."""
        return self.links(to)[-1]

    def act(
        self, verb: str, invitation: str, by: Person | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Resend an invitation, copy its `link`, or revoke it."""
        path = f"/v1/invitations/{invitation}/{verb}"
        return self.call("POST", path, token=(by or self.acme.owner).pat, headers=headers)

    def copied(self, invitation: str, by: Person | None = None) -> str:
        """Copy an invitation's link and return its token."""
        answer = self.act("link", invitation, by)
        assert answer.status == 200, answer.body
        return str(answer.json["url"].rpartition("/")[2])

    def accept(self, link: str, name: str = "Nora New", password: str | None = GOOD_PASSWORD, **more: Any) -> Answer:
        body = {"token": link, "name": name, **({"password": password} if password else {})}
        return self.call("POST", "/v1/invitations/accept", body, **more)

    def join(self, email: str, **fields: Any) -> tuple[str, str]:
        """Invite somebody and accept; return the member's id and a session."""
        self.invite(email, **fields)
        answer = self.accept(self.link(email))
        assert answer.status == 201, answer.body
        return answer.json["member"]["id"], answer.json["session"]["token"]

    def publish(self, name: str, *texts: str | None) -> None:
        """Give a name these TXT records in the toy zone; one that is None leaves questions without an answer."""
        path = Path(os.environ["DNS_ZONE"])
        zone = json.loads(path.read_text("utf-8")) | {name: None if texts == (None,) else list(texts)}
        draft = path.with_name(f"zone.{os.getpid()}")
        draft.write_text(json.dumps(zone), "utf-8")
        draft.replace(path)

    def advance(self, seconds: float) -> None:
        """Move the clock; schedules do not fire (see `sweep`)."""
        offset = float(os.environ.get("CLOCK_OFFSET_SECONDS", "0"))
        os.environ["CLOCK_OFFSET_SECONDS"] = str(offset + seconds)

    def at(self, moment: datetime) -> None:
        """Set the clock: the next request comes at that moment or a little later."""
        os.environ["CLOCK_OFFSET_SECONDS"] = str(moment.timestamp() - time.time())

    def early(self) -> None:
        """Set the clock to the beginning of the next day, so that no throttle's window ends while a test counts."""
        now = clock.now()
        self.at(now.replace(hour=0, minute=0, second=1, microsecond=0) + timedelta(days=1))

    def invoke(self, folder: str, event: dict[str, Any] | None = None) -> Any:
        """Invoke a function that no route leads to."""
        function = next(f for f in self.stack.template.functions.values() if f.folder.name == folder)
        return self.stack.functions.invoke(function, event or {}, "test")

    def items(self, prefix: str = "") -> list[dict[str, Any]]:
        """Return all items of the table whose PK begins so, in wire form."""
        return [row.to_json()["Attributes"] for row in _moto_rows(prefix)]

    def events(self, action: str | None = None) -> list[dict[str, Any]]:
        """Return the audit events, oldest first."""
        told = [json.loads(item["t"]["S"]) for item in self.items("A#")]
        return [event for event in sorted(told, key=lambda e: e["id"]) if action in {None, event["action"]}]

    @contextmanager
    def tells(self, *actions: str) -> Iterator[None]:
        """Assert that the block adds exactly these audit events."""
        before = {event["id"] for event in self.events()}
        yield
        assert [event["action"] for event in self.events() if event["id"] not in before] == list(actions)

    @contextmanager
    def unchanged(self) -> Iterator[None]:
        """Assert that the block changes nothing in the table; letters on their way arrive before it."""
        self.stack.drain()
        before = self.digest()
        yield
        assert self.digest() == before

    def team(self, of: TeamOf | None = None) -> Team:
        """Return a team as it is stored."""
        team_id = (of or self.acme).id
        found = reads.read([keys.team(team_id)]).team(team_id)
        assert found
        return found

    def member(self, member_id: str, of: TeamOf | None = None) -> Member:
        """Return a member as it is stored, with its credentials."""
        team_id = (of or self.acme).id
        found = reads.read([keys.member(team_id, member_id)]).member(team_id, member_id)
        assert found
        return found

    def rewrite(self, before: Team | Member, **fields: Any) -> None:
        """Change a team or a member as no route does yet: one committed change, without an event."""
        commit(Change(steps=(Updated(before, replace(before, version=before.version + 1, **fields)),)))

    def digest(self) -> str:
        """Return a hash of the table but for throttles, idempotency records, logs of requests and marks of activity."""
        return hashlib.sha256("\n".join(self._texts()).encode()).hexdigest()

    def _texts(self) -> list[str]:
        return [_text_of_row(row) for row in _moto_rows() if not row.hash_key.value.startswith(NOT_CHANGES)]

    def remember(self) -> None:
        """Keep the table as it is now, for `reset`: its rows, none of which is ever changed in place."""
        self._snapshot = _copied(_moto_table().items)

    def reset(self) -> None:
        """Put the table, the clock and the mailbox back as they were."""
        table = _moto_table()
        shard = table.stream_shard
        if shard.items:  # whatever is on its way belongs to the test before
            self.stack.stream._pass(str(shard.starting_sequence_number + len(shard.items) - 1))
        table.items = _copied(self._snapshot)
        _moto_letters().clear()
        os.environ["CLOCK_OFFSET_SECONDS"] = "0"


def _moto_rows(prefix: str = "") -> list[Any]:
    """Return the rows of the partitions that begin so, in the order of their keys."""
    partitions = [each for each in list(_moto_table().items.items()) if each[0].value.startswith(prefix)]
    rows = [row for _, rows in partitions for row in list(rows.values())]
    return sorted(rows, key=lambda row: (row.hash_key.value, row.range_key.value))


def _copied(partitions: Mapping[Any, Mapping[Any, Any]]) -> dict[Any, dict[Any, Any]]:
    return defaultdict(dict, {partition: dict(rows) for partition, rows in partitions.items() if rows})


def _text_of_row(row: Any) -> str:
    """Return a row's text, written once: a row that changes is another row."""
    if not hasattr(row, "text"):
        row.text = text_of(row.to_json()["Attributes"])
    text: str = row.text
    return text


def text_of(item: Mapping[str, Any]) -> str:
    """Return what counts of an item: all but the marks of activity."""
    kept = {name: value for name, value in item.items() if not _is_activity(name, item)}
    return json.dumps(kept, sort_keys=True, default=str)


def _is_activity(name: str, item: Mapping[str, Any]) -> bool:
    """Tell whether an attribute is a mark of when somebody or some token was last seen."""
    of_member, of_token = item["PK"]["S"].startswith("R#"), item["SK"]["S"].startswith("PAT#")
    return (name == "l" and of_member) or (name == "lu" and of_token)


def _moto_table() -> Any:
    from moto.dynamodb.models import dynamodb_backends  # noqa: PLC0415 tests on MiniStack never load moto

    return dynamodb_backends["123456789012"][os.environ["AWS_DEFAULT_REGION"]].tables[os.environ["TABLE_NAME"]]


def _moto_letters() -> list[Any]:
    from moto.ses.models import ses_backends  # noqa: PLC0415 tests on MiniStack never load moto

    return ses_backends["123456789012"][os.environ["AWS_DEFAULT_REGION"]].sent_messages


def worlds(stack: Stack, members: int = 30) -> Iterator[World]:
    """Seed the stack and hand it out."""
    told = {team["slug"]: team for team in stack.seed(members)}
    people = {
        slug: {role: Person(**team[role]) for role in ("owner", "admin", "member") if team[role]}
        for slug, team in told.items()
    }
    teams = {
        slug: TeamOf(slug, **roles, service_token=told[slug]["service_token"])
        for slug, roles in people.items()
        if len(roles) == 3
    }
    for kind in ("X", "L", "P", "G", "T", "D"):
        marks.finished(kind, clock.now())  # without it the first sweep looks two months back, which moto makes slow
    yield World(stack, teams)
