"""The audit vocabulary (T2): what happened, to whom, by whom; past tense, `noun.verb`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from rollcall.domain.permissions import Actor


class Action(StrEnum):
    """Every kind of audit event."""

    TEAM_CREATED = "team.created"
    INVITATION_CREATED = "invitation.created"
    INVITATION_RESENT = "invitation.resent"
    INVITATION_RENEWAL_REQUESTED = "invitation.renewal_requested"
    INVITATION_LINK_COPIED = "invitation.link_copied"
    INVITATION_EDITED = "invitation.edited"
    TEAM_DELETED = "team.deleted"
    INVITATION_REVOKED = "invitation.revoked"
    INVITATION_EXPIRED = "invitation.expired"
    INVITATION_ACCEPTED = "invitation.accepted"
    PROFILE_EDITED = "member.profile_edited"
    PASSWORD_SET = "member.password_set"
    PASSWORD_CHANGED = "member.password_changed"
    PASSWORD_RESET_REQUESTED = "member.password_reset_requested"
    SESSION_OPENED = "session.opened"
    SESSION_ENDED = "session.ended"
    SESSIONS_REVOKED = "member.sessions_revoked"
    TOKENS_REVOKED = "member.tokens_revoked"
    ROLE_CHANGED = "member.role_changed"
    PRODUCTS_CHANGED = "member.products_changed"
    DEACTIVATED = "member.deactivated"
    REACTIVATED = "member.reactivated"
    REMOVED = "member.removed"
    PROVISIONED = "member.provisioned"
    RECREATED_BY_SCIM = "member.recreated_by_scim"
    ADOPTED = "member.adopted"
    UPDATED = "member.updated"
    SCIM_REFUSED = "scim.refused"
    LEFT = "member.left"
    OWNERSHIP_TRANSFERRED = "team.ownership_transferred"
    TOKEN_ISSUED = "token.issued"
    TOKEN_ROTATED = "token.rotated"
    TOKEN_LEAKED = "token.leaked"
    TOKEN_RENAMED = "token.renamed"
    TOKEN_REVOKED = "token.revoked"
    TEAM_EDITED = "team.edited"
    SETTINGS_CHANGED = "team.settings_changed"
    PRODUCT_ADDED = "product.added"
    PRODUCT_RENAMED = "product.renamed"
    PRODUCT_REMOVED = "product.removed"
    SERVICE_TOKEN_ISSUED = "service_token.issued"
    SERVICE_TOKEN_REVOKED = "service_token.revoked"
    SCIM_TOKEN_ISSUED = "scim_token.issued"
    SCIM_TOKEN_REVOKED = "scim_token.revoked"
    SCIM_TOKEN_LEAKED = "scim_token.leaked"
    SCIM_PLAN_ACTIVATED = "scim.plan_activated"
    SCIM_PLAN_DROPPED = "scim.plan_dropped"
    ROLE_MAPPING_CHANGED = "scim.role_mapping_changed"
    ROLE_OVERRIDE_CLEARED = "member.role_override_cleared"
    DOMAIN_CLAIMED = "domain.claimed"
    DOMAIN_VERIFIED = "domain.verified"
    DOMAIN_LAPSED = "domain.lapsed"
    DOMAIN_RELEASED = "domain.released"
    SSO_CONNECTION_ADDED = "sso_connection.added"
    SSO_CONNECTION_CHANGED = "sso_connection.changed"
    SSO_CONNECTION_REMOVED = "sso_connection.removed"
    SSO_ENFORCED = "sso.enforced"
    SSO_RELEASED = "sso.released"
    SSO_JOINED = "member.joined_by_sso"
    SSO_LINKED = "member.linked_to_sso"
    BREAK_GLASS_MADE = "break_glass.codes_made"
    BREAK_GLASS_USED = "break_glass.used"
    SCIM_CONFLICT_ACCEPTED = "scim_conflict.accepted"
    GROUP_CREATED = "group.created"
    GROUP_UPDATED = "group.updated"
    GROUP_MEMBERS_CHANGED = "group.members_changed"
    GROUP_DELETED = "group.deleted"
    GRANT_RECORDED = "grant.recorded"
    GRANTS_RELEASED = "grants.released"
    ROSTER_REPAIRED = "roster.repaired"


@dataclass(frozen=True, slots=True)
class Subject:
    """What an event is about: the kind of thing, its id, and a name for people as it was then."""

    kind: str
    id: str
    label: str


@dataclass(frozen=True, slots=True)
class Deed:
    """What a decision did, before anybody knows when and from where; no secret ever stands in it."""

    action: Action
    actor: Actor
    subject: Subject
    before: Mapping[str, object] | None
    after: Mapping[str, object] | None


@dataclass(frozen=True, slots=True)
class Event:
    """A deed as the audit keeps it for ever: with its id (a ULID, so the order), time, address and request."""

    id: str
    deed: Deed
    at: datetime
    address: str | None
    request_id: str | None
