"""The grammar of filters (RFC 7644, section 3.4.2.2): what one is made of, and the one parser, which paths use too.

All that can be wrong with a filter is told here, so that asking a resource never fails.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from rollcall.scim.comparing import Comparable, boolean, comparable
from rollcall.scim.errors import InvalidFilter
from rollcall.scim.schemas import ALL_NAMES, Name, Type, fold

LONGEST = 2048  # bytes
DEEPEST = 10
ORDER = frozenset({"gt", "ge", "lt", "le"})
PARTS = frozenset({"co", "sw", "ew"})

_OPERATORS = frozenset({"eq", "ne", *ORDER, *PARTS})
_TOKEN = re.compile(
    r'(?P<space>[ \t]+)|(?P<mark>[()\[\]])|(?P<text>"(?:[^"\\\x00-\x1f]|\\.)*")(?=[ \t)\]]|\Z)|(?P<word>[^ \t()\[\]"]+)'
)
_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")


@dataclass(frozen=True, slots=True)
class Present:
    """`name pr`: there is a value that is not empty."""

    name: Name


@dataclass(frozen=True, slots=True)
class Compare:
    """`name op value`; `operand` is the value as `comparable` makes it."""

    name: Name
    op: str
    value: str | bool
    operand: Comparable


@dataclass(frozen=True, slots=True)
class Not:
    """`not (inner)`."""

    inner: "Filter"


@dataclass(frozen=True, slots=True)
class And:
    """All of the parts."""

    parts: tuple["Filter", ...]


@dataclass(frozen=True, slots=True)
class Or:
    """At least one of the parts."""

    parts: tuple["Filter", ...]


@dataclass(frozen=True, slots=True)
class ValuePath:
    """`name[inner]`: one element that `inner` holds for; `name[inner].sub op value` has that joined to `inner`."""

    name: Name
    inner: "Filter"


Filter = Present | Compare | Not | And | Or | ValuePath


@dataclass(frozen=True, slots=True)
class Token:
    """A part of a filter's or path's text; `kind` is mark, text or word."""

    kind: str
    text: str


def parse(text: str, names: Mapping[str, Name] = ALL_NAMES) -> Filter:
    """Return the filter, or raise InvalidFilter: malformed, longer than 2 KiB, deeper than 10, or of unknown names."""
    parser = Parser(text, names)
    found = parser.either(names, 0)
    parser.end()
    return found


class Parser:
    """Reads a filter's tokens from left to right; `not` binds stronger than `and`, and that stronger than `or`."""

    __slots__ = ("_at", "_names", "_tokens")

    def __init__(self, text: str, names: Mapping[str, Name]) -> None:
        """Split the text into tokens."""
        self._tokens = list(_tokens(text))
        self._names = names
        self._at = 0

    def peek(self) -> str:
        """Return the next token's text folded, or nothing at the end; a text's begins with a quotation mark."""
        return self._tokens[self._at].text.lower() if self._at < len(self._tokens) else ""

    def take(self, wanted: str = "") -> Token:
        """Return the next token and go on; it has to be `wanted`, if that is given."""
        if self._at >= len(self._tokens):
            raise InvalidFilter("The filter ends too early.")
        token = self._tokens[self._at]
        if wanted and token.text.lower() != wanted:
            raise InvalidFilter(f"In the filter stands {token.text!r} where {wanted!r} should.")
        self._at += 1
        return token

    def end(self) -> None:
        """Say that nothing may follow."""
        if self._at < len(self._tokens):
            raise InvalidFilter(f"Nothing may stand in the filter at {self._tokens[self._at].text!r}.")

    def either(self, names: Mapping[str, Name], depth: int) -> Filter:
        """Read what `or` joins."""
        parts = [self._both(names, depth)]
        while self.peek() == "or":
            self.take()
            parts.append(self._both(names, depth))
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def _both(self, names: Mapping[str, Name], depth: int) -> Filter:
        parts = [self._one(names, depth)]
        while self.peek() == "and":
            self.take()
            parts.append(self._one(names, depth))
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def _one(self, names: Mapping[str, Name], depth: int) -> Filter:
        if self.peek() == "(":
            return self._within("(", ")", names, depth)
        if self.peek() == "not":
            self.take()
            return Not(self._within("(", ")", names, depth))
        name = self.name(names)
        if self.peek() != "[":
            return self._comparison(name)
        inner = self.brackets(name, depth)
        if not self.peek().startswith("."):
            return ValuePath(name, inner)
        return ValuePath(name, And((inner, self._comparison(self.name(relative(name, "."))))))

    def _within(self, opening: str, closing: str, names: Mapping[str, Name], depth: int) -> Filter:
        if depth >= DEEPEST:
            raise InvalidFilter(f"A filter is nested {DEEPEST} deep at most.")
        self.take(opening)
        found = self.either(names, depth + 1)
        self.take(closing)
        return found

    def brackets(self, name: Name, depth: int = 0) -> Filter:
        """Read `[…]` behind the name of a complex attribute; names in it are sub-attributes."""
        if name.sub is not None or name.attribute is None or name.attribute.sub is None:
            raise InvalidFilter(f"{name.text} has no sub-attributes to select by.")
        return self._within("[", "]", relative(name), depth)

    def name(self, names: Mapping[str, Name]) -> Name:
        """Read an attribute's name."""
        token = self.take()
        found = names.get(token.text.lower()) if token.kind == "word" else None
        if found is None:
            raise InvalidFilter(f"No schema has an attribute {token.text!r} here.")
        return found

    def _comparison(self, name: Name) -> Filter:
        op = self.take().text.lower()
        if op == "pr":
            return Present(name)
        if op not in _OPERATORS:
            raise InvalidFilter(f"{op!r} is no operator: write eq, ne, co, sw, ew, gt, ge, lt, le or pr.")
        return _compared(name, op, _literal(self.take()))


def _tokens(text: str) -> Iterator[Token]:
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        raise InvalidFilter("The filter holds half a character (a lone surrogate).") from None
    if size > LONGEST:
        raise InvalidFilter(f"A filter has {LONGEST} bytes at most.")
    at = 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None or found.lastgroup is None:
            raise InvalidFilter(f"The filter is malformed at character {at + 1}.")
        at = found.end()
        if found.lastgroup != "space":
            yield Token(found.lastgroup, found.group())


def _literal(token: Token) -> str | bool | float | None:
    """Read a JSON string, number, true, false or null."""
    if token.kind == "text":
        return _string(token.text)
    word = token.text.lower()
    if word in {"true", "false", "null"}:
        return {"true": True, "false": False}.get(word)
    if _NUMBER.fullmatch(token.text):
        return float(token.text)
    raise InvalidFilter(f"{token.text!r} is no value: write text in quotation marks, as in JSON.")


def _string(text: str) -> str:
    try:
        value = str(json.loads(text))
        value.encode()
    except ValueError:  # an unknown escape, or half a character
        raise InvalidFilter(f"{text} is not a JSON string.") from None
    return value


def relative(name: Name, before: str = "") -> dict[str, Name]:
    """Return the names of an attribute's sub-attributes, by what is written for them: behind brackets, a dot before."""
    subs = (name.attribute.sub if name.attribute else None) or {}
    return {f"{before}{key}": Name(sub.name, attribute=sub) for key, sub in subs.items()}


def _compared(name: Name, op: str, value: str | bool | float | None) -> Filter:  # noqa: FBT001 a literal, not a switch
    """Return the comparison, or say why such values of this attribute cannot be compared so (RFC 7644, table 3)."""
    if value is None and op in {"eq", "ne"}:
        return Present(name) if op == "ne" else Not(Present(name))
    leaf = name.leaf
    if leaf is not None and leaf.sub is not None and "value" in leaf.sub:
        return _compared(_value_of(name), op, value)
    if leaf is None or leaf.sub is not None:
        raise InvalidFilter(f"{name.text} is complex: compare one of its sub-attributes.")
    if leaf.type is Type.BOOLEAN and op in {"eq", "ne"} and (truth := boolean(value)) is not None:
        return Compare(name, op, truth, truth)
    if leaf.type is Type.BOOLEAN or not isinstance(value, str) or (leaf.type is Type.BINARY and op in ORDER):
        raise InvalidFilter(f"{name.text} is {leaf.type.value}; it does not compare to {value!r} by {op}.")
    operand = fold(value) if op in PARTS and not leaf.exact else value if op in PARTS else comparable(leaf, value)
    if operand is None:
        raise InvalidFilter(f"{name.text} is a time; {value!r} is none.")
    return Compare(name, op, value, operand)


def _value_of(name: Name) -> Name:
    """Return the name of the sub-attribute that a complex attribute's bare name means, as in `emails co "x"`."""
    sub = name.attribute.sub["value"] if name.attribute and name.attribute.sub else None
    return Name(f"{name.text}.value", name.extension, name.attribute, sub, name.only)
