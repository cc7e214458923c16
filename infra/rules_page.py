"""Writes docs/rules.md: which rule is decided where, which case is tested where; from docstrings and test names."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

ROOT: Final = Path(__file__).resolve().parents[1]
PAGE: Final = ROOT / "docs" / "rules.md"
RULE: Final = re.compile(r"\b([JIMRCST]\d{1,2})(?:-[JIMRCST]?(\d{1,2}))?\b")
CASE: Final = re.compile(r"def test_cases?_((?:\d{3}_(?:and_)?)+)")
GROUPS: Final = {
    "J": "Joining",
    "I": "Invitations",
    "M": "Members",
    "R": "Roles",
    "C": "Credentials",
    "S": "SCIM 2.0",
    "T": "Team",
}
GREATEST: Final = {"J": 8, "I": 8, "M": 11, "R": 3, "C": 7, "S": 3, "T": 5}


def page() -> str:
    """Return the page."""
    lines = [
        "# Rules and their tests",
        "",
        "Written by `make rules` from the docstrings of the code and the names of the tests; a test keeps it true.",
        "",
        "## Where each rule is decided",
        "",
        "I1 to I8 are both the rules of invitations and the first invariants of the security design.",
        "",
        "| Rule | Named in |",
        "|---|---|",
        *_rows(_rules()),
        "",
        "## Where each security case is tested",
        "",
        "A test that automates a numbered case of the security design carries its number in its name.",
        "",
        "| Case | Tests |",
        "|---|---|",
        *_rows(_cases()),
    ]
    return "\n".join(lines) + "\n"


def _rules() -> Mapping[str, Iterable[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for path in sorted((ROOT / "shared" / "rollcall").rglob("*.py")):
        for first, last in RULE.findall(path.read_text("utf-8")):
            letter, number = first[0], int(first[1:])
            for each in range(number, int(last or number) + 1):
                if each <= GREATEST.get(letter, 0):
                    found[f"{letter}{each}"].add(path.relative_to(ROOT / "shared" / "rollcall").as_posix())
    order = {letter: place for place, letter in enumerate(GROUPS)}
    return dict(sorted(found.items(), key=lambda entry: (order[entry[0][0]], int(entry[0][1:]))))


def _cases() -> Mapping[str, Iterable[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for numbers in CASE.findall(path.read_text("utf-8")):
            for number in re.findall(r"\d{3}", numbers):
                found[number].add(path.relative_to(ROOT / "tests").as_posix())
    return dict(sorted(found.items()))


def _rows(found: Mapping[str, Iterable[str]]) -> list[str]:
    return [f"| {name} | {', '.join(f'`{place}`' for place in sorted(places))} |" for name, places in found.items()]


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
