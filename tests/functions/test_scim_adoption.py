"""Members who were there before SCIM was: adopted within proven domains, and where their address may go (S3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rollcall.domain.members import Origin, Status
from rollcall.domain.permissions import Role
from tests.functions.scim_kit import Provider, person
from tests.functions.test_domains import prove
from tests.operations import act_on, active_owners, authenticates, newest, put_role, remove

if TYPE_CHECKING:
    from tests.kit import World

DOMAIN = "acme.example.com"


@pytest.fixture
def idp(world: World) -> Provider:
    prove(world, DOMAIN)
    return Provider(world)


def test_case_146_a_post_of_a_members_address_adopts_them_within_a_proven_domain(world: World, idp: Provider) -> None:
    """Same id, externalId attached; role, address, password and credentials untouched; one event."""
    for member in (world.acme.member, world.acme.admin, world.acme.owner):
        before = world.member(member.id)
        with world.tells("member.adopted"):
            made = idp.call("POST", "/Users", person(member.email.upper(), externalId=member.id[4:]))
        assert (made.status, made.json["id"], made.json["externalId"]) == (201, member.id, member.id[4:])
        after = world.member(member.id)
        for name in ("email", "email_key", "role", "role_source", "products", "status", "password_hash", "pats"):
            assert getattr(after, name) == getattr(before, name), name
        assert after.link is not None
        assert after.link.origin is Origin.ADOPTED
        assert authenticates(world, member.pat)
        assert newest(world, "member.adopted")["target"]["id"] == member.id
        assert idp.get(f'/Users?filter=externalId%20eq%20"{member.id[4:]}"').json["Resources"] == [made.json]


@pytest.mark.parametrize("by", ["PUT", "PATCH", "DELETE"])
def test_a_write_to_an_unmanaged_member_adopts_them_first(world: World, idp: Provider, by: str) -> None:
    """Okta and Entra find people by filter and write to what they found."""
    member = world.acme.member
    path = f"/Users/{member.id}"
    if by == "DELETE":
        with world.tells("member.removed"):
            assert idp.call("DELETE", path).status == 204
        assert idp.get(path).status == 404
        return
    with world.tells("member.adopted"):
        if by == "PUT":
            answer = idp.call("PUT", path, person(member.email, externalId="00u1"))
        else:
            answer = idp.patch(path, {"op": "add", "path": "externalId", "value": "00u1"})
    assert (answer.status, answer.json["externalId"]) == (200, "00u1")
    with world.tells("member.deactivated"):
        assert idp.patch(path, {"op": "replace", "path": "active", "value": False}).status == 200
    assert not authenticates(world, member.pat)


def test_case_147_an_adopted_members_address_moves_within_proven_domains_only(world: World, idp: Provider) -> None:
    """Elsewhere it is a 400, and a letter goes nowhere new (CVE-2022-1680, PostHog #52372)."""
    member = world.acme.member
    idp.new(member.email, externalId="00u1")
    path, stored = f"/Users/{member.id}", world.member(member.id)
    for value in ("evil@elsewhere.example", f"evil@sub.{DOMAIN}", f"evil@{DOMAIN}.evil.example"):
        moved = {"op": "replace", "path": 'emails[type eq "work"].value', "value": value}
        put = person(member.email, externalId="00u1", emails=[{"value": value, "primary": True}])
        for refused in (idp.patch(path, moved), idp.call("PUT", path, put)):
            assert (refused.status, refused.json["scimType"]) == (400, "mutability")
        assert world.member(member.id) == stored
        world.call("POST", "/v1/teams/acme/password-resets", {"email": value})
        assert world.mails(value) == []
    within = idp.patch(path, {"op": "replace", "path": 'emails[type eq "work"].value', "value": f"new@{DOMAIN}"})
    assert within.status == 200
    after = world.member(member.id)
    assert (after.email, after.email_verified, after.role) == (f"new@{DOMAIN}", False, stored.role)


def test_case_147_another_teams_proof_proves_nothing(world: World) -> None:
    prove(world, DOMAIN, world.globex)
    refused = Provider(world).post(world.acme.member.email)
    assert (refused.status, refused.json["scimType"]) == (409, "uniqueness")


def test_case_138_an_owner_in_a_proven_domain_is_kept_if_they_are_the_last(world: World, idp: Provider) -> None:
    """By a first contact that would adopt and cut them off at once, too."""
    owner = world.acme.owner
    path, before = f"/Users/{owner.id}", world.member(owner.id)
    for answer in (
        idp.patch(path, {"op": "replace", "path": "active", "value": False}),
        idp.call("PUT", path, person(owner.email, active=False)),
        idp.call("DELETE", path),
        idp.post(owner.email, active=False),
    ):
        assert (answer.status, answer.json["scimType"]) == (409, "mutability")
    assert world.member(owner.id) == before
    assert active_owners(world) == {owner.id}
    assert authenticates(world, owner.pat)


def test_case_138_the_owners_are_told_by_mail_once_a_day(world: World, idp: Provider) -> None:
    before = len(world.mails(world.acme.owner.email))
    for _ in range(5):
        assert idp.call("DELETE", f"/Users/{world.acme.owner.id}").status == 409
    assert len(world.mails(world.acme.owner.email)) == before + 1


def test_case_152_whom_an_admin_deactivated_is_not_adopted_into_being_active(world: World, idp: Provider) -> None:
    member = world.acme.member
    assert act_on(world, member.id, "deactivate").status == 200
    refused = idp.post(member.email, externalId="00u1")
    assert (refused.status, refused.json["scimType"]) == (409, "mutability")
    assert world.member(member.id).status is Status.DEACTIVATED
    adopted = idp.post(member.email, externalId="00u1", active=False)
    assert (adopted.status, adopted.json["id"], adopted.json["active"]) == (201, member.id, False)


def test_a_role_given_by_hand_outlives_adoption_and_its_end(world: World, idp: Provider) -> None:
    """R3; and after a removal by hand the person comes back as somebody new."""
    member = world.acme.member
    put_role(world, member.id, "admin")
    idp.new(member.email, externalId="00u1")
    assert world.member(member.id).role is Role.ADMIN
    assert remove(world, member.id).status == 200
    with world.tells("member.recreated_by_scim"):
        again = idp.new(member.email, externalId="00u1")
    assert again["id"] != member.id
    assert world.member(again["id"]).role is Role.MEMBER
