"""What keeps invitations from being used to bomb strangers' mailboxes (case 104): by inviter, and by recipient."""

from datetime import datetime, timedelta
from functools import partial

from rollcall.actions.call import Call
from rollcall.domain.changes import Change
from rollcall.domain.errors import TooManyRequests
from rollcall.storage import keys, marks
from rollcall.storage.keys import Key
from rollcall.storage.waves import both

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
INVITATIONS_AN_HOUR = 900
LETTERS_A_DAY = 50


def invitations(member_id: str, now: datetime) -> Key:
    """Return the key of what a member has invited in this hour."""
    return keys.throttle("invite", member_id, marks.window(now, HOUR))


def commit_one(call: Call, change: Change, result: object) -> None:
    """Commit an invitation and count it, in one round trip. Raises TooManyRequests where the hour's budget is used up.

    Parallel calls may go a little over it, which harms nobody; one that fails after all may be counted.
    """
    budget = _own(call)
    if call.found.mark(budget) >= INVITATIONS_AN_HOUR:
        raise _used_up(call.now)
    both(partial(marks.strike, budget, call.now), partial(call.commit, change, result))


def take(call: Call, count: int) -> None:
    """Take so many invitations out of the hour's budget before they are made. Raises TooManyRequests, taking none."""
    if count and not marks.spend(_own(call), INVITATIONS_AN_HOUR, call.now, tries=count):
        raise _used_up(call.now)


def give_back(call: Call, count: int) -> None:
    """Give back what was taken and not used."""
    if count:
        marks.refund(_own(call), count)


def letter(address: str, now: datetime) -> Key:
    """Return the key of the invitations that were mailed to an address on this day (UTC), of whatever team."""
    return keys.throttle("letter", address, marks.window(now, DAY))


def _own(call: Call) -> Key:
    return invitations(call.known.member.id, call.now)


def _used_up(now: datetime) -> TooManyRequests:
    return TooManyRequests(marks.left_of(now, HOUR), f"You may invite {INVITATIONS_AN_HOUR} people an hour.")
