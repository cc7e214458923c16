"""One mailbox, one key: the traps of e-mail addresses, one by one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollcall.mail.address import MAX_LENGTH, Address, canonical

ONE_KEY = [
    ("amy@example.com", "amy@example.com"),
    ("AMY@Example.COM", "amy@example.com"),
    ("a+t@example.com", "a+t@example.com"),
    ("a.b@example.com", "a.b@example.com"),
    ("A'Hara@example.com", "a'hara@example.com"),
    ("amy@bücher.example", "amy@xn--bcher-kva.example"),
    ("amy@BÜCHER.example", "amy@xn--bcher-kva.example"),
    ("amy@xn--bcher-kva.example", "amy@xn--bcher-kva.example"),
    ("amy@XN--BCHER-KVA.example", "amy@xn--bcher-kva.example"),
    ("amy@straße.example", "amy@xn--strae-oqa.example"),
    ("amy@\uff45xample.com", "amy@example.com"),
    ("amy@example\u3002com", "amy@example.com"),
    ("amy@acme.test", "amy@acme.test"),
]

REFUSED = [
    *("", " ", "amy", "@example.com", "amy@", "a@x.", "mike@example.com.", ".a@example.com", "a.@example.com"),
    *("a..b@example.com", "a@example..com", "a@-x.com", "a@x_y.com", "a@1.2.3.4", "a@[127.0.0.1]", "a@[IPv6:::1]"),
    *("m\u0131ke@example.com", "mi\u212ae@example.com", "stra\u00dfe@example.com", "\u00fc@example.com"),
    *("\uff41@example.com", "a\u200b@example.com", "a@exa\u200bmple.com", "a\u202e@example.com", "\u0130@example.com"),
    *("a@x, b@y", "a@example.com,b@example.com", "a@example.com;b@example.com", "a@example.com b@example.com"),
    *("<a@example.com>", '"x" <a@example.com>', "Amy <a@example.com>", "team:a@example.com;", "a(c)@example.com"),
    *('"q"@example.com', '"a b"@example.com', "a@example.com@example.org", "a@xn--zz.com"),
    *("=?utf-8?q?x?=@example.com", "=?utf-8?b?CkJjYzogZXZlQGV2aWwudGxk?=@example.com"),
    *("a\n@example.com", "a@example.com\n", "\ta@example.com", "a@example.com\x00", "a@example.com\r\nBcc: b@x.com"),
    *("a@example.com\u2028", "a@example.com\u0085", "a\ud800@example.com"),
    *("a@localhost", "a@x.localhost", "a@printer.local", "a@x.invalid", "a@x.onion", "a@10.in-addr.arpa", "a@test"),
    *(f"{'a' * 65}@example.com", f"a@{'b' * 64}.com", "a@" + "b." * 130 + "com", "a" * 100_000),
]


@pytest.mark.parametrize(("typed", "key"), ONE_KEY)
def test_case_101_spellings_of_one_mailbox_meet_in_one_key(typed: str, key: str) -> None:
    assert canonical(typed) == Address(typed=typed, key=key)


@pytest.mark.parametrize("text", REFUSED)
def test_cases_16_101_200_everything_but_one_plain_address_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(ValueError, match=r"^[A-Z].*\.$") as refusal:
        canonical(text)
    assert type(refusal.value) is ValueError


def test_case_16_only_ascii_case_is_folded() -> None:
    assert canonical("MIKE@example.com").key == canonical("mike@example.com").key
    for other in ("m\u0131ke@example.com", "mi\u212ae@example.com", "mike@example.com."):
        with pytest.raises(ValueError, match=r"."):
            canonical(other)


def test_spaces_around_a_pasted_address_are_dropped() -> None:
    assert canonical("  Amy@example.com ") == Address(typed="Amy@example.com", key="amy@example.com")


def test_an_address_of_254_characters_is_the_longest() -> None:
    domain = ".".join(["b" * 61, "c" * 61, "d" * 61, "com"])
    local = "a" * (MAX_LENGTH - len(domain) - 1)
    assert len(canonical(f"{local}@{domain}").key) == MAX_LENGTH
    with pytest.raises(ValueError, match="254"):
        canonical(f"{local}a@{domain}")


def test_a_domain_that_grows_too_long_when_encoded_is_refused() -> None:
    domain = ".".join(["ü" * 40] * 4 + ["example"])
    with pytest.raises(ValueError, match=r"."):
        canonical(f"{'a' * 60}@{domain}")


@given(st.text(max_size=40) | st.from_regex(r"[\w.+'-]{1,8}@[\w-]{1,8}\.(com|example)", fullmatch=True))
def test_a_key_is_ascii_and_canonical_itself(text: str) -> None:
    try:
        address = canonical(text)
    except ValueError:
        return
    assert address.key.isascii()
    assert address.key == address.key.lower()
    assert canonical(address.key).key == address.key
