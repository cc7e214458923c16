"""Where a member's role and product access come from, with the events that say so (R3)."""

from dataclasses import dataclass

from rollcall.actions.call import Call
from rollcall.domain.errors import NotFound
from rollcall.domain.members import Member
from rollcall.storage import audit
from rollcall.storage.audit import Told


@dataclass(frozen=True, slots=True)
class Explanation:
    """A member, and the events that gave the role and the product access; None for seeded ones without events."""

    member: Member
    role_event: Told | None
    products_event: Told | None


def explain(call: Call, member_id: str | None) -> Explanation:
    """Return where role and product access come from."""
    member = call.found.member(call.team.id, member_id) if member_id else None
    if member is None:
        raise NotFound
    role, products = call.found.origins(member)
    events = audit.events(call.team.id, sorted({one for one in (role, products) if one is not None}))
    return Explanation(member, events.get(role or ""), events.get(products or ""))
