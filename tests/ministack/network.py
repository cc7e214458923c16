"""What tests on MiniStack drive the service with: real HTTP, a team of its own for each, calls at one instant."""

from __future__ import annotations

import os
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from functools import cache
from http.client import HTTPConnection
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

import boto3

from infra.local.aws import TABLE_NAME
from rollcall.domain import ids
from rollcall.domain.invitations import EMAIL
from rollcall.domain.provisioning import USER_NAME
from rollcall.storage import keys, reads, roster
from rollcall.storage.items import MemberItem, OwnersItem
from rollcall.storage.values import member_of
from tests.kit import NOT_CHANGES, World, text_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from infra.local.edges import Json
    from infra.local.mailbox import Mail
    from rollcall.domain.members import Member
    from tests.kit import Answer, Person

T = TypeVar("T")
Founding = Callable[..., "Network"]
PATIENCE_SECONDS = 60
RACES = max(1, int(os.environ.get("RACES", "1")))


def rounds(number: int) -> range:
    """How often a race is run: RACES=N multiplies it."""
    return range(number * RACES)


def at_once(*calls: Callable[[], T]) -> list[T]:
    """Make the calls at the same instant, each in a thread of its own, and return their results in order."""
    start = threading.Barrier(len(calls))

    def run(call: Callable[[], T]) -> T:
        start.wait(PATIENCE_SECONDS)
        return call()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def raced(number: int, *calls: Callable[[], T]) -> list[T]:
    """Make the calls at once, every second time from the last to the first; the results keep the order given."""
    return at_once(*calls) if number % 2 else at_once(*reversed(calls))[::-1]


def codes(*answers: Answer) -> tuple[tuple[int, str | None], ...]:
    """Return what the answers say, each as its status and code."""
    return tuple((answer.status, answer.code) for answer in answers)


@dataclass
class Walk:
    """A list followed to its end: its rows, every total told on the way, and the round trips that each page took."""

    rows: list[Json] = field(default_factory=list)
    totals: set[int] = field(default_factory=set)
    round_trips: list[int] = field(default_factory=list)

    @property
    def ids(self) -> list[str]:
        return [row["id"] for row in self.rows]


@cache
def dynamodb() -> Json:
    """Return a client past the service; one endpoint serves the process."""
    return boto3.client("dynamodb")


def stored(prefix: str, **filtered: Json) -> list[dict[str, Json]]:
    """Return the items of the table whose PK begins so."""
    found = dynamodb().get_paginator("scan").paginate(TableName=TABLE_NAME, ConsistentRead=True, **filtered)
    items = (item for page in found for item in page["Items"] if item["PK"]["S"].startswith(prefix))
    return sorted(items, key=lambda item: (item["PK"]["S"], item["SK"]["S"]))


@dataclass
class Stored(World):
    """The kit without its short cut into moto's memory: the table is what its own API tells."""

    def items(self, prefix: str = "") -> list[dict[str, Json]]:
        return self._scan(prefix)

    def _texts(self) -> list[str]:
        return [text_of(item) for item in self.items() if not item["PK"]["S"].startswith(NOT_CHANGES)]

    def _scan(self, prefix: str, **filtered: Json) -> list[dict[str, Json]]:
        return stored(prefix, **filtered)


@dataclass
class Network(Stored):
    """The service behind its HTTP server, seen from one team, whose name in the kit is `acme`."""

    earlier: frozenset[str] = frozenset()

    def mails(self, to: str | None = None) -> list[Mail]:
        """Deliver the stream and return the letters since the team was founded, oldest first."""
        return [mail for mail in super().mails(to) if mail.id not in self.earlier]

    def _send(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes, address: str
    ) -> tuple[int, Mapping[str, str], bytes]:
        del address
        with closing(HTTPConnection(urlsplit(self.stack.base_url).netloc, timeout=PATIENCE_SECONDS)) as connection:
            connection.request(method, path, body, {**headers, "connection": "close"})
            response = connection.getresponse()
            text = response.read()
            return response.status, {name.lower(): value for name, value in response.getheaders()}, text

    def items(self, prefix: str = "") -> list[dict[str, Json]]:
        """Return the team's items, and its letters, whose PK begins so, in wire form."""
        team, slug = self.acme.id, keys.claim("slug", self.acme.id, self.acme.slug).pk
        values = {":code": {"S": ids.code(team)}, ":team": {"S": team}, ":slug": {"S": slug}}
        ours = "contains(PK, :code) OR te = :team OR PK = :slug"
        return self._scan(prefix, FilterExpression=ours, ExpressionAttributeValues=values)

    def walk(self, path: str, by: Person | None = None) -> Walk:
        """Follow a list to its end."""
        walk = Walk()
        cursor = ""
        while cursor is not None:
            token, asked = (by or self.acme.owner).pat, {"x-rollcall-cost": "1"}
            answer = self.call("GET", path + (cursor and f"&cursor={cursor}"), token=token, headers=asked)
            assert answer.status == 200, answer.body
            assert answer.json["data"] or not cursor, "a cursor led to an empty page"
            walk.rows += answer.json["data"]
            walk.totals.add(answer.json["total"])
            walk.round_trips.append(int(answer.cost["round_trips"]))
            cursor = answer.json["next_cursor"]
        return walk

    def members(self) -> list[Member]:
        """Return the members as their own items tell, which neither lists nor counters are made from."""
        raws = [raw for raw in self.items("M#") if raw["SK"]["S"] == "MEMBER"]
        return [member_of(MemberItem.from_raw_data(raw), self.acme.id) for raw in raws]

    def owners(self) -> frozenset[str]:
        """Return the set that the last-owner guard looks at."""
        return reads.read([keys.owners(self.acme.id)]).owners(self.acme.id)

    def subjects(self, action: str) -> Counter[str]:
        """Count the events of a kind by whom they are about."""
        return Counter(event["target"]["label"] for event in self.events(action))

    def check_books(self) -> None:
        """Assert that counters, roster, claims and set of owners are what a recount gives (I18, I19, I38)."""
        items = self.items()
        of = {kind: [item for item in items if item["PK"]["S"].startswith(f"{kind}#")] for kind in "MRUHT"}
        records = [raw for raw in of["M"] if raw["SK"]["S"] == "MEMBER"]
        members = [member_of(MemberItem.from_raw_data(raw), self.acme.id) for raw in records]
        recount = Counter((m.block, cell) for m in members for cell in roster.cells(m))
        assert _added_up(of["H"]) == recount
        assert [item["SK"]["S"] for item in of["R"]] == [ids.code(m.id) for m in sorted(members, key=_place)]
        assert _holders(of["U"], EMAIL) == sorted(member.id for member in members if member.email_key)
        assert _holders(of["U"], USER_NAME) == sorted(member.id for member in members if member.link)
        (owners,) = (item for item in of["T"] if item["SK"]["S"] == keys.owners(self.acme.id).sk)
        assert OwnersItem.from_raw_data(owners).owners == {member.id for member in members if member.owns}


def _holders(claims: Iterable[dict[str, Json]], kind: str) -> list[str]:
    """Return the members who hold claims of a kind."""
    held = (item["h"]["S"] for item in claims if item["PK"]["S"].split("#")[2] == kind)
    return sorted(holder for holder in held if holder.startswith("mem_"))


def _place(member: Member) -> tuple[int, str]:
    return member.block, member.id


def _added_up(headers: Iterable[dict[str, Json]]) -> Counter[tuple[int, str]]:
    """Add up the stripes of each block."""
    counted: Counter[tuple[int, str]] = Counter()
    for header in headers:
        block, striped, _ = header["SK"]["S"].partition("#")
        for cell in header.keys() - {"PK", "SK"} if striped else ():
            counted[int(block), cell] += int(header[cell]["N"])
    return +counted
