"""Own personal access tokens: issue, rotate, rename, revoke, list (C4)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

from rollcall.actions.call import Call
from rollcall.auth import secrets
from rollcall.domain import ids, tokens
from rollcall.domain.errors import NotFound
from rollcall.domain.members import Member
from rollcall.domain.text import OverlapMinutes, TokenName
from rollcall.domain.tokens import LAST, Made, Token, TokenState
from rollcall.storage.reads import tokens_of

HOUR = OverlapMinutes(60)


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token to be; without an expiry it lives until it is revoked, where the team allows that."""

    name: TokenName
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Rotation:
    """How a token is replaced: how many minutes the old one works on (none to seven days), when the new one ends."""

    MAY_BE_ABSENT: ClassVar[bool] = True

    overlap_minutes: OverlapMinutes = HOUR
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class TokenEdit:
    """What may be changed of a token."""

    name: TokenName


@dataclass(frozen=True, slots=True)
class Held:
    """A member's tokens, newest first, and what the team allows, to be seen before another one is made."""

    tokens: list["Listed"]
    max_age_days: int | None
    max_per_member: int
    live: int


@dataclass(frozen=True, slots=True)
class Listed:
    """A token as it is told: where it stands now, and when it was last used."""

    token: Token
    state: TokenState
    last_used: datetime | None = None


def list_tokens(call: Call, member: Member) -> Held:
    """Return a member's tokens, revoked and expired ones too, with the team's limits."""
    settings, now = call.team.settings, call.now
    held = reversed(tokens_of(member.team_id, member.id))
    listed = [Listed(token, tokens.state(token, member, settings, now), last_used) for token, last_used in held]
    live = sum(pat.live(now) for pat in member.pats.values())
    return Held(listed, settings.token_max_age_days, settings.tokens_max_per_member, live)


def issue_token(call: Call, wanted: NewToken) -> tuple[str, Token]:
    """Return the token's text, shown this once, and what is kept of it. Raises TokenLimit, Invalid for its age."""
    member, settings = call.known.member, call.team.settings
    tokens.check_age(wanted.expires_at, settings, call.now)
    text, made = _make(call, member, wanted.name, wanted.expires_at)
    call.commit(tokens.issue(member, made, call.actor, settings, call.now), (text, made.token))
    return text, made.token


def rotate_token(call: Call, token_id: str | None, wanted: Rotation) -> tuple[str, Token]:
    """Return a new token in the place of an own one, which works on for a while (C4).

    The new one lives as long as the old one was to live, or until `expires_at`.
    """
    member, settings, old = call.known.member, call.team.settings, _own(call, token_id)
    expires_at = wanted.expires_at
    if expires_at is None and old.expires_at is not None:
        expires_at = call.now + (old.expires_at - ids.made_at(old.id))
    tokens.check_age(expires_at, settings, call.now)
    text, made = _make(call, member, old.name, expires_at)
    until = call.now + timedelta(minutes=wanted.overlap_minutes)
    call.commit(tokens.rotate(member, old, made, until, call.actor, settings, call.now), (text, made.token))
    return text, made.token


def _make(call: Call, member: Member, name: str, expires_at: datetime | None) -> tuple[str, Made]:
    """Return a token's text and what is kept of it; the text leads to the id, so that its holder can be told more."""
    text = secrets.compose("pat", member.team_id, member.id, call.random_bytes(32))
    hashed = secrets.digest(text)
    token_id = ids.make("pat", call.now, secrets.randomness(hashed))
    notice_at = tokens.next_notice(expires_at, call.now)
    last = text[-LAST:]
    token = Token(token_id, member.team_id, member.id, name, last, hashed, expires_at, notice_at=notice_at)
    return text, Made(token, secrets.map_key(hashed), call.new_id("let"))


def rename_token(call: Call, token_id: str | None, edit: TokenEdit) -> Listed:
    """Give one of the caller's tokens another name."""
    change, after = tokens.rename(_own(call, token_id), edit.name, call.actor)
    renamed = Listed(after, tokens.state(after, call.known.member, call.team.settings, call.now))
    call.commit(change, renamed)
    return renamed


def revoke_token(call: Call, token_id: str | None) -> None:
    """Revoke one of the caller's tokens; it stays listed."""
    call.commit(tokens.revoke(call.known.member, _own(call, token_id), call.actor, call.now))


def _own(call: Call, token_id: str | None) -> Token:
    member = call.known.member
    token = call.found.token(member.team_id, member.id, token_id) if token_id else None
    if token is None:
        raise NotFound
    return token
