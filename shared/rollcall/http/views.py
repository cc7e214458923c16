"""Domain values as the API tells them (2-api's shapes); pure, so that a replay tells the same."""

import json
from datetime import datetime

from rollcall.domain import ids
from rollcall.domain.connections import ScimToken
from rollcall.domain.domains import TeamDomain
from rollcall.domain.invitations import Invitation
from rollcall.domain.members import Member, RoleSource, Session, Source, Status
from rollcall.domain.permissions import Role
from rollcall.domain.scim_conflicts import ScimConflict
from rollcall.domain.service_tokens import ServiceToken
from rollcall.domain.teams import Team
from rollcall.domain.times import from_epoch_ms, rfc3339
from rollcall.domain.tokens import Token, TokenState
from rollcall.storage import roster
from rollcall.storage.items import RowItem
from rollcall.storage.scim_log import Entry
from rollcall.storage.values import products_of

Json = dict[str, object]


def member_view(member: Member, team: Team, last_active: datetime | None = None) -> Json:
    """Return a member; product access is the effective one: stored ∩ the team's products (I21)."""
    return {
        "id": member.id,
        "email": member.email or None,
        "name": member.name,
        "avatar_url": member.avatar_url,
        "role": member.role.value,
        "role_source": member.role_source.value,
        "products": member.products.within(team).told,
        "status": member.status.value,
        "source": member.source.value,
        "email_verified": member.email_verified,
        "created_at": rfc3339(member.created_at),
        "last_active_at": None if last_active is None else rfc3339(last_active),
        "version": member.version,
    }


def row_view(row: RowItem, team: Team) -> Json:
    """Return a member as the roster row has it; the same shape as `member_view`."""
    member_id = roster.member_id(row)
    return {
        "id": member_id,
        "email": row.email or None,
        "name": row.name,
        "avatar_url": row.avatar_url,
        "role": next(role for role in Role if roster.ROLE[role] in row.flags).value,
        "role_source": next(source for source in RoleSource if roster.ROLE_SOURCE[source] in row.flags).value,
        "products": products_of(row.products).within(team).told,
        "status": next(status for status in Status if roster.STATUS[status] in row.flags).value,
        "source": next(source for source in Source if roster.SOURCE[source] in row.flags).value,
        "email_verified": roster.VERIFIED in row.flags,
        "created_at": rfc3339(ids.made_at(member_id)),
        "last_active_at": None if row.last_active is None else rfc3339(from_epoch_ms(int(row.last_active))),
        "version": int(row.version),
    }


def invitation_view(invitation: Invitation, team: Team, now: datetime) -> Json:
    """Return an invitation; its state is the one that counts at `now` (I5), its products those the team still has."""
    inviter = invitation.inviter
    return {
        "id": invitation.id,
        "email": invitation.email,
        "role": invitation.role.value,
        "products": invitation.products.within(team).told,
        "send_password_email": invitation.send_password_email,
        "message": invitation.message,
        "state": invitation.state_at(now).value,
        "delivery": invitation.delivery.value,
        "inviter": {"id": inviter.id, "name": inviter.name, "email": inviter.email},
        "sent_at": rfc3339(invitation.sent_at),
        "expires_at": rfc3339(invitation.expires_at),
        "renewal_requested_at": None if invitation.asked_at is None else rfc3339(invitation.asked_at),
        "created_at": rfc3339(invitation.created_at),
        "version": invitation.version,
    }


def token_view(token: Token, state: TokenState, last_used: datetime | None = None) -> Json:
    """Return what is told of a token, never its secret or hash; last use to the day."""
    return {
        "id": token.id,
        "name": token.name,
        "last4": token.last4,
        "state": state.value,
        "created_at": rfc3339(ids.made_at(token.id)),
        "expires_at": None if token.expires_at is None else rfc3339(token.expires_at),
        "revoked_at": None if token.revoked_at is None else rfc3339(token.revoked_at),
        "last_used_at": None if last_used is None else f"{last_used:%Y-%m-%d}T00:00:00Z",
    }


def session_view(session: Session, current: str | None) -> Json:
    """Return what is told of a session, never its secret or hash; `current` is the caller's own."""
    return {
        "id": session.id,
        "via": session.via,
        "current": session.id == current,
        "created_at": rfc3339(ids.made_at(session.id)),
        "idle_expires_at": rfc3339(session.idle_at),
        "expires_at": rfc3339(session.expires_at),
    }


def team_view(team: Team) -> Json:
    """Return the team as its owners and admins see it."""
    return {
        "id": team.id,
        "slug": team.slug,
        "name": team.name,
        "products": [{"key": key, "name": name} for key, name in sorted(team.products.items())],
        "sso_enforced": team.sso_enforced,
        "scim_enabled": team.scim_enabled,
        "created_at": rfc3339(team.created_at),
        "version": team.version,
    }


def scim_token_view(token: ScimToken, last_used: datetime | None = None) -> Json:
    """Return what is told of a SCIM token, never its secret or hash; last use to the hour."""
    return {
        "id": token.id,
        "name": token.name,
        "last4": token.last4,
        "created_at": rfc3339(token.created_at),
        "expires_at": rfc3339(token.expires_at),
        "last_used_at": None if last_used is None else rfc3339(last_used),
    }


def domain_view(domain: TeamDomain) -> Json:
    """Return a domain that the team claims, and the DNS record that proves it."""
    return {
        "domain": domain.name,
        "state": domain.state.value,
        "record": {"type": "TXT", "name": domain.record, "value": domain.proof},
        "created_at": rfc3339(domain.created_at),
        "verified_at": None if domain.verified_at is None else rfc3339(domain.verified_at),
    }


def log_view(entry: Entry) -> Json:
    """Return a request of an identity provider as the log tells it."""
    return {
        "id": entry.id,
        "at": rfc3339(entry.at),
        "method": entry.method,
        "path": entry.path,
        "status": entry.status,
        "meaning": entry.meaning,
        "changed": list(entry.changed),
        "hint": entry.hint,
        "token_id": entry.token_id,
        "request_id": entry.request_id,
    }


def conflict_view(conflict: ScimConflict, member: Member) -> Json:
    """Return whom an identity provider asked for in vain, and what it sent."""
    return {
        "id": member.id,
        "member": {"id": member.id, "email": member.email, "name": member.name, "status": member.status.value},
        "user_name": conflict.user_name,
        "external_id": conflict.external_id,
        "resource": json.loads(conflict.resource),
        "first_at": rfc3339(conflict.first_at),
        "last_at": rfc3339(conflict.last_at),
        "times": conflict.version,
    }


def service_token_view(token: ServiceToken) -> Json:
    """Return what is told of a service token."""
    created = rfc3339(ids.made_at(token.id))
    return {
        "id": token.id,
        "product": token.product,
        "name": token.name,
        "last4": token.last4,
        "created_at": created,
    }
