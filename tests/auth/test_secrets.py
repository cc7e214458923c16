"""Minted secrets: none twice, no character likelier than the number allows, others in a copy of the process.

SECRETS=1000000 mints so many instead of 100,000.
"""

from __future__ import annotations

import os
import re
import secrets as randomness
import subprocess
import sys
from collections import Counter
from math import erfc, sqrt
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from rollcall.auth import secrets
from rollcall.auth.secrets import CHECK_LENGTH, SECRET_LENGTH
from tests.values import new_id

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).resolve().parents[2]
MINTED = int(os.environ.get("SECRETS", "100000"))
BASE = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
NUMBERS = 2**256
SMALLEST_P = 0.001
COPIES = """
import os, sys
from rollcall import clock
from rollcall.auth import secrets
from rollcall.http.schedule import system_call

call = system_call(clock.now())  # warm: everything is imported, and something was drawn before the copy
mint = lambda: secrets.compose("pat", "team_" + "0" * 26, "mem_" + "0" * 26, call.random_bytes(32))
mint()
for copy in range(2):
    if os.fork() == 0:
        os.write(1, "".join(f"{mint()} {call.new_id('let')}\\n" for _ in range(50)).encode())
        os._exit(0)
for copy in range(2):
    os.wait()
print(mint(), call.new_id("let"))
"""


def minted(count: int) -> list[str]:
    """Return secrets as the service makes them: of 32 bytes of the system's randomness."""
    team, member = new_id("team"), new_id("mem")
    return [secrets.compose("pat", team, member, randomness.token_bytes(32)) for _ in range(count)]


def shares(place: int) -> list[float]:
    """Return how likely each character is at a place from the left, for a uniform number below 2^256.

    62^43 is a little more than 2^256, so the first character is hardly ever one of the last; exactly, at each place.
    """
    unit = 62 ** (SECRET_LENGTH - 1 - place)
    rounds, rest = divmod(NUMBERS, unit * 62)
    return [(rounds * unit + min(max(rest - digit * unit, 0), unit)) / NUMBERS for digit in range(62)]


def p_of(counted: Counter[str], expected: Sequence[float]) -> float:
    """Return how often chance alone strays as far (Pearson's chi-square, by Wilson and Hilferty's approximation)."""
    total = counted.total()
    common = [n for n, share in enumerate(expected) if total * share >= 5]
    rare = [n for n in range(62) if n not in common]
    cells = [(counted[BASE[n]], total * expected[n]) for n in common]
    cells += [(sum(counted[BASE[n]] for n in rare), total * sum(expected[n] for n in rare))] if rare else []
    if any(seen and not likely for seen, likely in cells):
        return 0.0
    chi = sum((seen - likely) ** 2 / likely for seen, likely in cells if likely)
    freedom = sum(likely > 0 for _, likely in cells) - 1
    spread = 2 / (9 * freedom)
    return erfc(((chi / freedom) ** (1 / 3) - 1 + spread) / sqrt(spread) / sqrt(2)) / 2


def straying(texts: Sequence[str]) -> list[int]:
    """Return the places whose characters are not spread as they should be, at p 0.001 for all places together."""
    drawn = [text[-SECRET_LENGTH - CHECK_LENGTH : -CHECK_LENGTH] for text in texts]
    places = [Counter(characters) for characters in zip(*drawn, strict=True)]
    assert len(places) == SECRET_LENGTH
    return [n for n, counted in enumerate(places) if p_of(counted, shares(n)) < SMALLEST_P / SECRET_LENGTH]


def test_case_065_no_secret_is_minted_twice_and_no_place_of_it_is_biased() -> None:
    texts = minted(MINTED)
    assert len(set(texts)) == len({secrets.digest(text) for text in texts}) == MINTED
    by_chance = straying(texts)
    assert not by_chance or not set(by_chance) & set(straying(minted(MINTED))), "a bias shows again, chance does not"


def test_case_065_the_first_character_is_one_of_those_that_the_number_reaches() -> None:
    largest = secrets.compose("pat", new_id("team"), new_id("mem"), b"\xff" * 32)[-SECRET_LENGTH - CHECK_LENGTH]
    reached = [BASE[n] for n, share in enumerate(shares(0)) if share]
    assert reached[-1] == largest
    assert reached == list(BASE[: BASE.index(largest) + 1])
    assert all(sum(shares(place)) == pytest.approx(1) for place in range(SECRET_LENGTH))


@pytest.mark.parametrize(
    "biased",
    [
        lambda drawn: bytes([drawn[0] & 0x7F]) + drawn[1:],
        lambda drawn: drawn[:-1] + bytes([drawn[-1] | 1]),
        lambda drawn: drawn if drawn[9] > 15 else bytes(32),
    ],
    ids=["half the range", "odd numbers", "zeros now and then"],
)
def test_case_065_a_bias_would_show(biased: object) -> None:
    assert callable(biased)
    team, member = new_id("team"), new_id("mem")
    texts = [secrets.compose("pat", team, member, biased(randomness.token_bytes(32))) for _ in range(10_000)]
    assert straying(texts)


def test_case_065_copies_of_one_warm_process_mint_different_secrets() -> None:
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'shared'}", "TABLE_NAME": "none"}
    done = subprocess.run([sys.executable, "-c", COPIES], env=environment, capture_output=True, text=True, check=True)
    lines = [line.split() for line in done.stdout.splitlines()]
    assert len(lines) == 101
    assert all(len({line[column] for line in lines}) == 101 for column in (0, 1))


def test_case_065_nothing_that_a_snapshot_would_copy_makes_a_secret_or_an_id() -> None:
    """`random` keeps its state in the process; where it and `uuid` are used, they spread load and mark a retry."""
    drawing = re.compile(r"^\s*(?:import|from)\s+(?:random|uuid|numpy)\b", re.MULTILINE)
    sources = [path for folder in ("shared/rollcall", "functions") for path in sorted((ROOT / folder).rglob("*.py"))]
    drawn = {str(path.relative_to(ROOT)) for path in sources if drawing.search(path.read_text("utf-8"))}
    spreading = {"actions/accept.py", "actions/provision.py", "actions/sso_members.py"}
    spreading |= {"http/endpoint.py", "storage/commit.py"}
    assert drawn == {f"shared/rollcall/{path}" for path in spreading}
