"""The way between items and domain values, both directions; nothing here reads or writes the table."""

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

from rollcall.domain import ids
from rollcall.domain.break_glass import BreakGlass
from rollcall.domain.connections import Connection
from rollcall.domain.domains import TeamDomain
from rollcall.domain.invitations import OPEN, Delivery, Invitation, Inviter, State
from rollcall.domain.members import (
    Claimed,
    Link,
    Member,
    Origin,
    PasswordLink,
    Pat,
    RoleSource,
    Session,
    Source,
    Status,
)
from rollcall.domain.permissions import Role
from rollcall.domain.scim_conflicts import ScimConflict
from rollcall.domain.sso_connections import SsoConnection
from rollcall.domain.teams import ProductAccess, Settings, Team, TeamState
from rollcall.domain.times import epoch_ms, from_epoch_ms
from rollcall.domain.tokens import Token
from rollcall.storage import keys
from rollcall.storage.break_glass import break_glass_item
from rollcall.storage.connections import connection_item
from rollcall.storage.domains import domain_item
from rollcall.storage.items import (
    InvitationItem,
    MemberItem,
    TeamItem,
)
from rollcall.storage.records import token_item
from rollcall.storage.scim_conflicts import conflict_item
from rollcall.storage.sso_connections import sso_connection_item
from rollcall.storage.table import Item

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pynamodb.attributes import MapAttribute

    from rollcall.domain.changes import Value


def products_text(access: ProductAccess) -> str:
    """Return `*` for all products, else the keys between commas, so that `contains(p, ",key,")` finds one."""
    return "*" if access.only is None else "," + "".join(f"{key}," for key in sorted(access.only))


def products_of(text: str) -> ProductAccess:
    """Read what `products_text` wrote."""
    return ProductAccess() if text == "*" else ProductAccess(frozenset(key for key in text.split(",") if key))


def item_of(value: "Value") -> Item:
    """Return the item of a domain value."""
    return _ITEMS[type(value)](value)


def _team_item(team: Team) -> TeamItem:
    flags = (
        ("e" if team.sso_enforced else "") + ("a" if team.sso_available else "") + ("c" if team.scim_enabled else "")
    )
    settings = {name: getattr(team.settings, name) for name in Settings.__slots__}
    settings["default_products"] = products_text(team.settings.default_products)
    due = keys.expiry("P", team.deleted_at, team.id) if team.deleted_at else None
    return TeamItem(
        *keys.team(team.id),
        XP=due.pk if due else None,
        XS=due.sk if due else None,
        deleted_at=None if team.deleted_at is None else epoch_ms(team.deleted_at),
        id=team.id,
        slug=team.slug,
        name=team.name,
        state=team.state.value,
        products=json.dumps(dict(team.products), ensure_ascii=False),
        retired=",".join(sorted(team.retired)),
        settings=json.dumps(settings),
        sso_switched_at=None if team.sso_switched_at is None else epoch_ms(team.sso_switched_at),
        flags=flags,
        version=team.version,
    )


def team_of(item: TeamItem) -> Team:
    """Return the team; a setting that an older version of the service did not write has its default."""
    stored = _settings_of(item.settings)
    return Team(
        id=item.id,
        slug=item.slug,
        name=item.name,
        created_at=ids.made_at(item.id),
        products=json.loads(item.products),
        retired=frozenset(key for key in (item.retired or "").split(",") if key),
        settings=Settings(**{name: stored[name] for name in Settings.__slots__ if name in stored}),
        state=TeamState(item.state),
        sso_enforced="e" in item.flags,
        sso_available="a" in item.flags,
        scim_enabled="c" in item.flags,
        deleted_at=None if item.deleted_at is None else from_epoch_ms(int(item.deleted_at)),
        sso_switched_at=None if item.sso_switched_at is None else from_epoch_ms(int(item.sso_switched_at)),
        version=int(item.version),
    )


def _settings_of(text: str) -> dict[str, Any]:
    stored: dict[str, Any] = json.loads(text)
    if "default_role" in stored:
        stored["default_role"] = Role(stored["default_role"])
    if "default_products" in stored:
        stored["default_products"] = products_of(stored["default_products"])
    return stored


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
        sessions={key: session_text(key, session) for key, session in member.sessions.items()},
        pats={key: _pat_text(key, pat) for key, pat in member.pats.items()},
        grants=member.grants,
        link=None if member.link is None else _link_text(member.link),
        held=int(member.held),
        grouped=1 if member.grouped else None,
        subjects=_subjects_text(member.subjects) if member.subjects else None,
        claimed=None if member.claimed is None else _claimed_text(member.claimed),
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
        sessions={key: _session_of(key, text) for key, text in _entries(item.sessions)},
        pats={key: _pat_of(key, text) for key, text in _entries(item.pats)},
        grants=int(item.grants or 0),
        link=None if item.link is None else _link_of(item.link),
        held=bool(item.held),
        grouped=bool(item.grouped),
        subjects=_subjects_of(item.subjects) if item.subjects else {},
        claimed=None if item.claimed is None else _claimed_of(item.claimed),
    )


def _link_text(link: Link) -> str:
    moved = "m" if link.moved else ""
    return ".".join((link.origin.value[0] + moved, link.user_name, link.external_id or "", ",".join(link.addresses)))


def _link_of(text: str) -> Link:
    kind, user_name, external_id, addresses = text.split(".")
    origin = next(origin for origin in Origin if origin.value[0] == kind[0])
    return Link(origin, user_name, external_id or None, tuple(a for a in addresses.split(",") if a), "m" in kind)


def _subjects_text(subjects: "Mapping[str, str]") -> str:
    return ",".join(f"{ids.code(connection_id)}.{subject}" for connection_id, subject in sorted(subjects.items()))


def _subjects_of(text: str) -> dict[str, str]:
    pairs = (entry.split(".") for entry in text.split(","))
    return {ids.from_code("idp", code): subject for code, subject in pairs}


def _claimed_text(claimed: Claimed) -> str:
    return ".".join((ids.code(claimed.connection_id), claimed.role.value, claimed.group))


def _claimed_of(text: str) -> Claimed:
    code, role, group = text.split(".", 2)
    return Claimed(ids.from_code("idp", code), group, Role(role))


def _entries(stored: "MapAttribute[str, str]") -> list[tuple[str, str]]:
    return list(stored.as_dict().items())


def session_text(key: str, session: Session) -> str:
    """Return a session as the member item keeps it under its key, which is the start of its hash.

    Twenty of these and twenty tokens leave the item within the 4 KiB that one read unit pays for.
    """
    limits = (_moment(session.expires_at), _moment(session.idle_at))
    return ".".join((ids.code(session.id), session.hash.removeprefix(key), *limits, session.via))


def _session_of(key: str, text: str) -> Session:
    code, rest, expires, idle, via = text.split(".")
    return Session(ids.from_code("ses", code), key + rest, _moment_of(expires), _moment_of(idle), via)


def _pat_text(key: str, pat: Pat) -> str:
    expires = "" if pat.expires_at is None else _moment(pat.expires_at)
    return ".".join((ids.code(pat.id), pat.hash.removeprefix(key), expires))


def _pat_of(key: str, text: str) -> Pat:
    code, rest, expires = text.split(".")
    return Pat(ids.from_code("pat", code), key + rest, _moment_of(expires) if expires else None)


def _moment(at: datetime) -> str:
    return ids.base62(epoch_ms(at), 1)


def _moment_of(text: str) -> datetime:
    return from_epoch_ms(ids.number_of(text))


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
        asked_at=None if invitation.asked_at is None else epoch_ms(invitation.asked_at),
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
        asked_at=None if item.asked_at is None else from_epoch_ms(int(item.asked_at)),
        resent_at=None if item.resent_at is None else from_epoch_ms(int(item.resent_at)),
    )


_ITEMS: "Mapping[type, Callable[..., Item]]" = {
    Team: _team_item,
    Member: _member_item,
    Invitation: _invitation_item,
    Token: token_item,
    Connection: connection_item,
    TeamDomain: domain_item,
    ScimConflict: conflict_item,
    SsoConnection: sso_connection_item,
    BreakGlass: break_glass_item,
}
