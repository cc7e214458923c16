"""Part I of the permission matrix: every operation of SCIM by every credential that an identity provider may hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rollcall.domain.permissions import Permission
from rollcall.http.scim_routes import OPERATIONS, ROUTES
from tests.journeys.test_permission_matrix import ask
from tests.matrix import ROWS, SCIM_OPERATIONS, SCIM_ROUTE, Row
from tests.scenes import Walk, of_team_a

if TYPE_CHECKING:
    from tests.kit import Answer
    from tests.scenes import Scene

PART = [row for row in ROWS if row.part == "I"]
FOREIGN = "other team's SCIM token"


def token_of(scene: Scene, credential: str) -> str | None:
    owner = scene.cast.people["owner"]
    return {"owner's PAT": owner.pat, "owner's session": owner.session, "none": None, **scene.cast.credentials}[
        credential
    ]


def judge(row: Row, answer: Answer, told: list[str] | None) -> None:
    event = SCIM_OPERATIONS[row.operation].event
    if row.expected == "401":
        assert answer.status == 401
        assert answer.headers["www-authenticate"].startswith("Bearer")
    elif row.expected == "404 / empty":
        assert answer.status == 404
    else:
        assert 200 <= answer.status < 300, answer.body
    assert told == ([event] if event and answer.status < 300 else None), answer.body


@pytest.mark.parametrize("row", PART, ids=lambda row: f"I-{row.n:04d}")
def test_cases_114_142_143_a_row_of_scim(walk: Walk, row: Row) -> None:
    scene = walk.enter("provisioned")
    answer = ask(scene, SCIM_OPERATIONS[row.operation], token_of(scene, row.credential), **scene.cast.provisioned)
    touched = of_team_a(scene.world) != scene.team_a
    judge(row, answer, walk.outcome(scene))
    if row.credential == FOREIGN:
        assert not touched
        assert not any(canary.encode() in answer.body for canary in scene.cast.canaries)
        assert row.operation != "GET Users?filter" or answer.json["totalResults"] == 0


@pytest.mark.parametrize("name", [name for name in SCIM_OPERATIONS if name.endswith("/id")])
def test_case_186_a_resource_of_another_team_is_answered_like_nobodys(walk: Walk, name: str) -> None:
    scene = walk.enter("provisioned")
    token, cast = scene.cast.credentials[FOREIGN], scene.cast
    nothing = {key: f"{value[:4]}{'0' * 26}" for key, value in cast.provisioned.items() if key != "name"}
    answers = [ask(scene, SCIM_OPERATIONS[name], token, **{**cast.provisioned, **more}) for more in ({}, nothing)]
    assert walk.outcome(scene) is None
    assert answers[0].status == 404
    assert answers[0].essence == answers[1].essence


@pytest.mark.parametrize("name", SCIM_OPERATIONS)
def test_case_063_142_only_a_scim_token_opens_scim(walk: Walk, name: str) -> None:
    """Of everybody else, whatever their rank, nothing is even looked up."""
    scene = walk.enter("provisioned")
    people = scene.cast.people
    others = [getattr(people[role], kind) for role in ("owner", "admin", "member") for kind in ("session", "pat")]
    links = [people["invited"].link, people["active"].reset, scene.cast.credentials["service token"], "rc_scm_x"]
    for token in (*others, *links):
        answer = ask(scene, SCIM_OPERATIONS[name], token, **scene.cast.provisioned)
        assert (answer.status, answer.json["status"]) == (401, "401")
    assert walk.outcome(scene) is None


def test_every_operation_that_is_served_is_in_the_matrix() -> None:
    """Searches and `Me` do what a GET does, or nothing; whatever else is served has its rows."""
    named = {tuple(name.removesuffix("?filter").split(" ")) for name in SCIM_OPERATIONS}
    others = {("GET", "ResourceTypes/id"), ("GET", "Schemas/id")}
    assert {key for key in OPERATIONS if ".search" not in key[1]} - others == named
    assert ROUTES.keys() == {SCIM_ROUTE}
    assert ROUTES[SCIM_ROUTE].permission is Permission.PROVISION
