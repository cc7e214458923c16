"""What the description says of signing in through an identity provider."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from infra.openapi_route import WRITES, Route
from infra.openapi_schemas import Schema, id_of, text
from rollcall.auth.oidc import LONGEST_CODE
from rollcall.domain import errors

if TYPE_CHECKING:
    from collections.abc import Mapping

_AWAY: Final = ("Location", "Set-Cookie")
_DEAD: Final = (errors.LinkExpired, errors.LinkRevoked, errors.LinkReplaced, errors.LinkUsed, errors.LinkUnknown)
_LONGEST: Final = 4096


def _callback(name: str) -> Route:
    return Route(
        name,
        302,
        None,
        (
            *WRITES,
            *_DEAD,
            errors.SsoStateInvalid,
            errors.SsoFailed,
            errors.SsoDenied,
            errors.NoMembership,
            errors.InvitedElsewhere,
            errors.AccountDeactivated,
            errors.LinkedElsewhere,
            errors.NotVouched,
            errors.NotFound,
            errors.ProviderUnavailable,
        ),
        query={
            "state": text(1, _LONGEST),
            "code": text(1, LONGEST_CODE),
            "iss": text(1, _LONGEST),
            "error": text(1, _LONGEST),
        },
        headers=_AWAY,
    )


SSO_ROUTES: Final[Mapping[str, Route]] = {
    "GET /sso/{connection}/start": Route(
        "startSingleSignOn",
        302,
        None,
        (errors.NotFound, errors.SsoStateInvalid, errors.ProviderUnavailable, *_DEAD),
        query={
            "invitation": {
                **text(1, _LONGEST),
                "description": "The token of an invitation's link, which is accepted at the end.",
            },
            "link": {
                **text(1, _LONGEST),
                "description": "What testing a connection gave, to link the own account at the end.",
            },
        },
        headers=_AWAY,
    ),
    "GET /sso/callback": _callback("completeSingleSignOn"),
    "GET /sso/callback/{connection}": _callback("completeSingleSignOnOfOneConnection"),
}

SSO_PATH: Final[Mapping[str, Schema]] = {"/sso/{connection}": id_of("idp"), "/sso/callback/{connection}": id_of("idp")}
