"""What tests of SCIM groups share: people to put into them, the operations of a PATCH, and who is inside."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rollcall.actions import call as calls
from rollcall.domain.errors import Unavailable
from rollcall.storage import bulk
from tests.values import a_member

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest

    from tests.functions.scim_kit import Provider
    from tests.kit import Answer, World


def people(idp: Provider, count: int) -> list[str]:
    return [str(idp.new(f"p{number}@idp.example")["id"]) for number in range(count)]


def inside(idp: Provider, group: Any) -> set[str]:
    """Return who is in a group, as its GET tells; each member says that they are."""
    told = idp.get(f"/Groups/{group['id']}")
    assert told.status == 200
    found = {one["value"] for one in told.json.get("members", [])}
    assert len(found) == len(told.json.get("members", []))
    for one in found:
        if one.startswith("mem_"):
            groups = idp.get(f"/Users/{one}").json["groups"]
            assert group["id"] in {of["value"] for of in groups}
    return found


def members(op: str, *values: str) -> dict[str, Any]:
    return {"op": op, "path": "members", "value": [{"value": one} for one in values]}


def patch(idp: Provider, group: Any, *operations: dict[str, Any], **more: Any) -> Answer:
    return idp.patch(f"/Groups/{group['id']}", *operations, **more)


def crowd(world: World, count: int) -> list[str]:
    """Add members to the team and return their ids."""
    made = bulk.load(world.acme.id, [a_member(world.team()) for _ in range(count)], first_free=1024)
    return [member.id for member in made]


@contextmanager
def failing_after(monkeypatch: pytest.MonkeyPatch, commits: int) -> Iterator[None]:
    """Let the table fail after so many changes."""
    original, left = calls.commit, [commits]  # type: ignore[attr-defined]  # where actions find it

    def commit(*told: Any) -> None:
        if not left[0]:
            raise Unavailable
        left[0] -= 1
        original(*told)

    with monkeypatch.context() as patched:
        patched.setattr(calls, "commit", commit)
        yield
