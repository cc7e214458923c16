"""Tell holders that a token of theirs ends soon, and owners of SCIM tokens: 30, 7 and 1 days before, each once."""

from collections.abc import Callable
from datetime import datetime

from rollcall.actions.call import Call
from rollcall.actions.owners import to_owners
from rollcall.domain import connections, tokens
from rollcall.domain.changes import Change, Letter
from rollcall.domain.errors import Stale
from rollcall.domain.times import rfc3339
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
    if not key.pk.startswith("M#"):
        return _of_connection(call, due.team_id(key.pk), now)
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


def _of_connection(call: Call, team_id: str, now: datetime) -> int:
    """Tell the owners of each SCIM token that ends soon (S2)."""
    found = read([keys.connection(team_id), keys.team(team_id), keys.owners(team_id)])
    connection, team = found.connection(team_id), found.team(team_id)
    if connection is None or connection.notice_at is None or connection.notice_at > now:
        return 0
    letters: list[Letter] = []
    for token in connections.ending(connection, now) if team is not None and team.alive else ():
        about = {"name": token.name, "last4": token.last4, "expires": rfc3339(token.expires_at)}
        letters += to_owners(call, team_id, found.owners(team_id), "scim_token_expiring", about)
    return min(_try(call, connections.remind(connection, letters, now)), len(letters))


def _try(call: Call, change: Change) -> int:
    try:
        call.commit(change)
    except Stale:
        return 0
    return 1
