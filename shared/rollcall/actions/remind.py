"""Tell holders that a token of theirs ends soon, 30, 7 and 1 days before, each once (C4)."""

from collections.abc import Callable
from datetime import datetime

from rollcall.actions.call import Call
from rollcall.domain import tokens
from rollcall.domain.changes import Change
from rollcall.domain.errors import Stale
from rollcall.domain.tokens import TokenState
from rollcall.storage import due, keys, marks
from rollcall.storage.keys import Key
from rollcall.storage.reads import read


def remind(call_at: Callable[[], Call], now: datetime, time_left: Callable[[], bool], most: int) -> int:
    """Write up to `most` letters while there is time; return how many. What is left is found again next time."""
    told = 0
    for pk, sk in due.due("T", now):
        if told >= most or not time_left():
            return told
        told += _remind(call_at(), Key(pk, sk), now)
    marks.finished("T", now)
    return told


def _remind(call: Call, key: Key, now: datetime) -> int:
    """Decide on the token as it is now; one that does not work any more just leaves the index."""
    team_id, member_id = due.member_ids(key.pk)
    found = read([key, keys.member(team_id, member_id), keys.team(team_id)])
    token, member, team = found.token_at(key, team_id, member_id), found.member(team_id, member_id), found.team(team_id)
    if token is None or token.notice_at is None or token.notice_at > now:
        return 0
    works = member is not None and member.is_active and team is not None and team.alive
    if not (works and member and team and tokens.state(token, member, team.settings, now) is TokenState.ACTIVE):
        _try(call, tokens.silence(token))
        return 0
    return _try(call, tokens.remind(token, call.new_id("let"), now))


def _try(call: Call, change: Change) -> int:
    try:
        call.commit(change)
    except Stale:
        return 0
    return 1
