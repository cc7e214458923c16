"""The audit's chain in the table: put-only seals, each under its event's own key, and one head per team.

One item thus says both "this event is sealed" and how; the head's condition alone makes sequences unique.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from rollcall.domain import ids
from rollcall.domain.changes import Sealed
from rollcall.domain.seals import Head, Seal
from rollcall.storage import keys
from rollcall.storage.items import HeadItem, SealItem
from rollcall.storage.reads import read
from rollcall.storage.table import Item, Wire
from rollcall.storage.transaction import Transaction, stale
from rollcall.storage.waves import Ask, query

if TYPE_CHECKING:
    from pynamodb.expressions.update import Action


def plan(transaction: Transaction, step: Sealed) -> None:
    """Add the seals and the head's move: all of them, or, where another writer was first, none."""
    last = step.seals[-1]
    still = HeadItem.sequence == step.before.sequence if step.before.sequence else Item.PK.does_not_exist()
    transaction.puts += [(seal_item(step.team_id, seal), Item.PK.does_not_exist(), stale) for seal in step.seals]
    moved: list[Action] = [HeadItem.sequence.set(last.sequence), HeadItem.hash.set(last.hash)]
    transaction.updates.append((HeadItem(*keys.head(step.team_id)), moved, still, stale))


def head(team_id: str) -> Head:
    """Return how far the team's chain goes, read consistently."""
    return known(team_id, ())[0]


def known(team_id: str, event_ids: Sequence[str]) -> tuple[Head, set[str]]:
    """Return the head, and which of the events are sealed, in one consistent read."""
    key = keys.head(team_id)
    found = read([key, *(keys.seal(team_id, event_id) for event_id in event_ids)]).items
    sealed = {event_id for event_id in event_ids if keys.seal(team_id, event_id) in found}
    if key not in found:
        return Head(), sealed
    item = HeadItem.from_raw_data(found[key])
    return Head(int(item.sequence), item.hash), sealed


def between(team_id: str, first: str, last: str) -> Mapping[str, Seal]:
    """Return the seals of the events from one sort key to another, by sort key, read consistently."""
    partition = keys.seal(team_id, ids.from_code("evt", first)).pk
    rows = query(Ask(partition, floor=first, upto=last, consistent=True))
    return {raw["SK"]["S"]: _seal_of(raw) for raw in rows.items}


def seal_item(team_id: str, seal: Seal) -> SealItem:
    """Return the item of a seal."""
    key = keys.seal(team_id, seal.event_id)
    return SealItem(*key, sequence=seal.sequence, previous=seal.previous, hash=seal.hash)


def _seal_of(raw: Wire) -> Seal:
    item = SealItem.from_raw_data(raw)
    return Seal(ids.from_code("evt", item.SK), int(item.sequence), item.previous, item.hash)
