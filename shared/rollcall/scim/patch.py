"""PATCH of users (RFC 7644, section 3.5.2) in both dialects of Entra, in Okta's and by the RFC: all or nothing."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from rollcall.scim import paths
from rollcall.scim.drafts import Draft, Op
from rollcall.scim.errors import InvalidPath, InvalidSyntax, InvalidValue, Mutability, NoTarget
from rollcall.scim.schemas import USER_NAMES
from rollcall.scim.users import checked

MOST_OPERATIONS = 1000


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation as it came; `path` is None where there is none, `value` where it is null or missing."""

    op: Op
    path: str | None
    value: Any


def patch_user(resource: Mapping[str, Any], body: object, own_id: str | None = None) -> dict[str, Any]:
    """Return the user after the operations; what was handed in stays as it is, also if an operation is refused.

    Equal to `resource` if everything was so already. Without `own_id`, an id in a value without path is not compared.
    """
    draft = Draft(resource)
    for operation in operations(body):
        if operation.path is not None:
            draft.apply(operation.op, paths.parse(operation.path, USER_NAMES), operation.value)
        else:
            draft.merge(operation.op, pathless(operation, own_id), strict=True)
    return checked(draft.finished())


def operations(body: object) -> Iterator[Operation]:
    """Yield the operations of a PATCH's body in order; members that the RFC does not know are ignored."""
    given = _folded(body, "A PATCH's body").get("operations")
    if not isinstance(given, list) or not given:
        raise InvalidSyntax("Operations is an array of at least one operation.")
    if len(given) > MOST_OPERATIONS:
        raise InvalidSyntax(f"A PATCH has {MOST_OPERATIONS} operations at most.")
    for number, one in enumerate(given, 1):
        yield _operation(_folded(one, f"Operation {number}"), number)


def _folded(value: object, what: str) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise InvalidSyntax(f"{what} is a JSON object.")
    return {str(key).lower(): member for key, member in value.items()}


def _operation(given: Mapping[str, Any], number: int) -> Operation:
    op, path = str(given.get("op")).lower(), given.get("path")
    if op not in {"add", "replace", "remove"}:
        raise InvalidSyntax(f"Operation {number}: op is add, replace or remove.")
    if path is not None and not isinstance(path, str):
        raise InvalidPath(f"Operation {number}: path is text.")
    if op == "remove" and not path:
        raise NoTarget(f"Operation {number}: remove needs a path.")
    if op != "remove" and "value" not in given:
        raise InvalidValue(f"Operation {number}: {op} needs a value.")
    return Operation(cast("Op", op), path or None, given.get("value"))


def pathless(operation: Operation, own_id: str | None) -> Mapping[str, Any]:
    """Return the value of an operation without path: an object, which may repeat the resource's own id only."""
    value = operation.value
    if not isinstance(value, Mapping):
        raise InvalidValue("The value of an operation without path is an object of attributes.")
    ids = [given for key, given in value.items() if key.lower() == "id"]
    if own_id is not None and any(given not in (None, own_id) for given in ids):
        raise Mutability("A resource's id is given by the service and stays.")
    return value
