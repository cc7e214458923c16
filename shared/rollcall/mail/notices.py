"""What each notice says. Names are strangers' texts, made harmless here; addresses are canonical ones."""

from datetime import datetime

from rollcall.mail.letters import Notice
from rollcall.mail.words import day, plain


def renewal_requested(team: str, reader: str, email: str, expired_at: datetime) -> Notice:
    """Tell who may invite that somebody whose invitation expired asks for a new one (I7)."""
    where = plain(team)
    return Notice(
        reader,
        f"{email} asks for a new invitation to {where}",
        (
            f"the invitation of {email} to {where} expired on {day(expired_at)}. Its holder asks for a new one.",
            "To send it, resend the invitation; role and products stay. If they are not to join, do nothing.",
        ),
        f"You got it because you may invite people to {where}.",
    )
