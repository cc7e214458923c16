"""Invite a person by e-mail (J1-J3, I6, I8)."""

from dataclasses import dataclass
from datetime import datetime

from rollcall.actions import quotas
from rollcall.actions.call import Call
from rollcall.domain import invitations
from rollcall.domain.changes import Change
from rollcall.domain.errors import AlreadyInvited, Flaw, Invalid, MemberExists, UseReactivate
from rollcall.domain.invitations import EMAIL, Invitation, Inviter
from rollcall.domain.permissions import Role
from rollcall.domain.teams import ALL_PRODUCTS, ProductAccess, Team
from rollcall.domain.text import Message
from rollcall.mail.address import Address
from rollcall.storage import keys
from rollcall.storage.keys import Key
from rollcall.storage.reads import invitation_keys, read

NO_WAY_IN = "no_way_to_sign_in_yet"


@dataclass(frozen=True, slots=True)
class NewInvitation:
    """Whom to invite as what; without a choice as a member with all products, with a password where there is no SSO."""

    email: Address
    role: Role = Role.MEMBER
    products: ProductAccess = ALL_PRODUCTS
    send_password_email: bool | None = None
    message: Message | None = None


def reads(team_id: str, member_id: str, wanted: NewInvitation, now: datetime) -> list[Key]:
    """Name what the decision needs beside the caller: who holds the address, and how many the caller has invited."""
    return [keys.claim(EMAIL, team_id, wanted.email.key), quotas.invitations(member_id, now)]


def invite(call: Call, wanted: NewInvitation) -> Invitation:
    """Add a pending invitation and the letter that carries its link.

    Raises AboveYourRank (I8), Invalid for products the team does not have, AlreadyInvited, MemberExists,
    UseReactivate, and TooManyRequests for what would be one too many (case 104).
    """
    change, invitation = decide(call, wanted)
    quotas.commit_one(call, change, invitation)
    return invitation


def decide(call: Call, wanted: NewInvitation) -> tuple[Change, Invitation]:
    """Return the change that invites; an expired invitation of the address is withdrawn in the same step."""
    team = call.team
    by_password = check_way_in(wanted.products, wanted.send_password_email, team)
    call.actor.require_rank(wanted.role)
    replaced = _free(call, wanted.email)
    invitation = Invitation(
        id=call.new_id("inv"),
        team_id=team.id,
        email=wanted.email.typed,
        email_key=wanted.email.key,
        role=wanted.role,
        products=wanted.products,
        send_password_email=by_password,
        inviter=Inviter(call.known.member.id, call.known.member.name, call.known.member.email),
        sent_at=call.now,
        expires_at=invitations.deadline(team, call.now),
        created_at=call.now,
        message=wanted.message,
    )
    return invitations.create(invitation, call.actor, call.new_id("let"), replaced), invitation


def warnings(invitation: Invitation, team: Team) -> list[str]:
    """Name what the inviter should know: without password, SSO and SCIM the person cannot sign in yet."""
    no_way = not (invitation.send_password_email or team.sso_available or team.scim_enabled)
    return [NO_WAY_IN] if no_way else []


def check_products(access: ProductAccess, team: Team) -> None:
    """Refuse a chosen subset that is empty or names products that the team does not have (I21, case 106)."""
    if access.only is None:
        return
    if not access.only:
        raise Invalid(Flaw("/products/only", "Choose at least one product."))
    unknown = sorted(access.only - team.products.keys())
    if unknown:
        raise Invalid(Flaw("/products/only", f"The team has no product {', '.join(unknown)}."))


def check_way_in(products: ProductAccess, chosen: bool | None, team: Team) -> bool:  # noqa: FBT001 the box itself
    """Refuse products that the team does not have, and a password where there is none; tell whether one is set."""
    check_products(products, team)
    return _by_password(chosen, team)


def _by_password(chosen: bool | None, team: Team) -> bool:  # noqa: FBT001 the box itself
    if chosen is None:
        return not team.sso_available and team.passwords_open
    if chosen and not team.passwords_open:
        raise Invalid(Flaw("/send_password_email", "Passwords are off in this team: people sign in through SSO."))
    return chosen


def _free(call: Call, address: Address) -> Invitation | None:
    """Return the expired invitation to be withdrawn, if there is one; raise when the address is taken."""
    team_id = call.team.id
    holder = call.found.holder(EMAIL, team_id, address.key)
    if holder is None:
        return None
    if holder.startswith("mem_"):
        member = read([keys.member(team_id, holder)]).member(team_id, holder)
        taken = UseReactivate if member and not member.is_active else MemberExists
        raise taken(extra={"member": holder})
    present = read(invitation_keys(team_id, holder)).invitation(team_id, holder)
    if present is not None and present.state_at(call.now) is invitations.State.EXPIRED:
        return present
    raise AlreadyInvited(extra={"invitation": holder})
