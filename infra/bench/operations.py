"""The operations that are measured, what each sends, and the budget that it is judged by."""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

from rollcall.domain import ids
from rollcall.domain.permissions import Role
from rollcall.http import cursors, queries
from rollcall.storage.roster import BLOCK_ROWS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from infra.local.edges import Json
    from rollcall.domain.members import Member

LARGE: Final = 10_000
SCIM: Final = "/scim/v2"
SCIM_LIST: Final = "SCIM list 100 at N/2"
SCIM_FILTER: Final = "SCIM filter userName"
_addresses = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Crowd:
    """The team that is measured, as it has grown so far."""

    team_id: str
    pat: str
    scim_token: str
    members: Sequence[Member]

    @property
    def size(self) -> int:
        """How many members it has."""
        return len(self.members)


@dataclass(frozen=True, slots=True)
class Call:
    """One request."""

    method: str
    target: str
    body: Json = None

    @property
    def scim(self) -> bool:
        """Whether it is the identity provider's to make."""
        return self.target.startswith(SCIM)

    @property
    def content(self) -> bytes:
        """The body as it is sent."""
        return b"" if self.body is None else json.dumps(self.body).encode()


@dataclass(frozen=True, slots=True)
class Budget:
    """The most that an operation may take, authentication included; None is without a number in the budget."""

    round_trips: int | None
    reads: float | None = None
    writes: float | None = None


@dataclass(frozen=True, slots=True)
class Operation:
    """Something that people do; `call` makes the next request, `repeats` how often it is timed at that size."""

    name: str
    call: Callable[[Crowd, int], Call]
    budget: Callable[[int], Budget]
    repeats: Callable[[int], int] = lambda _: 15


def few(size: int) -> int:
    """Return how often something is timed whose work grows with the team."""
    return 15 if size < LARGE else 3 if size < 10 * LARGE else 1


def by_size(trips: int, small: float, large: float) -> Callable[[int], Budget]:
    """Return a budget whose reads are given up to one block and at the largest size."""
    return lambda size: Budget(trips, small if size <= BLOCK_ROWS else large)


def _deep(crowd: Crowd, _: int) -> Call:
    """Begin in the middle of the list, as `startIndex` N/2 would."""
    before = sorted(crowd.members, key=lambda member: (member.block, member.id))[crowd.size // 2]
    position = (f"{before.block:05d}", ids.code(before.id))
    bound = {"": "GET /v1/members", "status": "all"}
    cursor = cursors.seal(queries.cursor_keys()[0], crowd.team_id, bound, position)
    return Call("GET", f"/v1/members?status=all&cursor={cursor}")


def _plain(crowd: Crowd, number: int) -> Member:
    """Return one of the last who are members and nothing more."""
    return [member for member in crowd.members[-40:] if member.role is Role.MEMBER][number]


def _role(crowd: Crowd, turn: int) -> Call:
    """Change roles back and forth; a pair of turns leaves the member as they were."""
    member = _plain(crowd, turn // 2 % 5)
    return Call("PUT", f"/v1/members/{member.id}/role", {"role": ("admin", "member")[turn % 2]})


def _deactivate(crowd: Crowd, turn: int) -> Call:
    member = _plain(crowd, 5 + turn // 2 % 5)
    return Call("POST", f"/v1/members/{member.id}/{('deactivate', 'reactivate')[turn % 2]}")


def _invite(_: Crowd, __: int) -> Call:
    return Call("POST", "/v1/invitations", {"email": f"new{next(_addresses)}@example.com", "role": "member"})


def _scim_list(crowd: Crowd, _: int) -> Call:
    return Call("GET", f"{SCIM}/Users?startIndex={crowd.size // 2}&count=100")


def _scim_filter(crowd: Crowd, _: int) -> Call:
    return Call("GET", f"{SCIM}/Users?{urlencode({'filter': f'userName eq {json.dumps(_tied(crowd).email)}'})}")


def _scim_get(crowd: Crowd, _: int) -> Call:
    return Call("GET", f"{SCIM}/Users/{_tied(crowd).id}")


def _scim_patch(crowd: Crowd, turn: int) -> Call:
    """Set an attribute to another value each time, in Entra's words."""
    operation = {"op": "Replace", "path": "title", "value": f"Engineer {turn}"}
    schemas = ["urn:ietf:params:scim:api:messages:2.0:PatchOp"]
    return Call("PATCH", f"{SCIM}/Users/{_tied(crowd).id}", {"schemas": schemas, "Operations": [operation]})


def _tied(crowd: Crowd) -> Member:
    return crowd.members[crowd.size // 2]


def _search_budget(size: int) -> Budget:
    return Budget(3 if size <= LARGE else None, 30 if size <= BLOCK_ROWS else 2700)


OPERATIONS: Final = (
    Operation("authenticate", lambda *_: Call("GET", "/v1/team"), lambda _: Budget(1, 2)),
    Operation("list 50", lambda *_: Call("GET", "/v1/members"), by_size(2, 2, 8)),
    Operation(
        "list 50, three filters",
        lambda *_: Call("GET", "/v1/members?role=admin&status=active&product=trustgate"),
        by_size(3, 15, 40),
    ),
    Operation("search, many match", lambda *_: Call("GET", "/v1/members?q=muller"), _search_budget, few),
    Operation("search, none match", lambda *_: Call("GET", "/v1/members?q=nobody+at+all"), _search_budget, few),
    Operation("page at N/2", _deep, lambda _: Budget(3, 75)),
    Operation("role change", _role, lambda _: Budget(2, None, 8)),
    Operation("deactivate", _deactivate, lambda _: Budget(2)),
    Operation("invite", _invite, lambda _: Budget(2)),
    Operation(SCIM_LIST, _scim_list, lambda _: Budget(3, 75)),
    Operation(SCIM_FILTER, _scim_filter, lambda _: Budget(2)),
    Operation("SCIM get", _scim_get, lambda _: Budget(2)),
    Operation("SCIM patch", _scim_patch, lambda _: Budget(3)),
)
