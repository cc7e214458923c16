"""Making a session, the same for sign-in and for joining by password; listing and ending them (C3)."""

from dataclasses import replace
from datetime import datetime, timedelta

from rollcall.actions.call import Call
from rollcall.auth import authenticate, secrets
from rollcall.auth.authenticate import Identity
from rollcall.auth.secrets import Secret
from rollcall.domain import credentials
from rollcall.domain.changes import Change
from rollcall.domain.errors import NotFound, Unauthenticated
from rollcall.domain.members import Member, Session
from rollcall.domain.permissions import CredentialKind
from rollcall.domain.teams import Team
from rollcall.storage.reads import read


def new_session(call: Call, member_id: str, team: Team, via: str) -> tuple[str, str, Session]:
    """Return a session's text, shown once, its key in the member item, and what is kept of it."""
    settings = team.settings
    text = secrets.compose("ses", team.id, member_id, call.random_bytes(32))
    hashed = secrets.digest(text)
    expires_at = call.now + timedelta(hours=settings.session_absolute_hours)
    idle_at = min(expires_at, call.now + timedelta(minutes=settings.session_idle_minutes))
    return text, secrets.map_key(hashed), Session(call.new_id("ses"), hashed, expires_at, idle_at, via)


def current(token: Secret | None, now: datetime) -> Identity | None:
    """Return whose live session a browser brought along, None for any other text."""
    if token is None or token.kind != "ses":
        return None
    try:
        return authenticate.judge(token, read(authenticate.wanted(token)), now)
    except Unauthenticated:
        return None


def own_session(brought: Identity | None, member_id: str) -> str | None:
    """Return the id of the session that a browser brought along if it is this member's."""
    return brought.actor.credential_id if brought and brought.actor.member_id == member_id else None


def in_place_of(brought: Identity | None, member_id: str, change: Change) -> Change:
    """Return the change that also ends the session of somebody else that the browser brought along (case 66)."""
    if brought is None or brought.member is None or brought.actor.member_id == member_id:
        return change
    ended = credentials.end_session(brought.member, str(brought.actor.credential_id), brought.actor)
    return replace(change, steps=change.steps + ended.steps, deeds=change.deeds + ended.deeds)


def list_sessions(call: Call, member: Member) -> list[Session]:
    """Return the member's live sessions, newest first."""
    sessions = member.sessions.values()
    live = [one for one in sessions if one.live(call.now) and authenticate.allowed(one, call.team)]
    return sorted(live, key=lambda session: session.id, reverse=True)


def end_session(call: Call, session_id: str | None) -> None:
    """End one of the caller's own sessions."""
    if session_id is None:
        raise NotFound
    call.commit(credentials.end_session(call.known.member, session_id, call.actor))


def end_current(call: Call) -> None:
    """Sign out. Whoever is signed out already is: that is no error (case 69). Raises NotFound for a token."""
    if call.caller is None:
        return
    if call.actor.kind is not CredentialKind.SESSION:
        raise NotFound("A token is no session: revoke it.")
    end_session(call, call.actor.credential_id)
