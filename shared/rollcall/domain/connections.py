"""The team's SCIM connection: its tokens (S2), two alive at once at most, and which groups give which role (R2)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from rollcall.domain import ids, tokens
from rollcall.domain.changes import Change, Created, Letter, Step, Updated
from rollcall.domain.errors import Conflict, NotFound, TokenLimit
from rollcall.domain.events import Action, Deed, Subject
from rollcall.domain.permissions import Actor, Role
from rollcall.domain.team_changes import subject
from rollcall.domain.teams import Team
from rollcall.domain.times import rfc3339

MOST_LIVE = 2
MOST_RULES = 50
USUAL_LIFE = timedelta(days=365)


class ConnectionState(StrEnum):
    """An active connection changes the team; a staged one only shows what it would change."""

    ACTIVE = "active"
    STAGED = "staged"


@dataclass(frozen=True, slots=True)
class ScimToken:
    """A SCIM token: everything but its secret. `notice_at` is when the owners are next told that it ends."""

    id: str
    name: str
    hash: str
    last4: str
    expires_at: datetime
    notice_at: datetime | None = None

    @property
    def created_at(self) -> datetime:
        """Return when it was issued."""
        return ids.made_at(self.id)

    def live(self, now: datetime) -> bool:
        """Tell whether its time lies ahead; the moment itself is already too late."""
        return now < self.expires_at

    @property
    def subject(self) -> Subject:
        """Name the token in an audit event."""
        return Subject("scim_token", self.id, self.name)

    @property
    def facts(self) -> Mapping[str, object]:
        """Return what an audit event keeps of it."""
        return {"name": self.name, "last4": self.last4, "expires_at": rfc3339(self.expires_at)}


@dataclass(frozen=True, slots=True)
class RoleRule:
    """A group, by its id or by its displayName without regard to case, and the role that it gives: never owner (R2)."""

    group: str
    role: Role

    @property
    def key(self) -> str:
        """Return by what two rules are for the same group."""
        return self.group.casefold()

    def matches(self, group_id: str, name: str) -> bool:
        """Tell whether the rule is for this group."""
        return self.group == group_id or self.key == name.casefold()

    @property
    def facts(self) -> dict[str, object]:
        """Return it as the API and the audit tell it."""
        return {"group": self.group, "role": self.role.value}


@dataclass(frozen=True, slots=True)
class Connection:
    """A team's one SCIM connection. `shadow` names what a staged one has gathered; `version` rises with each change."""

    team_id: str
    state: ConnectionState = ConnectionState.ACTIVE
    tokens: tuple[ScimToken, ...] = ()
    rules: tuple[RoleRule, ...] = ()
    version: int = 1
    shadow: str | None = None

    def token(self, token_id: str | None) -> ScimToken | None:
        """Return the token of that id."""
        return next((one for one in self.tokens if one.id == token_id), None)

    @property
    def notice_at(self) -> datetime | None:
        """Return when the owners are next told that a token ends."""
        return min((one.notice_at for one in self.tokens if one.notice_at is not None), default=None)


def issue(
    connection: Connection | None, team: Team, token: ScimToken, actor: Actor, now: datetime, *, staged: bool = False
) -> Change:
    """Add a token, sweeping expired ones; the first one opens the connection, `staged` where that is asked for.

    Raises TokenLimit for a third live one (the version, on which the commit rests, keeps parallel calls out: I15), and
    Conflict where `staged` is asked of a connection that is open already.
    """
    live = tuple(one for one in connection.tokens if one.live(now)) if connection else ()
    if staged and live:
        raise Conflict("Only the first SCIM token can stage the connection: this one is in use.")
    if len(live) >= MOST_LIVE:
        raise TokenLimit(f"Your team has {MOST_LIVE} live SCIM tokens, the most there may be: revoke one first.")
    first = ConnectionState.STAGED if staged else ConnectionState.ACTIVE
    state = connection.state if connection and live else first
    steps = _stored(connection, team, state=state, tokens=(*live, token))
    deed = Deed(Action.SCIM_TOKEN_ISSUED, actor, token.subject, None, {**token.facts, "connection": state.value})
    return Change(steps=(*steps, *_enabled(team, on=True)), deeds=(deed,))


def revoke(connection: Connection | None, team: Team, token_id: str | None, actor: Actor) -> Change:
    """Revoke a token: it stops at once and is gone; with the last one SCIM is off for the team. Raises NotFound."""
    return _without(connection, team, token_id, Action.SCIM_TOKEN_REVOKED, actor)


def leaked(connection: Connection, team: Team, token: ScimToken, letters: Sequence[Letter], actor: Actor) -> Change:
    """Revoke one that was found where it does not belong, and tell the owners (case 60)."""
    change = _without(connection, team, token.id, Action.SCIM_TOKEN_LEAKED, actor)
    return replace(change, letters=tuple(letters))


def set_rules(connection: Connection | None, team: Team, rules: tuple[RoleRule, ...], actor: Actor) -> Change:
    """Set which groups give which role (R2)."""
    before = connection.rules if connection else ()
    if before == rules:
        return Change()
    told, tells = ({"mappings": [rule.facts for rule in some]} for some in (before, rules))
    deed = Deed(Action.ROLE_MAPPING_CHANGED, actor, subject(team), told, tells)
    return Change(steps=_stored(connection, team, rules=rules), deeds=(deed,))


def remind(connection: Connection, letters: Sequence[Letter], now: datetime) -> Change:
    """Tell the owners that tokens end soon, each time once."""
    told = tuple(
        replace(one, notice_at=tokens.next_notice(one.expires_at, now)) if _due(one, now) else one
        for one in connection.tokens
    )
    after = replace(connection, tokens=told, version=connection.version + 1)
    return Change(steps=(Updated(connection, after),), letters=tuple(letters))


def ending(connection: Connection, now: datetime) -> list[ScimToken]:
    """Return the live tokens of whose end the owners are to be told now."""
    return [one for one in connection.tokens if one.live(now) and _due(one, now)]


def unstage(connection: Connection, team: Team, actor: Actor, *, drop: bool) -> Change:
    """Let a staged connection act on the team from now on, or drop it with its tokens."""
    after = replace(connection, state=ConnectionState.ACTIVE, shadow=None, version=connection.version + 1)
    action = Action.SCIM_PLAN_ACTIVATED
    if drop:
        after, action = replace(after, tokens=()), Action.SCIM_PLAN_DROPPED
    told, tells = {"connection": ConnectionState.STAGED.value}, {"connection": after.state.value}
    deed = Deed(action, actor, subject(team), told, None if drop else tells)
    steps = (Updated(connection, after), *(_enabled(team, on=False) if drop else ()))
    return Change(steps=steps, deeds=(deed,))


def stored(before: Connection | Team, after: Connection | Team) -> Step:
    """Return the step that stores one in the place of the other."""
    return Updated(before, after)


def _due(token: ScimToken, now: datetime) -> bool:
    return token.notice_at is not None and token.notice_at <= now


def _without(connection: Connection | None, team: Team, token_id: str | None, action: Action, actor: Actor) -> Change:
    token = connection.token(token_id) if connection else None
    if connection is None or token is None:
        raise NotFound
    left = tuple(one for one in connection.tokens if one.id != token.id)
    steps = _stored(connection, team, tokens=left)
    deed = Deed(action, actor, token.subject, token.facts, None)
    return Change(steps=(*steps, *_enabled(team, on=bool(left))), deeds=(deed,))


def _stored(connection: Connection | None, team: Team, **fields: object) -> tuple[Step, ...]:
    """Return the step that stores the connection with these fields, whether there was one or not."""
    if connection is None:
        return (Created(replace(Connection(team.id), **fields)),)  # type: ignore[arg-type]  # names of its own fields
    return (Updated(connection, replace(connection, version=connection.version + 1, **fields)),)  # type: ignore[arg-type]


def _enabled(team: Team, *, on: bool) -> tuple[Step, ...]:
    """Return the step that makes the team say whether SCIM is set up."""
    if team.scim_enabled == on:
        return ()
    return (Updated(team, replace(team, scim_enabled=on, version=team.version + 1)),)
