"""scim2-tester, whole, against the service: every check it knows for what the discovery endpoints describe."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scim2_client.engines.wsgi import WSGISCIMClient
from scim2_tester import Status, check_server

from tests.scim_calls import BASE, scim_token, wsgi

if TYPE_CHECKING:
    from tests.kit import World

LEAST = 130
"""It makes 135 checks of users with the enterprise extension, groups and discovery; fewer is a run that gave up."""


def test_scim2_tester_finds_nothing_to_complain_about(world: World) -> None:
    application = wsgi(world, scim_token(world))
    results = check_server(WSGISCIMClient(application, f"http://127.0.0.1:8000{BASE}"))
    complaints = [
        f"{one.status.name} {one.resource_type or ''} {one.title}: {one.reason}"
        for one in results
        if one.status is not Status.SUCCESS
    ]
    assert complaints == [], "\n".join(complaints)
    assert len(results) >= LEAST
    assert {one.resource_type for one in results} >= {"User", "Group"}
