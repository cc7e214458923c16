"""Paths of PATCH operations (RFC 7644, section 3.5.2): a name, a filter that selects elements, a sub-attribute."""

from collections.abc import Mapping
from dataclasses import dataclass

from rollcall.scim.errors import InvalidFilter, InvalidPath
from rollcall.scim.grammar import Filter, Parser, relative
from rollcall.scim.schemas import Name


@dataclass(frozen=True, slots=True)
class Path:
    """What an operation is about; `where` selects elements of a multi-valued attribute."""

    name: Name
    where: Filter | None = None


def find(text: str, names: Mapping[str, Name]) -> Path | None:
    """Return the path, or None if no schema has such an attribute; raises InvalidPath if what it selects is no filter.

    A name may be qualified by its schema's URN and be written in any case: `Manager.Value`.
    """
    name = names.get(text.lower())
    if name is not None:
        return Path(name)
    return _selecting(text, names) if "[" in text else None


def parse(text: str, names: Mapping[str, Name]) -> Path:
    """Return the path, or raise InvalidPath."""
    path = find(text, names)
    if path is None:
        raise InvalidPath(f"No schema has an attribute {text[:100]!r}.")
    return path


def _selecting(text: str, names: Mapping[str, Name]) -> Path:
    try:
        parser = Parser(text, names)
        name = parser.name(names)
        where = parser.brackets(name)
        sub = parser.name(relative(name, ".")) if parser.peek() else None
        parser.end()
    except InvalidFilter as refused:
        raise InvalidPath(f"{text[:100]!r} is no path. {refused.detail}") from None
    if sub is None:
        return Path(name, where)
    return Path(Name(f"{name.text}.{sub.text}", name.extension, name.attribute, sub.attribute, name.only), where)
