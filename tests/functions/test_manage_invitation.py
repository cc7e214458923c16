"""POST /v1/invitations/{id}/resend, /link and /revoke: states, ranks, versions, the wait between two resends."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from tests.kit import Person

if TYPE_CHECKING:
    from tests.kit import Answer, World

NORA = "nora@example.com"
VERBS = {"resend": (200, "resent"), "link": (200, "link_copied"), "revoke": (204, "revoked")}
MINUTE = 60
WEEK = timedelta(days=7)


@pytest.fixture
def nora(world: World) -> str:
    invitation: str = world.invite(NORA)["id"]
    return invitation


def get(world: World, invitation: str) -> Answer:
    return world.call("GET", f"/v1/invitations/{invitation}", token=world.acme.owner.pat)


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


# ---------------------------------------------------------------- resend


def test_case_093_only_the_newest_of_four_links_works(world: World, nora: str) -> None:
    world.mails()
    for _ in range(3):
        with world.tells("invitation.resent"):
            assert world.act("resend", nora).status == 200
        world.mails()
        world.advance(MINUTE)
    links = world.links(NORA)
    assert len(set(links)) == 4
    with world.unchanged():
        dead = [world.accept(link) for link in links[:3]]
    assert [(answer.status, answer.code) for answer in dead] == [(410, "link_replaced")] * 3
    assert world.accept(links[3]).status == 201


def test_case_093_a_resend_renews_the_deadline_and_nothing_else_of_the_invitation(world: World) -> None:
    before = world.invite(NORA, role="admin", products={"only": ["trustgate"]}, message="Hello there")
    world.mails()
    world.advance(6 * 86400)
    after = world.act("resend", before["id"]).json
    assert moment(after["expires_at"]) - moment(after["sent_at"]) == WEEK
    assert moment(after["sent_at"]) - moment(before["sent_at"]) >= timedelta(days=6)
    kept = ("id", "email", "role", "products", "send_password_email", "message", "inviter", "created_at")
    assert [after[name] for name in kept] == [before[name] for name in kept]
    assert (after["state"], after["delivery"], after["version"]) == ("pending", "queued", before["version"] + 1)
    assert "Hello there" in world.mails(NORA)[1].text


def test_a_letter_overtaken_by_a_resend_is_never_sent(world: World, nora: str) -> None:
    world.act("resend", nora)
    assert len(world.links(NORA)) == 1
    assert world.accept(world.link(NORA)).status == 201


def test_case_094_resending_an_expired_invitation_brings_it_back_with_a_new_link(world: World, nora: str) -> None:
    old = world.link(NORA)
    world.advance(8 * 86400)
    world.invoke("expire")
    assert get(world, nora).json["state"] == "expired"
    with world.tells("invitation.resent"):
        assert world.act("resend", nora).json["state"] == "pending"
    assert world.accept(old).code == "link_replaced"
    assert world.accept(world.link(NORA)).status == 201


@pytest.mark.parametrize("verb", ["resend", "link"])
def test_case_094_a_revoked_invitation_is_neither_resent_nor_copied(world: World, nora: str, verb: str) -> None:
    world.act("revoke", nora)
    with world.unchanged():
        refused = world.act(verb, nora)
    assert (refused.status, refused.code) == (409, "invitation_revoked")


@pytest.mark.parametrize("verb", list(VERBS))
def test_case_094_nothing_can_be_done_to_an_accepted_invitation(world: World, nora: str, verb: str) -> None:
    world.accept(world.link(NORA))
    with world.unchanged():
        refused = world.act(verb, nora)
    assert (refused.status, refused.code) == (409, "already_accepted")


def test_an_expired_invitation_is_not_copied_but_says_what_to_do(world: World, nora: str) -> None:
    world.mails()
    world.advance(8 * 86400)
    with world.unchanged():
        refused = world.act("link", nora)
    assert (refused.status, refused.code) == (409, "invitation_expired")


def test_the_first_resend_is_never_refused_and_the_second_waits_a_minute(world: World, nora: str) -> None:
    assert world.act("resend", nora).status == 200
    with world.unchanged():
        refused = world.act("resend", nora, world.acme.admin)
    assert (refused.status, refused.code) == (429, "too_many_requests")
    wait = int(refused.headers["retry-after"])
    assert 1 <= wait <= MINUTE
    world.advance(wait)
    assert world.act("resend", nora).status == 200
    assert world.act("resend", nora).status == 429


def test_the_wait_is_the_invitations_own(world: World, nora: str) -> None:
    other = world.invite("olaf@example.com")["id"]
    assert [world.act("resend", invitation).status for invitation in (nora, other)] == [200, 200]
    assert world.act("link", nora).status == 200
    assert world.act("revoke", nora).status == 204


# ---------------------------------------------------------------- copy


def test_copying_is_activity_and_the_mailed_link_keeps_working(world: World, nora: str) -> None:
    mailed = world.link(NORA)
    world.advance(6 * 86400)
    with world.tells("invitation.link_copied"):
        copied = world.act("link", nora)
    assert copied.status == 200
    assert copied.json["url"].startswith("http://127.0.0.1:8000/i/rc_inv_")
    assert copied.json["expires_at"] == get(world, nora).json["expires_at"]
    world.advance(6 * 86400)
    assert world.accept(mailed).status == 201


def test_copying_twice_gives_the_same_link_with_an_event_each_time(world: World, nora: str) -> None:
    with world.tells("invitation.link_copied", "invitation.link_copied"):
        assert world.copied(nora) == world.copied(nora, world.acme.admin)
    assert len(world.mails(NORA)) == 1


def test_a_resend_ends_the_copied_link_as_well(world: World, nora: str) -> None:
    copied = world.copied(nora)
    world.act("resend", nora)
    assert world.accept(copied).code == "link_replaced"
    assert world.accept(world.copied(nora)).status == 201


# ---------------------------------------------------------------- revoke


def test_case_091_revoking_ends_every_link_at_once(world: World, nora: str) -> None:
    links = [world.link(NORA), world.copied(nora)]
    with world.tells("invitation.revoked"):
        assert world.act("revoke", nora).status == 204
    with world.unchanged():
        answers = [world.accept(link) for link in links]
    assert [(answer.status, answer.code) for answer in answers] == [(410, "link_revoked")] * 2


def test_case_091_revoking_twice_is_no_second_change(world: World, nora: str) -> None:
    world.act("revoke", nora)
    with world.unchanged():
        again = world.act("revoke", nora)
    assert (again.status, again.body) == (204, b"")


def test_an_invitation_revoked_before_its_letter_left_is_not_mailed(world: World, nora: str) -> None:
    world.act("revoke", nora)
    assert world.mails() == []


@pytest.mark.parametrize("expired", [False, True])
def test_revoking_frees_the_address_for_a_new_invitation(world: World, nora: str, expired: bool) -> None:
    old = world.link(NORA)
    if expired:
        world.advance(8 * 86400)
    world.act("revoke", nora)
    with world.tells("invitation.created"):
        assert world.invite(NORA, role="admin")["id"] != nora
    assert world.accept(old).code == "link_revoked"
    assert world.accept(world.link(NORA)).json["member"]["role"] == "admin"


# ---------------------------------------------------------------- who may


@pytest.mark.parametrize("verb", list(VERBS))
@pytest.mark.parametrize("role", ["admin", "member"])
def test_an_admin_manages_invitations_up_to_admin(world: World, verb: str, role: str) -> None:
    invitation = world.invite(NORA, role=role)["id"]
    status, event = VERBS[verb]
    with world.tells(f"invitation.{event}"):
        assert world.act(verb, invitation, world.acme.admin).status == status


@pytest.mark.parametrize("verb", list(VERBS))
def test_case_096_an_admin_neither_resends_copies_nor_revokes_an_owners_invitation(world: World, verb: str) -> None:
    invitation = world.invite(NORA, role="owner")["id"]
    with world.unchanged():
        refused = world.act(verb, invitation, world.acme.admin)
    assert (refused.status, refused.code) == (403, "above_your_rank")
    assert b"rc_inv_" not in refused.body
    assert world.act(verb, invitation).status == VERBS[verb][0]


@pytest.mark.parametrize("verb", list(VERBS))
@pytest.mark.parametrize("body", [{"role": "owner"}, {"email": "mallory@example.com"}, {"products": {"all": True}}])
def test_case_095_a_field_in_the_body_is_refused(world: World, nora: str, verb: str, body: dict[str, object]) -> None:
    with world.unchanged():
        refused = world.call("POST", f"/v1/invitations/{nora}/{verb}", body, token=world.acme.admin.pat)
    assert (refused.status, refused.pointers) == (400, [f"/{next(iter(body))}"])


@pytest.mark.parametrize("verb", list(VERBS))
def test_members_and_strangers_manage_no_invitations(world: World, nora: str, verb: str) -> None:
    stranger = Person("", "", "", "rc_pat_" + "0" * 93)
    with world.unchanged():
        assert (world.act(verb, nora, world.acme.member).status, world.act(verb, nora, stranger).status) == (403, 401)


@pytest.mark.parametrize("verb", list(VERBS))
def test_case_186_another_teams_invitation_is_as_unknown_as_none(world: World, verb: str) -> None:
    foreign = world.invite(NORA, by=world.globex.owner)["id"]
    unknown = foreign[:-4] + "0000"
    with world.unchanged():
        answers = [world.act(verb, invitation) for invitation in (foreign, unknown, "inv_nonsense", "x")]
    assert (answers[0].status, answers[0].code) == (404, "not_found")
    assert all(answer.essence == answers[0].essence for answer in answers)


# ---------------------------------------------------------------- versions


@pytest.mark.parametrize("verb", list(VERBS))
def test_an_older_version_is_refused_and_the_present_one_taken(world: World, nora: str, verb: str) -> None:
    old = get(world, nora).headers["etag"]
    world.act("link", nora)
    new = get(world, nora).headers["etag"]
    with world.unchanged():
        for tag in (old, f"W/{old}", '"99"', '"not-one-of-ours"', '"33a64df551425fcc55e4"'):
            refused = world.act(verb, nora, headers={"If-Match": tag})
            assert (refused.status, refused.code) == (412, "stale_version")
        assert world.act(verb, nora, headers={"If-Match": "garbage"}).status == 400
    assert old != new
    assert world.act(verb, nora, headers={"If-Match": f"{old}, W/{new}"}).status == VERBS[verb][0]


def test_any_version_matches_the_asterisk_and_each_answer_tells_the_next(world: World, nora: str) -> None:
    answer = world.act("resend", nora, headers={"If-Match": "*"})
    assert answer.headers["etag"] == f'"{answer.json["version"]}"' == get(world, nora).headers["etag"]


def test_rank_is_judged_before_the_version_and_the_version_before_the_state(world: World, nora: str) -> None:
    stale = {"If-Match": '"99"'}
    owners = world.invite("olga@example.com", role="owner")["id"]
    assert world.act("resend", owners, world.acme.admin, headers=stale).status == 403
    world.act("revoke", nora)
    assert world.act("resend", nora, headers=stale).status == 412
    assert world.act("resend", nora).status == 409
