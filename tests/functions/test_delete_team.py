"""DELETE /v1/team: the name typed, and with the answer nothing of the team opens, joins or mails any more (T1, I2)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from rollcall import clock
from rollcall.actions.create_team import NewTeam, create_team
from rollcall.domain import ids
from rollcall.http.schedule import system_call
from rollcall.mail.address import canonical
from rollcall.storage import marks
from tests.kit import GOOD_PASSWORD
from tests.operations import (
    active_owners,
    ask,
    authenticates,
    password_link,
    put_grant,
    second_owner,
    service_token,
    set_password,
    sign_in,
    try_sign_in,
)

if TYPE_CHECKING:
    from tests.kit import Answer, World

NORA = "nora@example.com"
QUARTER = 15 * 60
AUDIT = ("A#", "SEAL#", "HEAD#")


def delete(world: World, name: object, by: str, **headers: str) -> Answer:
    return ask(world, "DELETE", "/v1/team", {"name": name}, by, **headers)


@pytest.fixture
def session(world: World) -> str:
    """Return a fresh session of acme's owner."""
    return sign_in(world, world.acme.owner)


# ---------------------------------------------------------------- nothing of it


def test_case_073_and_129_with_the_answer_nothing_of_the_team_authenticates_or_joins(
    world: World, session: str
) -> None:
    people = (world.acme.owner, world.acme.admin, world.acme.member)
    held = [session, *(person.pat for person in people), *(sign_in(world, person) for person in people)]
    gate = service_token(world)
    reset = password_link(world, world.acme.member.id)
    world.invite(NORA)
    link = world.link(NORA)
    with world.tells("team.deleted"):
        assert delete(world, "Acme", session).status == 204
    with world.unchanged():
        assert [authenticates(world, one) for one in held] == [False] * len(held)
        assert put_grant(world, world.acme.member.id, "a", gate).status == 401
        assert [world.accept(link).status, world.call("GET", f"/i/{link}").status] == [410, 410]
        assert set_password(world, reset).status == 410
        assert world.call("GET", "/v1/teams/acme/sign-in-options").status == 404
    assert [try_sign_in(world, person.email, person.password).status for person in people] == [401] * 3
    assert authenticates(world, world.globex.owner.pat)


def test_i2_no_letter_leaves_for_a_deleted_team(world: World, session: str) -> None:
    world.invite(NORA)
    assert delete(world, "Acme", session).status == 204
    assert world.mails(NORA) == []


def test_the_event_says_who_deleted_which_team(world: World, session: str) -> None:
    delete(world, "Acme", session)
    event = world.events()[-1]
    assert (event["action"], event["actor"]["email"], event["actor"]["role"]) == (
        "team.deleted", world.acme.owner.email, "owner",
    )  # fmt: skip
    assert (event["before"], event["after"]) == ({"slug": "acme", "name": "Acme"}, None)


# ---------------------------------------------------------------- refusals


@pytest.mark.parametrize("name", ["acme", "ACME", "Acm", "Globex", "", None, 1, True, ["Acme"]])
def test_a_team_is_deleted_only_with_its_name_typed(world: World, session: str, name: object) -> None:
    with world.unchanged():
        refused = delete(world, name, session)
    assert (refused.status, refused.pointers) == (400, ["/name"])


def test_only_an_owner_with_a_fresh_session_deletes_the_team(world: World, session: str) -> None:
    admins = sign_in(world, world.acme.admin)
    with world.unchanged():
        assert delete(world, "Acme", world.acme.owner.pat).code == "step_up_required"
        assert [delete(world, "Acme", by).status for by in (admins, world.acme.member.pat)] == [403, 403]
        assert ask(world, "DELETE", "/v1/team", None, session).status in {400, 415}
    world.advance(601)
    assert delete(world, "Acme", session).code == "step_up_required"


def test_case_125_a_stale_version_deletes_nothing(world: World, session: str) -> None:
    tag = ask(world, "GET", "/v1/team").headers["etag"]
    ask(world, "PATCH", "/v1/team", {"name": "Acme Ltd"})
    with world.unchanged():
        stale = delete(world, "Acme Ltd", session, If_Match=tag)
    assert (stale.status, stale.code) == (412, "stale_version")


@pytest.mark.parametrize("first", ["delete", "accept"])
def test_case_141_deletion_and_a_second_owners_acceptance_come_one_after_the_other(
    world: World, session: str, first: str
) -> None:
    world.invite(NORA, role="owner")
    link = world.link(NORA)
    if first == "delete":
        answers = [delete(world, "Acme", session).status, world.accept(link).status]
    else:
        answers = [world.accept(link).status, delete(world, "Acme", session).status]
    assert answers == ([204, 410] if first == "delete" else [201, 204])
    assert [item for item in world.items(f"T#{ids.code(world.acme.id)}") if item["SK"]["S"] == "OWNERS"] == []


def test_an_owner_who_is_not_the_only_one_deletes_as_well(world: World) -> None:
    olga, session = second_owner(world)
    assert active_owners(world) == {world.acme.owner.id, olga}
    assert delete(world, "Acme", session).status == 204


# ---------------------------------------------------------------- afterwards


def test_case_195_a_new_team_of_the_same_slug_has_nothing_of_the_old_one(world: World, session: str) -> None:
    world.invite(NORA)
    link, old = world.link(NORA), world.acme
    delete(world, "Acme", session)
    new = NewTeam("acme", "Acme", canonical(NORA), "Nora New", {"trustgate": "TrustGate"})
    create_team(system_call(clock.now()), new)
    assert set_password(world, world.link(NORA), GOOD_PASSWORD).status == 204
    opened = try_sign_in(world, NORA, GOOD_PASSWORD)
    assert opened.status == 201
    members = ask(world, "GET", "/v1/members", None, opened.json["token"]).json
    assert (members["total"], [row["email"] for row in members["data"]]) == (1, [NORA])
    assert ask(world, "GET", "/v1/invitations", None, opened.json["token"]).json["total"] == 0
    actions = ask(world, "GET", "/v1/audit-events", None, opened.json["token"]).json["data"]
    assert "team.deleted" not in {event["action"] for event in actions}
    assert world.accept(link).status == 410
    assert [try_sign_in(world, one.email, one.password).status for one in (old.owner, old.member)] == [401, 401]


def test_the_purge_leaves_the_tombstone_and_the_audit_and_touches_no_other_team(world: World, session: str) -> None:
    gate = service_token(world)
    put_grant(world, world.acme.member.id, "room-1", gate)
    world.invite(NORA)
    world.mails()
    delete(world, "Acme", session)
    code, events = ids.code(world.acme.id), world.events()
    others = [item for item in world.items() if code not in item["PK"]["S"]]
    marks.finished("P", clock.now() - timedelta(days=1))
    world.invoke("purge")
    kept = {item["PK"]["S"] for item in world.items() if code in item["PK"]["S"]}
    assert len(kept) > 20
    world.advance(QUARTER + 1)
    world.invoke("purge")
    left = [(item["PK"]["S"], item["SK"]["S"]) for item in world.items() if code in item["PK"]["S"]]
    assert [key for key in left if not key[0].startswith(AUDIT)] == [(f"T#{code}", "TEAM")]
    assert world.events() == events
    sweeps = ("SWEEP#", "RL#")
    remains = [item for item in world.items() if code not in item["PK"]["S"]]
    assert [i for i in remains if not i["PK"]["S"].startswith(sweeps)] == [
        i for i in others if not i["PK"]["S"].startswith(sweeps)
    ]
    with world.unchanged():
        world.invoke("purge")
