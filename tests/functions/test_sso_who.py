"""Whom an identity provider means: a member by connection and subject, once by a proven address, and nobody else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from infra.local.toys.idp_requests import PUBLIC_CLIENT_ID
from rollcall import clock
from rollcall.actions.sso_journey import link_text
from rollcall.domain.permissions import Role
from rollcall.http.schedule import system_call
from tests.functions.scim_kit import Provider
from tests.operations import act_on, put_role, remove
from tests.operations import leave as leaves
from tests.operations import sign_in as by_password
from tests.sso_kit import Browser, connected, joining, prove_domain

if TYPE_CHECKING:
    from infra.local.toys.idp import ToyIdp
    from rollcall.domain.sso_connections import SsoConnection
    from tests.kit import Answer, World

MIA = "member@acme.example.com"
NICO = "newcomer@acme.example.com"
STRANGER = "stranger@elsewhere.example.net"


def refused(answer: Answer, code: str, status: int = 403) -> None:
    assert (answer.status, code.encode() in answer.body) == (status, True), answer.body


def who(world: World, browser: Browser) -> str:
    return str(world.call("GET", "/v1/me", token=browser.session).json["id"])


# ---------------------------------------------------------------- which address counts


@pytest.mark.parametrize("verified", ["missing", "false", "'false'", "'true'"])
def test_case_033_an_address_counts_where_it_is_said_to_be_verified_and_by_a_boolean(
    world: World, connection: SsoConnection, verified: str
) -> None:
    joining(world, jit=True)
    with world.unchanged():
        for person in (MIA, NICO):
            refused(Browser(world).sign_in(connection, person, email_verified=verified), "no_membership")


def test_case_033_an_address_that_somebody_has_given_themselves_opens_nobodys_account(
    world: World, connection: SsoConnection
) -> None:
    """nOAuth: the attacker's subject with the victim's address, verified or not, before and after the victim came."""
    unverified = Browser(world).sign_in(connection, STRANGER, email=MIA, email_verified="false")
    refused(unverified, "no_membership")
    assert Browser(world).sign_in(connection, MIA).status == 302
    with world.unchanged():
        for verified in ("true", "false", "missing"):
            answer = Browser(world).sign_in(connection, STRANGER, email=MIA, email_verified=verified)
            assert answer.status == 403


def test_case_033_by_the_subject_a_member_comes_in_whatever_the_address(
    world: World, connection: SsoConnection
) -> None:
    assert Browser(world).sign_in(connection, MIA).status == 302
    before = world.member(world.acme.member.id)
    for switches in ({"email": STRANGER}, {"no_email": "1"}, {"email": world.acme.owner.email}, {"email": "nonsense"}):
        browser = Browser(world)
        with world.tells("session.opened"):
            assert browser.sign_in(connection, MIA, **switches).status == 302
        assert who(world, browser) == world.acme.member.id
    after = world.member(world.acme.member.id)
    assert (after.email, after.version, after.role) == (before.email, before.version, before.role)


def test_case_034_the_same_subject_of_two_connections_is_two_people(
    world: World, connection: SsoConnection, idp: ToyIdp
) -> None:
    other = connected(world, issuer=idp.issuer, client_id=PUBLIC_CLIENT_ID, name="Other")
    joining(world, jit=True)
    one, two = Browser(world), Browser(world)
    assert one.sign_in(connection, MIA, sub="42").status == 302
    assert two.sign_in(other, NICO, sub="42").status == 302
    assert who(world, one) == world.acme.member.id != who(world, two)


@pytest.mark.parametrize(
    "email",
    [
        "nora@unproven.example.com",
        "nora@globex.example.com",
        "nora@sub.acme.example.com",
        "nora@example.com",
        "nora@acme.example.com.evil.example",
        "nora@acme-example.com",
        "support@elsewhere.example.net",
        "nora@acme.example.com@evil.example",
        "nora@evil.example, nora@acme.example.com",
        "nora@xn--cme-7ya.example.com",
    ],
)
def test_case_035_nobody_joins_from_a_domain_that_this_team_has_not_proven(
    world: World, connection: SsoConnection, email: str
) -> None:
    prove_domain(world, "globex.example.com", world.globex)
    joining(world, jit=True)
    with world.unchanged():
        refused(Browser(world).sign_in(connection, "nora@acme.example.com", email=email), "no_membership")


def test_case_035_an_address_is_one_however_its_domain_is_written(world: World, connection: SsoConnection) -> None:
    browser = Browser(world)
    assert browser.sign_in(connection, MIA, email="Member@ACME.Example.COM").status == 302
    assert who(world, browser) == world.acme.member.id


def test_case_196_a_domain_that_is_given_up_or_anothers_moves_nobody(
    world: World, connection: SsoConnection, idp: ToyIdp
) -> None:
    """Who was known stays known by their subject; nobody else comes in by the address, there or here."""
    joining(world, jit=True)
    joining(world, world.globex, jit=True)
    theirs = connected(world, world.globex, issuer=idp.issuer, client_id=PUBLIC_CLIENT_ID)
    known = Browser(world)
    assert known.sign_in(connection, NICO).status == 302
    gone = world.call("DELETE", "/v1/team/domains/acme.example.com", token=world.acme.owner.pat)
    assert gone.status == 204
    with world.unchanged():
        refused(Browser(world).sign_in(connection, MIA), "no_membership")
        refused(Browser(world).sign_in(connection, "nina@acme.example.com"), "no_membership")
        refused(Browser(world).sign_in(theirs, NICO), "no_membership")
    prove_domain(world, "acme.example.com", world.globex)
    again, other = Browser(world), Browser(world)
    assert again.sign_in(connection, NICO).status == 302
    assert other.sign_in(theirs, NICO).status == 302
    assert who(world, again) == who(world, known) != who(world, other)
    with world.unchanged():
        refused(Browser(world).sign_in(connection, MIA), "no_membership")


# ---------------------------------------------------------------- who stands for a connection (I16)


def test_an_admins_own_provider_signs_no_owner_in_however_they_are_known(
    world: World, idp: ToyIdp, connection: SsoConnection
) -> None:
    admins = connected(world, issuer=idp.issuer, client_id=PUBLIC_CLIENT_ID, vouched=Role.ADMIN)
    with world.unchanged():
        refused(Browser(world).sign_in(admins, world.acme.owner.email), "connection_not_vouched")
    assert Browser(world).sign_in(admins, MIA).status == 302
    assert put_role(world, world.acme.member.id, "owner").status == 200
    with world.unchanged():
        refused(Browser(world).sign_in(admins, MIA), "connection_not_vouched")


def test_an_invitation_to_be_an_owner_is_not_taken_by_an_admins_own_provider(world: World, idp: ToyIdp) -> None:
    prove_domain(world, "acme.example.com")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("SSO_LOCAL_ISSUERS", idp.issuer)
        admins = connected(world, issuer=idp.issuer, client_id=PUBLIC_CLIENT_ID, vouched=Role.ADMIN)
        world.invite(NICO, role="owner")
        link = world.link(NICO)
        with world.unchanged():
            refused(Browser(world).sign_in(admins, NICO), "connection_not_vouched")
            refused(Browser(world).sign_in(admins, NICO, invitation=link), "connection_not_vouched")


# ---------------------------------------------------------------- one's own account


def link_for(world: World, connection: SsoConnection, member_id: str) -> str:
    return link_text(system_call(clock.now()), connection, member_id)


def test_a_member_who_is_signed_in_links_their_own_account(world: World, connection: SsoConnection) -> None:
    browser = Browser(world, session=by_password(world, world.acme.member))
    link = link_for(world, connection, world.acme.member.id)
    assert browser.sign_in(connection, STRANGER, link=link).status == 302
    again = Browser(world)
    assert again.sign_in(connection, STRANGER).status == 302
    assert who(world, again) == world.acme.member.id


def test_case_037_a_link_that_was_given_to_somebody_else_ties_them_to_nothing(
    world: World, connection: SsoConnection
) -> None:
    """Or else whoever follows it signs in to the giver's account from then on."""
    link = link_for(world, connection, world.acme.admin.id)
    with world.unchanged():
        refused(Browser(world).sign_in(connection, MIA, link=link), "sso_state_invalid", 400)
    signed_in = Browser(world, session=by_password(world, world.acme.member))
    with world.unchanged():
        refused(signed_in.sign_in(connection, MIA, link=link), "sso_state_invalid", 400)


def test_case_037_a_subject_that_is_somebodys_is_not_linked_to_another(world: World, connection: SsoConnection) -> None:
    assert Browser(world).sign_in(connection, MIA).status == 302
    admin = Browser(world, session=by_password(world, world.acme.admin))
    link = link_for(world, connection, world.acme.admin.id)
    with world.unchanged():
        refused(admin.sign_in(connection, MIA, link=link), "linked_elsewhere")


# ---------------------------------------------------------------- those who are gone (M10, M11)


def test_who_is_deactivated_does_not_come_in_by_subject_or_address(world: World, connection: SsoConnection) -> None:
    assert Browser(world).sign_in(connection, MIA).status == 302
    for person in (world.acme.member, world.acme.admin):
        assert act_on(world, person.id, "deactivate").status == 200
        with world.unchanged():
            refused(Browser(world).sign_in(connection, person.email), "account_deactivated")


def test_who_was_removed_comes_back_by_an_invitation_alone(world: World, connection: SsoConnection) -> None:
    """Neither by the subject under another address, nor by the address under another subject."""
    joining(world, jit=True)
    assert Browser(world).sign_in(connection, MIA).status == 302
    assert remove(world, world.acme.member.id).status == 200
    with world.unchanged():
        refused(Browser(world).sign_in(connection, MIA), "no_membership")
        refused(Browser(world).sign_in(connection, MIA, email="mia@acme.example.com"), "no_membership")
        refused(Browser(world).sign_in(connection, MIA, sub="another"), "no_membership")
    world.invite(MIA)
    browser = Browser(world)
    assert browser.sign_in(connection, MIA).status == 302
    assert who(world, browser) != world.acme.member.id


def test_who_left_may_come_back_just_in_time(world: World, connection: SsoConnection) -> None:
    joining(world, jit=True)
    assert Browser(world).sign_in(connection, MIA).status == 302
    assert leaves(world, world.acme.member.pat).status == 204
    browser = Browser(world)
    with world.tells("member.joined_by_sso"):
        assert browser.sign_in(connection, MIA).status == 302
    assert who(world, browser) != world.acme.member.id


# ---------------------------------------------------------------- people of SCIM


def test_a_person_of_scim_is_found_by_the_claim_that_is_their_external_id(
    world: World, connection: SsoConnection
) -> None:
    made = Provider(world).new("nora@elsewhere.example.net", externalId="00u7")
    browser = Browser(world)
    assert browser.sign_in(connection, STRANGER, sub="00u7", no_email="1").status == 302
    assert who(world, browser) == made["id"]


def test_a_person_of_scim_is_found_by_their_address_in_a_proven_domain_and_else_not_at_all(
    world: World, connection: SsoConnection
) -> None:
    idp = Provider(world)
    made, other = idp.new("nora@acme.example.com", externalId="00u7"), idp.new("nora@elsewhere.example.net")
    assert other
    browser = Browser(world)
    assert browser.sign_in(connection, "nora@acme.example.com").status == 302
    assert who(world, browser) == made["id"]
    with world.unchanged():
        refused(Browser(world).sign_in(connection, "nora@elsewhere.example.net"), "no_membership")


def test_who_is_known_by_another_subject_is_not_found_by_their_external_id(
    world: World, connection: SsoConnection, idp: ToyIdp
) -> None:
    """Also where the address that comes along is somebody else's."""
    Provider(world).new("nora@acme.example.com", externalId="00u7")
    by_oid = connected(world, issuer=idp.issuer, client_id=PUBLIC_CLIENT_ID, scim_claim="oid")
    assert Browser(world).sign_in(by_oid, "nora@acme.example.com", claims='{"oid": "00u7"}').status == 302
    with world.unchanged():
        answer = Browser(world).sign_in(by_oid, MIA, claims='{"oid": "00u7"}')
        refused(answer, "linked_elsewhere")


@pytest.mark.parametrize("verified", ["false", "missing", "'true'"])
def test_an_external_id_that_is_an_address_counts_as_addresses_do(
    world: World, idp: ToyIdp, connection: SsoConnection, verified: str
) -> None:
    by_email = connected(world, issuer=idp.issuer, client_id=PUBLIC_CLIENT_ID, scim_claim="email")
    Provider(world).new("nora@acme.example.com", externalId="nora@acme.example.com")
    with world.unchanged():
        answer = Browser(world).sign_in(by_email, STRANGER, email="nora@acme.example.com", email_verified=verified)
        refused(answer, "no_membership")


def test_case_151_who_the_provider_switched_off_does_not_come_in(world: World, connection: SsoConnection) -> None:
    scim = Provider(world)
    made = scim.new("nora@acme.example.com", externalId="00u7")
    browser = Browser(world)
    assert browser.sign_in(connection, STRANGER, sub="00u7").status == 302
    off = {"op": "replace", "path": "active", "value": False}
    assert scim.patch(f"/Users/{made['id']}", off).status == 200
    with world.unchanged():
        refused(Browser(world).sign_in(connection, STRANGER, sub="00u7"), "account_deactivated")
    assert world.call("GET", "/v1/me", token=browser.session).status == 401


# ---------------------------------------------------------------- who joins (J5, J7)


def test_who_joins_just_in_time_gets_what_the_team_gives_by_default(world: World, connection: SsoConnection) -> None:
    joining(world, jit=True, default_role="admin", default_products={"only": ["trustgate"]})
    browser = Browser(world)
    assert browser.sign_in(connection, NICO).status == 302
    me = world.call("GET", "/v1/me", token=browser.session).json
    assert (me["role"], me["products"], me["email"]) == ("admin", {"only": ["trustgate"]}, NICO)


def test_where_joining_just_in_time_is_off_nobody_unknown_comes_in(world: World, connection: SsoConnection) -> None:
    with world.unchanged():
        refused(Browser(world).sign_in(connection, NICO), "no_membership")
