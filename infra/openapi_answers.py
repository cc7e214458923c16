"""JSON schemas of what comes out: 2-api's shapes, and the problem with every code that can leave the service."""

from __future__ import annotations

from typing import Final

from infra.openapi_connections import connection_shapes
from infra.openapi_schemas import PRODUCTS, SLUG, Schema, choice, id_of, token_of
from infra.openapi_shapes import shapes
from infra.openapi_sso_connections import sso_shapes
from infra.openapi_words import (
    EMAIL,
    EMAIL_OR_NULL,
    FLAG,
    MOMENT,
    MOMENT_OR_NULL,
    TEXT_OR_NULL,
    VERSION,
    WORD,
    listed,
    record,
    ref,
)
from rollcall.domain import errors as domain_errors
from rollcall.domain.errors import RollcallError
from rollcall.domain.invitations import Delivery, State
from rollcall.domain.members import RoleSource, Source, Status
from rollcall.domain.permissions import Role
from rollcall.domain.sso_connections import Provider
from rollcall.http import errors as http_errors
from rollcall.http.errors import TABLE
from rollcall.http.scim_request import Refused

INTERNAL: Final = (domain_errors.NotCovered, domain_errors.Stale, Refused)
"""Errors that never leave the service, with all below them."""

_TEAM: Final = record("A team, as people outside may see it.", slug=SLUG, name=WORD)

_WAYS: Final[Schema] = {
    "type": "array",
    "description": "The connections that sign people in, oldest first.",
    "items": record(
        "An identity provider.",
        id=id_of("idp"),
        provider=choice(Provider),
        name={**WORD, "description": "What its button says."},
        start={"type": "string", "format": "uri", "description": "Where signing in through it begins."},
    ),
}
_INVITATION: Final[Schema] = {
    "id": id_of("inv"),
    "email": EMAIL,
    "role": ref("Role"),
    "products": ref("Products"),
    "send_password_email": FLAG,
    "message": TEXT_OR_NULL,
    "state": choice(State),
    "delivery": {**choice(Delivery), "description": "What became of the newest letter."},
    "inviter": record("Who invited, as they were then.", id=id_of("mem"), name=WORD, email=EMAIL),
    "sent_at": MOMENT,
    "expires_at": MOMENT,
    "renewal_requested_at": MOMENT_OR_NULL,
    "created_at": MOMENT,
    "version": VERSION,
}
_SESSION: Final[Schema] = {
    "id": id_of("ses"),
    "token": {"type": "string", "pattern": f"^{token_of('ses')}$", "description": "Shown once."},
    "expires_at": MOMENT,
}


def schemas() -> dict[str, Schema]:
    """Return the named schemas of everything that is answered."""
    return {
        "Role": choice(Role),
        "Products": PRODUCTS,
        "Member": record(
            "A person in one team.",
            id=id_of("mem"),
            email=EMAIL_OR_NULL,
            name=WORD,
            avatar_url=TEXT_OR_NULL,
            role=ref("Role"),
            role_source={**choice(RoleSource), "description": "Where the role came from."},
            products=ref("Products"),
            status=choice(Status),
            source={**choice(Source), "description": "How the person joined."},
            email_verified=FLAG,
            created_at=MOMENT,
            last_active_at={**MOMENT_OR_NULL, "description": "To the hour."},
            version=VERSION,
        ),
        "MemberPage": listed("Member", "How many match the filters, over all pages."),
        "Invitation": record("An invitation.", **_INVITATION),
        "InvitationPage": listed("Invitation", "How many match the filters, over all pages; exact to 1,000."),
        "CreatedInvitation": record(
            "A new invitation, and what its inviter should know.",
            **_INVITATION,
            warnings={"type": "array", "items": {"type": "string", "enum": ["no_way_to_sign_in_yet"]}},
        ),
        "CopiedLink": record("An invitation's link.", url={"type": "string", "format": "uri"}, expires_at=MOMENT),
        "SeenLink": _seen_link(),
        "Session": record("A session.", **_SESSION),
        "SignedIn": record("A session and whose it is.", **_SESSION, member=ref("Member")),
        "Joined": record(
            "The new member; with a session if they chose a password.",
            {"session": ref("Session")},
            member=ref("Member"),
        ),
        "SignInOptions": _sign_in_options(),
        "Health": record("The service answers.", status={"const": "ok"}),
        "Description": {"type": "object", "description": "This document.", "additionalProperties": True},
        "Problem": _problem(),
        **shapes(),
        **connection_shapes(),
        **sso_shapes(),
    }


def _sign_in_options() -> Schema:
    return record(
        "How people sign in to a team.",
        team=_TEAM,
        password={**FLAG, "description": "By password."},
        sso_enforced={**FLAG, "description": "Through an identity provider only."},
        providers=_WAYS,
    )


def _seen_link() -> Schema:
    return record(
        "What a live link stands for.",
        team=_TEAM,
        email=EMAIL,
        role=ref("Role"),
        products=ref("Products"),
        inviter=record("Who invited.", name=WORD),
        message=TEXT_OR_NULL,
        expires_at=MOMENT,
        needs_password={"type": "boolean", "description": "Accepting asks for a password."},
        sso_required={"type": "boolean", "description": "Accepting is only possible by signing in through SSO."},
        providers=_WAYS,
    )


def _problem() -> Schema:
    flaw = record("One thing that is wrong with the input.", pointer=WORD, detail=WORD)
    pointer = "A JSON pointer into the body (RFC 6901), `?name` for a query parameter, empty for the whole request."
    flaw["properties"]["pointer"] = {"type": "string", "description": pointer}
    more = {
        "errors": {"type": "array", "items": flaw, "description": "Present with 400."},
        "reason": {
            "type": "string",
            "description": "Why a password is refused: short, long, context, trivial or breached.",
        },
        "invitation": {**id_of("inv"), "description": "The pending invitation of an address already invited."},
        "member": {**id_of("mem"), "description": "Who has the address already."},
        "signed_in_as": {**EMAIL, "description": "Whose credential came with somebody else's link."},
        "invited": {**EMAIL, "description": "Whom that link is for."},
        "grants": {"type": "array", "items": ref("Grant"), "description": "What still holds the member."},
        "start": {"type": "string", "description": "Where signing in through SSO begins."},
        "providers": {**_WAYS, "description": "All ways to join through SSO, the invitation with each."},
    }
    return record(
        "What went wrong (RFC 9457).",
        more,
        type={"type": "string", "pattern": "^urn:rollcall:problem:"},
        title=WORD,
        status={"type": "integer"},
        detail=WORD,
        instance={"type": "string", "pattern": "^urn:rollcall:request:"},
        code={"type": "string", "enum": list(codes()), "description": "Stable; docs/errors.md says what to do."},
    )


# ---------------------------------------------------------------- codes


def codes() -> dict[str, int]:
    """Return every `code` that can leave the service, with its status."""
    leaving = [kind for kind in _below(RollcallError) - {RollcallError} if not issubclass(kind, INTERNAL)]
    return dict(sorted({"internal": 500, **{kind.code: status_of(kind) for kind in leaving}}.items()))


def status_of(kind: type[RollcallError]) -> int:
    """Return the status of an error's class."""
    return next(TABLE[above][0] for above in kind.__mro__ if above in TABLE)


def title_of(status: int) -> str:
    """Return what refusals of a status are called."""
    return next(title for filed, title in TABLE.values() if filed == status)


def _below(kind: type[RollcallError]) -> set[type[RollcallError]]:
    modules = (domain_errors.__name__, http_errors.__name__)
    children = [child for child in kind.__subclasses__() if child.__module__.startswith(modules)]
    return {kind, *(each for child in children for each in _below(child))}
