"""`make verify-audit`: each kind of damage to an export is found and named; what is whole passes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from infra.verify_audit import GENESIS, HEAD, main, verify
from rollcall.domain import ids
from rollcall.domain.seals import Head, chain
from rollcall.http.exports import _json_line
from tests.values import NOW

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "infra/verify_audit.py"


def a_text(number: int) -> str:
    event_id = ids.make("evt", NOW, number.to_bytes(10, "big"))
    told = {"id": event_id, "action": "member.profile_edited", "after": {"name": f'Zoë "{number}" \u2028'}}
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"))


def lines(sealed: int = 5, unsealed: int = 0) -> list[bytes]:
    """Return the lines of an export as the service writes them."""
    texts = [a_text(number) for number in range(1, sealed + unsealed + 1)]
    links = chain(Head(), [(json.loads(text)["id"], text) for text in texts[:sealed]])
    return [_json_line(text, seal).encode() for text, seal in zip(texts, [*links, *[None] * unsealed], strict=True)]


def head(of: list[bytes]) -> str:
    return verify(b"".join(of)).head


WHOLE = lines()


@pytest.mark.parametrize("export", [[], WHOLE[:1], WHOLE, lines(3, 2), lines(0, 2)])
def test_a_whole_export_is_verified_with_its_head_and_without(export: list[bytes]) -> None:
    assert verify(b"".join(export)).faults == []
    assert verify(b"".join(export), head(export)).faults == []


def test_the_unsealed_tail_is_told_line_by_line() -> None:
    found = verify(b"".join(lines(3, 2)))
    assert found.unsealed == [4, 5]
    assert found.head.startswith("3:")


def test_an_older_head_verifies_a_later_export() -> None:
    assert verify(b"".join(WHOLE), head(WHOLE[:3])).faults == []
    assert verify(b"".join(WHOLE), f"0:{GENESIS}").faults == []


@pytest.mark.parametrize("place", range(len(WHOLE[2])))
def test_case_292_one_flipped_bit_anywhere_in_a_line_is_found(place: int) -> None:
    broken = bytearray(WHOLE[2])
    broken[place] ^= 1
    found = verify(b"".join([*WHOLE[:2], bytes(broken), *WHOLE[3:]]), head(WHOLE))
    assert found.faults


def changed(of: list[bytes]) -> list[bytes]:
    return [*of[:2], of[2].replace(b"profile_edited", b"profile_read"), *of[3:]]


def dropped(of: list[bytes]) -> list[bytes]:
    return [*of[:2], *of[3:]]


def dropped_first(of: list[bytes]) -> list[bytes]:
    return of[1:]


def swapped(of: list[bytes]) -> list[bytes]:
    return [of[0], of[2], of[1], *of[3:]]


def doubled(of: list[bytes]) -> list[bytes]:
    return [*of[:2], of[1], *of[2:]]


def cut(of: list[bytes]) -> list[bytes]:
    return [*of[:4], of[4][:-20]]


def without_line_feed(of: list[bytes]) -> list[bytes]:
    return [*of[:4], of[4][:-1]]


def unsealed_midway(of: list[bytes]) -> list[bytes]:
    return [*of[:2], _json_line(a_text(3), None).encode(), *of[3:]]


def reformatted(of: list[bytes]) -> list[bytes]:
    return [*of[:2], json.dumps(json.loads(of[2])).encode() + b"\n", *of[3:]]


def renumbered(of: list[bytes]) -> list[bytes]:
    return [*of[:2], of[2].replace(b'"sequence":3', b'"sequence":9'), *of[3:]]


def another_history(of: list[bytes]) -> list[bytes]:
    """Seal a changed event as if it were true, behind what was before it: only the next line tells."""
    text = a_text(3).replace("profile_edited", "profile_read")
    before = Head(2, json.loads(of[1])["hash"])
    return [*of[:2], _json_line(text, chain(before, [("", text)])[0]).encode(), *of[3:]]


def empty_line(of: list[bytes]) -> list[bytes]:
    return [*of[:2], b"\n", *of[2:]]


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (changed, "line 3 (sequence 3) was changed: its hash is not that of its text"),
        (dropped, "sequence 3 is missing, before line 3 (sequence 4)"),
        (dropped_first, "sequence 1 is missing, before line 1 (sequence 2)"),
        (swapped, "line 3 stands out of order: lines were swapped or doubled"),
        (doubled, "line 3 (sequence 2) doubles line 2"),
        (cut, "line 5 is cut off: the file was truncated"),
        (without_line_feed, "line 5 is cut off: the file was truncated"),
        (unsealed_midway, "sequence 3 is missing, before line 4 (sequence 4)"),
        (reformatted, "line 3 is not a line of an export: it was changed or cut"),
        (renumbered, "line 3 (sequence 9) was changed: its hash is not that of its text"),
        (another_history, "line 4 (sequence 4) does not follow the line before it in the chain"),
        (empty_line, "line 3 is not a line of an export: it was changed or cut"),
    ],
)
def test_each_kind_of_damage_is_found_and_named(damage: Callable[[list[bytes]], list[bytes]], sentence: str) -> None:
    assert sentence in verify(b"".join(damage(lines()))).faults


@pytest.mark.parametrize("left", range(5))
def test_lines_missing_at_the_end_show_against_the_head_and_only_there(left: int) -> None:
    shortened = b"".join(WHOLE[:left])
    assert verify(shortened).faults == []
    missing = "sequence 5 is" if left == 4 else f"sequences {left + 1} to 5 are"
    assert verify(shortened, head(WHOLE)).faults == [f"{missing} missing at the end: the file was truncated"]


def test_a_history_written_anew_from_end_to_end_shows_against_the_head() -> None:
    texts = [a_text(number).replace("profile_edited", "profile_read") for number in range(1, 6)]
    forged = [_json_line(t, s).encode() for t, s in zip(texts, chain(Head(), [("", t) for t in texts]), strict=True)]
    assert verify(b"".join(forged)).faults == []
    sentence = "line 5 (sequence 5) is not the expected head: the chain was written anew"
    assert verify(b"".join(forged), head(WHOLE)).faults == [sentence]


def test_a_part_may_begin_end_and_have_gaps_anywhere_but_no_changed_line() -> None:
    some = [WHOLE[1], WHOLE[3], WHOLE[4]]
    assert verify(b"".join(some), part=True).faults == []
    assert len(verify(b"".join(some)).faults) == 2
    assert verify(b"".join(changed(lines())), part=True).faults


def test_lines_sealed_out_of_order_are_whole() -> None:
    texts = {number: a_text(number) for number in (1, 2, 3)}
    seals = {int(s.event_id): s for s in chain(Head(), [("2", texts[2]), ("3", texts[3]), ("1", texts[1])])}
    export = b"".join(_json_line(texts[number], seals[number]).encode() for number in (1, 2, 3))
    assert verify(export).faults == []


# ---------------------------------------------------------------- the command


def test_the_command_stands_alone_and_needs_nothing_but_python(tmp_path: Path) -> None:
    export, alone = tmp_path / "audit.jsonl", tmp_path / "verify.py"
    export.write_bytes(b"".join(WHOLE))
    alone.write_bytes(SCRIPT.read_bytes())
    command = [sys.executable, "-I", "-S", str(alone), str(export), "--head", head(WHOLE)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"Verified 5 sealed events. Head {head(WHOLE)}\n"


def test_the_command_joins_parts_and_names_faults(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one, other = tmp_path / "1.jsonl", tmp_path / "2.jsonl"
    one.write_bytes(b"".join(WHOLE[:2]))
    other.write_bytes(b"".join(WHOLE[2:]))
    assert main([str(one), str(other)]) == 0
    assert "--head SEQUENCE:HASH" in capsys.readouterr().out
    other.write_bytes(b"".join(changed(lines())[2:]))
    assert main([str(one), str(other)]) == 1
    said = capsys.readouterr()
    assert "line 3 (sequence 3) was changed" in said.out
    assert said.err == "NOT VERIFIED: 1 faults\n"


def test_the_command_says_what_it_cannot_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path / "nothing.jsonl")]) == 2
    assert "Nothing was verified" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["5", "5:abc", f"05:{GENESIS}", f"x:{GENESIS}", f"5:{'G' * 64}"])
def test_a_head_that_is_none_is_refused(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["audit.jsonl", "--head", text])
    assert "SEQUENCE:HASH" in capsys.readouterr().err
    assert HEAD.fullmatch(head(WHOLE))
