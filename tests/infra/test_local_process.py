"""`make dev` as a process: what it prints and writes, how it reloads, and that it ends with all its children."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from tests.infra.local_toy import ROOT, eventually, running, start, toy_checkout, write

MINISTACK = Path(os.environ.get("MINISTACK_BIN") or ROOT / ".venv-ministack/bin/ministack")


def ask(url: str, method: str = "GET", body: bytes | None = None) -> tuple[int, Any]:
    try:
        with urlopen(Request(url, body, method=method), timeout=10) as answer:  # noqa: S310 - our own loopback address
            return answer.status, json.loads(answer.read() or b"null")
    except HTTPError as error:
        with error:
            return error.code, json.loads(error.read())


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return toy_checkout(tmp_path)


def test_it_announces_itself_serves_reloads_and_ends_within_two_seconds(root: Path) -> None:
    with running(root) as (process, described):
        base = described["base_url"]
        assert described == {
            "base_url": base,
            "scim_url": f"{base}/scim/v2",
            "mailbox_url": f"{base}/_dev/mail",
            "clock_url": f"{base}/_dev/clock",
            "teams": [],
        }
        assert (root / ".dev/stack.json").stat().st_mode & 0o777 == 0o600

        assert ask(f"{base}/write?key=OUT%23kept", "POST") == (204, None)
        eventually(lambda: ask(f"{described['mailbox_url']}?format=json")[1]["data"])
        assert ask(f"{base}/i/secret-token")[1]["word"] == "first"

        write(root / "shared/toykit/__init__.py", 'WORD = "later"\n')
        eventually(lambda: ask(f"{base}/things/1")[1]["word"] == "later", 1.0)
        write(root / "shared/toykit/__init__.py", "WORD = (\n")
        eventually(lambda: ask(f"{base}/things/1")[0] == 500, 1.0)
        write(root / "shared/toykit/__init__.py", 'WORD = "mended"\n')
        eventually(lambda: ask(f"{base}/things/1")[1].get("word") == "mended", 1.0)

        template = (root / "template.yaml").read_text()
        write(root / "template.yaml", template.replace("/boom", "/bang"))
        eventually(lambda: ask(f"{base}/bang")[0] == 500, 1.0)
        assert ask(f"{base}/boom")[0] == 200
        assert ask(f"{base}/read?key=OUT%23kept")[1]["item"]["SK"] == {"S": "-"}

        process.send_signal(signal.SIGTERM)
        began = time.monotonic()
        output, _ = process.communicate(timeout=5)
        assert time.monotonic() - began < 2
        assert process.returncode == 0
    assert not (root / ".dev/stack.json").exists()
    assert "Ctrl-C to stop" in output
    assert re.search(r"^POST +/write +204 +\d+ ms +[0-9a-f-]{36}$", output, re.MULTILINE)
    assert re.search(r"^GET +/i/\{token\} +200 ", output, re.MULTILINE)
    assert "secret-token" not in output
    assert "SyntaxError" in output


def test_a_real_endpoint_ends_it_with_status_2_and_says_why(root: Path) -> None:
    process = start(root, AWS_ENDPOINT_URL="https://dynamodb.us-east-1.amazonaws.com")
    output, _ = process.communicate(timeout=10)
    assert process.returncode == 2
    assert "AWS_ENDPOINT_URL" in output


def test_what_handlers_print_goes_to_the_log_and_not_to_the_terminal(root: Path) -> None:
    write(root / "functions/echo/handler.py", "def handler(event, context):\n    print('noted')\n    return {}\n")
    with running(root) as (process, described):
        assert ask(f"{described['base_url']}/things/1") == (200, {})
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=5)
    assert "noted" not in output
    assert (root / ".dev/log.jsonl").read_text() == "noted\n"


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def ended(pid: int) -> bool:
    """Gone, or a zombie waiting for a parent that does not exist here."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


@pytest.mark.ministack
@pytest.mark.skipif(not MINISTACK.exists(), reason=f"{MINISTACK} is not there: make ministack")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_ministack_serves_the_same_handlers_and_ends_with_its_parent(root: Path, number: signal.Signals) -> None:
    with running(root, BACKEND="ministack", MINISTACK_BIN=str(MINISTACK)) as (process, described):
        base = described["base_url"]
        assert ask(f"{base}/write?key=OUT%23one", "POST")[0] == 204
        eventually(lambda: ask(f"{described['mailbox_url']}?format=json")[1]["data"])
        (mail,) = ask(f"{described['mailbox_url']}?format=json&to=zoe@example.com")[1]["data"]
        assert (mail["subject"], mail["links"]) == ("Zoë ✓", ["http://127.0.0.1:8000/i/one"])
        (child,) = children(process.pid)
        process.send_signal(number)
        process.wait(timeout=3)
        eventually(lambda: ended(child), 2.0)


@pytest.mark.skipif(not Path("/proc").exists(), reason="the kernel's help is Linux only")
def test_killing_make_ends_the_stack_too(root: Path) -> None:
    write(root / "Makefile", f"dev:\n\tcd {ROOT} && exec python -m infra.local --root {root} --no-seed\n")
    python = Path(sys.executable).parent
    environment = os.environ | {"PORT": "0", "PATH": f"{python}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(["make", "-C", str(root), "dev"], env=environment, stdout=subprocess.DEVNULL) as make:
        eventually((root / ".dev/stack.json").exists, 15)
        (stack,) = children(make.pid)
        make.kill()
    eventually(lambda: ended(stack) and not (root / ".dev/stack.json").exists(), 2.0)
