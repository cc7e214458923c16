"""Lists and what of a resource is returned: query parameters and `.search` (RFC 7644, 3.4.2, 3.4.3, 3.9; RFC 9865)."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Union

from rollcall.scim import filters
from rollcall.scim.comparing import Comparable, comparable
from rollcall.scim.errors import InvalidPath, InvalidSyntax, InvalidValue
from rollcall.scim.filters import Filter
from rollcall.scim.schemas import ALL_NAMES, Name

LIST_RESPONSE = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
DEFAULT_COUNT = 100
GREATEST_COUNT = 200
ALWAYS = ("schemas", "id")
NAMES = ("attributes", "excludedattributes")  # parameters that list names, folded

FARTHEST = 10**15

_DIGITS = 15
_WHOLE_NUMBER = re.compile(r"([+-]?)([0-9]+)")

Selection = Mapping[str, Union["Selection", None]]  # an attribute's name, and which parts of it; None is all of it


@dataclass(frozen=True, slots=True)
class ListQuery:
    """What a list is asked for; `cursor` is "" for the first page by cursors, None for pages by index."""

    filter: Filter | None = None
    start_index: int = 1
    count: int = DEFAULT_COUNT
    cursor: str | None = None
    attributes: Selection | None = None
    excluded: Selection | None = None
    sort_by: Name | None = None
    descending: bool = False

    def wants(self, name: str) -> bool:
        """Tell whether a top-level attribute, such as `members`, has to be returned and so be read."""
        return (self.attributes is None or name in self.attributes) and (self.excluded or {}).get(name, {}) is not None

    def project(self, resource: Mapping[str, Any]) -> dict[str, Any]:
        """Return of the resource what was asked for."""
        return project(resource, self.attributes, self.excluded)


def read_query(parameters: Mapping[str, str]) -> ListQuery:
    """Read query parameters, decoded; unknown ones are ignored.

    Raises InvalidFilter, InvalidPath for a `sortBy` that no schema knows, InvalidValue for what is no number.
    """
    given = {name.lower(): value for name, value in parameters.items()}
    listed: dict[str, Any] = {name: given[name].split(",") for name in NAMES if given.get(name)}
    return _query({**given, **dict.fromkeys(NAMES), **listed})


def read_search(body: object) -> ListQuery:
    """Read the body of a `.search` (RFC 7644, section 3.4.3); raises what `read_query` does, and InvalidSyntax."""
    if not isinstance(body, Mapping):
        raise InvalidSyntax("A search is a JSON object.")
    return _query({str(name).lower(): value for name, value in body.items() if value is not None})


def _query(given: Mapping[str, Any]) -> ListQuery:
    wanted, sort_by = _text(given, "filter"), _text(given, "sortby")
    return ListQuery(
        filter=None if wanted is None else filters.parse(wanted),
        start_index=max(1, _number(given, "startindex", 1)),
        count=min(GREATEST_COUNT, max(0, _number(given, "count", DEFAULT_COUNT))),
        cursor=_text(given, "cursor"),
        attributes=_selection(given.get("attributes")),
        excluded=_selection(given.get("excludedattributes")),
        sort_by=_sort_by(sort_by) if sort_by else None,
        descending=_descending(_text(given, "sortorder")),
    )


def _text(given: Mapping[str, Any], name: str) -> str | None:
    value = given.get(name)
    if value is not None and not isinstance(value, str):
        raise InvalidValue(f"{name} is text.")
    return value


def _number(given: Mapping[str, Any], name: str, otherwise: int) -> int:
    """Read a whole number; one of more than fifteen digits is as good as a thousand million million."""
    value = given.get(name)
    if value is None:
        return otherwise
    if isinstance(value, int) and not isinstance(value, bool):
        return max(-FARTHEST, min(FARTHEST, value))
    found = _WHOLE_NUMBER.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None:
        raise InvalidValue(f"{name} is a whole number.")
    return int(f"{found[1]}{found[2]}") if len(found[2]) <= _DIGITS else int(f"{found[1]}{FARTHEST}")


def _descending(order: str | None) -> bool:
    if order is not None and order.lower() not in {"ascending", "descending"}:
        raise InvalidValue("sortOrder is ascending or descending.")
    return order is not None and order.lower() == "descending"


def _sort_by(text: str) -> Name:
    name = ALL_NAMES.get(text.strip().lower())
    if name is not None and name.leaf is not None and name.leaf.sub and "value" in name.leaf.sub:
        name = ALL_NAMES.get(f"{text.strip()}.value".lower())
    if name is None or name.leaf is None or name.leaf.sub is not None:
        raise InvalidPath(f"Nothing can be sorted by {text[:100]!r}.")
    return name


def _selection(given: object) -> Selection | None:
    """Read names of attributes, of sub-attributes, of an extension; those that no schema knows select nothing."""
    if given is None:
        return None
    if not isinstance(given, list) or not all(isinstance(one, str) for one in given):
        raise InvalidValue("attributes and excludedAttributes are arrays of names.")
    selected: dict[str, Any] = {}
    for one in given:
        name = ALL_NAMES.get(one.strip().lower())
        if name is not None:
            _select(selected, _steps(name))
    return selected


def _steps(name: Name) -> list[str]:
    """Return the keys that lead to what is named."""
    parts = [part.name for part in (name.attribute, name.sub) if part is not None]
    return parts if name.extension is None else [name.extension, *parts]


def _select(selected: dict[str, Any], steps: Sequence[str]) -> None:
    first, *rest = steps
    inner = selected.setdefault(first, {} if rest else None)
    if not rest:
        selected[first] = None
    elif inner is not None:
        _select(inner, rest)


def project(
    resource: Mapping[str, Any], attributes: Selection | None = None, excluded: Selection | None = None
) -> dict[str, Any]:
    """Return what is asked for of a resource, ids and schemas in any case (RFC 7643, section 7, `returned`)."""
    kept = dict(resource)
    if attributes is not None:
        kept = _kept(kept, {**attributes, **dict.fromkeys(ALWAYS)})
    if excluded:
        kept = _dropped(kept, {name: parts for name, parts in excluded.items() if name not in ALWAYS})
    return kept


def _kept(value: Any, selection: Selection | None) -> Any:  # noqa: ANN401 JSON
    if isinstance(value, list):
        return [part for one in value if (part := _kept(one, selection))]
    if selection is None or not isinstance(value, Mapping):
        return value
    kept = {name: _kept(inner, selection[name]) for name, inner in value.items() if name in selection}
    return {name: inner for name, inner in kept.items() if inner not in ({}, [])}


def _dropped(value: Any, selection: Selection) -> Any:  # noqa: ANN401 JSON
    if isinstance(value, list):
        return [part for one in value if (part := _dropped(one, selection))]
    if not isinstance(value, Mapping):
        return value
    kept = {}
    for name, inner in value.items():
        parts = selection.get(name, {})
        left = inner if not parts else _dropped(inner, parts)
        if parts is not None and (not parts or left not in ({}, [])):
            kept[name] = left
    return kept


def sort_key(name: Name, resource: Mapping[str, Any]) -> tuple[bool, Comparable]:
    """Return what resources sort by: of several values the primary or else the first; those without come last.

    With `reverse` for a descending order they come first (RFC 7644, section 3.4.2.3).
    """
    found = filters.values(resource, Name(name.text, name.extension, name.attribute))
    found = sorted(found, key=lambda one: not (isinstance(one, Mapping) and one.get("primary")))
    first = found[0] if found else None
    if name.sub is not None and isinstance(first, Mapping):
        first = first.get(name.sub.name)
    known = None if name.leaf is None or first is None else comparable(name.leaf, first)
    return (True, "") if known is None else (False, known)


def list_response(
    resources: Sequence[Any],
    total: int,
    start_index: int | None = None,
    next_cursor: str | None = None,
) -> dict[str, Any]:
    """Return a list's message; by index it tells `startIndex`, by cursor the next page's, none after the last."""
    told: dict[str, Any] = {"schemas": [LIST_RESPONSE], "totalResults": total, "itemsPerPage": len(resources)}
    if start_index is not None:
        told["startIndex"] = start_index
    if next_cursor is not None:
        told["nextCursor"] = next_cursor
    return {**told, "Resources": list(resources)}
