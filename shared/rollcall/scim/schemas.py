"""The User, EnterpriseUser and Group schemas (RFC 7643, sections 3, 4 and 8.7) as data, and look-up by name.

What these tables say is what is accepted, compared and returned; `/Schemas` is written from them.
"""

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
SCHEMA = "urn:ietf:params:scim:schemas:core:2.0:Schema"


class Type(StrEnum):
    """Types of attributes that these schemas use (RFC 7643, section 2.3)."""

    STRING = "string"
    BOOLEAN = "boolean"
    DATE_TIME = "dateTime"
    BINARY = "binary"
    REFERENCE = "reference"
    COMPLEX = "complex"


@dataclass(frozen=True, slots=True, eq=False)
class Attribute:
    """One attribute and its characteristics (RFC 7643, section 2.2); `sub` holds a complex one's by folded name.

    There is one object of each, which is equal to itself only; so names, and filters made of them, can be hashed.
    """

    name: str
    description: str
    type: Type = Type.STRING
    sub: Mapping[str, "Attribute"] | None = None
    multi: bool = False
    required: bool = False
    case_exact: bool = False
    mutability: str = "readWrite"
    returned: str = "default"
    uniqueness: str = "none"
    canonical: Sequence[str] = ()
    references: Sequence[str] = ()

    @property
    def exact(self) -> bool:
        """Tell whether values compare with case; binary ones and references do by their type."""
        return self.case_exact or self.type in {Type.BINARY, Type.REFERENCE}

    @property
    def read_only(self) -> bool:
        """Tell whether only the service writes it."""
        return self.mutability == "readOnly"


@dataclass(frozen=True, slots=True)
class Schema:
    """A schema's URN, its name, and its attributes by folded name."""

    id: str
    name: str
    description: str
    attributes: Mapping[str, Attribute]


@dataclass(frozen=True, slots=True)
class Name:
    """What an attribute's name stands for: `text` is its spelling in the schema, extensions' with their URN.

    Without `attribute` it is the extension itself; `only` is the resource type if the name says one by its URN.
    """

    text: str
    extension: str | None = None
    attribute: Attribute | None = None
    sub: Attribute | None = None
    only: str | None = None

    @property
    def leaf(self) -> Attribute | None:
        """Return the innermost attribute that is named."""
        return self.sub or self.attribute

    @property
    def read_only(self) -> bool:
        """Tell whether only the service writes it, or what it is part of."""
        return any(one is not None and one.read_only for one in (self.attribute, self.sub))


def fold(text: str) -> str:
    """Return the text as attributes that are not case-exact compare it; letters' two encodings (NFC, NFD) meet."""
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())


def _by_name(*attributes: Attribute) -> dict[str, Attribute]:
    return {attribute.name.lower(): attribute for attribute in attributes}


def _text(name: str, description: str, **more: Any) -> Attribute:  # noqa: ANN401 handed on to Attribute as it is
    return Attribute(name, description, **more)


def _complex(name: str, description: str, *sub: Attribute, **more: Any) -> Attribute:  # noqa: ANN401 as above
    return Attribute(name, description, Type.COMPLEX, _by_name(*sub), **more)


def _values(name: str, description: str, *kinds: str, value: Attribute | None = None) -> Attribute:
    """Return a multi-valued attribute with the usual sub-attributes (RFC 7643, section 2.4)."""
    return _complex(
        name,
        description,
        value or _text("value", "The value itself."),
        _text("display", "The value as people read it."),
        _text("type", "What the value is for.", canonical=kinds),
        Attribute("primary", "Whether this value is preferred; true for one at most.", Type.BOOLEAN),
        multi=True,
    )


def _id_of(what: str, **more: Any) -> Attribute:  # noqa: ANN401 as above
    return _text("value", f"The id of the {what}.", case_exact=True, **more)


def _link_to(*types: str, **more: Any) -> Attribute:  # noqa: ANN401 as above
    return Attribute("$ref", "The address of that resource.", Type.REFERENCE, references=types, **more)


COMMON = _by_name(
    _text("id", "The id that the service gave.", case_exact=True, mutability="readOnly", returned="always"),
    _text("externalId", "The id that the client knows it by.", case_exact=True),
    _complex(
        "meta",
        "What the service tells of the resource.",
        _text("resourceType", "Its type.", case_exact=True, mutability="readOnly"),
        Attribute("created", "When it was made.", Type.DATE_TIME, mutability="readOnly"),
        Attribute("lastModified", "When it was last changed.", Type.DATE_TIME, mutability="readOnly"),
        Attribute("location", "Its address.", Type.REFERENCE, mutability="readOnly", references=("uri",)),
        _text("version", "Its entity tag.", case_exact=True, mutability="readOnly"),
        mutability="readOnly",
    ),
    Attribute("schemas", "The schemas it has attributes of.", Type.REFERENCE, multi=True, returned="always"),
)

_ADDRESS = (
    _text("formatted", "The whole address, as it is written on a letter."),
    _text("streetAddress", "Street and number."),
    _text("locality", "City or town."),
    _text("region", "State or region."),
    _text("postalCode", "Postal code."),
    _text("country", "Country, by ISO 3166-1 alpha-2."),
    _text("type", "What the address is for.", canonical=("work", "home", "other")),
    Attribute("primary", "Whether this address is preferred; true for one at most.", Type.BOOLEAN),
)

_USER = Schema(USER, "User", "A person who is, or was, a member of the team.", _by_name(
    _text("userName", "What the client identifies the person by.", required=True, uniqueness="server"),
    _complex(
        "name",
        "The parts of the person's name.",
        _text("formatted", "The whole name."),
        _text("familyName", "Family name."),
        _text("givenName", "Given name."),
        _text("middleName", "Middle names."),
        _text("honorificPrefix", "Title before the name."),
        _text("honorificSuffix", "Suffix after the name."),
    ),
    _text("displayName", "The name that others see."),
    _text("nickName", "What the person is called."),
    Attribute("profileUrl", "The person's own page.", Type.REFERENCE, references=("external",)),
    _text("title", "The person's job."),
    _text("userType", "The person's relation to the organization; without meaning for roles."),
    _text("preferredLanguage", "The languages that the person prefers."),
    _text("locale", "Where the person is, for formats."),
    _text("timezone", "The person's time zone."),
    Attribute("active", "Whether the person may sign in; true where a POST is silent.", Type.BOOLEAN, required=True),
    _text("password", "Accepted and dropped.", case_exact=True, mutability="writeOnly", returned="never"),
    _values("emails", "E-mail addresses.", "work", "home", "other"),
    _values("phoneNumbers", "Telephone numbers.", "work", "home", "mobile", "fax", "pager", "other"),
    _values("ims", "Addresses for instant messages.", "aim", "gtalk", "icq", "xmpp", "msn", "skype", "qq", "yahoo"),
    _values(
        "photos",
        "Pictures of the person.",
        "photo",
        "thumbnail",
        value=Attribute("value", "The picture's address.", Type.REFERENCE, references=("external",)),
    ),
    _complex("addresses", "Postal addresses.", *_ADDRESS, multi=True),
    _complex(
        "groups",
        "The groups that the person is in.",
        _id_of("group", mutability="readOnly"),
        _link_to("Group", mutability="readOnly"),
        _text("display", "The group's name.", mutability="readOnly"),
        _text("type", "How the person is in it.", mutability="readOnly", canonical=("direct", "indirect")),
        multi=True,
        mutability="readOnly",
    ),
    _values("entitlements", "What the person is entitled to elsewhere; stored without meaning."),
    _values("roles", "The person's roles elsewhere; stored without meaning."),
    _values("x509Certificates", "Certificates.", value=Attribute("value", "DER, in Base64.", Type.BINARY)),
))  # fmt: skip

_ENTERPRISE = Schema(ENTERPRISE, "EnterpriseUser", "What an employer knows of the person.", _by_name(
    _text("employeeNumber", "The number that the employer knows the person by."),
    _text("costCenter", "Cost center."),
    _text("organization", "Organization."),
    _text("division", "Division."),
    _text("department", "Department."),
    _complex(
        "manager",
        "The person's manager.",
        _id_of("manager"),
        _link_to("User"),
        _text("displayName", "The manager's name.", mutability="readOnly"),
    ),
))  # fmt: skip

_GROUP = Schema(GROUP, "Group", "A group of members, which may be mapped to a role.", _by_name(
    _text("displayName", "The group's name.", required=True, uniqueness="server"),
    _complex(
        "members",
        "Who is in the group.",
        _id_of("member", mutability="immutable"),
        _link_to("User", "Group", mutability="immutable"),
        _text("display", "The member's name.", mutability="readOnly"),
        _text("type", "What the member is.", mutability="immutable", canonical=("User", "Group")),
        multi=True,
    ),
))  # fmt: skip

SCHEMAS = (_USER, _ENTERPRISE, _GROUP)
GROUP_ATTRIBUTES = {**COMMON, **_GROUP.attributes}


def _subs(name: Name) -> Iterator[Name]:
    for sub in ((name.attribute and name.attribute.sub) or {}).values():
        yield Name(f"{name.text}.{sub.name}", name.extension, name.attribute, sub, name.only)


def _names(schema: Schema) -> Iterator[tuple[str, Name]]:
    """Yield every name of a schema's attributes, bare and with its URN, folded."""
    extension = ENTERPRISE if schema is _ENTERPRISE else None
    attributes = schema.attributes if extension else {**COMMON, **schema.attributes}
    for attribute in attributes.values():
        text = f"{extension}:{attribute.name}" if extension else attribute.name
        for prefix, only in (("", None), (f"{schema.id}:", None if extension else schema.name)):
            whole = Name(text, extension, attribute, None, only)
            for name in (whole, *_subs(whole)):
                yield f"{prefix}{name.text.removeprefix(f'{extension}:')}".lower(), name
    if extension:
        yield extension.lower(), Name(extension, extension)


# Bare names of the extension are understood where the core schema has none of that name: clients send `manager` so.
USER_NAMES: Mapping[str, Name] = {**dict(_names(_ENTERPRISE)), **dict(_names(_USER))}
GROUP_NAMES: Mapping[str, Name] = dict(_names(_GROUP))
ALL_NAMES: Mapping[str, Name] = {**GROUP_NAMES, **USER_NAMES}


def _document(attribute: Attribute) -> dict[str, Any]:
    """Return an attribute as `/Schemas` tells it (RFC 7643, section 7)."""
    told: dict[str, Any] = {
        "name": attribute.name,
        "type": attribute.type.value,
        "multiValued": attribute.multi,
        "description": attribute.description,
        "required": attribute.required,
        "caseExact": attribute.exact,
        "mutability": attribute.mutability,
        "returned": attribute.returned,
        "uniqueness": attribute.uniqueness,
    }
    if attribute.canonical:
        told["canonicalValues"] = list(attribute.canonical)
    if attribute.references:
        told["referenceTypes"] = list(attribute.references)
    if attribute.sub is not None:
        told["subAttributes"] = [_document(sub) for sub in attribute.sub.values()]
    return told


def documents(base_url: str) -> list[dict[str, Any]]:
    """Return the schemas as resources of `/Schemas`; `base_url` ends before `/Schemas`."""
    return [
        {
            "schemas": [SCHEMA],
            "id": schema.id,
            "name": schema.name,
            "description": schema.description,
            "attributes": [_document(attribute) for attribute in schema.attributes.values()],
            "meta": {"resourceType": "Schema", "location": f"{base_url}/Schemas/{schema.id}"},
        }
        for schema in SCHEMAS
    ]
