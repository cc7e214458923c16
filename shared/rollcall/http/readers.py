"""How each kind of value in a body is read: one strict function for each, with a sentence for what it refuses."""

import re
import unicodedata
from collections.abc import Callable
from datetime import datetime
from urllib.parse import urlsplit

from rollcall.domain import ids
from rollcall.domain.connections import MOST_RULES, RoleRule
from rollcall.domain.grants import GrantKind
from rollcall.domain.permissions import Role
from rollcall.domain.teams import LONGEST_SLUG, ProductAccess
from rollcall.domain.text import (
    AddressList,
    AllProducts,
    AvatarUrl,
    CredentialText,
    DomainName,
    FormText,
    GrantName,
    HeirId,
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
from rollcall.mail.address import MAX_LENGTH as LONGEST_ADDRESS
from rollcall.mail.address import Address, canonical, canonical_domain

LONGEST_NAME = 100
LONGEST_MESSAGE = 500
LONGEST_GROUP = 256
LONGEST_DOMAIN = 253
SHORTEST_DOMAIN = 3
LONGEST_OVERLAP = 7 * 24 * 60
LONGEST_LINK = 200
SHORTEST_LINK = 1
LONGEST_URL = 500
LONGEST_TYPED_PASSWORD = 1024
LONGEST_CREDENTIAL = 10 * 1024  # more does not fit into a request's headers
SHORTEST_ADDRESS = 3
MOST_PRODUCTS = 50
MOST_ADDRESSES = 50
MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,3})?Z", re.ASCII)
PRODUCT = re.compile(r"[a-z][a-z0-9-]{1,31}")
SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,46}[a-z0-9])?")
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})


class Wrong(ValueError):
    """A value that its reader refuses; `pointer` goes on below the field."""

    def __init__(self, sentence: str, pointer: str = "") -> None:
        """Keep where, below the field, it is wrong."""
        super().__init__(sentence)
        self.pointer = pointer


def text(value: object, shortest: int, longest: int) -> str:
    """Return text within its length in code points; half a surrogate pair and NUL are no text."""
    sized = _sized(value, shortest, longest)
    if "\0" in sized:
        raise Wrong("This must not hold NUL.")
    return sized


def _sized(value: object, shortest: int, longest: int) -> str:
    if not isinstance(value, str):
        raise Wrong("This must be text.")
    if not shortest <= len(value) <= longest:
        raise Wrong(f"This must have {shortest} to {longest} characters.")
    return value


def line(value: object, longest: int) -> str:
    """Return one visible line: trimmed, composed, without control, format and separator characters."""
    line = unicodedata.normalize("NFC", text(value, 1, longest)).strip()
    if not line:
        raise Wrong("This must not be blank.")
    if any(unicodedata.category(character) in _UNSEEN for character in line):
        raise Wrong("This must not hold control or invisible characters.")
    if sum(unicodedata.combining(character) > 0 for character in line) > len(line) // 2:
        raise Wrong("This holds more accents than letters.")
    return line


def _message(value: object) -> str:
    message = text(value, 1, LONGEST_MESSAGE).replace("\r\n", "\n")
    if any(unicodedata.category(c) in _UNSEEN and c != "\n" for c in message):
        raise Wrong("This must not hold control or invisible characters.")
    if not message.strip():
        raise Wrong("This must not be blank.")
    return message.strip()


def _link(value: object) -> LinkText:
    link = text(value, SHORTEST_LINK, LONGEST_LINK)
    if link in {"null", "undefined", "None"}:
        raise Wrong("This is the name of an empty value, not a link.")
    return LinkText(link)


def _address(value: object) -> Address:
    try:
        return canonical(text(value, SHORTEST_ADDRESS, LONGEST_ADDRESS))
    except ValueError as error:
        raise Wrong(str(error)) from None


def _domain(value: object) -> str:
    try:
        return canonical_domain(text(value, SHORTEST_DOMAIN, LONGEST_DOMAIN))
    except ValueError as error:
        raise Wrong(str(error).replace("The part after the @-sign", "The domain")) from None


def _address_list(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not 1 <= len(value) <= MOST_ADDRESSES:
        raise Wrong(f"This must be a list of 1 to {MOST_ADDRESSES} addresses.")
    for index, one in enumerate(value):
        if not isinstance(one, str) or len(one) > LONGEST_TYPED_PASSWORD:
            raise Wrong("This must be text.", f"/{index}")
    return tuple(value)


def _role(value: object) -> Role:
    if not isinstance(value, str) or value not in set(Role):
        raise Wrong(f"This must be one of {', '.join(Role)}.")
    return Role(value)


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise Wrong("This must be true or false.")
    return value


def _products(value: object) -> ProductAccess:
    if value == {"all": True} and isinstance(value, dict) and value["all"] is True:
        return ProductAccess()
    if not isinstance(value, dict) or set(value) != {"only"} or not isinstance(value["only"], list):
        raise Wrong('This must be {"all": true} or {"only": [product keys]}.')
    return ProductAccess(frozenset(_product_keys(value["only"], "/only")))


def _product_keys(value: object, pointer: str = "") -> tuple[str, ...]:
    if not isinstance(value, list):
        raise Wrong("This must be a list of product keys.", pointer)
    if len(value) > MOST_PRODUCTS:
        raise Wrong(f"Name at most {MOST_PRODUCTS} products.", pointer)
    for index, key in enumerate(value):
        if not isinstance(key, str) or not PRODUCT.fullmatch(key):
            raise Wrong("This is no product key.", f"{pointer}/{index}")
        if key in value[:index]:
            raise Wrong("This product is named twice.", f"{pointer}/{index}")
    return tuple(value)


def _grant_kind(value: object) -> GrantKind:
    if not isinstance(value, str) or value not in set(GrantKind):
        raise Wrong(f"This must be one of {', '.join(GrantKind)}.")
    return GrantKind(value)


def _product_key(value: object) -> str:
    if not isinstance(value, str) or not PRODUCT.fullmatch(value):
        raise Wrong("A product key starts with a letter and has 2 to 32 lower-case letters, digits and hyphens.")
    return value


def _moment(value: object) -> datetime:
    """Return a moment given as RFC 3339 in UTC: `2026-11-21T19:25:00Z`, with up to three digits of a second."""
    if not isinstance(value, str) or not MOMENT.fullmatch(value):
        raise Wrong("This must be a time such as 2026-11-21T19:25:00Z.")
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        raise Wrong("There is no such moment.") from None


def _member_id(value: object) -> str:
    if not ids.valid(value, "mem"):
        raise Wrong("This is no member's id.")
    return str(value)


def _overlap(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= LONGEST_OVERLAP:
        raise Wrong(f"This must be a whole number from 0 to {LONGEST_OVERLAP}.")
    return value


def _heir_id(value: object) -> str:
    """Return the id of a member, or of the invitation of somebody who is none yet (case 140)."""
    return str(value) if ids.valid(value, "inv") else _member_id(value)


def _all_products(value: object) -> bool:
    if value is not True:
        raise Wrong("This must be true.")
    return True


def _avatar(value: object) -> str:
    """Return an https URL, or an empty text (also for null), which clears it."""
    if value is None or value == "":
        return ""
    url = text(value, 1, LONGEST_URL)
    try:
        parts = urlsplit(url)
        plain = parts.scheme == "https" and parts.hostname and "@" not in parts.netloc and url.isascii()
    except ValueError:
        plain = False
    if not plain or not url.isprintable() or any(character in url for character in " <>\"'\\"):
        raise Wrong("This must be an https address, or null.")
    return url


def _role_rules(value: object) -> tuple[RoleRule, ...]:
    """Return which groups give which role; no group twice, and never the owner role (R2)."""
    if not isinstance(value, list) or len(value) > MOST_RULES:
        raise Wrong(f"This must be a list of at most {MOST_RULES} mappings.")
    rules = tuple(_role_rule(one, f"/{place}") for place, one in enumerate(value))
    for place, rule in enumerate(rules):
        if rule.key in {other.key for other in rules[:place]}:
            raise Wrong("This group is named twice.", f"/{place}/group")
    return rules


def _role_rule(value: object, pointer: str) -> RoleRule:
    if not isinstance(value, dict) or set(value) != {"group", "role"}:
        raise Wrong('This must be {"group": a group, "role": its role}.', pointer)
    if value["role"] not in (Role.ADMIN.value, Role.MEMBER.value):
        raise Wrong("This must be member or admin: no group makes anybody an owner.", f"{pointer}/role")
    try:
        return RoleRule(text(value["group"], 1, LONGEST_GROUP), Role(value["role"]))
    except Wrong as error:
        raise Wrong(str(error), f"{pointer}/group") from None


def _slug(value: object) -> str:
    slug = text(value, 1, LONGEST_SLUG)
    if not SLUG.fullmatch(slug):
        raise Wrong("Use lower-case letters, digits and hyphens.")
    return slug


READERS: dict[object, Callable[[object], object]] = {
    Address: _address,
    Role: _role,
    ProductAccess: _products,
    bool: _flag,
    PersonName: lambda value: line(value, LONGEST_NAME),
    TeamName: lambda value: line(value, LONGEST_NAME),
    Message: _message,
    LinkText: _link,
    NewPassword: lambda value: text(value, 1, LONGEST_TYPED_PASSWORD),
    TypedPassword: lambda value: _sized(value, 1, LONGEST_TYPED_PASSWORD),  # with NUL it is a wrong one (case 3)
    AvatarUrl: _avatar,
    AllProducts: _all_products,
    ProductKeys: _product_keys,
    MemberId: _member_id,
    OverlapMinutes: _overlap,
    HeirId: _heir_id,
    AddressList: _address_list,
    GrantName: lambda value: line(value, LONGEST_NAME),
    GrantKind: _grant_kind,
    ProductKey: _product_key,
    ProductName: lambda value: line(value, LONGEST_NAME),
    TokenName: lambda value: line(value, LONGEST_NAME),
    datetime: _moment,
    FormText: lambda value: text(value, 0, LONGEST_TYPED_PASSWORD),
    CredentialText: lambda value: text(value, 1, LONGEST_CREDENTIAL),
    Slug: _slug,
    DomainName: _domain,
    RoleRules: _role_rules,
}
