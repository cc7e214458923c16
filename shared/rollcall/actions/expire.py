"""Mark invitations whose deadline has passed (I5, T4): bounded, resumable, harmless when late or doubled (I39)."""

from collections.abc import Callable
from datetime import datetime
from itertools import islice

from rollcall.actions.call import Call, system
from rollcall.domain import invitations
from rollcall.domain.changes import Change
from rollcall.domain.errors import Stale
from rollcall.domain.invitations import Invitation, State
from rollcall.storage import due, marks
from rollcall.storage.reads import invitation_keys, read

TOGETHER = 20


def expire(call_at: Callable[[], Call], now: datetime, time_left: Callable[[], bool], most: int) -> int:
    """Expire up to `most` invitations while there is time; return how many. What is left is found again next time."""
    waiting = due.due("X", now)
    done = 0
    while time_left() and done < most:
        batch = list(islice(waiting, min(TOGETHER, most - done)))
        if not batch:
            marks.finished("X", now)
            break
        named = [due.invitation_ids(pk, sk) for pk, sk in batch]
        found = read([key for names in named for key in invitation_keys(*names)])
        pending = [found.invitation(*names) for names in named]
        done += _expire(call_at(), [i for i in pending if i is not None and i.state is State.PENDING], now)
    return done


def _expire(call: Call, pending: list[Invitation], now: datetime) -> int:
    """Expire several in one transaction; when one of them moved meanwhile, each by itself (case 273)."""
    stale = [i for i in pending if i.state_at(now) is State.EXPIRED]
    changes = [invitations.expire(invitation, system(invitation.team_id), now) for invitation in stale]
    try:
        call.commit(Change(tuple(s for c in changes for s in c.steps), (), tuple(d for c in changes for d in c.deeds)))
    except Stale:
        return sum(_alone(call, change) for change in changes)
    return len(changes)


def _alone(call: Call, change: Change) -> int:
    try:
        call.commit(change)
    except Stale:
        return 0
    return 1
