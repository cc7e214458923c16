"""The pages of docs/ that tables of the code are told in."""

from __future__ import annotations

import ast
import re
from http import HTTPStatus
from pathlib import Path

from infra.openapi_answers import codes

ROOT = Path(__file__).resolve().parents[2]
ROW = re.compile(r"^\| `([a-z_]+)` \| ([0-9]{3}) \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)
SERVICE, _, LOCAL = (ROOT / "docs/errors.md").read_text("utf-8").partition("## Before the service")


def told(page: str) -> dict[str, int]:
    """Code and status of every row; each stands once."""
    rows = ROW.findall(page)
    assert len({row[0] for row in rows}) == len(rows)
    assert len(rows) == len(re.findall(r"^\| `", page, re.MULTILINE)), "a row is not read"
    return {code: int(status) for code, status, *_ in rows}


def test_every_code_that_can_leave_the_service_has_its_row_and_no_other() -> None:
    assert told(SERVICE) == codes()


def test_the_rows_stand_in_the_order_of_their_status() -> None:
    statuses = list(told(SERVICE).values())
    assert statuses == sorted(statuses)


def test_every_code_of_the_local_stack_has_its_row_and_no_other() -> None:
    assert told(LOCAL) == local_codes()


def local_codes() -> dict[str, int]:
    """Every `problem(…, HTTPStatus.X, "code", …)` of the local stack."""
    found: dict[str, int] = {}
    for path in (ROOT / "infra/local").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id.endswith("problem"):
                said = [arg.value for arg in node.args if isinstance(arg, ast.Constant)]
                status = next(
                    (arg.attr for arg in node.args if isinstance(arg, ast.Attribute) and arg.attr.isupper()), ""
                )
                if status:
                    found[str(said[0])] = HTTPStatus[status].value
    return found
