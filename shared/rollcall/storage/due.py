"""What falls due: the only reader of the index, for schedules; what it finds is judged again by its key."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import partial

from rollcall.domain import ids
from rollcall.domain.times import rfc3339
from rollcall.storage import keys, marks
from rollcall.storage.items import SweepItem
from rollcall.storage.reads import read
from rollcall.storage.waves import Ask, Rows, query, wave

PAGE = 200
FIRST_LOOK_BACK = timedelta(days=60)
REDRIVE_AFTER = timedelta(minutes=2)


def due(kind: str, now: datetime) -> Iterator[tuple[str, str]]:
    """Yield (PK, SK) of what was due before `now`, oldest day first, as long as the caller asks for more.

    Starts at the oldest unfinished day, so that a schedule which was off for a month misses nothing. What is done
    with leaves the index, so beginning again is resuming.
    """
    for day in days(kind, now):
        partitions = [keys.expiry_partition(kind, day, shard) for shard in range(keys.EXPIRY_SHARDS)]
        asks = [Ask(partition, upto=rfc3339(now), limit=PAGE, index="expiry") for partition in partitions]
        for ask, first in zip(asks, wave([partial(query, ask) for ask in asks]), strict=True):
            yield from _rows(ask, first)


def days(kind: str, now: datetime) -> Iterator[date]:
    """Yield the days from the oldest unfinished one to today."""
    key = keys.bookmark(kind)
    raw = read([key]).items.get(key)
    day = date.fromisoformat(SweepItem.from_raw_data(raw).day) if raw else (now - FIRST_LOOK_BACK).date()
    while day <= now.date():
        yield day
        day += timedelta(days=1)


def work_off(kind: str, now: datetime, done: Callable[[str], bool], time_left: Callable[[], bool]) -> None:
    """Hand each PK that is due to `done` while there is time; what fails stays in the index and holds up nothing."""
    failures = 0
    for pk, _ in due(kind, now):
        if not time_left():
            return
        failures += not done(pk)
    if not failures:
        marks.finished(kind, now)


def _rows(ask: Ask, rows: Rows) -> Iterator[tuple[str, str]]:
    """Yield what a shard has due, its first page having been read with those of the other shards."""
    while True:
        yield from ((raw["PK"]["S"], raw["SK"]["S"]) for raw in rows.items)
        if rows.last is None:
            return
        rows = query(replace(ask, after=rows.last))


def invitation_ids(pk: str, sk: str) -> tuple[str, str]:
    """Return the ids of team and invitation that an index entry names."""
    return ids.from_code("team", pk.partition("#")[2]), ids.from_code("inv", sk)


def member_ids(pk: str) -> tuple[str, str]:
    """Return the ids of team and member that an index entry names."""
    _, team, member = pk.split("#")
    return ids.from_code("team", team), ids.from_code("mem", member)


def letter_id(pk: str) -> str:
    """Return the id of the letter that an index entry names."""
    return ids.from_code("let", pk.partition("#")[2])


def team_id(pk: str) -> str:
    """Return the id of the team that an index entry names."""
    return ids.from_code("team", pk.partition("#")[2])
