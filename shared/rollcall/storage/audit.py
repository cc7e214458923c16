"""The audit's reads: newest first for people, oldest first and with seals for exports; nothing is written here (T2)."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import reduce
from typing import Any

from pynamodb.expressions.condition import Condition

from rollcall.domain import ids
from rollcall.domain.events import Action
from rollcall.domain.seals import Seal
from rollcall.storage import keys, seals
from rollcall.storage.items import EventItem
from rollcall.storage.reads import Found, read
from rollcall.storage.table import Wire
from rollcall.storage.waves import Ask, query

READ_AT_ONCE = 200
_FIRST = "evt_" + "0" * 26
_LEAST = b"\0" * 10
Told = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class EventQuery:
    """Which events: by whom, on what, of what kind, from when to when; `after` is the last sort key seen.

    `head` is the chain's head (`sequence:hash`) that an export of several parts began with.
    """

    actor: str | None = None
    target: str | None = None
    action: Action | None = None
    since: datetime | None = None
    until: datetime | None = None
    limit: int = 50
    after: str | None = None
    head: str | None = None


EventPage = tuple[list[Told], str | None]


@dataclass(frozen=True, slots=True)
class Kept:
    """An event as it lies in the table: its id, where it sorts, the JSON text it was written as, its seal if any."""

    id: str
    position: str
    text: str
    seal: Seal | None


def page(team_id: str, asked: EventQuery) -> EventPage:
    """Return a page of events, newest first, and where the next one starts."""
    rows: list[Wire] = []
    after = asked.after
    while len(rows) <= asked.limit:
        found = query(_ask(team_id, asked, after, descending=True))
        rows += found.items
        after = found.last
        if after is None:
            break
    following = rows[asked.limit - 1]["SK"]["S"] if len(rows) > asked.limit else None
    return [_told(raw) for raw in rows[: asked.limit]], following


def oldest_first(team_id: str, asked: EventQuery) -> Iterator[Kept]:
    """Yield events for exports, read consistently, as long as the caller wants more."""
    after = asked.after
    while True:
        found = query(replace(_ask(team_id, asked, after, descending=False), consistent=True))
        places = [raw["SK"]["S"] for raw in found.items]
        sealed = seals.between(team_id, places[0], places[-1]) if places else {}
        for raw, place in zip(found.items, places, strict=True):
            yield Kept(ids.from_code("evt", place), place, raw["t"]["S"], sealed.get(place))
        after = found.last
        if after is None:
            return


def streamed(record: Mapping[str, Any]) -> tuple[str, str, str]:
    """Return the ids of team and event, and the event's text, from the stream's record of its put."""
    team_code, event_code = (record["Keys"][name]["S"] for name in ("PK", "SK"))
    team_id, event_id = ids.from_code("team", team_code.partition("#")[2]), ids.from_code("evt", event_code)
    return team_id, event_id, record["NewImage"]["t"]["S"]


def _ask(team_id: str, asked: EventQuery, after: str | None, *, descending: bool) -> Ask:
    floor = None if asked.since is None else ids.code(ids.make("evt", asked.since, _LEAST))
    upto = None if asked.until is None else ids.code(ids.make("evt", asked.until, _LEAST))
    return Ask(
        keys.event(team_id, _FIRST).pk,
        floor=floor,
        upto=upto,
        after=after,
        where=_where(asked),
        limit=READ_AT_ONCE,
        descending=descending,
    )


def _told(raw: Wire) -> Told:
    told: Told = json.loads(raw["t"]["S"])
    return told


def _where(asked: EventQuery) -> Condition | None:
    parts: list[Condition] = []
    if asked.actor is not None:
        parts.append(EventItem.actor_id == asked.actor)
    if asked.target is not None:
        parts.append(EventItem.subject_id == asked.target)
    if asked.action is not None:
        parts.append(EventItem.action == asked.action.value)
    return reduce(lambda a, b: a & b, parts) if parts else None


def events(team_id: str, event_ids: Sequence[str]) -> dict[str, Told]:
    """Return events by their ids, in one read."""
    found = read([keys.event(team_id, event_id) for event_id in event_ids]) if event_ids else Found({})
    told = [_told(raw) for raw in found.items.values()]
    return {str(event["id"]): event for event in told}
