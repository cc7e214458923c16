"""Every page with ordinary and with hostile values: escaped, scriptless, labelled, readable."""

import re
from base64 import b64encode
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import StrictUndefined, UndefinedError, meta, nodes

from rollcall.actions.ways_in import WayIn
from rollcall.http import pages
from rollcall.http.pages import PAGES, page_csp, render_page
from rollcall.mail.words import one_line

AT = datetime(2026, 11, 3, 14, 5, tzinfo=UTC)
OKTA = WayIn("idp_1", "okta", "Okta", "/sso/idp_1/start?invitation=x")
FIELDS: dict[str, object] = {
    "team": "Acme",
    "inviter_name": "Amy Lee",
    "role": "admin",
    "products": ("TrustGate", "TrustTest"),
    "email": "bo@example.com",
    "signed_in_email": "cy@example.com",
    "name": "Bo Kim",
    "asks_password": True,
    "expires_at": AT,
    "expired_at": AT,
    "ways": (OKTA, replace(OKTA, id="idp_2", name="Google", start="/sso/idp_2/start?invitation=x")),
    "break_glass_url": "/t/acme/break-glass",
    "sign_in_url": "https://rollcall.example/t/acme?email=bo%40example.com",
    "sign_out_url": "/t/acme/sign-out",
    "forgot_url": "/t/acme/forgot?email=bo%40example.com",
    "show_url": "?email=bo%40example.com&show=1",
    "can_ask": True,
    "wait_seconds": 58,
    "title": "That did not work",
    "sentence": "Try again in a minute.",
    "code": "sso_failed",
    "request_id": "01JC9Z",
}
TEXTS = {
    "team",
    "inviter_name",
    "role",
    "email",
    "signed_in_email",
    "name",
    "title",
    "sentence",
    "code",
    "request_id",
}
CHOOSING = ("accept", "accept_signed_in", "set_password", "found_team")
SIGNING_IN = ("sign_in", "forgot", "break_glass")
WITH_WAYS = ("accept", "accept_signed_in", "accept_sso", "sign_in", "sign_in_off")
FORMS = (*CHOOSING, *SIGNING_IN)
HOSTILE = [
    *("<img src=x onerror=alert(1)>", "<script>alert(1)</script>", '"><i x="', "' autofocus onfocus='x", "&lt;b&gt;"),
    *("{{7*7}}", "{%raw%}", "${7*7}", "</title><b>", "</style><b>", "-->", "javascript:alert(1)", "a\u202eb\x00c\r\nd"),
]


class Page(HTMLParser):
    """What a browser finds: tags with attributes, and the text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attrs for name, attrs in self.tags if name == tag]


def page(name: str, /, **changes: object) -> Page:
    return Page(render_page(name, **({field: FIELDS[field] for field in PAGES[name]} | changes)))


def said(name: str, /, **changes: object) -> str:
    return " ".join(page(name, **changes).text.split())


@pytest.mark.parametrize("name", PAGES)
def test_every_page_has_language_title_one_heading_and_a_main_part(name: str) -> None:
    seen = page(name)
    assert seen.all("html") == [{"lang": "en"}]
    assert [len(seen.all(tag)) for tag in ("title", "h1", "main", "header")] == [1, 1, 1, 1]
    title = re.search(r"<title>(.+)</title>", render_page(name, **{field: FIELDS[field] for field in PAGES[name]}))
    assert title is not None
    assert title[1].endswith(" · Rollcall")


@pytest.mark.parametrize("name", PAGES)
def test_cases_107_108_no_page_runs_or_fetches_anything(name: str) -> None:
    seen = page(name)
    assert not {tag for tag, _ in seen.tags} & {"script", "img", "link", "iframe", "object", "embed", "base", "svg"}
    attributes = {key for _, attrs in seen.tags for key in attrs}
    assert not [key for key in attributes if key.startswith("on")]
    assert not attributes & {"src", "srcset", "style", "formaction", "http-equiv", "ping"}
    assert {"name": "referrer", "content": "no-referrer"} in seen.all("meta")
    assert not re.search(r"url\(|@import", render_page(name, **{field: FIELDS[field] for field in PAGES[name]}))


@pytest.mark.parametrize("name", PAGES)
def test_every_form_posts_to_its_own_address_by_one_button_but_for_signing_out(name: str) -> None:
    seen = page(name)
    elsewhere = {"action": "/t/acme/sign-out"} if name == "signed_in" else {}
    for form in seen.all("form"):
        assert form == {"method": "post", **elsewhere}
        assert [button["type"] for button in seen.all("button")] == ["submit"]
    assert len(seen.all("form")) == (name in {*FORMS, "dead_expired", "signed_in"})


@pytest.mark.parametrize("name", FORMS)
def test_every_field_that_people_see_has_a_label(name: str) -> None:
    seen = page(name)
    fields = [field["id"] for field in seen.all("input") if field.get("type") != "hidden"]
    assert fields
    assert [label["for"] for label in seen.all("label")] == fields


@pytest.mark.parametrize("name", CHOOSING)
def test_password_managers_find_the_address_and_a_new_password(name: str) -> None:
    fields = {field.get("id"): field for field in page(name).all("input")}
    assert fields["email"]["autocomplete"] == "username"
    assert "readonly" in fields["email"]
    assert "name" not in fields["email"]
    assert fields["password"]["autocomplete"] == "new-password"
    assert fields["password"]["minlength"] == "15"
    assert "maxlength" not in fields["password"]
    assert "value" not in fields["password"]


@pytest.mark.parametrize("name", CHOOSING)
def test_the_password_shows_as_typed_where_that_is_asked_for(name: str) -> None:
    def looks(*, shown: bool) -> tuple[str | None, str | None]:
        seen = page(name, show_password=shown)
        (link,) = [link for link in seen.all("a") if link.get("class") == "show quiet"]
        return next(field["type"] for field in seen.all("input") if field.get("id") == "password"), link["href"]

    assert looks(shown=False) == ("password", "?show=1")
    assert looks(shown=True) == ("text", "?show=0")


@pytest.mark.parametrize("name", SIGNING_IN)
def test_password_managers_find_the_address_to_sign_in_with(name: str) -> None:
    fields = {str(field["id"]): field for field in page(name).all("input")}
    assert fields["email"]["autocomplete"] == "username"
    assert (fields["email"]["type"], fields["email"]["value"]) == ("email", "bo@example.com")
    assert ("readonly" in fields["email"], "name" in fields["email"]) == (False, True)


def test_password_managers_find_the_present_password_which_no_rule_is_told_for() -> None:
    def field(*, shown: bool) -> dict[str, str | None]:
        return next(one for one in page("sign_in", show_password=shown).all("input") if one["id"] == "password")

    assert (field(shown=False)["type"], field(shown=True)["type"]) == ("password", "text")
    assert field(shown=False)["autocomplete"] == "current-password"
    assert not {"minlength", "maxlength", "value"} & field(shown=True).keys()


def test_the_sign_in_page_leads_to_a_reset_and_back() -> None:
    assert "/t/acme/forgot?email=bo%40example.com" in [link["href"] for link in page("sign_in").all("a")]
    for name in ("forgot", "forgot_asked"):
        assert [link["href"] for link in page(name).all("a")] == [FIELDS["sign_in_url"]]


def test_an_invitation_is_told_in_one_sentence() -> None:
    assert "Amy Lee invited you to Acme as Admin (TrustGate, TrustTest)." in said("accept")
    assert "as Member (all products)." in said("accept", role="member", products="all")
    assert "Not you? Ignore this, nothing happens." in said("accept")
    assert "An admin invited you" in said("accept", inviter_name=" ")


@pytest.mark.parametrize("name", ["accept", "accept_signed_in"])
def test_no_password_field_where_none_is_asked(name: str) -> None:
    assert "password" not in [field.get("name") for field in page(name, asks_password=False).all("input")]


def test_the_signed_in_invitee_presses_one_button() -> None:
    fields = page("accept_signed_in", asks_password=False).all("input")
    assert fields == [{"type": "hidden", "name": "name", "value": "Bo Kim"}]
    (field,) = page("accept_signed_in", asks_password=False, name="").all("input")
    assert field["id"] == "name"


def test_the_other_account_is_named_and_can_be_switched() -> None:
    assert "You are signed in as cy@example.com. This invitation to Acme is for bo@example.com." in said(
        "accept_wrong_account"
    )
    assert [link["href"] for link in page("accept_wrong_account").all("a")] == ["?switch=1"]


def test_case_110_single_sign_on_asks_no_password() -> None:
    assert not page("accept_sso").all("input")
    assert len(page("accept_sso").all("a")) == 2


@pytest.mark.parametrize("name", WITH_WAYS)
def test_each_provider_is_one_plain_link_above_any_form(name: str) -> None:
    assert "Continue with Okta Continue with Google" in said(name)
    seen = page(name)
    links = [link for link in seen.all("a") if link.get("class") == "button"]
    assert [link["href"] for link in links] == ["/sso/idp_1/start?invitation=x", "/sso/idp_2/start?invitation=x"]
    order = [tag for tag, attrs in seen.tags if tag == "form" or attrs.get("class") == "button"]
    assert order[:2] == ["a", "a"]
    assert not [link for link in page(name, ways=()).all("a") if link.get("class") == "button"]


@pytest.mark.parametrize("value", HOSTILE)
@pytest.mark.parametrize("name", WITH_WAYS)
def test_cases_113_201_a_providers_name_is_only_text(name: str, value: str) -> None:
    hostile, ordinary = page(name, ways=[replace(OKTA, name=value)]), page(name, ways=[OKTA])
    assert [(tag, attrs.keys()) for tag, attrs in hostile.tags] == [(tag, attrs.keys()) for tag, attrs in ordinary.tags]
    with pytest.raises(ValueError, match=r"http\(s\)"):
        page(name, ways=[replace(OKTA, start="javascript:alert(1)")])


def test_without_passwords_the_page_leads_to_the_break_glass_codes_in_small_print() -> None:
    assert said("sign_in_off", ways=()).endswith("Use a break-glass code")
    assert "switched signing in by password off" in said("sign_in_off", ways=())
    assert "signs in through its identity provider" in said("sign_in_off")
    assert [link["href"] for link in page("break_glass").all("a")] == [FIELDS["sign_in_url"]]


def test_an_expired_invitation_says_when_and_offers_to_ask_only_where_one_can() -> None:
    assert "This invitation expired on 3 November 2026. Ask Amy Lee for a new one" in said("dead_expired")
    assert page("dead_expired").all("button")[0] | {"class": ""} == {
        "class": "",
        "type": "submit",
        "name": "ask",
        "value": "1",
    }
    assert not page("dead_expired", can_ask=False).all("form")


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("dead_revoked", "This invitation was withdrawn"),
        ("dead_member", "You are already in Acme"),
        ("dead_unknown", "This link is not valid. Check that you copied all of it."),
        ("dead_reset", "Ask for a new one where you sign in to Acme"),
        ("dead_sign_up", "Its time is over, and Acme was not created"),
        ("found_team", "Create the team Acme"),
        ("team_founded", "Sign in to it as bo@example.com with your new password"),
        ("asked", "Amy Lee has been told"),
        ("too_many", "Wait 58 seconds"),
        ("joined", "Welcome to Acme"),
        ("password_set", "as bo@example.com with your new password"),
        ("problem", "Try again in a minute. If you ask for help, give this number: 01JC9Z"),
    ],
)
def test_each_state_says_what_it_is(name: str, sentence: str) -> None:
    assert sentence in said(name)


@pytest.mark.parametrize("name", CHOOSING)
def test_case_109_a_refusal_is_announced_and_tied_to_its_field(name: str) -> None:
    seen = page(name, errors={"password": "This one was leaked.", "/other": "Odd."})
    assert [attrs.get("class") for _, attrs in seen.tags if attrs.get("role") == "alert"] == ["alert"]
    password = next(field for field in seen.all("input") if field.get("id") == "password")
    assert password["aria-invalid"] == "true"
    assert password["aria-describedby"] == "password-reason password-hint"
    assert {"class": "reason", "id": "password-reason"} in seen.all("p")
    assert "Odd." in seen.text
    assert "Not done yet: " in seen.text
    assert "Come back later." in said(name, error="Come back later.")
    assert "alert" not in [attrs.get("role") for _, attrs in page(name).tags]


@pytest.mark.parametrize(
    ("name", "field"), [("sign_in", "email"), ("sign_in", "password"), ("forgot", "email"), ("break_glass", "code")]
)
def test_a_refusal_to_sign_in_is_announced_and_tied_to_its_field(name: str, field: str) -> None:
    seen = page(name, errors={field: "Odd."})
    assert [attrs.get("class") for _, attrs in seen.tags if attrs.get("role") == "alert"] == ["alert"]
    (flawed,) = [one for one in seen.all("input") if one.get("aria-invalid") == "true"]
    assert (flawed["id"], flawed["aria-describedby"]) == (field, f"{field}-reason")
    assert f"#{field}" in [link["href"] for link in seen.all("a")]


def test_what_was_typed_stays_but_for_the_password() -> None:
    fields = {field.get("id"): field for field in page("accept", name='Bo "B" <Kim>', error="No.").all("input")}
    assert fields["name"]["value"] == 'Bo "B" <Kim>'
    assert "value" not in fields["password"]


@pytest.mark.parametrize("value", HOSTILE)
@pytest.mark.parametrize("name", PAGES)
def test_cases_113_201_hostile_values_are_only_text(name: str, value: str) -> None:
    for field in sorted(PAGES[name] & TEXTS):
        hostile, ordinary = page(name, **{field: value}), page(name)
        assert [tag for tag, _ in hostile.tags] == [tag for tag, _ in ordinary.tags]
        assert [attrs.keys() for _, attrs in hostile.tags] == [attrs.keys() for _, attrs in ordinary.tags]
        assert "49" not in hostile.text


@given(value=st.text(st.characters(), min_size=1, max_size=100))
def test_cases_113_201_no_name_changes_the_markup(value: str) -> None:
    hostile = page("accept", team=value, inviter_name=value, name=value, email=value)
    ordinary = page("accept")
    assert [(tag, attrs.keys()) for tag, attrs in hostile.tags] == [(tag, attrs.keys()) for tag, attrs in ordinary.tags]
    assert one_line(value) in hostile.text


@pytest.mark.parametrize("name", FORMS)
@pytest.mark.parametrize("value", HOSTILE)
def test_case_201_hostile_reasons_are_only_text(name: str, value: str) -> None:
    ordinary = page(name, error="no", errors={"password": "no", "x": "no"})
    hostile = page(name, error=value, errors={"password": value, "x": value})
    assert [tag for tag, _ in hostile.tags] == [tag for tag, _ in ordinary.tags]


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "//evil.tld"])
@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("sign_in_off", "break_glass_url"),
        ("joined", "sign_in_url"),
        ("signed_in", "sign_out_url"),
        ("sign_in", "forgot_url"),
    ],
)
def test_case_201_only_web_addresses_become_links(name: str, field: str, url: str) -> None:
    with pytest.raises(ValueError, match=r"http\(s\)"):
        page(name, **{field: url})


@pytest.mark.parametrize("name", PAGES)
def test_a_missing_or_unknown_field_or_page_is_an_error(name: str) -> None:
    fields = {field: FIELDS[field] for field in PAGES[name]}
    for field in fields:
        with pytest.raises(TypeError, match=field):
            render_page(name, **{key: value for key, value in fields.items() if key != field})
    with pytest.raises(TypeError, match="typo"):
        render_page(name, **fields, typo=1)
    with pytest.raises(TypeError, match="nowhere"):
        render_page("nowhere")


def test_templates_themselves_refuse_what_is_not_given() -> None:
    environment = pages._environment()
    assert environment.undefined is StrictUndefined
    with pytest.raises(UndefinedError):
        environment.get_template("joined.html").render()


@pytest.mark.parametrize("name", PAGES)
def test_every_page_uses_exactly_the_fields_it_lists(name: str) -> None:
    environment = pages._environment()
    sources = [f"{name}.html", "base.html", *(["form.html"] if name in FORMS else [])]
    used, macros = set(), set()
    for source in sources:
        assert environment.loader is not None
        text = environment.loader.get_source(environment, source)[0]
        tree = environment.parse(text)
        used |= meta.find_undeclared_variables(tree)
        macros |= {name for part in tree.find_all(nodes.FromImport) for name in part.names if isinstance(name, str)}
    state = {"error", "errors"} | ({"show_password"} if name in FORMS else set())
    assert used - macros - {"style_sheet"} - state == PAGES[name]


def test_every_template_is_a_page_or_a_part() -> None:
    parts = {"base", "form", "fields", "invited", "ways"}
    assert {path.stem for path in pages._TEMPLATES.glob("*.html")} == PAGES.keys() | parts


@pytest.mark.parametrize("name", PAGES)
def test_case_108_the_policy_allows_our_style_sheet_by_its_hash_and_nothing_else(name: str) -> None:
    html = render_page(name, **{field: FIELDS[field] for field in PAGES[name]})
    styles = re.findall(r"<style>(.*?)</style>", html, re.DOTALL)
    assert len(styles) == 1
    digest = b64encode(sha256(styles[0].encode()).digest()).decode()
    assert page_csp() == (
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )
