"""How the benchmark computes and judges; its figures are for people, and no test asserts one."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from infra.bench import __main__ as bench
from infra.bench.beside import Peer, beside, peers
from infra.bench.measure import Figures
from infra.bench.operations import OPERATIONS, SCIM_LIST, Budget, Call, Operation
from infra.bench.report import operations, told, verdict
from infra.bench.units import Bill, item_size, read_units, write_units

if TYPE_CHECKING:
    from infra.local.edges import Json


@pytest.mark.parametrize(
    ("value", "size"),
    [
        ({"S": "abc"}, 3),
        ({"S": "é"}, 2),
        ({"N": "7"}, 2),
        ({"N": "-1234"}, 4),
        ({"N": "1700"}, 2),
        ({"BOOL": True}, 1),
        ({"NULL": True}, 1),
        ({"B": b"12345"}, 5),
        ({"SS": ["ab", "c"]}, 3),
        ({"M": {"ab": {"S": "c"}}}, 3 + 1 + 2 + 1),
        ({"L": [{"S": "c"}, {"N": "1"}]}, 3 + 2 + 3),
    ],
)
def test_an_item_is_as_large_as_its_names_and_values(value: dict[str, Json], size: int) -> None:
    assert item_size({"xy": value}) == 2 + size


def test_units_are_rounded_up_and_never_nothing() -> None:
    assert [read_units(size, consistent=True) for size in (0, 1, 4096, 4097)] == [1, 1, 1, 2]
    assert [read_units(size, consistent=False) for size in (0, 4096, 4097)] == [0.5, 0.5, 1]
    assert [write_units(*sizes) for sizes in ((0, 1), (1024, 0), (10, 1025))] == [1, 1, 2]


def figures(size: int, trips: int, reads: float, cpu: float = 1.0) -> Figures:
    one = Operation("look", lambda *_: Call("GET", "/"), lambda _: Budget(2, 8))
    return Figures(_same.setdefault("look", one), 0, size, trips, trips, Bill(reads=reads), cpu, 0.0)


_same: dict[str, Operation] = {}


def test_a_figure_is_over_only_where_its_budget_has_a_number() -> None:
    assert verdict(figures(100, 2, 8), Budget(2, 8)) == "ok"
    assert verdict(figures(100, 3, 9), Budget(2, 8)) == "over: trips, RRU"
    assert verdict(figures(100, 30, 90), Budget(None)) == "ok"
    assert told(Budget(2, None, 8)) == "≤ 2 trips, ≤ 8 WRU"


def test_growth_is_told_from_size_to_size_of_one_operation() -> None:
    rows = list(operations([figures(1000, 2, 9, 4.0), figures(100, 2, 2, 2.0)]))
    assert [row.count("|") for row in rows[2:]] == [rows[0].count("|")] * 2
    assert rows[2].startswith("| look | 100 |")
    assert "x 2.0" in rows[3]
    assert "over: RRU" in rows[3]


def test_every_operation_has_a_budget_at_every_size_that_is_measured() -> None:
    assert len({operation.name for operation in OPERATIONS}) == len(OPERATIONS)
    for size in map(int, bench.SIZES.split(",")):
        assert all(told(operation.budget(size)) or size > 10_000 for operation in OPERATIONS)


def test_switches_that_are_no_numbers_are_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BENCH_SIZES", "100,many")
    assert bench.main() == 2
    assert "BENCH_SIZES" in capsys.readouterr().err


def test_a_peer_stands_beside_ours_only_where_it_is_installed() -> None:
    listing = Operation(SCIM_LIST, lambda *_: Call("GET", "/"), lambda _: Budget(3))
    ours = [Figures(listing, 0, size, 3, 3, Bill(), 2.0, 9.0) for size in (100, 1000)]
    assert list(beside(ours, [Peer(100, 23.4, 0.8)]))[2:] == [
        f"| {SCIM_LIST} | 100 | 2.0 | 23.4 |",
        f"| {SCIM_LIST} | 1,000 | 2.0 | — |",
    ]
    assert list(beside(ours[:1], []))[2:] == [f"| {SCIM_LIST} | 100 | 2.0 | not installed |"]


def test_a_peer_that_is_not_there_or_fails_has_no_figures(tmp_path: Path) -> None:
    assert peers([100], tmp_path / "python") == []
    assert peers([100], Path(sys.executable)) == []
