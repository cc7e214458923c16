"""People who come in through an identity provider in every way there is, for the rights that it takes."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from infra.local.toys.idp_requests import PUBLIC_CLIENT_ID
from rollcall.auth import secrets
from rollcall.domain.connections import RoleRule
from rollcall.domain.permissions import Role
from tests.functions.scim_kit import Provider
from tests.sso_kit import Browser, connected, joining, own_link, prove_domain
from tests.toy_idp import serving

if TYPE_CHECKING:
    from rollcall.domain.sso_connections import SsoConnection
    from tests.kit import World

OPS = RoleRule("Ops", Role.ADMIN)


def signing_in(world: World) -> None:
    """Let people of acme come in: known, invited, unknown, of SCIM, one after the other in one browser."""
    with serving() as idp:
        os.environ["SSO_LOCAL_ISSUERS"] = idp.issuer
        try:
            _signing_in(
                world, connected(world, issuer=idp.issuer, client_id=PUBLIC_CLIENT_ID, rules=(OPS,), worked=False)
            )
        finally:
            del os.environ["SSO_LOCAL_ISSUERS"]


def _signing_in(world: World, connection: SsoConnection) -> None:
    prove_domain(world, "acme.example.com")
    joining(world, jit=True)
    browser = Browser(world)
    for person in (world.acme.member.email, world.acme.owner.email, "nina@acme.example.com"):
        assert browser.sign_in(connection, person).status == 302
    _invited(world, connection)
    _of_scim(world, connection)
    known = secrets.parse(browser.session)
    assert known
    assert browser.sign_in(connection, "other", link=own_link(connection, known.owner_id)).status == 302


def _invited(world: World, connection: SsoConnection) -> None:
    world.invite("lead@acme.example.com", role="admin")
    world.invite("boss@acme.example.com", role="owner")
    unknown = secrets.compose("inv", world.acme.id, "inv_" + "0" * 26, bytes(32))
    for link, status in ((world.link("lead@acme.example.com"), 302), (unknown, 410)):
        assert Browser(world).start(connection, invitation=link).status == status
    for name in ("lead", "boss"):
        assert Browser(world).sign_in(connection, f"{name}@acme.example.com").status == 302


def _of_scim(world: World, connection: SsoConnection) -> None:
    """Somebody in a group of SCIM's that gives no role, whose claims give one."""
    scim = Provider(world)
    made = scim.new("nora@elsewhere.example.net", externalId="00u7")
    scim.group("Engineers", made["id"])
    rules = {"mappings": [{"group": "Others", "role": "admin"}]}
    assert world.call("PUT", "/v1/team/scim-role-mapping", rules, token=world.acme.owner.pat).status == 200
    assert Browser(world).sign_in(connection, "nora", sub="00u7", groups="Ops").status == 302
