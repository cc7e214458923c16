"""Making a session: the same for sign-in and for joining by password (C3)."""

from datetime import datetime, timedelta

from rollcall.actions.call import Call
from rollcall.auth import secrets
from rollcall.domain.members import Member, Session
from rollcall.domain.teams import Team


def new_session(call: Call, member: Member, team: Team, via: str) -> tuple[str, str, Session]:
    """Return a session's text, shown once, its key in the member item, and what is kept of it."""
    settings = team.settings
    text = secrets.compose("ses", team.id, member.id, call.random_bytes(32))
    hashed = secrets.digest(text)
    expires_at = call.now + timedelta(hours=settings.session_absolute_hours)
    idle_at = min(expires_at, call.now + timedelta(minutes=settings.session_idle_minutes))
    return text, secrets.map_key(hashed), Session(call.new_id("ses"), hashed, expires_at, idle_at, via)


def session_ends(session: Session) -> datetime:
    """Return when the session ends whatever its holder does."""
    return session.expires_at
