"""Links in letters are derived, not stored: an HMAC over what they are for, so nothing at rest can be used (I27)."""

import hashlib
import hmac
from collections.abc import Iterator, Sequence
from datetime import datetime

from rollcall.auth import secrets
from rollcall.auth.secrets import Secret
from rollcall.domain.invitations import Invitation, Via
from rollcall.domain.members import Member


def invitation_link(key: bytes, invitation: Invitation, via: Via) -> str:
    """Return the token of the invitation's present generation, marked with the way it goes to its holder."""
    return _derive(key, "inv", invitation.team_id, invitation.id, invitation.generation, via)


def password_link(key: bytes, member: Member) -> str:
    """Return the token that sets the member's password, of the present generation."""
    return _derive(key, "rst", member.team_id, member.id, member.password_link.generation, Via.MAILED)


def invitation_of(keys: Sequence[bytes], token: Secret, invitation: Invitation) -> tuple[int, Via] | None:
    """Return the generation and way of a true link to the invitation, of any generation; None for any other text."""
    for key in keys:
        for generation in range(invitation.generation, 0, -1):
            for via in Via:
                if _true(key, token, generation, via):
                    return generation, via
    return None


def opens_password(keys: Sequence[bytes], token: Secret, member: Member) -> bool | None:
    """Tell whether the token is the member's newest password link; None when it is no link of ours at all."""
    for key in keys:
        for generation in range(member.password_link.generation, -1, -1):
            if _true(key, token, generation, Via.MAILED):
                return generation == member.password_link.generation
    return None


def live_password_link(member: Member, now: datetime) -> bool:
    """Tell whether the member's newest password link is within its time."""
    expires = member.password_link.expires_at
    return expires is not None and now < expires


def _true(key: bytes, token: Secret, generation: int, via: Via) -> bool:
    return secrets.same(_derive(key, token.kind, token.team_id, token.owner_id, generation, via), token.text)


def _derive(key: bytes, kind: str, team_id: str, owner_id: str, generation: int, via: Via) -> str:
    message = "\0".join(("link-v1", kind, team_id, owner_id, str(generation), via.value))
    return secrets.compose(kind, team_id, owner_id, hmac.new(key, message.encode(), hashlib.sha256).digest())


def subkeys(keys: Sequence[bytes], purpose: str) -> Iterator[bytes]:
    """Return keys for another purpose, from which the link keys cannot be told."""
    return (hmac.new(key, f"purpose-v1\0{purpose}".encode(), hashlib.sha256).digest() for key in keys)
