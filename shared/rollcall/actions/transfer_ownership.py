"""Transfer ownership in one step (M5): the heir becomes owner and the giver admin, or nothing happens."""

from dataclasses import dataclass

from rollcall.actions.call import Call
from rollcall.domain import membership
from rollcall.domain.errors import NotActive, NotFound
from rollcall.domain.members import Member
from rollcall.domain.text import HeirId
from rollcall.storage import keys
from rollcall.storage.keys import Key
from rollcall.storage.reads import invitation_keys


@dataclass(frozen=True, slots=True)
class Transfer:
    """Who is to own the team."""

    member_id: HeirId


def reads(team_id: str, wanted: Transfer) -> list[Key]:
    """Name what the decision needs beside the caller: the heir, and the set of active owners."""
    if wanted.member_id.startswith("inv_"):
        return list(invitation_keys(team_id, wanted.member_id))
    return [keys.member(team_id, wanted.member_id), keys.owners(team_id)]


def transfer_ownership(call: Call, wanted: Transfer) -> Member:
    """Hand the caller's ownership over. Raises NotFound, NotActive, Conflict for an heir who owns already."""
    if call.found.invitation(call.team.id, wanted.member_id) is not None:
        raise NotActive("This person has not joined yet.")
    heir = call.found.member(call.team.id, wanted.member_id)
    if heir is None:
        raise NotFound
    call.check_version(heir.version)
    giver = call.known.member
    change, after = membership.transfer(giver, heir, call.found.owners(call.team.id), call.actor)
    call.commit(change, after)
    return after
