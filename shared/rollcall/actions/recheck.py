"""Look the records of proven domains up again, daily (case 196): three days without one, and the domain lapses."""

from collections.abc import Callable, Collection
from datetime import datetime

from rollcall.actions.call import Call, system
from rollcall.actions.owners import to_owners
from rollcall.auth.dns import Resolve
from rollcall.domain import domains
from rollcall.domain.errors import Stale, Unavailable
from rollcall.storage import due, keys, marks
from rollcall.storage.reads import read


def recheck(
    call_at: Callable[[], Call], now: datetime, time_left: Callable[[], bool], most: int, resolve: Resolve
) -> int:
    """Check up to `most` domains while there is time; return how many. What is left is found again next time."""
    checked = 0
    for pk, sk in due.due("D", now):
        if checked >= most or not time_left():
            return checked
        checked += _recheck(call_at(), due.team_id(pk), sk.partition("#")[2], resolve)
    marks.finished("D", now)
    return checked


def _recheck(call: Call, team_id: str, name: str, resolve: Resolve) -> int:
    found = read([keys.domain(team_id, name), keys.owners(team_id)])
    domain = found.domain(team_id, name)
    if domain is None or domain.check_at is None or domain.check_at > call.now:
        return 0
    letters = to_owners(call, team_id, found.owners(team_id), "domain_lapsed", {"domain": name})
    try:
        call.commit(domains.recheck(domain, _answer(resolve, domain.record), letters, system(team_id), call.now))
    except Stale:
        return 0
    return 1


def _answer(resolve: Resolve, name: str) -> Collection[str] | None:
    """Return the texts, None where nobody answers: that is no failure of the proof."""
    try:
        return resolve(name)
    except Unavailable:
        return None
