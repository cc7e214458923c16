"""Taking a member who goes out of their groups, so that no group shows somebody who is gone."""

from rollcall.actions.call import Call
from rollcall.domain.changes import Change, Left
from rollcall.domain.events import Action, Deed
from rollcall.domain.members import Member
from rollcall.storage import memberships

MOST_LEFT = 30  # in one transaction, beside all else that goes with a member


def leave_most(call: Call, member: Member) -> frozenset[str]:
    """Return the codes of the groups to be left with the removal itself; whoever is in more leaves the others first."""
    groups = memberships.groups_of(member)
    while len(groups) > MOST_LEFT:
        leaving = frozenset(sorted(groups)[:MOST_LEFT])
        deed = Deed(
            Action.UPDATED, call.actor, member.subject, {"groups": len(groups)}, {"groups": len(groups - leaving)}
        )
        call.unkept().commit(Change(steps=(Left(member, groups, leaving),), deeds=(deed,)))
        groups -= leaving
    return groups
