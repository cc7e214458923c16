"""Who may do what (R1): roles, permissions, the matrix written once as data, and the rule of rank."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from rollcall.domain import ids
from rollcall.domain.errors import AboveYourRank, Forbidden, StepUpRequired


class Role(StrEnum):
    """A member's role in the team, lowest first."""

    MEMBER = "member"
    ADMIN = "admin"
    OWNER = "owner"

    @property
    def rank(self) -> int:
        """Higher ranks may act on lower ones, and on their own."""
        return _RANKS[self]


_RANKS = {Role.MEMBER: 0, Role.ADMIN: 1, Role.OWNER: 2}


class Permission(StrEnum):
    """What a role may allow; every route that needs a credential names one."""

    READ_OWN_PROFILE = "own_profile:read"
    EDIT_OWN_PROFILE = "own_profile:edit"
    LEAVE = "own_membership:leave"
    CHANGE_OWN_PASSWORD = "own_password:change"
    READ_OWN_CREDENTIALS = "own_credentials:read"
    ISSUE_OWN_TOKEN = "own_tokens:issue"
    REVOKE_OWN_CREDENTIALS = "own_credentials:revoke"
    ISSUE_PRODUCT_TOKEN = "own_product_tokens:issue"
    READ_MEMBERS = "members:read"
    CHANGE_ROLE = "members:change_role"
    CHANGE_PRODUCTS = "members:change_products"
    DEACTIVATE = "members:deactivate"
    REMOVE = "members:remove"
    RELEASE_GRANTS = "members:release_grants"
    RESET_PASSWORD = "members:reset_password"
    REVOKE_CREDENTIALS = "members:revoke_credentials"
    INVITE = "invitations:create"
    READ_INVITATIONS = "invitations:read"
    MANAGE_INVITATIONS = "invitations:manage"
    READ_TEAM = "team:read"
    EDIT_TEAM = "team:edit"
    READ_AUDIT = "audit:read"
    CONFIGURE_SSO = "sso:configure"
    CONFIGURE_SIEM = "siem:configure"
    ENFORCE_SSO = "sso:enforce"
    MANAGE_SCIM_TOKENS = "scim_tokens:manage"
    READ_SCIM_TOKENS = "scim_tokens:read"
    REVOKE_SCIM_TOKEN = "scim_tokens:revoke"
    BREAK_GLASS = "break_glass:manage"
    TRANSFER_OWNERSHIP = "team:transfer"
    DELETE_TEAM = "team:delete"
    ISSUE_SERVICE_TOKEN = "service_tokens:issue"
    REVOKE_SERVICE_TOKEN = "service_tokens:revoke"
    READ_SERVICE_TOKENS = "service_tokens:read"
    READ_GRANTS = "grants:read"
    RECORD_GRANTS = "grants:record"
    INTROSPECT = "credentials:introspect"
    PROVISION = "members:provision"


_OWN = frozenset(
    {
        Permission.READ_OWN_PROFILE,
        Permission.EDIT_OWN_PROFILE,
        Permission.LEAVE,
        Permission.CHANGE_OWN_PASSWORD,
        Permission.READ_OWN_CREDENTIALS,
        Permission.ISSUE_OWN_TOKEN,
        Permission.REVOKE_OWN_CREDENTIALS,
        Permission.ISSUE_PRODUCT_TOKEN,
    }
)
_OWNERS_ONLY = frozenset(
    {
        Permission.ENFORCE_SSO,
        Permission.MANAGE_SCIM_TOKENS,
        Permission.READ_SCIM_TOKENS,
        Permission.REVOKE_SCIM_TOKEN,
        Permission.BREAK_GLASS,
        Permission.TRANSFER_OWNERSHIP,
        Permission.DELETE_TEAM,
    }
)

_PRODUCTS_ONLY = frozenset({Permission.RECORD_GRANTS, Permission.INTROSPECT})

# What a product's service token may do, within its own product (M9, C7).
OF_PRODUCTS = _PRODUCTS_ONLY | {Permission.READ_GRANTS, Permission.RELEASE_GRANTS}

# What an identity provider's SCIM token may do, and nobody else (S1).
OF_SCIM = frozenset({Permission.PROVISION})
_NOBODYS = _PRODUCTS_ONLY | OF_SCIM

MATRIX: dict[Role, frozenset[Permission]] = {
    Role.MEMBER: _OWN,
    Role.ADMIN: frozenset(Permission) - _OWNERS_ONLY - _NOBODYS,
    Role.OWNER: frozenset(Permission) - _NOBODYS,
}

STEP_UP = frozenset(
    {
        Permission.ISSUE_OWN_TOKEN,
        Permission.CHANGE_OWN_PASSWORD,
        Permission.ENFORCE_SSO,
        Permission.MANAGE_SCIM_TOKENS,
        Permission.BREAK_GLASS,
        Permission.TRANSFER_OWNERSHIP,
        Permission.DELETE_TEAM,
        Permission.ISSUE_SERVICE_TOKEN,
    }
)
STEP_UP_AGE = timedelta(minutes=10)


class CredentialKind(StrEnum):
    """By what the caller is known; all below `scim` act without a stored credential, `none` unknown."""

    SESSION = "session"
    PAT = "pat"
    SERVICE = "service_token"
    SCIM = "scim"
    LINK = "link"
    REPORT = "leak_report"
    OPERATOR = "operator"
    SYSTEM = "system"
    NONE = "none"


_OF_MACHINES = {CredentialKind.SERVICE: OF_PRODUCTS, CredentialKind.SCIM: OF_SCIM}


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, as they are at this moment: what authorises them now and what the audit keeps (T2)."""

    team_id: str
    member_id: str | None
    email: str | None
    name: str | None
    role: Role | None
    kind: CredentialKind
    credential_id: str | None = None
    product: str | None = None

    def require(self, permission: Permission, now: datetime) -> None:
        """Refuse what the role does not allow, and step-up operations without a fresh session (C4)."""
        if permission not in self._allowed():
            raise Forbidden
        if permission in STEP_UP and not self._fresh(now):
            raise StepUpRequired

    def require_rank(self, *roles: Role) -> None:
        """Refuse to act on, or to hand out, any role above the actor's own (I8, M3)."""
        if self.role is None or any(role.rank > self.role.rank for role in roles):
            raise AboveYourRank

    def _allowed(self) -> frozenset[Permission]:
        if self.kind in _OF_MACHINES:
            return _OF_MACHINES[self.kind]
        return MATRIX[self.role] if self.role else frozenset()

    def _fresh(self, now: datetime) -> bool:
        is_session = self.kind is CredentialKind.SESSION and self.credential_id is not None
        return is_session and now - ids.made_at(str(self.credential_id)) <= STEP_UP_AGE
