"""The local stack put together: backend, table, gateway, stream, schedules, mailbox. The port is the server's."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from infra.local import aws, clock
from infra.local.cloudformation import TemplateError
from infra.local.devpages import IDP, PREFIX, DevPages
from infra.local.events import HttpRequest
from infra.local.functions import Functions
from infra.local.gateway import Gateway, print_report
from infra.local.mailbox import Mailbox
from infra.local.reload import Watcher
from infra.local.schedules import Schedules
from infra.local.stream import StreamPump
from infra.local.template import read_template
from infra.local.toys.idp import ToyIdp

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from infra.local.aws import Backend
    from infra.local.edges import Json
    from infra.local.functions import Report
    from infra.local.replies import Response
    from infra.local.template import Template

ROOT: Final = Path(__file__).resolve().parents[2]
_SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})


class Stack:
    """Everything of template.yaml, running in this process.

    `with Stack(root) as stack:` is enough for a test: nothing then happens in the background, `drain` delivers the
    stream, `advance` moves time and fires schedules. One at a time: environment and emulator belong to the process.
    """

    def __init__(
        self,
        root: Path = ROOT,
        *,
        backend: str = "moto",
        base_url: str = "http://127.0.0.1:8000",
        dev_folder: Path | None = None,
        report: Report = print_report,
    ) -> None:
        """Start the backend and make the table. Raises RealEndpoint, TemplateError, NoMiniStack."""
        aws.refuse_real_endpoints(os.environ)
        self.root = root
        self.base_url = base_url
        self.template = read_template(root / "template.yaml")
        self._report = report
        self._dev = dev_folder or root / ".dev"
        self._environment = aws.EnvironmentChange()
        self._environment.apply(aws.fake_credentials(os.environ))
        self._environment.apply(aws.service_environment(self.template.environment, base_url, self._dev))
        self._shared_is_ours = self._on_path()
        self.backend = self._start_backend(backend)
        try:
            self._build()
        except BaseException:
            self._end_backend()
            raise

    def _build(self) -> None:
        if self.template.table is None:
            raise TemplateError("template.yaml has no AWS::DynamoDB::Table")
        aws.create_table(self.template.table)
        aws.verify_sender()
        self.functions = Functions(self.root, self._report)
        self.gateway = Gateway(self.template, self.functions, self._report)
        self.stream = StreamPump(lambda: self.template, self.functions, self.backend, self._report)
        self.schedules = Schedules(self.template, self.functions, self._report)
        self.mailbox = Mailbox(self.backend)
        self.idp = ToyIdp(f"{self.base_url}{IDP}", [f"{self.base_url}/sso/callback"])
        self._pages = DevPages(self.mailbox, self.schedules, self.idp, self.stream.wake)
        self._watcher = Watcher(self.root, self.reload)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def call(
        self,
        method: str,
        target: str,
        headers: Sequence[tuple[str, str]] = (),
        body: bytes = b"",
        source_ip: str = "127.0.0.1",
    ) -> Response:
        """Answer one request: the gateway's, or below /_dev/ a development page's."""
        if target.startswith(PREFIX):
            request = HttpRequest(method, target, headers, body, source_ip)
            elapsed = clock.stopwatch()
            return replace(self._pages.answer(request), ms=elapsed())
        response = self.gateway.call(method, target, headers, body, source_ip)
        if method not in _SAFE_METHODS:
            self.stream.wake()
        return response

    def drain(self) -> None:
        """Deliver everything that the stream holds, before returning."""
        self.stream.drain()

    def advance(self, seconds: float) -> list[str]:
        """Move time on and fire the schedules that fell due; return their names."""
        clock.advance(seconds)
        return self.schedules.fire_due()

    def start(self) -> None:
        """Deliver, fire and reload in the background."""
        self.stream.start()
        self.schedules.start()
        self._watcher.start()

    def reload(self, changed: set[Path]) -> None:
        """Take up changed code and, if it changed, the template. The table and its data stay."""
        if self.root / "template.yaml" in changed:
            self._reread()
        self.functions.forget()
        names = sorted(str(path.relative_to(self.root)) for path in changed)
        self._report(f"reloaded: {', '.join(names[:3])}{' …' if len(names) > len(names[:3]) else ''}")

    def seed(self, members: int, *, scim: bool = False, sso: bool = False) -> Sequence[Mapping[str, Json]]:
        """Make the three teams, the first two with that many members, and return stack.json's `teams`.

        `scim` opens the SCIM connection of each, `sso` connects it to the toy identity provider.
        """
        from infra.local.seed import seed_teams  # noqa: PLC0415 - needs the table's name in the environment

        return seed_teams(members, scim=scim, issuer=self.idp.issuer if sso else None)

    def stop(self) -> None:
        """End the threads and the backend, and put the environment back."""
        self._watcher.stop()
        self.schedules.stop()
        self.stream.stop()
        self._end_backend()
        if self._shared_is_ours:
            sys.path.remove(str(self.root / "shared"))
            self.functions.forget()

    def _reread(self) -> None:
        try:
            template = read_template(self.root / "template.yaml")
        except TemplateError as error:
            self._report(f"{error}\nstill serving the template as it was")
            return
        if template.table != self.template.table:
            self._report("the table changed in template.yaml: start again to have it so")
        ours = aws.service_environment({}, self.base_url, self._dev)
        self._environment.apply({name: value for name, value in template.environment.items() if name not in ours})
        self._use(template)

    def _use(self, template: Template) -> None:
        self.template = template
        self.gateway.use(template)
        self.schedules.use(template)

    def _on_path(self) -> bool:
        """Make shared/ importable, as the layer is; say whether that is ours to take back."""
        shared = str(self.root / "shared")
        if shared in sys.path:
            return False
        sys.path.insert(0, shared)
        return True

    def _start_backend(self, name: str) -> Backend:
        """Import late: moto is in the development environment only, and not needed beside MiniStack."""
        if name == "ministack":
            from infra.local.ministack_backend import MiniStackBackend  # noqa: PLC0415

            ministack = MiniStackBackend(self.root, self._dev)
            self._environment.apply({"AWS_ENDPOINT_URL": ministack.endpoint})
            return ministack
        if name != "moto":
            raise TemplateError(f"BACKEND={name}: there are moto and ministack")
        from infra.local.moto_backend import MotoBackend  # noqa: PLC0415

        return MotoBackend()

    def _end_backend(self) -> None:
        self.backend.stop()
        self._environment.undo()
