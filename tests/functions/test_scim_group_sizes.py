"""SCIM groups of many: changes in parts, failures midway, and members who go."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from infra.recount import recount
from rollcall import clock
from rollcall.domain import ids
from rollcall.storage import marks
from rollcall.storage.items import ClaimItem
from tests.functions.group_kit import crowd, failing_after, inside, members, patch, people
from tests.functions.scim_kit import Provider
from tests.operations import sign_in

if TYPE_CHECKING:
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


def test_a_large_change_may_rest_on_the_version_that_it_began_with(world: World, idp: Provider) -> None:
    everyone = crowd(world, 45)
    group = idp.group("Everyone", *everyone[:1])
    assert patch(idp, group, members("add", *everyone), headers={"if-match": 'W/"1"'}).status == 204
    with world.unchanged():
        assert patch(idp, group, members("remove", *everyone), headers={"if-match": 'W/"1"'}).status == 412
    version = idp.get(f"/Groups/{group['id']}").headers["etag"]
    assert idp.call("DELETE", f"/Groups/{group['id']}", headers={"if-match": version}).status == 204


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
    with failing_after(monkeypatch, 2):
        broken = idp.call("POST", "/Groups", body)
    assert (broken.status, broken.headers["retry-after"]) == (503, "2")
    (begun,) = idp.get("/Groups").json["Resources"]
    assert len(begun["members"]) == 40
    made = idp.call("POST", "/Groups", body)
    assert (made.status, made.json["id"], len(made.json["members"])) == (201, begun["id"], 70)
    assert idp.call("POST", "/Groups", body).status == 409
    path = f"/Groups/{begun['id']}"
    for request in (("PATCH", path, members("remove", *everyone[:30])), ("DELETE", path, None)):
        with failing_after(monkeypatch, 1):
            assert _sent(idp, *request).status == 503
        assert _sent(idp, *request).status == 204
    assert world.items("G#") == world.items("GS#") == []


def _sent(idp: Provider, method: str, path: str, change: Any) -> Answer:
    return idp.patch(path, change) if change else idp.call(method, path)


# ---------------------------------------------------------------- the books


def full(world: World, idp: Provider) -> list[str]:
    """Fill a team with all that a provider leaves: people with further addresses, groups in groups, notes."""
    addresses = [{"value": "one@idp.example", "primary": True}, {"value": "further@idp.example"}]
    one = idp.new("one@idp.example", externalId="x1", emails=addresses)["id"]
    two, three = people(idp, 2)
    inner = idp.group("Inner", one, two, three, world.acme.member.id)
    idp.group("Outer", inner["id"], externalId="g1")
    assert world.call("DELETE", f"/v1/members/{three}", token=world.acme.owner.pat).status == 200
    return [one, two]


def test_the_recount_finds_nothing_wrong_with_people_and_groups_of_a_provider(world: World, idp: Provider) -> None:
    one, two = full(world, idp)
    assert recount(world.acme.id) == []
    assert idp.call("DELETE", f"/Users/{one}").status == 204
    assert idp.patch(f"/Users/{two}", {"op": "replace", "path": "userName", "value": "other@idp.example"}).status < 300
    assert recount(world.acme.id) == []


@pytest.mark.parametrize("kind", ["group", "userName", "externalId"])
def test_the_recount_finds_claims_that_are_missing_or_of_somebody_else(world: World, idp: Provider, kind: str) -> None:
    full(world, idp)
    claim = next(item for item in world.items("U#") if f"#{kind}#" in item["PK"]["S"])
    holder = claim["h"]["S"]
    ClaimItem(claim["PK"]["S"], claim["SK"]["S"]).delete()
    (found,) = recount(world.acme.id)
    assert holder in found
    ClaimItem(claim["PK"]["S"] + "x", claim["SK"]["S"], holder=holder).save()
    assert len(recount(world.acme.id)) == 2


def test_the_purge_takes_what_the_provider_left(world: World, idp: Provider) -> None:
    full(world, idp)
    session = sign_in(world, world.acme.owner)
    marks.finished("P", clock.now())
    assert world.call("DELETE", "/v1/team", {"name": "Acme"}, token=session).status == 204
    world.mails()
    world.advance(3600)
    for _ in range(3):
        world.invoke("purge")
    code = ids.code(world.acme.id)
    kept = {item["PK"]["S"].partition("#")[0] for item in world.items() if code in item["PK"]["S"]}
    assert kept <= {"T", "A", "SEAL", "HEAD", "U"}
    assert [item["SK"]["S"] for item in world.items(f"T#{code}")] == ["TEAM"]
    left = [item for item in world.items(f"U#{code}") if "ttl" not in item]
    assert left == [], "what is left of claims lapses by itself"
