"""The README is true: its commands run, its tables name what the code reads."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from infra import roles_table, rules_page
from rollcall.domain.permissions import Permission

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text("utf-8")
BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ENVIRONMENT = re.compile(r"""os\.environ(?:\[|\.get\()["']([A-Z_]+)["']""")


@pytest.fixture
def checkout(tmp_path: Path) -> Iterator[Path]:
    """Run `make dev`'s command in a checkout of its own, on a free port."""
    for name in ("shared", "functions", "infra", "template.yaml"):
        (tmp_path / name).symlink_to(ROOT / name)
    environment = {**os.environ, "PORT": "0", "PYTHONPATH": "shared:.", "CLOCK_OFFSET_SECONDS": "0"}
    command = [sys.executable, "-m", "infra.local", "--root", str(tmp_path)]
    process = subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 60
        while not (tmp_path / ".dev/stack.json").exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        yield tmp_path
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(10)


def test_the_commands_of_the_readme_run_one_after_the_other(checkout: Path) -> None:
    blocks = [block for block in BLOCK.findall(README) if not block.startswith("make ")]
    assert len(blocks) >= 5
    script = "set -euo pipefail\n" + "echo; echo ---\n".join(blocks)
    done = subprocess.run(["bash", "-c", script], cwd=checkout, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.rpartition("---")[2])
    assert (found["total"], found["data"][0]["email"]) == (1, "nora@example.com")
    assert found["data"][0]["products"] == {"only": ["trustgate"]}


def test_every_make_target_of_the_readme_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    assert set(re.findall(r"`?make ([a-z-]+)", README)) <= targets


def test_the_table_of_variables_is_what_the_functions_read() -> None:
    code = "\n".join(path.read_text("utf-8") for path in (ROOT / "shared/rollcall").rglob("*.py"))
    table = README.partition("The functions read these variables:")[2].partition("## How it is built")[0]
    assert set(re.findall(r"`([A-Z][A-Z_]+)`", table)) - {"ARN"} == set(ENVIRONMENT.findall(code))


def test_every_file_that_the_readme_links_to_exists() -> None:
    links = re.findall(r"\]\(([^)#]+)\)", README)
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_the_page_of_rules_says_what_the_code_and_the_tests_say() -> None:
    assert rules_page.PAGE.read_text("utf-8") == rules_page.page(), "run `make rules`"


def test_the_table_of_roles_is_the_permission_matrix() -> None:
    assert roles_table.written(README) == README, "run `make roles`"
    shown = [permission for area in roles_table.AREAS.values() for permission in area]
    assert sorted(shown) == sorted(
        set(Permission) - {Permission.RECORD_GRANTS, Permission.INTROSPECT, Permission.PROVISION}
    )
