"""Sessions and passwords beyond signing in: ending one, asking for a reset, changing a password (C2, C3)."""

from dataclasses import replace
from datetime import datetime, timedelta

from rollcall.domain.changes import Change, Letter, Updated
from rollcall.domain.errors import NotFound
from rollcall.domain.events import Action, Deed
from rollcall.domain.members import Member, PasswordLink
from rollcall.domain.permissions import Actor

RESET_LIFE = timedelta(hours=1)
_NO_CAP = 1_000_000


def end_session(member: Member, session_id: str, actor: Actor) -> Change:
    """End one session, and none else. Raises NotFound for what is none of the member's (I4)."""
    ended = next((key for key, session in member.sessions.items() if session.id == session_id), None)
    if ended is None:
        raise NotFound
    kept = {key: session for key, session in member.sessions.items() if key != ended}
    deed = Deed(Action.SESSION_ENDED, actor, member.subject, {"session": session_id}, None)
    # Named among the caps, so that of two who end it at once one finds it gone.
    return Change(steps=(Updated(member, replace(member, sessions=kept), (("sessions", _NO_CAP),)),), deeds=(deed,))


def ask_reset(member: Member, actor: Actor, letter_id: str, now: datetime) -> Change:
    """Mail a link that sets a new password, once, within the hour; links mailed before are dead (C2, I8)."""
    link = PasswordLink(member.password_link.generation + 1, now + RESET_LIFE)
    deed = Deed(Action.PASSWORD_RESET_REQUESTED, actor, member.subject, None, None)
    letter = Letter(letter_id, "password_reset", member.team_id, member.id, link.generation, now, {})
    return Change((Updated(member, replace(member, password_link=link)),), (), (deed,), (letter,))


def change_password(member: Member, password_hash: str, actor: Actor, letter_id: str, now: datetime) -> Change:
    """Change it: every other session ends, tokens stay, mailed links are dead.

    The epoch rises, so that a sign-in with the older password that is under way cannot add its session.
    """
    kept = {key: session for key, session in member.sessions.items() if session.id == actor.credential_id}
    after = replace(
        member,
        password_hash=password_hash,
        password_link=PasswordLink(member.password_link.generation + 1),
        sessions=kept,
        epoch=member.epoch + 1,
        version=member.version + 1,
    )
    told = {"sessions_ended": len(member.sessions) - len(kept)}
    deed = Deed(Action.PASSWORD_CHANGED, actor, member.subject, None, told)
    notice = Letter(letter_id, "password_changed", member.team_id, member.id, 0, now, {})
    return Change((Updated(member, after, cuts=("sessions",)),), (), (deed,), (notice,))
