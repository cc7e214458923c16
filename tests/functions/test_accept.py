"""POST /v1/invitations/accept: what the invitation said becomes true, and nothing that its holder says besides."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from rollcall.actions import accept
from rollcall.auth import keyring, secrets
from rollcall.domain.errors import LinkExpired
from rollcall.http.schedule import system_call
from rollcall.storage.reads import read
from tests.kit import GOOD_PASSWORD

if TYPE_CHECKING:
    from tests.kit import Answer, World

NORA = "nora@example.com"
WEEK = timedelta(days=7)


@pytest.fixture
def link(world: World) -> str:
    world.invite(NORA, role="admin", products={"only": ["trustgate", "trusttest"]})
    return world.link(NORA)


def post(world: World, body: object, verb: str = "accept") -> Answer:
    return world.call("POST", f"/v1/invitations/{verb}", body)


def sign_in(world: World, password: str, slug: str = "acme") -> Answer:
    return world.call("POST", f"/v1/teams/{slug}/sessions", {"email": NORA, "password": password})


def test_accepting_makes_the_member_with_one_event_and_a_session(world: World, link: str) -> None:
    with world.tells("invitation.accepted"):
        answer = world.accept(link, "Nora New")
    member = answer.json["member"]
    assert answer.status == 201
    assert (member["email"], member["name"], member["status"]) == (NORA, "Nora New", "active")
    assert (member["role"], member["role_source"], member["source"]) == ("admin", "invitation", "invited")
    assert (member["products"], member["email_verified"]) == ({"only": ["trustgate", "trusttest"]}, True)
    assert answer.headers["etag"] == f'"{member["version"]}"'
    assert world.call("GET", "/v1/me", token=answer.json["session"]["token"]).json["id"] == member["id"]
    (event,) = world.events("invitation.accepted")
    assert (event["actor"]["id"], event["actor"]["credential"]["kind"]) == (member["id"], "link")
    assert event["after"]["invited_by"] == world.acme.owner.email


def test_case_088_what_inspecting_shows_is_what_accepting_does(world: World, link: str) -> None:
    with world.unchanged():
        seen = post(world, {"token": link}, "inspect").json
    assert seen["team"] == {"slug": "acme", "name": "Acme"}
    assert (seen["inviter"], seen["needs_password"], seen["sso_required"]) == ({"name": "Olivia Owner"}, True, False)
    member = world.accept(link).json["member"]
    assert {name: member[name] for name in ("email", "role", "products")} == {
        name: seen[name] for name in ("email", "role", "products")
    }


@pytest.mark.parametrize("token", ["", None, "null", "undefined", [], {}, True, 0, "x" * 201])
@pytest.mark.parametrize("verb", ["accept", "inspect"])
def test_case_083_without_a_token_nobody_joins(world: World, verb: str, token: object) -> None:
    joining = {"name": "N", "password": GOOD_PASSWORD} if verb == "accept" else {}
    with world.unchanged():
        refused = post(world, {"token": token, **joining}, verb)
    assert (refused.status, refused.code, refused.pointers) == (400, "invalid", ["/token"])


def test_case_083_with_no_body_or_no_fields_nobody_joins(world: World) -> None:
    with world.unchanged():
        assert post(world, {}).pointers == ["/name", "/token"]
        bodies: list[object] = [[], "token", 0]
        assert [post(world, body).status for body in bodies] == [400, 400, 400]
        assert post(world, None).status in {400, 415}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", "mallory@example.com"),
        ("role", "owner"),
        ("products", {"all": True}),
        ("team", "globex"),
        ("team_id", "team_01ARZ3NDEKTSV4RRFFQ69G5FAV"),
        ("status", "active"),
        ("is_owner", True),
        ("email_verified", True),
    ],
)
def test_case_087_and_086_whatever_else_stands_in_the_body_is_refused(
    world: World, link: str, field: str, value: object
) -> None:
    with world.unchanged():
        refused = post(world, {"token": link, "name": "N", "password": GOOD_PASSWORD, field: value})
    assert (refused.status, refused.pointers) == (400, [f"/{field}"])
    assert world.accept(link).json["member"]["role"] == "admin"


def test_case_085_what_stands_in_the_query_or_in_headers_is_not_heard(world: World) -> None:
    world.invite(NORA)
    body = {"token": world.link(NORA), "name": "N", "password": GOOD_PASSWORD}
    headers = {"x-team": "globex", "x-role": "owner", "x-email": "mallory@example.com"}
    path = "/v1/invitations/accept?role=owner&email=mallory%40example.com&team=globex"
    member = world.call("POST", path, body, headers=headers).json["member"]
    assert (member["role"], member["email"]) == ("member", NORA)
    assert world.call("GET", f"/v1/members/{member['id']}", token=world.acme.owner.pat).status == 200


def test_case_088_the_token_alone_names_the_invitation(world: World, link: str) -> None:
    world.invite("olaf@example.com")
    other = world.link("olaf@example.com")
    body = {"token": other, "name": "Olaf", "password": GOOD_PASSWORD}
    joined = world.call("POST", f"/v1/invitations/accept?token={link}", body)
    assert joined.json["member"]["email"] == "olaf@example.com"
    with world.unchanged():
        assert world.post_form(f"/i/{link}", f"name=Olaf&password=a+good+long+password&token={other}").status == 400
    assert world.accept(link).json["member"]["email"] == NORA


@pytest.mark.parametrize("slug", ["acme", "globex"])
def test_case_086_signed_in_as_somebody_else_nobody_joins(world: World, link: str, slug: str) -> None:
    somebody = world.teams[slug].member
    with world.unchanged():
        refused = world.accept(link, token=somebody.pat)
    assert (refused.status, refused.code) == (409, "wrong_account")
    assert refused.json["signed_in_as"] == somebody.email
    assert world.accept(link).status == 201


def test_case_086_with_a_dead_credential_the_call_is_refused_and_the_link_lives_on(world: World, link: str) -> None:
    with world.unchanged():
        assert world.accept(link, token="rc_ses_" + "0" * 93).status == 401
    assert world.accept(link).status == 201


def test_case_090_a_second_acceptance_is_dead_and_the_first_password_stays(world: World, link: str) -> None:
    assert world.accept(link).status == 201
    with world.unchanged():
        again = [world.accept(link), world.accept(link, password="another phrase nobody has used")]
    assert [(answer.status, answer.code) for answer in again] == [(410, "link_used")] * 2
    assert sign_in(world, GOOD_PASSWORD).status == 201
    assert sign_in(world, "another phrase nobody has used").status == 401
    listed = world.call("GET", f"/v1/members?q={NORA}", token=world.acme.owner.pat)
    assert listed.json["total"] == 1


@pytest.mark.parametrize("seconds", [-1, 0, 1])
def test_case_092_the_very_moment_of_expiry_is_already_too_late(world: World, seconds: int) -> None:
    expires_at = datetime.fromisoformat(world.invite(NORA)["expires_at"])
    token = secrets.parse(world.link(NORA))
    assert token
    call = replace(system_call(expires_at + timedelta(seconds=seconds)), found=read(accept.reads(token)))
    wanted = accept.Acceptance(token.text, "Nora", GOOD_PASSWORD)  # type: ignore[arg-type]
    if seconds < 0:
        assert accept.accept(call, token, wanted, keyring.link_keys(), "https://rollcall.example").member.email == NORA
    else:
        with world.unchanged(), pytest.raises(LinkExpired):
            accept.accept(call, token, wanted, keyring.link_keys(), "https://rollcall.example")


@pytest.mark.parametrize("late", [timedelta(0), timedelta(seconds=1), WEEK, 30 * timedelta(days=1)])
def test_case_092_an_expired_link_is_dead_with_the_schedule_switched_off(world: World, late: timedelta) -> None:
    expires_at = datetime.fromisoformat(world.invite(NORA)["expires_at"])
    token = world.link(NORA)
    world.at(expires_at - timedelta(minutes=1))
    with world.unchanged():
        assert post(world, {"token": token}, "inspect").status == 200
        world.at(expires_at + late)
        answers = [world.accept(token), post(world, {"token": token}, "inspect")]
    assert [(answer.status, answer.code) for answer in answers] == [(410, "link_expired")] * 2


# ---------------------------------------------------------------- passwords


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("fourteen chars", "short"),
        ("x" * 15, "trivial"),
        ("123456789012345", "trivial"),
        ("abcdefghijklmnopq", "trivial"),
        ("nora@example.com", "context"),
        ("a" * 64 + "b" * 65, "long"),
    ],
)
def test_case_109_a_weak_password_leaves_the_link_alive(world: World, link: str, password: str, reason: str) -> None:
    with world.unchanged():
        refused = world.accept(link, password=password)
    assert (refused.status, refused.pointers, refused.json["reason"]) == (400, ["/password"], reason)
    assert world.accept(link).status == 201


def test_a_long_password_of_few_pictures_is_no_repetition_of_letters(world: World, link: str) -> None:
    assert world.accept(link, password="🎉" * 15).status == 201


def test_case_109_a_password_that_is_asked_for_cannot_be_left_out(world: World, link: str) -> None:
    with world.unchanged():
        assert world.accept(link, password=None).pointers == ["/password"]
    assert world.accept(link).status == 201


def test_without_the_password_letter_joining_asks_for_none_and_opens_no_session(world: World) -> None:
    world.invite(NORA, send_password_email=False)
    token = world.link(NORA)
    assert post(world, {"token": token}, "inspect").json["needs_password"] is False
    with world.unchanged():
        refused = world.accept(token)
    assert (refused.status, refused.pointers) == (400, ["/password"])
    joined = world.accept(token, password=None)
    assert (joined.status, set(joined.json)) == (201, {"member"})
    assert sign_in(world, GOOD_PASSWORD).status == 401


@pytest.mark.parametrize("name", ["", " ", "x" * 101, "a\nb", "a\0b", "\u202eevil", 7, None])
def test_a_name_that_is_none_leaves_the_link_alive(world: World, link: str, name: object) -> None:
    with world.unchanged():
        refused = post(world, {"token": link, "name": name, "password": GOOD_PASSWORD})
    assert (refused.status, refused.pointers) == (400, ["/name"])


# ---------------------------------------------------------------- one person, several teams


def test_case_111_a_member_of_another_team_joins_with_a_password_of_its_own(world: World, link: str) -> None:
    world.invite(NORA, by=world.globex.owner)
    there = world.accept(world.link(NORA), password="the password for globex")
    here = world.accept(link, token=there.json["session"]["token"])
    assert (there.status, here.status) == (201, 201)
    assert here.json["member"]["id"] != there.json["member"]["id"]
    assert sign_in(world, "the password for globex", "globex").status == 201
    assert sign_in(world, GOOD_PASSWORD, "globex").status == 401
    assert sign_in(world, GOOD_PASSWORD).status == 201
    me = world.call("GET", "/v1/me", token=there.json["session"]["token"])
    assert (me.status, me.json["id"]) == (200, there.json["member"]["id"])


def test_case_089_an_invited_address_without_its_link_has_no_account_and_gives_no_hint(world: World, link: str) -> None:
    with world.unchanged():
        invited = sign_in(world, GOOD_PASSWORD)
        body = {"email": "unknown@example.com", "password": GOOD_PASSWORD}
        unknown = world.call("POST", "/v1/teams/acme/sessions", body)
        misused = world.call("POST", "/v1/password-resets/complete", {"token": link, "password": GOOD_PASSWORD})
    assert invited.status == 401
    assert invited.essence == unknown.essence
    assert (misused.status, misused.code) == (410, "link_unknown")
