"""Roles that groups give (R2, R3): they come and go with the group, but for owners and for roles given by hand."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from rollcall.domain.permissions import Role
from tests.functions.group_kit import crowd, failing_after, members, patch, people
from tests.functions.scim_kit import Provider
from tests.operations import put_role

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.kit import Answer, World

MAPPING = "/v1/team/scim-role-mapping"
ADMINS = {"group": "Admins", "role": "admin"}


@pytest.fixture
def idp(world: World) -> Provider:
    return Provider(world)


@contextmanager
def tells(world: World, *actions: str) -> Iterator[None]:
    """Assert that the block adds exactly these events; those of one change have no order."""
    before = len(world.events())
    yield
    assert sorted(event["action"] for event in world.events()[before:]) == sorted(actions)


def put_rules(world: World, *rules: dict[str, str], **headers: str) -> Answer:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    answer = world.call("PUT", MAPPING, {"mappings": list(rules)}, token=world.acme.owner.pat, headers=sent)
    assert answer.status == 200, answer.body
    return answer


def role(world: World, member: str) -> tuple[str, str]:
    stored = world.member(member)
    return stored.role.value, stored.role_source.value


def test_a_role_comes_with_the_group_and_goes_with_it_in_the_same_request(world: World, idp: Provider) -> None:
    (one,) = people(idp, 1)
    put_rules(world, ADMINS)
    group = idp.group("ADMINS")
    with tells(world, "group.members_changed", "member.role_changed"):
        assert patch(idp, group, members("add", one)).status == 204
    assert role(world, one) == ("admin", "mapping")
    (event,) = world.events("member.role_changed")
    assert (event["before"]["role"], event["after"]["role"]) == ("member", "admin")
    assert event["after"]["group"] == {"id": group["id"], "display_name": "ADMINS"}
    assert event["actor"]["credential"]["kind"] == "scim"
    with tells(world, "group.members_changed", "member.role_changed"):
        assert patch(idp, group, members("remove", one)).status == 204
    assert role(world, one) == ("member", "mapping")


def test_a_group_made_with_its_members_gives_them_their_role(world: World, idp: Provider) -> None:
    one, two = people(idp, 2)
    put_rules(world, ADMINS)
    with tells(world, "group.created", "member.role_changed", "member.role_changed"):
        group = idp.group("admins", one, two)
    assert role(world, one) == role(world, two) == ("admin", "mapping")
    with tells(world, "group.deleted", "member.role_changed", "member.role_changed"):
        assert idp.call("DELETE", f"/Groups/{group['id']}").status == 204
    assert role(world, one) == role(world, two) == ("member", "mapping")


def test_of_several_groups_the_highest_role_wins(world: World, idp: Provider) -> None:
    (one,) = people(idp, 1)
    staff, admins = idp.group("Staff", one), idp.group("Admins", one)
    other = idp.group("Other admins", one)
    put_rules(world, {"group": staff["id"], "role": "member"}, ADMINS, {"group": "other ADMINS", "role": "admin"})
    assert role(world, one) == ("admin", "mapping")
    assert patch(idp, admins, members("remove", one)).status == 204
    assert role(world, one) == ("admin", "mapping")
    assert patch(idp, other, members("remove", one)).status == 204
    assert role(world, one) == ("member", "mapping")


def test_a_role_given_by_hand_is_kept_and_the_audit_says_so(world: World, idp: Provider) -> None:
    (one,) = people(idp, 1)
    put_rules(world, ADMINS)
    group = idp.group("Admins", one)
    assert put_role(world, one, "admin").status == 200
    with tells(world, "group.members_changed"):
        assert patch(idp, group, members("remove", one)).status == 204
    assert role(world, one) == ("admin", "manual")
    assert world.events("group.members_changed")[-1]["after"]["roles_kept"] == {one: "manual"}
    invited = world.acme.member.id
    with tells(world, "group.members_changed"):
        assert patch(idp, group, members("add", invited)).status == 204
    assert role(world, invited) == ("member", "invitation")


def test_case_139_an_owner_stays_one_and_is_told_once_a_day(world: World, idp: Provider) -> None:
    put_rules(world, ADMINS)
    group = idp.group("Admins")
    owner = world.acme.owner.id
    with tells(world, "group.members_changed", "scim.refused"):
        assert patch(idp, group, members("add", owner)).status == 204
    told = world.events("scim.refused")[-1]
    assert (told["target"]["id"], told["after"]["cause"]) == (owner, "owner_protected")
    with tells(world, "group.members_changed", "group.members_changed"):
        assert patch(idp, group, members("remove", owner)).status == 204
        assert patch(idp, group, members("add", owner)).status == 204
    assert world.member(owner).owns
    world.advance(25 * 3600)
    with tells(world, "group.members_changed", "scim.refused"):
        assert patch(idp, group, members("remove", owner)).status == 204
    assert world.member(owner).owns


@pytest.mark.parametrize("name", ["owner", "Owners", "admin"])
def test_case_117_no_group_gives_the_owner_role(world: World, idp: Provider, name: str) -> None:
    (one,) = people(idp, 1)
    refused = world.call("PUT", MAPPING, {"mappings": [{"group": name, "role": "owner"}]}, token=world.acme.owner.pat)
    assert refused.status == 400
    idp.group(name, one)
    assert role(world, one) == ("member", "mapping")


def test_new_rules_reach_those_who_are_members_already(world: World, idp: Provider) -> None:
    one, two, other = people(idp, 3)
    first, second = idp.group("First", one, two), idp.group("Second", other)
    put_rules(world, {"group": first["id"], "role": "admin"})
    assert [role(world, who)[0] for who in (one, two, other)] == ["admin", "admin", "member"]
    put_rules(world, {"group": "second", "role": "admin"})
    assert [role(world, who)[0] for who in (one, two, other)] == ["member", "member", "admin"]
    with world.unchanged():
        put_rules(world, {"group": "second", "role": "admin"})
    put_rules(world)
    assert [role(world, who)[0] for who in (one, two, other)] == ["member", "member", "member"]
    assert "bh" not in repr(world.items("GS#"))
    assert second["id"]


def test_whoever_was_never_mapped_keeps_the_role_of_their_joining(world: World, idp: Provider) -> None:
    (one,) = people(idp, 1)
    world.rewrite(world.member(one), role=Role.ADMIN)
    group = idp.group("Nobody's")
    put_rules(world, ADMINS)
    assert patch(idp, group, members("add", one)).status == 204
    assert patch(idp, group, members("remove", one)).status == 204
    assert role(world, one) == ("admin", "mapping")


def test_a_group_of_another_name_gives_its_members_another_role(world: World, idp: Provider) -> None:
    one, two = people(idp, 2)
    put_rules(world, ADMINS)
    group = idp.group("Staff", one)
    rename = {"op": "replace", "path": "displayName", "value": "admins"}
    with tells(world, "group.updated", "member.role_changed", "member.role_changed"):
        assert patch(idp, group, rename, members("add", two)).status == 204
    assert [role(world, who)[0] for who in (one, two)] == ["admin", "admin"]
    assert patch(idp, group, {**rename, "value": "Staff"}).status == 204
    assert [role(world, who)[0] for who in (one, two)] == ["member", "member"]


def test_a_deactivated_member_has_the_role_of_their_groups_when_they_return(world: World, idp: Provider) -> None:
    (one,) = people(idp, 1)
    put_rules(world, ADMINS)
    assert idp.patch(f"/Users/{one}", {"op": "replace", "value": {"active": False}}).status in {200, 204}
    idp.group("Admins", one)
    assert idp.patch(f"/Users/{one}", {"op": "replace", "value": {"active": True}}).status in {200, 204}
    assert role(world, one) == ("admin", "mapping")


def test_many_roles_go_in_parts_which_fit_a_transaction(world: World, idp: Provider) -> None:
    everyone = people(idp, 33)
    put_rules(world, ADMINS)
    group = idp.group("Admins", *everyone)
    assert {role(world, who) for who in everyone} == {("admin", "mapping")}
    assert len(world.events("member.role_changed")) == 33
    assert len(group["members"]) == 33
    assert idp.call("DELETE", f"/Groups/{group['id']}").status == 204
    assert {role(world, who) for who in everyone} == {("member", "mapping")}
    assert len(world.events("group.deleted")) == 1


def test_invited_members_of_a_large_group_keep_their_roles(world: World, idp: Provider) -> None:
    put_rules(world, ADMINS)
    everyone = crowd(world, 25)
    idp.group("Admins", *everyone)
    assert {role(world, who)[1] for who in everyone} == {"invitation"}
    told: dict[str, Any] = {}
    for event in (*world.events("group.created"), *world.events("group.members_changed")):
        told |= event["after"]["roles_kept"]
    assert set(told) == set(everyone)


def test_a_failure_while_roles_are_looked_at_is_completed_by_the_same_request(
    world: World, idp: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    everyone = people(idp, 30)
    group = idp.group("Staff", *everyone)
    body = {"mappings": [{"group": "staff", "role": "admin"}]}
    key = {"idempotency-key": "0f8fad5b-d9cb-469f-a165-70867728950e"}
    for commits in (1, 3):
        with failing_after(monkeypatch, commits):
            assert world.call("PUT", MAPPING, body, token=world.acme.owner.pat, headers=key).status == 503
    assert {role(world, who)[0] for who in everyone} == {"admin", "member"}
    assert world.call("PUT", MAPPING, body, token=world.acme.owner.pat, headers=key).status == 200
    assert {role(world, who)[0] for who in everyone} == {"admin"}
    with world.unchanged():
        assert world.call("PUT", MAPPING, body, token=world.acme.owner.pat, headers=key).status == 200
    rename = {"op": "replace", "path": "displayName", "value": "Others"}
    with failing_after(monkeypatch, 2):
        assert patch(idp, group, rename).status == 503
    assert {role(world, who)[0] for who in everyone} == {"admin", "member"}
    assert patch(idp, group, rename).status == 204
    assert {role(world, who)[0] for who in everyone} == {"member"}
    assert len(world.events("group.updated")) == 1
