"""What owners and admins do to an invitation: resend it, copy its link, revoke it (I2-I4, I8)."""

from dataclasses import dataclass

from rollcall.actions.call import Call
from rollcall.actions.invite import check_products
from rollcall.auth import links
from rollcall.domain import invitations
from rollcall.domain.errors import NotFound
from rollcall.domain.invitations import Invitation, Inviter, Via
from rollcall.domain.permissions import Role
from rollcall.domain.teams import ProductAccess


@dataclass(frozen=True, slots=True)
class InvitationEdit:
    """What to change; what is left out stays."""

    role: Role | None = None
    products: ProductAccess | None = None


def find(call: Call, invitation_id: str | None) -> Invitation:
    """Return an invitation of the caller's team."""
    found = call.found.invitation(call.team.id, invitation_id) if invitation_id else None
    if found is None:
        raise NotFound
    return found


def resend(call: Call, invitation_id: str | None) -> Invitation:
    """Mail it again; older links die."""
    invitation = _touchable(call, invitation_id)
    change, after = invitations.resend(invitation, call.team, call.actor, call.new_id("let"), call.now)
    call.commit(change, after)
    return after


def copy_link(call: Call, invitation_id: str | None, key: bytes) -> tuple[str, Invitation]:
    """Return the current link, marked as copied, so that joining by it proves no address."""
    invitation = _touchable(call, invitation_id)
    change, after = invitations.copy_link(invitation, call.team, call.actor, call.now)
    shown = links.invitation_link(key, after, Via.COPIED), after
    call.commit(change, shown)
    return shown


def edit(call: Call, invitation_id: str | None, wanted: InvitationEdit) -> Invitation:
    """Change role or products of a pending invitation; neither may lie above the caller's rank (I8)."""
    if wanted.products is not None:
        check_products(wanted.products, call.team)
    invitation = find(call, invitation_id)
    call.actor.require_rank(invitation.role, wanted.role or invitation.role)
    call.check_version(invitation.version)
    editor = Inviter(call.known.member.id, call.known.member.name, call.known.member.email)
    role, products = wanted.role or invitation.role, wanted.products or invitation.products
    change, after = invitations.edit(invitation, role, products, editor, call.actor, call.now)
    call.commit(change, after)
    return after


def revoke(call: Call, invitation_id: str | None) -> None:
    """Withdraw it; its links stop at once."""
    call.commit(invitations.revoke(_touchable(call, invitation_id), call.actor, call.now))


def _touchable(call: Call, invitation_id: str | None) -> Invitation:
    invitation = find(call, invitation_id)
    call.actor.require_rank(invitation.role)
    call.check_version(invitation.version)
    return invitation
