"""Seal audit events into their team's chain; the order of the chain is the order of sealing (T2)."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice

from rollcall.domain.changes import Change, Sealed
from rollcall.domain.errors import Contention, Stale
from rollcall.domain.seals import Head, chain
from rollcall.storage import audit, seals
from rollcall.storage.commit import commit

TOGETHER = 40
ATTEMPTS = 8


def seal(team_id: str, events: Mapping[str, str]) -> Head:
    """Seal the events (stored text by id) that are not sealed yet, at most forty in one transaction.

    Delivered again or out of order, an event is sealed once: its seal is kept under its own id. Another writer who
    comes first makes this one read again; raises Contention when that goes on, Unavailable when the table is away.
    """
    waiting = list(events)
    while True:
        head = _seal_some(team_id, {event_id: events[event_id] for event_id in waiting[:TOGETHER]})
        waiting = waiting[TOGETHER:]
        if not waiting:
            return head


def seal_rest(team_id: str) -> int:
    """Seal whatever the stream failed to, oldest first; return how many there were."""
    before, after = seals.head(team_id).sequence, None
    texts = ((told.id, told.text) for told in audit.oldest_first(team_id, audit.EventQuery()) if told.seal is None)
    while some := dict(islice(texts, TOGETHER)):
        after = seal(team_id, some)
    return after.sequence - before if after else 0


def _seal_some(team_id: str, events: Mapping[str, str]) -> Head:
    for _ in range(ATTEMPTS):
        head, sealed = seals.known(team_id, list(events))
        links = chain(head, _left(events, sealed))
        try:
            commit(Change(steps=(Sealed(team_id, head, links),) if links else ()))
        except Stale:
            continue
        return Head(links[-1].sequence, links[-1].hash) if links else head
    raise Contention


def _left(events: Mapping[str, str], sealed: Iterable[str]) -> Sequence[tuple[str, str]]:
    done = set(sealed)
    return [(event_id, text) for event_id, text in events.items() if event_id not in done]
