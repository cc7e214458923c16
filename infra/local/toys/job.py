"""What both toys share: the ids that the service gave, what failed and waits for the next cycle, and quarantine."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from infra.local.toys.wire import Unreachable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from infra.local.edges import Json
    from infra.local.toys.directory import Directory
    from infra.local.toys.wire import Answer, Wire

CORE_USER: Final = "urn:ietf:params:scim:schemas:core:2.0:User"
CORE_GROUP: Final = "urn:ietf:params:scim:schemas:core:2.0:Group"
ENTERPRISE: Final = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
PATCH: Final = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
TOLERATED: Final = 4
"""Failed entries that never are a quarantine; real providers begin counting at many more."""


class Refused(Exception):
    """The service refused an entry; it is tried again in the next cycle."""


class Quarantined(Exception):
    """The job is not run: too much failed, and an administrator has to look."""


@dataclass
class Job:
    """One application's provisioning: directory here, service there, and what is known between cycles."""

    wire: Wire
    directory: Directory
    ids: dict[str, str] = field(default_factory=dict)
    waiting: dict[str, str] = field(default_factory=dict)
    quarantine: str = ""

    def each(self, entries: Mapping[str, Callable[[], None]]) -> None:
        """Do each entry's work; what is refused or unreachable waits, and if that is most of it, all does."""
        self.waiting.clear()
        for key, work in entries.items():
            try:
                work()
            except (Refused, Unreachable) as failure:
                self.waiting[key] = str(failure)
        if len(self.waiting) > max(TOLERATED, len(entries) // 2):
            self.quarantine = f"{len(self.waiting)} of {len(entries)} entries failed"

    def released(self) -> None:
        """Raise Quarantined while the job is in quarantine."""
        if self.quarantine:
            raise Quarantined(self.quarantine)

    def ask(self, method: str, path: str, body: Json = None, *, who: str, why: str) -> Answer:
        """Make a call that has to succeed. Raises Refused."""
        answer = self.wire.call(method, path, body, who=who, why=why)
        if not answer.ok:
            raise Refused(f"{answer.status} {answer.detail}")
        return answer

    def found(self, path: str, who: str, why: str) -> Json | None:
        """Return the one resource that a filter finds, None for none. Raises Refused."""
        resources = self.ask("GET", path, who=who, why=why).json.get("Resources") or []
        return resources[0] if resources else None
