"""What may happen to a membership: role, product access, deactivation, removal, ownership (M3-M8, M11)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from rollcall.domain.changes import Change, Claim, Removed, Step, Updated
from rollcall.domain.errors import BeingRemoved, Conflict, MemberHasGrants, NotActive
from rollcall.domain.events import Action, Deed
from rollcall.domain.grants import Grant
from rollcall.domain.ids import digest
from rollcall.domain.invitations import EMAIL, Invitation
from rollcall.domain.members import Member, PasswordLink, RoleSource, Source, Status
from rollcall.domain.permissions import Actor, CredentialKind, Role
from rollcall.domain.teams import ProductAccess, Team

MANAGED_BY_SCIM = "managed_by_scim"
NOT_LISTED = "invitations_not_listed"
CREDENTIALS = ("sessions", "pats")


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a deactivation or removal cut, what it left standing, and what to know about it."""

    member: Member
    sessions: int
    tokens: int
    invitations: tuple[Invitation, ...]
    products: ProductAccess
    warnings: tuple[str, ...] = ()


def change_role(member: Member, role: Role, actor: Actor) -> tuple[Change, Member]:
    """Give a role by hand; it then outranks the mapping (R3). The same role, already given, is no change (M3, M6)."""
    if member.role is role and member.role_source is not RoleSource.MAPPING:
        return Change(), member
    after = replace(member, role=role, role_source=RoleSource.MANUAL, version=member.version + 1)
    return _changed(Action.ROLE_CHANGED, member, after, actor)


def clear_override(member: Member, mapped: Role, actor: Actor) -> tuple[Change, Member]:
    """Hand the role back to the mapping, which gives `mapped` now; a role that is the mapping's already stays (R3)."""
    if member.role_source is RoleSource.MAPPING:
        return Change(), member
    after = replace(member, role=mapped, role_source=RoleSource.MAPPING, version=member.version + 1)
    return _changed(Action.ROLE_OVERRIDE_CLEARED, member, after, actor)


def change_products(member: Member, products: ProductAccess, actor: Actor) -> tuple[Change, Member]:
    """Set which products the member may open; the role stays (M6)."""
    if member.products == products:
        return Change(), member
    return _changed(
        Action.PRODUCTS_CHANGED, member, replace(member, products=products, version=member.version + 1), actor
    )


def deactivate(member: Member, actor: Actor) -> tuple[Change, Member]:
    """Stop sign-in and every credential at once; record, role and access stay (M7)."""
    if not member.is_active:
        return Change(), member
    return _changed(Action.DEACTIVATED, member, replace(cut_off(member), held=True), actor, CREDENTIALS)


def cut_off(member: Member) -> Member:
    """Return the member deactivated, with every credential and every mailed link dead."""
    return replace(
        without_credentials(member),
        status=Status.DEACTIVATED,
        held=False,
        password_link=PasswordLink(member.password_link.generation + 1),
    )


def reactivate(member: Member, actor: Actor) -> tuple[Change, Member]:
    """Restore role and access; old sessions and tokens stay dead (M7, I5)."""
    if member.is_active:
        return Change(), member
    if member.status is Status.REMOVING:
        raise BeingRemoved
    after = replace(without_credentials(member), status=Status.ACTIVE, held=False)
    return _changed(Action.REACTIVATED, member, after, actor, CREDENTIALS)


def revoke_sessions(member: Member, actor: Actor) -> tuple[Change, Member]:
    """End all sessions (C3)."""
    if not member.sessions:
        return Change(), member
    after = replace(member, sessions={}, epoch=member.epoch + 1, version=member.version + 1)
    deed = Deed(Action.SESSIONS_REVOKED, actor, member.subject, {"sessions": len(member.sessions)}, {"sessions": 0})
    return Change(steps=(Updated(member, after, cuts=("sessions",)),), deeds=(deed,)), after


def revoke_tokens(member: Member, actor: Actor) -> tuple[Change, Member]:
    """Revoke all personal access tokens (C4)."""
    if not member.pats:
        return Change(), member
    after = replace(member, pats={}, epoch=member.epoch + 1, version=member.version + 1)
    ended = sorted(pat.id for pat in member.pats.values())
    deed = Deed(Action.TOKENS_REVOKED, actor, member.subject, {"tokens": ended}, {"tokens": []})
    return Change(steps=(Updated(member, after, cuts=("pats",)),), deeds=(deed,)), after


def remove(
    member: Member,
    grants: Sequence[Grant],
    actor: Actor,
    now: datetime,
    *,
    left: bool = False,
    groups: frozenset[str] = frozenset(),
) -> Change:
    """Take the member out of the team, with everything that could authenticate them (M8, M11).

    Raises MemberHasGrants, naming each grant. What they created and what the audit says of them is untouched. `groups`
    are the codes of the groups that they leave by it.
    """
    if grants:
        raise MemberHasGrants(grants=[grant.facts for grant in grants])
    action = Action.LEFT if left else Action.REMOVED
    by_hand = actor.kind is not CredentialKind.SCIM
    barred = frozenset() if left else barred_by(member)
    return Change(
        steps=(Removed(member, now, by_hand=by_hand, groups=groups, barred=barred),),
        claims=released(member),
        deeds=(Deed(action, actor, member.subject, member.facts, None),),
    )


def transfer(giver: Member, heir: Member, owners: frozenset[str], actor: Actor) -> tuple[Change, Member]:
    """Make the heir owner and the giver admin, both or neither (M5)."""
    if not heir.is_active:
        raise NotActive
    if heir.owns or heir.id == giver.id:
        raise Conflict("This member is an owner already.")
    new_owner = replace(heir, role=Role.OWNER, role_source=RoleSource.MANUAL, version=heir.version + 1)
    new_admin = replace(giver, role=Role.ADMIN, role_source=RoleSource.MANUAL, version=giver.version + 1)
    steps: tuple[Step, ...] = (Updated(heir, new_owner), Updated(giver, new_admin))
    told, tells = _transferred(heir, giver), _transferred(new_owner, new_admin)
    deed = Deed(Action.OWNERSHIP_TRANSFERRED, actor, heir.subject, told, tells)
    return Change(steps=steps, deeds=(deed,), owners=owners), new_owner


def receipt(before: Member, after: Member, team: Team, invitations: Sequence[Invitation] | None) -> Receipt:
    """Return what cutting the member off cuts, told from the record as it was; None invitations could not be read."""
    warnings: tuple[str, ...] = (MANAGED_BY_SCIM,) if _managed(before) else ()
    warnings += (NOT_LISTED,) if invitations is None else ()
    access = before.products.within(team)
    return Receipt(after, len(before.sessions), len(before.pats), tuple(invitations or ()), access, warnings)


def _managed(member: Member) -> bool:
    return member.link is not None or member.source is Source.SCIM


def _transferred(heir: Member, giver: Member) -> dict[str, object]:
    return {**heir.facts, "giver": {"id": giver.id, "email": giver.email, **giver.facts}}


def released(member: Member) -> tuple[Claim, ...]:
    """Return the release of the member's address; what hangs on their link is released with their record."""
    if not member.email_key or member.status is Status.REMOVING:
        return ()
    return (Claim(EMAIL, member.team_id, member.email_key, member.id, None),)


def barred_by(member: Member) -> frozenset[str]:
    """Return the hashes of who a removed member is to identity providers: of the address and of their subjects."""
    address = {digest(member.email_key)} if member.email_key else set()
    return frozenset(address | set(member.subjects.values()))


def without_credentials(member: Member) -> Member:
    """Return the member without any credential, at the next epoch, so that none under way is added either (I35)."""
    return replace(member, sessions={}, pats={}, epoch=member.epoch + 1, version=member.version + 1)


def _changed(
    action: Action, before: Member, after: Member, actor: Actor, cuts: tuple[str, ...] = ()
) -> tuple[Change, Member]:
    deed = Deed(action, actor, before.subject, before.facts, after.facts)
    return Change(steps=(Updated(before, after, cuts=cuts),), deeds=(deed,)), after
