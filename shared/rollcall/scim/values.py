"""Values as they come (RFC 7643, section 2.3): read into the schema's spelling and types, kept byte for byte.

Null is unassigned; what only the service writes, and what no schema knows inside of a value, is left out.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from rollcall.scim.comparing import boolean
from rollcall.scim.errors import InvalidValue
from rollcall.scim.schemas import Attribute, Type

LONGEST_VALUE = 16 * 1024  # characters
MOST_VALUES = 100  # elements of one attribute
LARGEST = 64 * 1024  # bytes of a resource's JSON text

_SURROGATE = re.compile(r"[\ud800-\udfff]")


def read(attribute: Attribute, value: object) -> Any:  # noqa: ANN401 JSON
    """Return one value of an attribute, or None for unassigned; raises InvalidValue for another type's or a longer."""
    if value is None:
        return None
    if attribute.sub is not None:
        return settled(attribute, parts(attribute, value))
    if attribute.type is Type.BOOLEAN:
        truth = boolean(value)
        if truth is None:
            raise InvalidValue(f"{attribute.name} is true or false.")
        return truth
    if not isinstance(value, str):
        raise InvalidValue(f"{attribute.name} is text.")
    if len(value) > LONGEST_VALUE:
        raise InvalidValue(f"{attribute.name} is longer than {LONGEST_VALUE} characters.")
    if not value.isascii() and _SURROGATE.search(value):
        raise InvalidValue(f"{attribute.name} holds half a character (a lone surrogate).")
    return value


def parts(attribute: Attribute, value: object) -> dict[str, Any]:
    """Return the sub-attributes that a complex value gives, None for those it gives as null.

    Text stands for the sub-attribute `value`, and an array of one for its element: Entra sends managers in both forms.
    """
    subs = attribute.sub or {}
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, str) and "value" in subs:
        value = {"value": value}
    if isinstance(value, list) and not value:
        value = {}
    if not isinstance(value, Mapping):
        raise InvalidValue(
            f"{attribute.name} is an object with some of {', '.join(sub.name for sub in subs.values())}."
        )
    known = ((subs.get(str(key).lower()), given) for key, given in value.items())
    return {sub.name: read(sub, given) for sub, given in known if sub is not None and not sub.read_only}


def settled(attribute: Attribute, given: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return a complex value without what is unassigned; None if nothing is left, or if it refers to nobody."""
    kept = {name: value for name, value in given.items() if value is not None}
    refers = not attribute.multi and attribute.sub is not None and "value" in attribute.sub
    return None if not kept or (refers and kept.get("value") == "") else kept


def elements(attribute: Attribute, value: object) -> list[dict[str, Any]]:
    """Return the values of a multi-valued attribute; a single one may come without its array."""
    given = value if isinstance(value, list) else [] if value is None else [value]
    if len(given) > MOST_VALUES:
        raise InvalidValue(f"{attribute.name} has {MOST_VALUES} values at most.")
    found = [one for element in given if (one := read(attribute, element)) is not None]
    if sum(one.get("primary", False) for one in found) > 1:
        raise InvalidValue(f"Only one of the values of {attribute.name} may be primary.")
    return found


def check_size(resource: Mapping[str, Any]) -> None:
    """Raise InvalidValue if the resource is larger than what is stored."""
    if len(json.dumps(resource, ensure_ascii=False).encode()) > LARGEST:
        raise InvalidValue(f"The resource is larger than {LARGEST} bytes.")
