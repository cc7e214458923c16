"""Each letter as it goes out (golden files: WRITE_GOLDEN=1 renews them), and what strangers may put into it."""

import os
from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from html.parser import HTMLParser
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import UndefinedError

from rollcall.mail import notices
from rollcall.mail import render as writing
from rollcall.mail.letters import Invitation, Letter, Notice, PasswordChanged, SetPassword, plain
from rollcall.mail.render import render

GOLDEN = Path(__file__).parent / "golden"
AT = datetime(2026, 10, 27, 14, 5, tzinfo=UTC)
ENDS = datetime(2026, 11, 3, 14, 5, tzinfo=UTC)
URL = "https://rollcall.example/i/rc_inv_" + "4fT9" * 23 + "Q"
INVITATION = Invitation(
    team="Acme",
    inviter_name="Amy Lee",
    inviter_email="amy@acme.example",
    role="admin",
    products=("TrustGate", "TrustTest"),
    url=URL,
    expires_at=ENDS,
    sets_password=True,
)
SET_PASSWORD = SetPassword(team="Acme", name="Bo Kim", url=URL, expires_at=ENDS, reason="reset")
LETTERS: dict[str, Letter] = {
    "invitation": replace(INVITATION, message="Hi Bo,\n\nwelcome on board!"),
    "invitation_without_password": replace(INVITATION, role="member", products="all", sets_password=False),
    "invitation_hostile": replace(
        INVITATION,
        team='<img src=x onerror=alert(1)> "Acme" & {{7*7}}',
        inviter_name="Amy\r\nBcc: eve@evil.tld \u202ehttps://evil.tld/login",
        products=("https://evil.tld", "<b>TrustGate</b>"),
        message="Log in at https://evil.tld now!\n<script>alert(1)</script>",
    ),
    "set_password_team_created": replace(SET_PASSWORD, reason="team_created"),
    "set_password_sign_up": replace(SET_PASSWORD, name="", reason="sign_up"),
    "set_password_reset": SET_PASSWORD,
    "password_changed": PasswordChanged(team="Acme", name="Bo Kim", at=AT),
    "password_changed_with_tokens": PasswordChanged("Acme", "Bo Kim", AT, ("ci", "https://evil.tld <b>nightly</b>")),
    "notice_token_issued": notices.token_issued("Acme", "Amy Lee", "deploy <b>", "wXyZ", None),
    "notice_token_expiring": notices.token_expiring("Acme", "Amy Lee", "deploy", "wXyZ", ENDS),
    "notice_token_leaked": notices.token_leaked("Acme", "Amy Lee", "deploy", "wXyZ", ENDS),
    "notice_scim_token_expiring": notices.scim_token_expiring("Acme", "Amy Lee", "Okta", "wXyZ", ENDS.isoformat()),
    "notice_scim_token_leaked": notices.scim_token_leaked("Acme", "Amy Lee", "Okta <b>", "wXyZ"),
    "notice_sso_enforced": notices.sso_enforced("Acme", "Amy Lee", "bo.kim@example.com"),
    "notice_domain_lapsed": notices.domain_lapsed("Acme", "Amy Lee", "acme.example.com"),
    "notice_break_glass_used": notices.break_glass_used(
        "Acme", "Amy Lee", "bo.kim@example.com", "Bo Kim", ENDS.isoformat(), "9"
    ),
    "notice_renewal_requested": notices.renewal_requested("Acme", "Amy Lee", "bo.kim@example.com", ENDS),
}
HOSTILE = [
    *("<b>x</b>", "&amp;", '"><i>', "'", "{{7*7}}", "{%raw%}", "${7*7}", "#{7*7}", "javascript:x", "data:x"),
    *("a\r\nBcc: eve@evil.tld", "a\nTo: eve@evil.tld", "\u2028", "\x00", "\u202e", "eve@evil.tld, x@evil.tld"),
    *(
        "https://evil.tld",
        "=?utf-8?q?=0ABcc:_eve@evil.tld?=",
        "=?utf-8?b?CkJjYzogZXZlQGV2aWwudGxk?=",
        "é" * 80,
        "\ud800",
        "--=_boundary",
        ".",
        "<!--",
        "",
    ),
]


def written(letter: Letter) -> EmailMessage:
    message = render(
        letter,
        to="bo@example.com",
        sender="Rollcall <no-reply@rollcall.example>",
        message_id="01JC9Z@rollcall.example",
        at=AT,
    )
    received = message_from_bytes(message.as_bytes(policy=policy.SMTP), policy=policy.default)
    assert isinstance(received, EmailMessage)
    return received


def part(message: EmailMessage, kind: str) -> str:
    body = message.get_body((kind,))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


class Skeleton(HTMLParser):
    """The tags and attributes of a page, and its text, as a browser would read them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, list[tuple[str, str | None]]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, attrs))

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize("name", LETTERS)
def test_case_203_each_letter_reads_as_its_golden_files(name: str) -> None:
    message = written(LETTERS[name])
    head = "".join(f"{key}: {value}\n" for key, value in message.items())
    for path, text in (
        (GOLDEN / f"{name}.txt", f"{head}\n{part(message, 'plain')}"),
        (GOLDEN / f"{name}.html", part(message, "html")),
    ):
        if os.environ.get("WRITE_GOLDEN"):
            path.write_text(text, "utf-8")
        assert text == path.read_text("utf-8")


def test_every_kind_of_letter_has_a_golden_file() -> None:
    assert {type(letter) for letter in LETTERS.values()} == set(get_args(Letter))
    assert {path.stem for path in GOLDEN.iterdir()} == set(LETTERS)


@pytest.mark.parametrize("name", LETTERS)
def test_case_203_text_comes_first_html_second_and_nothing_is_fetched_or_tracked(name: str) -> None:
    message = written(LETTERS[name])
    assert message.get_content_type() == "multipart/alternative"
    assert [inner.get_content_type() for inner in message.iter_parts()] == ["text/plain", "text/html"]
    tags = Skeleton(part(message, "html")).tags
    assert not {tag for tag, _ in tags} & {"img", "link", "script", "iframe", "object", "form", "base"}
    linked = {value for _, attrs in tags for key, value in attrs if key in {"href", "src", "background"}}
    assert linked <= {URL}
    assert len(message.as_bytes()) < 20_000


@pytest.mark.parametrize("name", [name for name in LETTERS if not isinstance(LETTERS[name], PasswordChanged | Notice)])
def test_case_203_the_link_stands_once_in_the_text_and_as_button_and_address_in_the_html(name: str) -> None:
    message = written(LETTERS[name])
    assert part(message, "plain").count(URL) == 1
    assert part(message, "plain").count("://") == 1
    page = Skeleton(part(message, "html"))
    assert page.text.count(URL) == 1
    assert [attrs for tag, attrs in page.tags if tag == "a" and ("href", URL) in attrs]
    assert part(message, "html").count("://") == 2


@pytest.mark.parametrize("kind", ["plain", "html"])
def test_case_203_an_invitation_says_who_where_as_what_and_until_when(kind: str) -> None:
    text = Skeleton(part(written(INVITATION), kind)).text
    for said in ("Amy Lee (amy@acme.example)", "join Acme", "Admin", "TrustGate, TrustTest", "ignore this letter"):
        assert said in text
    assert "3 November 2026 at 14:05 UTC" in text
    assert "amy@acme.example entered your address in Acme" in text


@pytest.mark.parametrize("kind", ["plain", "html"])
def test_an_invitation_without_password_promises_no_way_to_sign_in(kind: str) -> None:
    text = part(written(replace(INVITATION, sets_password=False)), kind)
    assert "No password is asked" in text
    assert "single sign-on" not in text
    assert "choose a name and a password" not in text


def test_an_invitation_answers_to_its_inviter() -> None:
    message = written(INVITATION)
    assert message["Subject"] == "Amy Lee invited you to join Acme on Rollcall"
    assert message["Reply-To"] == "amy@acme.example"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["X-Auto-Response-Suppress"] == "All"
    assert message["Message-ID"] == "<01JC9Z@rollcall.example>"
    assert message["Date"] == "Tue, 27 Oct 2026 14:05:00 +0000"


def test_an_inviter_without_a_name_is_called_by_the_address() -> None:
    message = written(replace(INVITATION, inviter_name=""))
    assert message["Subject"] == "amy@acme.example invited you to join Acme on Rollcall"
    assert "amy@acme.example invited you" in part(message, "plain")


def test_a_reply_address_with_a_non_ascii_domain_goes_out_as_its_a_label() -> None:
    assert written(replace(INVITATION, inviter_email="amy@bücher.example"))["Reply-To"] == "amy@xn--bcher-kva.example"


def test_a_notice_holds_no_link() -> None:
    message = written(LETTERS["password_changed"])
    assert "://" not in part(message, "plain") + part(message, "html")


@pytest.mark.parametrize(
    "to", ["a@example.com, b@example.com", "a@example.com\nBcc: b@example.com", "A <a@example.com>"]
)
def test_cases_199_200_a_letter_goes_to_exactly_one_address(to: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        render(INVITATION, to=to, sender="no-reply@rollcall.example", message_id="x@y", at=AT)


def test_the_same_arguments_give_the_same_bytes() -> None:
    assert written(INVITATION).as_bytes() == written(INVITATION).as_bytes()


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "//evil.tld/x"])
def test_case_201_a_letter_links_nothing_but_web_addresses(url: str) -> None:
    with pytest.raises(ValueError, match=r"http\(s\)"):
        written(replace(INVITATION, url=url))


def test_a_template_that_names_an_unknown_field_fails() -> None:
    with pytest.raises(UndefinedError):
        writing._environment().from_string("{{ nobody }}").render()


def test_case_199_a_subject_that_would_decode_into_a_header_is_never_sent() -> None:
    class Sly(PasswordChanged):
        def words(self) -> Mapping[str, object]:
            return {**super().words(), "team": "=?utf-8?q?=0ABcc:_eve@evil.tld?="}

    with pytest.raises(ValueError, match="encoded words"):
        written(Sly(team="", name="", at=AT))


def assert_harmless(letter: Letter, name: str) -> None:
    """The letter has the headers, recipients and markup of any other; the name stands in it as plain text."""
    message, ordinary = written(letter), written(INVITATION)
    assert message.keys() == ordinary.keys()
    assert message["To"] == "bo@example.com"
    assert not message.defects
    assert not [defect for header in message.values() for defect in header.defects]
    assert len(message["Subject"].splitlines()) == 1
    page = Skeleton(part(message, "html"))
    assert page.tags == Skeleton(part(ordinary, "html")).tags
    assert plain(name) in page.text
    assert plain(name) in part(message, "plain")
    assert "49" not in message["Subject"] or "49" in name


@pytest.mark.parametrize("field", ["team", "inviter_name", "role"])
@pytest.mark.parametrize("name", HOSTILE)
def test_cases_113_199_201_a_hostile_name_is_only_text(field: str, name: str) -> None:
    values = {f.name: getattr(INVITATION, f.name) for f in fields(INVITATION)} | {field: name}
    letter = Invitation(**values)
    shown = name if field != "role" else ""
    assert_harmless(letter, shown)


@given(team=st.text(st.characters(), max_size=200), inviter=st.text(st.characters(), max_size=200))
def test_cases_113_199_201_no_name_changes_headers_recipients_or_markup(team: str, inviter: str) -> None:
    letter = replace(INVITATION, team=team, inviter_name=inviter)
    assert_harmless(letter, team)
    assert_harmless(letter, inviter)


@pytest.mark.parametrize("name", HOSTILE)
def test_cases_113_199_201_the_name_of_a_team_that_a_stranger_signs_up_for_is_only_text(name: str) -> None:
    letter = replace(SET_PASSWORD, team=name, name="", reason="sign_up")
    message, ordinary = written(letter), written(LETTERS["set_password_sign_up"])
    assert (message.keys(), message["To"]) == (ordinary.keys(), "bo@example.com")
    page = Skeleton(part(message, "html"))
    assert page.tags == Skeleton(part(ordinary, "html")).tags
    assert plain(name) in page.text
    assert part(message, "plain").count("://") == 1


@given(st.lists(st.text(st.characters(), max_size=80), max_size=4).map(tuple))
def test_case_201_no_product_name_changes_the_markup(products: tuple[str, ...]) -> None:
    assert_harmless(replace(INVITATION, products=products), "")


@given(st.text(st.characters(), max_size=2000) | st.sampled_from(HOSTILE))
def test_case_201_no_message_adds_a_link_or_markup_but_line_breaks(text: str) -> None:
    message = written(replace(INVITATION, message=text))
    allowed = {"blockquote", "p", "br"}
    ordinary = [tag for tag in Skeleton(part(written(INVITATION), "html")).tags if tag[0] not in allowed]
    assert [tag for tag in Skeleton(part(message, "html")).tags if tag[0] not in allowed] == ordinary
    assert part(message, "plain").count("://") == 1
