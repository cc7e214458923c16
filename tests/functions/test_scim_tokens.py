"""SCIM tokens and the mapping of groups to roles: who may, how many, and what a token opens (S2, R2)."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from rollcall import clock
from rollcall.auth import authenticate, secrets
from rollcall.domain import connections
from rollcall.domain.errors import Stale
from rollcall.domain.permissions import Actor, CredentialKind, Permission
from rollcall.domain.times import parse, rfc3339
from rollcall.http import answers
from rollcall.http.endpoint import Request, endpoint
from rollcall.storage import keys, reads
from rollcall.storage.commit import commit
from tests.functions.test_token_leaks import report
from tests.operations import second_owner
from tests.seam import seam

if TYPE_CHECKING:
    from rollcall.http.bodies import Nothing
    from tests.kit import Answer, Person, World

PATH = "/v1/team/scim-tokens"
MAPPING = "/v1/team/scim-role-mapping"
DAY = 24 * 3600


def session(world: World, person: Person, slug: str = "acme") -> str:
    login = {"email": person.email, "password": person.password}
    return str(world.call("POST", f"/v1/teams/{slug}/sessions", login).json["token"])


def issue(world: World, **fields: object) -> Answer:
    return world.call("POST", PATH, {"name": "provider", **fields}, token=session(world, world.acme.owner))


def listed(world: World) -> Any:
    answer = world.call("GET", PATH, token=world.acme.owner.pat)
    assert answer.status == 200
    return answer.json


def team(world: World) -> Any:
    return world.call("GET", "/v1/team", token=world.acme.owner.pat).json


@endpoint(permission=Permission.PROVISION, accepts=authenticate.OF_SCIM, reads=lambda _: (), answer=answers.plain)
def provisioning(request: Request[Nothing]) -> dict[str, object]:
    """What every SCIM route is to a credential."""
    call = request.call
    connection = call.found.connection(call.team.id)
    return {
        "team": call.team.id,
        "kind": call.actor.kind.value,
        "name": call.actor.name,
        "there": connection is not None,
    }


def provision(token: str | None) -> tuple[int, Any]:
    """Ask a SCIM route with that credential."""
    http = {"method": "GET", "sourceIp": "192.0.2.1"}
    headers = {} if token is None else {"authorization": f"Bearer {token}"}
    event = {"version": "2.0", "routeKey": "GET /scim/v2/Users", "rawPath": "/scim/v2/Users", "headers": headers}
    answer: Any = provisioning({**event, "requestContext": {"http": http, "requestId": "r"}})
    return answer["statusCode"], json.loads(answer["body"])


# ---------------------------------------------------------------- making, listing, revoking


def test_a_new_token_is_shown_once_with_the_address_where_it_is_used(world: World) -> None:
    with world.tells("session.opened", "scim_token.issued"):
        made = issue(world)
    assert made.status == 201
    assert made.json["secret"].startswith("rc_scm_")
    assert made.json["scim_url"] == "http://127.0.0.1:8000/scim/v2"
    assert parse(made.json["expires_at"]) - parse(made.json["created_at"]) == timedelta(days=365)
    shown = listed(world)
    assert [shown["total"], shown["connection"]] == [1, "active"]
    assert shown["data"][0] == {k: v for k, v in made.json.items() if k not in {"secret", "scim_url"}}
    assert made.json["secret"][-4:] == shown["data"][0]["last4"]
    assert shown["data"][0]["last_used_at"] is None


def test_the_secret_rests_nowhere_but_as_a_hash(world: World) -> None:
    text = issue(world).json["secret"]
    assert text not in repr(world.items())
    assert secrets.digest(text) in repr(world.items("T#"))
    assert secrets.digest(text) not in repr(world.items("A#"))


def test_a_team_says_whether_scim_is_set_up(world: World) -> None:
    assert team(world)["scim_enabled"] is False
    first, second = (issue(world).json["id"] for _ in range(2))
    assert team(world)["scim_enabled"] is True
    for token, left in ((first, True), (second, False)):
        with world.tells("scim_token.revoked"):
            assert world.call("DELETE", f"{PATH}/{token}", token=world.acme.owner.pat).status == 204
        assert team(world)["scim_enabled"] is left
    with world.unchanged():
        assert world.call("DELETE", f"{PATH}/{second}", token=world.acme.owner.pat).status == 404


def test_two_tokens_live_at_once_so_that_they_rotate_without_a_gap(world: World) -> None:
    old, new = issue(world, name="old").json, issue(world, name="new").json
    assert {provision(one["secret"])[0] for one in (old, new)} == {200}
    world.call("DELETE", f"{PATH}/{old['id']}", token=world.acme.owner.pat)
    assert [provision(one["secret"])[0] for one in (old, new)] == [401, 200]


def test_a_third_live_token_is_refused(world: World) -> None:
    issue(world)
    issue(world)
    refused = issue(world)
    assert (refused.status, refused.code) == (409, "token_limit")
    assert listed(world)["total"] == 2


def test_an_expired_token_does_not_count_and_leaves_with_the_next(world: World) -> None:
    soon = rfc3339(clock.now() + timedelta(hours=1))
    expired = issue(world, expires_at=soon).json["id"]
    kept = issue(world).json["id"]
    world.advance(2 * 3600)
    assert issue(world).status == 201
    ids = [one["id"] for one in listed(world)["data"]]
    assert ids[0] == kept
    assert expired not in ids


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"expires_at": "2020-01-01T00:00:00Z"}, "/expires_at"),
        ({"expires_at": None}, "/expires_at"),
        ({"expires_at": "soon"}, "/expires_at"),
        ({"name": ""}, "/name"),
        ({"staged": "yes"}, "/staged"),
        ({"role": "owner"}, "/role"),
        ({"team_id": "team_x"}, "/team_id"),
    ],
)
def test_a_token_that_cannot_be_is_refused_with_a_pointer(
    world: World, fields: dict[str, object], pointer: str
) -> None:
    refused = issue(world, **fields)
    assert (refused.status, refused.pointers) == (400, [pointer])
    assert listed(world)["total"] == 0


def test_the_first_token_may_stage_the_connection_and_no_later_one(world: World) -> None:
    assert issue(world, staged=True).status == 201
    assert listed(world)["connection"] == "staged"
    refused = issue(world, staged=True)
    assert (refused.status, refused.code) == (409, "conflict")
    assert issue(world).status == 201
    assert listed(world)["connection"] == "staged"


def test_another_teams_token_is_not_there(world: World) -> None:
    token = issue(world).json["id"]
    with world.unchanged():
        assert world.call("DELETE", f"{PATH}/{token}", token=world.globex.owner.pat).status == 404
    assert world.call("GET", PATH, token=world.globex.owner.pat).json["total"] == 0


# ---------------------------------------------------------------- what a token opens


def test_case_142_only_a_live_token_of_the_team_opens_scim(world: World) -> None:
    text = issue(world).json["secret"]
    assert provision(text) == (200, {"team": world.acme.id, "kind": "scim", "name": "provider", "there": True})
    others = (
        world.acme.owner.pat,
        session(world, world.acme.owner),
        world.acme.service_token,
        None,
        "rc_scm_x",
        "non-token",
    )
    for other in others:
        assert provision(other)[0] == 401
    forged = secrets.compose("scm", world.acme.id, listed(world)["data"][0]["id"], bytes(32))
    elsewhere = secrets.compose("scm", world.globex.id, listed(world)["data"][0]["id"], bytes(32))
    assert [provision(one)[1]["code"] for one in (forged, elsewhere)] == ["unauthenticated"] * 2


def test_case_142_the_holder_of_an_expired_token_is_told_and_nobody_else(world: World) -> None:
    made = issue(world, expires_at=rfc3339(clock.now() + timedelta(hours=1))).json
    forged = secrets.compose("scm", world.acme.id, made["id"], bytes(32))
    world.advance(3601)
    assert provision(made["secret"])[1]["code"] == "token_expired"
    assert provision(forged)[1]["code"] == "unauthenticated"


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/v1/me"), ("GET", PATH), ("PUT", MAPPING), ("POST", "/v1/introspect")]
)
def test_a_scim_token_opens_nothing_else(world: World, method: str, path: str) -> None:
    text = issue(world).json["secret"]
    with world.unchanged():
        refused = world.call(method, path, {} if method != "GET" else None, token=text)
    assert (refused.status, refused.code) == (401, "unauthenticated")


def test_case_195_nothing_of_a_deleted_team_provisions(world: World) -> None:
    text = issue(world).json["secret"]
    assert world.call("DELETE", "/v1/team", {"name": "Acme"}, token=session(world, world.acme.owner)).status == 204
    assert provision(text)[0] == 401


def test_the_last_use_is_kept_to_the_hour_and_costs_no_request_its_answer(world: World) -> None:
    text = issue(world).json["secret"]
    provision(text)
    first = listed(world)["data"][0]["last_used_at"]
    assert first is not None
    provision(text)
    assert listed(world)["data"][0]["last_used_at"] == first
    world.advance(3600)
    provision(text)
    assert listed(world)["data"][0]["last_used_at"] > first
    assert len(world.items("USED#")) == 1


def test_authenticating_a_provider_is_one_reading_of_connection_and_team(world: World) -> None:
    text = issue(world).json["secret"]
    provision(text)  # which notes the use, once in this hour
    with seam() as seen:
        assert provision(text)[0] == 200
    assert seen.calls == ["BatchGetItem"]


def test_of_two_who_issue_the_second_token_at_once_one_decides_again(world: World) -> None:
    """The commit rests on the connection as it was read, so that there are never three (I15)."""
    issue(world)
    team_id = world.acme.id
    found = reads.read([keys.connection(team_id), keys.team(team_id)])
    connection, its_team = found.connection(team_id), found.team(team_id)
    assert connection
    assert its_team
    actor = Actor(team_id, None, None, None, None, CredentialKind.SYSTEM)
    slower = connections.issue(
        connection, its_team, replace(connection.tokens[0], id=f"scm_{'0' * 26}"), actor, clock.now()
    )
    issue(world)
    with pytest.raises(Stale):
        commit(slower)
    assert listed(world)["total"] == 2


# ---------------------------------------------------------------- its end is told, and what leaks is revoked


def test_every_owner_is_told_30_7_and_1_days_before_a_token_ends_each_time_once(world: World) -> None:
    second_owner(world)
    owners = (world.acme.owner.email, "olga@example.com")
    issue(world, name="Okta", expires_at=rfc3339(clock.now() + timedelta(days=40)))
    before = {email: len(world.mails(email)) for email in owners}
    told = []
    for days in (9, 2, 1, 20, 2, 4, 1.5):
        world.advance(days * DAY)
        world.invoke("expire")
        world.invoke("expire")
        told.append([len(world.mails(email)) - before[email] for email in owners])
    assert told == [[0, 0], [1, 1], [1, 1], [1, 1], [2, 2], [2, 2], [3, 3]]
    assert "Okta" in world.mails(owners[1])[-1].text
    assert world.mails(owners[1])[-1].subject == "A SCIM token of Acme expires soon"


def test_nobody_is_told_of_the_end_of_a_token_that_was_revoked(world: World) -> None:
    made = issue(world, expires_at=rfc3339(clock.now() + timedelta(days=10))).json
    world.call("DELETE", f"{PATH}/{made['id']}", token=world.acme.owner.pat)
    before = len(world.mails())
    world.advance(4 * DAY)
    assert world.invoke("expire")["reminded"] == 0
    assert len(world.mails()) == before


def test_case_060_a_leaked_scim_token_is_revoked_at_once_and_the_owners_are_told(world: World) -> None:
    made, kept = issue(world, name="Entra").json, issue(world).json
    with world.tells("scim_token.leaked"):
        assert report(world, made["secret"]).json == {"revoked": 1}
    assert [provision(one["secret"])[0] for one in (made, kept)] == [401, 200]
    assert world.mails(world.acme.owner.email)[-1].subject == "A SCIM token of Acme was found in the open and revoked"
    forged = secrets.compose("scm", world.acme.id, kept["id"], bytes(32))
    with world.unchanged():
        assert report(world, forged, made["secret"]).json == {"revoked": 0}


# ---------------------------------------------------------------- which groups give which role


def put(world: World, mappings: object, by: Person | None = None) -> Answer:
    return world.call("PUT", MAPPING, {"mappings": mappings}, token=(by or world.acme.admin).pat)


def test_admins_say_which_groups_give_which_role(world: World) -> None:
    rules = [{"group": "Platform Admins", "role": "admin"}, {"group": "Everybody", "role": "member"}]
    with world.tells("scim.role_mapping_changed"):
        assert put(world, rules).json == {"mappings": rules}
    assert world.call("GET", MAPPING, token=world.acme.owner.pat).json == {"mappings": rules}
    with world.unchanged():
        assert put(world, rules).status == 200
    with world.tells("scim.role_mapping_changed"):
        assert put(world, []).json == {"mappings": []}


def test_a_mapping_and_tokens_do_not_touch_each_other(world: World) -> None:
    put(world, [{"group": "A", "role": "admin"}])
    token = issue(world).json["id"]
    put(world, [{"group": "B", "role": "admin"}])
    assert [one["id"] for one in listed(world)["data"]] == [token]
    world.call("DELETE", f"{PATH}/{token}", token=world.acme.owner.pat)
    assert world.call("GET", MAPPING, token=world.acme.owner.pat).json["mappings"] == [{"group": "B", "role": "admin"}]


@pytest.mark.parametrize(
    ("mappings", "pointer"),
    [
        ([{"group": "Owners", "role": "owner"}], "/mappings/0/role"),
        ([{"group": "A", "role": "admin"}, {"group": "a", "role": "member"}], "/mappings/1/group"),
        ([{"group": "", "role": "admin"}], "/mappings/0/group"),
        ([{"group": 7, "role": "admin"}], "/mappings/0/group"),
        ([{"group": "A"}], "/mappings/0"),
        ([{"group": "A", "role": "admin", "more": 1}], "/mappings/0"),
        ([{"group": "A", "role": ["admin"]}], "/mappings/0/role"),
        ([{"group": str(n), "role": "admin"} for n in range(51)], "/mappings"),
        ("all", "/mappings"),
    ],
)
def test_case_117_a_mapping_never_gives_the_owner_role_and_is_read_strictly(
    world: World, mappings: object, pointer: str
) -> None:
    with world.unchanged():
        refused = put(world, mappings)
    assert (refused.status, refused.pointers) == (400, [pointer])
