"""Filters: what is one, what holds for whom, and what may serve as a key (RFC 7644, section 3.4.2.2)."""

from __future__ import annotations

import time
from typing import Any

import pytest

from rollcall.scim.errors import InvalidFilter
from rollcall.scim.filters import alternatives, attributes_of, equalities, matches, parse
from rollcall.scim.schemas import ENTERPRISE, GROUP, USER

ADA: dict[str, Any] = {
    "id": "mem_Ada1",
    "userName": "Ada.Lovelace@Example.com",
    "externalId": "Ext-1",
    "displayName": "Ada (Countess)",
    "title": 'said "no" and left or stayed [x] (y)',
    "nickName": "Ada \U0001f9ee",
    "name": {"familyName": "Lovelace", "givenName": "Ada"},
    "active": True,
    "emails": [
        {"value": "Ada@work.example", "type": "work", "primary": True},
        {"value": "ada@home.example", "type": "home"},
    ],
    "roles": [{"value": "analyst", "primary": True}, {"value": "poet"}],
    "profileUrl": "https://Ada.example/Me",
    "locale": "",
    "meta": {"resourceType": "User", "lastModified": "2026-11-21T19:25:00.123Z", "created": "2026-01-01T00:00:00.000Z"},
    ENTERPRISE: {"department": "Engines", "manager": {"value": "mem_Boss"}},
}


def holds(text: str) -> bool:
    return matches(parse(text), ADA)


HOLDING = [
    'userName eq "ada.lovelace@example.COM"',
    'USERNAME EQ "ada.lovelace@example.com"',
    f'{USER}:userName sw "ADA"',
    f'{USER.upper()}:NAME.FAMILYNAME eq "lovelace"',
    f'{ENTERPRISE}:department eq "engines"',
    f'{ENTERPRISE}:manager eq "mem_Boss"',
    f"{ENTERPRISE} pr",
    'department co "gin"',
    'id eq "mem_Ada1"',
    'externalId eq "Ext-1"',
    'externalId ne "ext-1"',
    'name.familyName co "LOVE"',
    'name.familyName ew "lace"',
    "name pr and not (locale pr)",
    "title pr or title pr",
    'nickName eq "Ada \\ud83e\\uddee"',
    'title eq "said \\"no\\" and left or stayed [x] (y)"',
    'title co "[X] (Y)"',
    "userName ne \"O'Neil+x#EXT#&=%\"",
    "active eq true",
    'active eq "True"',
    "ActiVe ne FALSE",
    'meta.lastmodified lt "9999-01-01T00:00:00Z"',
    'active pr and (meta.lastModified ge "0001-01-03T00:00:00.0000000Z" and meta.created lt "2027-01-01T00:00:00Z")',
    'meta.lastModified gt "2026-11-21T19:25:00.1229999Z"',
    'meta.lastModified eq "2026-11-21T20:25:00.1230000+01:00"',
    'meta.lastModified le "2026-11-21T19:25:00.123"',
    'meta.lastModified sw "2026-11"',
    'meta.created gt "0001-01-01T00:00:00+05:00"',
    'emails pr and emails[type eq "work"]',
    'emails eq "ada@WORK.example"',
    'emails co "home.example"',
    'emails.type eq "home"',
    'emails[type eq "work" and value ew "WORK.example"]',
    'emails[type eq "work"].value eq "ada@work.example"',
    'emails[type eq "home"].primary ne true',
    'emails.type ne "work"',
    'roles[primary eq "True"].value eq "analyst"',
    "roles[not (primary eq true)]",
    'not (emails.type eq "other")',
    "not(active eq false)",
    "nickName eq null or department ne null",
    "userType eq null",
    'userType ne "Employee"',
    'userName gt "ad" and userName lt "ae" and userName ge "ADA.LOVELACE@EXAMPLE.COM"',
    'profileUrl eq "https://Ada.example/Me"',
    "title pr and title pr or userType pr",
    "userType pr and userType pr or title pr",
    "not (title pr) or title pr",
    'meta.resourceType eq "User"',
]  # fmt: skip

NOT_HOLDING = [
    'externalId eq "ext-1"',
    'id eq "mem_ada1"',
    'userType eq "Employee"',
    'emails[type eq "home" and value ew "work.example"]',
    'emails[type eq "home"].value eq "ada@work.example"',
    'emails.type eq "other"',
    "active eq false",
    "locale pr",
    'members.value eq "mem_Ada1"',
    f"{GROUP}:displayName pr",
    "members pr",
    'title pr and (userType pr or nickName eq "x")',
    "userType pr and (title pr or title pr)",
    "not (title pr) and title pr",
    'profileUrl eq "https://ada.example/me"',
    'meta.lastModified lt "2026-11-21T19:25:00.1230000Z"',
    "password pr",
]  # fmt: skip

MALFORMED = [
    "", " ", "userName", "userName eq", 'eq "x"', "userName eq x", "userName eq 'x'", 'userName eq "x', 'userName "x"',
    'userName eq "x" and', 'and userName eq "x"', '(userName eq "x"', 'userName eq "x")', 'userName eq "x" userName pr',
    "not", "not()", 'not userName eq "x"', "pr", "()", "userName pr pr", 'userName like "x"', 'userName eq "x"y',
    'emails[type eq "work"', 'emails type eq "work"]', "emails[]", 'emails[type eq "work"].', 'emails[kind eq "x"]',
    'emails[.type eq "x"]', 'emails[type eq "work"].nothing eq "x"', 'userName[value eq "x"]',
    'emails.value[value eq "x"]',
    'userName eq "\\x"', 'userName eq "\\ud800"', 'userName eq "\ud800"', 'userName eq "a\nb"', "userName eq 5",
    "userName eq true", "userName gt null", "active gt true", 'active co "t"', 'active eq "yes"', "active eq 1",
    'x509Certificates gt "AA"', 'name eq "x"', 'meta eq "x"', 'meta.created gt "yesterday"',
    'meta.created gt "2026-02-30T00:00:00Z"', 'meta.created gt "2026-02-01T25:00:00Z"', 'addresses eq "x"',
    'nothing eq "x"', 'urn:example:schema:tag eq "x"', "1 eq 1", 'userName eq "a" or 1 eq 1', '"; drop',
    "userName eq -",
    'userName eq "x" and team eq "B"', "userName eq 1e5", f'{ENTERPRISE} eq "x"', 'emails[emails[type eq "x"]]',
]  # fmt: skip


@pytest.mark.parametrize("text", HOLDING)
def test_behaviour_25_a_filter_holds(text: str) -> None:
    assert holds(text)


@pytest.mark.parametrize("text", NOT_HOLDING)
def test_behaviour_25_a_filter_does_not_hold(text: str) -> None:
    assert not holds(text)


@pytest.mark.parametrize("text", MALFORMED)
def test_case_158_what_is_no_filter_or_asks_for_an_unknown_attribute_is_refused(text: str) -> None:
    with pytest.raises(InvalidFilter) as refused:
        parse(text)
    assert refused.value.body()["scimType"] == "invalidFilter"


def test_behaviour_25_not_binds_stronger_than_and_and_that_stronger_than_or() -> None:
    yes, no = "title pr", "userType pr"
    assert holds(f"{yes} or {no} and {no}")
    assert holds(f"not ({no}) or {yes} and {no}")
    assert not holds(f"({yes} or {no}) and {no}")


@pytest.mark.parametrize(("typed", "found"), [("ADA.LOVELACE@example.com", True), ("Ada.Lovelace@Example.com", True)])
def test_case_159_user_names_compare_without_case(typed: str, found: bool) -> None:
    assert holds(f'userName eq "{typed}"') is found


def test_case_159_external_ids_compare_exactly() -> None:
    assert holds('externalId eq "Ext-1"')
    assert not holds('externalId eq "EXT-1"')


def test_letters_in_two_encodings_are_the_same_name() -> None:
    assert matches(parse('userName eq "RENE\\u0301"'), {"userName": "Ren\u00e9"})


def test_behaviour_17_a_groups_name_compares_without_case() -> None:
    group = {"displayName": "Team Blue", "members": [{"value": "mem_1", "type": "User"}]}
    for text in ('displayName eq "team BLUE"', f'{GROUP}:displayName eq "team blue"', 'members[value eq "mem_1"]'):
        assert matches(parse(text), group, "Group")
    assert not matches(parse(f'{USER}:displayName eq "team blue"'), group, "Group")


def test_behaviour_18_equalities_are_keys_alone_in_a_conjunction_and_in_value_paths() -> None:
    assert equalities(parse('userName eq "A"')) == [("userName", "A")]
    assert equalities(parse('emails[type eq "work"].value eq "x"')) == [("emails.value", "x")]
    assert equalities(parse('emails[type eq "work" and value eq "x"]')) == [("emails.value", "x")]
    assert equalities(parse('emails eq "x" and active eq true')) == [("emails.value", "x")]
    both = parse('(userName eq "A" and externalId eq "B") and id eq "C" and title eq "D"')
    assert equalities(both) == [("userName", "A"), ("externalId", "B"), ("id", "C")]


@pytest.mark.parametrize("text", [
    'userName eq "A" or active eq true', 'not (userName eq "A")', 'userName ne "A"', 'userName co "A"', "userName pr",
])  # fmt: skip
def test_what_need_not_be_equal_is_no_key(text: str) -> None:
    assert equalities(parse(text)) == []


def test_a_filter_tells_which_attributes_it_looks_at() -> None:
    text = f'not (active eq true) or emails[type eq "work"].value pr and {ENTERPRISE.lower()}:DEPARTMENT eq "x"'
    assert attributes_of(parse(text)) == {"active", "emails.type", "emails.value", f"{ENTERPRISE}:department"}


def test_only_equalities_of_value_joined_by_or_name_elements_outright() -> None:
    def inner(text: str) -> Any:
        return parse(f"members[{text}]").inner  # type: ignore[union-attr]

    assert alternatives(inner('value eq "a"')) == ["a"]
    assert alternatives(inner('value eq "a" or Value eq "b"')) == ["a", "b"]
    assert alternatives(inner('value eq "a" and type eq "User"')) is None
    assert alternatives(inner('value ne "a"')) is None


@pytest.mark.parametrize("text", [
    "(" * 5000,
    "(" * 5000 + 'userName eq "x"' + ")" * 5000,
    "not (" * 400,
    'userName eq "' + "a" * 8192 + '"',
    '"' * 8192,
    "\\" * 8192,
    "emails[" * 1000,
    "userName pr and " * 600,
    " " * 8192,
    'userName eq "' + "\\" * 2001,
])  # fmt: skip
def test_case_158_filters_too_deep_or_too_long_are_refused_at_once(text: str) -> None:
    began = time.process_time()
    with pytest.raises(InvalidFilter):
        parse(text)
    assert time.process_time() - began < 0.05


def test_a_filter_may_be_ten_deep_and_two_kibibytes_long() -> None:
    assert matches(parse("(" * 10 + "title pr" + ")" * 10), ADA)
    long = "title pr" + " and title pr" * 156
    assert len(long) <= 2048
    assert matches(parse(long), ADA)
    with pytest.raises(InvalidFilter):
        parse("(" * 11 + "title pr" + ")" * 11)
    with pytest.raises(InvalidFilter):
        parse("title pr" + " and title pr" * 157)
