"""The audit's reads: newest first for people, oldest first for exports; events are never written here (T2)."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import reduce
from typing import Any

from pynamodb.expressions.condition import Condition

from rollcall.domain import ids
from rollcall.domain.events import Action
from rollcall.storage import keys
from rollcall.storage.items import EventItem
from rollcall.storage.table import Wire
from rollcall.storage.waves import Ask, query

READ_AT_ONCE = 200
_FIRST = "evt_" + "0" * 26
_ZEROS = b"\0" * 10
Told = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class EventQuery:
    """Which events: by whom, on what, of what kind, from when to when; `after` is the last sort key seen."""

    actor: str | None = None
    target: str | None = None
    action: Action | None = None
    since: datetime | None = None
    until: datetime | None = None
    limit: int = 50
    after: str | None = None


def page(team_id: str, asked: EventQuery) -> tuple[list[Told], str | None]:
    """Return a page of events, newest first, and where the next one starts."""
    rows = _rows(team_id, asked, descending=True)
    following = rows[asked.limit - 1]["SK"]["S"] if len(rows) > asked.limit else None
    return [_told(raw) for raw in rows[: asked.limit]], following


def oldest_first(team_id: str, asked: EventQuery) -> Iterator[tuple[str, str]]:
    """Yield (sort key, event as the JSON text it was written as) for exports, as long as the caller wants more."""
    after = asked.after
    while True:
        ask = Ask(_partition(team_id), after=after or _low(asked), upto=_high(asked), where=_where(asked), limit=READ_AT_ONCE)
        rows = query(ask)
        yield from ((raw["SK"]["S"], raw["t"]["S"]) for raw in rows.items)
        if rows.last is None:
            return
        after = rows.last


def _rows(team_id: str, asked: EventQuery, *, descending: bool) -> list[Wire]:
    found: list[Wire] = []
    high = asked.after or _high(asked)
    while len(found) <= asked.limit:
        ask = Ask(
            _partition(team_id),
            after=_low(asked),
            before=high,
            where=_where(asked),
            limit=max(READ_AT_ONCE, asked.limit + 1),
            descending=descending,
        )
        rows = query(ask)
        found += rows.items
        if rows.last is None:
            break
        high = rows.last
    return found


def _told(raw: Wire) -> Told:
    told: Told = json.loads(raw["t"]["S"])
    return told


def _partition(team_id: str) -> str:
    return keys.event(team_id, _FIRST).pk


def _low(asked: EventQuery) -> str | None:
    return None if asked.since is None else ids.code(ids.make("evt", asked.since - timedelta(milliseconds=1), b"\xff" * 10))


def _high(asked: EventQuery) -> str | None:
    return None if asked.until is None else ids.code(ids.make("evt", asked.until, _ZEROS))


def _where(asked: EventQuery) -> Condition | None:
    parts: list[Condition] = []
    if asked.actor is not None:
        parts.append(EventItem.actor_id == asked.actor)
    if asked.target is not None:
        parts.append(EventItem.subject_id == asked.target)
    if asked.action is not None:
        parts.append(EventItem.action == asked.action.value)
    return reduce(lambda a, b: a & b, parts) if parts else None
