"""The request for a new link in place of an expired one (I7): told to whoever may send it, once a day."""

from dataclasses import replace
from datetime import datetime, timedelta

from rollcall.domain.changes import Change, Letter, Updated
from rollcall.domain.events import Action, Deed
from rollcall.domain.invitations import Invitation, Verb
from rollcall.domain.members import Member
from rollcall.domain.permissions import MATRIX, Actor, CredentialKind, Permission
from rollcall.domain.times import rfc3339

ASKED_ONCE_IN = timedelta(hours=24)


def ask_again(invitation: Invitation, letter_id: str, now: datetime) -> Change:
    """Let the holder of an expired link ask for a new one: a letter to whoever may send it, once a day (I7).

    Raises StillValid while the invitation works, Gone where nothing can be renewed.
    """
    state = invitation.move(Verb.ASK, now)
    if invitation.asked_at is not None and now - invitation.asked_at < ASKED_ONCE_IN:
        return Change()
    after = replace(invitation, state=state, asked_at=now, version=invitation.version + 1)
    actor = Actor(invitation.team_id, None, invitation.email, None, None, CredentialKind.LINK)
    told = {"asked_at": rfc3339(now)}
    deed = Deed(Action.INVITATION_RENEWAL_REQUESTED, actor, invitation.subject, None, told)
    notice = Letter(letter_id, "renewal_requested", invitation.team_id, invitation.id, invitation.generation, now, {})
    return Change((Updated(invitation, after),), (), (deed,), (notice,))


def may_renew(member: Member, invitation: Invitation) -> bool:
    """Tell whether the member may resend the invitation: active, with the permission, of its rank at least (I8)."""
    allowed = Permission.MANAGE_INVITATIONS in MATRIX[member.role]
    return member.is_active and allowed and member.role.rank >= invitation.role.rank
