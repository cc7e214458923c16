"""What a cold start imports: each function in a fresh process, against the SDK alone in another, in pairs."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROOT: Final = Path(__file__).resolve().parents[2]
PAIRS: Final = 5
BUDGET: Final = 1.1
_REFERENCE: Final = "import boto3; boto3.client('dynamodb')"
_FUNCTION: Final = """
import sys; sys.path.insert(0, sys.argv[1]); import handler
table = sys.modules.get("rollcall.storage.table")
table and table.connection().client
"""
_TIMED: Final = (
    "import time; t = time.process_time()\n{}\nprint(len(__import__('sys').modules), time.process_time() - t)"
)


@dataclass(frozen=True, slots=True)
class ColdStart:
    """One function's imports, its client made: CPU as a ratio to the reference, and how many modules."""

    folder: str
    ratio: float
    modules: int


def cold_starts() -> Iterator[ColdStart]:
    """Measure every function. Bytecode is there, as in the package: the first run of each makes it."""
    with tempfile.TemporaryDirectory() as bytecode:
        environment = _environment(bytecode)
        _run(_REFERENCE, ".", environment)
        for path in sorted((ROOT / "functions").glob("*/handler.py")):
            _run(_FUNCTION, str(path.parent), environment)
            yield _measured(path.parent, environment)


def _measured(folder: Path, environment: Mapping[str, str]) -> ColdStart:
    """Return the ratio of the least of each: other work on the machine only ever adds."""
    pairs = [(_run(_REFERENCE, ".", environment), _run(_FUNCTION, str(folder), environment)) for _ in range(PAIRS)]
    references, ours = zip(*pairs, strict=True)
    return ColdStart(folder.name, min(ours)[1] / min(references)[1], ours[0][0])


def _run(code: str, folder: str, environment: Mapping[str, str]) -> tuple[int, float]:
    """Return the number of modules and the CPU seconds that importing took, without the interpreter's own start."""
    command = [sys.executable, "-c", _TIMED.format(code), folder]
    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=True)
    modules, seconds = done.stdout.split()[-2:]
    return int(modules), float(seconds)


def _environment(bytecode: str) -> dict[str, str]:
    return {
        "PATH": os.environ.get("PATH", ""),
        "PYTHONPATH": str(ROOT / "shared"),
        "PYTHONPYCACHEPREFIX": bytecode,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_LAMBDA_FUNCTION_NAME": "rollcall",
        "LAMBDA_TASK_ROOT": str(ROOT),
        "TABLE_NAME": "rollcall",
        "PUBLIC_BASE_URL": "https://rollcall.example",
        "MAIL_FROM": "no-reply@rollcall.example",
        "LINK_KEYS": "file:/nowhere",
        "SIGNING_KEYS": "file:/nowhere",
        "CONNECTION_KEYS": "file:/nowhere",
        "POWERTOOLS_SERVICE_NAME": "rollcall",
        "POWERTOOLS_METRICS_NAMESPACE": "Rollcall",
    }
