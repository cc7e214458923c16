"""Grants and service tokens: products record and release their own, owners and admins see and release all (M9)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rollcall.storage import keys
from tests.operations import act_on, ask, newest, put_grant, remove, second_owner, service_token, sign_in
from tests.values import frozen, poke

if TYPE_CHECKING:
    from tests.kit import Answer, World

ROOM = {"product": "trustgate", "id": "room-1", "name": "Room-1", "kind": "resource"}


@pytest.fixture
def gate(world: World) -> str:
    """Return a service token of trustgate."""
    return service_token(world)


def held(world: World, by: str | None = None, query: str = "", member: str | None = None) -> Answer:
    return ask(world, "GET", f"/v1/members/{member or world.acme.member.id}/grants{query}", None, by)


def release(world: World, grant: str, by: str | None = None, query: str = "") -> Answer:
    return ask(world, "DELETE", f"/v1/members/{world.acme.member.id}/grants/{grant}{query}", None, by)


# ---------------------------------------------------------------- record


def test_m9_a_grant_is_recorded_changed_and_the_same_again_is_nothing(world: World, gate: str) -> None:
    mia = world.acme.member.id
    with world.tells("grant.recorded"):
        new = put_grant(world, mia, "room-1", gate)
    assert (new.status, new.json) == (201, ROOM)
    with world.unchanged():
        same = put_grant(world, mia, "room-1", gate)
    assert (same.status, same.json) == (200, ROOM)
    with world.tells("grant.recorded", "grant.recorded"):
        changed = [
            put_grant(world, mia, "room-1", gate, name="Hall"),
            put_grant(world, mia, "room-1", gate, name="Hall", kind="team"),
        ]
    assert [(answer.status, answer.json["kind"]) for answer in changed] == [(200, "resource"), (200, "team")]
    assert held(world).json["data"] == [changed[1].json]
    assert world.member(mia).grants == 1
    event = newest(world, "grant.recorded")
    assert (event["before"]["kind"], event["after"]["kind"]) == ("resource", "team")
    assert (event["actor"]["credential"]["kind"], event["target"]["id"]) == ("service_token", mia)


def test_m9_a_grants_name_is_unique_per_member_and_product(world: World, gate: str) -> None:
    bench = service_token(world, "trusttest")
    mia, adam = world.acme.member.id, world.acme.admin.id
    assert [put_grant(world, who, "a", by).status for who in (mia, adam) for by in (gate, bench)] == [201] * 4
    assert [held(world, member=who).json["total"] for who in (mia, adam)] == [2, 2]
    assert world.member(mia).grants == 2


@pytest.mark.parametrize(("body", "pointers"), [
    ({}, ["/name"]),
    ({"name": ""}, ["/name"]),
    ({"name": "a\nb"}, ["/name"]),
    ({"name": "x" * 101}, ["/name"]),
    ({"name": 1}, ["/name"]),
    ({"name": "a", "kind": "Team"}, ["/kind"]),
    ({"name": "a", "kind": None}, ["/kind"]),
    ({"name": "a", "product": "trusttest"}, ["/product"]),
    ({"name": "a", "team_id": "team_x"}, ["/team_id"]),
])  # fmt: skip
def test_a_grant_has_a_name_and_a_kind_and_nothing_else(
    world: World, gate: str, body: object, pointers: list[str]
) -> None:
    with world.unchanged():
        refused = ask(world, "PUT", f"/v1/members/{world.acme.member.id}/grants/room-1", body, gate)
    assert (refused.status, refused.pointers) == (400, pointers)


@pytest.mark.parametrize("grant", ["-a", "a%23b", "a%20b", "a%2Fb", "%C3%A4", "x" * 129, "a%00"])
def test_a_path_that_can_be_no_grants_id_names_nothing(world: World, gate: str, grant: str) -> None:
    with world.unchanged():
        assert put_grant(world, world.acme.member.id, grant, gate, name="a").status == 404
        assert release(world, grant, gate).status == 404


# ---------------------------------------------------------------- who


def test_only_a_products_token_records_and_it_does_nothing_else(world: World, gate: str) -> None:
    mia = world.acme.member.id
    with world.unchanged():
        for person in (world.acme.owner, world.acme.admin, world.acme.member):
            assert put_grant(world, mia, "room-1", person.pat).status == 403
        for method, path in (
            ("GET", "/v1/me"), ("GET", "/v1/members"), ("GET", f"/v1/members/{mia}"), ("GET", "/v1/team"),
            ("GET", "/v1/tokens"), ("POST", "/v1/me/leave"), ("DELETE", f"/v1/members/{mia}"),
            ("GET", "/v1/audit-events"), ("POST", f"/v1/members/{mia}/deactivate"),
            ("GET", "/v1/team/products/trustgate/service-tokens"),
        ):  # fmt: skip
            assert ask(world, method, path, None, gate).status == 403, path


def test_a_product_sees_and_releases_only_its_own(world: World, gate: str) -> None:
    mia, bench = world.acme.member.id, service_token(world, "trusttest")
    put_grant(world, mia, "room-1", gate)
    put_grant(world, mia, "bench-1", bench)
    assert [one["id"] for one in held(world, gate).json["data"]] == ["room-1"]
    assert [one["id"] for one in held(world, gate, "?product=trusttest").json["data"]] in ([], ["room-1"])
    with world.unchanged():
        assert release(world, "bench-1", gate).status == 404
        assert release(world, "bench-1", gate, "?product=trusttest").status == 404
    released = ask(world, "DELETE", f"/v1/members/{mia}/grants", None, gate)
    assert [one["id"] for one in released.json["data"]] == ["room-1"]
    assert [one["id"] for one in held(world).json["data"]] == ["bench-1"]


def test_owners_and_admins_list_and_release_members_do_not(world: World, gate: str) -> None:
    put_grant(world, world.acme.member.id, "room-1", gate)
    with world.unchanged():
        assert [held(world, by.pat).json["data"] for by in (world.acme.owner, world.acme.admin)] == [[ROOM], [ROOM]]
        assert held(world, world.acme.member.pat).status == 403
        assert release(world, "room-1", world.acme.member.pat).status == 403
    with world.tells("grants.released"):
        assert release(world, "room-1", world.acme.admin.pat).status == 204
    assert newest(world, "grants.released")["before"] == {"grants": [ROOM]}
    with world.unchanged():
        assert release(world, "room-1", world.acme.admin.pat).status == 404


def test_case_120_and_121_an_admin_does_not_release_an_owners_grants(world: World, gate: str) -> None:
    olga, _ = second_owner(world)
    put_grant(world, olga, "room-1", gate)
    with world.unchanged():
        for path in (f"/v1/members/{olga}/grants", f"/v1/members/{olga}/grants/room-1"):
            assert ask(world, "DELETE", path, None, world.acme.admin.pat).code == "above_your_rank"


def test_where_two_products_use_an_id_the_release_must_name_one(world: World, gate: str) -> None:
    mia = world.acme.member.id
    put_grant(world, mia, "room-1", gate)
    put_grant(world, mia, "room-1", service_token(world, "trusttest"))
    with world.unchanged():
        refused = release(world, "room-1")
    assert (refused.status, refused.pointers) == (400, ["?product"])
    assert release(world, "room-1", query="?product=trusttest").status == 204
    assert held(world).json["data"] == [ROOM]


def test_case_186_another_teams_product_and_people_reach_nothing_here(world: World, gate: str) -> None:
    put_grant(world, world.acme.member.id, "room-1", gate)
    theirs = world.globex.member.id
    with world.unchanged():
        assert [put_grant(world, who, "a", gate).status for who in (theirs, "mem_" + "0" * 26, "x")] == [404] * 3
        for path in ("grants", "grants/room-1"):
            for method in ("GET", "DELETE") if path == "grants" else ("DELETE",):
                where = f"/v1/members/{world.acme.member.id}/{path}"
                assert ask(world, method, where, None, world.globex.owner.pat).status == 404


def test_more_grants_than_fit_in_a_transaction_are_released_all_the_same(world: World, gate: str) -> None:
    mia = world.acme.member.id
    for n in range(42):
        put_grant(world, mia, f"room-{n}", gate)
    assert world.member(mia).grants == 42
    with world.tells("grants.released", "grants.released"):
        released = ask(world, "DELETE", f"/v1/members/{mia}/grants")
    assert (released.json["total"], held(world).json["total"], world.member(mia).grants) == (42, 0, 0)
    assert remove(world, mia).status == 200


def test_a_member_holds_at_most_a_thousand_grants_of_all_products_together(world: World, gate: str) -> None:
    mia, bench = world.acme.member.id, service_token(world, "trusttest")
    put_grant(world, mia, "room-1", gate)
    poke(keys.member(world.acme.id, mia), "gr", {"N": "999"})
    assert put_grant(world, mia, "bench-1", bench).status == 201
    with world.unchanged():
        refused = [put_grant(world, mia, "one-more", by) for by in (gate, bench)]
    assert [(answer.status, answer.code) for answer in refused] == [(409, "grant_limit")] * 2
    assert put_grant(world, mia, "room-1", gate, name="Hall").status == 200
    assert release(world, "bench-1").status == 204
    assert put_grant(world, mia, "one-more", gate).status == 201


# ---------------------------------------------------------------- service tokens


def test_a_service_token_is_shown_once_listed_and_dead_with_its_revocation(world: World) -> None:
    session = sign_in(world, world.acme.owner)
    path = "/v1/team/products/trustvault/service-tokens"
    with world.tells("service_token.issued"):
        made = ask(world, "POST", path, {"name": "gate"}, session).json
    assert (made["secret"].startswith("rc_svc_"), len(made["secret"])) == (True, 100)
    assert made["secret"] not in frozen(world)
    (row,) = ask(world, "GET", path, None, world.acme.admin.pat).json["data"]
    assert row == {name: value for name, value in made.items() if name != "secret"}
    assert put_grant(world, world.acme.member.id, "a", made["secret"]).status == 201
    other = f"/v1/team/products/trusttest/service-tokens/{made['id']}"
    with world.unchanged():
        assert ask(world, "DELETE", other, None, session).status == 404
    with world.tells("service_token.revoked"):
        assert ask(world, "DELETE", f"{path}/{made['id']}", None, session).status == 204
    with world.unchanged():
        assert put_grant(world, world.acme.member.id, "b", made["secret"]).status == 401
        assert ask(world, "DELETE", f"{path}/{made['id']}", None, session).status == 404
    assert ask(world, "GET", path).json["total"] == 0


def test_a_product_has_at_most_ten_service_tokens(world: World) -> None:
    session = sign_in(world, world.acme.owner)
    path = "/v1/team/products/trustvault/service-tokens"
    assert {ask(world, "POST", path, {"name": f"t{n}"}, session).status for n in range(10)} == {201}
    with world.unchanged():
        refused = ask(world, "POST", path, {"name": "t10"}, session)
    assert (refused.status, refused.code) == (409, "token_limit")
    assert ask(world, "POST", path.replace("vault", "test"), {"name": "t"}, session).status == 201
    oldest = ask(world, "GET", path).json["data"][0]["id"]
    assert ask(world, "DELETE", f"{path}/{oldest}", None, session).status == 204
    assert [ask(world, "POST", path, {"name": f"t{n}"}, session).status for n in range(2)] == [201, 409]


def test_a_product_whose_tokens_are_all_revoked_begins_anew(world: World) -> None:
    session = sign_in(world, world.acme.owner)
    path = "/v1/team/products/trustvault/service-tokens"
    for _ in range(2):
        made = [ask(world, "POST", path, {"name": f"t{n}"}, session).json["id"] for n in range(10)]
        assert {ask(world, "DELETE", f"{path}/{one}", None, session).status for one in made} == {204}
    assert ask(world, "GET", path).json["total"] == 0


def test_a_removed_products_token_opens_nothing_and_its_grants_can_still_be_released(world: World, gate: str) -> None:
    mia = world.acme.member.id
    put_grant(world, mia, "room-1", gate)
    assert ask(world, "DELETE", "/v1/team/products/trustgate").status == 204
    with world.unchanged():
        assert put_grant(world, mia, "room-2", gate).status == 401
        assert held(world, gate).status == 401
        assert remove(world, mia).json["grants"] == [ROOM]
    assert release(world, "room-1").status == 204
    assert act_on(world, mia, "deactivate").status == 200
    assert remove(world, mia).status == 200


def test_case_063_a_service_token_of_one_team_is_nothing_in_another(world: World, gate: str) -> None:
    session = sign_in(world, world.globex.owner, "globex")
    path = "/v1/team/products/trustgate/service-tokens"
    made = ask(world, "POST", path, {"name": "g"}, session)
    assert made.status == 201
    mine = sign_in(world, world.acme.owner)
    with world.unchanged():
        assert put_grant(world, world.acme.member.id, "a", made.json["secret"]).status == 404
        assert put_grant(world, world.globex.member.id, "a", gate).status == 404
        assert ask(world, "DELETE", f"{path}/{made.json['id']}", None, mine).status == 404
