"""The invitation: its states as a table, its deadlines, and the decisions on it (J1-J3, I1-I8)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from rollcall.domain.changes import Change, Claim, Covered, Created, Letter, Step, Updated
from rollcall.domain.errors import (
    AlreadyAccepted,
    Conflict,
    InvitationExpired,
    InvitationRevoked,
    LinkExpired,
    LinkReplaced,
    LinkRevoked,
    LinkUsed,
    RollcallError,
    StillValid,
    TooManyRequests,
)
from rollcall.domain.events import Action, Deed, Subject
from rollcall.domain.members import Member
from rollcall.domain.permissions import Actor, CredentialKind, Role
from rollcall.domain.teams import ProductAccess, Team
from rollcall.domain.times import rfc3339

RESEND_COOL_DOWN = timedelta(seconds=60)
EMAIL = "email"


class State(StrEnum):
    """Where an invitation stands; `expired` is also what a pending one is once its deadline has passed."""

    PENDING = "pending"
    EXPIRED = "expired"
    REVOKED = "revoked"
    ACCEPTED = "accepted"
    PROVISIONED = "provisioned"


class Verb(StrEnum):
    """What may be done to an invitation."""

    ACCEPT = "accept"
    RESEND = "resend"
    COPY = "copy"
    EDIT = "edit"
    REVOKE = "revoke"
    EXPIRE = "expire"
    PROVISION = "provision"
    ASK = "ask"


OPEN = frozenset({State.PENDING, State.EXPIRED})

MOVES: Mapping[tuple[State, Verb], State | type[RollcallError]] = {
    (State.PENDING, Verb.ACCEPT): State.ACCEPTED,
    (State.PENDING, Verb.RESEND): State.PENDING,
    (State.PENDING, Verb.COPY): State.PENDING,
    (State.PENDING, Verb.EDIT): State.PENDING,
    (State.PENDING, Verb.REVOKE): State.REVOKED,
    (State.PENDING, Verb.EXPIRE): Conflict,
    (State.PENDING, Verb.PROVISION): State.PROVISIONED,
    (State.PENDING, Verb.ASK): StillValid,
    (State.EXPIRED, Verb.ACCEPT): LinkExpired,
    (State.EXPIRED, Verb.RESEND): State.PENDING,
    (State.EXPIRED, Verb.COPY): InvitationExpired,
    (State.EXPIRED, Verb.EDIT): InvitationExpired,
    (State.EXPIRED, Verb.REVOKE): State.REVOKED,
    (State.EXPIRED, Verb.EXPIRE): State.EXPIRED,
    (State.EXPIRED, Verb.PROVISION): State.PROVISIONED,
    (State.EXPIRED, Verb.ASK): State.EXPIRED,
    (State.REVOKED, Verb.ACCEPT): LinkRevoked,
    (State.REVOKED, Verb.RESEND): InvitationRevoked,
    (State.REVOKED, Verb.COPY): InvitationRevoked,
    (State.REVOKED, Verb.EDIT): InvitationRevoked,
    (State.REVOKED, Verb.REVOKE): State.REVOKED,
    (State.REVOKED, Verb.EXPIRE): Conflict,
    (State.REVOKED, Verb.PROVISION): InvitationRevoked,
    (State.REVOKED, Verb.ASK): LinkRevoked,
    (State.ACCEPTED, Verb.ACCEPT): LinkUsed,
    (State.ACCEPTED, Verb.RESEND): AlreadyAccepted,
    (State.ACCEPTED, Verb.COPY): AlreadyAccepted,
    (State.ACCEPTED, Verb.EDIT): AlreadyAccepted,
    (State.ACCEPTED, Verb.REVOKE): AlreadyAccepted,
    (State.ACCEPTED, Verb.EXPIRE): Conflict,
    (State.ACCEPTED, Verb.PROVISION): AlreadyAccepted,
    (State.ACCEPTED, Verb.ASK): LinkUsed,
    (State.PROVISIONED, Verb.ACCEPT): LinkUsed,
    (State.PROVISIONED, Verb.RESEND): AlreadyAccepted,
    (State.PROVISIONED, Verb.COPY): AlreadyAccepted,
    (State.PROVISIONED, Verb.EDIT): AlreadyAccepted,
    (State.PROVISIONED, Verb.REVOKE): AlreadyAccepted,
    (State.PROVISIONED, Verb.EXPIRE): Conflict,
    (State.PROVISIONED, Verb.PROVISION): AlreadyAccepted,
    (State.PROVISIONED, Verb.ASK): LinkUsed,
}


class Delivery(StrEnum):
    """What became of the newest letter."""

    QUEUED = "queued"
    SENT = "sent"
    DELIVERED = "delivered"
    BOUNCED = "bounced"
    NOT_DELIVERED = "not_delivered"


class Via(StrEnum):
    """How a link reached its holder: a mailed one proves the address, a copied one does not."""

    MAILED = "mailed"
    COPIED = "copied"


@dataclass(frozen=True, slots=True)
class Inviter:
    """Who invited, as they were then."""

    id: str
    name: str
    email: str


@dataclass(frozen=True, slots=True)
class Invitation:
    """An invitation. Links of `generation` work while it is pending and in time (I9)."""

    id: str
    team_id: str
    email: str
    email_key: str
    role: Role
    products: ProductAccess
    send_password_email: bool
    inviter: Inviter
    sent_at: datetime
    expires_at: datetime
    created_at: datetime
    state: State = State.PENDING
    generation: int = 1
    version: int = 1
    delivery: Delivery = Delivery.QUEUED
    message: str | None = None
    resent_at: datetime | None = None
    copied_by: str | None = None
    asked_at: datetime | None = None

    def state_at(self, now: datetime) -> State:
        """Return the state that counts: the moment of expiry does, not the schedule that marks it (I5)."""
        if self.state is State.PENDING and now >= self.expires_at:
            return State.EXPIRED
        return self.state

    def move(self, verb: Verb, now: datetime) -> State:
        """Return the state that the verb leads to, or raise what the table says instead."""
        outcome = MOVES[self.state_at(now), verb]
        if isinstance(outcome, State):
            return outcome
        raise outcome

    @property
    def subject(self) -> Subject:
        """Name the invitation in an audit event."""
        return Subject("invitation", self.id, self.email)


def deadline(team: Team, now: datetime) -> datetime:
    """Return when an invitation active at `now` expires: so many days of inactivity (I5)."""
    return now + timedelta(days=team.settings.invitation_expiry_days)


def create(invitation: Invitation, actor: Actor, letter_id: str, replaces: Invitation | None) -> Change:
    """Add a pending invitation; an expired one of the same address is withdrawn in the same step (I4, I6)."""
    after = facts(invitation)
    steps: tuple[Step, ...] = (Created(invitation),)
    if replaces is not None:
        withdrawn = replace(replaces, state=State.REVOKED, version=replaces.version + 1)
        steps, after = (*steps, Updated(replaces, withdrawn)), {**after, "replaces": replaces.id}
    return Change(
        steps=steps,
        claims=(_claim(invitation, replaces.id if replaces else None, invitation.id),),
        deeds=(Deed(Action.INVITATION_CREATED, actor, invitation.subject, None, after),),
        letters=(letter(invitation, letter_id, invitation.created_at),),
    )


def resend(
    invitation: Invitation, team: Team, actor: Actor, letter_id: str, now: datetime
) -> tuple[Change, Invitation]:
    """Mail it again with a new deadline and a new generation, so that older links die (I2).

    The first resend is never refused; between two resends lie 60 seconds.
    """
    state = invitation.move(Verb.RESEND, now)
    if invitation.resent_at is not None and now - invitation.resent_at < RESEND_COOL_DOWN:
        wait = RESEND_COOL_DOWN - (now - invitation.resent_at)
        raise TooManyRequests(int(wait.total_seconds()) + 1, "It was resent a moment ago.")
    after = replace(
        invitation,
        state=state,
        generation=invitation.generation + 1,
        version=invitation.version + 1,
        expires_at=deadline(team, now),
        sent_at=now,
        resent_at=now,
        asked_at=None,
        delivery=Delivery.QUEUED,
    )
    deed = Deed(Action.INVITATION_RESENT, actor, invitation.subject, facts(invitation), facts(after))
    return Change((Updated(invitation, after),), (), (deed,), (letter(after, letter_id, now),)), after


def copy_link(invitation: Invitation, team: Team, actor: Actor, now: datetime) -> tuple[Change, Invitation]:
    """Disclose the current link: activity, so the deadline moves; the mailed link keeps working (I3)."""
    state = invitation.move(Verb.COPY, now)
    after = replace(
        invitation,
        state=state,
        version=invitation.version + 1,
        expires_at=deadline(team, now),
        copied_by=actor.email,
    )
    deed = Deed(Action.INVITATION_LINK_COPIED, actor, invitation.subject, facts(invitation), facts(after))
    return Change(steps=(Updated(invitation, after),), deeds=(deed,)), after


def edit(
    invitation: Invitation, role: Role, products: ProductAccess, editor: Inviter, actor: Actor, now: datetime
) -> tuple[Change, Invitation]:
    """Change role or products of a pending one, without mailing it again; its links stay.

    Whoever changes the role stands for it from then on: acceptance rests on their rank (I16).
    """
    state = invitation.move(Verb.EDIT, now)
    after = replace(invitation, state=state, role=role, products=products)
    if after == invitation:
        return Change(), invitation
    inviter = invitation.inviter if role is invitation.role else editor
    after = replace(after, inviter=inviter, version=invitation.version + 1)
    deed = Deed(Action.INVITATION_EDITED, actor, invitation.subject, facts(invitation), facts(after))
    return Change(steps=(Updated(invitation, after),), deeds=(deed,)), after


def revoke(invitation: Invitation, actor: Actor, now: datetime) -> Change:
    """Withdraw it; its links stop at once and the address is free again (I4). Twice is no change."""
    state = invitation.move(Verb.REVOKE, now)
    if state is invitation.state:
        return Change()
    after = replace(invitation, state=state, version=invitation.version + 1)
    deed = Deed(Action.INVITATION_REVOKED, actor, invitation.subject, facts(invitation), facts(after))
    return Change((Updated(invitation, after),), (_claim(invitation, invitation.id, None),), (deed,))


def provisioned(invitation: Invitation, now: datetime) -> Updated:
    """Return the step that closes an open invitation whose person the identity provider has brought (J7)."""
    state = invitation.move(Verb.PROVISION, now)
    return Updated(invitation, replace(invitation, state=state, version=invitation.version + 1))


def expire(invitation: Invitation, actor: Actor, now: datetime) -> Change:
    """Mark a pending invitation whose deadline has passed; decides nothing that was not so already (I39)."""
    if invitation.state is not State.PENDING:
        return Change()
    after = replace(invitation, state=invitation.move(Verb.EXPIRE, now), version=invitation.version + 1)
    deed = Deed(Action.INVITATION_EXPIRED, actor, invitation.subject, facts(invitation), facts(after))
    return Change(steps=(Updated(invitation, after),), deeds=(deed,))


def check_link(invitation: Invitation, generation: int, now: datetime) -> None:
    """Say why a true link of this generation can no longer be accepted, or nothing (I7)."""
    invitation.move(Verb.ACCEPT, now)
    if generation != invitation.generation:
        raise LinkReplaced


def accept(
    invitation: Invitation, member: Member, via: Via | None, now: datetime, more: Mapping[str, object] | None = None
) -> Change:
    """Close the invitation and make its person a member, in one step (J2, I9).

    One that hands out more than a plain member's role rests on its inviter's rank at that very moment (I16); one for
    plain members stands by itself (case 98). `via` None came by SSO without a link; `more` is told in the event too.
    """
    after = replace(invitation, state=invitation.move(Verb.ACCEPT, now), version=invitation.version + 1)
    actor = Actor(member.team_id, member.id, member.email, member.name, member.role, CredentialKind.LINK)
    way: dict[str, object] = {"via": f"{via.value}_link" if via else "sso", "invited_by": invitation.inviter.email}
    if via is Via.COPIED and invitation.copied_by is not None:
        way["copied_by"] = invitation.copied_by
    told = {**member.facts, "invitation": invitation.id, **way, **(more or {})}
    elevated = invitation.role is not Role.MEMBER
    rests_on = (Covered(invitation.team_id, invitation.inviter.id, invitation.role),) if elevated else ()
    return Change(
        steps=(Updated(invitation, after), Created(member), *rests_on),
        claims=(_claim(invitation, invitation.id, member.id),),
        deeds=(Deed(Action.INVITATION_ACCEPTED, actor, member.subject, None, told),),
    )


def letter(invitation: Invitation, letter_id: str, now: datetime) -> Letter:
    """Return the letter that carries this generation's link; nothing secret stands in it (I27)."""
    return Letter(letter_id, "invitation", invitation.team_id, invitation.id, invitation.generation, now, {})


def _claim(invitation: Invitation, before: str | None, after: str | None) -> Claim:
    return Claim(EMAIL, invitation.team_id, invitation.email_key, before, after)


def facts(invitation: Invitation) -> dict[str, object]:
    """Return what an audit event keeps of an invitation."""
    return {
        "role": invitation.role.value,
        "products": invitation.products.told,
        "send_password_email": invitation.send_password_email,
        "state": invitation.state.value,
        "generation": invitation.generation,
        "expires_at": rfc3339(invitation.expires_at),
    }
