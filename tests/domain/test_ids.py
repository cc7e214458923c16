"""Ids and times: round trips, order, and what is no id."""

from __future__ import annotations

import string
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rollcall.domain import ids, times
from rollcall.domain.times import epoch_ms, from_epoch_ms, rfc3339

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
FIRST, LAST = 0, epoch_ms(datetime(9999, 1, 1, tzinfo=UTC))

PREFIXES = st.sampled_from(ids.PREFIXES)
MOMENTS = st.integers(FIRST, LAST).map(from_epoch_ms)
PRESENT = st.integers(epoch_ms(datetime(2026, 1, 1, tzinfo=UTC)), epoch_ms(datetime(2036, 1, 1, tzinfo=UTC)))
RANDOM = st.binary(min_size=10, max_size=10)
IDS = st.builds(ids.make, PREFIXES, MOMENTS, RANDOM)


@given(PREFIXES, MOMENTS, RANDOM)
def test_an_id_is_its_prefix_and_a_ulid(prefix: str, moment: datetime, randomness: bytes) -> None:
    made = ids.make(prefix, moment, randomness)
    kind, _, ulid = made.partition("_")
    assert kind == prefix
    assert len(ulid) == 26
    assert set(ulid) <= set(CROCKFORD)
    assert all(ids.valid(made, other) == (other == prefix) for other in ids.PREFIXES)


@given(PREFIXES, PRESENT, RANDOM)
@example("mem", 1_796_000_000_001, bytes(10))
def test_an_id_tells_the_millisecond_it_was_made_in(prefix: str, millisecond: int, randomness: bytes) -> None:
    moment = from_epoch_ms(millisecond)
    assert ids.made_at(ids.make(prefix, moment, randomness)) == moment


@given(IDS)
def test_an_id_and_its_code_are_the_same_128_bits(made: str) -> None:
    code = ids.code(made)
    assert len(code) == ids.CODE_LENGTH
    assert ids.is_code(code)
    assert ids.from_code(made.partition("_")[0], code) == made


@given(MOMENTS, st.integers(1, 10**9), RANDOM, RANDOM)
def test_ids_and_codes_sort_as_time_does(moment: datetime, later: int, one: bytes, other: bytes) -> None:
    early = ids.make("evt", moment, one)
    late = ids.make("evt", moment + timedelta(milliseconds=later), other)
    assert early < late
    assert ids.code(early) < ids.code(late)


@given(IDS, IDS)
def test_codes_sort_as_ids_do(one: str, other: str) -> None:
    first, second = one.partition("_")[2], other.partition("_")[2]
    assert (first < second) == (ids.code(one) < ids.code(other))


@given(st.integers(0, 2**128 - 1))
def test_base_62_is_read_as_it_was_written(number: int) -> None:
    assert ids.number_of(ids.base62(number, 22)) == number


@pytest.mark.parametrize(
    "text",
    [
        "",
        "mem",
        "mem_",
        "mem_" + "0" * 25,
        "mem_" + "0" * 27,
        "mem_" + "8" + "0" * 25,  # more than 128 bits
        "mem_" + "I" + "0" * 25,  # letters that ULIDs leave out
        "mem_" + "0" * 25 + "U",
        "mem_" + "0" * 25 + "a",
        "mem_" + "0" * 26 + "\n",
        "MEM_" + "0" * 26,
        "mem_" + "0" * 25 + "#",
        "mem_" + "\N{ARABIC-INDIC DIGIT ZERO}" * 26,
        " mem_" + "0" * 26,
        "inv_" + "0" * 26,
        None,
        7,
    ],
)
def test_text_that_is_no_id_of_that_kind_is_none(text: object) -> None:
    assert not ids.valid(text, "mem")


@given(st.text(max_size=40))
def test_no_text_with_a_separator_is_an_id(text: str) -> None:
    assert not ids.valid(f"{text}#{text}", "mem")


@given(st.text(alphabet=string.printable, max_size=30))
def test_only_22_characters_of_128_bits_are_a_code(text: str) -> None:
    fits = len(text) == 22 and text.isalnum() and ids.number_of(text) < 2**128
    assert ids.is_code(text) == fits


def test_the_largest_code_and_the_first_number_beyond() -> None:
    assert ids.is_code(ids.base62(2**128 - 1, 22))
    assert not ids.is_code(ids.base62(2**128, 22))


@given(MOMENTS)
def test_a_moment_is_read_as_it_was_told(moment: datetime) -> None:
    told = rfc3339(moment)
    assert told.endswith("Z")
    assert times.parse(told) == moment


@given(MOMENTS, MOMENTS)
def test_moments_as_text_sort_as_time_does(one: datetime, other: datetime) -> None:
    assert (one < other) == (rfc3339(one) < rfc3339(other))


@given(st.integers(FIRST, LAST))
def test_milliseconds_are_kept_exactly(milliseconds: int) -> None:
    assert epoch_ms(from_epoch_ms(milliseconds)) == milliseconds
