"""Roles that follow the groups of an identity provider's claims (R2, R3), at joining and at each later sign-in."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from infra.local.toys.idp_requests import PUBLIC_CLIENT_ID
from rollcall.domain.connections import RoleRule
from rollcall.domain.permissions import Role
from tests.functions.scim_kit import Provider
from tests.operations import put_role, role_of
from tests.sso_kit import Browser, connected, joining, own_link

if TYPE_CHECKING:
    from infra.local.toys.idp import ToyIdp
    from rollcall.domain.sso_connections import SsoConnection
    from tests.kit import World

NICO = "newcomer@acme.example.com"
OPS, DEVS = RoleRule("Ops", Role.ADMIN), RoleRule("Devs", Role.MEMBER)
pytestmark = pytest.mark.usefixtures("connection")


@pytest.fixture
def mapped(world: World, idp: ToyIdp) -> SsoConnection:
    """Connect Acme once more, with rules; people join just in time."""
    joining(world, jit=True)
    return connected(world, issuer=idp.issuer, client_id=PUBLIC_CLIENT_ID, rules=(OPS, DEVS), name="Mapped")


def enter(world: World, connection: SsoConnection, person: str = NICO, **switches: str) -> tuple[str, str]:
    """Sign in; return the member's role and its source."""
    browser = Browser(world)
    answer = browser.sign_in(connection, person, **switches)
    assert answer.status == 302, answer.body
    me = world.call("GET", "/v1/me", token=browser.session).json
    return me["role"], me["role_source"]


@pytest.mark.parametrize(
    ("groups", "role"), [("Ops", "admin"), ("Devs", "member"), ("Devs,Ops,x", "admin"), ("x", "member"), ("", "member")]
)
def test_who_joins_gets_the_highest_role_of_their_groups_or_the_default(
    world: World, mapped: SsoConnection, groups: str, role: str
) -> None:
    assert enter(world, mapped, groups=groups) == (role, "mapping")


def test_a_default_above_the_mapped_role_is_for_those_without_a_mapped_one(world: World, mapped: SsoConnection) -> None:
    joining(world, jit=True, default_role="admin")
    assert enter(world, mapped, groups="Devs") == ("member", "mapping")
    assert enter(world, mapped, "nina@acme.example.com", groups="x") == ("admin", "mapping")


def test_a_role_comes_and_goes_with_the_group_at_the_next_sign_in(world: World, mapped: SsoConnection) -> None:
    roles = [enter(world, mapped, groups=groups)[0] for groups in ("Devs", "Ops", "Ops,Devs", "Devs", "Ops", "")]
    assert roles == ["member", "admin", "admin", "member", "admin", "member"]
    changes = [event["after"] for event in world.events("member.role_changed")]
    assert [change["role"] for change in changes] == ["admin", "member", "admin", "member"]
    assert changes[0]["claim"] == {"connection": mapped.id, "group": "Ops"}


@pytest.mark.parametrize(
    "claims",
    [
        {"_claim_names": {"groups": "src1"}, "groups": None},
        {"hasgroups": True, "groups": None},
        {"groups": {"no": "list"}},
        {"groups": 7},
    ],
    ids=["overage", "hasgroups", "an object", "a number"],
)
def test_no_word_about_groups_changes_nothing(world: World, mapped: SsoConnection, claims: dict[str, object]) -> None:
    assert enter(world, mapped, groups="Ops") == ("admin", "mapping")
    version = world.member(newcomer(world)).version
    assert enter(world, mapped, claims=json.dumps(claims)) == ("admin", "mapping")
    assert world.member(newcomer(world)).version == version


def newcomer(world: World) -> str:
    return str(world.events("member.joined_by_sso")[-1]["target"]["id"])


@pytest.mark.parametrize("groups", ["Ops", "Devs", ""])
def test_owners_keep_their_role_whatever_the_groups(world: World, mapped: SsoConnection, groups: str) -> None:
    assert enter(world, mapped, world.acme.owner.email, groups=groups)[0] == "owner"


def test_case_126_a_role_by_hand_stands_until_it_is_handed_back_to_the_groups(
    world: World, mapped: SsoConnection
) -> None:
    enter(world, mapped, groups="Devs")
    member = newcomer(world)
    assert put_role(world, member, "admin").status == 200
    assert enter(world, mapped, groups="Devs") == ("admin", "manual")
    assert enter(world, mapped, groups="") == ("admin", "manual")
    assert enter(world, mapped, groups="Devs") == ("admin", "manual")
    cleared = world.call("DELETE", f"/v1/members/{member}/role-override", token=world.acme.owner.pat)
    assert (cleared.json["role"], cleared.json["role_source"]) == ("member", "mapping")
    assert put_role(world, member, "member").status == 200
    assert enter(world, mapped, groups="Ops") == ("member", "manual")
    world.call("DELETE", f"/v1/members/{member}/role-override", token=world.acme.owner.pat)
    assert role_of(world, member) == "admin"


def test_case_126_a_role_by_invitation_is_not_the_groups(world: World, mapped: SsoConnection) -> None:
    world.invite(NICO, send_password_email=False)
    assert enter(world, mapped, groups="Ops") == ("member", "invitation")
    assert enter(world, mapped, groups="Ops") == ("member", "invitation")


def test_case_127_no_rule_and_no_claim_makes_an_owner(world: World, mapped: SsoConnection) -> None:
    path = f"/v1/team/sso-connections/{mapped.id}/role-mapping"
    body = {"mappings": [{"group": "Ops", "role": "owner"}]}
    with world.unchanged():
        assert world.call("PUT", path, body, token=world.acme.owner.pat).status == 400
    told = json.dumps({"role": "owner", "roles": ["owner"], "groups": ["owner", "Ops"]})
    assert enter(world, mapped, claims=told)[0] == "admin"


def test_groups_of_scim_and_of_claims_give_the_higher_role_together(world: World, mapped: SsoConnection) -> None:
    scim = Provider(world)
    rules = {"mappings": [{"group": "Leads", "role": "admin"}]}
    assert world.call("PUT", "/v1/team/scim-role-mapping", rules, token=world.acme.owner.pat).status == 200
    made = scim.new(NICO, externalId="00u7")["id"]
    leads = scim.group("Leads", made)["id"]
    assert enter(world, mapped, groups="Devs")[0] == "admin"
    assert enter(world, mapped, groups="")[0] == "admin"
    assert enter(world, mapped, groups="Ops")[0] == "admin"
    assert scim.call("DELETE", f"/Groups/{leads}").status == 204
    assert role_of(world, made) == "admin", "the claim still gives it"
    assert enter(world, mapped, groups="Devs")[0] == "member"


def test_another_connection_that_maps_nothing_takes_no_role_away(
    world: World, mapped: SsoConnection, connection: SsoConnection
) -> None:
    first = Browser(world)
    assert first.sign_in(mapped, NICO, groups="Ops").status == 302
    link = own_link(connection, newcomer(world))
    assert first.sign_in(connection, NICO, link=link, groups="").status == 302
    assert role_of(world, newcomer(world)) == "admin"


def test_the_groups_stand_where_the_connection_says(world: World, idp: ToyIdp) -> None:
    joining(world, jit=True)
    nested = connected(
        world, issuer=idp.issuer, client_id=PUBLIC_CLIENT_ID, rules=(OPS,), groups_claim="realm_access.roles"
    )
    told = json.dumps({"realm_access": {"roles": ["Ops"]}, "groups": []})
    assert enter(world, nested, claims=told)[0] == "admin"
