"""The permission matrix as data: the rows as they were given, each operation's request, and what no row names.

Nothing here calls anything: `scenes.py` prepares what the rows need, the tests walk them.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from rollcall.domain.permissions import Permission

if TYPE_CHECKING:
    from collections.abc import Mapping

FILE: Final = Path(__file__).parent / "data/permission-matrix.csv"


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the file, its part as the letter alone."""

    n: int
    part: str
    actor: str
    credential: str
    operation: str
    target: str
    condition: str
    expected: str

    @property
    def way(self) -> str:
        """What is done: an operation or, where states of a member are asked about, a way to authenticate."""
        return self.credential if self.part == "H" else self.operation


def _rows() -> list[Row]:
    with FILE.open(encoding="utf-8", newline="") as lines:
        return [
            Row(int(line.pop("n")), line.pop("part")[0], **{name: line[name] for name in list(line)[:-1]})
            for line in csv.DictReader(lines)
        ]


ROWS: Final = _rows()


@dataclass(frozen=True, slots=True)
class Operation:
    """How an operation is asked for. Braces in route and body stand for what a scene names, `event` for what it tells.

    `fills` are parts of the path that are no ids. `{id}` is the target's: a member's, an invitation's or a token's.
    """

    route: str
    body: Mapping[str, object] | None = None
    event: str | None = None
    fills: Mapping[str, str] = field(default_factory=dict)


def _role(role: str) -> Operation:
    return Operation("PUT /v1/members/{id}/role", {"role": role}, "member.role_changed")


def _settings(group: str, change: Mapping[str, object]) -> Operation:
    return Operation("PATCH /v1/team/settings/{group}", change, "team.settings_changed", {"group": group})


def _mapping(role: str) -> Operation:
    body = {"mappings": [{"group": "Engineers", "role": role}]}
    return Operation("PUT /v1/team/scim-role-mapping", body, "scim.role_mapping_changed")


# To configure is to make codes for the first time, to rotate is to make them again: one route.
_CODES: Final = Operation("POST /v1/team/break-glass-codes", None, "break_glass.codes_made")

OPERATIONS: Final[Mapping[str, Operation]] = {
    **{
        f"PATCH {whose} role→{role}": _role(role)
        for whose in ("member", "own")
        for role in ("owner", "admin", "member")
    },
    "create invitation": Operation(
        "POST /v1/invitations",
        {"email": "{address}", "role": "{role}", "products": {"all": True}},
        "invitation.created",
    ),
    "resend invitation": Operation("POST /v1/invitations/{id}/resend", None, "invitation.resent"),
    "copy link invitation": Operation("POST /v1/invitations/{id}/link", None, "invitation.link_copied"),
    "revoke invitation": Operation("POST /v1/invitations/{id}/revoke", None, "invitation.revoked"),
    "get one invitation": Operation("GET /v1/invitations/{id}"),
    "list invitations": Operation("GET /v1/invitations"),
    "deactivate": Operation("POST /v1/members/{id}/deactivate", None, "member.deactivated"),
    "reactivate": Operation("POST /v1/members/{id}/reactivate", None, "member.reactivated"),
    "remove": Operation("DELETE /v1/members/{id}", None, "member.removed"),
    "revoke all PATs": Operation("POST /v1/members/{id}/revoke-tokens", None, "member.tokens_revoked"),
    "end sessions": Operation("POST /v1/members/{id}/revoke-sessions", None, "member.sessions_revoked"),
    "set products": Operation("PUT /v1/members/{id}/products", {"only": ["trustvault"]}, "member.products_changed"),
    "view PAT metadata": Operation("GET /v1/members/{id}/tokens"),
    "view member": Operation("GET /v1/members/{id}"),
    "send password reset": Operation("POST /v1/members/{id}/password-reset", None, "member.password_reset_requested"),
    "change own password": Operation(
        "PUT /v1/me/password",
        {"current_password": "{password}", "new_password": "a phrase of another kind"},
        "member.password_changed",
    ),
    "list own sessions": Operation("GET /v1/sessions"),
    "end own session": Operation("DELETE /v1/sessions/{id}", None, "session.ended"),
    "leave": Operation("POST /v1/me/leave", None, "member.left"),
    "write password policy": _settings("passwords", {"enabled": False}),
    "write PAT limits": _settings("tokens", {"max_per_member": 5, "max_age_days": 90}),
    "read audit": Operation("GET /v1/audit-events"),
    "write group→role mapping": _mapping("admin"),
    "map a group to owner": _mapping("owner"),
    "read SSO config": Operation("GET /v1/team/sso-connections"),
    "write SSO config": Operation(
        "POST /v1/team/sso-connections",
        {"provider": "oidc", "issuer": "{issuer}", "client_id": "rollcall"},
        "sso_connection.added",
    ),
    "toggle SSO enforcement": Operation("PUT /v1/team/sso-enforcement", {"enforced": True}, "sso.enforced"),
    "create SCIM token": Operation("POST /v1/team/scim-tokens", {"name": "provider"}, "scim_token.issued"),
    "list SCIM tokens": Operation("GET /v1/team/scim-tokens"),
    "delete SCIM token": Operation("DELETE /v1/team/scim-tokens/{id}", None, "scim_token.revoked"),
    "break-glass configure": _CODES,
    "break-glass rotate": _CODES,
    "transfer ownership": Operation(
        "POST /v1/team/transfer-ownership", {"member_id": "{id}"}, "team.ownership_transferred"
    ),
    "delete team": Operation("DELETE /v1/team", {"name": "{team}"}, "team.deleted"),
    "read /me": Operation("GET /v1/me"),
    "patch /me name": Operation("PATCH /v1/me", {"name": "Robin Renamed"}, "member.profile_edited"),
    "create own PAT": Operation("POST /v1/tokens", {"name": "pipeline"}, "token.issued"),
    "list own PATs": Operation("GET /v1/tokens"),
    "revoke own PAT": Operation("DELETE /v1/tokens/{id}", None, "token.revoked"),
}

SCIM_ROUTE: Final = "ANY /scim/v2/{proxy+}"


def _scim(method: str, path: str, event: str | None = None, **body: object) -> Operation:
    """Return an operation of part I; `{user}` and `{group}` are ids, `{name}` is the user's name."""
    return Operation(f"{method} /scim/v2/{path}", body or None, event)


# What identity providers do, behind the one route that leads to all of it (part I).
SCIM_OPERATIONS: Final[Mapping[str, Operation]] = {
    "GET ServiceProviderConfig": _scim("GET", "ServiceProviderConfig"),
    "GET ResourceTypes": _scim("GET", "ResourceTypes"),
    "GET Schemas": _scim("GET", "Schemas"),
    "GET Users": _scim("GET", "Users"),
    "GET Users?filter": _scim("GET", "Users?filter=userName%20eq%20%22{name}%22"),
    "POST Users": _scim("POST", "Users", "member.provisioned", userName="new@idp.example"),
    "GET Users/id": _scim("GET", "Users/{user}"),
    "PUT Users/id": _scim("PUT", "Users/{user}", "member.updated", userName="{name}", title="Put"),
    "PATCH Users/id": _scim(
        "PATCH", "Users/{user}", "member.updated", Operations=[{"op": "add", "path": "title", "value": "Patched"}]
    ),
    "DELETE Users/id": _scim("DELETE", "Users/{user}", "member.removed"),
    "GET Groups": _scim("GET", "Groups"),
    "POST Groups": _scim("POST", "Groups", "group.created", displayName="New"),
    "GET Groups/id": _scim("GET", "Groups/{group}"),
    "PUT Groups/id": _scim("PUT", "Groups/{group}", "group.updated", displayName="Put"),
    "PATCH Groups/id": _scim(
        "PATCH",
        "Groups/{group}",
        "group.updated",
        Operations=[{"op": "replace", "path": "displayName", "value": "Patched"}],
    ),
    "DELETE Groups/id": _scim("DELETE", "Groups/{group}", "group.deleted"),
}

# What each way to authenticate (part H) asks for.
WAYS: Final[Mapping[str, str]] = {
    "password login": "POST /v1/teams/{slug}/sessions",
    "session": "GET /v1/me",
    "PAT": "GET /v1/me",
    "reset link": "POST /v1/password-resets/complete",
    "invite link": "POST /v1/invitations/accept",
    "OIDC login": "GET /sso/callback",
}


@dataclass(frozen=True, slots=True)
class Missing:
    """An operation of the file that the service cannot do yet: the request that will, what guards it, and why not."""

    request: str
    permission: Permission | None
    reason: str


NOT_YET: Final[Mapping[str, Missing]] = {
    "write SIEM": Missing("PUT /v1/team/siem", Permission.CONFIGURE_SIEM, "audit events are not streamed yet"),
}

# Rows that contradict a rule elsewhere, and what holds instead.
READ_AS: Final[Mapping[int, str]] = {
    909: "403 step_up_required",  # C4 and the order of checks: step-up is judged before anything is looked up
}

PRINCIPALS: Final = ("owner", "admin", "member", "other team's owner", "service token", "anonymous")


@dataclass(frozen=True, slots=True)
class Beside:
    """A route that no row names: its permission, a request, and what it answers to each of PRINCIPALS by session.

    By PAT it is the same, but for what needs a fresh session. `{id}` is an id of `kind`, of the one team. A GET changes
    nothing, nor does what says so.
    """

    permission: Permission
    answers: str
    body: Mapping[str, object] | None = None
    kind: str | None = None
    fills: Mapping[str, str] = field(default_factory=dict)
    changes: bool = True

    def answer_to(self, principal: str) -> int:
        """Return the status that a principal is to get by a session."""
        return int(self.answers.split()[PRINCIPALS.index(principal)])


_KEY: Final = {"key": "trustgate"}
_PEOPLE: Final = {"emails": ["bea@example.com"], "role": "member", "products": {"all": True}}
_DOMAIN: Final = {"domain": "claimed.example.com"}
_GRANT: Final = {"grant": "project-1"}
_OWN_CONNECTION: Final = "200 200 403 404 403 401"

ROUTES_BESIDE: Final[Mapping[str, Beside]] = {
    # ------------------------------------------------------------------ owner, admin, member, other team, product, none
    "GET /v1/members": Beside(Permission.READ_MEMBERS, "200 200 403 200 403 401"),
    "GET /v1/members/{id}/explain": Beside(Permission.READ_AUDIT, "200 200 403 404 403 401", kind="member"),
    "GET /v1/members/{id}/grants": Beside(Permission.READ_GRANTS, "200 200 403 404 200 401", kind="member"),
    "PUT /v1/members/{id}/grants/{grant}": Beside(
        Permission.RECORD_GRANTS, "403 403 403 403 200 401", {"name": "Renamed"}, kind="member", fills=_GRANT
    ),
    "DELETE /v1/members/{id}/grants/{grant}": Beside(
        Permission.RELEASE_GRANTS, "204 204 403 404 204 401", kind="member", fills=_GRANT
    ),
    "DELETE /v1/members/{id}/grants": Beside(Permission.RELEASE_GRANTS, "200 200 403 404 200 401", kind="member"),
    "POST /v1/invitations/bulk": Beside(Permission.INVITE, "200 200 403 200 403 401", _PEOPLE),
    "PATCH /v1/invitations/{id}": Beside(
        Permission.MANAGE_INVITATIONS, "200 200 403 404 403 401", {"role": "admin"}, kind="invitation"
    ),
    "PATCH /v1/tokens/{id}": Beside(
        Permission.REVOKE_OWN_CREDENTIALS, "200 404 404 404 403 401", {"name": "nightly"}, kind="token"
    ),
    "POST /v1/tokens/{id}/rotate": Beside(
        Permission.ISSUE_OWN_TOKEN, "201 404 404 404 403 401", {"overlap_minutes": 5}, kind="token"
    ),
    "GET /v1/team": Beside(Permission.READ_TEAM, "200 200 403 200 403 401"),
    "PATCH /v1/team": Beside(Permission.EDIT_TEAM, "200 200 403 200 403 401", {"name": "Renamed"}),
    "GET /v1/team/settings/{group}": Beside(
        Permission.READ_TEAM, "200 200 403 200 403 401", fills={"group": "sessions"}
    ),
    "GET /v1/team/products": Beside(Permission.READ_TEAM, "200 200 403 200 403 401"),
    "POST /v1/team/products": Beside(
        Permission.EDIT_TEAM, "201 201 403 201 403 401", {"key": "trustlens", "name": "TrustLens"}
    ),
    "PATCH /v1/team/products/{key}": Beside(
        Permission.EDIT_TEAM, "200 200 403 200 403 401", {"name": "Renamed"}, fills=_KEY
    ),
    "DELETE /v1/team/products/{key}": Beside(Permission.EDIT_TEAM, "204 204 403 204 403 401", fills=_KEY),
    "GET /v1/team/products/{key}/service-tokens": Beside(
        Permission.READ_SERVICE_TOKENS, "200 200 403 200 403 401", fills=_KEY
    ),
    "POST /v1/team/products/{key}/service-tokens": Beside(
        Permission.ISSUE_SERVICE_TOKEN, "201 201 403 201 403 401", {"name": "gateway"}, fills=_KEY
    ),
    "DELETE /v1/team/products/{key}/service-tokens/{id}": Beside(
        Permission.REVOKE_SERVICE_TOKEN, "204 204 403 404 403 401", kind="service token", fills=_KEY
    ),
    "GET /v1/team/scim-role-mapping": Beside(Permission.CONFIGURE_SSO, "200 200 403 200 403 401"),
    "GET /v1/team/domains": Beside(Permission.CONFIGURE_SSO, "200 200 403 200 403 401"),
    "POST /v1/team/domains": Beside(
        Permission.CONFIGURE_SSO, "201 201 403 201 403 401", {"domain": "other.example.com"}
    ),
    "POST /v1/team/domains/{domain}/verify": Beside(Permission.CONFIGURE_SSO, "200 200 403 404 403 401", fills=_DOMAIN),
    "DELETE /v1/team/domains/{domain}": Beside(Permission.CONFIGURE_SSO, "204 204 403 404 403 401", fills=_DOMAIN),
    "GET /v1/team/sso-connections/{id}": Beside(Permission.CONFIGURE_SSO, _OWN_CONNECTION, kind="SSO connection"),
    "PATCH /v1/team/sso-connections/{id}": Beside(
        Permission.CONFIGURE_SSO, _OWN_CONNECTION, {"name": "Renamed"}, kind="SSO connection"
    ),
    "DELETE /v1/team/sso-connections/{id}": Beside(
        Permission.CONFIGURE_SSO, "204 204 403 404 403 401", kind="SSO connection"
    ),
    "POST /v1/team/sso-connections/{id}/test": Beside(
        Permission.CONFIGURE_SSO, _OWN_CONNECTION, kind="SSO connection", changes=False
    ),
    "GET /v1/team/sso-connections/{id}/role-mapping": Beside(
        Permission.CONFIGURE_SSO, _OWN_CONNECTION, kind="SSO connection"
    ),
    "PUT /v1/team/sso-connections/{id}/role-mapping": Beside(
        Permission.CONFIGURE_SSO,
        _OWN_CONNECTION,
        {"mappings": [{"group": "Engineers", "role": "admin"}]},
        kind="SSO connection",
    ),
    "DELETE /v1/members/{id}/role-override": Beside(Permission.CHANGE_ROLE, "200 200 403 404 403 401", kind="member"),
    "GET /v1/team/scim-log": Beside(Permission.CONFIGURE_SSO, "200 200 403 200 403 401"),
    "GET /v1/team/scim-conflicts": Beside(Permission.CONFIGURE_SSO, "200 200 403 200 403 401"),
    "GET /v1/team/scim-plan": Beside(Permission.CONFIGURE_SSO, "200 200 403 200 403 401"),
    "POST /v1/team/scim-plan/activate": Beside(Permission.MANAGE_SCIM_TOKENS, "409 403 403 409 403 401", changes=False),
    "POST /v1/team/scim-plan/drop": Beside(Permission.MANAGE_SCIM_TOKENS, "409 403 403 409 403 401", changes=False),
    "POST /v1/team/scim-conflicts/{id}/accept": Beside(
        Permission.MANAGE_SCIM_TOKENS, "200 403 403 404 403 401", kind="member"
    ),
    "GET /v1/members/{id}/sessions": Beside(Permission.READ_MEMBERS, "200 200 403 404 403 401", kind="member"),
    "POST /v1/introspect": Beside(
        Permission.INTROSPECT, "403 403 403 403 200 401", {"token": "no credential"}, changes=False
    ),
    "POST /v1/product-tokens": Beside(
        Permission.ISSUE_PRODUCT_TOKEN, "201 201 201 201 403 401", {"product": "trustgate"}, changes=False
    ),
    "GET /v1/audit-events/export": Beside(Permission.READ_AUDIT, "200 200 403 200 403 401"),
}

# Routes that take no credential of a member, and why that is right.
PUBLIC: Final[Mapping[str, str]] = {
    "GET /healthz": "tells nothing",
    "GET /v1/openapi.json": "describes this API",
    "GET /.well-known/jwks.json": "holds public keys",
    "GET /v1/teams/{slug}/sign-in-options": "comes before signing in",
    "POST /v1/teams": "signs up for a team, where the deployment allows it",
    "POST /v1/teams/{slug}/sessions": "is signing in",
    "POST /v1/teams/{slug}/break-glass-sessions": "is signing in",
    "POST /v1/teams/{slug}/password-resets": "comes before signing in",
    "DELETE /v1/sessions/current": "is signing out, also with a session that is over",
    "POST /v1/invitations/inspect": "the link is the credential",
    "POST /v1/invitations/accept": "the link is the credential",
    "POST /v1/invitations/renewal-request": "the link is the credential",
    "POST /v1/token-leaks": "the report is signed",
    "GET /t/{slug}": "comes before signing in",
    "HEAD /t/{slug}": "comes before signing in",
    "POST /t/{slug}": "is signing in",
    "POST /t/{slug}/sign-out": "is signing out, also with a session that is over",
    "GET /t/{slug}/break-glass": "comes before signing in",
    "HEAD /t/{slug}/break-glass": "comes before signing in",
    "POST /t/{slug}/break-glass": "is signing in",
    "GET /t/{slug}/forgot": "comes before signing in",
    "HEAD /t/{slug}/forgot": "comes before signing in",
    "POST /t/{slug}/forgot": "comes before signing in",
    "GET /i/{token}": "the link is the credential",
    "HEAD /i/{token}": "the link is the credential",
    "POST /i/{token}": "the link is the credential",
    "GET /sso/{connection}/start": "comes before signing in",
    "GET /sso/callback": "is signing in",
    "GET /sso/callback/{connection}": "is signing in",
    "POST /v1/password-resets/complete": "the link is the credential",
    "GET /reset/{token}": "the link is the credential",
    "HEAD /reset/{token}": "the link is the credential",
    "POST /reset/{token}": "the link is the credential",
}
