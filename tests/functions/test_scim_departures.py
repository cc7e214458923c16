"""Who leaves by SCIM, and who comes back: with nothing old, never held up by grants, never the last owner (S3, M4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from rollcall.domain.members import Status
from rollcall.domain.permissions import Role
from tests.functions.scim_kit import PATCH, Provider, person
from tests.functions.test_scim_lifecycle import DAY, NORA, OFF, armed, switch
from tests.kit import GOOD_PASSWORD
from tests.operations import (
    act_on,
    active_owners,
    ask,
    authenticates,
    listed,
    password_link,
    put_grant,
    put_role,
    service_token,
    set_password,
    try_sign_in,
)

if TYPE_CHECKING:
    from tests.kit import World


@pytest.fixture
def idp(world: World) -> Provider:
    return Provider(world)


def sole_owner(world: World, idp: Provider) -> str:
    """Make somebody of the provider's the team's last active owner; return their id."""
    made = idp.new(externalId="00u1")
    assert put_role(world, made["id"], "owner").status == 200
    armed(world, made["id"])
    session = try_sign_in(world, NORA, GOOD_PASSWORD).json["token"]
    assert ask(world, "POST", f"/v1/members/{world.acme.owner.id}/deactivate", by=session).status == 200
    assert active_owners(world) == {made["id"]}
    return str(made["id"])


# ---------------------------------------------------------------- gone, and back
def test_case_153_059_who_was_deleted_comes_back_with_a_new_id_and_nothing_old(world: World, idp: Provider) -> None:
    """204, then 404 for every method; the name is free, the id is not; no old credential, role or link (I5)."""
    made = idp.new(externalId="00u1")
    credentials = armed(world, made["id"])
    put_role(world, made["id"], "admin")
    link, path = password_link(world, made["id"]), f"/Users/{made['id']}"
    with world.tells("member.removed"):
        gone = idp.call("DELETE", path)
    assert (gone.status, gone.body) == (204, b"")
    with world.unchanged():
        for method, body in (
            ("DELETE", None),
            ("GET", None),
            ("PUT", person(NORA)),
            ("PATCH", {"schemas": [PATCH], "Operations": [OFF[0]]}),
        ):
            answer = idp.call(method, path, body)
            assert (answer.status, answer.json["status"]) == (404, "404")
    with world.tells("member.provisioned"):
        again = idp.new(externalId="00u1")
    assert again["id"] != made["id"]
    assert idp.get(path).status == 404
    member = world.member(again["id"])
    assert (member.role, member.password_hash) == (Role.MEMBER, None)
    assert {authenticates(world, text) for text in credentials.values()} == {False}
    assert set_password(world, link).status == 410
    assert idp.call("DELETE", f"/Users/{again['id']}").status == 204
    assert idp.call("DELETE", f"/Users/{again['id']}").status == 404


@pytest.mark.parametrize("told", [{}, {"active": True}])
def test_a_returning_employee_who_was_only_deactivated_keeps_the_id(
    world: World, idp: Provider, told: dict[str, Any]
) -> None:
    """Okta POSTs again with the old externalId after a reactivation."""
    made = idp.new(externalId="00u1")
    credentials = armed(world, made["id"])
    switch(idp, made["id"], on=False)
    sent = {name: value for name, value in person(NORA, externalId="00u1", title="Back").items() if name != "active"}
    with world.tells("member.reactivated"):
        back = idp.call("POST", "/Users", {**sent, **told})
    assert (back.status, back.json["id"], back.json["active"], back.json["title"]) == (201, made["id"], True, "Back")
    assert back.headers["location"].endswith(made["id"])
    assert {authenticates(world, text) for text in credentials.values()} == {False}
    assert idp.call("POST", "/Users", {**sent, **told}).status == 409, "who is active is there already"


@pytest.mark.parametrize("external", [None, "other", "00U1"])
def test_somebody_elses_post_restores_nobody(world: World, idp: Provider, external: str | None) -> None:
    made = idp.new(externalId="00u1")
    switch(idp, made["id"], on=False)
    with world.unchanged():
        refused = idp.post(**({} if external is None else {"externalId": external}))
    assert (refused.status, refused.json["scimType"]) == (409, "uniqueness")


def test_a_user_may_come_deactivated_and_be_let_in_later(world: World, idp: Provider) -> None:
    """`active: true` for somebody who has never signed in."""
    made = idp.new(active="False")
    assert made["active"] is False
    assert world.member(made["id"]).status is Status.DEACTIVATED
    with world.tells("member.reactivated"):
        assert switch(idp, made["id"], on=True).json["active"] is True


# ---------------------------------------------------------------- grants
def test_a_delete_is_never_held_up_by_grants(world: World, idp: Provider) -> None:
    """Decision 1: cut and gone for SCIM at once, name and address free; listed with the deactivated until released."""
    made = idp.new(externalId="00u1")
    credentials = armed(world, made["id"])
    service = service_token(world)
    for grant in ("project-1", "team-7"):
        assert put_grant(world, made["id"], grant, service).status == 201
    path = f"/Users/{made['id']}"
    with world.tells("member.removed"):
        assert idp.call("DELETE", path).status == 204
    assert idp.get(path).status == idp.call("DELETE", path).status == 404
    assert {authenticates(world, text) for text in credentials.values()} == {False}
    for asked in (f'userName%20eq%20"{NORA}"', 'externalId%20eq%20"00u1"', f'id%20eq%20"{made["id"]}"'):
        assert idp.get(f"/Users?filter={asked}").json["totalResults"] == 0
    assert made["id"] not in idp.get("/Users?count=200").body.decode()
    rows = ask(world, "GET", "/v1/members?status=deactivated").json["data"]
    assert [(row["id"], row["status"]) for row in rows] == [(made["id"], "removing")]
    again = idp.new(externalId="00u1")
    assert again["id"] != made["id"]
    total = idp.get("/Users?count=0").json["totalResults"]
    assert total == len([row for row in listed(world).json["data"] if row["status"] != "removing"])


def test_a_removal_that_waits_completes_with_the_release_of_the_last_grant(world: World, idp: Provider) -> None:
    """Nothing of the person is left then; who came back meanwhile is somebody else."""
    made = idp.new(externalId="00u1")
    service = service_token(world)
    for grant in ("project-1", "team-7"):
        put_grant(world, made["id"], grant, service)
    idp.call("DELETE", f"/Users/{made['id']}")
    again = idp.new(externalId="00u1")
    assert ask(world, "DELETE", f"/v1/members/{made['id']}/grants/team-7").status == 204
    assert world.member(made["id"]).status is Status.REMOVING
    with world.tells("grants.released"):
        assert ask(world, "DELETE", f"/v1/members/{made['id']}/grants/project-1", by=service).status == 204
    assert ask(world, "GET", f"/v1/members/{made['id']}").status == 404
    assert ask(world, "GET", "/v1/members?status=deactivated").json["data"] == []
    assert idp.get(f"/Users/{again['id']}").json == again
    assert [event["after"] for event in world.events("member.removed")] == [{"status": "removing"}]


def test_a_removal_that_waits_is_neither_undone_nor_edited_by_hand(world: World, idp: Provider) -> None:
    made = idp.new()
    put_grant(world, made["id"], "project-1", service_token(world))
    assert idp.call("DELETE", f"/Users/{made['id']}").status == 204
    refused = act_on(world, made["id"], "reactivate")
    assert refused.status == 409
    assert world.member(made["id"]).status is Status.REMOVING


# ---------------------------------------------------------------- the last owner
@pytest.mark.parametrize("by", ["PATCH", "PUT", "DELETE"])
def test_case_132_138_the_last_owner_stays_however_often_the_provider_tries(
    world: World, idp: Provider, by: str
) -> None:
    """M4: 409 a hundred times (ten by the others), one event a day, and the team is not locked out (I3)."""
    owner = sole_owner(world, idp)
    session = try_sign_in(world, NORA, GOOD_PASSWORD).json["token"]
    path, before = f"/Users/{owner}", world.member(owner)
    for _ in range(100 if by == "PATCH" else 10):
        if by == "PATCH":
            refused = switch(idp, owner, on=False)
        elif by == "PUT":
            refused = idp.call("PUT", path, person(NORA, externalId="00u1", active=False))
        else:
            refused = idp.call("DELETE", path)
        assert (refused.status, refused.json["scimType"], refused.json["status"]) == (409, "mutability", "409")
    assert world.member(owner) == before
    assert active_owners(world) == {owner}
    assert authenticates(world, session)
    (event,) = world.events("scim.refused")
    assert (event["target"]["id"], event["after"]["cause"]) == (owner, "last_owner")
    world.advance(DAY + 1)
    assert idp.call("DELETE", path).status == 409
    assert len(world.events("scim.refused")) == 2
    assert active_owners(world) == {owner}


def test_case_133_an_owner_who_is_not_the_last_goes_like_anybody(world: World, idp: Provider) -> None:
    made = idp.new()
    put_role(world, made["id"], "owner")
    assert active_owners(world) == {world.acme.owner.id, made["id"]}
    assert switch(idp, made["id"], on=False).status == 200
    assert active_owners(world) == {world.acme.owner.id}
    assert switch(idp, made["id"], on=True).status == 200
    assert idp.call("DELETE", f"/Users/{made['id']}").status == 204
    assert active_owners(world) == {world.acme.owner.id}
