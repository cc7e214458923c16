"""The first journey on MiniStack, over HTTP: its table, its stream, its SES, and the mailbox that a developer sees."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

import pytest

from tests.kit import GOOD_PASSWORD

if TYPE_CHECKING:
    from infra.local.edges import Json
    from tests.kit import Answer
    from tests.ministack.network import Network

pytestmark = pytest.mark.ministack

NORA = "nora@example.com"


def mailbox(world: Network, to: str) -> list[dict[str, str]]:
    known = {mail.id for mail in world.mails()}
    told = dev(world, "GET", f"mail?{urlencode({'to': to, 'format': 'json'})}")["data"]
    return [letter for letter in told if letter["id"] in known]


def dev(world: Network, method: str, path: str, body: object = None) -> Json:
    """Ask one of the local stack's own pages, which no description of the API knows."""
    status, _, text = world._send(method, f"/_dev/{path}", {}, json.dumps(body).encode(), "")
    assert status == 200, text
    return json.loads(text)


def sign_in(world: Network) -> Answer:
    body = {"email": NORA, "password": GOOD_PASSWORD}
    return world.call("POST", f"/v1/teams/{world.acme.slug}/sessions", body)


def test_a_letter_through_the_stream_carries_the_link_whose_page_makes_a_member(world: Network) -> None:
    sent = world.invite(NORA, role="admin", products={"only": ["trustvault"]}, message="Welcome, <b>Zoë</b> & co ✓")
    (letter,) = mailbox(world, NORA)
    assert (letter["to"], letter["subject"].count("Team-")) == (NORA, 1)
    assert "Welcome, <b>Zoë</b> & co ✓" in letter["text"]
    assert "Welcome, &lt;b&gt;Zoë&lt;/b&gt; &amp; co ✓" in letter["html"]
    (link,) = (link for link in letter["links"] if "/i/" in link)
    assert link.startswith(f"{world.stack.base_url}/i/rc_inv_")
    page = urlsplit(link).path
    with world.unchanged():
        assert world.call("GET", page).status == 200
        assert world.call("HEAD", page).status == 200
    shown = world.call("GET", f"/v1/invitations/{sent['id']}", token=world.acme.owner.pat).json
    assert (shown["state"], shown["delivery"]) == ("pending", "sent")
    with world.tells("invitation.accepted"):
        joined = world.post_form(page, urlencode({"name": "Nora New", "password": GOOD_PASSWORD}))
        assert joined.status in {200, 201, 303}
    signed_in = sign_in(world)
    assert signed_in.status == 201
    member = signed_in.json["member"]
    assert (member["role"], member["products"], member["email_verified"]) == ("admin", {"only": ["trustvault"]}, True)
    assert world.call("GET", "/v1/me", token=signed_in.json["token"]).json["id"] == member["id"]
    assert world.post_form(page, urlencode({"name": "Eve", "password": GOOD_PASSWORD})).status == 410
    world.check_books()


def test_case_209_a_letter_that_is_late_is_not_sent_for_an_invitation_revoked_meanwhile(world: Network) -> None:
    world.act("revoke", world.invite(NORA)["id"])
    kept = world.invite("otto@example.com")
    world.act("resend", kept["id"])
    assert mailbox(world, NORA) == []
    (letter,) = mailbox(world, "otto@example.com")
    assert world.accept(world.link("otto@example.com")).status == 201
    assert letter["to"] == "otto@example.com"


def test_case_221_a_stream_that_is_read_again_from_its_beginning_mails_nothing_twice(world: Network) -> None:
    world.invite(NORA)
    assert len(mailbox(world, NORA)) == 1
    world.stack.stream._reader._done = None
    assert len(mailbox(world, NORA)) == 1


def test_moving_the_clock_over_http_expires_what_is_due_before_it_answers(world: Network) -> None:
    sent = world.invite(NORA)
    token = world.link(NORA)
    assert dev(world, "POST", "clock", {"advance_seconds": 8 * 86_400})["fired"]
    assert [event["target"]["id"] for event in world.events("invitation.expired")] == [sent["id"]]
    assert world.accept(token).code == "link_expired"
