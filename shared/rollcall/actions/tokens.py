"""Own personal access tokens: issue, rename, revoke, list (C4)."""

from dataclasses import dataclass
from datetime import datetime

from rollcall.actions.call import Call
from rollcall.auth import secrets
from rollcall.domain import tokens
from rollcall.domain.errors import NotFound
from rollcall.domain.members import Member
from rollcall.domain.text import TokenName
from rollcall.domain.tokens import LAST, Token, TokenState
from rollcall.storage.reads import tokens_of


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token to be; without an expiry it lives until it is revoked, where the team allows that."""

    name: TokenName
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class TokenEdit:
    """What may be changed of a token."""

    name: TokenName


@dataclass(frozen=True, slots=True)
class Listed:
    """A token as it is told: where it stands now, and when it was last used."""

    token: Token
    state: TokenState
    last_used: datetime | None = None


def list_tokens(call: Call, member: Member) -> list[Listed]:
    """Return a member's tokens, newest first, revoked and expired ones too."""
    held = reversed(tokens_of(member.team_id, member.id))
    return [Listed(token, tokens.state(token, member, call.now), last_used) for token, last_used in held]


def issue_token(call: Call, wanted: NewToken) -> tuple[str, Token]:
    """Return the token's text, shown this once, and what is kept of it. Raises TokenLimit, Invalid for its age."""
    member, team = call.known.member, call.team
    tokens.check_age(wanted.expires_at, team.settings, call.now)
    text = secrets.compose("pat", team.id, member.id, call.random_bytes(32))
    hashed = secrets.digest(text)
    token_id = call.new_id("pat")
    token = Token(token_id, team.id, member.id, wanted.name, text[-LAST:], hashed, wanted.expires_at)
    change = tokens.issue(member, secrets.map_key(hashed), token, call.actor, team.settings, call.now)
    call.commit(change, (text, token))
    return text, token


def rename_token(call: Call, token_id: str | None, edit: TokenEdit) -> Listed:
    """Give one of the caller's tokens another name."""
    change, after = tokens.rename(_own(call, token_id), edit.name, call.actor)
    renamed = Listed(after, tokens.state(after, call.known.member, call.now))
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
