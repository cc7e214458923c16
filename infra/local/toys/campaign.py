"""A first sync of a large directory over several connections, in bad weather, and what is true afterwards."""

from __future__ import annotations

import itertools
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from infra.local.replies import Response
from infra.local.toys.directory import Directory, Group, Person
from infra.local.toys.job import Refused
from infra.local.toys.wire import NO_ANSWER, Unreachable, query

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from infra.local.edges import Json
    from infra.local.toys.entra import Entra
    from infra.local.toys.wire import Wire

    Answering = Callable[[str, str, Sequence[tuple[str, str]], bytes, str], Response]

PAGE: Final = 100
CYCLES: Final = 6
"""After so many cycles everything has to be there."""


@dataclass
class Weather:
    """Stands before the service: each so-many-th SCIM call is told to wait, or done while its answer gets lost."""

    answer: Answering
    busy_every: int = 50
    lost_every: int = 97
    busy: int = 0
    lost: int = 0
    _calls: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def __call__(
        self, method: str, target: str, headers: Sequence[tuple[str, str]], body: bytes, address: str
    ) -> Response:
        """Answer one request, or not."""
        if not target.startswith("/scim/"):
            return self.answer(method, target, headers, body, address)
        number = next(self._calls)
        if number % self.busy_every == 0:
            self.busy += 1
            return Response(HTTPStatus.TOO_MANY_REQUESTS, [("retry-after", "0")], b"")
        answered = self.answer(method, target, headers, body, address)
        if number % self.lost_every == 0:
            self.lost += 1
            return Response(HTTPStatus.GATEWAY_TIMEOUT, [], b"")
        return answered


@dataclass
class Campaign:
    """A sync under way: an Entra job whose entries several connections take from one list."""

    job: Entra
    connections: int
    waited: list[int] = field(default_factory=list)
    seconds: float = 0.0

    def run(self) -> None:
        """Run cycles until nothing waits; after the last allowed one the checks tell what is missing."""
        began = time.perf_counter()
        for _ in range(CYCLES):
            people = self._all(self.job.directory.people, self.job.provision)
            groups = self._all(self.job.directory.groups, self.job.push_group)
            self.waited.append(people + groups)
            if self.waited[-1] == 0:
                break
        self.seconds = time.perf_counter() - began

    def _all(self, keys: Iterable[str], work: Callable[[str], None]) -> int:
        """Do all entries, several at once, and return how many have to wait for the next cycle."""
        with ThreadPoolExecutor(self.connections) as pool:
            return sum(pool.map(lambda key: _waits(work, key), keys))

    def told(self) -> list[str]:
        """Return what it took: calls a second, answers by status, and what had to be repeated."""
        rows = self.job.wire.rows
        statuses = Counter(row.status for row in rows)
        answers = ", ".join(f"{count:,} x {status or 'no answer'}" for status, count in sorted(statuses.items()))
        again = sum(row.tries - 1 for row in rows)
        pace = len(rows) / max(self.seconds, 0.001)
        busy, gone = statuses[HTTPStatus.SERVICE_UNAVAILABLE], statuses[NO_ANSWER]
        return [
            f"{len(rows):,} calls in {self.seconds:.1f} s, {self.connections} connections: {pace:.0f} a second",
            f"answers in the end: {answers}",
            f"repeated within a call: {again:,}; waiting after each cycle: {self.waited}",
            f"contention: {statuses[HTTPStatus.CONFLICT]:,} x 409, {busy:,} x 503, {gone:,} x no answer",
        ]

    def missing(self) -> list[str]:
        """Return what is not as the directory says: everybody once, every group with its members."""
        people, groups = self.job.directory.people, self.job.directory.groups
        names = Counter(str(one["userName"]) for one in everything(self.job.wire, "/Users"))
        wrong = [
            f"{one.user_name} is there {names[one.user_name]} times"
            for one in people.values()
            if names[one.user_name] != 1
        ]
        found = {one["displayName"]: one for one in (everything(self.job.wire, "/Groups") if groups else ())}
        for group in groups.values():
            members = sorted(one["value"] for one in found.get(group.name, {}).get("members", []))
            if members != sorted(self.job.ids[key] for key in group.members):
                wrong.append(f"{group.name} has {len(members)} of {len(group.members)} members")
        return wrong


def crowd(people: int, groups: int) -> Directory:
    """Return a directory of so many people, each in one of the groups."""
    directory = Directory()
    directory.add(*(Group(f"g{number}", f"Group {number}") for number in range(groups)))
    for number in range(people):
        key = f"p{number}"
        directory.add(Person(key, f"person{number}@sync.example.org", "Person", str(number), "Engineer"))
        if groups:
            directory.groups[f"g{number % groups}"].members.add(key)
    return directory


def everything(wire: Wire, collection: str) -> list[Json]:
    """Read a whole collection page by page. Raises Refused where pages end before the total."""
    rows: list[Json] = []
    while True:
        path = query(collection, startIndex=len(rows) + 1, count=PAGE)
        page = wire.call("GET", path, who="(check)", why="read everything").json
        rows += page.get("Resources") or []
        if len(rows) >= page.get("totalResults", 0):
            return rows
        if not page.get("Resources"):
            raise Refused(f"{collection} ended at {len(rows)} of {page['totalResults']}")


def _waits(work: Callable[[str], None], key: str) -> bool:
    try:
        work(key)
    except (Refused, Unreachable):
        return True
    return False
