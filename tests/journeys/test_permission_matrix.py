"""The permission matrix over HTTP: every row whose feature exists, and every route that no row names.

A refusal leaves the table as it was; a success that changes something has exactly one event.
"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import pytest

from infra.local.routing import Router
from infra.local.stack import ROOT
from infra.local.template import DEFAULT_ROUTE, read_template
from infra.openapi import endpoints
from rollcall.domain.permissions import STEP_UP, Permission
from rollcall.http import scim_routes
from tests.kit import GOOD_PASSWORD
from tests.matrix import (
    NOT_YET,
    OPERATIONS,
    PRINCIPALS,
    PUBLIC,
    READ_AS,
    ROUTES_BESIDE,
    ROWS,
    SCIM_OPERATIONS,
    SCIM_ROUTE,
    WAYS,
    Operation,
    Row,
)
from tests.scenes import ROLES, Walk, of_team_a

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rollcall.http.endpoint import Endpoint
    from tests.kit import Answer
    from tests.scenes import Cast, Scene

ELSEWHERE = {"OIDC login"}  # test_sso_matrix.py
WALKED = [row for row in ROWS if row.way not in {*NOT_YET, *ELSEWHERE} and row.part != "I"]  # I: test_scim_matrix.py
OWN_TEAM = "acts on own team only"
MAY_BE_TOLD = {"forbidden", "above_your_rank"}
SCENES = {"owner of a deleted team": "deleted", "team deleted": "deleted", "active, SSO enforced": "enforced"}
EVENTS = {"password login": "session.opened", "reset link": "member.password_set", "invite link": "invitation.accepted"}
STATES = {
    "removed, then re-invited and joined (old credential)": "rejoined",
    "team deleted": "active",
    "active, SSO enforced": "active",
}


# ---------------------------------------------------------------- asking


def ask(scene: Scene, operation: Operation, token: str | None, **names: str) -> Answer:
    method, _, path = operation.route.partition(" ")
    names = {"issuer": scene.cast.issuer, **operation.fills, **names}
    body = operation.body and {
        name: value.format(**names) if isinstance(value, str) else value for name, value in operation.body.items()
    }
    return scene.world.call(method, path.format(**names), body, token=token)


def of_row(scene: Scene, row: Row) -> Answer:
    """Ask what a row of parts A to G says, as its actor."""
    cast, foreign = scene.cast, row.actor.startswith("other team")
    token = cast.credentials[row.actor] if row.part == "G" else getattr(cast.people[row.actor], held(row))
    return ask(
        scene,
        OPERATIONS[row.operation],
        token,
        id=target(cast, row),
        role=row.target.removeprefix("for role ") if row.target.startswith("for role ") else "member",
        address=cast.people["other member"].email if foreign else "nora@example.com",
        team="Globex" if foreign else "Acme",
        password=cast.people[
            "other team's owner" if foreign else row.actor if row.actor in ROLES else "owner"
        ].password,
    )


def held(row: Row) -> str:
    return "session" if row.credential == "session" else "pat"


def target(cast: Cast, row: Row) -> str:
    """Return the id that the row's request names, if it names one."""
    route, who = OPERATIONS[row.operation].route, row.actor if row.actor in ROLES else "owner"
    if "/invitations/" in route:
        state = row.condition or "pending"
        return cast.invitations[f"pending {role_of(row)}" if state == "pending" else state]
    if "/scim-tokens/{id}" in route:
        return cast.scim_token
    if "/tokens/{id}" in route:
        return cast.people[who].token
    if "/sessions/{id}" in route:
        return cast.people[who].own_session
    if row.target == "self" or "own role" in row.operation:
        return cast.people["other team's owner" if row.expected == OWN_TEAM else who].id
    return cast.people[f"{'off' if row.operation == 'reactivate' else 'other'} {role_of(row)}"].id


def role_of(row: Row) -> str:
    role = row.target.removeprefix("for role ")
    return role if role in ROLES else "member"


def come_in(scene: Scene, row: Row) -> Answer:
    """Authenticate as a row of part H says: in that state, in that way."""
    person = scene.cast.people[STATES.get(row.actor, row.actor)]
    call = scene.world.call
    if row.way == "password login":
        return call("POST", "/v1/teams/acme/sessions", {"email": person.email, "password": person.password})
    if row.way == "reset link":
        new = {"token": person.reset, "password": "a phrase of another kind"}
        return call("POST", "/v1/password-resets/complete", new)
    if row.way == "invite link":  # where team or policy refuses, a link that nothing else is wrong with
        return scene.world.accept(scene.cast.people["invited"].link if row.actor in SCENES else person.link)
    return call("GET", "/v1/me", token=person.session if row.way == "session" else person.pat)


# ---------------------------------------------------------------- judging


def own_row(row: Row) -> str:
    """Return what the matrix lets a sole owner do in their own team by that credential."""
    credential = "session" if "session" in row.actor else "PAT"
    found = [
        own
        for own in ROWS
        if (own.operation, own.actor, own.credential) == (row.operation, "owner", credential)
        and own.condition != "≥2 active owners"
    ]
    return found[0].expected if found else "200 no-op"  # no row makes an owner of themselves what they are


def judge(row: Row, expected: str, event: str | None, answer: Answer, told: list[str] | None) -> None:
    status, _, note = expected.partition(" ")
    if status == "2xx":
        assert 200 <= answer.status < 300, (row, answer.body)
    else:
        assert answer.status == int(status), (row, answer.body)
    if answer.status >= 400 and note and note != "if password-made":
        assert answer.code == note, row
    if (answer.status, note) == (403, ""):
        assert answer.code in MAY_BE_TOLD, row
    if answer.status == 401:
        assert answer.headers["www-authenticate"].startswith("Bearer") or row.way == "password login"
    again = row.operation == "revoke invitation" and row.condition == "revoked"
    changes = answer.status < 300 and event is not None and note != "no-op" and not again
    assert told == ([event] if changes else None), (row, answer.body)


@pytest.mark.parametrize("row", WALKED, ids=lambda row: f"{row.part}-{row.n:04d}")
def test_cases_114_115_a_row_of_the_matrix(walk: Walk, row: Row) -> None:
    scene = walk.enter("sole" if row.condition == "sole active owner" else SCENES.get(row.actor, "crowd"))
    answer = come_in(scene, row) if row.part == "H" else of_row(scene, row)
    touched = row.expected == OWN_TEAM and of_team_a(scene.world) != scene.team_a
    told = walk.outcome(scene)
    event = EVENTS.get(row.way) if row.part == "H" else OPERATIONS[row.operation].event
    judge(row, own_row(row) if row.expected == OWN_TEAM else READ_AS.get(row.n, row.expected), event, answer, told)
    assert not touched, row
    if row.actor.startswith("other team"):
        shown = {canary for canary in scene.cast.canaries if canary.encode() in answer.body}
        assert shown == set(), row


@pytest.mark.parametrize(
    "row", [r for r in WALKED if r.expected == "404" and r.n not in READ_AS], ids=lambda row: f"{row.n:04d}"
)
def test_case_186_what_is_another_teams_is_answered_like_what_is_nobodys(walk: Walk, row: Row) -> None:
    scene, operation = walk.enter("crowd"), OPERATIONS[row.operation]
    known = target(scene.cast, row)
    unknown = f"{known[:4]}{'0' * 26}"
    token = scene.cast.credentials[row.actor]
    answers = [ask(scene, operation, token, id=one) for one in (known, unknown)]
    assert walk.outcome(scene) is None
    assert answers[0].status == 404
    assert answers[0].essence == answers[1].essence


@pytest.mark.parametrize("name", OPERATIONS)
def test_a_products_token_does_nothing_that_people_do(walk: Walk, name: str) -> None:
    scene, operation = walk.enter("crowd"), OPERATIONS[name]
    row = next(row for row in ROWS if row.operation == name)
    names = {"id": target(scene.cast, row), "role": "member", "address": "nora@example.com", "team": "Acme"}
    names["password"] = GOOD_PASSWORD
    answer = ask(scene, operation, scene.cast.credentials["service token"], **names)
    assert walk.outcome(scene) is None
    assert (answer.status, answer.code) == (403, "forbidden")


# ---------------------------------------------------------------- routes that no row names


@pytest.mark.parametrize(
    ("principal", "credential"),
    [*product(PRINCIPALS[:4], ("session", "PAT")), ("service token", "service token"), ("anonymous", "anonymous")],
)
@pytest.mark.parametrize("route", ROUTES_BESIDE)
def test_case_115_a_route_beside_the_matrix(walk: Walk, route: str, principal: str, credential: str) -> None:
    beside, scene = ROUTES_BESIDE[route], walk.enter("crowd")
    expected = beside.answer_to(principal)
    stepped = credential == "PAT" and beside.permission in STEP_UP and expected not in {401, 403}
    token = credential_of(scene.cast, principal, credential)
    operation = Operation(route, beside.body, None, beside.fills)
    answer = ask(scene, operation, token, id=id_of(scene.cast, beside.kind))
    touched = principal == "other team's owner" and of_team_a(scene.world) != scene.team_a
    told = walk.outcome(scene)
    assert answer.status == (403 if stepped else expected), answer.body
    assert answer.code == "step_up_required" if stepped else answer.code != "step_up_required"
    changes = answer.status < 300 and beside.changes and not route.startswith("GET ")
    assert (told is not None, len(told or ())) == (changes, int(changes)), told
    assert not touched
    if principal == "other team's owner":
        assert not any(canary.encode() in answer.body for canary in scene.cast.canaries)


def credential_of(cast: Cast, principal: str, credential: str) -> str | None:
    if principal in {"anonymous", "service token"}:
        return cast.credentials[principal]
    person = cast.people[principal]
    return person.session if credential == "session" else person.pat


def id_of(cast: Cast, kind: str | None) -> str:
    ids = {
        "member": cast.people["held"].id,
        "invitation": cast.invitations["pending member"],
        "token": cast.people["owner"].token,
        "service token": cast.service_token,
        "SSO connection": cast.connection,
    }
    return ids.get(kind or "", "")


# ---------------------------------------------------------------- nothing is forgotten


@pytest.fixture(scope="module")
def routes() -> Mapping[str, Endpoint]:
    return endpoints()


def test_the_matrix_is_whole_and_each_row_is_walked_or_waits_with_a_reason() -> None:
    assert len(ROWS) == 1090
    assert len({row.n for row in ROWS}) == 1090
    known = OPERATIONS.keys() | WAYS.keys() | SCIM_OPERATIONS.keys()
    assert {row.way for row in ROWS} == known | NOT_YET.keys()
    assert known.isdisjoint(NOT_YET)
    assert all(missing.reason for missing in NOT_YET.values())


@pytest.mark.parametrize("operation", NOT_YET)
def test_an_operation_that_waits_has_no_route_yet(operation: str) -> None:
    """When this fails its feature has come: move the operation to OPERATIONS, so that its rows are walked."""
    router = Router([route for route in read_template(ROOT / "template.yaml").routes if route.path != DEFAULT_ROUTE])
    assert router.match(*NOT_YET[operation].request.split(" ")) is None


def test_case_115_every_route_is_in_the_matrix_or_beside_it(routes: Mapping[str, Endpoint]) -> None:
    deployed = {route.key for route in read_template(ROOT / "template.yaml").routes} - {DEFAULT_ROUTE}
    named = {operation.route for operation in OPERATIONS.values()}
    assert deployed == named | set(WAYS.values()) | ROUTES_BESIDE.keys() | PUBLIC.keys() | {SCIM_ROUTE}
    assert deployed == routes.keys() | {SCIM_ROUTE}
    assert named.isdisjoint(ROUTES_BESIDE)
    assert PUBLIC.keys().isdisjoint(named | ROUTES_BESIDE.keys())


def test_case_044_every_route_is_listed_public_or_needs_a_permission(routes: Mapping[str, Endpoint]) -> None:
    assert {route for route, endpoint in routes.items() if endpoint.permission is None} == PUBLIC.keys()
    assert all(PUBLIC.values())
    beside = {route: beside.permission for route, beside in ROUTES_BESIDE.items()}
    assert {route: routes[route].permission for route in ROUTES_BESIDE} == beside


def test_every_permission_guards_a_route_or_waits_for_one(routes: Mapping[str, Endpoint]) -> None:
    guarding = {endpoint.permission for endpoint in (*routes.values(), *scim_routes.ROUTES.values())}
    waiting = {missing.permission for missing in NOT_YET.values()}
    assert set(Permission) - guarding <= waiting
