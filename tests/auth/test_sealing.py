"""What is sealed is opened by its own keys, for its own purpose, in its own place, and by nothing else."""

from __future__ import annotations

import json
from secrets import token_bytes
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollcall.auth import keyring
from rollcall.auth.sealing import opened, seal
from rollcall.domain.errors import Unavailable

if TYPE_CHECKING:
    from pathlib import Path

OLD, NEW, OTHER = (bytes([byte]) * 32 for byte in b"onx")
PLAIN = b"a secret of a client"


def sealed(plain: bytes = PLAIN, context: str = "team_1 idp_1") -> str:
    return seal([OLD], "client-secret", plain, context, token_bytes)


def test_what_is_sealed_is_opened_also_after_the_keys_have_rotated() -> None:
    text = sealed()
    assert opened([OLD], "client-secret", text, "team_1 idp_1") == PLAIN
    assert opened([NEW, OLD], "client-secret", text, "team_1 idp_1") == PLAIN
    assert opened([NEW, OTHER], "client-secret", text, "team_1 idp_1") is None
    assert opened([OLD], "client-secret", seal([NEW, OLD], "client-secret", PLAIN, "", token_bytes), "") is None


def test_another_purpose_or_place_opens_nothing() -> None:
    assert opened([OLD], "sso-attempt", sealed(), "team_1 idp_1") is None
    assert opened([OLD], "client-secret", sealed(), "team_1 idp_2") is None
    assert opened([OLD], "client-secret", sealed(), "") is None


def test_the_same_is_sealed_differently_each_time_and_can_stand_in_a_cookie() -> None:
    one, other = sealed(), sealed()
    assert one != other
    assert one.replace("-", "").replace("_", "").isalnum()
    assert PLAIN.decode() not in one


@given(st.data())
def test_one_changed_character_opens_nothing(data: st.DataObject) -> None:
    text = seal([OLD], "sso-attempt", b"abc", "x", lambda count: b"n" * count)
    place = data.draw(st.integers(0, len(text) - 2))
    letter = data.draw(st.sampled_from("ABCxyz019-_").filter(lambda letter: letter != text[place]))
    assert opened([OLD], "sso-attempt", text[:place] + letter + text[place + 1 :], "x") is None
    assert opened([OLD], "sso-attempt", text[: place + 1], "x") is None


@given(st.text() | st.binary(max_size=80).map(lambda raw: raw.hex()))
def test_any_other_text_opens_nothing(text: str) -> None:
    assert opened([OLD, NEW], "sso-attempt", text, "x") is None


@given(st.binary(max_size=200), st.text(st.characters(codec="utf-8"), max_size=50))
def test_any_bytes_are_sealed_for_any_place(plain: bytes, context: str) -> None:
    assert opened([OLD], "client-secret", sealed(plain, context), context) == plain


def test_the_keys_for_clients_secrets_are_read_as_the_others_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = tmp_path / "connection-keys.json"
    monkeypatch.setenv("CONNECTION_KEYS", f"file:{stored}")
    stored.write_text(json.dumps({"current": "short"}))
    with pytest.raises(Unavailable):
        keyring.connection_keys()
    stored.write_text(json.dumps({"current": "c" * 32, "previous": "p" * 32}))
    assert keyring.connection_keys() == [b"c" * 32, b"p" * 32]
