"""Transfer ownership in one step (M5): the heir becomes owner and the giver admin, or nothing happens."""

from dataclasses import dataclass

from rollcall.actions.call import Call
from rollcall.domain import membership
from rollcall.domain.errors import NotFound
from rollcall.domain.members import Member
from rollcall.domain.text import MemberId


@dataclass(frozen=True, slots=True)
class Transfer:
    """Who is to own the team."""

    member_id: MemberId


def transfer_ownership(call: Call, wanted: Transfer) -> Member:
    """Hand the caller's ownership over. Raises NotFound, NotActive, Conflict for an heir who owns already."""
    heir = call.found.member(call.team.id, wanted.member_id)
    if heir is None:
        raise NotFound
    giver = call.known.member
    change, after = membership.transfer(giver, heir, call.found.owners(call.team.id), call.actor)
    call.commit(change, after)
    return after
