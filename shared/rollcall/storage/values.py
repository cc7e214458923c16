"""The way between items and domain values, both directions; nothing here reads or writes the table."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from rollcall.domain import ids
from rollcall.domain.changes import Letter
from rollcall.domain.events import Event
from rollcall.domain.invitations import OPEN, Delivery, Invitation, Inviter, State
from rollcall.domain.members import Member, PasswordLink, Pat, RoleSource, Session, Source, Status
from rollcall.domain.permissions import Role
from rollcall.domain.teams import ProductAccess, Settings, Team, TeamState
from rollcall.domain.times import epoch_ms, from_epoch_ms, rfc3339
from rollcall.storage import keys
from rollcall.storage.items import EventItem, InvitationItem, LetterItem, MemberItem, TeamItem
from rollcall.storage.table import Item

if TYPE_CHECKING:
    from pynamodb.attributes import MapAttribute

LETTER_DAYS = 30


def products_text(access: ProductAccess) -> str:
    """Return `*` for all products, else the keys between commas, so that `contains(p, ",key,")` finds one."""
    return "*" if access.only is None else "," + "".join(f"{key}," for key in sorted(access.only))


def products_of(text: str) -> ProductAccess:
    """Read what `products_text` wrote."""
    return ProductAccess() if text == "*" else ProductAccess(frozenset(key for key in text.split(",") if key))


def item_of(value: Team | Member | Invitation) -> Item:
    """Return the item of a domain value."""
    if isinstance(value, Team):
        return _team_item(value)
    if isinstance(value, Member):
        return _member_item(value)
    return _invitation_item(value)


def _team_item(team: Team) -> TeamItem:
    flags = (
        ("e" if team.sso_enforced else "") + ("a" if team.sso_available else "") + ("c" if team.scim_enabled else "")
    )
    settings = {name: getattr(team.settings, name) for name in Settings.__slots__}
    return TeamItem(
        *keys.team(team.id),
        id=team.id,
        slug=team.slug,
        name=team.name,
        state=team.state.value,
        products=json.dumps(dict(team.products), ensure_ascii=False),
        settings=json.dumps(settings),
        flags=flags,
        version=team.version,
    )


def team_of(item: TeamItem) -> Team:
    """Return the team; a setting that an older version of the service did not write has its default."""
    stored = json.loads(item.settings)
    return Team(
        id=item.id,
        slug=item.slug,
        name=item.name,
        created_at=ids.made_at(item.id),
        products=json.loads(item.products),
        settings=Settings(**{name: stored[name] for name in Settings.__slots__ if name in stored}),
        state=TeamState(item.state),
        sso_enforced="e" in item.flags,
        sso_available="a" in item.flags,
        scim_enabled="c" in item.flags,
        version=int(item.version),
    )


def _member_item(member: Member) -> MemberItem:
    link = member.password_link
    return MemberItem(
        *keys.member(member.team_id, member.id),
        id=member.id,
        email=member.email,
        email_key=member.email_key,
        name=member.name,
        avatar_url=member.avatar_url,
        role=member.role.value,
        role_source=member.role_source.value,
        source=member.source.value,
        status=member.status.value,
        products=products_text(member.products),
        email_verified=int(member.email_verified),
        version=member.version,
        epoch=member.epoch,
        block=member.block,
        password_hash=member.password_hash,
        link_generation=link.generation,
        link_expires=None if link.expires_at is None else epoch_ms(link.expires_at),
        sessions={key: session_text(session) for key, session in member.sessions.items()},
        pats={key: _pat_text(pat) for key, pat in member.pats.items()},
    )


def member_of(item: MemberItem, team_id: str) -> Member:
    """Return the member."""
    expires = None if item.link_expires is None else from_epoch_ms(int(item.link_expires))
    return Member(
        id=item.id,
        team_id=team_id,
        email=item.email,
        email_key=item.email_key,
        name=item.name,
        role=Role(item.role),
        role_source=RoleSource(item.role_source),
        source=Source(item.source),
        created_at=ids.made_at(item.id),
        products=products_of(item.products),
        status=Status(item.status),
        avatar_url=item.avatar_url,
        email_verified=bool(item.email_verified),
        version=int(item.version),
        epoch=int(item.epoch),
        block=int(item.block),
        password_hash=item.password_hash,
        password_link=PasswordLink(int(item.link_generation), expires),
        sessions={key: _session_of(text) for key, text in _entries(item.sessions)},
        pats={key: _pat_of(text) for key, text in _entries(item.pats)},
    )


def _entries(stored: "MapAttribute[str, str]") -> list[tuple[str, str]]:
    return list(stored.as_dict().items())


def session_text(session: Session) -> str:
    """Return a session as the member item keeps it, in less than a hundred bytes."""
    limits = (epoch_ms(session.expires_at), epoch_ms(session.idle_at))
    return ".".join((ids.code(session.id), session.hash, *map(str, limits), session.via))


def _session_of(text: str) -> Session:
    code, digest, expires, idle, via = text.split(".")
    return Session(ids.from_code("ses", code), digest, from_epoch_ms(int(expires)), from_epoch_ms(int(idle)), via)


def _pat_text(pat: Pat) -> str:
    return ".".join((ids.code(pat.id), pat.hash, "" if pat.expires_at is None else str(epoch_ms(pat.expires_at))))


def _pat_of(text: str) -> Pat:
    code, digest, expires = text.split(".")
    return Pat(ids.from_code("pat", code), digest, from_epoch_ms(int(expires)) if expires else None)


def _invitation_item(invitation: Invitation) -> InvitationItem:
    closed = invitation.state not in OPEN
    due = keys.expiry("X", invitation.expires_at, invitation.id) if invitation.state is State.PENDING else None
    return InvitationItem(
        *keys.invitation(invitation.team_id, invitation.id, closed=closed),
        XP=due.pk if due else None,
        XS=due.sk if due else None,
        id=invitation.id,
        email=invitation.email,
        email_key=invitation.email_key,
        role=invitation.role.value,
        products=products_text(invitation.products),
        send_password_email=int(invitation.send_password_email),
        inviter_id=invitation.inviter.id,
        inviter_name=invitation.inviter.name,
        inviter_email=invitation.inviter.email,
        sent_at=epoch_ms(invitation.sent_at),
        expires_at=epoch_ms(invitation.expires_at),
        resent_at=None if invitation.resent_at is None else epoch_ms(invitation.resent_at),
        state=invitation.state.value,
        generation=invitation.generation,
        version=invitation.version,
        delivery=invitation.delivery.value,
        message=invitation.message,
        copied_by=invitation.copied_by,
    )


def invitation_of(item: InvitationItem, team_id: str) -> Invitation:
    """Return the invitation."""
    return Invitation(
        id=item.id,
        team_id=team_id,
        email=item.email,
        email_key=item.email_key,
        role=Role(item.role),
        products=products_of(item.products),
        send_password_email=bool(item.send_password_email),
        inviter=Inviter(item.inviter_id, item.inviter_name, item.inviter_email),
        sent_at=from_epoch_ms(int(item.sent_at)),
        expires_at=from_epoch_ms(int(item.expires_at or 0)),  # without a deadline it is dead, not immortal
        created_at=ids.made_at(item.id),
        state=State(item.state),
        generation=int(item.generation),
        version=int(item.version),
        delivery=Delivery(item.delivery),
        message=item.message,
        copied_by=item.copied_by,
        resent_at=None if item.resent_at is None else from_epoch_ms(int(item.resent_at)),
    )


def event_item(event: Event) -> EventItem:
    """Return the item of an audit event, complete in itself: nothing in it is looked up later (T2)."""
    deed = event.deed
    return EventItem(
        *keys.event(deed.actor.team_id, event.id),
        action=deed.action.value,
        actor_id=deed.actor.member_id,
        subject_id=deed.subject.id,
        text=json.dumps(event_facts(event), ensure_ascii=False, separators=(",", ":")),
    )


def event_facts(event: Event) -> Mapping[str, object]:
    """Return an event as the audit tells it."""
    deed, actor = event.deed, event.deed.actor
    role = None if actor.role is None else actor.role.value
    credential = {"kind": actor.kind.value, "id": actor.credential_id}
    return {
        "id": event.id,
        "action": deed.action.value,
        "at": rfc3339(event.at),
        "actor": {"id": actor.member_id, "email": actor.email, "role": role, "credential": credential},
        "target": {"type": deed.subject.kind, "id": deed.subject.id, "label": deed.subject.label},
        "before": deed.before,
        "after": deed.after,
        "address": event.address,
        "request_id": event.request_id,
    }


def letter_item(letter: Letter) -> LetterItem:
    """Return the outbox item of a letter; it stands in the index until it is sent."""
    due = keys.expiry("L", letter.created_at, letter.id)
    return LetterItem(
        *keys.letter(letter.id),
        XP=due.pk,
        XS=due.sk,
        ttl=int(letter.created_at.timestamp()) + LETTER_DAYS * 24 * 3600,
        id=letter.id,
        kind=letter.kind,
        team_id=letter.team_id,
        subject_id=letter.subject_id,
        generation=letter.generation,
        created_at=epoch_ms(letter.created_at),
        fields=json.dumps(letter.fields),
        state="new",
    )


def letter_of(item: LetterItem, created_at: datetime) -> Letter:
    """Return a letter as the decision wrote it."""
    fields = json.loads(item.fields)
    return Letter(item.id, item.kind, item.team_id, item.subject_id, int(item.generation), created_at, fields)
