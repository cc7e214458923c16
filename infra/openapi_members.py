"""The routes of members, tokens, grants, the team and the audit; see openapi_routes for what a Route is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from infra.openapi_route import CURSOR, EXPORT, LIMIT, RECORDED, WRITES, Errors, Route, moved
from infra.openapi_schemas import PRODUCT_KEY, Schema, choice, id_of
from rollcall.actions.grants import GRANT_ID
from rollcall.domain import errors
from rollcall.domain.events import Action
from rollcall.domain.invitations import Verb
from rollcall.domain.team_changes import GROUPS
from rollcall.http.exports import MEDIA
from rollcall.http.reply import KEY_SET

if TYPE_CHECKING:
    from collections.abc import Mapping

_MOMENT: Final[Schema] = {"type": "string", "format": "date-time"}
_EVENTS: Final[Mapping[str, Schema]] = {
    "actor": {"type": "string", "description": "Only what this member did."},
    "target": {"type": "string", "description": "Only what was done to this thing."},
    "action": choice(Action),
    "from": {**_MOMENT, "description": "Only events at or after this moment."},
    "to": {**_MOMENT, "description": "Only events before this moment."},
    "limit": LIMIT,
    "cursor": CURSOR,
}
_FORMAT: Final[Schema] = {"type": "string", "enum": sorted(MEDIA), "default": "jsonl"}
_OF_PRODUCT: Final[Schema] = {**PRODUCT_KEY, "description": "Only grants of this product."}
_ON_MEMBER: Final[Errors] = (*WRITES, errors.AboveYourRank, errors.StaleVersion)
_POSTED: Final[Errors] = (*RECORDED, errors.AboveYourRank, errors.StaleVersion)
_CUT_OFF: Final[Errors] = (errors.LastOwner, errors.ActingOnYourself)
_TEAM: Final[Errors] = (*WRITES, errors.StaleVersion)
_SECRET: Final[Errors] = (*RECORDED, errors.TokenLimit, errors.AlreadyIssued)

_PREVIEW: Final[Schema] = {
    "type": "string",
    "enum": ["true"],
    "description": "Change nothing; tell which tokens would stop.",
}

MEMBER_ROUTES: Final[Mapping[str, Route]] = {
    "PATCH /v1/invitations/{id}": Route(
        "editInvitation", 200, "Invitation", tuple(dict.fromkeys((*WRITES, *moved(Verb.EDIT)))), headers=("ETag",)
    ),
    "POST /v1/invitations/bulk": Route(
        "createInvitations", 200, "BulkOutcome", (*RECORDED, errors.AboveYourRank, errors.TooManyRequests)
    ),
    "PUT /v1/members/{id}/role": Route("changeRole", 200, "Member", (*_ON_MEMBER, errors.LastOwner), headers=("ETag",)),
    "DELETE /v1/members/{id}/role-override": Route(
        "clearRoleOverride", 200, "Member", (*_ON_MEMBER, errors.LastOwner), headers=("ETag",)
    ),
    "PUT /v1/members/{id}/products": Route("changeProducts", 200, "Member", _ON_MEMBER, headers=("ETag",)),
    "POST /v1/members/{id}/deactivate": Route("deactivateMember", 200, "Receipt", (*_POSTED, *_CUT_OFF)),
    "POST /v1/members/{id}/reactivate": Route(
        "reactivateMember", 200, "Member", (*_POSTED, errors.BeingRemoved), headers=("ETag",)
    ),
    "DELETE /v1/members/{id}": Route("removeMember", 200, "Receipt", (*_ON_MEMBER, *_CUT_OFF, errors.MemberHasGrants)),
    "POST /v1/me/leave": Route(
        "leaveTeam", 204, None, (*RECORDED, errors.LastOwner, errors.MemberHasGrants, errors.StaleVersion)
    ),
    "POST /v1/members/{id}/revoke-tokens": Route("revokeTokens", 204, None, _POSTED),
    "POST /v1/members/{id}/revoke-sessions": Route("revokeSessions", 204, None, _POSTED),
    "GET /v1/members/{id}/explain": Route("explainAccess", 200, "Explanation"),
    "GET /v1/members/{id}/tokens": Route("listTokensOfMember", 200, "TokenList", (errors.AboveYourRank,)),
    "GET /v1/tokens": Route("listOwnTokens", 200, "TokenList"),
    "POST /v1/tokens/{id}/rotate": Route(
        "rotateToken", 201, "IssuedToken", (*_SECRET, errors.Conflict, errors.TokenLimit, errors.NotFound)
    ),
    "POST /v1/tokens": Route("issueToken", 201, "IssuedToken", _SECRET),
    "PATCH /v1/tokens/{id}": Route("renameToken", 200, "Token", WRITES),
    "DELETE /v1/tokens/{id}": Route("revokeToken", 204, None, WRITES),
    "GET /v1/members/{id}/grants": Route("listGrants", 200, "GrantList", query={"product": _OF_PRODUCT}),
    "PUT /v1/members/{id}/grants/{grant}": Route(
        "recordGrant", 200, "Grant", (*WRITES, errors.BeingRemoved, errors.GrantLimit), also=(201,)
    ),
    "DELETE /v1/members/{id}/grants/{grant}": Route(
        "releaseGrant", 204, None, (*WRITES, errors.AboveYourRank), query={"product": _OF_PRODUCT}
    ),
    "DELETE /v1/members/{id}/grants": Route(
        "releaseGrants", 200, "GrantList", (*WRITES, errors.AboveYourRank), query={"product": _OF_PRODUCT}
    ),
    "GET /v1/team": Route("getTeam", 200, "Team", headers=("ETag",)),
    "PATCH /v1/team": Route("editTeam", 200, "Team", _TEAM, headers=("ETag",)),
    "DELETE /v1/team": Route("deleteTeam", 204, None, _TEAM),
    "GET /v1/team/settings/{group}": Route("getSettings", 200, "Settings", (errors.NotFound,), headers=("ETag",)),
    "PATCH /v1/team/settings/{group}": Route(
        "changeSettings",
        200,
        "Settings",
        (*_TEAM, errors.NotFound),
        query={"preview": _PREVIEW},
        headers=("ETag",),
    ),
    "GET /v1/team/products": Route("listProducts", 200, "ProductList", headers=("ETag",)),
    "POST /v1/team/products": Route(
        "addProduct",
        201,
        "Product",
        (*RECORDED, errors.ProductExists, errors.ProductRetired, errors.StaleVersion),
        headers=("ETag",),
    ),
    "PATCH /v1/team/products/{key}": Route(
        "renameProduct", 200, "Product", (*_TEAM, errors.NotFound), headers=("ETag",)
    ),
    "DELETE /v1/team/products/{key}": Route("removeProduct", 204, None, (*_TEAM, errors.NotFound)),
    "POST /v1/team/transfer-ownership": Route(
        "transferOwnership",
        200,
        "Member",
        (*RECORDED, errors.Conflict, errors.NotActive, errors.StaleVersion, errors.NotFound),
        headers=("ETag",),
    ),
    "GET /v1/team/products/{key}/service-tokens": Route(
        "listServiceTokens", 200, "ServiceTokenList", (errors.NotFound,)
    ),
    "POST /v1/team/products/{key}/service-tokens": Route(
        "issueServiceToken", 201, "IssuedServiceToken", (*_SECRET, errors.NotFound)
    ),
    "DELETE /v1/team/products/{key}/service-tokens/{id}": Route("revokeServiceToken", 204, None, WRITES),
    "POST /v1/introspect": Route("introspect", 200, "Introspected"),
    "POST /v1/product-tokens": Route("issueProductToken", 201, "ProductToken", (errors.NoProductAccess,)),
    "GET /.well-known/jwks.json": Route("listSigningKeys", 200, "KeySet", (errors.Unavailable,), media=KEY_SET),
    "GET /v1/audit-events": Route("listEvents", 200, "EventPage", query=_EVENTS),
    "GET /v1/audit-events/export": Route(
        "exportEvents", 200, EXPORT, query={**_EVENTS, "format": _FORMAT}, headers=("Link", "X-Audit-Head")
    ),
}

MEMBER_PATH: Final[Mapping[str, Schema]] = {
    "/v1/tokens/{id}": id_of("pat"),
    "/v1/members/{id}/grants/{grant}": {"type": "string", "pattern": f"^(?:{GRANT_ID.pattern})$"},
    "/v1/team/settings/{group}": {"type": "string", "enum": sorted(GROUPS)},
    "/v1/team/products/{key}": PRODUCT_KEY,
    "/v1/team/products/{key}/service-tokens/{id}": id_of("svc"),
}
