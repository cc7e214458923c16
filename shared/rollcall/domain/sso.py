"""What a proof by an identity provider makes of a membership (C5, J4, J5, R2): sign in, link, accept, join.

A person is who they are to one connection (I12); an e-mail address counts only where the provider vouches for it and
the team has proven its domain, and voids what was set before its first proof (I13).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from rollcall.domain import invitations, members
from rollcall.domain.changes import Change, Claim, Created, Step, Updated
from rollcall.domain.errors import (
    EmailUnproven,
    InvitedElsewhere,
    NoMembership,
)
from rollcall.domain.events import Action, Deed
from rollcall.domain.ids import digest
from rollcall.domain.invitations import EMAIL, Invitation, Via
from rollcall.domain.members import Claimed, Member, PasswordLink, RoleSource, Session, Source
from rollcall.domain.permissions import Actor, CredentialKind, Role
from rollcall.domain.provisioning import BARRED
from rollcall.domain.sso_connections import SsoConnection, Tested
from rollcall.domain.sso_proofs import Proof, check_vouched, proves
from rollcall.domain.teams import Team

SSO = "sso"
NONCE = "nonce"
NONCE_KEPT = timedelta(hours=3)
"""Longer than any ID token that is taken lives, with its leeway (case 31)."""


@dataclass(frozen=True, slots=True)
class Entry:
    """The session that a sign-in opens, under its key; `replaced` is one of the member's that ends with it."""

    key: str
    session: Session
    replaced: str | None = None


def sign_in(
    member: Member,
    proof: Proof,
    entry: Entry,
    team: Team,
    given: Role | None,
    now: datetime,
    *,
    own: bool,
) -> tuple[Change, Member]:
    """Open a session for a member, linked by it if they were not; `given` is what their SCIM groups give (R2).

    `own` says that the member, signed in, asked for the link. A mailed link to a new password is dead from then on
    (case 20). The version stays where nothing else is new.
    """
    limit, actor = team.settings.sessions_max, actor_of(member, entry)
    plain = members.open_session(member, entry.key, entry.session, actor, limit, now, replaced=entry.replaced)
    before = _without_reset(member, now)
    after = _following(_linked(before, proof, own=own), proof, given, team)
    voided = after.epoch != member.epoch
    told = (_opened(member, proof, entry, actor), *plain.deeds[1:], *_told(member, after, proof, actor, voided=voided))
    sessions = members.with_session(after, entry.key, entry.session, limit, now, entry.replaced)
    after = replace(after, sessions=sessions, version=member.version + (after != before))
    cuts = ("sessions", "pats") if voided else ()
    step = Updated(member, after, caps=() if voided else (("sessions", limit),), cuts=cuts)
    return Change(steps=(step,), deeds=told), after


def accept(
    invitation: Invitation,
    via: Via | None,
    member_id: str,
    block: int,
    proof: Proof,
    entry: Entry,
    team: Team,
    now: datetime,
) -> tuple[Change, Member]:
    """Make the invited person a member by the proof of their address; role and products are the invitation's.

    `via` is how its link came, if one did. Raises InvitedElsewhere where the address is another, EmailUnproven where it
    is not vouched for (case 110), NotVouched.
    """
    if not proof.email_key:
        raise EmailUnproven
    if proof.email_key != invitation.email_key:
        raise InvitedElsewhere
    check_vouched(proof, invitation.role)
    member = replace(
        _new(member_id, block, proof, entry, team, now),
        email=invitation.email,
        role=invitation.role,
        role_source=RoleSource.INVITATION,
        source=Source.INVITED,
        products=invitation.products.within(team),
        email_verified=proof.proven or via is Via.MAILED,
    )
    told = {"connection": proof.connection.id, "session": entry.session.id}
    return invitations.accept(invitation, member, via, now, told), member


def join(
    member_id: str, block: int, proof: Proof, entry: Entry, team: Team, invitation: Invitation | None, now: datetime
) -> tuple[Change, Member]:
    """Make somebody unknown a member just in time (J5, J7): the mapped or the default role, the default products.

    Raises EmailUnproven, and NoMembership where the team does not let people join so. `invitation` is one of the
    address that has expired: it closes as provisioned. That nobody has removed them is a condition of the commit.
    """
    if not (proof.email_key and proof.proven):
        raise EmailUnproven
    if not team.settings.jit:
        raise NoMembership
    member = _new(member_id, block, proof, entry, team, now)
    actor = actor_of(member, entry)
    told = {**member.facts, "connection": proof.connection.id, "session": entry.session.id, **_by(member.claimed)}
    steps: tuple[Step, ...] = (Created(member),)
    holder = None
    if invitation is not None:
        steps, holder = (*steps, invitations.provisioned(invitation, now)), invitation.id
    unbarred = (Claim(BARRED, team.id, one, None, None, at=now) for one in (proof.subject, digest(member.email_key)))
    return Change(
        steps=steps,
        claims=(Claim(EMAIL, team.id, member.email_key, holder, member.id), *unbarred),
        deeds=(Deed(Action.SSO_JOINED, actor, member.subject, None, told),),
    ), member


def spend(nonce: str, member: Member, now: datetime) -> Claim:
    """Return the claim that lets one sign-in be completed once (I11)."""
    return Claim(NONCE, member.team_id, digest(nonce), None, member.id, until=now + NONCE_KEPT)


def noted(
    connection: SsoConnection, team: Team, member: Member, owners: Collection[str], now: datetime
) -> tuple[Step, ...]:
    """Return the steps by which a connection remembers its first success, and an owner of today who came in by it.

    Nothing where both are known, so that ordinary sign-ins do not meet on its item.
    """
    tried = member.owns and (connection.tested is None or connection.tested.member_id not in owners)
    if connection.worked and not tried:
        return ()
    after = replace(connection, worked=True, version=connection.version + 1)
    if tried:
        after = replace(after, tested=Tested(member.id, now), vouched=Role.OWNER)
    steps: tuple[Step, ...] = (Updated(connection, after),)
    if not team.sso_available:
        steps += (Updated(team, replace(team, sso_available=True, version=team.version + 1)),)
    return steps


def actor_of(member: Member, entry: Entry) -> Actor:
    """Return the member as who acts by the session that begins."""
    kind = CredentialKind.SESSION
    return Actor(member.team_id, member.id, member.email or None, member.name, member.role, kind, entry.session.id)


def _without_reset(member: Member, now: datetime) -> Member:
    """Return the member without a link to a new password that waits in their mailbox."""
    expires = member.password_link.expires_at
    if expires is None or now >= expires:
        return member
    return replace(member, password_link=PasswordLink(member.password_link.generation + 1))


def _linked(member: Member, proof: Proof, *, own: bool) -> Member:
    """Return the member with the proof's subject; what was set before the first proof of the address is void (I13)."""
    after = member
    is_new = proof.subject not in member.subjects.values()
    if is_new:
        after = replace(after, subjects={**after.subjects, proof.connection.id: proof.subject})
    first = proves(proof, member)
    if member.email_verified:
        return after
    if (is_new and not own) or first:
        after = replace(
            after,
            subjects={proof.connection.id: proof.subject},
            password_hash=None,
            password_link=PasswordLink(member.password_link.generation + 1),
            sessions={},
            pats={},
            epoch=member.epoch + 1,
        )
    return replace(after, email_verified=first)


def _following(member: Member, proof: Proof, given: Role | None, team: Team) -> Member:
    """Return the member with the role that their groups give now, unless it was given by hand (R2, R3).

    A provider that says nothing of groups changes nothing; where the last group that gave a role is gone, the default
    role is what remains. Owners keep theirs.
    """
    if proof.groups is None:
        return member
    claimed = proof.claimed
    if claimed is None and (member.claimed is None or member.claimed.connection_id != proof.connection.id):
        return member
    after = replace(member, claimed=claimed)
    if member.role is Role.OWNER or member.role_source is not RoleSource.MAPPING:
        return after
    roles = [role for role in (claimed.role if claimed else None, given) if role is not None]
    return replace(after, role=max(roles, key=lambda role: role.rank, default=team.settings.default_role))


def _new(member_id: str, block: int, proof: Proof, entry: Entry, team: Team, now: datetime) -> Member:
    claimed = proof.claimed
    return Member(
        id=member_id,
        team_id=team.id,
        email=proof.email,
        email_key=proof.email_key,
        name=proof.name,
        role=claimed.role if claimed else team.settings.default_role,
        role_source=RoleSource.MAPPING,
        source=Source.SSO,
        created_at=now,
        products=team.settings.default_products.within(team),
        email_verified=True,
        block=block,
        sessions={entry.key: entry.session},
        subjects={proof.connection.id: proof.subject},
        claimed=claimed,
    )


def _opened(member: Member, proof: Proof, entry: Entry, actor: Actor) -> Deed:
    told = {"session": entry.session.id, "via": SSO, "connection": proof.connection.id}
    return Deed(Action.SESSION_OPENED, actor, member.subject, None, told)


def _told(before: Member, after: Member, proof: Proof, actor: Actor, *, voided: bool) -> tuple[Deed, ...]:
    """Return the deeds of a sign-in that changed the member: the link, the role."""
    deeds: tuple[Deed, ...] = ()
    if before.subjects != after.subjects or before.email_verified != after.email_verified:
        void = {"sessions_ended": len(before.sessions), "tokens_ended": len(before.pats)} if voided else {}
        about = {**after.facts, "connection": proof.connection.id, **void}
        deeds += (Deed(Action.SSO_LINKED, actor, before.subject, before.facts, about),)
    if before.role is not after.role:
        about = {**after.facts, **_by(after.claimed)}
        deeds += (Deed(Action.ROLE_CHANGED, actor, before.subject, before.facts, about),)
    return deeds


def _by(claimed: Claimed | None) -> Mapping[str, object]:
    """Return what an event says of the group that gave the role."""
    return {} if claimed is None else {"claim": {"connection": claimed.connection_id, "group": claimed.group}}
