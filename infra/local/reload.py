"""Watches the code and the template by looking at modification times; no third-party watcher."""

from __future__ import annotations

import importlib
import importlib.util
import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_LOOK_EVERY: Final = 0.3
_WATCHED: Final = ("shared", "functions", "template.yaml")
_Seen = dict[str, tuple[int, int]]


class Watcher:
    """Calls back with the paths that changed, from a thread of its own."""

    def __init__(self, root: Path, changed: Callable[[set[Path]], None]) -> None:
        """Watch shared/, functions/ and template.yaml below `root`."""
        self._root = root
        self._changed = changed
        self._seen = self._look()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="reload", daemon=True)

    def start(self) -> None:
        """Begin to watch."""
        self._thread.start()

    def stop(self) -> None:
        """End watching."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join(1.0)

    def _run(self) -> None:
        while not self._stopped.wait(_LOOK_EVERY):
            seen = self._look()
            changed = {Path(path) for path, _ in seen.items() ^ self._seen.items()}
            self._seen = seen
            if changed:
                _forget_bytecode(changed)
                self._changed(changed)

    def _look(self) -> _Seen:
        return {path: mark for name in _WATCHED for path, mark in _files(str(self._root / name))}


def _files(path: str) -> Iterator[tuple[str, tuple[int, int]]]:
    try:
        if os.path.isdir(path):  # noqa: PTH112 - three times a second: os is several times quicker than Path
            for entry in os.scandir(path):
                if entry.name != "__pycache__" and not entry.name.startswith("."):
                    yield from _files(entry.path)
        else:
            status = os.stat(path)  # noqa: PTH116
            yield path, (status.st_mtime_ns, status.st_size)
    except OSError:
        return  # removed between looking and asking: the next look tells


def _forget_bytecode(changed: set[Path]) -> None:
    """Bytecode is matched by whole seconds and size, which two quick saves can share."""
    importlib.invalidate_caches()
    for path in changed:
        if path.suffix == ".py":
            Path(importlib.util.cache_from_source(str(path))).unlink(missing_ok=True)
