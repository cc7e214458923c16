"""What the tests on MiniStack drive the service with: real HTTP, a team of its own for each test, calls at one instant."""

from __future__ import annotations

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

import boto3

from rollcall.domain import ids
from rollcall.storage import keys, roster
from rollcall.storage.items import MemberItem, OwnersItem
from rollcall.storage.values import member_of
from tests.kit import World

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from rollcall.domain.members import Member
    from tests.kit import Person

T = TypeVar("T")
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


@dataclass
class Walk:
    """A list followed to its end: its rows, every total told on the way, and the most round trips that a page took."""

    rows: list[Any]
    totals: set[int]
    pages: int
    round_trips: int

    @property
    def ids(self) -> list[str]:
        return [row["id"] for row in self.rows]


@dataclass
class Network(World):
    """The service behind its HTTP server, seen from one team, whose name in the kit is `acme`."""

    def _send(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes, address: str
    ) -> tuple[int, Mapping[str, str], bytes]:
        del address
        with closing(HTTPConnection(urlsplit(self.stack.base_url).netloc, timeout=PATIENCE_SECONDS)) as connection:
            connection.request(method, path, body, {**headers, "connection": "close"})
            response = connection.getresponse()
            text = response.read()
            return response.status, {name.lower(): value for name, value in response.getheaders()}, text

    def items(self, prefix: str = "") -> list[dict[str, Any]]:
        """Return the team's items, and its letters, whose PK begins so, in wire form."""
        pages = boto3.client("dynamodb").get_paginator("scan")
        found = pages.paginate(
            TableName=os.environ["TABLE_NAME"],
            ConsistentRead=True,
            FilterExpression="contains(PK, :team) OR te = :id OR PK = :slug",
            ExpressionAttributeValues={
                ":team": {"S": ids.code(self.acme.id)},
                ":id": {"S": self.acme.id},
                ":slug": {"S": f"SLUG#{self.acme.slug}"},
            },
        )
        items = (item for page in found for item in page["Items"] if item["PK"]["S"].startswith(prefix))
        return sorted(items, key=lambda item: (item["PK"]["S"], item["SK"]["S"]))

    def walk(self, path: str, by: Person | None = None) -> Walk:
        """Follow a list to its end."""
        walk = Walk([], set(), 0, 0)
        cursor = ""
        while cursor is not None:
            token, asked = (by or self.acme.owner).pat, {"x-rollcall-cost": "1"}
            answer = self.call("GET", path + (cursor and f"&cursor={cursor}"), token=token, headers=asked)
            assert answer.status == 200, answer.body
            assert answer.json["data"] or not cursor, "a cursor led to an empty page"
            walk.rows += answer.json["data"]
            walk.totals.add(answer.json["total"])
            walk.pages += 1
            walk.round_trips = max(walk.round_trips, int(answer.cost["round_trips"]))
            cursor = answer.json["next_cursor"]
        return walk

    def members(self) -> list[Member]:
        """Return the members as their own items tell, which neither lists nor counters are made from."""
        return [member_of(MemberItem.from_raw_data(raw), self.acme.id) for raw in self.items("M#")]

    def check_books(self) -> None:
        """Assert that counters, roster, claims and set of owners are what a recount gives (I18, I19, I38)."""
        members = self.members()
        recount: dict[tuple[int, str], int] = {}
        for member in members:
            for cell, by in roster.cells(member).items():
                recount[member.block, cell] = recount.get((member.block, cell), 0) + by
        assert self._counted() == recount
        assert {item["SK"]["S"] for item in self.items("R#")} == {ids.code(member.id) for member in members}
        held = [item["h"]["S"] for item in self.items("U#") if item["h"]["S"].startswith("mem_")]
        assert sorted(held) == sorted(member.id for member in members)
        (owners,) = (item for item in self.items("T#") if item["SK"]["S"] == keys.owners(self.acme.id).sk)
        assert OwnersItem.from_raw_data(owners).owners == {member.id for member in members if member.owns}

    def _counted(self) -> dict[tuple[int, str], int]:
        """Add up the stripes of each block."""
        counted: dict[tuple[int, str], int] = {}
        for item in self.items("H#"):
            block, striped, _ = item["SK"]["S"].partition("#")
            for cell, value in item.items() if striped else ():
                if cell not in {"PK", "SK"}:
                    counted[int(block), cell] = counted.get((int(block), cell), 0) + int(value["N"])
        return {place: number for place, number in counted.items() if number}
