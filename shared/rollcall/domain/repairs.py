"""Putting right what hangs on a team's members, after a recount found it wrong: one event says what was wrong (I19)."""

from collections.abc import Sequence

from rollcall.domain.changes import Change, Recounted, Reowned, Rewritten, Swept
from rollcall.domain.events import Action, Deed, Subject
from rollcall.domain.permissions import Actor
from rollcall.domain.teams import Team

Repair = Rewritten | Swept | Recounted | Reowned


def repair(team: Team, repairs: Sequence[Repair], actor: Actor) -> Change:
    """Return the change that puts these things right; the members themselves are the truth and stay as they are."""
    counters = {str(r.block): (dict(r.before), r.after) for r in repairs if isinstance(r, Recounted)}
    owners = [(sorted(r.before), sorted(r.after)) for r in repairs if isinstance(r, Reowned)]
    rows = sorted(r.member.id for r in repairs if isinstance(r, Rewritten))
    strays = sorted(r.member_id for r in repairs if isinstance(r, Swept))
    before: dict[str, object] = {"counters": {block: was for block, (was, _) in counters.items()}}
    after: dict[str, object] = {"counters": {block: now for block, (_, now) in counters.items()}}
    if owners:
        before["owners"], after["owners"] = owners[0]
    after |= {"rows_rewritten": rows, "rows_swept": strays}
    deed = Deed(Action.ROSTER_REPAIRED, actor, Subject("team", team.id, team.name), before, after)
    return Change(steps=tuple(repairs), deeds=(deed,))
