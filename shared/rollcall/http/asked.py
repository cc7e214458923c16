"""What a request asks before anything is read, and one that is ready for its use case."""

from dataclasses import dataclass
from typing import Generic, TypeVar

from rollcall.actions.call import Call
from rollcall.auth.secrets import Secret
from rollcall.domain import ids
from rollcall.domain.errors import LinkUnknown, Unauthenticated
from rollcall.http import idempotency
from rollcall.http.request import HttpRequest

B = TypeVar("B")


@dataclass(frozen=True, slots=True)
class Asked(Generic[B]):
    """What a request asks before anything is read: enough to name every item that it needs."""

    http: HttpRequest
    body: B
    token: Secret | None = None
    link: Secret | None = None
    named: idempotency.Named | None = None
    if_match: frozenset[int] | None = None

    @property
    def team_id(self) -> str:
        """Return the team that the credential or the link names; the only one this request can touch."""
        scope = self.token or self.link
        if scope is None:
            raise Unauthenticated
        return scope.team_id

    @property
    def caller_id(self) -> str:
        """Return whose credential it is: a member's id, or the service token's own."""
        if self.token is None:
            raise Unauthenticated
        return self.token.owner_id

    def path_id(self, name: str, prefix: str) -> str | None:
        """Return an id from the path, or None for text that is none and so names nothing."""
        value = self.http.path.get(name)
        return value if ids.valid(value, prefix) else None


@dataclass(frozen=True, slots=True)
class Request(Generic[B]):
    """One request, ready for its use case."""

    asked: Asked[B]
    call: Call

    @property
    def body(self) -> B:
        """Return the body as its dataclass."""
        return self.asked.body

    @property
    def link(self) -> Secret:
        """Return the mailed link's token, on routes that have one."""
        if self.asked.link is None:
            raise LinkUnknown
        return self.asked.link
