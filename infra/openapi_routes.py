"""What a handler does not say of itself: each route's name, its success, what its use case refuses, its parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from infra.openapi_connections import CONNECTION_PATH, CONNECTION_ROUTES
from infra.openapi_members import MEMBER_PATH, MEMBER_ROUTES
from infra.openapi_route import CURSOR, LIMIT, PAGE, RECORDED, WRITES, Errors, Route, moved
from infra.openapi_schemas import PRODUCT_KEY, Schema, choice, id_of, text, token_of
from infra.openapi_schemas import SLUG as SLUG_SCHEMA
from infra.openapi_sso import SSO_PATH, SSO_ROUTES
from infra.openapi_sso_connections import SSO_CONNECTION_PATH, SSO_CONNECTION_ROUTES
from rollcall.domain import errors
from rollcall.domain.invitations import State, Verb
from rollcall.domain.members import Source, Status
from rollcall.domain.permissions import Role
from rollcall.http import queries
from rollcall.http.errors import CrossSite
from rollcall.mail.address import MAX_LENGTH

if TYPE_CHECKING:
    from collections.abc import Mapping

_DEAD: Final[Errors] = (errors.LinkExpired, errors.LinkReplaced, errors.LinkUsed)
_JOINING: Final[Errors] = (*RECORDED, *_DEAD, errors.LinkRevoked, errors.SsoRequired)


_SEARCH: Final = {**text(0, queries.LONGEST_TEXT), "description": "Part of a name or an address; case does not matter."}
_SHOWN: Final[Schema] = {"type": "string", "enum": ["1"], "description": "Show the password as it is typed."}
_SWITCHED: Final[Schema] = {"type": "string", "enum": ["1"], "description": "Look past the present sign-in."}

_MEMBERS: Final[Mapping[str, Schema]] = {
    "q": _SEARCH,
    "role": choice(Role),
    "status": {
        "type": "string",
        "enum": [*(status.value for status in Status), queries.ALL],
        "default": Status.ACTIVE.value,
    },
    "product": {**PRODUCT_KEY, "description": "Only members who may open this product."},
    "source": choice(Source),
    "sort": {"type": "string", "enum": ["joined", "name"], "default": "joined"},
    "limit": LIMIT,
    "cursor": CURSOR,
}
_INVITATIONS: Final[Mapping[str, Schema]] = {
    "q": _SEARCH,
    "role": choice(Role),
    "state": choice(State),
    "limit": LIMIT,
    "cursor": CURSOR,
}

_FILLED_IN: Final = {**text(0, MAX_LENGTH), "description": "The address to fill in; one that is none is left out."}
_PAGE_OF_TEAM: Final[Errors] = (errors.NotFound, errors.Unavailable)
_TAKES_A_FORM: Final[Errors] = (*WRITES, *_PAGE_OF_TEAM, CrossSite)
_TO_A_PAGE: Final = ("Location", "Set-Cookie")
_SIGN_IN_PAGES: Final[Mapping[str, Route]] = {
    "GET /t/{slug}": Route(
        "showSignIn", 200, PAGE, (*_PAGE_OF_TEAM, errors.Forbidden), query={"email": _FILLED_IN, "show": _SHOWN}
    ),
    "HEAD /t/{slug}": Route("probeSignIn", 200, None, (*_PAGE_OF_TEAM, errors.Forbidden)),
    "POST /t/{slug}": Route(
        "signInByForm",
        303,
        None,
        (*_TAKES_A_FORM, errors.Unauthenticated, errors.TooManyRequests),
        headers=_TO_A_PAGE,
    ),
    "GET /t/{slug}/break-glass": Route("showBreakGlass", 200, PAGE, _PAGE_OF_TEAM, query={"email": _FILLED_IN}),
    "HEAD /t/{slug}/break-glass": Route("probeBreakGlass", 200, None, _PAGE_OF_TEAM),
    "POST /t/{slug}/break-glass": Route(
        "breakGlassByForm",
        303,
        None,
        (*_TAKES_A_FORM, errors.Unauthenticated, errors.Forbidden, errors.TooManyRequests),
        headers=_TO_A_PAGE,
    ),
    "POST /t/{slug}/sign-out": Route("signOutByForm", 303, None, (*RECORDED, *_PAGE_OF_TEAM), headers=_TO_A_PAGE),
    "GET /t/{slug}/forgot": Route("showForgotPassword", 200, PAGE, _PAGE_OF_TEAM, query={"email": _FILLED_IN}),
    "HEAD /t/{slug}/forgot": Route("probeForgotPassword", 200, None, _PAGE_OF_TEAM),
    "POST /t/{slug}/forgot": Route("askForResetByForm", 202, PAGE, _TAKES_A_FORM),
}

ROUTES: Final[Mapping[str, Route]] = {
    **MEMBER_ROUTES,
    **CONNECTION_ROUTES,
    **SSO_ROUTES,
    **SSO_CONNECTION_ROUTES,
    "GET /healthz": Route("checkHealth", 200, "Health"),
    "GET /v1/openapi.json": Route("describe", 200, "Description"),
    "POST /v1/invitations": Route(
        "createInvitation",
        201,
        "CreatedInvitation",
        (
            *RECORDED,
            errors.AboveYourRank,
            errors.AlreadyInvited,
            errors.MemberExists,
            errors.UseReactivate,
            errors.TooManyRequests,
        ),
        headers=("ETag", "Location"),
    ),
    "GET /v1/invitations": Route("listInvitations", 200, "InvitationPage", query=_INVITATIONS),
    "GET /v1/invitations/{id}": Route("getInvitation", 200, "Invitation", headers=("ETag",)),
    "POST /v1/invitations/{id}/resend": Route(
        "resendInvitation",
        200,
        "Invitation",
        (*moved(Verb.RESEND), errors.TooManyRequests),
        headers=("ETag",),
    ),
    "POST /v1/invitations/{id}/link": Route(
        "copyInvitationLink", 200, "CopiedLink", (*moved(Verb.COPY), errors.AlreadyIssued), headers=("ETag",)
    ),
    "POST /v1/invitations/{id}/revoke": Route("revokeInvitation", 204, None, moved(Verb.REVOKE)),
    "POST /v1/invitations/inspect": Route("inspectInvitation", 200, "SeenLink", (*_DEAD, errors.LinkRevoked)),
    "POST /v1/invitations/accept": Route(
        "acceptInvitation",
        201,
        "Joined",
        (*_JOINING, errors.WrongAccount, errors.AlreadyIssued),
        headers=("ETag",),
    ),
    "POST /v1/token-leaks": Route("reportLeaks", 200, "Leaks", (*WRITES, errors.Unavailable)),
    "POST /v1/invitations/renewal-request": Route(
        "requestRenewal",
        202,
        None,
        (*RECORDED, errors.StillValid, errors.LinkRevoked, errors.LinkReplaced, errors.LinkUsed),
    ),
    "GET /v1/members": Route("listMembers", 200, "MemberPage", query=_MEMBERS),
    "GET /v1/members/{id}": Route("getMember", 200, "Member", headers=("ETag",)),
    "GET /v1/me": Route("getOwnProfile", 200, "Member", headers=("ETag",)),
    "PATCH /v1/me": Route("editOwnProfile", 200, "Member", (*WRITES, errors.StaleVersion), headers=("ETag",)),
    "POST /v1/teams": Route(
        "signUp",
        202,
        None,
        (*WRITES, errors.SignUpOff, errors.SlugTaken, errors.TooManyRequests, errors.Unavailable),
    ),
    "POST /v1/teams/{slug}/sessions": Route(
        "signIn",
        201,
        "SignedIn",
        (*WRITES, errors.Unauthenticated, errors.TooManyRequests, errors.Unavailable),
    ),
    "POST /v1/teams/{slug}/break-glass-sessions": Route(
        "breakGlass",
        201,
        "SignedIn",
        (*WRITES, errors.Unauthenticated, errors.Forbidden, errors.TooManyRequests, errors.Unavailable),
    ),
    "GET /v1/teams/{slug}/sign-in-options": Route(
        "getSignInOptions", 200, "SignInOptions", (errors.NotFound, errors.Unavailable)
    ),
    "POST /v1/teams/{slug}/password-resets": Route("askForReset", 202, None, (*WRITES, errors.Unavailable)),
    "POST /v1/members/{id}/password-reset": Route(
        "startReset",
        202,
        None,
        (
            *RECORDED,
            errors.AboveYourRank,
            errors.StaleVersion,
            errors.NotReachable,
            errors.PasswordLoginOff,
            errors.NotActive,
            errors.TooManyRequests,
        ),
    ),
    "PUT /v1/me/password": Route(
        "changePassword",
        204,
        None,
        (*WRITES, errors.WrongPassword, errors.PasswordLoginOff, errors.TooManyRequests),
    ),
    "GET /v1/sessions": Route("listOwnSessions", 200, "LiveSessionList"),
    "GET /v1/members/{id}/sessions": Route("listSessions", 200, "LiveSessionList", (errors.AboveYourRank,)),
    "DELETE /v1/sessions/{id}": Route("endSession", 204, None, (*WRITES, errors.NotFound)),
    "DELETE /v1/sessions/current": Route(
        "signOut", 204, None, (*WRITES, errors.Unauthenticated, CrossSite, errors.NotFound)
    ),
    "POST /v1/password-resets/complete": Route("setPassword", 204, None, (*RECORDED, *_DEAD, errors.SlugTaken)),
    **_SIGN_IN_PAGES,
    "GET /i/{token}": Route(
        "showInvitation",
        200,
        PAGE,
        (*_DEAD, errors.LinkRevoked, errors.WrongAccount),
        query={"show": _SHOWN, "switch": _SWITCHED},
    ),
    "HEAD /i/{token}": Route("probeInvitation", 200, None, (*_DEAD, errors.LinkRevoked, errors.WrongAccount)),
    "POST /i/{token}": Route("acceptByForm", 201, PAGE, (*_JOINING, errors.StillValid), also=(202,)),
    "GET /reset/{token}": Route("showPasswordLink", 200, PAGE, _DEAD, query={"show": _SHOWN}),
    "HEAD /reset/{token}": Route("probePasswordLink", 200, None, _DEAD),
    "POST /reset/{token}": Route("setPasswordByForm", 200, PAGE, (*RECORDED, *_DEAD, errors.SlugTaken)),
}
"""Every route of template.yaml but `$default`, whose answers are those to what is not described here."""

PATH: Final[Mapping[str, Schema]] = {
    **MEMBER_PATH,
    **CONNECTION_PATH,
    **SSO_PATH,
    **SSO_CONNECTION_PATH,
    "/v1/invitations/{id}": id_of("inv"),
    "/v1/members/{id}": id_of("mem"),
    "/v1/sessions/{id}": id_of("ses"),
    "/v1/teams/{slug}": SLUG_SCHEMA,
    "/t/{slug}": SLUG_SCHEMA,
    "/i/{token}": {"type": "string", "pattern": f"^{token_of('inv')}$"},
    "/reset/{token}": {"type": "string", "pattern": f"^{token_of('rst')}$"},
}
"""What stands in a path, by the path up to there."""
