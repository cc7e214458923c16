"""Lambda functions in this process: loading, calling from many threads, and forgetting their code on reload."""

from __future__ import annotations

import sys
import threading
import time
import traceback
import types
import uuid
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from infra.local.cloudformation import ACCOUNT, REGION

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from infra.local.edges import Event, Json
    from infra.local.template import Function

    Handler = Callable[[Event, "LambdaContext"], Json]
    Report = Callable[[str], None]

_HERE: Final = str(Path(__file__).parent)
_PATIENCE: Final = 5.0


class HandlerFailed(Exception):
    """A handler raised, or could not be loaded; its traceback has been reported."""


@dataclass(frozen=True, slots=True)
class LambdaContext:
    """The context object of one call, as the Python runtime of Lambda fills it."""

    function_name: str
    memory_limit_in_mb: int
    timeout: int
    aws_request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    function_version: str = "$LATEST"
    started: float = field(default_factory=time.monotonic)

    @property
    def invoked_function_arn(self) -> str:
        """The ARN that this function would have."""
        return f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{self.function_name}"

    @property
    def log_group_name(self) -> str:
        """The default log group of the function."""
        return f"/aws/lambda/{self.function_name}"

    @property
    def log_stream_name(self) -> str:
        """A name only; the local stack has one log."""
        return "local"

    def get_remaining_time_in_millis(self) -> int:
        """Return what is left of the template's Timeout, never below zero."""
        return max(0, int((self.started + self.timeout - time.monotonic()) * 1000))


class _Gate:
    """Lets calls through together, and a reload alone."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._inside = 0
        self._closed = False

    @contextmanager
    def shared(self) -> Iterator[None]:
        with self._changed:
            self._changed.wait_for(lambda: not self._closed)
            self._inside += 1
        try:
            yield
        finally:
            with self._changed:
                self._inside -= 1
                if self._closed:
                    self._changed.notify_all()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Wait for calls under way, but not for ever: a stuck handler must not stop the developer's next try."""
        with self._changed:
            self._closed = True
            self._changed.wait_for(lambda: self._inside == 0, timeout=_PATIENCE)
        try:
            yield
        finally:
            with self._changed:
                self._closed = False
                self._changed.notify_all()


class Functions:
    """The handlers of one checkout. Each is loaded at its first call, under a module name of its own."""

    def __init__(self, root: Path, report: Report) -> None:
        """Serve the code below `root`; failures go to `report` with tracebacks cut down to that code."""
        self._root = root
        self._report = report
        self._gate = _Gate()
        self._loading = threading.Lock()
        self._handlers: dict[str, Handler] = {}
        self._broken: set[str] = set()

    def invoke(self, function: Function, event: Event, request_id: str | None = None) -> Json:
        """Call a handler. Raises HandlerFailed when it raises or does not load (then reported once)."""
        context = LambdaContext(function.name, function.memory, function.timeout, request_id or str(uuid.uuid4()))
        with self._gate.shared():
            handler = self._handlers.get(function.name) or self._load(function)
            try:
                return handler(event, context)
            except Exception as error:
                self._report(f"{function.name} failed (request {context.aws_request_id})\n{self._trace(error)}")
                raise HandlerFailed(function.name) from error

    def forget(self) -> None:
        """Drop every handler and the packages of shared/, so that the next call imports them afresh."""
        packages = {entry.name for entry in (self._root / "shared").glob("*/") if (entry / "__init__.py").exists()}
        with self._gate.alone(), self._loading:
            self._handlers.clear()
            self._broken.clear()
            for name in [name for name in sys.modules if name.partition(".")[0] in packages]:
                del sys.modules[name]

    def _load(self, function: Function) -> Handler:
        with self._loading:
            if function.name in self._handlers:
                return self._handlers[function.name]
            if function.name in self._broken:
                raise HandlerFailed(function.name)
            try:
                handler = _import_handler(function)
            except Exception as error:
                self._broken.add(function.name)
                self._report(f"{function.name} does not load\n{self._trace(error)}")
                raise HandlerFailed(function.name) from error
            self._handlers[function.name] = handler
            return handler

    def _trace(self, error: BaseException) -> str:
        """Return the traceback without frames of libraries and of the local stack itself."""
        summary = traceback.TracebackException.from_exception(error)
        summary.stack = traceback.StackSummary.from_list([frame for frame in summary.stack if self._ours(frame)])
        summary.__cause__ = summary.__context__ = None
        return "".join(summary.format()).rstrip()

    def _ours(self, frame: traceback.FrameSummary) -> bool:
        foreign = "site-packages" in frame.filename or frame.filename.startswith(_HERE)
        return frame.filename.startswith(str(self._root)) and not foreign


def _import_handler(function: Function) -> Handler:
    """Run the handler's file as a module. No bytecode is written: the folder is what gets deployed."""
    module_path, _, attribute = function.handler.rpartition(".")
    path = function.folder.joinpath(*module_path.split(".")).with_suffix(".py")
    module = types.ModuleType(f"local_function_{function.name}")
    module.__file__ = str(path)
    code = compile(path.read_bytes(), str(path), "exec", dont_inherit=True)
    sys.modules[module.__name__] = module
    exec(code, module.__dict__)  # noqa: S102 - this is what importing it means
    handler: Handler = getattr(module, attribute)
    return handler
