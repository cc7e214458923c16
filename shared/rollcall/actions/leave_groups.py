"""Taking a member who goes out of their groups, so that no group shows somebody who is gone."""

from rollcall.actions.call import Call
from rollcall.domain.changes import Change, Left
from rollcall.domain.errors import LastOwner
from rollcall.domain.events import Action, Deed
from rollcall.domain.members import Member
from rollcall.storage import keys, memberships
from rollcall.storage.reads import read

MOST_LEFT = 30  # in one transaction, beside all else that goes with a member


def leave_most(call: Call, member: Member) -> frozenset[str]:
    """Return the codes of the groups to be left with the removal itself; whoever is in more leaves the others first.

    Raises LastOwner for whom the team could not lose, before anything is left (M4).
    """
    groups = memberships.groups_of(member)
    if len(groups) > MOST_LEFT and member.owns:
        owners = read([keys.owners(member.team_id)]).owners(member.team_id)
        if owners <= {member.id}:
            raise LastOwner
    while len(groups) > MOST_LEFT:
        leaving = frozenset(sorted(groups)[:MOST_LEFT])
        deed = Deed(
            Action.UPDATED, call.actor, member.subject, {"groups": len(groups)}, {"groups": len(groups - leaving)}
        )
        call.unkept().commit(Change(steps=(Left(member, groups, leaving),), deeds=(deed,)))
        groups -= leaving
    return groups
