"""Where a link's token may stand, and what strangers' names do to letters and pages."""

from __future__ import annotations

import io
import logging
from typing import TYPE_CHECKING

import pytest

from rollcall.auth import secrets
from rollcall.http.observe import logger
from tests.sso_kit import connected

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.kit import World

NORA = "nora@example.com"
HOSTILE = {
    "markup": "<img src=x onerror=alert(1)>",
    "link": "https://evil.tld log in",
    "header": "Eve\r\nBcc: eve@evil.tld\r\n\r\nHello",
    "encoded word": "=?utf-8?q?=0D=0ABcc:_eve@evil.tld?=",
    "long": "x" * 300,
    "bidi": "\u202egnp.exe\u2066",
    "template": "{{7*7}} {% raw %} ${7*7}",
}


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Collect what the functions log, as it would be written."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logger.registered_formatter)
    written = logging.getLogger("rollcall")
    written.addHandler(handler)
    yield stream
    written.removeHandler(handler)


def test_case_108_no_token_rests_in_the_table_or_is_logged(world: World, log: io.StringIO) -> None:
    invitation = world.invite(NORA)["id"]
    mailed, copied = world.link(NORA), world.copied(invitation)
    for token in (mailed, copied):
        world.call("GET", f"/i/{token}")
        world.call("HEAD", f"/i/{token}")
        world.post_form(f"/i/{token}", "name=Nora&password=short")
        world.call("POST", "/v1/invitations/inspect", {"token": token}, headers={"Idempotency-Key": "k1"})
    session = world.accept(mailed).json["session"]["token"]
    for token in (mailed, copied):
        world.call("GET", f"/i/{token}")
    at_rest, logged = str(world.items()), log.getvalue()
    for text in (mailed, copied, session):
        parsed = secrets.parse(text)
        assert parsed
        assert parsed.secret not in at_rest
        assert parsed.secret not in logged
    assert '"route":"GET /i/{token}"' in logged
    assert '"route":"POST /i/{token}"' in logged
    assert "/i/rc_" not in logged


def test_case_108_the_link_to_a_provider_holds_the_token_and_no_line_of_the_log_does(
    world: World, log: io.StringIO
) -> None:
    connected(world, name="Okta")
    world.invite(NORA, send_password_email=True)
    token = world.link(NORA)
    for enforced in (False, True):
        world.rewrite(world.team(), sso_enforced=enforced)
        shown = [
            world.call("GET", f"/i/{token}"),
            world.post_form(f"/i/{token}", "name=&password=short"),
            world.call("POST", "/v1/invitations/inspect", {"token": token}),
        ]
        assert all(f"/start?invitation={token}".encode() in answer.body for answer in shown)
        assert all(answer.headers["referrer-policy"] == "no-referrer" for answer in shown)
    assert world.accept(token, headers={"Idempotency-Key": "k1"}).json["start"].endswith(token)
    parsed = secrets.parse(token)
    assert parsed
    for kept in (log.getvalue(), str(world.items())):
        assert parsed.secret not in kept
    assert '"code":"sso_required"' in log.getvalue()


def test_case_108_the_token_stands_in_the_letters_link_and_nowhere_else_in_it(world: World) -> None:
    world.invite(NORA)
    (mail,) = world.mails(NORA)
    assert mail.links == (f"http://127.0.0.1:8000/i/{world.link(NORA)}",)
    assert mail.text.count("rc_inv_") == 1
    assert "rc_inv_" not in mail.subject
    assert "<img" not in mail.html


@pytest.mark.parametrize(
    "header",
    ["host", "x-forwarded-host", "forwarded", "x-forwarded-proto", "origin", "referer", "x-original-url"],
)
def test_case_025_nothing_in_a_request_moves_the_links_address(world: World, header: str) -> None:
    attack = {header: "host=evil.tld" if header == "forwarded" else "https://evil.tld"}
    body = {"email": NORA}
    made = world.call("POST", "/v1/invitations", body, token=world.acme.owner.pat, headers=attack)
    copied = world.act("link", made.json["id"], headers=attack)
    world.act("resend", made.json["id"], headers=attack)
    (mail,) = world.mails(NORA)
    urls = [*mail.links, copied.json["url"], made.headers["location"]]
    assert all(url.startswith("http://127.0.0.1:8000/") for url in urls)
    assert "evil.tld" not in mail.source


@pytest.mark.parametrize("name", list(HOSTILE.values()), ids=list(HOSTILE))
def test_case_113_names_chosen_by_strangers_do_no_harm_in_letters_and_pages(world: World, name: str) -> None:
    world.rewrite(world.team(), name=name, products={"trustgate": name})
    world.rewrite(world.member(world.acme.owner.id), name=name)
    world.invite(NORA, products={"only": ["trustgate"]})
    (mail,) = world.mails()
    head = mail.source.replace("\r\n", "\n").partition("\n\n")[0].lower()
    assert (mail.to, head.count("\nto:"), head.count("\nbcc:"), head.count("\ncc:")) == (NORA, 1, 0, 0)
    assert "\n" not in mail.subject
    assert mail.subject.endswith("on Rollcall")
    assert len(mail.subject) < 200
    letter = mail.subject + mail.text + mail.html
    assert "<img" not in mail.html
    assert "https://evil" not in letter
    assert "x" * 65 not in letter
    assert not {"\u202e", "\u2066"} & set(letter)
    assert mail.links == (f"http://127.0.0.1:8000/i/{world.link(NORA)}",)
    page = world.call("GET", f"/i/{world.link(NORA)}").body.decode()
    assert "<img" not in page
    assert not {"\u202e", "\u2066"} & set(page)
    assert "49" not in letter.partition("{{7*7}}")[2][:10]


@pytest.mark.parametrize("name", [HOSTILE["header"], HOSTILE["long"], HOSTILE["bidi"], "a\0b", "a\u2028b"])
def test_case_113_a_name_that_is_no_single_visible_line_is_refused(world: World, name: str) -> None:
    with world.unchanged():
        refused = world.call("PATCH", "/v1/me", {"name": name}, token=world.acme.owner.pat)
    assert (refused.status, refused.pointers) == (400, ["/name"])


@pytest.mark.parametrize("message", ["a\0b", "\u202eevil", "x" * 501, "", 7])
def test_case_113_a_message_that_is_no_plain_text_is_refused(world: World, message: object) -> None:
    body = {"email": NORA, "message": message}
    with world.unchanged():
        refused = world.call("POST", "/v1/invitations", body, token=world.acme.owner.pat)
    assert (refused.status, refused.pointers) == (400, ["/message"])
