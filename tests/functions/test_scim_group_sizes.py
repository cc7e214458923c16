"""SCIM groups of many: changes in parts, failures midway, and members who go."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from rollcall.actions import call as calls
from rollcall.domain.errors import Unavailable
from tests.functions.group_kit import crowd, inside, members, patch, people
from tests.functions.scim_kit import Provider

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.kit import Answer, World


@pytest.fixture
def idp(world: World) -> Provider:
    return Provider(world)


# ---------------------------------------------------------------- members who go


def test_whoever_is_removed_by_hand_or_by_the_provider_is_in_no_group(world: World, idp: Provider) -> None:
    (one,) = people(idp, 1)
    unmanaged = world.acme.member.id
    group = idp.group("Tars", one, unmanaged, world.acme.admin.id)
    with world.tells("member.removed", "member.removed"):
        assert idp.call("DELETE", f"/Users/{one}").status == 204
        assert world.call("DELETE", f"/v1/members/{unmanaged}", token=world.acme.owner.pat).status == 200
    assert inside(idp, group) == {world.acme.admin.id}
    with world.tells("member.left"):
        assert world.call("POST", "/v1/me/leave", {}, token=world.acme.admin.pat).status == 204
    assert inside(idp, group) == set()
    assert idp.get(f"/Groups/{group['id']}").headers["etag"] == 'W/"4"'
    assert world.items("G#") == world.items("SU#") == []


def test_whoever_is_being_removed_is_in_no_group_and_joins_none(world: World, idp: Provider) -> None:
    (one,) = people(idp, 1)
    group = idp.group("Tars", one)
    token = world.acme.service_token
    grant = world.call("PUT", f"/v1/members/{one}/grants/vault", {"name": "Vault"}, token=token)
    assert grant.status in {200, 201}
    assert idp.call("DELETE", f"/Users/{one}").status == 204
    assert world.member(one).status == "removing"
    assert inside(idp, group) == set()
    assert patch(idp, group, members("add", one)).status == 400
    assert world.items("SU#") == []


def test_whoever_is_in_very_many_groups_leaves_them_all(world: World, idp: Provider) -> None:
    (one,) = people(idp, 1)
    groups = [idp.group(f"G{number}", one) for number in range(64)]
    assert idp.call("DELETE", f"/Users/{one}").status == 204
    assert world.items("G#") == []
    assert {idp.get(f"/Groups/{group['id']}").headers["etag"] for group in groups} == {'W/"2"'}


def test_behaviour_33_a_deleted_group_leaves_its_members(world: World, idp: Provider) -> None:
    one, two = people(idp, 2)
    group = idp.group("Tars", one, two)
    path = f"/Groups/{group['id']}"
    with world.tells("group.deleted"):
        assert idp.call("DELETE", path).status == 204
    assert world.events("group.deleted")[-1]["before"]["removed"] == [one, two]
    for method, body in (("DELETE", None), ("GET", None), ("PUT", {"displayName": "T"})):
        assert idp.call(method, path, body).status == 404
    assert patch(idp, group, members("add", one)).status == 404
    assert "groups" not in idp.get(f"/Users/{one}").json


# ---------------------------------------------------------------- many


def test_a_few_hundred_members_go_in_parts_and_each_part_has_its_event(world: World, idp: Provider) -> None:
    everyone = crowd(world, 150)
    group = idp.group("Everyone", *everyone[:100])
    assert len(world.events("group.created")) + len(world.events("group.members_changed")) == 5
    assert len(group["members"]) == 100
    assert group["meta"]["version"] == 'W/"5"'
    assert patch(idp, group, members("replace", *everyone[50:])).status == 204
    told = idp.get(f"/Groups/{group['id']}").json
    assert [one["value"] for one in told["members"]] == sorted(everyone[50:])
    with world.unchanged():
        assert patch(idp, group, members("add", *everyone[50:])).status == 204
    assert idp.call("DELETE", f"/Groups/{group['id']}").status == 204
    assert world.items("G#") == world.items("GS#") == []
    assert len(world.events("group.deleted")) == 1


def test_nothing_of_a_large_change_happens_if_one_of_many_is_not_there(world: World, idp: Provider) -> None:
    everyone = crowd(world, 60)
    group = idp.group("Everyone", *everyone[:3])
    with world.unchanged():
        refused = patch(idp, group, members("add", *everyone[3:], world.globex.member.id))
    assert refused.status == 400


def test_a_failure_midway_is_503_and_the_same_request_completes_it(
    world: World, idp: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    everyone = crowd(world, 70)
    body = {"displayName": "Everyone", "members": [{"value": one} for one in everyone]}
    with _failing_after(monkeypatch, 2):
        broken = idp.call("POST", "/Groups", body)
    assert (broken.status, broken.headers["retry-after"]) == (503, "2")
    (begun,) = idp.get("/Groups").json["Resources"]
    assert len(begun["members"]) == 40
    made = idp.call("POST", "/Groups", body)
    assert (made.status, made.json["id"], len(made.json["members"])) == (201, begun["id"], 70)
    assert idp.call("POST", "/Groups", body).status == 409
    path = f"/Groups/{begun['id']}"
    for request in (("PATCH", path, members("remove", *everyone[:30])), ("DELETE", path, None)):
        with _failing_after(monkeypatch, 1):
            assert _sent(idp, *request).status == 503
        assert _sent(idp, *request).status == 204
    assert world.items("G#") == world.items("GS#") == []


def _sent(idp: Provider, method: str, path: str, change: Any) -> Answer:
    return idp.patch(path, change) if change else idp.call(method, path)


@contextmanager
def _failing_after(monkeypatch: pytest.MonkeyPatch, commits: int) -> Iterator[None]:
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
