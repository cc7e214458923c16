"""The one strict reader of bodies: a frozen dataclass says what a body may hold, a table says how each type is read.

Unknown fields, duplicate keys, NaN, nulls and wrong types are refused, each with a pointer (RFC 6901).
"""

import types
import typing
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from functools import cache, partial
from typing import Any, Literal, TypeVar, Union, cast
from urllib.parse import parse_qsl

from rollcall.domain import strict_json
from rollcall.domain.errors import Flaw, Invalid, pointer
from rollcall.http.errors import TooLarge, UnsupportedMediaType
from rollcall.http.readers import READERS, Wrong
from rollcall.http.reply import JSON
from rollcall.http.request import LARGEST_BODY, HttpRequest
from rollcall.http.sso_readers import SSO_READERS

FORM = "application/x-www-form-urlencoded"
Form = bool | Literal["either"]
MEDIA: Mapping[Form, Sequence[str]] = {False: (JSON,), True: (FORM,), "either": (JSON, FORM)}

B = TypeVar("B")


@dataclass(frozen=True, slots=True)
class Nothing:
    """A body without fields: absent, or `{}`."""


class JsonObject(dict[str, object]):
    """A body whose fields its use case judges one by one."""


def may_be_absent(shape: type) -> bool:
    """Tell whether a request may come without this body; then every field has its default."""
    return shape is Nothing or bool(getattr(shape, "MAY_BE_ABSENT", False))


def read_body(request: HttpRequest, shape: type[B], *, form: Form = False) -> B:
    """Return the body as `shape`, or say everything that is wrong with it."""
    if len(request.body) > LARGEST_BODY:
        raise TooLarge
    if not request.body and may_be_absent(shape):
        return shape()
    media = _media_type(request, MEDIA[form])
    if issubclass(shape, JsonObject):
        return shape(_object(request.body))
    return fill(shape, _form(request.body) if media == FORM else _object(request.body))


def _media_type(request: HttpRequest, taken: Sequence[str]) -> str:
    """Return the body's media type, which says how it is read, or refuse it."""
    media, _, parameters = request.headers.get("content-type", "").partition(";")
    charset = parameters.strip().lower().removeprefix("charset=").strip('"')
    media = media.strip().lower()
    if media not in taken or charset not in {"", "utf-8", "utf8"}:
        raise UnsupportedMediaType(f"Send the body as {' or '.join(taken)}.")
    return media


def _object(raw: bytes) -> dict[str, object]:
    value = read_json(raw)
    if not isinstance(value, dict):
        raise Invalid(Flaw("", "Send one JSON object."))
    return value


def read_json(raw: bytes) -> object:
    """Return a JSON text as it is, strictly: UTF-8, no duplicate keys, no NaN, no half surrogate pairs."""
    try:
        return strict_json.read(raw)
    except ValueError as error:
        reason = str(error) if isinstance(error, strict_json.NotStrict) else "This is not valid JSON in UTF-8."
        raise Invalid(Flaw("", reason)) from None


def _form(raw: bytes) -> dict[str, object]:
    try:
        pairs = parse_qsl(raw.decode("utf-8"), keep_blank_values=True, strict_parsing=bool(raw), errors="strict")
    except ValueError:
        raise Invalid(Flaw("", "This is not a valid form in UTF-8.")) from None
    try:
        return strict_json.once([(name, value) for name, value in pairs])
    except strict_json.NotStrict as error:
        raise Invalid(Flaw("", str(error))) from None


def fill(shape: type[B], given: Mapping[str, object]) -> B:
    """Return the fields as `shape`, or say everything that is wrong with them."""
    flaws: list[Flaw] = []
    values: dict[str, object] = {}
    known = _readers(cast("Hashable", shape))
    flaws += [Flaw(pointer(name), "This field is not known.") for name in given.keys() - known.keys()]
    for name, (reader, required) in known.items():
        if name not in given:
            if required:
                flaws.append(Flaw(f"/{name}", "This field is needed."))
            continue
        try:
            values[name] = reader(given[name])
        except Wrong as error:
            flaws.append(Flaw(f"/{name}{error.pointer}", str(error)))
        except Invalid as below:
            flaws += [Flaw(f"/{name}{flaw.pointer}", flaw.detail) for flaw in below.flaws]
    if flaws:
        raise Invalid(*sorted(flaws, key=lambda flaw: flaw.pointer))
    return shape(**values)


@cache
def _readers(shape: Any) -> dict[str, tuple[Callable[[object], object], bool]]:  # noqa: ANN401 a class, which lru_cache wants hashable
    hints = typing.get_type_hints(shape)
    return {field.name: (_reader(_inner(hints[field.name])), field.default is MISSING) for field in fields(shape)}


def _reader(kind: Any) -> Callable[[object], object]:  # noqa: ANN401 a class or what typing makes of it
    """Return how a value is read: by its own reader or, for a shape within a shape, field by field."""
    return READERS.get(kind) or SSO_READERS.get(kind) or partial(_below, kind)


def _below(shape: type[B], value: object) -> B:
    if not isinstance(value, dict):
        raise Wrong("This must be an object.")
    return fill(shape, value)


def _inner(hint: object) -> object:
    """Return X of `X | None`: None only says that the field may be absent."""
    if isinstance(hint, types.UnionType) or typing.get_origin(hint) is Union:
        return next(part for part in typing.get_args(hint) if part is not types.NoneType)
    return hint
