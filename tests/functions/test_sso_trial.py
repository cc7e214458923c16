"""Who has tried a connection (C5): an owner of today, so that the team is never left with one that no owner can use."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rollcall.storage.sso_connections import sso_connections_of
from tests.operations import act_on, ask, put_role, remove
from tests.sso_kit import Browser

if TYPE_CHECKING:
    from collections.abc import Callable

    from rollcall.domain.sso_connections import SsoConnection
    from tests.kit import Answer, World

OLGA = "olga@acme.example.com"
FALLS: dict[str, Callable[[World, str], Answer]] = {
    "demoted": lambda world, who: put_role(world, who, "admin"),
    "deactivated": lambda world, who: act_on(world, who, "deactivate"),
    "removed": remove,
}


def who_tried(world: World) -> str | None:
    """Return who has tried the only connection."""
    tested = sso_connections_of(world.acme.id)[0].tested
    return None if tested is None else tested.member_id


@pytest.mark.parametrize("how", FALLS)
def test_where_who_tried_it_is_no_owner_any_more_the_next_owner_to_come_in_has_tried_it(
    world: World, connection: SsoConnection, how: str
) -> None:
    owner, (olga, _) = world.acme.owner, world.join(OLGA, role="owner")
    for email in (OLGA, owner.email):
        assert Browser(world).sign_in(connection, email).status == 302
        assert who_tried(world) == olga
    assert FALLS[how](world, olga).status == 200
    browser = Browser(world)
    with world.tells("session.opened"):
        assert browser.sign_in(connection, owner.email).status == 302
    assert who_tried(world) == owner.id
    switched = ask(world, "PUT", "/v1/team/sso-enforcement", {"enforced": True}, browser.session)
    assert (switched.status, switched.json["enforced"]) == (200, True)
