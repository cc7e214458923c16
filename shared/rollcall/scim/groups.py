"""Groups as they come by POST, PUT and PATCH (RFC 7643, section 4.2): what to change, without the present members."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from rollcall.scim import paths, values
from rollcall.scim.errors import InvalidPath, InvalidSyntax, InvalidValue, Mutability
from rollcall.scim.filters import Filter, alternatives
from rollcall.scim.patch import Operation, operations, pathless
from rollcall.scim.paths import Path
from rollcall.scim.schemas import GROUP_ATTRIBUTES, GROUP_NAMES

MOST_MEMBERS = 10_000  # named in one request
NESTED = "Group"


@dataclass(frozen=True, slots=True)
class Member:
    """A member as the client names it: an id, and whether it is a User or a nested Group."""

    id: str
    type: str = "User"


@dataclass(frozen=True, slots=True)
class GroupResource:
    """A group as a POST or PUT tells it; each member once, in the order given."""

    display_name: str
    external_id: str | None
    members: tuple[Member, ...]


@dataclass(frozen=True, slots=True)
class SetAttributes:
    """Give the group another name or externalId; None leaves the one, `clear_external_id` takes away the other."""

    display_name: str | None = None
    external_id: str | None = None
    clear_external_id: bool = False


@dataclass(frozen=True, slots=True)
class AddMembers:
    """Let these be members; those who are already stay."""

    members: tuple[Member, ...]


@dataclass(frozen=True, slots=True)
class RemoveMembers:
    """Let these be members no more; those who are not, are not."""

    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RemoveAll:
    """Empty the group."""


@dataclass(frozen=True, slots=True)
class ReplaceMembers:
    """Let these be the members, and nobody else."""

    members: tuple[Member, ...]


@dataclass(frozen=True, slots=True)
class RemoveMatching:
    """Let those of whose `members` elements the filter holds be members no more."""

    where: Filter


GroupOp = SetAttributes | AddMembers | RemoveMembers | RemoveAll | ReplaceMembers | RemoveMatching


def read_group(body: object) -> GroupResource:
    """Return the group that a POST or PUT tells; what no schema knows, and what only the service writes, is ignored.

    Raises InvalidSyntax if it is no object, InvalidValue without a displayName or for members without a value.
    """
    if not isinstance(body, Mapping):
        raise InvalidSyntax("A group is a JSON object.")
    given = {name.text: value for key, value in body.items() if (name := GROUP_NAMES.get(key.lower())) is not None}
    return GroupResource(
        display_name=_display_name(given.get("displayName")),
        external_id=_text("externalId", given.get("externalId")),
        members=_members(given.get("members")),
    )


def read_group_patch(body: object, own_id: str | None = None) -> list[GroupOp]:
    """Return what a PATCH asks for, in order; an operation without effect, such as removing nobody, is left out.

    Without `own_id`, an id in a value without path is not compared.
    """
    return [change for operation in operations(body) for change in _changes(operation, own_id)]


def _changes(operation: Operation, own_id: str | None) -> Iterator[GroupOp]:
    if operation.path is not None:
        yield from _change(operation, paths.parse(operation.path, GROUP_NAMES), operation.value)
        return
    for key, value in pathless(operation, own_id).items():
        path = paths.find(key, GROUP_NAMES)
        if path is None and value is not None:
            raise InvalidPath(f"No schema has an attribute {key[:100]!r}.")
        if path is not None and not path.name.read_only:
            yield from _change(operation, path, value)


def _change(operation: Operation, path: Path, value: object) -> Iterator[GroupOp]:
    if path.name.read_only:
        raise Mutability(f"{path.name.text} is written by the service only.")
    match path.name.text:
        case "displayName" if operation.op == "remove":
            raise Mutability("displayName is required.")
        case "displayName":
            yield SetAttributes(display_name=_display_name(value))
        case "externalId":
            text = None if operation.op == "remove" else _text("externalId", value)
            yield SetAttributes(external_id=text, clear_external_id=text is None)
        case "members" | "members.value":
            yield from _change_of_members(operation, path, value)
        case "schemas":
            pass
        case name:
            raise Mutability(f"{name} stays as it is while the member is in the group.")


def _change_of_members(operation: Operation, path: Path, value: object) -> Iterator[GroupOp]:
    if path.where is not None:
        yield from _change_of_selected(operation, path, path.where)
    elif operation.op == "replace":
        yield ReplaceMembers(_members(value))
    elif operation.op == "remove" and value is None:
        yield RemoveAll()
    elif members := _members(value):
        yield AddMembers(members) if operation.op == "add" else RemoveMembers(tuple(one.id for one in members))


def _change_of_selected(operation: Operation, path: Path, where: Filter) -> Iterator[GroupOp]:
    ids = alternatives(where)
    if operation.op == "remove":
        yield RemoveMatching(where) if ids is None else RemoveMembers(tuple(dict.fromkeys(ids)))
    elif operation.op == "add" and ids is not None and len(ids) == 1 and path.name.sub is None:
        yield AddMembers(_members(ids[0]))
    else:
        raise Mutability("A member of a group is added or removed; it is not changed into another.")


def _display_name(value: object) -> str:
    text = _text("displayName", value)
    if text is None or not text.strip():
        raise InvalidValue("displayName is required and is not blank.")
    return text


def _text(name: str, value: object) -> str | None:
    """Read text; an empty externalId is none."""
    return values.read(GROUP_ATTRIBUTES[name.lower()], value) or None


def _members(value: object) -> tuple[Member, ...]:
    """Read members, each once: objects, or their bare ids; an array or one alone."""
    given = value if isinstance(value, list) else [] if value is None else [value]
    if len(given) > MOST_MEMBERS:
        raise InvalidValue(f"A request names {MOST_MEMBERS} members at most.")
    found = (_member(one) for one in given if one is not None)
    return tuple({member.id: member for member in found}.values())


def _member(value: object) -> Member:
    parts: Mapping[str, Any] = values.parts(GROUP_ATTRIBUTES["members"], value)
    if not parts.get("value"):
        raise InvalidValue("A member is named by its id, as value.")
    kind = parts.get("type") or (NESTED if "/Groups/" in (parts.get("$ref") or "") else "User")
    return Member(parts["value"], NESTED if kind.lower() == NESTED.lower() else "User")
