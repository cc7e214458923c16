"""The rules for new passwords (C1): what is refused, with which reason, and that ordinary ones are not."""

from __future__ import annotations

import hashlib
import random
import string
import subprocess
import sys
from itertools import pairwise

import pytest

from infra import blocklist as maker
from rollcall.auth import blocklist, passwords, predictable
from rollcall.domain.errors import Invalid
from tests.values import a_team

TEAM = a_team(name="Blue Harbour", slug="blue-harbour", products={"trustgate": "TrustGate"})
CONTEXT = passwords.context(TEAM, "mia.sundqvist@harbour.example", "Mia Sundqvist")
CHECKSUM = "2b0d2364042972fd814cd975d47719dec86cf7bb063a4c723b83c5b0ba9ad5d8"


def reason(password: str, *words: str) -> object:
    try:
        passwords.check(password, *(words or CONTEXT))
    except Invalid as refused:
        return refused.extra["reason"]
    return None


LISTED = (
    "passwordpassword", "1qaz2wsx3edc4rfv", "qwerty123456789", "perasperaadastra", "30secondstomars", "123456789qwerty",
    "zxcvbnm123456789", "1q2w3e4r5t6y7u8i", "qazwsxedcrfvtgb",
)  # fmt: skip


@pytest.mark.parametrize("password", LISTED)
def test_case_006_a_leaked_password_is_refused_in_any_case_and_with_padding(password: str) -> None:
    for form in (password, password.upper(), password.title(), password + "1!", "!" + password + "2024"):
        assert reason(form) in {"breached", "trivial"}, form


@pytest.mark.parametrize(
    "password",
    [
        "baseball20242024", "Superman1234567", "sunshine!!!!!!!!", "dragon 1234567890", "1999-12-31 monkey",
        "sunshinesunshine", "football-football", "Princess Princess 1", "sunshine football", "starwars_superman9",
    ],
)  # fmt: skip
def test_case_006_a_listed_word_padded_repeated_or_beside_another_is_refused(password: str) -> None:
    assert reason(password) == "breached"


@pytest.mark.parametrize(
    "password",
    [
        "aaaaaaaaaaaaaaa", "123456789012345", "abababababababab", "abcabcabcabcabc", "qwertyuiopasdfg",
        "!QAZ2wsx#EDC4rfv", "mnbvcxzlkjhgfdsa", "zyxwvutsrqponml", "112233445566778", "987654321012345",
        "1q2w3e4r5t6y7u8i9o", "\u212aaaaaaaaaaaaaaaaa",
    ],
)  # fmt: skip
def test_case_006_a_repetition_or_a_walk_on_the_keyboard_is_refused(password: str) -> None:
    assert reason(password) in {"trivial", "breached"}


@pytest.mark.parametrize(
    "password",
    [
        "Blue HarbourBlue HarbourBlue Harbour", "blueharbour 2026", "BlueHarbour12345", "trustgate123456",
        "TrustGate 2026!!", "mia.sundqvist123", "Sundqvist1234567890", "miaxxxxxxxxxxxxx",
        "mia.sundqvist@harbour.example", "Mia Sundqvist TrustGate 1", "blue-harbour-blue-harbour", "sundqvist!!!!!!!!",
    ],
)  # fmt: skip
def test_case_006_a_password_made_of_the_persons_the_teams_or_a_products_name_is_refused(password: str) -> None:
    assert reason(password) == "context"


def test_case_006_names_are_compared_in_one_form_and_regardless_of_case() -> None:
    assert reason("ZOE\u0308 ZOE\u0308 ZOE\u0308 ZOE\u0308 1", "Zo\u00eb Bront\u00eb") == "context"


@pytest.mark.parametrize(
    ("length", "expected"), [(14, "short"), (15, None), (64, None), (128, None), (129, "long"), (1024, "long")]
)
@pytest.mark.parametrize(
    "alphabet", [string.ascii_lowercase, string.digits, string.printable[:95], "αβγδ王伟שרה🌻🎉e\u0301"[:-1]]
)
def test_case_004_the_length_is_counted_in_code_points(length: int, expected: str | None, alphabet: str) -> None:
    chance = random.Random(f"{length}{alphabet}")  # noqa: S311 the same each time
    assert reason("".join(chance.choices(alphabet, k=length))) == expected


def test_case_004_length_is_that_of_the_composed_form_and_fifteen_pictures_are_fifteen() -> None:
    assert reason("e\u0301" * 7 + "rwoubnk") == "short"
    assert reason("e\u0301" * 7 + "rwoubnkz") is None
    assert reason("🌻🎉🚀🍎🎸🐙🔑📎🧊🪁🛶🧭🌋🥁🪄") is None
    assert reason("🎉" * 15) is None


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery staple", "a phrase nobody has used", "  spaces at both ends  ",
        "the password for globex", "mia rides the blue bus home", "harbour lights over trustgate bay",
        "I forgot my password twice in 2024",
        "acme-owner correct horse battery",
    ],
)  # fmt: skip
def test_case_005_phrases_are_taken_also_with_a_name_or_a_common_word_in_them(password: str) -> None:
    assert reason(password) is None


@pytest.mark.parametrize("alphabet", [string.ascii_lowercase, string.digits, string.ascii_letters + string.digits])
def test_case_005_random_letters_and_digits_are_taken(alphabet: str) -> None:
    """No composition rule; the rules themselves refuse fewer than one in 100,000 of them."""
    chance = random.Random(5)  # noqa: S311 the same each time
    refused = [text for _ in range(3000) if reason(text := "".join(chance.choices(alphabet, k=15)))]
    assert refused == []


# ---------------------------------------------------------------- the file


def test_the_blocklist_is_the_file_that_its_licence_describes() -> None:
    """Who makes it anew (`make blocklist`) writes the new checksum and counts here."""
    assert hashlib.sha256(blocklist.FILE.read_bytes()).hexdigest() == CHECKSUM
    assert [len(part) for part in blocklist.sections()] == [9755, 103216, 500]
    assert blocklist.FILE.stat().st_size == blocklist.HEADER.size + 8 * (9755 + 103216 + 500) < 2_000_000
    licence = blocklist.FILE.with_suffix(".LICENSE").read_text(encoding="utf-8")
    assert all(name in licence for name in maker.LISTS)


def test_the_blocklist_is_sorted_so_that_it_can_be_searched() -> None:
    for part in blocklist.sections():
        assert all(one < other for one, other in pairwise(part))


def test_the_maker_keeps_long_passwords_words_with_a_letter_and_the_commonest_ones() -> None:
    listed = ["123456", "dragon", "abc123", "cat", "correcthorsebattery", "shadow"]
    long, words, top = maker.made_from([listed, ["another"]])
    assert long == {blocklist.mark("correcthorsebattery")}
    assert words == {blocklist.mark(word) for word in ("dragon", "abc123", "shadow", "another")}
    assert top == {blocklist.mark(word) for word in ("dragon", "shadow")}
    packed = maker.packed((long, words, top))
    assert blocklist.HEADER.unpack_from(packed) == (blocklist.MAGIC, 1, 4, 2)
    assert len(packed) == blocklist.HEADER.size + 8 * 7


def test_the_file_is_not_read_before_a_password_is_checked() -> None:
    code = (
        "import rollcall.actions.sign_in as s; from rollcall.auth import blocklist as b; print(b.sections.cache_info())"
    )
    told = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert "currsize=0" in told.stdout


@pytest.mark.parametrize(
    ("text", "expected"),
    [("2024!!", True), ("1234567890!!!", True), ("", True), ("48151623421", False), ("12a", False)],
)
def test_padding_is_short_or_in_a_known_order_and_has_no_letter(text: str, expected: bool) -> None:
    assert predictable.padding(text) is expected
