"""Owners and admins end all sessions or all tokens of a member (C3, C4): one write, however many there are."""

from rollcall.actions.call import Call
from rollcall.actions.targets import target
from rollcall.domain import membership


def revoke_sessions(call: Call, member_id: str | None) -> None:
    """End every session of the member."""
    change, after = membership.revoke_sessions(target(call, member_id), call.actor)
    call.commit(change, after)


def revoke_tokens(call: Call, member_id: str | None) -> None:
    """Revoke every personal access token of the member."""
    change, after = membership.revoke_tokens(target(call, member_id), call.actor)
    call.commit(change, after)
