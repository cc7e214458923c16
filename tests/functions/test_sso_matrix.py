"""Part H of the permission matrix by an identity provider: who comes in, in which state of their membership."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.matrix import ROWS, Row
from tests.operations import act_on, remove
from tests.operations import sign_in as by_password
from tests.sso_kit import Browser
from tests.toy_idp import sign_in

if TYPE_CHECKING:
    from rollcall.domain.sso_connections import SsoConnection
    from tests.kit import World

PART = [row for row in ROWS if row.way == "OIDC login"]
EXPECTED = {"JIT/invite rules": 302, "by (connection, sub) of the new membership": 302}
NICO, MIA = "newcomer@acme.example.com", "member@acme.example.com"


def bring_about(world: World, state: str) -> None:
    """Make it so of whoever has signed in once by SSO, or of whom nobody knows yet."""
    member = world.acme.member.id
    if state == "invited":
        world.invite(NICO, send_password_email=False)
    elif state == "deactivated":
        assert act_on(world, member, "deactivate").status == 200
    elif state.startswith("removed"):
        assert remove(world, member).status == 200
        if "re-invited" in state:
            assert world.accept(world.copied(world.invite(MIA, send_password_email=True)["id"])).status == 201
    elif state == "team deleted":
        owner = by_password(world, world.acme.owner)
        assert world.call("DELETE", "/v1/team", {"name": "Acme"}, token=owner).status == 204
    elif state == "active, SSO enforced":
        world.rewrite(world.team(), sso_enforced=True)


@pytest.mark.parametrize("row", PART, ids=lambda row: f"H-{row.n:04d}")
def test_case_114_a_row_of_the_matrix(world: World, connection: SsoConnection, row: Row) -> None:
    """Whoever is there already came in once; of a deleted team the sign-in was begun before."""
    person = NICO if row.actor == "invited" else MIA
    if person == MIA:
        assert Browser(world).sign_in(connection, MIA).status == 302
    browser = Browser(world)
    began = browser.start(connection)
    bring_about(world, row.actor)
    before = world.digest()
    answer = browser.back(sign_in(began.headers["location"], person))
    expected = EXPECTED.get(row.expected) or int(row.expected)
    assert answer.status == expected, answer.body
    assert (world.digest() == before) is (expected != 302)
    if expected != 302:
        return
    me = world.call("GET", "/v1/me", token=browser.session).json
    assert me["email"] == person
    assert (me["id"] == world.acme.member.id) is (row.actor.startswith("active"))


def test_all_rows_of_the_matrix_are_walked() -> None:
    assert [row.n for row in PART] == [926, 932, 938, 944, 950, 956, 962]
