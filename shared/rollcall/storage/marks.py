"""Writes that decide no membership: throttles, last activity, what became of a letter. Losing one does no harm."""

from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from pynamodb.attributes import NumberAttribute
from pynamodb.exceptions import PynamoDBException, UpdateError
from pynamodb.expressions.operand import Path

from rollcall.domain.errors import Unavailable
from rollcall.domain.invitations import Delivery
from rollcall.domain.members import Member
from rollcall.domain.teams import Team
from rollcall.domain.times import epoch_ms
from rollcall.storage import keys
from rollcall.storage.items import (
    InvitationItem,
    LetterItem,
    LogItem,
    MemberItem,
    RowItem,
    SweepItem,
    TokenItem,
    UsedItem,
)
from rollcall.storage.keys import Key
from rollcall.storage.table import Item, failure_code, guarded
from rollcall.storage.values import session_text
from rollcall.storage.waves import wave

if TYPE_CHECKING:
    from pynamodb.expressions.update import Action

SEEN_EVERY = timedelta(hours=1)
SEEN_REMEMBERED = 10_000
USE_KEPT = timedelta(days=400)
LEASE = timedelta(seconds=60)

_seen: dict[str, int] = {}


class MarkItem(Item):
    """A counter of one window of time."""

    tries = NumberAttribute(attr_name="n")


def window(now: datetime, length: timedelta) -> int:
    """Return the number of the window of time that `now` lies in."""
    return int(now.timestamp() // length.total_seconds())


def left_of(now: datetime, length: timedelta) -> int:
    """Return the whole seconds, at least one, after which the window of `now` is over."""
    return int(length.total_seconds() - now.timestamp() % length.total_seconds()) + 1


def strike(key: Key, now: datetime) -> None:
    """Count one; a throttle that cannot be written must not turn an answer, or a refusal, into a failure."""
    mark = MarkItem(*key)
    try:
        mark.update([MarkItem.tries.add(1), MarkItem.ttl.set(int(now.timestamp()) + 24 * 3600)])
    except PynamoDBException:
        return


def spend(key: Key, limit: int, now: datetime, kept: timedelta = timedelta(days=1), tries: int = 1) -> bool:
    """Take so many of `limit` tries before they are made, so that parallel calls cannot take more; False when too few.

    Fails closed: without the table there is nothing to be done either. The count outlives this try by `kept`.
    """
    mark = MarkItem(*key)
    actions: list[Action] = [MarkItem.tries.add(tries), MarkItem.ttl.set(_seconds(now + kept))]
    try:
        mark.update(actions, MarkItem.PK.does_not_exist() | (MarkItem.tries <= limit - tries))
    except UpdateError as error:
        if failure_code(error) == "ConditionalCheckFailedException":
            return False
        raise Unavailable from error
    return True


def refund(key: Key, tries: int = 1) -> None:
    """Give tries back that do not count."""
    try:
        MarkItem(*key).update([MarkItem.tries.add(-tries)], MarkItem.PK.exists())
    except PynamoDBException:
        return


def forget(key: Key) -> None:
    """Begin a count anew."""
    try:
        MarkItem(*key).update([MarkItem.tries.set(0)], MarkItem.PK.exists())
    except PynamoDBException:
        return


def note(key: Key, now: datetime, kept: timedelta) -> None:
    """Note that something was so at this moment, for as long as `kept` says; `Found.noted` tells."""
    try:
        MarkItem(*key).update([MarkItem.tries.set(1), MarkItem.ttl.set(_seconds(now + kept))])
    except PynamoDBException:
        return


def _seconds(at: datetime) -> int:
    return int(at.timestamp())


def seen(member: Member, pat_id: str | None, now: datetime) -> None:
    """Note that the member was active, and the token used, at most once an hour; never makes a request fail (case 62).

    Both marks are one round trip.
    """
    writes = [partial(_active, member, now)] if _first_this_hour(member.id, now) else []
    if pat_id is not None and _first_this_hour(pat_id, now):
        writes.append(partial(_used, member, pat_id, now))
    wave(writes)


def _first_this_hour(an_id: str, now: datetime) -> bool:
    """Tell whether this process notes the id for the first time in this hour."""
    hour = window(now, SEEN_EVERY)
    if _seen.get(an_id) == hour:
        return False
    if len(_seen) >= SEEN_REMEMBERED:
        _seen.clear()
    _seen[an_id] = hour
    return True


def scim_used(team_id: str, token_id: str, now: datetime) -> None:
    """Note that a SCIM token was used, at most once an hour; never makes a request fail (S2)."""
    if not _first_this_hour(token_id, now):
        return
    item = UsedItem(*keys.scim_use(team_id, token_id))
    stale = UsedItem.at.does_not_exist() | (UsedItem.at <= epoch_ms(now - SEEN_EVERY))
    try:
        item.update([UsedItem.at.set(epoch_ms(now)), UsedItem.ttl.set(_seconds(now + USE_KEPT))], stale)
    except PynamoDBException:
        return


def logged(item: LogItem) -> None:
    """Keep what a request came to that changed nothing; a log that cannot be written refuses nobody."""
    attributes = LogItem.get_attributes()
    told = {name: getattr(item, name) for name in attributes.keys() - {"PK", "SK"}}
    try:
        item.update([attributes[name].set(value) for name, value in told.items() if value is not None])
    except PynamoDBException:
        return


def _active(member: Member, now: datetime) -> None:
    row = RowItem(*keys.row(member.team_id, member.block, member.id))
    stale = RowItem.last_active.does_not_exist() | (RowItem.last_active <= epoch_ms(now - SEEN_EVERY))
    try:
        row.update([RowItem.last_active.set(epoch_ms(now))], RowItem.PK.exists() & stale)
    except PynamoDBException:
        return


def _used(member: Member, pat_id: str, now: datetime) -> None:
    item = TokenItem(*keys.pat(member.team_id, member.id, pat_id))
    stale = TokenItem.last_used.does_not_exist() | (TokenItem.last_used <= epoch_ms(now - SEEN_EVERY))
    try:
        item.update([TokenItem.last_used.set(epoch_ms(now))], TokenItem.PK.exists() & stale)
    except PynamoDBException:
        return


def extend(member: Member, team: Team, key: str, now: datetime) -> None:
    """Move a session's idle limit when half of it is used up; a session that changed meanwhile is left alone (C3)."""
    session = member.sessions.get(key)
    idle = timedelta(minutes=team.settings.session_idle_minutes)
    if session is None or session.idle_at - now > idle / 2 or session.idle_at >= session.expires_at:
        return
    longer = replace(session, idle_at=min(now + idle, session.expires_at))
    entry = Path(["ses", key])
    try:
        item = MemberItem(*keys.member(member.team_id, member.id))
        item.update([entry.set(session_text(key, longer))], entry == session_text(key, session))
    except PynamoDBException:
        return


def delivery(team_id: str, invitation_id: str, generation: int, became: Delivery) -> None:
    """Write onto an open invitation what became of the letter of this generation."""
    item = InvitationItem(*keys.invitation(team_id, invitation_id))
    try:
        item.update([InvitationItem.delivery.set(became.value)], InvitationItem.generation == generation)
    except PynamoDBException:
        return


def claim_letter(item: LetterItem, now: datetime) -> bool:
    """Take a letter for sending, for sixty seconds; False when another sender has it or it is done."""
    free = (LetterItem.state == "new") | ((LetterItem.state == "sending") & (LetterItem.lease_until <= epoch_ms(now)))
    taken: list[Action] = [
        LetterItem.state.set("sending"),
        LetterItem.lease_until.set(epoch_ms(now + LEASE)),
        LetterItem.tries.add(1),
    ]
    try:
        item.update(taken, free)
    except UpdateError as error:
        if failure_code(error) == "ConditionalCheckFailedException":
            return False
        raise Unavailable from error
    return True


def release_letter(item: LetterItem) -> None:
    """Give a letter back that could not be sent now."""
    item.update([LetterItem.state.set("new"), LetterItem.lease_until.remove()])


def close_letter(item: LetterItem, state: str, message_id: str | None) -> None:
    """Mark a letter `sent`, `dropped` (its link was dead), `held` or `refused`; it leaves the index of unsent ones."""
    done: list[Action] = [
        LetterItem.state.set(state),
        LetterItem.XP.remove(),
        LetterItem.XS.remove(),
        LetterItem.lease_until.remove(),
    ]
    if message_id is not None:
        done.append(LetterItem.message_id.set(message_id))
    item.update(done)


def finished(kind: str, now: datetime) -> None:
    """Note that everything due before `now` was seen; yesterday stays open for what was written late."""
    until = (now - timedelta(days=1)).date().isoformat()
    guarded(lambda: SweepItem(*keys.bookmark(kind)).update([SweepItem.day.set(until)]))
