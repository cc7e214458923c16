"""A user that is being changed: one operation after another, each seeing what those before it did (RFC 7644, 3.5.2).

Nothing that was handed in is altered; whoever drops a draft has changed nothing.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from rollcall.scim import paths, values
from rollcall.scim.comparing import comparable
from rollcall.scim.errors import InvalidPath, InvalidValue, Mutability, NoTarget
from rollcall.scim.filters import Filter, conjuncts, matches
from rollcall.scim.paths import Path
from rollcall.scim.schemas import ENTERPRISE, USER_NAMES, Attribute, Name

Op = Literal["add", "replace", "remove"]
Element = dict[str, Any]

DROPPED = frozenset({"password", "schemas"})  # a password is not ours to keep; schemas follow from what is there


class Draft:
    """A user's attributes, to be changed; `finished` tells what has become of them."""

    __slots__ = ("_made", "resource")

    def __init__(self, resource: Mapping[str, Any]) -> None:
        """Begin with what is stored."""
        self.resource: dict[str, Any] = dict(resource)
        self._made: dict[tuple[str, Filter | None], Element] = {}

    def merge(self, op: Op, given: Mapping[str, Any], *, strict: bool, prefix: str = "") -> None:
        """Apply a value without path: each key is a path of its own, dotted and URN-qualified ones too.

        What only the service writes is ignored; a name that no schema knows is, too, if it is null or not `strict`.
        """
        for key, value in given.items():
            path = paths.find(key if key.lower() in DROPPED else f"{prefix}{key}", USER_NAMES)
            if path is None and strict and value is not None:
                raise InvalidPath(f"No schema has an attribute {key[:100]!r}.")
            if path is not None and not path.name.read_only:
                self.apply(op, path, value, strict=strict)

    def apply(self, op: Op, path: Path, value: object, *, strict: bool = True) -> None:
        """Carry out one operation."""
        attribute = path.name.attribute
        if attribute is None:
            self._extension(op, path.name, value, strict=strict)
        elif path.name.read_only:
            raise Mutability(f"{path.name.text} is written by the service only.")
        elif path.name.text not in DROPPED:
            holder = self._holder(path.name.extension)
            _put(holder, attribute, self._changed(op, path, attribute, holder.get(attribute.name), value), op)
            self._prune()

    def finished(self) -> dict[str, Any]:
        """Return the user afterwards; an element that was made and was there already is there once, as retries need."""
        for (name, _), made in self._made.items():
            same = [one for one in self.resource.get(name, []) if one == made]
            if len(same) > 1:
                self.resource[name] = [one for one in self.resource[name] if one is not made]
        return self.resource

    def _extension(self, op: Op, name: Name, value: object, *, strict: bool) -> None:
        if op == "remove" or value is None:
            self.resource.pop(name.text, None)
        elif isinstance(value, Mapping):
            self.merge(op, value, strict=strict, prefix=f"{name.text}:")
        else:
            raise InvalidValue(f"{name.text} is an object.")

    def _holder(self, extension: str | None) -> dict[str, Any]:
        if extension is None:
            return self.resource
        holder = dict(self.resource.get(extension) or {})
        self.resource[extension] = holder
        return holder

    def _prune(self) -> None:
        if not self.resource.get(ENTERPRISE, True):
            del self.resource[ENTERPRISE]

    def _changed(self, op: Op, path: Path, attribute: Attribute, old: Any, value: object) -> Any:  # noqa: ANN401 JSON
        """Return what the attribute is after the operation."""
        if attribute.multi:
            return self._elements(op, path, attribute, old or [], value)
        if path.where is not None:
            raise InvalidPath(f"{attribute.name} has one value; nothing can be selected from it.")
        if path.name.sub is not None:
            return _with_sub(attribute, old or {}, path.name.sub, None if op == "remove" else value)
        if op == "remove":
            return None
        if attribute.sub is None or value is None or "value" in attribute.sub:
            return values.read(attribute, value)
        return values.settled(attribute, {**(old or {}), **values.parts(attribute, value)})

    def _elements(
        self, op: Op, path: Path, attribute: Attribute, old: list[Element], value: object
    ) -> Sequence[Element]:
        if path.where is not None or path.name.sub is not None:
            return self._selected(op, path, attribute, old, value)
        if op == "remove":
            return [] if value is None else _without(attribute, old, value)
        given = values.elements(attribute, value)
        return given if op == "replace" else _joined(attribute, old, given)

    def _selected(
        self, op: Op, path: Path, attribute: Attribute, old: list[Element], value: object
    ) -> Sequence[Element]:
        """Change the elements that the path selects; only `add` makes one that is not there (RFC 7644, 3.5.2.3).

        A complex value gives sub-attributes and leaves the others: what was primary, or for work, stays so.
        """
        key = (attribute.name, path.where)
        chosen = [one for one in old if path.where is None or matches(path.where, one)]
        chosen = chosen or [one for one in old if one is self._made.get(key)]
        if not chosen and op == "replace" and path.where is not None:
            raise NoTarget(f"None of the values of {attribute.name} is selected by the path.")
        if op == "remove" and path.name.sub is None:
            return [one for one in old if not _is_in(one, chosen)]
        given = _parts(attribute, path.name.sub, None if op == "remove" else value)
        new = [values.settled(attribute, {**one, **given}) for one in chosen]
        if not chosen and any(part is not None for part in given.values()):
            made = values.settled(attribute, {**_wanted(attribute, path.where), **given})
            self._made[key] = made or {}
            return _one_primary(attribute, [*old, self._made[key]], [self._made[key]])
        changed = _replaced(old, chosen, new)
        if self._made.get(key) is not None and len(chosen) == 1 and new[0] is not None:
            self._made[key] = new[0]
        return _one_primary(attribute, changed, [one for one in new if one is not None])


def _put(holder: dict[str, Any], attribute: Attribute, value: object, op: Op) -> None:
    """Set an attribute, or take it away if it is unassigned now."""
    if attribute.multi and isinstance(value, list) and len(value) > values.MOST_VALUES:
        raise InvalidValue(f"{attribute.name} has {values.MOST_VALUES} values at most.")
    if value is not None and value != []:
        holder[attribute.name] = value
    elif op == "remove" and attribute.required and attribute.name != "active":
        raise Mutability(f"{attribute.name} is required.")
    elif attribute.required:
        raise InvalidValue(f"{attribute.name} cannot be without a value.")
    else:
        holder.pop(attribute.name, None)


def _with_sub(attribute: Attribute, old: Element, sub: Attribute, value: object) -> Element | None:
    """Set or remove one sub-attribute; who else is referred to by `value` has another address."""
    given = values.read(sub, value)
    another = sub.name == "value" and given != old.get("value")
    kept = {name: part for name, part in old.items() if not (another and name == "$ref")}
    return values.settled(attribute, {**kept, sub.name: given})


def _parts(attribute: Attribute, sub: Attribute | None, value: object) -> Element:
    if sub is not None:
        return {sub.name: values.read(sub, value)}
    subs = (attribute.sub or {}).values()
    return {sub.name: None for sub in subs} if value is None else values.parts(attribute, value)


def _wanted(attribute: Attribute, where: Filter | None) -> Element:
    """Return an element that the filter selects, but for being primary; only equalities tell what it is like."""
    if where is None:
        return {}
    told = conjuncts(where)
    if told is None:
        raise NoTarget(f"None of the values of {attribute.name} is selected by the path, and it tells none to make.")
    return {name: value for name, value in told if name != "primary"}


def _is_in(one: Element, some: Sequence[Element]) -> bool:
    return any(one is other for other in some)


def _replaced(old: list[Element], chosen: list[Element], new: Sequence[Element | None]) -> list[Element]:
    by_id = {id(one): after for one, after in zip(chosen, new, strict=True)}
    return [after for one in old if (after := by_id.get(id(one), one)) is not None]


def _joined(attribute: Attribute, old: list[Element], given: list[Element]) -> list[Element]:
    """Add values; one of the same value and type is there already, and takes what else is told of it."""
    joined, new = list(old), []
    for one in given:
        at = next((place for place, other in enumerate(joined) if _same(one, other)), len(joined))
        joined[at : at + 1] = [{**joined[at], **one} if at < len(joined) else one]
        if one.get("primary"):
            new.append(joined[at])
    return _one_primary(attribute, joined, new)


def _same(one: Element, other: Element) -> bool:
    if "value" not in one:
        return one == other
    return (one["value"], one.get("type")) == (other.get("value"), other.get("type"))


def _without(attribute: Attribute, old: list[Element], value: object) -> list[Element]:
    """Remove the values that are named, in Entra's legacy form; no others."""
    named = values.elements(attribute, value)
    return [one for one in old if not any(_names_it(attribute, given, one) for given in named)]


def _names_it(attribute: Attribute, given: Element, one: Element) -> bool:
    telling = ("value", "type") if "value" in given else tuple(given)
    subs = attribute.sub or {}
    return all(
        comparable(subs[name.lower()], given[name]) == comparable(subs[name.lower()], one.get(name))
        for name in telling
        if name in given
    )


def _one_primary(attribute: Attribute, all_of_them: list[Element], new: list[Element]) -> list[Element]:
    """Let what was made primary now be the only one (RFC 7644, section 3.5.2)."""
    first = [one for one in new if one.get("primary")]
    if len(first) > 1:
        raise InvalidValue(f"Only one of the values of {attribute.name} may be primary.")
    if not first:
        return all_of_them
    return [{**one, "primary": False} if one.get("primary") and one is not first[0] else one for one in all_of_them]
