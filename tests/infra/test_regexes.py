"""Every regular expression of the service does its work on 100 KiB of the worst text there is, and none hangs.

All of them together have a few seconds of processor time, in a process of their own: what backtracks without end needs
hours for the first of these texts.
"""

from __future__ import annotations

import ast
import importlib
import re
import resource
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from infra.local.stack import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PACKAGE = ROOT / "shared" / "rollcall"
LONG = 100 * 1024
SECONDS = 30
SEEDS = (
    *("a", "A", "0", "-", ".", ":", "/", "\\", "@", " ", "\t", "\n", "=", "?", "=?", '"', ",", "#", "_", "\0", "\x1b"),
    *("a-", "a.", "a:", "a@", "a/", "0-", "aA0", "A ", "//a", "a//", "a.a", "=?=", '"a', 'W/"', '"x",', "é", "\uff1a"),
    *("rc_", "rc_pat_", "rc_pat_a", "mem_", "team_0", "mem_01", "http://", "https://a", "/a", "2026-11-21T"),
)  # fmt: skip
ENDS = ("", "!", "\n", "\0", " ", "Z", "é")


def compiled() -> dict[str, re.Pattern[str]]:
    """Every expression that a module of the package keeps, in tables too, by where it stands."""
    found: dict[str, re.Pattern[str]] = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        name = ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__")
        module = importlib.import_module(name)
        for attribute, value in vars(module).items():
            for number, pattern in enumerate(patterns(value)):
                found[f"{name}.{attribute}.{number}"] = pattern
    return found


def patterns(value: object) -> Iterator[re.Pattern[str]]:
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(value, tuple | list | frozenset):
        for one in value:
            yield from patterns(one)
    elif isinstance(value, dict):
        for one in value.values():
            yield from patterns(one)


def calls_of_re(folder: Path) -> Iterator[tuple[str, str]]:
    """Every place that asks the module `re` for something, and for what."""
    for path in sorted(folder.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                owner = node.func.value
                if isinstance(owner, ast.Name) and owner.id == "re":
                    yield path.relative_to(folder).as_posix(), node.func.attr
            elif isinstance(node, ast.ImportFrom) and node.module == "re":
                yield path.relative_to(folder).as_posix(), "import"


def try_all(expressions: list[re.Pattern[str]]) -> None:
    """Match, search and replace with each in each text of 100 KiB."""
    for seed in SEEDS:
        body = (seed * LONG)[:LONG]
        for end in ENDS:
            text = body + end
            for pattern in expressions:
                pattern.match(text)
                pattern.fullmatch(text)
                if end == "!":
                    pattern.sub("", text)


def in_a_process(*more: str) -> subprocess.CompletedProcess[str]:
    """Try the package's expressions, or those given, in a process that is ended after its seconds of processor time."""
    return subprocess.run([sys.executable, __file__, *more], capture_output=True, text=True, check=False, cwd=ROOT)


def test_case_182_every_expression_gets_through_the_worst_texts() -> None:
    done = in_a_process()
    assert (done.returncode, done.stdout.split()) == (0, ["tried", str(len(compiled()))]), done.stderr


@pytest.mark.parametrize("evil", [r"(a+)+$", r"(a|a)*b", r"([a-z0-9]+-?)*Z\Z"])
def test_case_182_an_expression_that_backtracks_without_end_would_be_noticed(evil: str) -> None:
    assert in_a_process("1", evil).returncode != 0


def test_case_182_no_expression_is_forgotten() -> None:
    """They are compiled once, where a module keeps them; nothing asks `re` for anything else."""
    asked = [*calls_of_re(PACKAGE), *calls_of_re(ROOT / "functions")]
    assert {what for _, what in asked} == {"compile"}
    assert len(asked) == len({pattern.pattern for pattern in compiled().values()})


if __name__ == "__main__":
    seconds = int(sys.argv[1]) if len(sys.argv) > 1 else SECONDS
    wanted = [re.compile(text) for text in sys.argv[2:]] or list(compiled().values())
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    try_all(wanted)
    sys.stdout.write(f"tried {len(wanted)}")
