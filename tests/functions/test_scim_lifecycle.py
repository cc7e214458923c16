"""Coming, going and coming back by SCIM: what is cut, what returns, and what never does (S3, C6, M4, M10)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from rollcall.domain.members import Status
from rollcall.domain.permissions import Role
from tests.functions.scim_kit import USER, Provider, person
from tests.kit import GOOD_PASSWORD
from tests.operations import (
    act_on,
    authenticates,
    issue,
    newest,
    password_link,
    put_role,
    remove,
    set_password,
    try_sign_in,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.kit import Answer, World

NORA = "nora@idp.example"
DAY = 24 * 3600
OFF: list[Mapping[str, Any]] = [
    {"op": "replace", "path": "active", "value": False},
    {"op": "Replace", "path": "active", "value": "False"},
    {"op": "REPLACE", "path": "ACTIVE", "value": "FALSE"},
    {"op": "replace", "value": {"active": False}},
    {"op": "add", "value": {"Active": "false"}},
    {"op": "Add", "path": "active", "value": "false"},
    {"op": "replace", "path": f"{USER}:active", "value": False},
]


@pytest.fixture
def idp(world: World) -> Provider:
    return Provider(world)


def switch(idp: Provider, user_id: str, *, on: bool) -> Answer:
    return idp.patch(f"/Users/{user_id}", {"op": "replace", "path": "active", "value": on})


def armed(world: World, user_id: str) -> dict[str, str]:
    """Give a member a password and every credential that there is; return them by kind."""
    assert set_password(world, password_link(world, user_id)).status == 204
    email = world.member(user_id).email
    sessions = [try_sign_in(world, email, GOOD_PASSWORD).json["token"] for _ in range(3)]
    pats = [issue(world, sessions[0], name)["secret"] for name in ("ci", "laptop")]
    return {**{f"session {n}": text for n, text in enumerate(sessions)}, "pat": pats[0], "second pat": pats[1]}


# ---------------------------------------------------------------- off
@pytest.mark.parametrize("operation", OFF, ids=str)
def test_case_150_every_way_to_say_it_deactivates(world: World, idp: Provider, operation: Mapping[str, Any]) -> None:
    """Never a 200 without effect (I6); what is answered and stored is a JSON boolean."""
    made = idp.new()
    with world.tells("member.deactivated"):
        answer = idp.patch(f"/Users/{made['id']}", operation)
    assert (answer.status, answer.json["active"]) == (200, False)
    assert world.member(made["id"]).status is Status.DEACTIVATED
    with world.unchanged():
        again = idp.patch(f"/Users/{made['id']}", operation)
    assert (again.status, again.json) == (200, answer.json)


@pytest.mark.parametrize("value", [None, 0, 1, "0", "no", "", [], {}, [False], {"value": False}, "Falsch", 0.0])
def test_case_150_what_is_no_boolean_is_refused(world: World, idp: Provider, value: object) -> None:
    made = idp.new()
    path = f"/Users/{made['id']}"
    with world.unchanged():
        answers = [idp.patch(path, {"op": op, "path": "active", "value": value}) for op in ("add", "replace")]
        answers += [idp.patch(path, {"op": "replace", "value": {"active": value}})]
        answers += [idp.call("PUT", path, person(NORA, active=value)), idp.post("otto@idp.example", active=value)]
    assert [(answer.status, answer.json["scimType"]) for answer in answers] == [(400, "invalidValue")] * 5


def test_case_150_active_is_not_removed(world: World, idp: Provider) -> None:
    made = idp.new()
    with world.unchanged():
        refused = idp.patch(f"/Users/{made['id']}", {"op": "remove", "path": "active"})
    assert (refused.status, refused.json["scimType"]) == (400, "invalidValue")


@pytest.mark.parametrize("by", ["PATCH", "PUT", "DELETE"])
def test_case_151_169_073_every_credential_is_dead_when_the_answer_is_sent(
    world: World, idp: Provider, by: str
) -> None:
    """C6: sessions, tokens, a link that sets a password, the password itself; and the one that drives a pipeline."""
    made = idp.new()
    credentials = armed(world, made["id"])
    link = password_link(world, made["id"])
    assert {authenticates(world, text) for text in credentials.values()} == {True}
    path = f"/Users/{made['id']}"
    if by == "PATCH":
        assert switch(idp, made["id"], on=False).status == 200
    elif by == "PUT":
        assert idp.call("PUT", path, person(NORA, active=False)).status == 200
    else:
        assert idp.call("DELETE", path).status == 204
    assert {authenticates(world, text) for text in credentials.values()} == {False}
    assert set_password(world, link).status == 410
    assert try_sign_in(world, NORA, GOOD_PASSWORD).status == 401


def test_case_151_a_deactivated_user_stays_readable_and_keeps_the_name(world: World, idp: Provider) -> None:
    """Behaviour 32: by id, in filters and in lists; true restores the same id and data, without a credential."""
    made = idp.new(externalId="00u1", title="T")
    credentials = armed(world, made["id"])
    off = switch(idp, made["id"], on=False).json
    assert idp.get(f"/Users/{made['id']}").json == off
    assert idp.get('/Users?filter=externalId%20eq%20"00u1"').json["Resources"] == [off]
    assert made["id"] in [one["id"] for one in idp.get("/Users?count=200").json["Resources"]]
    assert idp.post(externalId="other").status == 409
    with world.tells("member.reactivated"):
        on = switch(idp, made["id"], on=True).json
    assert {**on, "meta": None, "active": False} == {**off, "meta": None}
    assert (on["id"], on["title"]) == (made["id"], "T")
    assert {authenticates(world, text) for text in credentials.values()} == {False}


@pytest.mark.parametrize("fields", [{}, {"title": "T"}, {"password": GOOD_PASSWORD}])
def test_case_161_a_put_without_active_changes_nothing_of_it(
    world: World, idp: Provider, fields: dict[str, Any]
) -> None:
    """It never reactivates, and clears neither password nor role nor products by omission."""
    made = idp.new()
    armed(world, made["id"])
    put_role(world, made["id"], "admin")
    sent = {name: value for name, value in {**person(NORA), **fields}.items() if name != "active"}
    path = f"/Users/{made['id']}"
    assert idp.call("PUT", path, sent).json["active"] is True
    switch(idp, made["id"], on=False)
    before = world.member(made["id"])
    put = idp.call("PUT", path, {**sent, "nickName": "N"})
    assert (put.status, put.json["active"]) == (200, False)
    after = world.member(made["id"])
    assert (after.status, after.role, after.products) == (Status.DEACTIVATED, Role.ADMIN, before.products)
    assert after.password_hash == before.password_hash is not None


def test_case_161_a_put_takes_away_what_it_leaves_out_and_needs_a_user_name(world: World, idp: Provider) -> None:
    """RFC 7644, section 3.5.1; the member's address stays where the resource has none any more."""
    made = idp.new(title="T", externalId="00u1")
    path = f"/Users/{made['id']}"
    for missing in ({}, {"userName": ""}, {"userName": "  "}, {"userName": None}):
        with world.unchanged():
            assert idp.call("PUT", path, {"schemas": [USER], "title": "X", **missing}).status == 400
    put = idp.call("PUT", path, {"schemas": [USER], "userName": "nora"})
    assert put.status == 200
    assert put.json.keys() == {"schemas", "userName", "id", "meta", "active"}
    assert idp.get('/Users?filter=externalId%20eq%20"00u1"').json["totalResults"] == 0
    assert idp.new("another", externalId="00u1")["id"] != made["id"]


# ---------------------------------------------------------------- by hand
def test_case_152_whom_an_admin_deactivated_only_an_admin_lets_in_again(world: World, idp: Provider) -> None:
    """409, the state stays, and the audit tells it once a day; the returning employee's POST is refused too."""
    made = idp.new(externalId="00u1")
    assert act_on(world, made["id"], "deactivate", world.acme.admin.pat).status == 200
    told = len(world.events("scim.refused"))
    whole = person(NORA, externalId="00u1")
    for _ in range(3):
        for answer in (
            switch(idp, made["id"], on=True),
            idp.call("PUT", f"/Users/{made['id']}", {**whole, "active": True}),
        ):
            assert (answer.status, answer.json["scimType"]) == (409, "mutability")
    assert idp.call("POST", "/Users", whole).status == 409
    assert world.member(made["id"]).status is Status.DEACTIVATED
    assert len(world.events("scim.refused")) == told + 1
    event = newest(world, "scim.refused")
    assert (event["target"]["id"], event["after"]["cause"]) == (made["id"], "held_by_hand")
    world.advance(DAY + 1)
    switch(idp, made["id"], on=True)
    assert len(world.events("scim.refused")) == told + 2
    assert act_on(world, made["id"], "reactivate").status == 200
    assert switch(idp, made["id"], on=False).status == 200
    assert switch(idp, made["id"], on=True).status == 200


def test_case_152_what_else_the_provider_tells_of_somebody_held_is_written(world: World, idp: Provider) -> None:
    made = idp.new()
    act_on(world, made["id"], "deactivate")
    with world.tells("member.updated"):
        changed = idp.patch(f"/Users/{made['id']}", {"op": "replace", "path": "displayName", "value": "Nora Held"})
    assert (changed.status, changed.json["active"]) == (200, False)
    with world.unchanged():
        assert switch(idp, made["id"], on=False).status == 200


def test_case_154_whom_an_admin_removed_comes_back_as_somebody_new(world: World, idp: Provider) -> None:
    """M10: the removal warns; the next sync finds nobody and makes a new membership, told as such."""
    made = idp.new(externalId="00u1")
    credentials = armed(world, made["id"])
    put_role(world, made["id"], "admin")
    removed = remove(world, made["id"])
    assert removed.json["warnings"] == ["managed_by_scim"]
    assert idp.get(f"/Users/{made['id']}").status == 404
    assert idp.get(f'/Users?filter=userName%20eq%20"{NORA}"').json["totalResults"] == 0
    with world.tells("member.recreated_by_scim"):
        again = idp.new(externalId="00u1")
    assert again["id"] != made["id"]
    assert world.member(again["id"]).role is Role.MEMBER
    assert newest(world, "member.recreated_by_scim")["before"] == {"former": made["id"]}
    assert {authenticates(world, text) for text in credentials.values()} == {False}
    assert try_sign_in(world, NORA, GOOD_PASSWORD).status == 401
