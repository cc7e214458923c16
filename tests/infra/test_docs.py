"""The pages of docs/ that tables of the code are told in."""

from __future__ import annotations

import ast
import re
from http import HTTPStatus
from pathlib import Path

import pytest

from infra.openapi_answers import codes
from tests.conformance import operations

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


@pytest.mark.parametrize("page", sorted((ROOT / "docs").glob("connect-*.md")), ids=lambda path: path.stem)
def test_every_route_that_a_page_on_connecting_names_exists(page: Path) -> None:
    named = re.findall(r"`(GET|POST|PUT|PATCH|DELETE)\s+(/v1/[^`?\s]*)", page.read_text("utf-8"))
    assert named
    assert {f"{method} {path}" for method, path in named} <= set(operations())


def test_every_page_that_a_page_links_to_exists_and_so_does_the_heading() -> None:
    missing = []
    for page in (ROOT / "docs").glob("*.md"):
        for target, heading in re.findall(r"\]\((?!https?:)([^)#]*)#?([^)]*)\)", page.read_text("utf-8")):
            linked = (page.parent / target).resolve() if target else page
            if not linked.is_file() or (heading and heading not in headings(linked)):
                missing.append(f"{page.name}: {target}#{heading}")
    assert missing == []


def headings(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    told = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in told}
