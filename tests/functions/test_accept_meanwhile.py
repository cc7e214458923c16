"""Accepting after something else has changed: the inviter, the team, its products, single sign-on, the link's way."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import boto3
import pytest

from rollcall.domain.members import Status
from rollcall.domain.permissions import Role
from rollcall.domain.teams import TeamState
from rollcall.storage import keys
from tests.kit import Person

if TYPE_CHECKING:
    from tests.kit import World

NORA = "nora@example.com"


def fall(world: World, member_id: str, how: str) -> None:
    """Take the inviter's rank away, in a way that no route offers yet."""
    member = world.member(member_id)
    if how == "demoted":
        world.rewrite(member, role=Role.MEMBER)
    elif how == "deactivated":
        world.rewrite(member, status=Status.DEACTIVATED)
    else:
        key = keys.member(member.team_id, member.id)
        item = {"PK": {"S": key.pk}, "SK": {"S": key.sk}}
        boto3.client("dynamodb").delete_item(TableName=os.environ["TABLE_NAME"], Key=item)


# ---------------------------------------------------------------- the inviter


@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": "k1"}], ids=["plain", "with-key"])
@pytest.mark.parametrize("how", ["demoted", "deactivated", "removed"])
def test_case_098_what_its_inviter_could_not_grant_any_more_is_withdrawn_at_acceptance(
    world: World, how: str, headers: dict[str, str]
) -> None:
    invitation = world.invite(NORA, by=world.acme.admin, role="admin")["id"]
    token = world.link(NORA)
    fall(world, world.acme.admin.id, how)
    with world.tells("invitation.revoked"):
        refused = world.accept(token, headers=headers)
    assert (refused.status, refused.code) == (410, "link_revoked")
    state = world.call("GET", f"/v1/invitations/{invitation}", token=world.acme.owner.pat).json["state"]
    assert state == "revoked"
    with world.unchanged():
        assert world.accept(token).code == "link_revoked"
    assert world.call("GET", f"/v1/members?q={NORA}", token=world.acme.owner.pat).json["total"] == 0
    assert world.invite(NORA)["state"] == "pending"


@pytest.mark.parametrize("how", ["demoted", "deactivated", "removed"])
def test_case_098_an_invitation_for_a_plain_member_stays_valid(world: World, how: str) -> None:
    world.invite(NORA, by=world.acme.admin)
    token = world.link(NORA)
    fall(world, world.acme.admin.id, how)
    assert world.accept(token).json["member"]["role"] == "member"


@pytest.mark.parametrize(("role", "status"), [("owner", 410), ("admin", 201), ("member", 201)])
def test_case_098_a_former_owner_who_is_admin_now_covers_admins_but_no_owners(
    world: World, role: str, status: int
) -> None:
    olga, session = world.join("olga@example.com", role="owner")
    world.invite(NORA, by=Person(olga, "olga@example.com", "", session), role=role)
    token = world.link(NORA)
    world.rewrite(world.member(olga), role=Role.ADMIN)
    assert world.accept(token).status == status


# ---------------------------------------------------------------- the team


def test_case_099_in_a_deleted_team_the_link_is_as_unknown_as_any(world: World) -> None:
    world.invite(NORA)
    token = world.link(NORA)
    world.rewrite(world.team(), state=TeamState.DELETED)
    with world.unchanged():
        answers = [world.accept(token), world.call("POST", "/v1/invitations/inspect", {"token": token})]
    assert [(answer.status, answer.code) for answer in answers] == [(410, "link_unknown")] * 2
    assert b"Acme" not in world.call("GET", f"/i/{token}").body


@pytest.mark.parametrize(("kept", "products"), [("trustgate", ["trustgate"]), ("trustvault", [])])
def test_case_099_a_product_removed_meanwhile_is_dropped_and_comes_not_back(
    world: World, kept: str, products: list[str]
) -> None:
    world.invite(NORA, products={"only": ["trustgate", "trusttest"]})
    token, before = world.link(NORA), world.team()
    world.rewrite(before, products={kept: before.products[kept]})
    shown = world.call("POST", "/v1/invitations/inspect", {"token": token}).json["products"]
    joined = world.accept(token)
    assert shown == joined.json["member"]["products"] == {"only": products}
    world.rewrite(world.team(), products=before.products)
    member = world.call("GET", "/v1/me", token=joined.json["session"]["token"]).json
    assert member["products"] == {"only": products}


def test_case_099_all_products_are_those_of_the_team_as_they_come_and_go(world: World) -> None:
    world.invite(NORA)
    team = world.team()
    world.rewrite(team, products={**team.products, "trustnew": "TrustNew"})
    assert world.accept(world.link(NORA)).json["member"]["products"] == {"all": True}


# ---------------------------------------------------------------- single sign-on


@pytest.mark.parametrize("password", ["a phrase nobody has used", None])
def test_case_110_under_enforced_single_sign_on_the_link_leads_there_and_lives_on(
    world: World, password: str | None
) -> None:
    world.invite(NORA)
    token = world.link(NORA)
    world.rewrite(world.team(), sso_available=True, sso_enforced=True)
    with world.unchanged():
        refused = world.accept(token, password=password)
        seen = world.call("POST", "/v1/invitations/inspect", {"token": token})
    assert (refused.status, refused.code) == (409, "sso_required")
    assert refused.json["start"].startswith("/")
    assert (seen.json["sso_required"], seen.json["needs_password"]) == (True, False)
    world.rewrite(world.team(), sso_enforced=False)
    assert world.accept(token).status == 201


def test_case_110_a_dead_link_is_dead_also_where_single_sign_on_is_enforced(world: World) -> None:
    invitation = world.invite(NORA)["id"]
    token = world.link(NORA)
    world.act("revoke", invitation)
    world.rewrite(world.team(), sso_available=True, sso_enforced=True)
    assert (world.accept(token).status, world.accept(token).code) == (410, "link_revoked")


# ---------------------------------------------------------------- the way the link went


def test_case_097_joining_by_a_copied_link_proves_no_address_and_the_audit_says_so(world: World) -> None:
    invitation = world.invite(NORA)["id"]
    with world.tells("invitation.link_copied"):
        copied = world.copied(invitation, world.acme.admin)
    with world.tells("invitation.accepted"):
        member = world.accept(copied).json["member"]
    assert member["email_verified"] is False
    assert world.events("invitation.link_copied")[-1]["actor"]["email"] == world.acme.admin.email
    told = world.events("invitation.accepted")[-1]["after"]
    copier = world.events("invitation.link_copied")[-1]["actor"]["email"]
    assert (told["via"], told["copied_by"]) == ("copied_link", copier)
    assert world.call("GET", f"/v1/members/{member['id']}", token=world.acme.owner.pat).json["email_verified"] is False


def test_case_097_the_mailed_link_proves_the_address_also_after_a_copy(world: World) -> None:
    invitation = world.invite(NORA)["id"]
    mailed = world.link(NORA)
    copied = world.copied(invitation)
    assert copied != mailed
    assert world.accept(mailed).json["member"]["email_verified"] is True
    assert world.events("invitation.accepted")[-1]["after"]["via"] == "mailed_link"
    assert world.accept(copied).code == "link_used"
