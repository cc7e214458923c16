"""What a proof by an identity provider makes of a membership (C5, J4, J5, R2): sign in, link, accept, join.

A person is who they are to one connection (I12); an e-mail address counts only where the provider vouches for it and
the team has proven its domain, and voids what was set before its first proof (I13).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from rollcall.domain import invitations, members
from rollcall.domain.changes import Change, Claim, Created, Step, Updated
from rollcall.domain.connections import RoleRule
from rollcall.domain.errors import (
    AccountDeactivated,
    EmailUnproven,
    InvitedElsewhere,
    LinkedElsewhere,
    NoMembership,
    NotVouched,
)
from rollcall.domain.events import Action, Deed
from rollcall.domain.ids import digest
from rollcall.domain.invitations import EMAIL, Invitation, Via
from rollcall.domain.members import Claimed, Member, PasswordLink, RoleSource, Session, Source
from rollcall.domain.permissions import Actor, CredentialKind, Role
from rollcall.domain.sso_connections import SsoConnection, Tested
from rollcall.domain.teams import Team

SSO = "sso"
NONCE = "nonce"
NONCE_KEPT = timedelta(hours=3)
"""Longer than any ID token that is taken lives, with its leeway (case 31)."""
_MARK = 6


@dataclass(frozen=True, slots=True)
class Proof:
    """What an identity provider has told of a person, once. `subject` and `external_id` are hashes.

    `email` is as typed and `email_key` its key, both empty where it vouches for none; `proven` says that the team has
    proven the address's domain. `groups` None is no word about groups.
    """

    connection: SsoConnection
    subject: str
    external_id: str | None
    email: str
    email_key: str
    proven: bool
    name: str
    groups: tuple[str, ...] | None = None

    @property
    def claimed(self) -> Claimed | None:
        """Return the highest role that the connection's rules give for the groups (R2)."""
        fitting = [rule for rule in self.connection.rules if any(_is(rule, group) for group in self.groups or ())]
        best = max(fitting, key=lambda rule: rule.role.rank, default=None)
        return None if best is None else Claimed(self.connection.id, best.group, best.role)


@dataclass(frozen=True, slots=True)
class Entry:
    """The session that a sign-in opens, under its key; `replaced` is one of the member's that ends with it."""

    key: str
    session: Session
    replaced: str | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """Who may be meant: by the subject, by the link of a signed-in member, by SCIM's externalId, by the address."""

    by_subject: Member | None = None
    by_link: Member | None = None
    by_external_id: Member | None = None
    by_email: Member | None = None


def subject_of(connection: SsoConnection, subject: str) -> str:
    """Return what stands for a subject of a connection; it begins with a mark of issuer and client.

    The issuer is part of it: who is somebody to one issuer is nobody to the one that takes its place.
    """
    return _mark(connection) + digest(f"{connection.id}\0{connection.issuer}\0{subject}")


def stands_for(subject: str, connection: SsoConnection) -> bool:
    """Tell whether a subject is one of the connection as it is now."""
    return subject.startswith(_mark(connection))


def meant(proof: Proof, known: Known, others: Sequence[SsoConnection]) -> Member | None:
    """Return the member who signs in, None where it is nobody yet. `others` are the address's member's connections.

    Raises AccountDeactivated, LinkedElsewhere, NotVouched.
    """
    member = known.by_subject or known.by_link or known.by_external_id or known.by_email
    if member is None:
        return None
    if not member.is_active:
        raise AccountDeactivated
    if known.by_subject is not None:
        if known.by_link is not None and known.by_link.id != member.id:
            raise LinkedElsewhere
        return member
    if known.by_link is not None:
        return member
    if any(stands_for(member.subjects.get(one.id, ""), one) for one in others):
        raise LinkedElsewhere
    if member.role.rank > proof.connection.vouched.rank:
        raise NotVouched
    return member


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

    `own` says that the member, signed in, asked for the link. The version stays where nothing but the session is new.
    """
    limit, actor = team.settings.sessions_max, actor_of(member, entry)
    after = _linked(member, proof, own=own)
    voided = after.epoch != member.epoch
    after = _following(after, proof, given, team)
    opened = _opened(member, proof, entry, actor)
    if after == member:
        change = members.open_session(member, entry.key, entry.session, actor, limit, now, replaced=entry.replaced)
        return replace(change, deeds=(opened, *change.deeds[1:])), member
    sessions = members.with_session(after, entry.key, entry.session, limit, now, entry.replaced)
    after = replace(after, sessions=sessions, version=member.version + 1)
    cuts = ("sessions", "pats") if voided else ()
    step = Updated(member, after, caps=() if voided else (("sessions", limit),), cuts=cuts)
    return Change(steps=(step,), deeds=(opened, *_told(member, after, proof, actor, voided=voided))), after


def accept(
    invitation: Invitation, member_id: str, block: int, proof: Proof, entry: Entry, team: Team, now: datetime
) -> Member:
    """Return the member that an invitation and the proof of its address make; role and products are the invitation's.

    Raises InvitedElsewhere where the address is another, EmailUnproven where it is not vouched for (case 110).
    """
    if not proof.email_key:
        raise EmailUnproven
    if proof.email_key != invitation.email_key:
        raise InvitedElsewhere
    return replace(
        _new(member_id, block, proof, entry, team, now),
        email=invitation.email,
        role=invitation.role,
        role_source=RoleSource.INVITATION,
        source=Source.INVITED,
        products=invitation.products.within(team),
    )


def accepted(invitation: Invitation, member: Member, via: Via | None, proof: Proof, now: datetime) -> Change:
    """Return the change that closes the invitation and makes the member; `via` is how its link came, if one did."""
    session = next(iter(member.sessions.values()))
    return invitations.accept(invitation, member, via, now, {"connection": proof.connection.id, "session": session.id})


def join(
    member_id: str, block: int, proof: Proof, entry: Entry, team: Team, invitation: Invitation | None, now: datetime
) -> tuple[Change, Member]:
    """Make somebody unknown a member just in time (J5, J7): the mapped or the default role, the default products.

    Raises EmailUnproven, and NoMembership where the team does not let people join so. `invitation` is one of the
    address that has expired: it closes as provisioned.
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
    return Change(
        steps=steps,
        claims=(Claim(EMAIL, team.id, member.email_key, holder, member.id),),
        deeds=(Deed(Action.SSO_JOINED, actor, member.subject, None, told),),
    ), member


def spend(nonce: str, member: Member, now: datetime) -> Claim:
    """Return the claim that lets one sign-in be completed once (I11)."""
    return Claim(NONCE, member.team_id, digest(nonce), None, member.id, until=now + NONCE_KEPT)


def noted(connection: SsoConnection, team: Team, member: Member, now: datetime) -> tuple[Step, ...]:
    """Return the steps by which a connection remembers its first success, and its first owner since it was changed.

    Nothing where both are known, so that ordinary sign-ins do not meet on its item.
    """
    tried = member.owns and connection.tested is None
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


def _mark(connection: SsoConnection) -> str:
    return digest(f"{connection.issuer}\0{connection.client_id}")[:_MARK]


def _is(rule: RoleRule, group: str) -> bool:
    return rule.matches(group, group)


def _linked(member: Member, proof: Proof, *, own: bool) -> Member:
    """Return the member with the proof's subject; what was set before the first proof of the address is void (I13)."""
    after = member
    is_new = proof.subject not in member.subjects.values()
    if is_new:
        after = replace(after, subjects={**after.subjects, proof.connection.id: proof.subject})
    proves = bool(proof.email_key) and proof.proven and proof.email_key == member.email_key
    if member.email_verified:
        return after
    if (is_new and not own) or proves:
        after = replace(
            after,
            subjects={proof.connection.id: proof.subject},
            password_hash=None,
            password_link=PasswordLink(member.password_link.generation + 1),
            sessions={},
            pats={},
            epoch=member.epoch + 1,
        )
    return replace(after, email_verified=proves)


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
