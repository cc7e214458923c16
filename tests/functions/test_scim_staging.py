"""A staged connection: the identity provider gets true ids and answers, and nothing changes until an owner says so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from rollcall.actions import staging
from rollcall.storage import keys
from rollcall.storage.items import HeaderItem
from tests import seam
from tests.functions.scim_kit import Provider
from tests.operations import sign_in

if TYPE_CHECKING:
    from tests.kit import Answer, World

PLAN = "/v1/team/scim-plan"
ACME = "acme.example.com"


@pytest.fixture
def provider(world: World) -> Provider:
    return Provider(world, staged=True)


def plan(world: World) -> Any:
    return world.call("GET", PLAN, token=world.acme.admin.pat).json


def decide(world: World, verb: str) -> Answer:
    return world.call("POST", f"{PLAN}/{verb}", token=sign_in(world, world.acme.owner))


def members(world: World, status: str = "all") -> dict[str, Any]:
    listed = world.call("GET", f"/v1/members?status={status}&limit=200", token=world.acme.owner.pat).json
    return {one["id"]: one for one in listed["data"]}


def prove(world: World) -> None:
    """Have the team prove its people's domain."""
    from rollcall import clock  # noqa: PLC0415
    from rollcall.domain.changes import Change, Created  # noqa: PLC0415
    from rollcall.domain.domains import DomainState, TeamDomain  # noqa: PLC0415
    from rollcall.storage.commit import commit  # noqa: PLC0415

    now = clock.now()
    held = TeamDomain(world.acme.id, ACME, "proof", now, DomainState.VERIFIED, now, now)
    commit(Change(steps=(Created(held),)))


def test_the_provider_sees_everybody_by_their_own_ids(world: World, provider: Provider) -> None:
    before = members(world)
    listed = provider.get("/Users?count=200").json
    assert {one["id"] for one in listed["Resources"]} == set(before)
    assert listed["totalResults"] == len(before)
    named = provider.get(
        f'/Users?filter=userName eq "{world.acme.member.email}"'.replace(" ", "%20").replace('"', "%22")
    )
    assert [one["id"] for one in named.json["Resources"]] == [world.acme.member.id]
    assert provider.get(f"/Users/{world.acme.admin.id}").json["userName"] == world.acme.admin.email


def test_what_the_provider_does_is_true_for_it_and_touches_nothing(world: World, provider: Provider) -> None:
    prove(world)
    provider.get("/Users")
    before, told = members(world), [event["id"] for event in world.events()]
    nora = provider.new("nora@idp.example", externalId="e-1")
    gone = provider.patch(f"/Users/{world.acme.member.id}", {"op": "Replace", "path": "active", "value": "False"})
    assert (gone.status, gone.json["active"]) == (200, False)
    group = provider.group("Admins", nora["id"])
    assert provider.get(f"/Users/{nora['id']}").json["groups"][0]["value"] == group["id"]
    assert provider.get(f"/Users/{world.acme.member.id}").json["active"] is False
    assert members(world) == before
    assert [event["id"] for event in world.events()] == told
    assert world.call("GET", "/v1/me", token=world.acme.member.pat).status == 200
    assert world.mails("nora@idp.example") == []


def test_the_plan_says_who_would_be_made_adopted_and_cut_off(world: World, provider: Provider) -> None:
    prove(world)
    nora = provider.new("nora@idp.example")
    provider.patch(f"/Users/{world.acme.member.id}", {"op": "Replace", "path": "active", "value": "False"})
    provider.group("Crew", nora["id"], world.acme.admin.id)
    shown = plan(world)
    assert shown["state"] == "staged"
    assert shown["counts"] == {
        "create": 1, "adopt": 1, "update": 0, "deactivate": 1, "reactivate": 0, "remove": 0, "role": 0, "group": 1,
    }  # fmt: skip
    created = next(one for one in shown["data"] if one["change"] == "create")
    assert created["member"] == {
        "id": nora["id"], "email": "nora@idp.example", "name": "Nora New", "user_name": "nora@idp.example",
    }  # fmt: skip
    assert {one["member"]["id"] for one in shown["data"] if one["change"] == "deactivate"} == {world.acme.member.id}


def test_an_owner_lets_it_through_and_every_id_stays(world: World, provider: Provider) -> None:
    prove(world)
    nora = provider.new("nora@idp.example", externalId="e-1")
    provider.patch(f"/Users/{world.acme.member.id}", {"op": "Replace", "path": "active", "value": "False"})
    group = provider.group("Crew", nora["id"])
    done = decide(world, "activate")
    assert (done.status, done.json) == (200, {"state": "active", "applied": 3, "remaining": 0, "refused": []})
    assert members(world)[nora["id"]]["source"] == "scim"
    assert members(world)[world.acme.member.id]["status"] == "deactivated"
    assert world.call("GET", "/v1/me", token=world.acme.member.pat).status == 401
    assert provider.get(f"/Users/{nora['id']}").json["externalId"] == "e-1"
    assert [one["value"] for one in provider.get(f"/Groups/{group['id']}").json["members"]] == [nora["id"]]
    assert plan(world)["state"] == "active"
    assert decide(world, "activate").status == 409
    assert provider.patch(f"/Users/{nora['id']}", {"op": "replace", "value": {"active": False}}).status == 200
    assert members(world)[nora["id"]]["status"] == "deactivated"
    actions = [event["action"] for event in world.events()]
    assert {"member.provisioned", "member.deactivated", "group.created", "scim.plan_activated"} <= set(actions)


def test_who_joined_meanwhile_stays_and_who_was_removed_goes(world: World, provider: Provider) -> None:
    prove(world)
    provider.get("/Users")
    late, _ = world.join("late@example.com")
    assert provider.call("DELETE", f"/Users/{world.acme.member.id}").status == 204
    assert provider.get(f"/Users/{world.acme.member.id}").status == 404
    assert plan(world)["counts"]["remove"] == 1
    assert decide(world, "activate").json["refused"] == []
    assert late in members(world)
    assert world.acme.member.id not in members(world)


def test_what_cannot_be_done_is_told_and_the_rest_is_done(world: World, provider: Provider) -> None:
    prove(world)
    provider.patch(f"/Users/{world.acme.owner.id}", {"op": "replace", "value": {"title": "Founder"}})
    refused = provider.patch(f"/Users/{world.acme.owner.id}", {"op": "replace", "value": {"active": False}})
    assert (refused.status, refused.json["scimType"]) == (409, "mutability")
    provider.patch(f"/Users/{world.acme.member.id}", {"op": "replace", "value": {"title": "Cook"}})
    world.call("POST", f"/v1/members/{world.acme.member.id}/deactivate", token=world.acme.owner.pat)
    done = decide(world, "activate").json
    assert [one["about"] for one in done["refused"]] == [world.acme.member.email]
    assert done["applied"] == 1
    assert members(world)[world.acme.member.id]["status"] == "deactivated"


def test_a_dropped_connection_leaves_nothing_and_its_token_is_dead(world: World, provider: Provider) -> None:
    before = members(world)
    provider.new("nora@idp.example")
    assert decide(world, "drop").status == 204
    assert provider.get("/Users").status == 401
    assert members(world) == before
    assert world.call("GET", "/v1/team", token=world.acme.owner.pat).json["scim_enabled"] is False
    world.advance(24 * 3600)
    for _ in range(8):
        world.invoke("purge")
    assert not [item for item in world.items("R#") if "nora" in str(item)]


def test_only_owners_decide_and_with_a_fresh_session(world: World, provider: Provider) -> None:
    assert world.call("POST", f"{PLAN}/activate", token=world.acme.owner.pat).json["code"] == "step_up_required"
    assert world.call("POST", f"{PLAN}/drop", token=sign_in(world, world.acme.admin)).status == 403
    assert provider.get("/Users").status == 200


def test_nobody_who_left_the_team_meanwhile_is_brought_back(world: World, provider: Provider) -> None:
    provider.get("/Users")
    assert world.call("DELETE", f"/v1/members/{world.acme.member.id}", token=world.acme.owner.pat).status == 200
    assert plan(world)["counts"]["create"] == 0
    assert decide(world, "activate").json["applied"] == 0
    assert world.acme.member.id not in members(world)


def test_what_fails_midway_stays_staged_and_the_same_request_goes_on(world: World, provider: Provider) -> None:
    made = [provider.new(f"p{number}@idp.example")["id"] for number in range(2)]
    session = sign_in(world, world.acme.owner)
    written: list[str] = []

    def plan_of_faults(_: int, name: str) -> str | None:
        written.extend([name] if name == "TransactWriteItems" else [])
        return seam.BEFORE if len(written) > 1 else None

    with seam.seam(plan_of_faults):
        assert world.call("POST", f"{PLAN}/activate", token=session).status == 503
    assert plan(world)["state"] == "staged"
    done = world.call("POST", f"{PLAN}/activate", token=session).json
    assert (done["state"], done["applied"], done["refused"]) == ("active", 1, [])
    assert set(made) <= set(members(world))


def test_a_full_block_of_the_roster_refuses_nobody(world: World, provider: Provider) -> None:
    made = [provider.new(f"p{number}@idp.example")["id"] for number in range(2)]
    for stripe in range(keys.STRIPES):
        HeaderItem(*keys.header(world.acme.id, 0, stripe)).update([HeaderItem.total.set(9999)])
    done = decide(world, "activate").json
    assert (done["applied"], done["refused"]) == (2, [])
    assert {world.member(one).block for one in made} == {1}


def test_many_things_take_several_calls(world: World, provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(3):
        provider.new(f"p{number}@idp.example")
    monkeypatch.setattr(staging, "APPLIED_TOGETHER", 2)
    told = [decide(world, "activate").json for _ in range(2)]
    assert [(one["state"], one["applied"], one["remaining"]) for one in told] == [("staged", 2, 1), ("active", 1, 0)]
