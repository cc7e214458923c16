"""What SCIM leaves for people to see: the request log in words, conflicts that wait, letters to owners."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.functions.scim_kit import Provider, person
from tests.operations import sign_in

if TYPE_CHECKING:
    from tests.kit import World

LOG = "/v1/team/scim-log"
CONFLICTS = "/v1/team/scim-conflicts"


@pytest.fixture
def idp(world: World) -> Provider:
    return Provider(world)


def log(world: World) -> list[Any]:
    """Return the log, newest first."""
    rows: list[Any] = world.call("GET", LOG, token=world.acme.admin.pat).json["data"]
    return rows


# ---------------------------------------------------------------- the log


def test_a_change_is_told_in_words_with_what_it_changed(world: World, idp: Provider) -> None:
    nora = idp.new()
    idp.patch(f"/Users/{nora['id']}", {"op": "Replace", "path": "active", "value": "False"})
    newest, made = log(world)
    assert (made["method"], made["status"]) == ("POST", 201)
    assert made["meaning"] == "create the user 'nora@idp.example'"
    assert made["changed"] == ["member.provisioned nora@idp.example"]
    assert newest["meaning"] == f"change the user {nora['id']}: replace active with false (Entra's form, as text)"
    assert newest["changed"] == ["nora@idp.example: status active → deactivated"]
    assert newest["token_id"].startswith("scm_")
    assert newest["request_id"]


def test_what_changed_nothing_says_so(world: World, idp: Provider) -> None:
    nora = idp.new()
    idp.patch(f"/Users/{nora['id']}", {"op": "replace", "path": "active", "value": True})
    assert log(world)[0]["changed"] == ["nothing: it was so already"]


def test_a_refusal_says_what_to_do_about_it(world: World, idp: Provider) -> None:
    idp.new()
    idp.post()
    assert log(world)[0]["status"] == 409
    assert "two records are one person" in log(world)[0]["hint"]
    idp.patch(f"/Users/{world.acme.member.id}", {"op": "replace", "path": "aktiv", "value": True})
    assert (log(world)[0]["status"], "attribute mapping" in log(world)[0]["hint"]) == (400, True)
    idp.call("POST", "/Users", b"{")
    assert (log(world)[0]["status"], log(world)[0]["meaning"]) == (400, "create user")


def test_groups_are_told_of_in_words(world: World, idp: Provider) -> None:
    nora = idp.new()
    crew = idp.group("Crew", nora["id"])
    idp.patch(f"/Groups/{crew['id']}", {"op": "Remove", "path": "members", "value": [{"value": nora["id"]}]})
    newest, made = log(world)[:2]
    assert made["meaning"] == "create the group 'Crew' with 1 members"
    assert newest["meaning"] == f"change the group {crew['id']}: remove 1 members"


def test_case_168_no_value_that_was_sent_is_in_the_log(world: World, idp: Provider) -> None:
    idp.post(password="hunter2-hunter2-hunter2", title="Keeper of the canary")
    idp.call("PATCH", f"/Users/{world.acme.admin.id}", {"Operations": [
        {"op": "replace", "path": "password", "value": "hunter2-hunter2-hunter2"},
    ]})  # fmt: skip
    told = str(log(world))
    assert "hunter2" not in told
    assert "canary" not in told


def test_reading_is_not_told_of_unless_it_was_refused(world: World, idp: Provider) -> None:
    idp.get("/Users")
    idp.get("/Users?filter=userName%20is%20%22x%22")
    assert [one["status"] for one in log(world)] == [400]


# ---------------------------------------------------------------- conflicts


def test_case_146_a_member_outside_proven_domains_waits_for_an_owner_who_says_yes(world: World, idp: Provider) -> None:
    admin = world.acme.admin
    before = world.member(admin.id)
    refused = idp.post(admin.email, externalId="e-7", title="Head of Ops")
    assert (refused.status, refused.json["scimType"]) == (409, "uniqueness")
    again = idp.post(admin.email, externalId="e-7", title="Head of Ops")
    assert (again.status, world.member(admin.id)) == (409, before)
    assert len(world.events("scim.refused")) == 1
    (waiting,) = world.call("GET", CONFLICTS, token=admin.pat).json["data"]
    assert (waiting["id"], waiting["user_name"], waiting["external_id"]) == (admin.id, admin.email, "e-7")
    accepted = world.call("POST", f"{CONFLICTS}/{admin.id}/accept", token=sign_in(world, world.acme.owner))
    assert accepted.status == 200
    after = world.member(admin.id)
    assert (after.role, after.email, after.status) == (before.role, before.email, before.status)
    assert world.call("GET", CONFLICTS, token=admin.pat).json["data"] == []
    found = idp.get("/Users?filter=externalId%20eq%20%22e-7%22").json["Resources"]
    assert [(one["id"], one["title"]) for one in found] == [(admin.id, "Head of Ops")]
    gone = idp.patch(f"/Users/{admin.id}", {"op": "replace", "value": {"active": False}})
    assert (gone.status, world.call("GET", "/v1/me", token=admin.pat).status) == (200, 401)


def test_a_put_of_an_unmanaged_member_waits_too_and_changes_nothing(world: World, idp: Provider) -> None:
    admin = world.acme.admin
    before = world.member(admin.id)
    put = idp.call("PUT", f"/Users/{admin.id}", person(admin.email, active=False))
    assert (put.status, world.member(admin.id)) == (409, before)
    deleted = idp.call("DELETE", f"/Users/{admin.id}")
    assert (deleted.status, world.member(admin.id)) == (409, before)
    assert [one["id"] for one in world.call("GET", CONFLICTS, token=admin.pat).json["data"]] == [admin.id]


# ---------------------------------------------------------------- letters


def test_case_138_owners_are_told_once_a_day_that_the_last_one_was_to_be_cut_off(world: World, idp: Provider) -> None:
    owner = world.acme.owner
    idp.post(owner.email)
    world.call("POST", f"{CONFLICTS}/{owner.id}/accept", token=sign_in(world, owner))
    for _ in range(5):
        answer = idp.patch(f"/Users/{owner.id}", {"op": "Replace", "path": "active", "value": "False"})
        assert (answer.status, answer.json["scimType"]) == (409, "mutability")
        assert "last active owner" in answer.json["detail"]
    assert idp.call("DELETE", f"/Users/{owner.id}").status == 409
    assert idp.get(f"/Users/{owner.id}").json["active"] is True
    subjects = [mail.subject for mail in world.mails(owner.email) if "last owner" in mail.subject]
    assert len(subjects) == 2  # for the deactivation, and for the removal
    refusals = [event for event in world.events("scim.refused") if event["after"]["cause"] == "last_owner"]
    assert [event["after"]["asked"] for event in refusals] == ["deactivation", "removal"]
    world.advance(24 * 3600 + 60)
    idp.patch(f"/Users/{owner.id}", {"op": "Replace", "path": "active", "value": "False"})
    assert len(world.events("scim.refused")) == len(refusals) + 2


def test_case_147_no_link_is_mailed_to_an_address_that_only_the_provider_vouches_for(
    world: World, idp: Provider
) -> None:
    nora = idp.new("nora@idp.example")
    moved = idp.patch(
        f"/Users/{nora['id']}", {"op": "replace", "path": 'emails[type eq "work"].value', "value": "eve@evil.example"}
    )
    assert moved.status == 200
    world.call("POST", "/v1/teams/acme/password-resets", {"email": "eve@evil.example"})
    asked = world.call("POST", f"/v1/members/{nora['id']}/password-reset", token=world.acme.owner.pat)
    assert (asked.status, asked.code) == (409, "not_reachable")
    assert world.mails("eve@evil.example") == []
    assert world.mails("nora@idp.example") == []
