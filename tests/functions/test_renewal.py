"""POST /v1/invitations/renewal-request, and its button: the holder of an expired link asks for a new one (I7)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.operations import act_on, newest, remove

if TYPE_CHECKING:
    from tests.kit import Answer, World

NORA = "nora@example.com"
WEEK = 7 * 24 * 3600


def ask_again(world: World, link: str) -> Answer:
    return world.call("POST", "/v1/invitations/renewal-request", {"token": link})


@pytest.fixture
def expired(world: World) -> str:
    """Return the link of an invitation that has expired."""
    world.invite(NORA, by=world.acme.admin)
    link = world.link(NORA)
    world.advance(WEEK + 1)
    return link


def test_the_inviter_is_told_once_a_day_and_the_answer_is_always_the_same(world: World, expired: str) -> None:
    with world.tells("invitation.renewal_requested"):
        answers = [ask_again(world, expired) for _ in range(3)]
    assert [(answer.status, answer.body) for answer in answers] == [(202, b"")] * 3
    (told,) = world.mails(world.acme.admin.email)
    assert told.subject == f"{NORA} asks for a new invitation to Acme"
    assert "resend the invitation" in told.text
    assert not told.links
    event = newest(world, "invitation.renewal_requested")
    assert (event["actor"]["email"], event["actor"]["credential"]["kind"]) == (NORA, "link")
    world.advance(24 * 3600)
    ask_again(world, expired)
    assert len(world.mails(world.acme.admin.email)) == 2


def test_the_request_shows_on_the_invitation_until_it_is_resent(world: World, expired: str) -> None:
    ask_again(world, expired)
    listed = world.call("GET", f"/v1/invitations?q={NORA}", token=world.acme.owner.pat).json["data"][0]
    assert (listed["state"], listed["renewal_requested_at"] is None) == ("expired", False)
    resent = world.act("resend", listed["id"])
    assert (resent.status, resent.json["renewal_requested_at"]) == (200, None)
    assert world.accept(world.link(NORA)).status == 201


def test_a_get_of_the_expired_link_asks_nobody(world: World, expired: str) -> None:
    with world.unchanged():
        page = world.call("GET", f"/i/{expired}")
    assert (page.status, b"Ask Adam Admin for a new one" in page.body) == (410, True)
    assert world.mails(world.acme.admin.email) == []


def test_the_button_on_the_page_asks(world: World, expired: str) -> None:
    with world.tells("invitation.renewal_requested"):
        page = world.post_form(f"/i/{expired}", "ask=1")
    assert (page.status, b"Adam Admin has been told" in page.body) == (202, True)
    assert len(world.mails(world.acme.admin.email)) == 1


@pytest.mark.parametrize("way", ["removed", "deactivated", "demoted"])
def test_an_owner_is_told_where_the_inviter_may_no_longer_send_it(world: World, expired: str, way: str) -> None:
    adam, owner = world.acme.admin, world.acme.owner
    if way == "removed":
        remove(world, adam.id)
    elif way == "deactivated":
        act_on(world, adam.id, "deactivate")
    else:
        world.call("PUT", f"/v1/members/{adam.id}/role", {"role": "member"}, token=owner.pat)
    assert ask_again(world, expired).status == 202
    assert (len(world.mails(adam.email)), len(world.mails(owner.email))) == (0, 1)


def test_a_link_that_works_needs_no_renewal(world: World) -> None:
    world.invite(NORA)
    link = world.link(NORA)
    with world.unchanged():
        refused = ask_again(world, link)
    assert (refused.status, refused.code) == (409, "still_valid")


def test_an_older_link_of_an_expired_invitation_may_ask_too(world: World) -> None:
    invitation = world.invite(NORA)["id"]
    older = world.link(NORA)
    world.act("resend", invitation)
    with world.unchanged():
        assert ask_again(world, older).code == "link_replaced"
    world.advance(WEEK + 1)
    assert ask_again(world, older).status == 202


def test_what_cannot_be_renewed_is_a_dead_link(world: World) -> None:
    invitation = world.invite(NORA)["id"]
    link = world.link(NORA)
    world.act("revoke", invitation)
    with world.unchanged():
        assert (ask_again(world, link).status, ask_again(world, link).code) == (410, "link_revoked")
        assert ask_again(world, link[:-7] + "0000000").code == "link_unknown"
    world.invite("olga@example.com")
    used = world.link("olga@example.com")
    world.accept(used)
    assert ask_again(world, used).code == "link_used"


def test_a_letter_is_not_sent_when_the_invitation_was_resent_meanwhile(world: World, expired: str) -> None:
    ask_again(world, expired)
    listed = world.call("GET", f"/v1/invitations?q={NORA}", token=world.acme.owner.pat).json["data"][0]
    world.act("resend", listed["id"])
    assert world.mails(world.acme.admin.email) == []
