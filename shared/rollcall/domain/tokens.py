"""Personal access tokens (C4): issue within the team's limits, rename, revoke; a token never stores a role (I14)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from rollcall.domain import ids
from rollcall.domain.changes import Change, Created, Letter, Step, Updated
from rollcall.domain.errors import Conflict, Flaw, Invalid, TokenLimit
from rollcall.domain.events import Action, Deed, Subject
from rollcall.domain.members import Member, Pat
from rollcall.domain.permissions import Actor
from rollcall.domain.teams import Settings
from rollcall.domain.times import rfc3339

LAST = 4


NOTICES = (timedelta(days=30), timedelta(days=7), timedelta(days=1))


class TokenState(StrEnum):
    """What a token is told to be: what it is at its use (I6). A blocked one lives longer than the team allows now."""

    ACTIVE = "active"
    BLOCKED = "blocked"
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
    notice_at: datetime | None = None

    @property
    def subject(self) -> Subject:
        """Name the token in an audit event."""
        return Subject("token", self.id, self.name)

    @property
    def facts(self) -> Mapping[str, object]:
        """Return what an audit event keeps of it."""
        expires = None if self.expires_at is None else rfc3339(self.expires_at)
        return {"name": self.name, "last4": self.last4, "expires_at": expires, "member": self.member_id}


@dataclass(frozen=True, slots=True)
class Made:
    """A token to be: its key in the member item, and the id of the letter that tells of it."""

    token: Token
    key: str
    letter_id: str


def state(token: Token, member: Member, settings: Settings, now: datetime) -> TokenState:
    """Return where the token stands; one that a cut of all tokens took off the member's record is revoked (I6)."""
    if token.revoked_at is None and token.expires_at is not None and now >= token.expires_at:
        return TokenState.EXPIRED
    if not _holds(member, token):
        return TokenState.REVOKED
    return TokenState.ACTIVE if allowed(token.id, token.expires_at, settings) else TokenState.BLOCKED


def allowed(token_id: str, expires_at: datetime | None, settings: Settings) -> bool:
    """Tell whether a token lives no longer than the team allows now, whatever it allowed before (case 50)."""
    longest = settings.token_max_age_days
    made_at = ids.made_at(token_id)
    return longest is None or (expires_at is not None and expires_at - made_at <= timedelta(days=longest))


def next_notice(expires_at: datetime | None, now: datetime) -> datetime | None:
    """Return when its holder is next told that a token ends: 30, 7 and 1 days before."""
    if expires_at is None:
        return None
    return next((expires_at - ahead for ahead in NOTICES if expires_at - ahead > now), None)


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


def issue(member: Member, made: Made, actor: Actor, settings: Settings, now: datetime) -> Change:
    """Add a token; expired ones make room, revoked ones have left it already (I15). Its holder is told by letter."""
    change = _add(member, member.pats, made, settings, now)
    return replace(change, deeds=(Deed(Action.TOKEN_ISSUED, actor, made.token.subject, None, made.token.facts),))


def rotate(
    member: Member, old: Token, made: Made, until: datetime, actor: Actor, settings: Settings, now: datetime
) -> Change:
    """Add a token in the place of another one, which works on until then; at once where that is now (C4).

    Raises Conflict for a token that does not work any more, TokenLimit where both together would be too many.
    """
    held = next((k for k, pat in member.pats.items() if pat.id == old.id and pat.live(now)), None)
    if held is None:
        raise Conflict("This token does not work any more.")
    others = {k: pat for k, pat in member.pats.items() if k != held}
    ends = until if old.expires_at is None else min(until, old.expires_at)
    after = replace(old, revoked_at=now, notice_at=None)
    if ends > now:
        others[held] = Pat(old.id, old.hash, ends)
        after = replace(old, expires_at=ends, notice_at=None)
    change = _add(member, others, made, settings, now)
    deed = Deed(Action.TOKEN_ROTATED, actor, made.token.subject, old.facts, made.token.facts)
    moved = () if after == old else (Updated(old, after),)
    return replace(change, steps=(*change.steps, *moved), deeds=(deed,))


def _add(member: Member, held: Mapping[str, Pat], made: Made, settings: Settings, now: datetime) -> Change:
    live = {k: pat for k, pat in held.items() if pat.live(now)}
    if len(live) >= settings.tokens_max_per_member:
        raise TokenLimit
    token = made.token
    after = replace(member, pats={**live, made.key: Pat(token.id, token.hash, token.expires_at)})
    steps = (Updated(member, after, (("pats", settings.tokens_max_per_member),)), Created(token))
    return Change(steps, letters=(_letter("token_issued", made.letter_id, token, now),))


def remind(token: Token, letter_id: str, now: datetime) -> Change:
    """Tell its holder that a token ends soon, each time once; the letter is not sent if it is dead by then."""
    after = replace(token, notice_at=next_notice(token.expires_at, now))
    return Change(steps=(Updated(token, after),), letters=(_letter("token_expiring", letter_id, token, now),))


def silence(token: Token) -> Change:
    """Tell nobody of the end of a token that does not work any more."""
    return Change(steps=(Updated(token, replace(token, notice_at=None)),))


def _letter(kind: str, letter_id: str, token: Token, now: datetime) -> Letter:
    return Letter(letter_id, kind, token.team_id, token.member_id, 0, now, {"token": token.id})


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
    deed = Deed(Action.TOKEN_REVOKED, actor, token.subject, token.facts, None)
    return Change(steps=_taken_out(member, token, now), deeds=(deed,))


def leaked(member: Member, token: Token, letter_id: str, actor: Actor, now: datetime) -> Change:
    """Revoke a token that was found where it does not belong, and tell its holder (case 60)."""
    if not _holds(member, token):
        return Change()
    deed = Deed(Action.TOKEN_LEAKED, actor, token.subject, token.facts, None)
    return Change(_taken_out(member, token, now), (), (deed,), (_letter("token_leaked", letter_id, token, now),))


def _taken_out(member: Member, token: Token, now: datetime) -> tuple[Step, ...]:
    kept = {key: pat for key, pat in member.pats.items() if pat.id != token.id}
    ended = replace(token, revoked_at=now, notice_at=None)
    return Updated(member, replace(member, pats=kept)), Updated(token, ended)
