"""Lists of SCIM groups: by name, by id, by who is in them; paged, and without their members; what they cost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from rollcall.http import scim_paging
from tests.functions.group_kit import crowd, members, patch, people
from tests.functions.scim_kit import GROUP, Provider

if TYPE_CHECKING:
    from tests.kit import Answer, World


@pytest.fixture
def idp(world: World) -> Provider:
    return Provider(world)


COUNTED = {"X-Rollcall-Cost": "1"}


def cost(answer: Answer) -> float:
    return answer.cost["round_trips"]


# ---------------------------------------------------------------- lists


def wanted(idp: Provider, text: str, more: str = "") -> Any:

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
    everyone = people(idp, 3)
    for number in range(4):
        idp.group(f"G{number}", *everyone)
    size = len(repr(idp.get("/Groups?count=2").json["Resources"]))
    monkeypatch.setattr(scim_paging, "LARGEST_PAGE", size)
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
