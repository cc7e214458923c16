"""Growing one team on MiniStack and timing each operation: our own CPU, and the rest, which is the emulator's."""

from __future__ import annotations

import json
import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from infra.bench.operations import OPERATIONS, Call, Crowd
from infra.bench.units import Bill, billed
from infra.local import seed
from infra.local.functions import Functions
from rollcall.actions import people
from rollcall.auth import secrets
from rollcall.domain.members import Origin
from rollcall.domain.permissions import Role
from rollcall.storage import bulk, keys, roster
from rollcall.storage.reads import read
from rollcall.storage.table import Item

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from infra.bench.operations import Operation
    from infra.local.edges import Event, Json
    from infra.local.replies import Response
    from infra.local.stack import Stack
    from infra.local.template import Function
    from rollcall.domain.members import Member
    from rollcall.domain.provisioning import Person

CHUNK: Final = 4 * roster.BLOCK_ROWS
LOADERS: Final = 2
PATIENCE_SECONDS: Final = 30
"""How long to wait for the emulator, which answers sixteen queries one after the other; the service waits 2."""


class Refused(Exception):
    """A request was not answered as it should be; the figures would be of something else."""


class Timed(Functions):
    """Functions that note what each call takes: CPU of this process, all its threads, and time on the wall."""

    cpu = wall = 0.0

    def invoke(self, function: Function, event: Event, request_id: str | None = None) -> Json:
        """Call the handler."""
        cpu, wall = time.process_time(), time.perf_counter()
        answer = super().invoke(function, event, request_id)
        self.cpu, self.wall = time.process_time() - cpu, time.perf_counter() - wall
        return answer


@dataclass(frozen=True, slots=True)
class Figures:
    """What an operation took at one size; times in milliseconds, medians."""

    operation: Operation
    place: int
    size: int
    round_trips: int
    calls: int
    bill: Bill
    cpu: float
    elsewhere: float


@dataclass
class Bench:
    """One team on one stack, growing from size to size."""

    stack: Stack
    crowd: Crowd = field(init=False)
    seconds_a_member: float = 0.0

    def __post_init__(self) -> None:
        """Found the team with its staff."""
        Item.Meta.read_timeout_seconds = PATIENCE_SECONDS
        self._timed = Timed(self.stack.root, print)
        self.stack.gateway.functions = self._timed
        told: Json = seed._team("bench", "Bench", 3)  # noqa: SLF001 the seed's own way to a team
        pat = str(told["owner"]["pat"])
        token = secrets.parse(pat)
        assert token  # noqa: S101 the seed made it
        self.crowd = Crowd(token.team_id, pat, told["scim_token"] or self._scim_token(told["owner"]), ())
        self._staff = 3

    def _scim_token(self, owner: Json) -> str:
        """Issue the team's SCIM token as an owner does. Raises Refused."""
        credentials = {"email": owner["email"], "password": owner["password"]}
        session = self._told(Call("POST", "/v1/teams/bench/sessions", credentials), None)["token"]
        return str(self._told(Call("POST", "/v1/team/scim-tokens", {"name": "bench"}), session)["secret"])

    @property
    def size(self) -> int:
        """How many members the team has."""
        return self._staff + self.crowd.size

    def grow(self, size: int) -> float:
        """Load members through storage until the team has that many; return the seconds that it took."""
        team = read([keys.team(self.crowd.team_id)]).team(self.crowd.team_id)
        assert team  # noqa: S101 founded above
        began = time.perf_counter()
        new = [_numbered(team, number) for number in range(self.crowd.size, size - self._staff)]
        placed = self._load(new, self.size)
        self.crowd = replace(self.crowd, members=[*self.crowd.members, *placed])
        seconds = time.perf_counter() - began
        self.seconds_a_member = seconds / max(1, len(new))
        return seconds

    def _load(self, new: Sequence[Member], first: int) -> list[Member]:
        """Load in chunks, several at once, the last alone: it says which block is open."""
        starts = range(0, len(new), CHUNK)
        chunks = [(new[start : start + CHUNK], first + start) for start in starts]
        with ThreadPoolExecutor(LOADERS) as pool:
            before = list(pool.map(self._load_one, chunks[:-1]))
        last = [self._load_one(chunk) for chunk in chunks[-1:]]
        return [member for placed in [*before, *last] for member in placed]

    def _load_one(self, chunk: tuple[Sequence[Member], int]) -> list[Member]:
        members, first = chunk
        return bulk.load(self.crowd.team_id, members, first, _said)

    def measure(self, place: int, operation: Operation) -> Figures:
        """Time one operation at the present size, then once more count what it costs."""
        repeats = operation.repeats(self.crowd.size)
        self._send(operation.call(self.crowd, 0))
        times: list[tuple[float, float]] = []
        for turn in range(1, 2 * repeats):
            self._send(operation.call(self.crowd, turn))
            times.append((self._timed.cpu, self._timed.wall))
        call = operation.call(self.crowd, 2 * repeats)
        with billed() as bill:
            cost = self._send(call)
        cpu = statistics.median(cpu for cpu, _ in times)
        elsewhere = statistics.median(max(0.0, wall - cpu) for cpu, wall in times)
        return Figures(
            operation, place, self.size, cost["round_trips"], cost["calls"], bill, cpu * 1000, elsewhere * 1000
        )

    def all(self, say: Callable[[str], None]) -> list[Figures]:
        """Measure everything at the present size; what is not answered, as when the emulator is too slow, is said."""
        figures = []
        for place, operation in enumerate(OPERATIONS):
            try:
                figures.append(self.measure(place, operation))
            except Refused as error:
                say(f"{self.size:,} members, {operation.name}: left out, {error}")
        return figures

    def _send(self, call: Call) -> dict[str, int]:
        """Make a request and return what it says that it cost."""
        told = dict(self._answered(call, self.crowd.scim_token if call.scim else self.crowd.pat).headers)
        parts = (part.split("=") for part in told["x-rollcall-cost"].split(", "))
        return {name: int(float(value)) for name, value in parts}

    def _told(self, call: Call, token: str | None) -> Json:
        return json.loads(self._answered(call, token).body)

    def _answered(self, call: Call, token: str | None) -> Response:
        headers = [("host", "127.0.0.1"), ("content-type", "application/json"), ("x-rollcall-cost", "1")]
        headers += [("authorization", f"Bearer {token}")] if token else []
        answer = self.stack.gateway.call(call.method, call.target, headers, call.content)
        if answer.status not in {200, 201, 204}:
            raise Refused(f"{call.method} {call.target}: {answer.status} {answer.body!r}")
        return answer


def _numbered(team: Json, number: int) -> Member:
    """Return a member as the seed makes them, with an order of joining that is the order of numbers."""
    name = seed.NAMES[number % len(seed.NAMES)]
    role = Role.ADMIN if number % 10 == 4 else Role.MEMBER  # noqa: PLR2004 one in ten
    email = f"person{number}@bench.example.com"
    member = seed._member(team, email, f"{name} {number}", role, number + 1, None)  # noqa: SLF001
    return replace(member, link=_sent(member).link(Origin.CREATED))


def _said(member: Member) -> str:
    """Return what the identity provider says of somebody, as the service keeps it."""
    return _sent(member).text


def _sent(member: Member) -> Person:
    """Return somebody as an identity provider would have sent them."""
    given, _, family = member.name.rpartition(" ")
    resource = {
        "userName": member.email,
        "externalId": f"ext-{member.email_key}",
        "displayName": member.name,
        "name": {"givenName": given, "familyName": family},
        "emails": [{"value": member.email, "type": "work", "primary": True}],
        "title": "Engineer",
        "active": True,
    }
    return people.sent(resource).person
