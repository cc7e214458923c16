"""Deactivate and reactivate (M7): the leaver is cut off when the answer is sent."""

from datetime import datetime
from functools import partial

from rollcall.actions.call import Call
from rollcall.actions.targets import target
from rollcall.domain import membership
from rollcall.domain.changes import Change
from rollcall.domain.errors import ActingOnYourself, LastOwner, Unavailable
from rollcall.domain.invitations import Invitation
from rollcall.domain.members import Member
from rollcall.domain.membership import Receipt
from rollcall.storage import invitations
from rollcall.storage.waves import both


def deactivate(call: Call, member_id: str | None) -> Receipt:
    """Stop every credential of the member; record, role and access stay. Deactivating again is no change."""
    member = target(call, member_id)
    refuse_self(call, member)
    change, after = membership.deactivate(member, call.actor)
    return cut_off(call, member, after, change)


def reactivate(call: Call, member_id: str | None) -> Member:
    """Restore role and access; no old session or token comes back."""
    member = target(call, member_id)
    change, after = membership.reactivate(member, call.actor)
    call.commit(change, after)
    return after


def refuse_self(call: Call, member: Member) -> None:
    """Refuse to cut oneself off by an admin's route: leaving has one of its own."""
    if member.id != call.actor.member_id:
        return
    if member.owns and call.found.owners(member.team_id) == {member.id}:
        raise LastOwner
    raise ActingOnYourself


def cut_off(call: Call, before: Member, after: Member, change: Change) -> Receipt:
    """Commit, and say what was cut. The invitations of the member are looked up in the same round trip.

    Where the answer is kept for a replay, it must be known before the commit, which costs one round trip more.
    """
    sent = partial(_sent, before, call.now)
    if call.kept:
        receipt = membership.receipt(before, after, call.team, sent())
        call.commit(change, receipt)
        return receipt
    pending, _ = both(sent, partial(call.commit, change))
    return membership.receipt(before, after, call.team, pending)


def _sent(member: Member, now: datetime) -> list[Invitation] | None:
    """Return the member's pending invitations; None when they cannot be read, which must not hide that it was done."""
    try:
        return invitations.pending_by(member.team_id, member.id, now)
    except Unavailable:
        return None
