"""Grants: what a product says a member has been put into, a resource or a sub-team of it (M9)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from rollcall.domain.changes import Change, Granted, Removed, Step
from rollcall.domain.errors import BeingRemoved, GrantLimit
from rollcall.domain.events import Action, Deed
from rollcall.domain.members import Member, Status
from rollcall.domain.permissions import Actor

RELEASED_TOGETHER = 40
MOST_GRANTS = 1000


class GrantKind(StrEnum):
    """What the member has been put into."""

    RESOURCE = "resource"
    TEAM = "team"


@dataclass(frozen=True, slots=True)
class Grant:
    """A grant; `id` is the product's own name for it, unique per member and product."""

    product: str
    id: str
    name: str
    kind: GrantKind = GrantKind.RESOURCE

    @property
    def facts(self) -> dict[str, object]:
        """Return what the API and the audit tell of it."""
        return {"product": self.product, "id": self.id, "name": self.name, "kind": self.kind.value}


def record(member: Member, before: Grant | None, after: Grant, actor: Actor) -> Change:
    """Put a grant, or change its name or kind; the same again is no change. Raises GrantLimit for one too many."""
    if before == after:
        return Change()
    if member.status is Status.REMOVING:
        raise BeingRemoved
    if before is None and member.grants >= MOST_GRANTS:
        raise GrantLimit
    told = None if before is None else before.facts
    deed = Deed(Action.GRANT_RECORDED, actor, member.subject, told, after.facts)
    return Change(steps=(Granted(member.team_id, member.id, before, after),), deeds=(deed,))


def release(member: Member, grants: Sequence[Grant], actor: Actor, now: datetime, *, last: bool) -> Change:
    """Release grants, at most so many together; one event names them all.

    With the `last` ones of a member who is being removed, their record goes too.
    """
    if not grants:
        return Change()
    steps: tuple[Step, ...] = tuple(Granted(member.team_id, member.id, grant, None) for grant in grants)
    told, tells = {"grants": [grant.facts for grant in grants]}, None
    if last and member.status is Status.REMOVING:
        steps, tells = (*steps, Removed(member, now, len(grants))), {"member": "removed"}
    return Change(steps=steps, deeds=(Deed(Action.GRANTS_RELEASED, actor, member.subject, told, tells),))
