"""`Idempotency-Key` on POST /v1/invitations: one effect, one answer, and no crossing of principals or routes."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.kit import Answer, Person, World

NORA = "nora@example.com"


def invite(world: World, by: Person, key: str, **fields: object) -> Answer:
    body = {"email": NORA, **fields}
    return world.call("POST", "/v1/invitations", body, token=by.pat, headers={"Idempotency-Key": key})


def test_case_214_a_replay_gives_the_same_answer_marked_and_changes_nothing(world: World) -> None:
    with world.tells("invitation.created"):
        first = invite(world, world.acme.owner, "k1")
    with world.unchanged():
        again = invite(world, world.acme.owner, "k1")
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"
    assert (again.status, again.json) == (first.status, first.json)
    assert (again.headers["etag"], again.headers["location"]) == (first.headers["etag"], first.headers["location"])
    assert len(world.mails(NORA)) == 1


def test_case_214_twenty_at_once_with_one_key_have_one_effect_and_one_answer(world: World) -> None:
    with world.tells("invitation.created"), ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: invite(world, world.acme.owner, "k1"), range(20)))
    assert {answer.status for answer in answers} == {201}
    assert len({answer.json["id"] for answer in answers}) == 1
    assert sum("idempotent-replayed" not in answer.headers for answer in answers) == 1


def test_case_215_another_body_under_the_key_is_refused(world: World) -> None:
    invite(world, world.acme.owner, "k1")
    with world.unchanged():
        refused = invite(world, world.acme.owner, "k1", role="admin")
    assert (refused.status, refused.code) == (422, "key_reused")


def test_case_216_another_principal_with_the_key_is_independent(world: World) -> None:
    invite(world, world.acme.owner, "k1")
    with world.tells("invitation.created"):
        other = invite(world, world.acme.admin, "k1", email="olaf@example.com")
    assert (other.status, other.json["email"]) == (201, "olaf@example.com")
    assert "idempotent-replayed" not in other.headers


def test_case_191_another_team_with_the_key_never_sees_the_answer(world: World) -> None:
    first = invite(world, world.acme.owner, "k1")
    with world.tells("invitation.created"):
        other = invite(world, world.globex.owner, "k1")
    assert other.status == 201
    assert other.json["id"] != first.json["id"]
    assert other.json["inviter"]["email"] == world.globex.owner.email


def test_case_216_another_route_or_invitation_with_the_key_is_independent(world: World) -> None:
    one = invite(world, world.acme.owner, "k1").json["id"]
    two = invite(world, world.acme.owner, "k2", email="olaf@example.com").json["id"]
    for invitation in (one, two):
        answer = world.act("resend", invitation, headers={"Idempotency-Key": "k1"})
        assert (answer.status, answer.json["id"]) == (200, invitation)
        assert "idempotent-replayed" not in answer.headers


def test_case_217_after_a_day_the_key_is_a_new_request(world: World) -> None:
    first = invite(world, world.acme.owner, "k1")
    world.advance(24 * 3600 + 1)
    with world.unchanged():
        again = invite(world, world.acme.owner, "k1")
    assert (again.code, again.json["invitation"]) == ("already_invited", first.json["id"])
    assert invite(world, world.acme.owner, "k1", email="olaf@example.com").status == 201


def test_a_refusal_is_not_kept_so_that_the_key_works_once_its_reason_is_gone(world: World) -> None:
    invitation = world.invite(NORA)["id"]
    assert invite(world, world.acme.owner, "k1").code == "already_invited"
    assert world.act("revoke", invitation).status == 204
    assert invite(world, world.acme.owner, "k1").status == 201


@pytest.mark.parametrize("key", ["", "two words", "k" * 256, "kéy"])
def test_a_key_that_is_none_is_refused(world: World, key: str) -> None:
    with world.unchanged():
        refused = invite(world, world.acme.owner, key)
    assert (refused.status, refused.code) == (400, "invalid")


def test_case_214_a_replayed_resend_mails_once_and_keeps_the_newest_link(world: World) -> None:
    invitation, headers = world.invite(NORA)["id"], {"Idempotency-Key": "k1"}
    first = world.act("resend", invitation, headers=headers)
    with world.unchanged():
        again = world.act("resend", invitation, headers=headers)
    assert (again.status, again.json, again.headers["idempotent-replayed"]) == (200, first.json, "true")
    assert world.accept(world.link(NORA)).status == 201


def test_case_214_a_replayed_copy_never_shows_the_link_again(world: World) -> None:
    invitation, headers = world.invite(NORA)["id"], {"Idempotency-Key": "k1"}
    with world.tells("invitation.link_copied"):
        first = world.act("link", invitation, headers=headers)
    with world.unchanged():
        again = world.act("link", invitation, headers=headers)
    assert (again.status, again.code) == (409, "already_issued")
    token = first.json["url"].rpartition("/")[2]
    assert token.encode() not in again.body
    assert not any(token in str(item) for item in world.items())


def test_case_214_a_replayed_revocation_answers_as_before(world: World) -> None:
    invitation, headers = world.invite(NORA)["id"], {"Idempotency-Key": "k1"}
    with world.tells("invitation.revoked"):
        answers = [world.act("revoke", invitation, headers=headers) for _ in range(2)]
    assert [(answer.status, answer.body) for answer in answers] == [(204, b""), (204, b"")]
    assert answers[1].headers["idempotent-replayed"] == "true"


def test_case_214_a_replayed_acceptance_gives_the_session_once(world: World) -> None:
    world.invite(NORA)
    token, headers = world.link(NORA), {"Idempotency-Key": "k1"}
    with world.tells("invitation.accepted"):
        first = world.accept(token, headers=headers)
    with world.unchanged():
        again = world.accept(token, headers=headers)
    assert (first.status, again.status, again.code) == (201, 409, "already_issued")
    assert not any(first.json["session"]["token"] in str(item) for item in world.items())


def test_case_214_a_replayed_acceptance_without_a_password_answers_as_before(world: World) -> None:
    world.invite(NORA, send_password_email=False)
    token, headers = world.link(NORA), {"Idempotency-Key": "k1"}
    first, again = (world.accept(token, password=None, headers=headers) for _ in range(2))
    assert (again.status, again.json, again.headers["idempotent-replayed"]) == (201, first.json, "true")
