"""The text of break-glass codes: what is shown, how it may be typed, and what it is bound to."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollcall.auth.break_glass import CODE_BYTES, compose, digest, match
from rollcall.domain.break_glass import BreakGlass, Codes
from tests.values import NOW, new_id

SHAPE = re.compile(r"[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){5}")
RANDOM = st.binary(min_size=CODE_BYTES, max_size=CODE_BYTES)
TEAM, OWNER, OTHER = new_id("team"), new_id("mem"), new_id("mem")


@given(RANDOM, RANDOM)
def test_a_code_is_24_characters_in_groups_of_four_and_holds_all_its_bits(one: bytes, other: bytes) -> None:
    assert SHAPE.fullmatch(compose(one))
    assert (compose(one) == compose(other)) == (one == other)


@given(RANDOM)
def test_every_spelling_of_a_code_is_the_same_code(random: bytes) -> None:
    code = compose(random)
    spellings = [code.lower(), code.replace("-", ""), code.replace("-", " "), code.replace("0", "o").replace("1", "L")]
    assert {digest(TEAM, OWNER, one) for one in spellings} == {digest(TEAM, OWNER, code)}


@pytest.mark.parametrize("odd", ["\u0131", "\u017f", "\u212a", "\uff21", "\0", "\ud800", "U", "\u2010"])
def test_what_only_looks_like_a_letter_of_a_code_is_another_one(odd: str) -> None:
    code = "A1SK-" + "0000-" * 4 + "0000"
    for place in range(4):
        assert digest(TEAM, OWNER, code[:place] + odd + code[place + 1 :]) != digest(TEAM, OWNER, code)


def test_a_code_is_bound_to_its_owner_and_team() -> None:
    code = compose(bytes(CODE_BYTES))
    hashed = digest(TEAM, OWNER, code)
    held = BreakGlass(TEAM, {OTHER: Codes(NOW, ("0" * 64,)), OWNER: Codes(NOW, (hashed,))})
    assert match(held, code.lower()) == (OWNER, hashed)
    for elsewhere in (BreakGlass(TEAM, {OTHER: Codes(NOW, (hashed,))}), BreakGlass(new_id("team"), held.codes)):
        assert match(elsewhere, code) is None
    assert match(held, hashed) is None
