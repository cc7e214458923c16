"""SCIM groups: who is in them, what an identity provider may do with them, and the lists that show them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from rollcall.domain import ids
from rollcall.domain.groups import MOST_GROUPS
from tests.functions.scim_kit import GROUP, Provider

if TYPE_CHECKING:
    from tests.kit import Answer, World

COUNTED = {"X-Rollcall-Cost": "1"}


@pytest.fixture
def idp(world: World) -> Provider:
    return Provider(world)


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


def cost(answer: Answer) -> float:
    return answer.cost["round_trips"]


# ---------------------------------------------------------------- create


def test_a_group_is_created_with_its_members_and_told_whole(world: World, idp: Provider) -> None:
    one, two = people(idp, 2)
    with world.tells("group.created"):
        body = {"schemas": [GROUP], "displayName": "Tour Guides", "externalId": "8f1", "members": [{"value": one}]}
        body["members"] += [{"value": two, "display": "Two", "$ref": "https://elsewhere.example/Users/2"}]
        made = idp.call("POST", "/Groups", body)
    assert made.status == 201
    group = made.json
    assert made.headers["location"] == group["meta"]["location"]
    assert made.headers["etag"] == group["meta"]["version"]
    assert (group["displayName"], group["externalId"]) == ("Tour Guides", "8f1")
    assert [one["type"] for one in group["members"]] == ["User", "User"]
    assert idp.get(f"/Groups/{group['id']}").json == group
    assert inside(idp, group) == {one, two}
    (event,) = world.events("group.created")
    assert event["after"] == {"display_name": "Tour Guides", "external_id": "8f1", "added": [one, two]}
    assert event["actor"]["kind"] == "scim"


def test_behaviour_28_a_second_group_of_a_name_in_any_case_is_no_group(world: World, idp: Provider) -> None:
    idp.group("Engineering")
    other = idp.group("Design")
    with world.unchanged():
        again = idp.call("POST", "/Groups", {"displayName": "ENGINEERING"})
        renamed = patch(idp, other, {"op": "replace", "path": "displayName", "value": "engineering"})
        put = idp.call("PUT", f"/Groups/{other['id']}", {"displayName": "eNGINEERING"})
    for refused in (again, renamed, put):
        assert (refused.status, refused.json["scimType"], refused.json["status"]) == (409, "uniqueness", "409")


def test_a_name_is_free_again_when_its_group_has_another_or_is_gone(idp: Provider) -> None:
    first = idp.group("One")
    assert patch(idp, first, {"op": "replace", "value": {"id": first["id"], "displayName": "Two"}}).status == 204
    second = idp.group("One")
    assert idp.call("DELETE", f"/Groups/{second['id']}").status == 204
    assert idp.group("one")["id"] not in {first["id"], second["id"]}


@pytest.mark.parametrize(
    "body", [{}, {"displayName": "  "}, {"displayName": 7}, {"displayName": "A", "members": 3}, []]
)
def test_a_group_without_a_name_or_with_members_that_are_none_is_refused(
    world: World, idp: Provider, body: object
) -> None:
    with world.unchanged():
        refused = idp.call("POST", "/Groups", body)
    assert refused.status == 400
    assert refused.json["scimType"] in {"invalidValue", "invalidSyntax"}


def test_behaviour_15_a_foreign_schema_and_unknown_attributes_do_no_harm(idp: Provider) -> None:
    body = {"schemas": ["urn:other:Group"], "displayName": "Sales", "whatever": {"a": 1}, "id": "mine"}
    made = idp.call("POST", "/Groups", body)
    assert made.status == 201
    assert made.json["schemas"] == [GROUP]
    assert made.json["id"] != "mine"


# ---------------------------------------------------------------- members


def test_behaviour_09_removing_named_members_removes_no_others(world: World, idp: Provider) -> None:
    one, two, three = people(idp, 3)
    group = idp.group("Tars", one, two, three)
    with world.tells("group.members_changed"):
        assert patch(idp, group, members("Remove", one, two)).status == 204
    assert inside(idp, group) == {three}
    assert world.events("group.members_changed")[-1]["after"] == {"removed": [one, two]}


def test_behaviour_10_one_patch_removes_by_filter_several_times_and_adds_again(world: World, idp: Provider) -> None:
    one, two, three = people(idp, 3)
    group = idp.group("Tars", one, two)
    gone = [{"op": "remove", "path": f'members[value eq "{who}"]'} for who in (one, two)]
    with world.tells("group.members_changed"):
        assert patch(idp, group, *gone, members("add", two, three), members("remove", three)).status == 204
    assert inside(idp, group) == {two}


def test_behaviour_11_adding_who_is_there_and_removing_who_is_not_changes_nothing(world: World, idp: Provider) -> None:
    one, two = people(idp, 2)
    group = idp.group("Tars", one)
    world.advance(60)
    with world.unchanged():
        for change in (members("add", one), members("remove", two), members("Remove", "mem_unknown")):
            assert patch(idp, group, change).status == 204
        assert idp.call("PUT", f"/Groups/{group['id']}", group).json == group
    assert idp.get(f"/Groups/{group['id']}").json["meta"] == group["meta"]


def test_the_time_of_the_last_change_moves_with_the_version(world: World, idp: Provider) -> None:
    (one,) = people(idp, 1)
    group = idp.group("Tars")
    world.advance(60)
    assert patch(idp, group, members("add", one)).status == 204
    after = idp.get(f"/Groups/{group['id']}").json["meta"]
    assert after["version"] == 'W/"2"'
    assert after["lastModified"] > group["meta"]["lastModified"]
    assert after["created"] == group["meta"]["created"]


def test_case_157_members_without_value_are_all_and_a_filter_without_match_is_nobody(
    world: World, idp: Provider
) -> None:
    one, two = people(idp, 2)
    group = idp.group("Tars", one, two)
    with world.unchanged():
        assert patch(idp, group, {"op": "remove", "path": "members", "value": []}).status == 204
        assert patch(idp, group, {"op": "remove", "path": 'members[type eq "Group"]'}).status == 204
        assert patch(idp, group, {"op": "remove", "path": f'members[value eq "{world.acme.owner.id}"]'}).status == 204
    with world.tells("group.members_changed"):
        assert patch(idp, group, {"op": "remove", "path": "members"}).status == 204
    assert inside(idp, group) == set()


def test_a_filter_may_ask_for_the_name_of_a_member(idp: Provider) -> None:
    one = idp.new("ann@idp.example", displayName="Ann Other")["id"]
    two = people(idp, 1)[0]
    group = idp.group("Tars", one, two)
    name = idp.get(f"/Users/{one}").json["displayName"]
    assert patch(idp, group, {"op": "remove", "path": f'members[display eq "{name.upper()}"]'}).status == 204
    assert inside(idp, group) == {two}


def test_replacing_members_leaves_exactly_those_named(world: World, idp: Provider) -> None:
    one, two, three = people(idp, 3)
    group = idp.group("Tars", one, two)
    with world.tells("group.members_changed"):
        assert patch(idp, group, members("replace", two, three)).status == 204
    assert inside(idp, group) == {two, three}
    with world.tells("group.updated"):
        put = idp.call("PUT", f"/Groups/{group['id']}", {"displayName": "New", "members": [{"value": one}]})
    assert put.status == 200
    assert put.headers["etag"] == put.json["meta"]["version"] == 'W/"3"'
    assert [member["value"] for member in put.json["members"]] == [one]
    assert inside(idp, group) == {one}


def test_case_143_nobody_of_another_team_is_let_in(world: World, idp: Provider) -> None:
    (one,) = people(idp, 1)
    group = idp.group("Tars", one)
    with world.unchanged():
        for named in (world.globex.owner.id, "mem_00000000000000000000000000", "", "x" * 3000, "MEM_1", group["id"]):
            for change in (members("add", one, named), members("replace", named)):
                refused = patch(idp, group, change)
                assert (refused.status, refused.json["scimType"]) == (400, "invalidValue")
            body = {"displayName": "Other", "members": [{"value": named}]}
            assert idp.call("POST", "/Groups", body).status == 400
    assert "Other" not in repr(idp.get("/Groups").json)


def test_case_143_another_team_never_reaches_a_group(world: World, idp: Provider) -> None:
    (one,) = people(idp, 1)
    group = idp.group("Tars", one)
    other = Provider(world, world.globex)
    path = f"/Groups/{group['id']}"
    with world.unchanged():
        assert other.get(path).status == other.call("PUT", path, {"displayName": "X"}).status == 404
        assert other.patch(path, members("remove", one)).status == other.call("DELETE", path).status == 404
        for wanted in ('displayName eq "Tars"', f'id eq "{group["id"]}"', f'members.value eq "{one}"'):
            assert other.get(f"/Groups?filter={wanted.replace(' ', '+')}").json["totalResults"] == 0


def test_a_patch_of_a_group_is_all_or_nothing(world: World, idp: Provider) -> None:
    one, two = people(idp, 2)
    group = idp.group("Tars", one)
    rename = {"op": "replace", "path": "displayName", "value": "Other"}
    with world.unchanged():
        assert patch(idp, group, rename, members("add", two), members("add", "nobody")).status == 400
        assert patch(idp, group, rename, {"op": "remove", "path": "displayName"}).status == 400
    with world.tells("group.updated"):
        assert patch(idp, group, rename, members("add", two), members("remove", one)).status == 204
    (event,) = world.events("group.updated")
    assert event["before"] == {"display_name": "Tars", "external_id": None}
    assert event["after"] == {"display_name": "Other", "external_id": None, "added": [two], "removed": [one]}


def test_behaviour_35_the_whole_resource_may_come_back(world: World, idp: Provider) -> None:
    group = idp.group("Tars", *people(idp, 2), externalId="x")
    with world.unchanged():
        assert idp.call("PUT", f"/Groups/{group['id']}", group).json == group


def test_behaviour_14_a_patch_answers_with_a_body_only_where_attributes_are_asked_for(idp: Provider) -> None:
    group = idp.group("Tars")
    (one,) = people(idp, 1)
    silent = patch(idp, group, members("add", one))
    assert (silent.status, silent.body) == (204, b"")
    asked = idp.patch(f"/Groups/{group['id']}?attributes=displayName", members("remove", one))
    assert asked.status == 200
    assert asked.json == {"schemas": [GROUP], "id": group["id"], "displayName": "Tars"}
    assert asked.headers["etag"] == 'W/"3"'


def test_case_162_a_change_may_rest_on_the_version(world: World, idp: Provider) -> None:
    one, two = people(idp, 2)
    group = idp.group("Tars", one)
    path, stale = f"/Groups/{group['id']}", {"if-match": 'W/"7"'}
    with world.unchanged():
        assert patch(idp, group, members("add", two), headers=stale).status == 412
        assert idp.call("PUT", path, {"displayName": "X"}, stale).status == 412
        assert idp.call("DELETE", path, headers=stale).status == 412
    assert patch(idp, group, members("add", two), headers={"if-match": 'W/"1"'}).status == 204
    assert idp.get(path, headers={"if-none-match": 'W/"2"'}).status == 304
    assert idp.get(path, headers={"if-none-match": 'W/"1"'}).status == 200
    assert idp.call("DELETE", path, headers={"if-match": 'W/"2"'}).status == 204


def test_a_group_in_a_group_stays_as_it_was_given(idp: Provider) -> None:
    one, two = people(idp, 2)
    inner = idp.group("Inner", one)
    outer = idp.group("Outer", inner["id"], two)
    assert {member["type"] for member in outer["members"]} == {"Group", "User"}
    assert inside(idp, outer) == {inner["id"], two}
    refs = {member["value"]: member["$ref"] for member in outer["members"]}
    assert refs[inner["id"]] == inner["meta"]["location"]
    assert [group["value"] for group in idp.get(f"/Users/{one}").json["groups"]] == [inner["id"]]
    assert idp.call("DELETE", f"/Groups/{inner['id']}").status == 204
    assert inside(idp, outer) == {two}


def test_a_member_is_in_so_many_groups_at_most(world: World, idp: Provider) -> None:
    (one,) = people(idp, 1)
    idp.group("First", one)
    stored = next(item for item in world.items("SU#") if item["SK"]["S"] == ids.code(one))
    codes = [f"{number:022d}" for number in range(1, MOST_GROUPS)]
    _set_groups(world, stored, codes)
    group = idp.group("One more", one)
    refused = idp.call("POST", "/Groups", {"displayName": "Too many", "members": [{"value": one}]})
    assert (refused.status, refused.json["scimType"]) == (400, "invalidValue")
    assert patch(idp, group, members("remove", one)).status == 204


def _set_groups(world: World, stored: dict[str, Any], codes: list[str]) -> None:
    from rollcall.storage.items import DescriptionItem  # noqa: PLC0415 the package learns the table's name first

    DescriptionItem(stored["PK"]["S"], stored["SK"]["S"]).update([DescriptionItem.groups.set(set(codes))])
    del world


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
    for request in (("PATCH", path, members("remove", *everyone[:50])), ("DELETE", path, None)):
        with _failing_after(monkeypatch, 1):
            assert _sent(idp, *request).status == 503
        assert _sent(idp, *request).status == 204
    assert world.items("G#") == world.items("GS#") == []


def _sent(idp: Provider, method: str, path: str, change: Any) -> Answer:
    return idp.patch(path, change) if change else idp.call(method, path)


def _failing_after(monkeypatch: pytest.MonkeyPatch, commits: int) -> Any:
    from rollcall.actions import call  # noqa: PLC0415 as above
    from rollcall.domain.errors import Unavailable  # noqa: PLC0415 as above

    original, left = call.commit, [commits]

    def commit(*told: Any) -> None:
        if not left[0]:
            raise Unavailable
        left[0] -= 1
        original(*told)

    context = monkeypatch.context()
    patched = context.__enter__()
    patched.setattr(call, "commit", commit)

    class Around:
        def __enter__(self) -> None:
            pass

        def __exit__(self, *told: object) -> None:
            context.__exit__(None, None, None)

    return Around()


def crowd(world: World, count: int) -> list[str]:
    """Add members to the team and return their ids."""
    made = bulk.load(world.acme.id, [a_member(world.team()) for _ in range(count)], first_free=1024)
    return [member.id for member in made]


# ---------------------------------------------------------------- lists


def wanted(idp: Provider, text: str, more: str = "") -> Any:
    from urllib.parse import quote  # noqa: PLC0415

    answer = idp.get(f"/Groups?filter={quote(text)}{more}")
    assert answer.status == 200, answer.body
    return answer.json


def test_groups_are_listed_in_the_order_in_which_they_were_made(idp: Provider) -> None:
    names = [f"G{number}" for number in (3, 1, 2, 5, 4)]
    for name in names:
        idp.group(name)
    whole = idp.get("/Groups").json
    assert [group["displayName"] for group in whole["Resources"]] == names
    assert (whole["totalResults"], whole["startIndex"], whole["itemsPerPage"]) == (5, 1, 5)
    page = idp.get("/Groups?startIndex=4&count=3").json
    assert [group["displayName"] for group in page["Resources"]] == names[3:]
    assert (page["totalResults"], page["startIndex"], page["itemsPerPage"]) == (5, 4, 2)
    assert idp.get("/Groups?count=0").json["totalResults"] == 5
    assert idp.get("/Groups?startIndex=9").json["Resources"] == []
    ordered = idp.get("/Groups?sortBy=displayName&sortOrder=descending").json["Resources"]
    assert [group["displayName"] for group in ordered] == sorted(names, reverse=True)


def test_groups_are_walked_by_cursor(idp: Provider) -> None:
    for number in range(5):
        idp.group(f"G{number}")
    seen, cursor = [], ""
    while cursor is not None:
        page = idp.get(f"/Groups?count=2&cursor={cursor}").json
        assert page["totalResults"] == 5
        seen += [group["displayName"] for group in page["Resources"]]
        cursor = page.get("nextCursor")
    assert seen == [f"G{number}" for number in range(5)]
    assert idp.get("/Groups?count=2&cursor=forged").json["scimType"] == "invalidCursor"


def test_behaviour_17_groups_are_found_by_name_in_any_case_and_by_ids_exactly(idp: Provider) -> None:
    group = idp.group("Ünïcode Team", externalId="AbC")
    idp.group("Other", externalId="abc")
    for text in (
        'displayName eq "ÜNÏCODE team"',
        'displayname EQ "ünïcode TEAM"',
        f'id eq "{group["id"]}"',
        'externalId eq "AbC"',
        'urn:ietf:params:scim:schemas:core:2.0:Group:displayName sw "ünï"',
        f'id eq "{group["id"]}" and displayName co "team"',
        'not (displayName eq "other")',
    ):
        told = wanted(idp, text)
        assert [one["id"] for one in told["Resources"]] == [group["id"]], text
        assert told["totalResults"] == 1
    for text in ('displayName eq "Nothing"', f'id eq "{group["id"].lower()}"', 'externalId eq "ABC"', "userName pr"):
        assert wanted(idp, text)["totalResults"] == 0


def test_groups_are_found_by_who_is_in_them(idp: Provider) -> None:
    one, two = people(idp, 2)
    first, second = idp.group("First", one, two), idp.group("Second", two)
    outer = idp.group("Outer", first["id"])
    for text, found in (
        (f'members.value eq "{one}"', [first]),
        (f'members[value eq "{two}"]', [first, second]),
        (f'members eq "{two}"', [first, second]),
        (f'id eq "{first["id"]}" and members eq "{two}"', [first]),
        (f'id eq "{second["id"]}" and members eq "{one}"', []),
        (f'members.value eq "{one}" and members.value eq "{two}"', [first]),
        (f'members.value eq "{two}" and not (members.value eq "{one}")', [second]),
        (f'members[value eq "{two}" and type eq "User"]', [first, second]),
        (f'members.value eq "{first["id"]}"', [outer]),
        ('members.type eq "Group"', [outer]),
        ('members.value eq "nobody"', []),
    ):
        listed = wanted(idp, text)["Resources"]
        assert [group["id"] for group in listed] == [group["id"] for group in found], text


def test_behaviour_21_members_are_left_out_where_that_is_asked(idp: Provider) -> None:
    (one,) = people(idp, 1)
    group = idp.group("Tars", one)
    path = f"/Groups/{group['id']}?excludedAttributes=members"
    assert "members" not in idp.get(path).json
    (listed,) = wanted(idp, 'displayName eq "tars"', "&excludedAttributes=members")["Resources"]
    assert "members" not in listed
    (named,) = idp.get("/Groups?attributes=members.value").json["Resources"]
    assert named == {"schemas": [GROUP], "id": group["id"], "members": [{"value": one}]}
    put = idp.call("PUT", path, group)
    assert "members" not in put.json
    made = idp.call("POST", "/Groups?attributes=displayName", {"displayName": "More", "members": [{"value": one}]})
    assert set(made.json) == {"schemas", "id", "displayName"}


def test_a_page_is_closed_before_it_grows_too_large(idp: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    from rollcall.http import scim_group_routes  # noqa: PLC0415 as above

    everyone = people(idp, 3)
    for number in range(4):
        idp.group(f"G{number}", *everyone)
    size = len(repr(idp.get("/Groups?count=2").json["Resources"]))
    monkeypatch.setattr(scim_group_routes.texts, "__defaults__", (size,))
    page = idp.get("/Groups").json
    assert page["totalResults"] == 4
    assert page["itemsPerPage"] == len(page["Resources"]) < 4
    seen, cursor = [], ""
    while cursor is not None:
        page = idp.get(f"/Groups?cursor={cursor}").json
        seen += [group["displayName"] for group in page["Resources"]]
        cursor = page.get("nextCursor")
    assert seen == [f"G{number}" for number in range(4)]


def test_a_search_below_the_root_finds_users_and_then_groups(idp: Provider) -> None:
    total = idp.get("/Users?count=0").json["totalResults"]
    names = [f"G{number}" for number in range(3)]
    for name in names:
        idp.group(name)
    body = {"startIndex": total, "count": 3, "attributes": ["displayName", "userName"]}
    page = idp.call("POST", "/.search", body).json
    assert (page["totalResults"], page["startIndex"], page["itemsPerPage"]) == (total + 3, total, 3)
    assert "userName" in page["Resources"][0]
    assert [one["displayName"] for one in page["Resources"][1:]] == names[:2]
    only = idp.call("POST", "/.search", {"filter": 'displayName eq "g1"'}).json
    assert [one["displayName"] for one in only["Resources"]] == ["G1"]
    seen, cursor = [], ""
    while cursor is not None:
        page = idp.call("POST", "/.search", {"count": 7, "cursor": cursor}).json
        seen += [one["id"] for one in page["Resources"]]
        cursor = page.get("nextCursor")
    assert len(seen) == len(set(seen)) == total + 3


# ---------------------------------------------------------------- costs


def test_group_operations_cost_what_is_said(idp: Provider) -> None:
    one, two = people(idp, 2)
    group = idp.group("Tars", one)
    path = f"/Groups/{group['id']}"
    assert cost(patch(idp, group, members("add", two), headers=COUNTED)) == 2
    assert cost(patch(idp, group, members("remove", two), headers=COUNTED)) == 3
    assert cost(patch(idp, group, members("add", two), headers=COUNTED)) == 3
    assert cost(idp.get(path, headers=COUNTED)) == 2
    assert cost(idp.get(f"{path}?excludedAttributes=members", headers=COUNTED)) == 1
    found = idp.get('/Groups?filter=displayName+eq+"tars"&excludedAttributes=members', headers=COUNTED)
    assert cost(found) == 2
    made = idp.call("POST", "/Groups?excludedAttributes=members", {"displayName": "New"}, headers=COUNTED)
    assert cost(made) == 2


def test_a_change_costs_the_same_however_many_members_there_are(world: World, idp: Provider) -> None:
    one, two = people(idp, 2)
    few, many = idp.group("Few", one), idp.group("Many", *crowd(world, 60))
    costs = [patch(idp, group, members("add", two), headers=COUNTED).cost for group in (few, many)]
    assert costs[0]["round_trips"] == costs[1]["round_trips"] - 1  # whoever is in a group has a set to be read
    assert costs[0]["rru"] <= costs[1]["rru"] + 2
