"""JSON schemas of what goes in: one for each kind of value that bodies are read as.

Lengths, patterns and choices are the readers' own, so the description cannot promise what the service does not keep.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from rollcall.auth import authenticate, passwords, secrets
from rollcall.domain import ids
from rollcall.domain.connections import MOST_RULES
from rollcall.domain.grants import GrantKind
from rollcall.domain.permissions import Role
from rollcall.domain.sso_connections import Provider
from rollcall.domain.teams import LONGEST_SLUG, ProductAccess
from rollcall.domain.text import (
    AddressList,
    AllProducts,
    AvatarUrl,
    ClaimPath,
    ClientId,
    ClientSecret,
    ConnectionName,
    CredentialText,
    DomainName,
    FormText,
    GrantName,
    HeirId,
    Issuer,
    LinkText,
    MemberId,
    Message,
    NewPassword,
    OverlapMinutes,
    PersonName,
    ProductKey,
    ProductKeys,
    ProductName,
    RoleRules,
    Slug,
    TeamName,
    TokenName,
    TypedPassword,
)
from rollcall.http import bodies, readers, sso_readers
from rollcall.mail.address import MAX_LENGTH, Address

if TYPE_CHECKING:
    import re
    from enum import StrEnum

Schema = dict[str, Any]

NOT_NUL: Final = "^[^\\u0000]*$"
NOT_BLANK: Final = "^[^\\u0000]*[^\\s\\u0000][^\\u0000]*$"
HTTPS_URL: Final = "^(?:[hH][tT][tT][pP][sS]://[!#-&(-;=?-\\[\\]-~]+)?$"


def whole(pattern: re.Pattern[str]) -> str:
    """Return the JSON schema pattern of a regular expression that the service asks to match in full."""
    return f"^(?:{pattern.pattern})$"


def text(shortest: int, longest: int, pattern: str = NOT_NUL, **more: object) -> Schema:
    """Return the schema of text; lengths in code points."""
    return {"type": "string", "minLength": shortest, "maxLength": longest, "pattern": pattern, **more}


def choice(values: type[StrEnum]) -> Schema:
    """Return the schema of one of a list of words."""
    return {"type": "string", "enum": [value.value for value in values]}


PRODUCT_KEY: Final[Schema] = {"type": "string", "pattern": whole(readers.PRODUCT)}
SLUG: Final = text(1, LONGEST_SLUG, whole(readers.SLUG))
PRODUCTS: Final[Schema] = {
    "description": "All products, those added later included, or only the named ones.",
    "oneOf": [
        {
            "type": "object",
            "properties": {"all": {"const": True}},
            "required": ["all"],
            "additionalProperties": False,
        },
        {
            "type": "object",
            "properties": {
                "only": {
                    "type": "array",
                    "items": PRODUCT_KEY,
                    "maxItems": readers.MOST_PRODUCTS,
                    "uniqueItems": True,
                }
            },
            "required": ["only"],
            "additionalProperties": False,
        },
    ],
}
MAPPING: Final[Schema] = {
    "type": "object",
    "description": "A group, by its displayName in any case or by its id, and the role that it gives.",
    "properties": {
        "group": text(1, readers.LONGEST_GROUP),
        "role": {"type": "string", "enum": [Role.MEMBER.value, Role.ADMIN.value]},
    },
    "required": ["group", "role"],
    "additionalProperties": False,
}
_PASSWORD_RULE: Final = (
    f"{passwords.SHORTEST} to {passwords.LONGEST} characters once composed (NFC); no repetition, no sequence, not made "
    "of the team's, a product's or the person's own name, and not known from leaked passwords."
)

READ: Final[dict[Any, Schema]] = {
    Address: text(readers.SHORTEST_ADDRESS, MAX_LENGTH, format="email"),
    Role: {"$ref": "#/components/schemas/Role"},
    ProductAccess: {"$ref": "#/components/schemas/Products"},
    bool: {"type": "boolean"},
    PersonName: text(1, readers.LONGEST_NAME, NOT_BLANK),
    TeamName: text(1, readers.LONGEST_NAME, NOT_BLANK),
    Message: text(1, readers.LONGEST_MESSAGE, NOT_BLANK),
    LinkText: text(readers.SHORTEST_LINK, readers.LONGEST_LINK, description="The token of a mailed or copied link."),
    NewPassword: text(1, readers.LONGEST_TYPED_PASSWORD, format="password", writeOnly=True, description=_PASSWORD_RULE),
    TypedPassword: {
        "type": "string",
        "minLength": 1,
        "maxLength": readers.LONGEST_TYPED_PASSWORD,
        "format": "password",
        "writeOnly": True,
    },
    AvatarUrl: {
        "type": ["string", "null"],
        "maxLength": readers.LONGEST_URL,
        "pattern": HTTPS_URL,
        "description": "An https address; null or an empty text clears it.",
    },
    AddressList: {
        "type": "array",
        "items": {"type": "string", "maxLength": readers.LONGEST_TYPED_PASSWORD},
        "minItems": 1,
        "maxItems": readers.MOST_ADDRESSES,
    },
    AllProducts: {"const": True},
    ProductKeys: {
        "type": "array",
        "items": PRODUCT_KEY,
        "maxItems": readers.MOST_PRODUCTS,
        "uniqueItems": True,
    },
    ProductKey: PRODUCT_KEY,
    ProductName: text(1, readers.LONGEST_NAME, NOT_BLANK),
    TokenName: text(1, readers.LONGEST_NAME, NOT_BLANK),
    GrantName: text(1, readers.LONGEST_NAME, NOT_BLANK),
    GrantKind: choice(GrantKind),
    HeirId: {"type": "string", "pattern": f"^(mem|inv)_{ids.ULID}$"},
    OverlapMinutes: {"type": "integer", "minimum": 0, "maximum": readers.LONGEST_OVERLAP, "default": 60},
    MemberId: {"type": "string", "pattern": f"^mem_{ids.ULID}$"},
    datetime: {"type": "string", "pattern": whole(readers.MOMENT), "description": "A moment in UTC (RFC 3339)."},
    FormText: text(0, readers.LONGEST_TYPED_PASSWORD),
    CredentialText: text(1, readers.LONGEST_CREDENTIAL),
    Slug: SLUG,
    DomainName: text(readers.SHORTEST_DOMAIN, readers.LONGEST_DOMAIN),
    RoleRules: {"type": "array", "items": MAPPING, "maxItems": MOST_RULES},
    Provider: choice(Provider),
    ConnectionName: text(1, sso_readers.LONGEST_LABEL, NOT_BLANK, description="What its button says."),
    Issuer: text(1, sso_readers.LONGEST_ISSUER, whole(sso_readers.VISIBLE), format="uri"),
    ClientId: text(1, sso_readers.LONGEST_CLIENT_ID, whole(sso_readers.VISIBLE)),
    ClientSecret: {
        **text(0, sso_readers.LONGEST_SECRET, whole(sso_readers.SECRET)),
        "type": ["string", "null"],
        "format": "password",
        "writeOnly": True,
        "description": "Never told again. Null or an empty text makes a public client.",
    },
    ClaimPath: text(1, sso_readers.LONGEST_PATH, whole(sso_readers.PATH), description="Names with dots between them."),
}
"""One schema for each reader of READERS and SSO_READERS (`rollcall.http`): none refuses what its reader takes."""


def body(shape: Any) -> Schema:  # noqa: ANN401 a class that may be no dataclass
    """Return the schema of a body: the dataclass' fields, and no others."""
    if issubclass(shape, bodies.JsonObject):
        return {"type": "object", "description": (shape.__doc__ or "").partition("\n\n")[0]}
    hints = typing.get_type_hints(shape)
    fields = dataclasses.fields(shape)
    return {
        "type": "object",
        "description": (shape.__doc__ or "").partition("\n\n")[0],
        "properties": {field.name: _field(field, hints[field.name]) for field in fields},
        "required": [field.name for field in fields if field.default is dataclasses.MISSING],
        "additionalProperties": False,
    }


def _field(field: dataclasses.Field[Any], hint: Any) -> Schema:  # noqa: ANN401 a type hint may be anything
    kind = _inner(hint)
    schema = READ[kind] if kind in READ else body(kind)
    default = field.default.told if isinstance(field.default, ProductAccess) else field.default
    return schema if default is dataclasses.MISSING or default is None else {**schema, "default": default}


def _inner(hint: Any) -> Any:  # noqa: ANN401 a type hint may be anything
    """Return X of `X | None`, which says that the field may be left out."""
    if isinstance(hint, types.UnionType) or typing.get_origin(hint) is typing.Union:
        return next(part for part in typing.get_args(hint) if part is not types.NoneType)
    return hint


# ---------------------------------------------------------------- ids and secrets


def id_of(prefix: str) -> Schema:
    """Return the schema of an id: the prefix of its kind and a ULID."""
    return {"type": "string", "pattern": f"^{prefix}_{ids.ULID}$"}


def token_of(*kinds: str) -> str:
    """Return the pattern of credentials of these kinds."""
    kind = kinds[0] if len(kinds) == 1 else f"({'|'.join(kinds)})"
    return f"rc_{kind}_[0-9A-Za-z]{{{secrets.BODY_LENGTH}}}"


CREDENTIAL: Final = token_of(*authenticate.ACCEPTED)
