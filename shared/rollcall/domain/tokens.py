"""Personal access tokens (C4): issue within the team's limits, rename, revoke; a token never stores a role (I14)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from rollcall.domain.changes import Change, Created, Updated
from rollcall.domain.errors import Conflict, Flaw, Invalid, TokenLimit
from rollcall.domain.events import Action, Deed, Subject
from rollcall.domain.members import Member, Pat
from rollcall.domain.permissions import Actor
from rollcall.domain.teams import Settings
from rollcall.domain.times import rfc3339

LAST = 4


class TokenState(StrEnum):
    """What a token is told to be: what it is at its use (I6)."""

    ACTIVE = "active"
    EXPIRED = "expired"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class Token:
    """What is told of a token: everything but its secret. Revoked and expired ones stay listed."""

    id: str
    team_id: str
    member_id: str
    name: str
    last4: str
    hash: str
    expires_at: datetime | None
    revoked_at: datetime | None = None

    @property
    def subject(self) -> Subject:
        """Name the token in an audit event."""
        return Subject("token", self.id, self.name)

    @property
    def facts(self) -> Mapping[str, object]:
        """Return what an audit event keeps of it."""
        expires = None if self.expires_at is None else rfc3339(self.expires_at)
        return {"name": self.name, "last4": self.last4, "expires_at": expires, "member": self.member_id}


def state(token: Token, member: Member, now: datetime) -> TokenState:
    """Return where the token stands; one that a cut of all tokens took off the member's record is revoked (I6)."""
    if token.revoked_at is None and token.expires_at is not None and now >= token.expires_at:
        return TokenState.EXPIRED
    return TokenState.ACTIVE if _holds(member, token) else TokenState.REVOKED


def _holds(member: Member, token: Token) -> bool:
    return any(pat.id == token.id for pat in member.pats.values())


def check_age(expires_at: datetime | None, settings: Settings, now: datetime) -> None:
    """Refuse a token that is dead at birth, or lives longer than the team allows (C4)."""
    longest = settings.token_max_age_days
    if expires_at is not None and expires_at <= now:
        raise Invalid(Flaw("/expires_at", "This moment has passed."))
    if longest is None:
        return
    if expires_at is None or expires_at > now + timedelta(days=longest):
        raise Invalid(Flaw("/expires_at", f"Your team lets tokens live for at most {longest} days."))


def issue(member: Member, key: str, token: Token, actor: Actor, settings: Settings, now: datetime) -> Change:
    """Add a token; expired ones make room, revoked ones have left it already (I15)."""
    live = {k: pat for k, pat in member.pats.items() if pat.live(now)}
    if len(live) >= settings.tokens_max_per_member:
        raise TokenLimit
    after = replace(member, pats={**live, key: Pat(token.id, token.hash, token.expires_at)})
    caps = (("pats", settings.tokens_max_per_member),)
    deed = Deed(Action.TOKEN_ISSUED, actor, token.subject, None, token.facts)
    return Change(steps=(Updated(member, after, caps), Created(token)), deeds=(deed,))


def rename(token: Token, name: str, actor: Actor) -> tuple[Change, Token]:
    """Give the token another name. Raises Conflict for a revoked one, which stays listed as it was."""
    if token.revoked_at is not None:
        raise Conflict("This token was revoked.")
    if token.name == name:
        return Change(), token
    after = replace(token, name=name)
    deed = Deed(Action.TOKEN_RENAMED, actor, token.subject, {"name": token.name}, {"name": name})
    return Change(steps=(Updated(token, after),), deeds=(deed,)), after


def revoke(member: Member, token: Token, actor: Actor, now: datetime) -> Change:
    """Revoke one token; it stays listed. Twice is no change, and so is one that was cut with all others."""
    if not _holds(member, token):
        return Change()
    kept = {key: pat for key, pat in member.pats.items() if pat.id != token.id}
    steps = (Updated(member, replace(member, pats=kept)), Updated(token, replace(token, revoked_at=now)))
    deed = Deed(Action.TOKEN_REVOKED, actor, token.subject, token.facts, None)
    return Change(steps=steps, deeds=(deed,))
