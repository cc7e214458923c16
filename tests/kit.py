"""What tests drive the service with: the real template's routes and handlers, in process, on an emulated AWS.

`World` is the seeded local stack; each test starts from the same table. `digest` is what "nothing changed" means.
"""

from __future__ import annotations

import copy
import hashlib
import json
import os
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import boto3

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from infra.local.mailbox import Mail
    from infra.local.stack import Stack

GOOD_PASSWORD = "a phrase nobody has used"
NOT_CHANGES = ("RL#", "IDEM#", "SWEEP#")
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
        """Make one request; a `bytes` body goes as it is, anything else as JSON."""
        sent = {"host": "127.0.0.1:8000"}
        if token is not None:
            sent["authorization"] = f"Bearer {token}"
        if body is not None:
            sent["content-type"] = "application/json"
        sent |= {name.lower(): value for name, value in (headers or {}).items()}
        raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        response = self.stack.gateway.call(method, path, list(sent.items()), raw, address)
        text = response.body if isinstance(response.body, bytes) else response.body.encode()
        try:
            told = json.loads(text)
        except ValueError:
            told = None
        return Answer(response.status, dict(response.headers), text, told)

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

    def link(self, to: str) -> str:
        """Return the token of the newest letter to that address."""
        found = LINK.search(self.mails(to)[-1].text)
        assert found
        return found[1]

    def accept(self, token: str, name: str = "Nora New", password: str | None = GOOD_PASSWORD, **more: Any) -> Answer:
        body = {"token": token, "name": name, **({"password": password} if password else {})}
        return self.call("POST", "/v1/invitations/accept", body, **more)

    def join(self, email: str, **fields: Any) -> tuple[str, str]:
        """Invite somebody and accept; return the member's id and a session."""
        self.invite(email, **fields)
        answer = self.accept(self.link(email))
        assert answer.status == 201, answer.body
        return answer.json["member"]["id"], answer.json["session"]["token"]

    def advance(self, seconds: float) -> None:
        """Move the clock; schedules do not fire (see `sweep`)."""
        offset = float(os.environ.get("CLOCK_OFFSET_SECONDS", "0"))
        os.environ["CLOCK_OFFSET_SECONDS"] = str(offset + seconds)

    def invoke(self, folder: str, event: dict[str, Any] | None = None) -> Any:
        """Invoke a function that no route leads to."""
        function = next(f for f in self.stack.template.functions.values() if f.folder.name == folder)
        return self.stack.functions.invoke(function, event or {}, "test")

    def items(self, prefix: str = "") -> list[dict[str, Any]]:
        """Return all items of the table whose PK begins so, in wire form."""
        client = boto3.client("dynamodb")
        pages = client.get_paginator("scan").paginate(TableName=os.environ["TABLE_NAME"], ConsistentRead=True)
        items = (item for page in pages for item in page["Items"])
        return sorted(
            (item for item in items if item["PK"]["S"].startswith(prefix)), key=lambda i: (i["PK"]["S"], i["SK"]["S"])
        )

    def events(self, action: str | None = None) -> list[dict[str, Any]]:
        """Return the audit events, oldest first."""
        told = [json.loads(item["t"]["S"]) for item in self.items("A#")]
        return [event for event in sorted(told, key=lambda e: e["id"]) if action in {None, event["action"]}]

    def digest(self) -> str:
        """Return a hash of the table but for throttles, idempotency records and marks of activity."""
        kept = [
            {name: value for name, value in item.items() if not (name == "l" and item["PK"]["S"].startswith("R#"))}
            for item in self.items()
            if not item["PK"]["S"].startswith(NOT_CHANGES)
        ]
        return hashlib.sha256(json.dumps(kept, sort_keys=True, default=str).encode()).hexdigest()

    def remember(self) -> None:
        """Keep the table as it is now, for `reset`."""
        self._snapshot = copy.deepcopy(_moto_table().items)

    def reset(self) -> None:
        """Put the table, the clock and the mailbox back as they were."""
        self.stack.drain()
        table = _moto_table()
        table.items = copy.deepcopy(self._snapshot)
        _moto_letters().clear()
        os.environ["CLOCK_OFFSET_SECONDS"] = "0"


def _moto_table() -> Any:
    from moto.dynamodb.models import dynamodb_backends

    return dynamodb_backends["123456789012"][os.environ["AWS_DEFAULT_REGION"]].tables[os.environ["TABLE_NAME"]]


def _moto_letters() -> list[Any]:
    from moto.ses.models import ses_backends

    return ses_backends["123456789012"][os.environ["AWS_DEFAULT_REGION"]].sent_messages


def worlds(stack: Stack, members: int = 30) -> Iterator[World]:
    """Seed the stack and hand it out."""
    told = {team["slug"]: team for team in stack.seed(members)}
    people = {
        slug: {role: Person(**team[role]) for role in ("owner", "admin", "member") if team[role]}
        for slug, team in told.items()
    }
    teams = {slug: TeamOf(slug, **roles) for slug, roles in people.items() if len(roles) == 3}
    yield World(stack, teams)
