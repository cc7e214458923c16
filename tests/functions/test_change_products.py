"""PUT /v1/members/{id}/products, and what access is worth once a product is gone (M6, I21)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.operations import ask, crowd, get_member, leave, listed, newest, put_products, put_role, remove
from tests.values import only

if TYPE_CHECKING:
    from tests.kit import World

ALL = {"all": True}
WRONG: list[tuple[object, list[str]]] = [
    ({}, ["/only"]),
    ({"all": True, "only": []}, ["/all"]),
    ({"all": False}, ["/all"]),
    ({"all": 1}, ["/all"]),
    ({"all": None}, ["/all"]),
    ({"only": None}, ["/only"]),
    ({"only": "trustgate"}, ["/only"]),
    ({"only": {}}, ["/only"]),
    ({"only": ["trustgate", "trustgate"]}, ["/only/1"]),
    ({"only": ["nothing"]}, ["/only"]),
    ({"only": ["trustgate", "nothing"]}, ["/only"]),
    ({"only": ["TrustGate"]}, ["/only/0"]),
    ({"only": [1]}, ["/only/0"]),
    ({"only": [f"product-{n}" for n in range(51)]}, ["/only"]),
    ({"only": [], "role": "owner"}, ["/role"]),
    ({"all": True, "version": 9}, ["/version"]),
]


def add_product(world: World, key: str) -> None:
    assert ask(world, "POST", "/v1/team/products", {"key": key, "name": key.title()}).status == 201


def drop_product(world: World, key: str) -> None:
    assert ask(world, "DELETE", f"/v1/team/products/{key}").status == 204


def total(world: World, query: str) -> int:
    """Return the list's total, having seen that it counts the rows of all pages (I19)."""
    rows: list[Any] = []
    cursor = ""
    while True:
        page = ask(world, "GET", f"/v1/members?limit=20{query}{cursor}").json
        rows += page["data"]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert page["total"] == len(rows) == len({row["id"] for row in rows})
    return len(rows)


def opens(world: World, member: str) -> Any:
    """Return the effective access, having seen that record, list and profile agree on it."""
    told = get_member(world, member).json
    (row,) = [row for row in listed(world).json["data"] if row["id"] == member]
    assert row["products"] == told["products"]
    return told["products"]


# ---------------------------------------------------------------- the change


@pytest.mark.parametrize("wanted", [ALL, {"only": []}, {"only": ["trustgate"]}, {"only": ["trusttest", "trustgate"]}])
def test_case_122_access_changes_with_one_event_and_the_role_stays(world: World, wanted: dict[str, Any]) -> None:
    mia = world.acme.member
    put_products(world, mia.id, {"only": ["trustvault"]})
    before = get_member(world, mia.id).json
    with world.tells("member.products_changed"):
        changed = put_products(world, mia.id, wanted, world.acme.admin.pat)
    expected = ALL if wanted == ALL else {"only": sorted(wanted["only"])}
    assert changed.status == 200
    assert changed.json == {**before, "products": expected, "version": before["version"] + 1, "last_active_at": None}
    assert opens(world, mia.id) == expected
    event = newest(world, "member.products_changed")
    assert (event["before"]["products"], event["after"]["products"]) == ({"only": ["trustvault"]}, expected)
    assert event["before"]["role"] == event["after"]["role"] == "member"


def test_case_124_the_same_access_again_is_no_event_and_no_new_version(world: World) -> None:
    mia = world.acme.member
    put_products(world, mia.id, {"only": ["trustgate", "trusttest"]})
    with world.unchanged(), world.tells():
        again = put_products(world, mia.id, {"only": ["trusttest", "trustgate"]})
    assert again.status == 200


@pytest.mark.parametrize(("body", "pointers"), WRONG, ids=[str(body)[:50] for body, _ in WRONG])
def test_case_106_access_is_all_or_a_list_of_the_teams_own_products(
    world: World, body: object, pointers: list[str]
) -> None:
    with world.unchanged():
        refused = put_products(world, world.acme.member.id, body)
    assert (refused.status, refused.pointers) == (400, pointers)


def test_case_106_another_teams_product_is_unknown_here(world: World) -> None:
    session_products = ask(
        world, "POST", "/v1/team/products", {"key": "globexonly", "name": "G"}, world.globex.owner.pat
    )
    assert session_products.status == 201
    with world.unchanged():
        refused = put_products(world, world.acme.member.id, {"only": ["globexonly"]})
    assert (refused.status, refused.pointers) == (400, ["/only"])


def test_case_120_an_admin_does_not_change_an_owners_products(world: World) -> None:
    with world.unchanged():
        refused = put_products(world, world.acme.owner.id, {"only": []}, world.acme.admin.pat)
    assert (refused.status, refused.code) == (403, "above_your_rank")


def test_case_118_a_member_does_not_change_their_own_products(world: World) -> None:
    with world.unchanged():
        assert put_products(world, world.acme.member.id, ALL, world.acme.member.pat).status == 403


def test_case_121_an_admin_of_one_product_is_still_a_full_admin_of_the_team(world: World) -> None:
    adam = world.acme.admin
    assert put_products(world, adam.id, {"only": ["trustgate"]}).status == 200
    assert ask(world, "GET", "/v1/team/settings/tokens", None, adam.pat).status == 200
    assert put_products(world, world.acme.member.id, {"only": ["trustvault"]}, adam.pat).status == 200
    assert opens(world, adam.id) == {"only": ["trustgate"]}


def test_case_125_a_stale_version_changes_nothing(world: World) -> None:
    mia = world.acme.member.id
    tag = get_member(world, mia).headers["etag"]
    put_products(world, mia, {"only": []})
    with world.unchanged():
        stale = put_products(world, mia, {"only": ["trustgate"]}, If_Match=tag)
    assert (stale.status, stale.code) == (412, "stale_version")


def test_case_186_another_teams_member_is_as_unknown_as_nobody(world: World) -> None:
    with world.unchanged():
        answers = [put_products(world, who, ALL) for who in (world.globex.member.id, "mem_" + "0" * 26)]
    assert answers[0].essence == answers[1].essence
    assert answers[0].status == 404


# ---------------------------------------------------------------- products come and go


def test_a_product_added_later_opens_to_those_with_all_products_and_to_nobody_else(world: World) -> None:
    mia = world.acme.member
    put_products(world, mia.id, {"only": ["trustgate"]})
    everybody = total(world, "&status=all&product=trustgate") - 1
    assert everybody > 0
    add_product(world, "trustnew")
    assert opens(world, mia.id) == {"only": ["trustgate"]}
    assert opens(world, world.acme.owner.id) == ALL
    with_new = total(world, "&status=all&product=trustnew")
    assert with_new == sum(row["products"] == ALL for row in listed(world).json["data"])


def test_i21_a_removed_product_opens_to_nobody_in_record_list_filter_and_totals(world: World) -> None:
    mia = world.acme.member
    put_products(world, mia.id, {"only": ["trustgate", "trusttest"]})
    before = {product: total(world, f"&product={product}") for product in ("trusttest", "trustvault")}
    members = total(world, "")
    drop_product(world, "trustgate")
    assert opens(world, mia.id) == {"only": ["trusttest"]}
    assert ask(world, "GET", "/v1/me", None, mia.pat).json["products"] == {"only": ["trusttest"]}
    assert not [row for row in listed(world).json["data"] if "trustgate" in row["products"].get("only", [])]
    with world.unchanged():
        refused = ask(world, "GET", "/v1/members?product=trustgate")
        assert put_products(world, mia.id, {"only": ["trustgate"]}).pointers == ["/only"]
    assert (refused.status, refused.pointers) == (400, ["?product"])
    assert {product: total(world, f"&product={product}") for product in before} == before
    assert total(world, "") == members


def test_i21_whoever_had_only_the_removed_product_has_none_and_counts_on(world: World) -> None:
    (alone,) = crowd(world, {"products": only("trustgate")})
    totals = {query: total(world, query) for query in ("", "&role=member", "&product=trusttest")}
    drop_product(world, "trustgate")
    assert opens(world, alone.id) == {"only": []}
    assert {query: total(world, query) for query in totals} == totals
    assert put_role(world, alone.id, "admin").json["products"] == {"only": []}
    assert put_products(world, alone.id, {"only": ["trusttest"]}).json["products"] == {"only": ["trusttest"]}
    assert total(world, "&product=trusttest") == totals["&product=trusttest"] + 1
    assert remove(world, alone.id).json["cut"]["products"] == {"only": ["trusttest"]}
    assert total(world, "&product=trusttest") == totals["&product=trusttest"]


def test_a_removed_products_key_never_comes_back_and_neither_does_the_access(world: World) -> None:
    mia = world.acme.member
    put_products(world, mia.id, {"only": ["trustgate"]})
    drop_product(world, "trustgate")
    with world.unchanged():
        refused = ask(world, "POST", "/v1/team/products", {"key": "trustgate", "name": "Again"})
    assert (refused.status, refused.code) == (409, "product_retired")
    assert opens(world, mia.id) == {"only": []}
    assert leave(world, mia.pat).status == 204
