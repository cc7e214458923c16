"""The one strict reader of bodies: a frozen dataclass says what a body may hold, a table says how each type is read.

Unknown fields, duplicate keys, NaN, nulls and wrong types are refused, each with a pointer (RFC 6901).
"""

import json
import re
import types
import typing
import unicodedata
from collections.abc import Callable, Hashable, Mapping
from dataclasses import MISSING, dataclass, fields
from datetime import datetime
from functools import cache
from typing import Any, TypeVar, Union, cast
from urllib.parse import parse_qsl, urlsplit

from rollcall.domain import ids
from rollcall.domain.errors import Flaw, Invalid
from rollcall.domain.grants import GrantKind
from rollcall.domain.permissions import Role
from rollcall.domain.teams import LONGEST_SLUG, ProductAccess
from rollcall.domain.text import (
    AddressList,
    AllProducts,
    AvatarUrl,
    FormText,
    GrantName,
    LinkText,
    MemberId,
    Message,
    NewPassword,
    PersonName,
    ProductKey,
    ProductKeys,
    ProductName,
    Slug,
    TeamName,
    TokenName,
    TypedPassword,
)
from rollcall.http.errors import TooLarge, UnsupportedMediaType
from rollcall.http.request import LARGEST_BODY, HttpRequest
from rollcall.mail.address import MAX_LENGTH as LONGEST_ADDRESS
from rollcall.mail.address import Address, canonical

LONGEST_NAME = 100
LONGEST_MESSAGE = 500
LONGEST_LINK = 200
SHORTEST_LINK = 16
LONGEST_URL = 500
LONGEST_TYPED_PASSWORD = 1024
SHORTEST_ADDRESS = 3
MOST_PRODUCTS = 50
MOST_ADDRESSES = 50
MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,3})?Z", re.ASCII)
PRODUCT = re.compile(r"[a-z][a-z0-9-]{1,31}")
SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,46}[a-z0-9])?")
FORM = "application/x-www-form-urlencoded"
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})

B = TypeVar("B")


@dataclass(frozen=True, slots=True)
class Nothing:
    """A body without fields: absent, or `{}`."""


class JsonObject(dict[str, object]):
    """A body whose fields its use case judges one by one."""


class _Wrong(ValueError):
    """A value that its reader refuses; `pointer` goes on below the field."""

    def __init__(self, sentence: str, pointer: str = "") -> None:
        super().__init__(sentence)
        self.pointer = pointer


def read_body(request: HttpRequest, shape: type[B], *, form: bool = False) -> B:
    """Return the body as `shape`, or say everything that is wrong with it."""
    if len(request.body) > LARGEST_BODY:
        raise TooLarge
    if shape is Nothing and not request.body:
        return shape()
    _check_media_type(request, FORM if form else "application/json")
    if issubclass(shape, JsonObject):
        return shape(_object(request.body))
    return fill(shape, _form(request.body) if form else _object(request.body))


def _check_media_type(request: HttpRequest, expected: str) -> None:
    media, _, parameters = request.headers.get("content-type", "").partition(";")
    charset = parameters.strip().lower().removeprefix("charset=").strip('"')
    if media.strip().lower() != expected or charset not in {"", "utf-8", "utf8"}:
        raise UnsupportedMediaType(f"Send the body as {expected}.")


def _object(raw: bytes) -> dict[str, object]:
    try:
        value = json.loads(raw.decode("utf-8"), object_pairs_hook=_once, parse_constant=_refuse, parse_float=_finite)
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except (ValueError, RecursionError) as error:
        reason = str(error) if isinstance(error, _Wrong) else "This is not valid JSON in UTF-8."
        raise Invalid(Flaw("", reason)) from None
    if not isinstance(value, dict):
        raise Invalid(Flaw("", "Send one JSON object."))
    return value


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    once: dict[str, object] = {}
    for name, value in pairs:
        if name in once:
            raise _Wrong(f"The key {name[:LONGEST_NAME]!r} comes twice.")
        once[name] = value
    return once


def _refuse(name: str) -> object:
    raise _Wrong(f"{name} is no JSON number.")


def _finite(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise _Wrong("A number is too large.")
    return number


def _form(raw: bytes) -> dict[str, object]:
    try:
        pairs = parse_qsl(raw.decode("utf-8"), keep_blank_values=True, strict_parsing=bool(raw), errors="strict")
    except ValueError:
        raise Invalid(Flaw("", "This is not a valid form in UTF-8.")) from None
    try:
        return _once([(name, value) for name, value in pairs])
    except _Wrong as error:
        raise Invalid(Flaw("", str(error))) from None


def fill(shape: type[B], given: Mapping[str, object]) -> B:
    """Return the fields as `shape`, or say everything that is wrong with them."""
    flaws: list[Flaw] = []
    values: dict[str, object] = {}
    known = _readers(cast("Hashable", shape))
    flaws += [Flaw(f"/{_escaped(name)}", "This field is not known.") for name in given.keys() - known.keys()]
    for name, (reader, required) in known.items():
        if name not in given:
            if required:
                flaws.append(Flaw(f"/{name}", "This field is needed."))
            continue
        try:
            values[name] = reader(given[name])
        except _Wrong as error:
            flaws.append(Flaw(f"/{name}{error.pointer}", str(error)))
    if flaws:
        raise Invalid(*sorted(flaws, key=lambda flaw: flaw.pointer))
    return shape(**values)


@cache
def _readers(shape: Any) -> dict[str, tuple[Callable[[object], object], bool]]:  # noqa: ANN401 a class, which lru_cache wants hashable
    hints = typing.get_type_hints(shape)
    return {field.name: (READERS[_inner(hints[field.name])], field.default is MISSING) for field in fields(shape)}


def _inner(hint: object) -> object:
    """Return X of `X | None`: None only says that the field may be absent."""
    if isinstance(hint, types.UnionType) or typing.get_origin(hint) is Union:
        return next(part for part in typing.get_args(hint) if part is not types.NoneType)
    return hint


def _escaped(name: str) -> str:
    return name[:LONGEST_NAME].replace("~", "~0").replace("/", "~1")


def text(value: object, shortest: int, longest: int) -> str:
    """Return text within its length in code points; half a surrogate pair and NUL are no text."""
    if not isinstance(value, str):
        raise _Wrong("This must be text.")
    if not shortest <= len(value) <= longest:
        raise _Wrong(f"This must have {shortest} to {longest} characters.")
    if "\0" in value:
        raise _Wrong("This must not hold NUL.")
    return value


def _line(value: object, longest: int) -> str:
    """Return one visible line: trimmed, composed, without control, format and separator characters."""
    line = unicodedata.normalize("NFC", text(value, 1, longest)).strip()
    if not line:
        raise _Wrong("This must not be blank.")
    if any(unicodedata.category(character) in _UNSEEN for character in line):
        raise _Wrong("This must not hold control or invisible characters.")
    if sum(unicodedata.combining(character) > 0 for character in line) > len(line) // 2:
        raise _Wrong("This holds more accents than letters.")
    return line


def _message(value: object) -> str:
    message = text(value, 1, LONGEST_MESSAGE).replace("\r\n", "\n")
    if any(unicodedata.category(c) in _UNSEEN and c != "\n" for c in message):
        raise _Wrong("This must not hold control or invisible characters.")
    if not message.strip():
        raise _Wrong("This must not be blank.")
    return message.strip()


def _link(value: object) -> str:
    return text(value, SHORTEST_LINK, LONGEST_LINK)


def _address(value: object) -> Address:
    try:
        return canonical(text(value, SHORTEST_ADDRESS, LONGEST_ADDRESS))
    except ValueError as error:
        raise _Wrong(str(error)) from None


def _address_list(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not 1 <= len(value) <= MOST_ADDRESSES:
        raise _Wrong(f"This must be a list of 1 to {MOST_ADDRESSES} addresses.")
    for index, one in enumerate(value):
        if not isinstance(one, str) or len(one) > LONGEST_TYPED_PASSWORD:
            raise _Wrong("This must be text.", f"/{index}")
    return tuple(value)


def _role(value: object) -> Role:
    if not isinstance(value, str) or value not in set(Role):
        raise _Wrong(f"This must be one of {', '.join(Role)}.")
    return Role(value)


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise _Wrong("This must be true or false.")
    return value


def _products(value: object) -> ProductAccess:
    if value == {"all": True} and isinstance(value, dict) and value["all"] is True:
        return ProductAccess()
    if not isinstance(value, dict) or set(value) != {"only"} or not isinstance(value["only"], list):
        raise _Wrong('This must be {"all": true} or {"only": [product keys]}.')
    return ProductAccess(frozenset(_product_keys(value["only"], "/only")))


def _product_keys(value: object, pointer: str = "") -> tuple[str, ...]:
    if not isinstance(value, list):
        raise _Wrong("This must be a list of product keys.", pointer)
    if len(value) > MOST_PRODUCTS:
        raise _Wrong(f"Name at most {MOST_PRODUCTS} products.", pointer)
    for index, key in enumerate(value):
        if not isinstance(key, str) or not PRODUCT.fullmatch(key):
            raise _Wrong("This is no product key.", f"{pointer}/{index}")
        if key in value[:index]:
            raise _Wrong("This product is named twice.", f"{pointer}/{index}")
    return tuple(value)


def _grant_kind(value: object) -> GrantKind:
    if not isinstance(value, str) or value not in set(GrantKind):
        raise _Wrong(f"This must be one of {', '.join(GrantKind)}.")
    return GrantKind(value)


def _product_key(value: object) -> str:
    if not isinstance(value, str) or not PRODUCT.fullmatch(value):
        raise _Wrong("A product key starts with a letter and has 2 to 32 lower-case letters, digits and hyphens.")
    return value


def _moment(value: object) -> datetime:
    """Return a moment given as RFC 3339 in UTC: `2026-11-21T19:25:00Z`, with up to three digits of a second."""
    if not isinstance(value, str) or not MOMENT.fullmatch(value):
        raise _Wrong("This must be a time such as 2026-11-21T19:25:00Z.")
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        raise _Wrong("There is no such moment.") from None


def _member_id(value: object) -> str:
    if not ids.valid(value, "mem"):
        raise _Wrong("This is no member's id.")
    return str(value)


def _all_products(value: object) -> bool:
    if value is not True:
        raise _Wrong("This must be true.")
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
        raise _Wrong("This must be an https address, or null.")
    return url


def _slug(value: object) -> str:
    slug = text(value, 1, LONGEST_SLUG)
    if not SLUG.fullmatch(slug):
        raise _Wrong("Use lower-case letters, digits and hyphens.")
    return slug


READERS: dict[object, Callable[[object], object]] = {
    Address: _address,
    Role: _role,
    ProductAccess: _products,
    bool: _flag,
    PersonName: lambda value: _line(value, LONGEST_NAME),
    TeamName: lambda value: _line(value, LONGEST_NAME),
    Message: _message,
    LinkText: _link,
    NewPassword: lambda value: text(value, 1, LONGEST_TYPED_PASSWORD),
    TypedPassword: lambda value: text(value, 1, LONGEST_TYPED_PASSWORD),
    AvatarUrl: _avatar,
    AllProducts: _all_products,
    ProductKeys: _product_keys,
    MemberId: _member_id,
    AddressList: _address_list,
    GrantName: lambda value: _line(value, LONGEST_NAME),
    GrantKind: _grant_kind,
    ProductKey: _product_key,
    ProductName: lambda value: _line(value, LONGEST_NAME),
    TokenName: lambda value: _line(value, LONGEST_NAME),
    datetime: _moment,
    FormText: lambda value: text(value, 0, LONGEST_TYPED_PASSWORD),
    Slug: _slug,
}
