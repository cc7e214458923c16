"""`make dev`: serve the checkout on a loopback port until interrupted. Switches: PORT, BACKEND, SEED_MEMBERS."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import threading
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Final, NoReturn

from infra.local.aws import RealEndpoint, write_private
from infra.local.child import die_with_parent
from infra.local.cloudformation import TemplateError
from infra.local.console import Console, box
from infra.local.ministack_backend import NoMiniStack
from infra.local.server import Server, listen
from infra.local.stack import ROOT, Stack

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from infra.local.edges import Json

DEFAULT_PORT: Final = 8000
DEFAULT_MEMBERS: Final = 30


def main() -> None:
    """Run until SIGINT or SIGTERM. Exit status 2 when the environment is refused, 1 when the start fails."""
    options = _options()
    _end_on_signals()
    _follow_make()
    console = Console(sys.stdout)
    try:
        with _log_of_handlers(options.root / ".dev"):
            _run(options.root, console, seeded=options.seed)
    except RealEndpoint as error:
        console.say(str(error))
        sys.exit(2)
    except (TemplateError, NoMiniStack, OSError) as error:
        console.say(str(error))
        sys.exit(1)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m infra.local", description=__doc__)
    parser.add_argument("--root", type=lambda text: Path(text).resolve(), default=ROOT, help="the checkout to serve")
    parser.add_argument("--no-seed", dest="seed", action="store_false", help="start with an empty table")
    return parser.parse_args()


def _run(root: Path, console: Console, *, seeded: bool) -> None:
    port, members = _number("PORT", DEFAULT_PORT), _number("SEED_MEMBERS", DEFAULT_MEMBERS)
    with listen(port) as server:
        if port not in {0, server.server_port}:
            console.say(f"Port {port} is taken; this is port {server.server_port}.")
        backend = os.environ.get("BACKEND") or "moto"
        with Stack(root, backend=backend, base_url=server.base_url, report=console.say) as stack:
            description = _description(
                server.base_url, list(stack.seed(members, scim=True, sso=True)) if seeded else []
            )
            with _announced(root / ".dev" / "stack.json", description):
                _serve(server, stack, console, box(description))


def _number(variable: str, default: int) -> int:
    value = os.environ.get(variable) or str(default)
    if not (value.isascii() and value.isdigit()):
        sys.exit(f"{variable}={value} is not a number")
    return int(value)


def _serve(server: Server, stack: Stack, console: Console, welcome: str) -> NoReturn:
    server.answer, server.log = stack.call, console.request
    stack.start()
    threading.Thread(target=server.serve_forever, args=(0.05,), name="server", daemon=True).start()
    console.say(welcome)
    try:
        while True:
            signal.pause()
    finally:
        server.shutdown()


def _description(base_url: str, teams: list[Mapping[str, Json]]) -> dict[str, Json]:
    return {
        "base_url": base_url,
        "scim_url": f"{base_url}/scim/v2",
        "mailbox_url": f"{base_url}/_dev/mail",
        "clock_url": f"{base_url}/_dev/clock",
        "teams": teams,
    }


@contextmanager
def _announced(path: Path, description: Mapping[str, Json]) -> Iterator[None]:
    """Keep stack.json there for as long as we serve."""
    write_private(path, json.dumps(description, indent=2, ensure_ascii=False) + "\n")
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


@contextmanager
def _log_of_handlers(dev_folder: Path) -> Iterator[None]:
    """Send what handlers print, their JSON log, to .dev/log.jsonl; the terminal stays for people."""
    path = dev_folder / "log.jsonl"
    write_private(path, "")
    with path.open("a", buffering=1, encoding="utf-8") as log, redirect_stdout(log):
        yield


def _end_on_signals() -> None:
    """Leave by unwinding the main thread, once: a second signal does not interrupt the cleaning up."""

    def leave(_number: int, _frame: object) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        sys.exit(0)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, leave)


def _follow_make() -> None:
    """End when `make` does, even when it is killed: it would leave us behind with nobody to press Ctrl-C."""
    parent = Path(f"/proc/{os.getppid()}/comm")
    if parent.exists() and parent.read_text(encoding="utf-8").strip() in {"make", "gmake"}:
        die_with_parent(signal.SIGTERM)


if __name__ == "__main__":
    main()
