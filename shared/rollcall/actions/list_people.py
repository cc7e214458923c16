"""SCIM's lists of users: by key where the filter names one, by counters and blocks where it does not (RFC 7644, 3.4.2).

`totalResults` is exact always: counted, then sliced.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from rollcall.actions import people
from rollcall.actions.call import Call
from rollcall.domain import ids
from rollcall.domain.invitations import EMAIL
from rollcall.scim import filters, lists
from rollcall.scim.errors import TooMany
from rollcall.scim.filters import Filter
from rollcall.scim.lists import ListQuery
from rollcall.storage import keys
from rollcall.storage import people as roll
from rollcall.storage.keys import Key
from rollcall.storage.people import Place, Record
from rollcall.storage.reads import read
from rollcall.storage.waves import Rows

MOST_SCANNED = 5000
OF_ROWS = frozenset({"id", "active", "meta.created", "meta.lastModified", "meta.version", "meta.resourceType"})


@dataclass(frozen=True, slots=True)
class Found:
    """A page of what matches, the exact total, and where the page after it begins, None after the last."""

    records: Sequence[Record]
    total: int
    following: Place | None


def reads(team_id: str, query: ListQuery) -> list[Key]:
    """Name the claims under which the filter's people are found."""
    if query.filter is None:
        return []
    wanted = filters.equalities(query.filter)
    return [keys.claim(kind, team_id, value) for kind, value in _claims(wanted)]


def beside(team_id: str, query: ListQuery) -> Callable[[], Rows] | None:
    """Return what else the list needs, where no key of its filter says that it will not: the counters of all blocks."""
    if query.filter is not None and filters.equalities(query.filter):
        return None
    return partial(roll.headers, team_id)


def list_people(call: Call, query: ListQuery, base: str, after: Place | None) -> Found:
    """Return a page. `after` is where a cursor says that the page before it ended. Raises TooMany."""
    team_id = call.team.id
    if query.filter is not None and (named := _named(call, query.filter)) is not None:
        return _sliced(_matching(named, query, base), query, base, after)
    headers = call.found.beside
    known = roll.counts(headers if isinstance(headers, Rows) else roll.headers(team_id))
    if query.filter is None and query.sort_by is None:
        return _plain(team_id, known, query, after)
    on_rows = query.sort_by is None and filters.attributes_of(query.filter) <= OF_ROWS if query.filter else False
    if not on_rows and sum(known.values()) > MOST_SCANNED:
        raise TooMany(f"Beyond {MOST_SCANNED} users, filter by userName, externalId, id, e-mail address or active.")
    everyone = roll.everyone(team_id, known, texts=not on_rows)
    found = _sliced(_matching(everyone, query, base), query, base, after)
    if not on_rows:
        return found
    return Found(roll.places(team_id, [(one.block, one.id) for one in found.records]), found.total, found.following)


def _plain(team_id: str, known: dict[int, int], query: ListQuery, after: Place | None) -> Found:
    total = sum(known.values())
    if query.cursor is None:
        records = roll.page(team_id, known, query.start_index - 1, query.count)
        return Found(records, total, None)
    if after is None:
        records = roll.page(team_id, known, 0, query.count + 1)
    else:
        records = roll.following(team_id, known, after, query.count + 1)
    return _cut(records, total, query.count)


def _sliced(found: list[Record], query: ListQuery, base: str, after: Place | None) -> Found:
    name = query.sort_by
    if name is not None:
        key: Callable[[Record], object] = lambda one: lists.sort_key(name, people.seen(one, base))  # noqa: E731 a key
        found = sorted(found, key=key, reverse=query.descending)  # type: ignore[arg-type]  # tuples of one kind
    if query.cursor is None:
        return Found(found[query.start_index - 1 :][: query.count], len(found), None)
    begin = 0 if after is None else next((n + 1 for n, one in enumerate(found) if one.place == after), None)
    if begin is None:
        begin = next((n for n, one in enumerate(found) if after is not None and one.place > after), len(found))
    return _cut(found[begin : begin + query.count + 1], len(found), query.count)


def _cut(records: Sequence[Record], total: int, count: int) -> Found:
    following = records[count - 1].place if len(records) > count > 0 else None
    return Found(records[:count], total, following)


def _matching(found: Sequence[Record], query: ListQuery, base: str) -> list[Record]:
    wanted = query.filter
    if wanted is None:
        return list(found)
    return [one for one in found if filters.matches(wanted, people.seen(one, base))]


def _named(call: Call, wanted: Filter) -> list[Record] | None:
    """Return those whom a key of the filter leads to; None where it names no key."""
    named = filters.equalities(wanted)
    for attribute, value in named:
        if attribute == "id":
            return _by_ids(call, [value] if ids.valid(value, "mem") else [])
        claims = list(_claims([(attribute, value)]))
        if not claims:
            continue
        held = [call.found.place(kind, call.team.id, key) for kind, key in claims]
        places = [(place[1], place[0]) for place in held if place is not None and place[0].startswith("mem_")]
        known = [(block, member_id) for block, member_id in places if block is not None]
        unplaced = [member_id for block, member_id in places if block is None]
        if attribute == "emails.value":
            unplaced += roll.with_address(call.team.id, people.address_hash(value))
        return [*roll.places(call.team.id, known), *_by_ids(call, unplaced)]
    return None


def _by_ids(call: Call, member_ids: Sequence[str]) -> list[Record]:
    team_id = call.team.id
    if not member_ids:
        return []
    found = read(keys.member(team_id, one) for one in member_ids)
    members = [found.member(team_id, one) for one in dict.fromkeys(member_ids)]
    return roll.places(team_id, [(one.block, one.id) for one in members if one is not None])


def _claims(wanted: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return the claims (kind, value) of what has to be equal; a userName may be an unmanaged member's address."""
    claims = list(people.lookups(wanted))
    for attribute, value in wanted:
        if attribute in {"userName", "emails.value"} and (key := people.mailbox(value)[1]):
            claims.append((EMAIL, key))
    return list(dict.fromkeys(claims))
