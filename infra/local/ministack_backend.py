"""MiniStack as a child process on a free loopback port: right for races, big seeds and load."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import suppress
from email.message import EmailMessage
from pathlib import Path
from typing import TYPE_CHECKING, Final

from infra.local import child, clock
from infra.local.aws import Letter

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from infra.local.edges import Json

_START_SECONDS: Final = 20.0
_STOP_SECONDS: Final = 1.0


class NoMiniStack(Exception):
    """It is not installed, or did not start; the message says what to do."""


class MiniStackBackend:
    """One MiniStack process. It keeps its log in `.dev/ministack.log` and its files in a folder removed at the end."""

    def __init__(self, root: Path, dev_folder: Path, settings: Mapping[str, str] | None = None) -> None:
        """Start it, with more settings if asked, and wait until it answers. Raises NoMiniStack."""
        program = Path(os.environ.get("MINISTACK_BIN") or root / ".venv-ministack" / "bin" / "ministack")
        if not program.exists():
            raise NoMiniStack(f"{program} is missing: `make ministack` installs it, or set MINISTACK_BIN.")
        _sweep(dev_folder)
        self._files = dev_folder / f"ministack-{os.getpid()}"
        self._files.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._log = dev_folder / "ministack.log"
        port = _free_port()
        self.endpoint = f"http://127.0.0.1:{port}"
        with self._log.open("w") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-S", child.__file__, str(os.getpid()), str(program.absolute())],
                env={**_environment(port, self._files), **(settings or {})},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C in the terminal is ours to pass on
            )
        self._wait()

    def letters(self) -> Sequence[Letter]:
        """Return every letter that SES took, oldest first; MIME rebuilt, because MiniStack keeps only the parts."""
        accounts: Json = json.loads(self._get("/_ministack/ses/messages"))["messages"]
        taken = sorted((entry for entries in accounts.values() for entry in entries), key=lambda one: one["Timestamp"])
        return [Letter(entry["MessageId"], _mime(entry), entry["Timestamp"] + clock.offset()) for entry in taken]

    def trim(self, sequence_number: str) -> None:
        """Keep the records: MiniStack trims its stream itself."""

    def stop(self) -> None:
        """End the process and those that ran functions for it, by force after a second, and remove its files."""
        self._process.terminate()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_STOP_SECONDS)
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)  # its session, so its children too
        self._process.wait(_STOP_SECONDS)
        shutil.rmtree(self._files, ignore_errors=True)

    def _wait(self) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while self._process.poll() is None and time.monotonic() < deadline:
            try:
                self._get("/_ministack/health")
            except OSError:
                time.sleep(0.05)
            else:
                return
        self.stop()
        raise NoMiniStack(f"MiniStack did not start; its last words are in {self._log}.")

    def _get(self, path: str) -> bytes:
        with urllib.request.urlopen(self.endpoint + path, timeout=5) as answer:  # noqa: S310 - a loopback http URL
            content: bytes = answer.read()
            return content


def _environment(port: int, files: Path) -> dict[str, str]:
    """Nothing of ours leaks in; every listener but the one on loopback is off."""
    return {
        "PATH": "/usr/bin:/bin",
        "HOME": os.environ.get("HOME", "/"),
        "GATEWAY_PORT": str(port),
        "BIND_HOST": "127.0.0.1",
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "LOG_LEVEL": "WARNING",
        "TMPDIR": str(files),
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _sweep(dev_folder: Path) -> None:
    """Remove what a run that was killed left behind."""
    for folder in dev_folder.glob("ministack-*/"):
        if not Path(f"/proc/{folder.name.partition('-')[2]}").exists():
            shutil.rmtree(folder, ignore_errors=True)


def _mime(entry: Json) -> bytes:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = entry["Source"], ", ".join(entry["To"]), entry["Subject"]
    message.set_content(entry.get("BodyText") or "")
    if entry.get("BodyHtml"):
        message.add_alternative(entry["BodyHtml"], subtype="html")
    return message.as_bytes()
