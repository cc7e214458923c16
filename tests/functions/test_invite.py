"""POST /v1/invitations: who may invite whom as what, to which products, with which letter."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from rollcall.domain.members import Status

if TYPE_CHECKING:
    from tests.kit import Answer, World

NORA = "nora@example.com"


def invite(world: World, by: str = "owner", **fields: object) -> Answer:
    """Ask for an invitation, whatever comes of it."""
    body = {"email": NORA, **fields}
    return world.call("POST", "/v1/invitations", body, token=getattr(world.acme, by).pat)


def test_inviting_adds_a_pending_invitation_with_one_event_and_one_letter(world: World) -> None:
    with world.tells("invitation.created"):
        answer = invite(world, "admin", role="admin", products={"only": ["trusttest", "trustgate"]}, message="Welcome!")
    told = answer.json
    assert answer.status == 201
    assert (told["email"], told["role"], told["state"], told["delivery"]) == (NORA, "admin", "pending", "queued")
    assert told["products"] == {"only": ["trustgate", "trusttest"]}
    assert told["inviter"] == {"id": world.acme.admin.id, "name": "Adam Admin", "email": world.acme.admin.email}
    assert answer.headers["etag"] == f'"{told["version"]}"'
    assert answer.headers["location"].endswith(f"/v1/invitations/{told['id']}")
    (event,) = world.events("invitation.created")
    assert event["actor"] | {"credential": None} == {
        "id": world.acme.admin.id, "email": world.acme.admin.email, "role": "admin", "credential": None,
    }  # fmt: skip
    assert event["target"] == {"type": "invitation", "id": told["id"], "label": NORA}
    assert event["after"]["products"] == told["products"]
    assert "Welcome!" in world.mails(NORA)[0].text
    assert len(world.mails()) == 1


def test_an_invitation_without_choices_is_for_a_member_of_all_products_who_sets_a_password(world: World) -> None:
    told = invite(world).json
    assert (told["role"], told["products"], told["send_password_email"]) == ("member", {"all": True}, True)
    assert told["warnings"] == []


@pytest.mark.parametrize(("actor", "role"), [("owner", "owner"), ("owner", "admin"), ("admin", "admin")])
def test_owners_and_admins_invite_up_to_their_own_rank(world: World, actor: str, role: str) -> None:
    assert invite(world, actor, role=role).json["role"] == role


def test_case_095_an_admin_cannot_invite_an_owner(world: World) -> None:
    with world.unchanged():
        refused = invite(world, "admin", role="owner")
    assert (refused.status, refused.code) == (403, "above_your_rank")
    assert world.mails() == []


def test_a_member_cannot_invite_and_is_not_told_what_else_is_wrong(world: World) -> None:
    with world.unchanged():
        for fields in ({}, {"role": "nonsense"}, {"products": {"only": ["unknown"]}}):
            assert (invite(world, "member", **fields).status, invite(world, "member").code) == (403, "forbidden")


def test_without_a_credential_nobody_is_invited(world: World) -> None:
    with world.unchanged():
        refused = world.call("POST", "/v1/invitations", {"email": NORA})
    assert refused.status == 401
    assert refused.headers["www-authenticate"].startswith("Bearer")


# ---------------------------------------------------------------- the box "send an e-mail to set a password"


def test_an_invitation_without_the_password_letter_is_valid_and_warns_that_there_is_no_way_in_yet(world: World) -> None:
    told = invite(world, send_password_email=False).json
    assert (told["send_password_email"], told["warnings"]) == (False, ["no_way_to_sign_in_yet"])
    assert told["state"] == "pending"


@pytest.mark.parametrize("way_in", ["sso_available", "scim_enabled"])
def test_where_there_is_another_way_in_there_is_no_warning(world: World, way_in: str) -> None:
    world.rewrite(world.team(), **{way_in: True})
    assert invite(world, send_password_email=False).json["warnings"] == []


def test_with_single_sign_on_the_password_letter_is_off_unless_chosen(world: World) -> None:
    world.rewrite(world.team(), sso_available=True)
    assert invite(world).json["send_password_email"] is False
    assert invite(world, email="olaf@example.com", send_password_email=True).json["send_password_email"] is True


def test_where_passwords_are_off_the_password_letter_cannot_be_chosen(world: World) -> None:
    team = world.team()
    world.rewrite(team, settings=replace(team.settings, passwords_enabled=False))
    with world.unchanged():
        assert invite(world, send_password_email=True).pointers == ["/send_password_email"]
    assert invite(world).json["warnings"] == ["no_way_to_sign_in_yet"]


def test_case_110_under_enforced_single_sign_on_the_password_letter_cannot_be_chosen(world: World) -> None:
    world.rewrite(world.team(), sso_available=True, sso_enforced=True)
    with world.unchanged():
        refused = invite(world, send_password_email=True)
    assert (refused.status, refused.pointers) == (400, ["/send_password_email"])
    assert invite(world).json["send_password_email"] is False


# ---------------------------------------------------------------- products


@pytest.mark.parametrize(
    ("products", "pointer"),
    [
        ([], "/products"),
        ("all", "/products"),
        (None, "/products"),
        ({}, "/products"),
        ({"all": False}, "/products"),
        ({"all": 1}, "/products"),
        ({"all": True, "only": ["trustgate"]}, "/products"),
        ({"only": "trustgate"}, "/products"),
        ({"only": []}, "/products/only"),
        ({"only": ["unknown"]}, "/products/only"),
        ({"only": ["trustgate", "globex-own"]}, "/products/only"),
        ({"only": ["trustgate", "trustgate"]}, "/products/only/1"),
        ({"only": ["trustgate", 7]}, "/products/only/1"),
        ({"only": [f"p{number}" for number in range(5_000)]}, "/products/only"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_case_106_products_that_are_no_choice_of_the_teams_own_are_refused(
    world: World, products: object, pointer: str
) -> None:
    globex = world.team(world.globex)
    world.rewrite(globex, products={**globex.products, "globex-own": "Globex's own"})
    with world.unchanged():
        refused = invite(world, products=products)
    assert (refused.status, refused.code, refused.pointers) == (400, "invalid", [pointer])


def test_case_106_a_list_of_ten_thousand_products_is_not_even_read(world: World) -> None:
    with world.unchanged():
        assert invite(world, products={"only": [f"p{number}" for number in range(10_000)]}).status == 413


def test_case_106_a_product_that_the_team_has_lost_can_no_longer_be_handed_out(world: World) -> None:
    team = world.team()
    world.rewrite(team, products={key: name for key, name in team.products.items() if key != "trusttest"})
    with world.unchanged():
        assert invite(world, products={"only": ["trusttest"]}).pointers == ["/products/only"]
    assert invite(world, products={"only": ["trustgate"]}).status == 201


# ---------------------------------------------------------------- one live invitation for an address


@pytest.mark.parametrize("email", [NORA, "NORA@EXAMPLE.COM", " nora@example.com "])
def test_case_100_an_address_with_a_live_invitation_is_refused_naming_it(world: World, email: str) -> None:
    first = world.invite(NORA)
    with world.unchanged():
        refused = invite(world, "admin", email=email)
    assert (refused.status, refused.code, refused.json["invitation"]) == (409, "already_invited", first["id"])


def test_case_100_a_member_cannot_be_invited_in_whatever_case(world: World) -> None:
    with world.unchanged():
        for email in (world.acme.member.email, world.acme.member.email.upper()):
            assert (invite(world, email=email).status, invite(world, email=email).code) == (409, "member_exists")


def test_case_100_a_deactivated_member_is_to_be_reactivated_instead(world: World) -> None:
    world.rewrite(world.member(world.acme.member.id), status=Status.DEACTIVATED)
    with world.unchanged():
        refused = invite(world, email=world.acme.member.email)
    assert (refused.status, refused.code) == (409, "use_reactivate")


def test_case_100_of_twenty_invitations_at_once_exactly_one_is_made(world: World) -> None:
    with world.tells("invitation.created"), ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: invite(world), range(20)))
    made = [answer.json["id"] for answer in answers if answer.status == 201]
    refused = [answer for answer in answers if answer.status != 201]
    assert len(made) == 1
    assert {(answer.status, answer.code, answer.json["invitation"]) for answer in refused} == {
        (409, "already_invited", made[0])
    }
    assert len(world.mails(NORA)) == 1


def test_an_expired_invitation_is_withdrawn_by_a_new_one_in_the_same_step(world: World) -> None:
    old, old_link = world.invite(NORA)["id"], world.link(NORA)
    world.advance(8 * 86400)
    with world.tells("invitation.created"):
        new = invite(world)
    assert new.status == 201
    assert world.events("invitation.created")[-1]["after"]["replaces"] == old
    assert world.accept(old_link).code == "link_revoked"
    assert world.accept(world.link(NORA)).status == 201
    assert [item["SK"] for item in world.items("I#")] == []
