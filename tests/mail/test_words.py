"""Names of strangers made harmless, and dates and waits as people read them."""

import re
import unicodedata
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollcall.mail.words import href, moment, one_line, plain, plain_lines, product_words, wait

LINKABLE = re.compile(r"://|\\\\|//|\w[.\u2024\u3002\uff0e\uff61][^\W\d_]|\w@\w|[a-z]:\w", re.IGNORECASE)

NAMES = [
    ("https://evil.tld log in", "https: evil. tld log in"),
    ("Log in at evil.tld", "Log in at evil. tld"),
    ("www.evil.tld/x?y=z", "www. evil. tld/x?y=z"),
    ("HTTP:/evil.tld", "HTTP: /evil. tld"),
    ("evil\u3002tld", "evil. tld"),
    ("e\u200bvil\u2060.\u200btld", "evil. tld"),
    ("javascript:alert(1)", "javascript: alert(1)"),
    ("mailto:bo@evil.tld", "mailto: bo at evil. tld"),
    ("\\\\evil\\share", "evil\\share"),
    ("Amy\r\nBcc: bo@evil.tld", "Amy Bcc: bo at evil. tld"),
    ("Amy\u2028Lee\u0085x\x00y", "Amy Lee xy"),
    ("\u202eylf no\u202c", "ylf no"),
    ("  Amy \t Lee  ", "Amy Lee"),
    ("Dr. Amy Lee", "Dr. Amy Lee"),
    ("Acme Inc.", "Acme Inc."),
    ("Web 2.0 Team", "Web 2.0 Team"),
    ("\u0645\u06cc\u200c\u0645", "\u0645\u06cc\u200c\u0645"),
    ("<img src=x onerror=alert(1)>", "<img src=x onerror=alert(1)>"),
    ("=?utf-8?q?=0ABcc:_eve@evil.tld?=", "= ?utf-8?q?=0ABcc: _eve at evil. tld?="),
    ("{{7*7}}", "{{7*7}}"),
    ("x" * 300, "x" * 63 + "…"),
    ("\u200b\u202e\n", ""),
]


@pytest.mark.parametrize(("name", "shown"), NAMES)
def test_cases_113_202_a_name_in_a_letter_is_one_short_line_without_links(name: str, shown: str) -> None:
    assert plain(name) == shown


@given(st.text() | st.from_regex(r"(https?://|www\.|//)?\w{1,9}[.\u3002]\w{2,6}(/\w*)?( \w+)?", fullmatch=True))
def test_case_202_no_name_keeps_anything_that_a_mail_program_links(name: str) -> None:
    shown = plain(name)
    assert len(shown) <= 64
    assert not LINKABLE.search(shown)


@given(st.text(st.characters()))
def test_case_199_one_line_has_no_controls_bidi_marks_or_separators(name: str) -> None:
    line = one_line(name)
    assert len(line) <= 64
    assert one_line(line) == line
    assert not {unicodedata.category(char) for char in line} & {"Cc", "Cs", "Zl", "Zp"}
    assert not {unicodedata.bidirectional(char) for char in line} & {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI"}


def test_a_message_keeps_its_lines_and_loses_its_links() -> None:
    assert plain_lines("\nHi Bo,\r\n\r\nsee https://evil.tld\n\n") == ("Hi Bo,", "", "see https: evil. tld")
    assert plain_lines(None) == plain_lines(" \n ") == ()


def test_a_message_is_cut_at_a_thousand_characters_and_twenty_lines() -> None:
    assert sum(map(len, plain_lines("word " * 1000))) <= 1000
    assert len(plain_lines("line\n" * 100)) == 20


def test_products_are_named_up_to_eight() -> None:
    assert product_words("all", plain) == "all products"
    assert product_words((), plain) == "no products yet"
    assert product_words(("TrustGate", "evil.tld"), plain) == "TrustGate, evil. tld"
    assert product_words(tuple("abcdefghij"), plain) == "a, b, c, d, e, f, g, h, 2 more"


def test_a_moment_is_told_in_utc_whatever_its_zone() -> None:
    assert moment(datetime(2026, 11, 3, 14, 5, tzinfo=UTC)) == "3 November 2026 at 14:05 UTC"
    assert moment(datetime(2027, 1, 1, 0, 30, tzinfo=timezone(timedelta(hours=2)))) == "31 December 2026 at 22:30 UTC"


def test_a_moment_without_a_zone_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="zone"):
        moment(datetime(2026, 11, 3))  # noqa: DTZ001 - the mistake under test


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "1 second"), (1, "1 second"), (58, "58 seconds"), (60, "60 seconds"), (61, "2 minutes"), (3600, "60 minutes")],
)
def test_a_wait_is_rounded_up(seconds: int, words: str) -> None:
    assert wait(seconds) == words


@pytest.mark.parametrize("url", ["https://rollcall.example/t/acme?email=a%40b", "http://127.0.0.1:8000/i/x", "/sso/x"])
def test_our_own_addresses_become_links(url: str) -> None:
    assert href(url) == url


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", "//evil.tld", "/\\evil.tld", "", "https://a b"]
)
def test_case_201_no_other_scheme_becomes_a_link(url: str) -> None:
    with pytest.raises(ValueError, match=r"http\(s\)"):
        href(url)
