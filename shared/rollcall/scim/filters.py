"""Filters asked of resources: whether one holds, which keys it names, which attributes it looks at."""

from collections.abc import Iterator, Mapping, Sequence
from operator import eq, ge, gt, le, lt
from typing import Any

from rollcall.scim.comparing import comparable
from rollcall.scim.grammar import PARTS, And, Compare, Filter, Not, Or, Present, ValuePath, parse
from rollcall.scim.schemas import Name, fold

__all__ = ["KEYS", "Filter", "alternatives", "attributes_of", "conjuncts", "equalities", "matches", "parse", "values"]

KEYS = frozenset({"id", "userName", "externalId", "emails.value", "displayName", "members.value"})

_TESTS: Mapping[str, Any] = {
    "eq": eq,
    "gt": gt,
    "ge": ge,
    "lt": lt,
    "le": le,
    "co": str.__contains__,
    "sw": str.startswith,
    "ew": str.endswith,
}


def values(resource: Mapping[str, Any], name: Name) -> list[Any]:
    """Return every value that a resource has of what is named, none being null."""
    container = resource if name.extension is None else resource.get(name.extension) or {}
    found = container if name.attribute is None else container.get(name.attribute.name)
    elements = found if isinstance(found, list) else [found]
    if name.sub is not None:
        elements = [element.get(name.sub.name) for element in elements if isinstance(element, Mapping)]
    return [element for element in elements if element is not None]


def matches(wanted: Filter, resource: Mapping[str, Any], resource_type: str = "User") -> bool:
    """Tell whether the filter holds for a resource, or for an element of a multi-valued attribute.

    Without brackets any element will do; what has no value differs from everything, and is not `pr`.
    """
    match wanted:
        case Compare():
            return _compares(wanted, resource, resource_type)
        case And(parts):
            return all(matches(part, resource, resource_type) for part in parts)
        case Or(parts):
            return any(matches(part, resource, resource_type) for part in parts)
        case Not(inner):
            return not matches(inner, resource, resource_type)
        case Present(name):
            return any(value not in ("", {}) for value in _values_here(resource, name, resource_type))
        case ValuePath(name, inner):
            return any(matches(inner, element) for element in _values_here(resource, name, resource_type))


def _values_here(resource: Mapping[str, Any], name: Name, resource_type: str) -> list[Any]:
    return values(resource, name) if name.only in {None, resource_type} else []


def _compares(wanted: Compare, resource: Mapping[str, Any], resource_type: str) -> bool:
    leaf, op, operand = wanted.name.leaf, wanted.op, wanted.operand
    found = _values_here(resource, wanted.name, resource_type)
    if leaf is None or not found:
        return op == "ne"
    have: list[Any]
    if op in PARTS:
        have = [value if leaf.exact else fold(value) for value in found if isinstance(value, str)]
    else:
        have = [known for value in found if (known := comparable(leaf, value)) is not None]
    if op == "ne":
        return any(value != operand for value in have)
    return any(_TESTS[op](value, operand) for value in have)


def equalities(wanted: Filter) -> list[tuple[str, str]]:
    """Return what has to be equal wherever the filter holds and may serve as a key: (attribute, value as written).

    Who looks a resource up by one of them asks `matches` whether all of the filter holds.
    """
    return [
        (text, part.value)
        for prefix, part in _conjuncts(wanted)
        if isinstance(part, Compare) and part.op == "eq" and isinstance(part.value, str)
        if (text := prefix + part.name.text) in KEYS
    ]


def conjuncts(wanted: Filter) -> list[tuple[str, str | bool]] | None:
    """Return the equalities that make up all of a value path's filter, or None if it asks for anything else."""
    parts = [part for _, part in _conjuncts(wanted)]
    found = [(part.name.text, part.value) for part in parts if isinstance(part, Compare) and part.op == "eq"]
    return found if len(found) == len(parts) else None


def _conjuncts(wanted: Filter, prefix: str = "") -> Iterator[tuple[str, Filter]]:
    match wanted:
        case And(parts):
            for part in parts:
                yield from _conjuncts(part, prefix)
        case ValuePath(name, inner):
            yield from _conjuncts(inner, f"{name.text}.")
        case _:
            yield prefix, wanted


def attributes_of(wanted: Filter, prefix: str = "") -> frozenset[str]:
    """Return the names of all attributes that the filter looks at, in the schemas' spelling."""
    match wanted:
        case Compare(name) | Present(name):
            return frozenset({prefix + name.text})
        case Not(inner):
            return attributes_of(inner, prefix)
        case ValuePath(name, inner):
            return attributes_of(inner, f"{name.text}.")
        case And(parts) | Or(parts):
            return frozenset().union(*(attributes_of(part, prefix) for part in parts))


def alternatives(wanted: Filter) -> Sequence[str] | None:
    """Return the values x of `value eq "x" or …`, the one form that needs no element to be looked at; else None."""
    parts = wanted.parts if isinstance(wanted, Or) else (wanted,)
    found = [_value_wanted(part) for part in parts]
    return None if None in found else [value for value in found if value is not None]


def _value_wanted(part: Filter) -> str | None:
    match part:
        case Compare(Name("value"), "eq", str() as value):
            return value
        case _:
            return None
