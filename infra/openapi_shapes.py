"""JSON schemas of what the members', team's and audit's routes answer; openapi_answers has the rest."""

from __future__ import annotations

from typing import Final

from infra.openapi_schemas import PRODUCT_KEY, Schema, choice, id_of, token_of
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
from rollcall.actions.invite_many import Became
from rollcall.domain.events import Action
from rollcall.domain.grants import GrantKind
from rollcall.domain.members import RoleSource
from rollcall.domain.permissions import CredentialKind
from rollcall.domain.tokens import TokenState

_ALL: Final = "How many there are."
_OBJECT_OR_NULL: Final[Schema] = {"type": ["object", "null"], "additionalProperties": True}
_SECONDS: Final[Schema] = {"type": "integer", "minimum": 0, "description": "Seconds since 1970."}
_PRODUCT: Final = record("A product of the team.", key=PRODUCT_KEY, name=WORD)
_TOKEN: Final[Schema] = {
    "id": id_of("pat"),
    "name": WORD,
    "last4": WORD,
    "state": choice(TokenState),
    "created_at": MOMENT,
    "expires_at": MOMENT_OR_NULL,
    "revoked_at": MOMENT_OR_NULL,
    "last_used_at": {**MOMENT_OR_NULL, "description": "To the day."},
}
_SERVICE_TOKEN: Final[Schema] = {
    "id": id_of("svc"),
    "product": PRODUCT_KEY,
    "name": WORD,
    "last4": WORD,
    "created_at": MOMENT,
}

_LIVE_SESSION: Final[Schema] = {
    "id": id_of("ses"),
    "via": {**WORD, "description": "How it was opened: `password`, `sso` or `break_glass`."},
    "current": {**FLAG, "description": "Whether this request came with it."},
    "created_at": MOMENT,
    "idle_expires_at": MOMENT,
    "expires_at": MOMENT,
}


def _preview() -> Schema:
    """Return what a look at a new limit of age tells."""
    token = record(
        "A token that would be refused from the change on.",
        id=id_of("pat"),
        name=WORD,
        last4=WORD,
        expires_at=MOMENT_OR_NULL,
        stops_at=MOMENT,
        member=record("Whose it is.", id=id_of("mem"), name=WORD, email=EMAIL),
    )
    return record(
        "What would stop; `complete` where every member was looked at.",
        tokens={"type": "array", "items": token},
        complete=FLAG,
    )


def _tokens_listed() -> Schema:
    """Return the list of a member's tokens, beside which stands what the team allows."""
    schema = listed("Token", _ALL)
    limits = record(
        "What the team allows, and how many of the tokens work.",
        max_age_days={"type": ["integer", "null"], "minimum": 1},
        max_per_member={"type": "integer", "minimum": 1},
        live={"type": "integer", "minimum": 0},
    )
    return {
        **schema,
        "properties": {**schema["properties"], "limits": limits},
        "required": [*schema["required"], "limits"],
    }


def shapes() -> dict[str, Schema]:
    """Return the named schemas."""
    return {
        "Receipt": _receipt(),
        "BulkOutcome": _bulk(),
        "Token": record("A personal access token; its secret is never shown again.", **_TOKEN),
        "IssuedToken": record("A new token with its secret.", **_TOKEN, secret=_secret("pat")),
        "TokenList": _tokens_listed(),
        "Leaks": record(
            "How many of the reported credentials were revoked.", revoked={"type": "integer", "minimum": 0}
        ),
        "LiveSession": record("A live session; its secret is never shown again.", **_LIVE_SESSION),
        "LiveSessionList": listed("LiveSession", _ALL),
        "ServiceToken": record("A product's service token.", **_SERVICE_TOKEN),
        "IssuedServiceToken": record("A new service token with its secret.", **_SERVICE_TOKEN, secret=_secret("svc")),
        "ServiceTokenList": listed("ServiceToken", _ALL),
        "Grant": record(
            "What a product has put a member into.", product=PRODUCT_KEY, id=WORD, name=WORD, kind=choice(GrantKind)
        ),
        "GrantList": listed("Grant", _ALL),
        "Product": _PRODUCT,
        "ProductList": listed("Product", _ALL),
        "Team": record(
            "The team, as its owners and admins see it.",
            id=id_of("team"),
            slug=WORD,
            name=WORD,
            products={"type": "array", "items": ref("Product")},
            sso_enforced=FLAG,
            scim_enabled=FLAG,
            created_at=MOMENT,
            version=VERSION,
        ),
        "Settings": {
            "type": "object",
            "description": "A group of settings; as a preview those to be, and the tokens that would stop.",
            "properties": {"preview": _preview()},
            "additionalProperties": {"type": ["integer", "boolean", "string", "object", "null"]},
        },
        "Event": _event(),
        "EventPage": record(
            "A page of events, newest first.",
            data={"type": "array", "items": ref("Event")},
            next_cursor=TEXT_OR_NULL,
        ),
        "Explanation": _explanation(),
        **_for_products(),
    }


def _for_products() -> dict[str, Schema]:
    standing: dict[str, Schema] = {
        "iss": WORD,
        "sub": id_of("mem"),
        "aud": PRODUCT_KEY,
        "team": record("The team.", id=id_of("team"), slug=WORD),
        "role": ref("Role"),
        "email": EMAIL_OR_NULL,
        "email_verified": FLAG,
        "name": WORD,
        "username": WORD,
        "token_type": {"type": "string", "enum": ["session", "pat"]},
        "client_id": {"type": "string", "description": "The credential's id."},
        "iat": _SECONDS,
        "products": ref("Products"),
    }
    ends: Schema = {"exp": {**_SECONDS, "description": "Its earliest end; absent where it never ends by itself."}}
    key = dict.fromkeys(("kid", "x", "y"), WORD)
    one = record(
        "A key.", kty={"const": "EC"}, crv={"const": "P-256"}, alg={"const": "ES256"}, use={"const": "sig"}, **key
    )
    return {
        "Introspected": {
            "description": "Whose a credential is, and whether they may open the product now (RFC 7662).",
            "oneOf": [
                record("Not to be let in, whatever the reason.", active={"const": False}),
                record("Who it is.", ends, active={"const": True}, **standing),
            ],
        },
        "ProductToken": record(
            "A signed token for one product.",
            token={"type": "string", "description": "A JWT (RFC 9068); docs/integrate.md says what to check."},
            token_type={"const": "Bearer"},
            expires_in={"type": "integer", "minimum": 0, "description": "Seconds."},
            product=PRODUCT_KEY,
        ),
        "KeySet": record("The keys of product tokens (RFC 7517).", keys={"type": "array", "items": one}),
    }


def _secret(kind: str) -> Schema:
    return {"type": "string", "pattern": f"^{token_of(kind)}$", "description": "Shown this once."}


def _receipt() -> Schema:
    pending = record("An invitation that the member sent.", id=id_of("inv"), email=EMAIL, role=ref("Role"))
    count: Schema = {"type": "integer", "minimum": 0}
    return record(
        "What was cut, what was left standing, and what to know about it.",
        member=ref("Member"),
        cut=record("What stopped at once.", sessions=count, tokens=count, products=ref("Products")),
        invitations_pending={"type": "array", "items": pending},
        warnings={"type": "array", "items": {"type": "string", "enum": ["invitations_not_listed", "managed_by_scim"]}},
    )


def _bulk() -> Schema:
    one = record("What became of one address.", {"id": WORD, "code": WORD}, email=WORD, outcome=choice(Became))
    return record("The outcome for each address, in their order.", data={"type": "array", "items": one})


def _event() -> Schema:
    actor = record(
        "Who did it, as they were then.",
        id=TEXT_OR_NULL,
        email=TEXT_OR_NULL,
        role=TEXT_OR_NULL,
        credential=record("By what they were known.", kind=choice(CredentialKind), id=TEXT_OR_NULL),
    )
    return record(
        "An audit event.",
        id=id_of("evt"),
        action=choice(Action),
        at=MOMENT,
        actor=actor,
        target=record("What it was done to.", type=WORD, id=WORD, label=WORD),
        before=_OBJECT_OR_NULL,
        after=_OBJECT_OR_NULL,
        address=TEXT_OR_NULL,
        request_id=TEXT_OR_NULL,
    )


def _explanation() -> Schema:
    event = {"oneOf": [ref("Event"), {"type": "null"}]}
    sources = ["manual", "invitation", "scim_group", "sso_claim", "default"]
    group = {**WORD, "description": "The group that gives it."}
    connection = {**id_of("idp"), "description": "The SSO connection whose claim names the group."}
    candidate = record(
        "What gives a role, or would if the others did not.",
        {"group": group, "connection": connection},
        source={"type": "string", "enum": sources},
        role=ref("Role"),
        wins=FLAG,
    )
    candidates: Schema = {"type": "array", "items": candidate}
    return record(
        "Where a member's role and product access come from.",
        member=id_of("mem"),
        role=record("The role.", value=ref("Role"), source=choice(RoleSource), event=event, candidates=candidates),
        products=record("The access.", value=ref("Products"), event=event),
    )
