"""Addresses of invitations: one mailbox has one key, and what another team knows of it is never told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.kit import Answer, World


def invite(world: World, email: object) -> Answer:
    return world.call("POST", "/v1/invitations", {"email": email}, token=world.acme.owner.pat)


@pytest.mark.parametrize(
    "email",
    [
        "A@EXAMPLE.COM",
        "a@Example.com",
        "a@\uff45xample.com",
    ],
)
def test_case_101_spellings_of_one_mailbox_meet(world: World, email: str) -> None:
    first = world.invite("a@example.com")
    with world.unchanged():
        refused = invite(world, email)
    assert (refused.code, refused.json["invitation"]) == ("already_invited", first["id"])


def test_case_101_an_internationalised_domain_and_its_encoded_form_are_one(world: World) -> None:
    first = world.invite("a@bücher.example.com")
    assert first["email"] == "a@bücher.example.com"
    with world.unchanged():
        refused = invite(world, "A@XN--BCHER-KVA.example.com")
    assert (refused.code, refused.json["invitation"]) == ("already_invited", first["id"])
    assert len(world.mails("a@xn--bcher-kva.example.com")) == 1


@pytest.mark.parametrize(
    "email",
    [
        "a@example.com.",
        "\uff41@example.com",
        "a\u200b@example.com",
        "a@exam\u200bple.com.",
        "\u212a@example.com",
        "a\u212a@example.com",
        "\u0131@example.com",
        "a@",
        "a@localhost",
        "a b@example.com",
        '"a b"@example.com',
        "a@example.com, b@example.com",
        "a@example.com\nBcc: b@example.com",
        "Amy <a@example.com>",
        "a@[127.0.0.1]",
        "",
        None,
        ["a@example.com", "b@example.com"],
        {"$ne": 1},
    ],
)
def test_case_101_what_is_not_exactly_one_plain_address_is_refused(world: World, email: object) -> None:
    with world.unchanged():
        refused = invite(world, email)
    assert (refused.status, refused.code, refused.pointers) == (400, "invalid", ["/email"])
    assert world.mails() == []


def test_case_101_plus_tags_and_dots_make_other_mailboxes(world: World) -> None:
    emails = ["amy@example.com", "amy+t@example.com", "a.my@example.com"]
    for email in emails:
        assert invite(world, email).status == 201
    assert [mail.to for mail in world.mails()] == emails


def test_case_101_the_address_is_shown_as_typed_and_never_makes_two_members(world: World) -> None:
    typed = "Nora.New@Example.com"
    world.invite(typed)
    joined = world.accept(world.link(typed))
    assert joined.json["member"]["email"] == typed
    with world.unchanged():
        assert invite(world, "nora.new@example.com").code == "member_exists"


def test_case_102_inviting_a_member_of_another_team_says_no_word_about_that_team(world: World) -> None:
    stranger, known = "nobody@nowhere.example", world.globex.member.email
    answers = [invite(world, email) for email in (stranger, known)]
    different = {"id", "email", "sent_at", "expires_at", "created_at"}
    told = [{name: value for name, value in answer.json.items() if name not in different} for answer in answers]
    assert [answer.status for answer in answers] == [201, 201]
    assert told[0] == told[1]
    letters = [world.mails(email)[0].text.replace(email, "?") for email in (stranger, known)]
    assert "Globex" not in letters[1]
    assert len({len(letter.splitlines()) for letter in letters}) == 1
