"""An invitation that is accepted by signing in at an identity provider (J3, J4): by its link, or without one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from rollcall.auth import secrets
from tests import seam
from tests.functions.scim_kit import Provider
from tests.operations import act_on, put_role
from tests.sso_kit import Browser, joining
from tests.toy_idp import sign_in

if TYPE_CHECKING:
    from rollcall.domain.sso_connections import SsoConnection
    from tests.kit import Answer, World

NICO = "newcomer@acme.example.com"
STAN = "stranger@elsewhere.example.net"
MIA = "member@acme.example.com"


def invited(world: World, email: str = NICO, **fields: Any) -> tuple[str, str]:
    """Invite somebody without asking for a password; return the invitation's id and its mailed link."""
    return world.invite(email, **{"send_password_email": False, **fields})["id"], world.link(email)


def state_of(world: World, invitation: str) -> str:
    told = world.call("GET", f"/v1/invitations/{invitation}", token=world.acme.owner.pat)
    return str(told.json["state"])


def me(world: World, browser: Browser) -> dict[str, object]:
    told: dict[str, object] = world.call("GET", "/v1/me", token=browser.session).json
    return told


def refused(answer: Answer, code: str, status: int = 403) -> None:
    assert (answer.status, code.encode() in answer.body) == (status, True), answer.body


def test_case_110_the_invited_person_joins_with_the_invited_role_and_products(
    world: World, connection: SsoConnection
) -> None:
    invitation, link = invited(world, role="admin", products={"only": ["trustgate"]})
    browser = Browser(world)
    with world.tells("invitation.accepted"):
        assert browser.sign_in(connection, NICO, invitation=link).status == 302
    told = me(world, browser)
    assert (told["role"], told["role_source"], told["source"]) == ("admin", "invitation", "invited")
    assert (told["products"], told["email_verified"]) == ({"only": ["trustgate"]}, True)
    assert state_of(world, invitation) == "accepted"
    (event,) = world.events("invitation.accepted")[-1:]
    assert (event["after"]["via"], event["after"]["connection"]) == ("mailed_link", connection.id)


def test_case_110_where_sso_is_enforced_the_link_leads_in_by_sso_alone(world: World, connection: SsoConnection) -> None:
    world.rewrite(world.team(), sso_enforced=True)
    _, link = invited(world)
    with world.unchanged():
        assert (world.accept(link).status, world.accept(link).code) == (409, "sso_required")
    assert Browser(world).sign_in(connection, NICO, invitation=link).status == 302


@pytest.mark.parametrize("verified", ["false", "missing", "'true'"])
def test_case_110_an_address_that_nobody_vouches_for_accepts_nothing(
    world: World, connection: SsoConnection, verified: str
) -> None:
    _, link = invited(world)
    with world.unchanged():
        for invitation in (link, ""):
            answer = Browser(world).sign_in(connection, NICO, invitation=invitation, email_verified=verified)
            refused(answer, "no_membership")


def test_cases_086_110_the_link_is_of_no_use_to_another_address(world: World, connection: SsoConnection) -> None:
    """Nor to somebody who is a member already, whose own account it does not open instead."""
    joining(world, jit=True)
    _, link = invited(world)
    assert Browser(world).sign_in(connection, MIA).status == 302
    with world.unchanged():
        for person in (STAN, "nina@acme.example.com", MIA):
            refused(Browser(world).sign_in(connection, person, invitation=link), "invited_elsewhere")


def test_an_address_outside_the_proven_domains_joins_by_its_link_alone(world: World, connection: SsoConnection) -> None:
    _, link = invited(world, STAN)
    with world.unchanged():
        refused(Browser(world).sign_in(connection, STAN), "no_membership")
    browser = Browser(world)
    assert browser.sign_in(connection, STAN, invitation=link).status == 302
    assert me(world, browser)["email_verified"]


def test_case_097_a_copied_link_and_a_word_of_the_provider_prove_no_address_of_anothers_domain(
    world: World, connection: SsoConnection
) -> None:
    """What the provider vouches for counts where the team has proven the domain; what was mailed counts by itself."""
    for email, proven in ((STAN, False), (NICO, True)):
        link = world.copied(world.invite(email, send_password_email=False)["id"])
        browser = Browser(world)
        assert browser.sign_in(connection, email, invitation=link).status == 302
        assert me(world, browser)["email_verified"] is proven


def test_case_110_an_invitation_that_waits_is_taken_up_without_its_link(
    world: World, connection: SsoConnection
) -> None:
    """Also where nobody joins just in time, and with its own role and products."""
    invitation, _ = invited(world, role="admin")
    browser = Browser(world)
    with world.tells("invitation.accepted"):
        assert browser.sign_in(connection, NICO).status == 302
    assert (me(world, browser)["role"], state_of(world, invitation)) == ("admin", "accepted")
    assert world.events("invitation.accepted")[-1]["after"]["via"] == "sso"


def test_case_110_an_expired_invitation_gives_nothing_and_closes_when_its_person_joins_otherwise(
    world: World, connection: SsoConnection
) -> None:
    invitation, link = invited(world, role="admin")
    world.advance(8 * 24 * 3600)
    with world.unchanged():
        assert Browser(world).start(connection, invitation=link).status == 410
        refused(Browser(world).sign_in(connection, NICO), "no_membership")
    joining(world, jit=True)
    browser = Browser(world)
    with world.tells("member.joined_by_sso"):
        assert browser.sign_in(connection, NICO).status == 302
    assert (me(world, browser)["role"], state_of(world, invitation)) == ("member", "provisioned")


def test_case_110_a_revoked_invitation_is_dead_at_the_start_and_on_the_way_back(
    world: World, connection: SsoConnection
) -> None:
    invitation, link = invited(world)
    browser = Browser(world)
    back = sign_in(browser.start(connection, invitation=link).headers["location"], NICO)
    assert world.act("revoke", invitation).status == 204
    with world.unchanged():
        answer = browser.back(back)
        assert (answer.status, b"withdrawn" in answer.body or b"revoked" in answer.body) == (410, True), answer.body
        assert Browser(world).start(connection, invitation=link).status == 410


@pytest.mark.parametrize("by_link", [True, False], ids=["by its link", "waiting"])
@pytest.mark.parametrize("what", ["demoted", "deactivated"])
def test_case_098_what_its_inviter_could_not_grant_any_more_is_withdrawn(
    world: World, connection: SsoConnection, what: str, *, by_link: bool
) -> None:
    invitation = world.invite(NICO, world.acme.admin, role="admin", send_password_email=False)["id"]
    link = world.link(NICO) if by_link else ""
    if what == "demoted":
        assert put_role(world, world.acme.admin.id, "member").status == 200
    else:
        assert act_on(world, world.acme.admin.id, "deactivate").status == 200
    with world.tells("invitation.revoked"):
        answer = Browser(world).sign_in(connection, NICO, invitation=link)
    assert answer.status == (410 if by_link else 403)
    assert state_of(world, invitation) == "revoked"


def test_case_098_a_plain_members_invitation_stands_by_itself(world: World, connection: SsoConnection) -> None:
    world.invite(NICO, world.acme.admin, send_password_email=False)
    assert put_role(world, world.acme.admin.id, "member").status == 200
    assert Browser(world).sign_in(connection, NICO).status == 302


def test_an_accepted_invitation_is_nothing_to_its_person_any_more(world: World, connection: SsoConnection) -> None:
    _, link = invited(world)
    assert Browser(world).sign_in(connection, NICO, invitation=link).status == 302
    with world.unchanged():
        answer = Browser(world).start(connection, invitation=link)
        assert (answer.status, b"/t/acme" in answer.body) == (410, True)


@pytest.mark.parametrize("text", ["", "x", "é", "rc_inv_" + "0" * 93, "\0" * 9, "x" * 7000])
def test_what_is_no_link_is_answered_like_a_link_of_another_team(
    world: World, connection: SsoConnection, text: str
) -> None:
    body = {"email": NICO, "role": "member", "products": {"all": True}}
    assert world.call("POST", "/v1/invitations", body, token=world.globex.owner.pat).status == 201
    theirs = Browser(world).start(connection, invitation=world.link(NICO))
    with world.unchanged():
        answer = Browser(world).start(connection, invitation=text)
    if text:
        assert (answer.status, answer.body) == (theirs.status, theirs.body)
    assert theirs.status == 410


def test_a_link_whose_secret_is_wrong_is_unknown(world: World, connection: SsoConnection) -> None:
    _, link = invited(world)
    token = secrets.parse(link)
    assert token
    forged = secrets.compose("inv", token.team_id, token.owner_id, bytes(32))
    with world.unchanged():
        assert Browser(world).start(connection, invitation=forged).status == 410


def test_case_232_an_invitation_that_scim_closes_between_two_readings_is_looked_at_again(
    world: World, connection: SsoConnection
) -> None:
    """Its address was still the invitation's at the first reading, and is a member's at the second."""
    scim = Provider(world)
    world.invite(NICO)
    browser = Browser(world)
    back = sign_in(browser.start(connection).headers["location"], NICO)
    made: list[Answer] = []

    def meanwhile(number: int, _: str) -> None:
        if number == 3 and not made:  # team and address were read; now the invitation is
            made.append(scim.post(NICO))

    with seam.seam(meanwhile):
        entered = browser.back(back)
    assert (made[0].status, entered.status) == (201, 302), entered.body
    assert world.call("GET", "/v1/me", token=browser.session).json["id"] == made[0].json["id"]
