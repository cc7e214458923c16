"""The house's own rules: floors, sizes, locks, and what may not stand in the repository."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CODE = ("shared", "functions", "infra")
LOCKS = (
    "shared/requirements.txt",
    *(f"infra/requirements/{use}.txt" for use in ("local", "dev", "sam", "ministack", "peers")),
)
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def tracked() -> list[Path]:
    """Every file that is, or would be, committed."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout, so nothing tells our files from others")
    listing = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    files = [ROOT / name for name in listing.split("\0") if name]
    return [path for path in files if path.is_file()]


@cache
def sources(*folders: str) -> tuple[Path, ...]:
    return tuple(sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py")))


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def imported(path: Path) -> set[str]:
    """The modules that a file imports, as written."""
    names: set[str] = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module or "")
    return names


# ---------------------------------------------------------------- floors


def test_each_floor_imports_downward_only() -> None:
    judged = subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports")), "--no-cache", "--no-logo"],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT / "shared"), "PATH": "/usr/bin:/bin", "NO_COLOR": "1"},
        check=False,
        capture_output=True,
        text=True,
    )
    assert judged.returncode == 0, judged.stdout + judged.stderr


@pytest.mark.parametrize("path", sources("shared/rollcall/domain"), ids=name_of)
def test_the_domain_imports_the_standard_library_only(path: Path) -> None:
    foreign = {name for name in imported(path) if name.split(".")[0] not in sys.stdlib_module_names}
    assert all(name == "rollcall" or name.startswith("rollcall.domain") for name in foreign), foreign


@pytest.mark.parametrize("path", sources("functions"), ids=name_of)
def test_a_handler_is_short_shows_one_name_and_knows_the_package_only(path: Path) -> None:
    assert path.name == "handler.py"
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 40
    foreign = {name.split(".")[0] for name in imported(path)} - set(sys.stdlib_module_names)
    assert foreign <= {"rollcall"}
    assert public_names(tree(path)) == {"handler"}


def public_names(module: ast.Module) -> set[str]:
    """What a module defines for others: functions, classes and values without a leading underscore."""
    names: set[str] = set()
    for node in module.body:
        if isinstance(node, (*FUNCTIONS, ast.ClassDef)):
            names.add(node.name)
        elif isinstance(node, ast.Assign):
            names |= {target.id for target in node.targets if isinstance(target, ast.Name)}
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            names.add(node.target.id)
    return {name for name in names if not name.startswith("_")}


def test_only_commit_saves_whole_items_and_the_bulk_loader_which_the_service_never_calls() -> None:
    saving = {name_of(path) for path in sources(*CODE) if ".save(" in path.read_text(encoding="utf-8")}
    assert saving <= {"shared/rollcall/storage/commit.py", "shared/rollcall/storage/bulk.py"}
    assert {name_of(path) for path in sources("shared", "functions") if loads_in_bulk(tree(path))} == set()


def loads_in_bulk(module: ast.Module) -> bool:
    imports = (node for node in ast.walk(module) if isinstance(node, ast.Import | ast.ImportFrom))
    return any("bulk" in ast.unparse(node).replace(",", " ").replace(".", " ").split() for node in imports)


def test_case_301_no_check_of_the_running_service_is_an_assert() -> None:
    """`python -O` would remove it; one that only tells the type checker what a value is may go."""
    asserting = [
        f"{name_of(path)}:{node.lineno}"
        for path in sources("shared", "functions")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Assert) and not ast.unparse(node.test).startswith("isinstance(")
    ]
    assert asserting == []


# ---------------------------------------------------------------- sizes


@pytest.mark.parametrize("path", sources(*CODE), ids=name_of)
def test_a_file_says_what_it_is_and_stays_readable(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 320
    said = ast.get_docstring(tree(path))
    assert said is not None or not tree(path).body
    assert len((said or "").split("\n\n")[0].splitlines()) <= 3


@pytest.mark.parametrize("path", sources(*CODE), ids=name_of)
def test_no_function_is_longer_than_fifty_lines(path: Path) -> None:
    long = {
        node.name: node.end_lineno - node.lineno + 1
        for node in ast.walk(tree(path))
        if isinstance(node, FUNCTIONS) and node.end_lineno is not None and node.end_lineno - node.lineno >= 50
    }
    assert long == {}


# ---------------------------------------------------------------- locks and packaging (case 300)


@pytest.mark.parametrize("lock", LOCKS)
def test_case_300_a_lock_pins_every_package_to_its_bytes(lock: str) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8")
    packages = re.findall(r"^[a-z0-9].*$", text.replace("\\\n", " "), re.MULTILINE)
    assert packages
    assert all(re.match(r"[a-z0-9.\[\], -]+==[^ ]+ ", package) for package in packages)
    assert all("--hash=sha256:" in package for package in packages)


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_no_registry_and_no_path(lock: str) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8")
    assert "://" not in text
    assert "--index-url" not in text
    assert "--find-links" not in text
    assert not re.search(r"(?m)\s/\w", text)


def versions(lock: str) -> dict[str, str]:
    text = (ROOT / lock).read_text(encoding="utf-8")
    return dict(re.findall(r"^([a-z0-9.-]+)(?:\[[^]]*\])?==([^ ]+)", text, re.MULTILINE))


def test_what_is_tested_is_what_is_shipped() -> None:
    shipped, tested = versions("shared/requirements.txt"), versions("infra/requirements/dev.txt")
    assert {name: tested.get(name) for name in shipped} == shipped


def test_the_local_service_runs_what_is_tested() -> None:
    local, tested = versions("infra/requirements/local.txt"), versions("infra/requirements/dev.txt")
    assert {name: tested.get(name) for name in local} == local


def test_case_300_the_token_library_is_new_enough() -> None:
    major, minor = map(int, versions("shared/requirements.txt")["pyjwt"].split(".")[:2])
    assert (major, minor) >= (2, 13)


def test_the_package_is_typed_and_says_which_python_it_needs() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["requires-python"] == ">=3.11"
    assert project["license"] == "Apache-2.0"
    assert (ROOT / "shared/rollcall/py.typed").exists()
    assert "Apache License" in (ROOT / "LICENSE").read_text(encoding="utf-8")


def test_every_ignored_rule_has_its_reason() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    ignored = re.findall(r'^  "[A-Z]+[0-9]*",(.*)$', text, re.MULTILINE)
    assert ignored
    assert all(re.match(r" +# \w", rest) for rest in ignored)


# ---------------------------------------------------------------- what may not stand in the repository


MACHINES = re.compile(r"(?<![\w.])/(?:root|home/[a-z]|Users/[A-Z]|work|tmp)/[\w.]")
SECRETS = re.compile(r"AKIA[0-9A-Z]{16}|-----BEGIN (?:RSA |EC )?PRIVATE KEY-----")


def test_no_file_knows_the_machine_it_was_written_on() -> None:
    knowing = {name_of(path) for path in tracked() if MACHINES.search(readable(path))}
    assert knowing == set()


def test_case_299_no_file_holds_a_key() -> None:
    assert {name_of(path) for path in tracked() if SECRETS.search(readable(path))} == set()


def test_every_target_of_make_says_what_it_does() -> None:
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    phony = {name for line in re.findall(r"^\.PHONY: (.*)$", text, re.MULTILINE) for name in line.split()}
    helped = set(re.findall(r"^([a-z-]+):.*## \S", text, re.MULTILINE))
    assert phony == helped


def test_every_test_that_needs_the_emulator_lies_where_make_looks_for_it() -> None:
    (places,) = re.findall(r"^ON_MINISTACK := (.*)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    marked = {path for path in (ROOT / "tests").rglob("*.py") if re.search(r"mark\.ministack\b", readable(path))}
    assert marked
    assert [path for path in marked if not any(path.is_relative_to(ROOT / place) for place in places.split())] == []


def test_ci_runs_the_same_gate_as_a_developer() -> None:
    script = ROOT / ".ci/run"
    assert "make check" in script.read_text(encoding="utf-8")
    assert script.stat().st_mode & 0o111


def readable(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")
