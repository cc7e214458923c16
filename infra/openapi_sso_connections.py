"""The routes of SSO connections and of enforcing them, and what they answer; see openapi_route for what a Route is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from infra.openapi_route import RECORDED, WRITES, Route
from infra.openapi_schemas import MAPPING, Schema, choice, id_of
from infra.openapi_words import EMAIL_OR_NULL, FLAG, MOMENT, MOMENT_OR_NULL, VERSION, WORD, listed, record
from rollcall.actions.enforce_sso import MOST_NAMED
from rollcall.domain import errors
from rollcall.domain.enforcement import NO_BREAK_GLASS, Reason
from rollcall.domain.permissions import Role
from rollcall.domain.sso_connections import Provider

if TYPE_CHECKING:
    from collections.abc import Mapping

    from infra.openapi_route import Errors

_EDITS: Final[Errors] = (*WRITES, errors.NotFound, errors.StaleVersion)
_KEEPS: Final[Errors] = (*_EDITS, errors.SsoEnforced)
_PREVIEW: Final[Schema] = {"type": "string", "enum": ["true"], "description": "Only look: nothing is changed."}
_MAPPINGS: Final[Schema] = {"type": "array", "items": MAPPING}
_CLAIM: Final[Schema] = {**WORD, "description": "The claim with the groups: a name, or names with dots between them."}
_BACK: Final[Schema] = {**WORD, "format": "uri", "description": "What the identity provider is told to send people to."}
_START: Final[Schema] = {**WORD, "format": "uri", "description": "Where signing in through it begins."}

SSO_CONNECTION_ROUTES: Final[Mapping[str, Route]] = {
    "GET /v1/team/sso-connections": Route("listSsoConnections", 200, "SsoConnectionList"),
    "POST /v1/team/sso-connections": Route(
        "addSsoConnection", 201, "SsoConnection", RECORDED, headers=("ETag", "Location")
    ),
    "GET /v1/team/sso-connections/{id}": Route("getSsoConnection", 200, "SsoConnection", headers=("ETag",)),
    "PATCH /v1/team/sso-connections/{id}": Route("editSsoConnection", 200, "SsoConnection", _KEEPS, headers=("ETag",)),
    "DELETE /v1/team/sso-connections/{id}": Route("removeSsoConnection", 204, None, _KEEPS),
    "POST /v1/team/sso-connections/{id}/test": Route("testSsoConnection", 200, "SsoTest", (errors.NotFound,)),
    "GET /v1/team/sso-connections/{id}/role-mapping": Route(
        "getSsoRoleMapping", 200, "SsoRoleMapping", headers=("ETag",)
    ),
    "PUT /v1/team/sso-connections/{id}/role-mapping": Route(
        "setSsoRoleMapping", 200, "SsoRoleMapping", _EDITS, headers=("ETag",)
    ),
    "PUT /v1/team/sso-enforcement": Route(
        "enforceSso",
        200,
        "SsoEnforcement",
        (*WRITES, errors.StaleVersion, errors.SsoUntested),
        query={"preview": _PREVIEW},
        headers=("ETag",),
    ),
}
SSO_CONNECTION_PATH: Final[Mapping[str, Schema]] = {"/v1/team/sso-connections/{id}": id_of("idp")}


def sso_shapes() -> dict[str, Schema]:
    """Return the named schemas."""
    return {
        "SsoConnection": record(
            "A connection to an identity provider that signs people in; its client secret is never told.",
            id=id_of("idp"),
            provider=choice(Provider),
            name=WORD,
            issuer={**WORD, "format": "uri"},
            client_id=WORD,
            has_client_secret=FLAG,
            groups_claim=_CLAIM,
            scim_claim={**WORD, "description": "The claim that equals a SCIM user's `externalId`."},
            enabled=FLAG,
            mappings=_MAPPINGS,
            redirect_uri=_BACK,
            start_url=_START,
            vouched={**choice(Role), "description": "The role up to which it signs people in by their address."},
            tested_at={**MOMENT_OR_NULL, "description": "When an owner signed in through it as it is now."},
            created_at=MOMENT,
            version=VERSION,
        ),
        "SsoConnectionList": listed("SsoConnection", "How many there are."),
        "SsoTest": record(
            "What asking the identity provider came to.",
            ok=FLAG,
            problems={"type": "array", "items": WORD, "description": "What stands in the way, in sentences."},
            redirect_uri=_BACK,
            start_url={
                **_START,
                "description": "Where to try it; who asks by a session has their own account linked.",
            },
        ),
        "SsoRoleMapping": record("Which groups give which role.", mappings=_MAPPINGS, groups_claim=_CLAIM),
        "SsoEnforcement": _enforcement(),
    }


def _enforcement() -> Schema:
    member = record("Who.", id=id_of("mem"), email=EMAIL_OR_NULL, name=WORD, reason=choice(Reason))
    members: Schema = {"type": "array", "items": member, "maxItems": MOST_NAMED}
    total: Schema = {"type": "integer", "minimum": 0}
    warning: Schema = {"type": "string", "enum": [NO_BREAK_GLASS]}
    return record(
        "Whether single sign-on is enforced and, where it is, whom that leaves without a way in.",
        enforced=FLAG,
        switched_at={**MOMENT_OR_NULL, "description": "Password sessions from before are dead."},
        cut_off=record("Active members who cannot come in yet; the first by name.", total=total, members=members),
        warnings={"type": "array", "items": warning},
    )
