"""Event filter patterns of a stream mapping, as Lambda applies them (the part in use)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from infra.local.edges import Json

_ABSENT: Final = object()


def _anything_but(excluded: Json, value: object) -> bool:
    return value is not _ABSENT and value not in (excluded if isinstance(excluded, list) else [excluded])


_OPERATORS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "prefix": lambda wanted, value: isinstance(value, str) and value.startswith(wanted),
    "suffix": lambda wanted, value: isinstance(value, str) and value.endswith(wanted),
    "equals-ignore-case": lambda wanted, value: isinstance(value, str) and value.lower() == wanted.lower(),
    "anything-but": _anything_but,
    "exists": lambda wanted, value: (value is not _ABSENT) is wanted,
}


def check_pattern(pattern: object) -> None:
    """Raise ValueError for a pattern that this module would judge differently from Lambda."""
    if isinstance(pattern, Mapping):
        for name, part in pattern.items():
            if name == "$or":
                raise ValueError("filter pattern uses $or, which the local stack does not know")
            check_pattern(part)
    elif isinstance(pattern, list):
        unknown = {name for entry in pattern if isinstance(entry, Mapping) for name in entry} - _OPERATORS.keys()
        if unknown:
            raise ValueError(f"filter pattern uses {sorted(unknown)}, which the local stack does not know")
    else:
        raise ValueError("filter pattern has a bare value where a list of alternatives belongs")  # noqa: TRY004 - the template is wrong, not the call


def matches(pattern: Mapping[str, Any], record: object) -> bool:
    """Whether every field of the pattern accepts the record's value (all fields AND, alternatives OR)."""
    return all(
        _accepts(part, record.get(name, _ABSENT) if isinstance(record, Mapping) else _ABSENT)
        for name, part in pattern.items()
    )


def _accepts(part: Json, value: object) -> bool:
    if isinstance(part, Mapping):
        return matches(part, value)
    return any(_alternative(entry, value) for entry in part)


def _alternative(entry: Json, value: object) -> bool:
    if isinstance(entry, Mapping):
        return all(_OPERATORS[name](wanted, value) for name, wanted in entry.items())
    return value is not _ABSENT and value == entry
