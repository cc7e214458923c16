"""What an identity provider asked for and did not get: a member whom it may not take over by e-mail alone (S3).

It waits until an owner accepts it; the provider's next attempt only renews it.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from rollcall.domain.changes import Change, Created, Retired, Step, Updated
from rollcall.domain.events import Action, Deed
from rollcall.domain.members import Member
from rollcall.domain.permissions import Actor


@dataclass(frozen=True, slots=True)
class ScimConflict:
    """What the provider sent last for an address that is a member's; `resource` is the user as its JSON text.

    `version` is how often it was sent.
    """

    team_id: str
    member_id: str
    user_name: str
    external_id: str | None
    resource: str
    first_at: datetime
    last_at: datetime
    version: int = 1


def renewed(known: ScimConflict | None, sent: ScimConflict) -> Step:
    """Return the step that keeps what was sent, in the place of what the member's address met before."""
    if known is None:
        return Created(sent)
    return Updated(known, replace(sent, first_at=known.first_at, version=known.version + 1))


def accept(conflict: ScimConflict, member: Member, actor: Actor) -> Change:
    """Settle a conflict in the provider's favour."""
    told = {"user_name": conflict.user_name, "external_id": conflict.external_id}
    deed = Deed(Action.SCIM_CONFLICT_ACCEPTED, actor, member.subject, None, told)
    return Change(steps=(Retired(conflict),), deeds=(deed,))
