"""What a cold start loads: hashing and signing are imported by those who do it, and not before they do."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

from infra.bench.cold import _environment

ROOT = Path(__file__).parents[2]
HEAVY = {"argon2", "cryptography", "jwt"}
LOADING = """
import importlib.util, json, pathlib, sys
for path in sorted(pathlib.Path("functions").glob("*/handler.py")):
    spec = importlib.util.spec_from_file_location(path.parent.name, path)
    spec.loader.exec_module(importlib.util.module_from_spec(spec))
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""


def test_no_function_loads_hashing_or_signing_with_its_handler(tmp_path: Path) -> None:
    command = [sys.executable, "-c", LOADING]
    done = subprocess.run(
        command, cwd=ROOT, env=_environment(str(tmp_path)), capture_output=True, text=True, check=True
    )
    loaded = set(json.loads(done.stdout.splitlines()[-1]))
    assert "rollcall" in loaded
    assert loaded & HEAVY == set()


def test_each_kind_of_cryptography_has_its_module_which_loads_what_it_needs_when_it_does() -> None:
    found = {path.relative_to(ROOT).as_posix(): names for path in _sources() if (names := _heavy(path))}
    signing = {"cryptography", "jwt"}
    assert found == {
        "shared/rollcall/auth/passwords.py": {"argon2"},
        "shared/rollcall/auth/reports.py": {"cryptography"},
        "shared/rollcall/auth/signing.py": signing,
        "shared/rollcall/auth/id_tokens.py": signing,
        "shared/rollcall/auth/sealing.py": {"cryptography"},
    }


def test_only_the_function_that_hands_out_signed_tokens_and_their_keys_signs() -> None:
    users = {path.relative_to(ROOT).as_posix() for path in _sources() if "signing" in _imported(path)}
    assert users == {"functions/product_token/handler.py", "shared/rollcall/actions/product_tokens.py"}
    callers = {
        path.parent.name for path in (ROOT / "functions").rglob("*.py") if "issue_product_token" in _imported(path)
    }
    assert callers == {"product_token"}


def _sources() -> list[Path]:
    return [path for folder in ("shared", "functions") for path in (ROOT / folder).rglob("*.py")]


def _heavy(path: Path) -> set[str]:
    return {name for name in _imported(path) if name in HEAVY}


def _imported(path: Path) -> set[str]:
    """The first and last words of every module and name that a file imports, wherever in it."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)}
    return {part for name in names for part in (name.partition(".")[0], name.rpartition(".")[2])}


def test_only_the_function_that_takes_leak_reports_checks_their_signatures() -> None:
    users = {path.relative_to(ROOT).as_posix() for path in _sources() if "reports" in _imported(path)}
    assert users == {"shared/rollcall/http/leak_reports.py"}
    routes = {path.relative_to(ROOT).as_posix() for path in _sources() if "leak_reports" in _imported(path)}
    assert routes == {"shared/rollcall/http/token_routes.py"}
