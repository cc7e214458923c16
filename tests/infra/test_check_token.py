"""`make check-token`: what it calls well-formed is what the service takes for a credential, and it shows none."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.check_token import ALPHABET, CHECKSUM_WRONG, LOCATOR_WRONG, PATTERN, WELL_FORMED, findings, main
from rollcall.auth import secrets
from rollcall.auth.secrets import BODY_LENGTH, KINDS, compose
from rollcall.domain import ids
from tests.values import NOW, new_id

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "infra/check_token.py"
SCANNERS = r"(?<![A-Za-z0-9_])rc_(pat|ses|inv|rst|scm|svc)_[0-9A-Za-z]{93}(?![A-Za-z0-9_])"
BASE62 = ALPHABET.decode()
TEAM, MEMBER = new_id("team"), new_id("mem")
A_TOKEN = compose("pat", TEAM, MEMBER, bytes(range(32)))

MADE = st.builds(
    lambda kind, team, owner, secret: compose(kind, ids.make("team", NOW, team), ids.make("mem", NOW, owner), secret),
    st.sampled_from(KINDS),
    st.binary(min_size=10, max_size=10),
    st.binary(min_size=10, max_size=10),
    st.binary(min_size=32, max_size=32),
)
SHAPED = st.builds(
    lambda kind, body: f"rc_{kind}_{body}",
    st.sampled_from([*KINDS, "PAT", "xyz"]),
    st.text(BASE62, min_size=BODY_LENGTH - 1, max_size=BODY_LENGTH + 1),
)
SEALED = st.builds(
    lambda kind, body: checked(f"rc_{kind}_{body}"),
    st.sampled_from(KINDS),
    st.text(BASE62, min_size=BODY_LENGTH - 6, max_size=BODY_LENGTH - 6),
)
BROKEN = st.builds(
    lambda text, place, other: text[: place % len(text)] + other + text[place % len(text) + 1 :],
    MADE,
    st.integers(0, 99),
    st.sampled_from([*BASE62, "_", " ", "é", "\n", ""]),
)


def checked(text: str) -> str:
    """Put the right checksum behind a text."""
    return text + secrets._checksum(text)


def judged(text: str) -> bool:
    """Tell whether the whole text, and nothing less, is found and well-formed."""
    raw = text.encode()
    whole = PATTERN.fullmatch(raw)
    return whole is not None and [found.verdict for found in findings(raw)] == [WELL_FORMED]


@given(st.one_of(MADE, SHAPED, SEALED, BROKEN, st.text(max_size=120)))
def test_it_agrees_with_the_service_on_every_text(text: str) -> None:
    assert judged(text) is (secrets.parse(text) is not None)


@given(MADE, st.sampled_from(["", " ", "token=", '"', "é", "https://example.com/i/", "\t("]))
def test_a_secret_is_found_within_other_text(text: str, around: str) -> None:
    (found,) = findings(f"first\n{around}{text}/{around}\nlast".encode())
    assert (found.line, found.verdict) == (2, WELL_FORMED)


def test_its_pattern_is_the_one_that_scanners_are_given() -> None:
    assert PATTERN.pattern.decode() == SCANNERS
    assert SCANNERS in (ROOT / "docs/operate.md").read_text("utf-8")


@pytest.mark.parametrize("around", ["x{}", "_{}", "{}x", "{}_", "{}0"])
def test_what_goes_on_in_letters_is_no_secret(around: str) -> None:
    assert list(findings(around.format(A_TOKEN).encode())) == []


def test_each_of_several_in_a_line_is_told_and_none_is_shown() -> None:
    typo = A_TOKEN[:60] + ("0" if A_TOKEN[60] != "0" else "1") + A_TOKEN[61:]
    nowhere = checked(f"rc_ses_{'z' * 22}{A_TOKEN[29:-6]}")
    told = list(findings(f"{A_TOKEN},{typo} {nowhere}".encode()))
    assert [found.verdict for found in told] == [WELL_FORMED, CHECKSUM_WRONG, LOCATOR_WRONG]
    assert [found.masked for found in told] == [f"{text[:7]}…{text[-4:]}" for text in (A_TOKEN, typo, nowhere)]


def run(*arguments: str, text: str = "") -> subprocess.CompletedProcess[str]:
    """Run it as it is copied elsewhere: one file, without this project on the path."""
    command = [sys.executable, "-I", str(SCRIPT), *arguments]
    return subprocess.run(command, input=text, capture_output=True, text=True, check=False, encoding="utf-8")


def test_it_reads_standard_input_and_ends_with_1_for_a_well_formed_secret() -> None:
    leaked = run(text=f"nothing\nexport TOKEN={A_TOKEN}\n")
    assert (leaked.returncode, leaked.stdout) == (1, f"line 2: rc_pat_…{A_TOKEN[-4:]} well-formed\n")
    assert A_TOKEN[-49:-6] not in leaked.stdout
    wrong = run(text=A_TOKEN[:-1] + ("0" if A_TOKEN[-1] != "0" else "1"))
    assert (wrong.returncode, wrong.stdout.split(maxsplit=3)[3]) == (0, "checksum wrong\n")
    assert (run(text="nothing").returncode, run(text="nothing").stdout) == (0, "")


def test_it_reads_files_and_names_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    clean, dirty = tmp_path / "clean.txt", tmp_path / "dirty.bin"
    clean.write_text("rc_pat_x", "utf-8")
    dirty.write_bytes(b"\xff\0\r\n" + A_TOKEN.encode() + b"\r\n")
    assert main([str(clean), str(dirty)]) == 1
    assert capsys.readouterr().out == f"{dirty}:2: rc_pat_…{A_TOKEN[-4:]} well-formed\n"
    assert main([str(tmp_path / "missing")]) == 2
    assert capsys.readouterr().err.startswith("Nothing was checked:")
