"""What every use case is handed: who calls, what was read, the moment, and the way to write the one Change."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime

from rollcall.domain.changes import Change
from rollcall.domain.errors import Forbidden, NotFound, StaleVersion, Unauthenticated
from rollcall.domain.events import Event
from rollcall.domain.members import Member
from rollcall.domain.permissions import Actor, CredentialKind
from rollcall.domain.teams import Team
from rollcall.storage.commit import BlockFull, commit, open_next_block
from rollcall.storage.reads import Found
from rollcall.storage.table import Item

AnyVersion = frozenset[int] | None


@dataclass(frozen=True, slots=True)
class Caller:
    """The actor with the records that were read with the request; a product's service token is no member."""

    actor: Actor
    person: Member | None
    team: Team

    @property
    def member(self) -> Member:
        """Return the member who calls."""
        if self.person is None:
            raise Forbidden
        return self.person


@dataclass(frozen=True, slots=True)
class Call:
    """One request below the HTTP floor. `new_id` makes ids, `random_bytes` secrets; time stands still in `now`.

    `journal` tells a change to a log, in the place of an idempotency record. `home` is there for a connection that is
    staged: the id of the team itself, while `team` is its shadow, whose changes are nobody's events and letters.
    """

    now: datetime
    found: Found
    new_id: Callable[[str], str]
    random_bytes: Callable[[int], bytes]
    caller: Caller | None = None
    address: str | None = None
    request_id: str | None = None
    if_match: AnyVersion = None
    kept: bool = False
    keep: Callable[[object], Item | None] = field(default=lambda _: None)
    journal: Callable[[Change], Item | None] | None = None
    home: str | None = None
    noted: dict[str, object] = field(default_factory=dict)

    def note(self, **facts: object) -> None:
        """Add facts to the request's line in the log, such as the `reason` of a refusal: never told to the caller."""
        self.noted.update(facts)

    @property
    def known(self) -> Caller:
        """Return the caller where one is needed."""
        if self.caller is None:
            raise Unauthenticated
        return self.caller

    @property
    def actor(self) -> Actor:
        """Return who acts."""
        return self.known.actor

    @property
    def team(self) -> Team:
        """Return the caller's team: the only one that anything here can reach."""
        return self.known.team

    def check_version(self, version: int) -> None:
        """Refuse when `If-Match` names no present version."""
        if self.if_match is not None and version not in self.if_match:
            raise StaleVersion

    def unkept(self) -> "Call":
        """Return the same call with no answer to record: for one of several transactions of a request."""
        return replace(self, kept=False, keep=lambda _: None)

    def reading(self, found: Found) -> "Call":
        """Return the same call on a newer reading."""
        return replace(self, found=found)

    def conclude(self, result: object) -> None:
        """Record what is answered to a request of several transactions, after the last of them."""
        if self.kept:
            commit(Change(), (), self.keep(result))

    def commit(self, change: Change, result: object = None) -> None:
        """Write the change with its events and, where the request has an idempotency key, what is answered to it.

        No change writes nothing but that record: the same request sent again must not find something to change.
        """
        if not (change.steps or change.letters or change.claims):
            self.conclude(result)
            return
        told = change if self.home is None else replace(change, deeds=(), letters=())
        events = [Event(self.new_id("evt"), deed, self.now, self.address, self.request_id) for deed in told.deeds]
        try:
            commit(told, events, self.keep(result) if self.journal is None else self.journal(change))
        except BlockFull as full:
            open_next_block(full.team_id, full.block)
            raise


def system(team_id: str) -> Actor:
    """Return the actor of schedules."""
    return Actor(team_id, None, None, None, None, CredentialKind.SYSTEM)


def there(value: object | None) -> None:
    """Raise for what is not there, or another team's: the same answer."""
    if value is None:
        raise NotFound
