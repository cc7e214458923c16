"""Which addresses the service asks on a team's word: https ones of the public internet, written plainly."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollcall.auth.outbound import public, read_url

LOCAL = "http://127.0.0.1:8701"


@pytest.mark.parametrize(
    ("text", "authority", "target"),
    [
        ("https://accounts.google.com", "accounts.google.com", "/"),
        ("https://id.example.com:8443/realms/x?a=b&c=%20", "id.example.com:8443", "/realms/x?a=b&c=%20"),
        ("https://8.8.8.8/", "8.8.8.8", "/"),
        ("https://[2606:4700::1111]:443/a", "[2606:4700::1111]:443", "/a"),
        ("https://example.com.?q", "example.com.", "/?q"),
    ],
)
def test_a_public_https_address_may_be_asked(text: str, authority: str, target: str) -> None:
    where = read_url(text)
    assert where is not None
    assert (where.authority, where.target, where.exempt) == (authority, target, False)


@pytest.mark.parametrize(
    "text",
    [
        "http://169.254.169.254/",
        "https://169.254.169.254/latest/meta-data/",
        "http://127.0.0.1:9001/2018-06-01/runtime/invocation/next",
        "https://127.0.0.1:9001/2018-06-01/runtime/invocation/next",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[fd00:ec2::254]/",
        "https://[fe80::1]/",
        "https://[fe80::1%25eth0]/",
        "https://[127.0.0.1]/",
        "https://2130706433/",
        "https://134744072/",
        "https://0x7f000001/",
        "https://0x7f.1/",
        "https://0177.0.0.1/",
        "https://127.1/",
        "https://8.8.8.08/",
        "https://10.0.0.1/",
        "https://100.64.0.1/",
        "https://0.0.0.0/",
        "https://224.0.0.1/",
        "https://localhost/",
        "https://localhost./",
        "https://intranet/",
        "https://a..example.com/",
        "https://.example.com/",
        "https://example.com\\@evil.example/",
        "https://user@example.com/",
        "https://user:pass@example.com/",
        "https://example.com@127.0.0.1/",
        "https://example.com#x",
        "https://example.com/#x",
        "https://example.com:0/",
        "https://example.com:65536/",
        "https://example.com:/",
        "https://example.com:443:443/",
        "https://example.com/ a",
        'https://example.com/"a',
        "https://example.com/<a",
        "https://example.com/?a[",
        "https://example.com/\r\nHost: evil.example",
        "https://example.com/\n",
        "https://bücher.example/",
        "https:///etc/passwd",
        "https:example.com",
        "//example.com/",
        "file:///etc/passwd",
        "gopher://example.com/",
        "ftp://example.com/",
        "HTTPS://example.com/",
        "http://example.com/",
        "",
        f"https://example.com/{'a' * 2048}",
    ],
)
def test_case_039_no_other_address_is_ever_asked(text: str) -> None:
    assert read_url(text) is None


@pytest.mark.parametrize(
    "text",
    [
        *(
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.1.1",
            "0.0.0.1",
            "198.18.0.1",
        ),
        *("224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255", "192.0.2.1", "::", "::1", "fe80::1", "fc00::1"),
        *("fd00:ec2::254", "ff02::1", "2001:db8::1", "::ffff:127.0.0.1", "::ffff:a9fe:a9fe", "::127.0.0.1"),
        *("64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::808:808", "2002:7f00:1::", "2002:a9fe:a9fe::1"),
        *("2001:0:808:808:0:0:5601:5601", "2001:0:7f00:1::", "fec0::1", "5f00::1", "fe80::1%eth0", "example.com", ""),
    ],
)
def test_case_039_what_is_not_on_the_public_internet_is_not_reached(text: str) -> None:
    assert not public(text)


@pytest.mark.parametrize(
    "text", ["8.8.8.8", "93.184.216.34", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1"]
)
def test_what_is_on_the_public_internet_is_reached(text: str) -> None:
    assert public(text)


def test_the_local_stacks_origins_are_exempt_to_the_letter_and_nowhere_else(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read_url(f"{LOCAL}/a") is None
    monkeypatch.setenv("SSO_LOCAL_ISSUERS", f"{LOCAL},http://localhost:8702")
    assert read_url(f"{LOCAL}/a?b") is not None
    assert read_url("http://localhost:8702") is not None
    for other in (
        "http://127.0.0.1:8702",
        "http://127.0.0.1",
        "https://127.0.0.1:8701",
        f"{LOCAL}1",
        f"{LOCAL}@evil.example",
    ):
        assert read_url(other) is None


@given(st.text() | st.from_regex(r"https?://[\w.\[\]:@#\\-]{0,30}", fullmatch=True))
def test_whatever_is_asked_for_is_answered(text: str) -> None:
    where = read_url(text)
    assert where is None or (where.scheme == "https" and not where.exempt)


@given(st.ip_addresses())
def test_every_address_is_judged(address: object) -> None:
    assert public(str(address)) in {True, False}
