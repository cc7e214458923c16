"""Members as SCIM sees them: a roster row, and beside it what the identity provider says; counted, then sliced.

Whoever is being removed is not there. Join order is the order of all lists: blocks, and codes within them.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from rollcall.domain import ids
from rollcall.domain.members import Status
from rollcall.domain.permissions import Role
from rollcall.domain.times import epoch_ms
from rollcall.storage import keys, roster
from rollcall.storage.items import RowItem
from rollcall.storage.keys import Key, description, row
from rollcall.storage.reads import read
from rollcall.storage.table import Wire
from rollcall.storage.waves import Ask, Rows, both, query, wave

_SEEN_BY_SCIM = ~RowItem.flags.contains(roster.STATUS[Status.REMOVING])
_ANYBODY = "mem_" + "0" * 26
_SEEN = (Status.ACTIVE, Status.DEACTIVATED)

_ROLES = {letter: role for role, letter in roster.ROLE.items()}

Place = tuple[int, str]


@dataclass(frozen=True, slots=True)
class Record:
    """A member as SCIM sees them; `text` is None for those whom the identity provider does not manage.

    `modified` is in milliseconds since 1970, `groups` are codes.
    """

    id: str
    block: int
    name: str
    email: str
    active: bool
    version: int
    modified: int
    role: Role
    text: str | None = None
    groups: tuple[str, ...] = ()

    @property
    def place(self) -> Place:
        """Return where they stand in join order."""
        return self.block, ids.code(self.id)


def counts(headers: Rows) -> dict[int, int]:
    """Return how many members each block has, of those whom SCIM sees."""
    cells = [cell for status in _SEEN for cell in roster.cells_of_one(status)]
    found: dict[int, int] = {}
    for raw in headers.items:
        block = int(str(raw["SK"]["S"]).partition("#")[0])
        found[block] = found.get(block, 0) + sum(int(raw[cell]["N"]) for cell in cells if cell in raw)
    return dict(sorted(found.items()))


def headers(team_id: str, *, consistent: bool = False) -> Rows:
    """Read the counters of all blocks."""
    return query(Ask(keys.header(team_id, 0, 0).pk, upto="9", consistent=consistent))


def page(team_id: str, known: Mapping[int, int], start: int, count: int) -> list[Record]:
    """Return `count` members from the `start`-th on (0 is the first): a block and an offset by prefix sums."""
    for block, there in known.items():
        if start < there:
            return _from(team_id, known, block, None, start, count)
        start -= there
    return []


def following(team_id: str, known: Mapping[int, int], after: Place, count: int) -> list[Record]:
    """Return the `count` members that come next in join order, however many left or came before."""
    return _from(team_id, known, after[0], after[1], 0, count)


def _from(team_id: str, known: Mapping[int, int], block: int, after: str | None, skip: int, count: int) -> list[Record]:
    found: list[Record] = []
    for number in (one for one in known if one >= block and known[one]):
        begin = after if number == block else None
        found += _of_block(team_id, number, begin, skip if number == block else 0, count - len(found))
        if len(found) >= count:
            break
    return found


def _of_block(team_id: str, block: int, after: str | None, skip: int, count: int) -> list[Record]:
    """Read rows and what is said of them, at once; those before the page are only counted."""
    if count <= 0:
        return []
    while skip:
        seen = Ask(row(team_id, block, _ANYBODY).pk, after=after, limit=skip, where=_SEEN_BY_SCIM, count_only=True)
        passed = query(seen)
        skip, after = skip - passed.count, passed.last
        if after is None:
            return []
    rows = partial(_rows, team_id, block, after, count)
    wanted, first = both(rows, partial(_said, team_id, block, after=after, limit=count))
    said = first.items
    if wanted and first.last is not None and first.last < wanted[-1]["SK"]["S"]:  # the table's pages end at a megabyte
        said = [*said, *_said(team_id, block, after=first.last, upto=wanted[-1]["SK"]["S"]).items]
    texts = {raw["SK"]["S"]: raw for raw in said}
    return [record_of(raw, texts.get(raw["SK"]["S"])) for raw in wanted]


def _rows(team_id: str, block: int, after: str | None, count: int, *, consistent: bool = False) -> list[Wire]:
    """Return the first `count` rows that SCIM sees; those that it does not are few, so more are rarely read."""
    found: list[Wire] = []
    while True:
        rows = query(Ask(row(team_id, block, _ANYBODY).pk, after=after, limit=count, consistent=consistent))
        found += [raw for raw in rows.items if roster.STATUS[Status.REMOVING] not in raw["g"]["S"]]
        if len(found) >= count or not rows.more:
            return found[:count]
        after = rows.last


def _said(
    team_id: str, block: int, *, after: str | None = None, limit: int | None = None, upto: str | None = None
) -> Rows:
    partition = description(team_id, block, _ANYBODY).pk
    return query(Ask(partition, after=after, limit=limit, upto=upto))


def _all_said(team_id: str, block: int, *, consistent: bool) -> list[Wire]:
    return query(Ask(description(team_id, block, _ANYBODY).pk, consistent=consistent)).items


def everyone(team_id: str, known: Mapping[int, int], *, texts: bool, consistent: bool = False) -> list[Record]:
    """Return all members in join order, with what is said of them or without; several blocks at once.

    Who decides on it asks for it to be `consistent` (I32).
    """
    blocks = [block for block, there in known.items() if there]
    asks: list[Callable[[], list[Wire]]] = [
        partial(_rows, team_id, block, None, roster.BLOCK_ROWS * 2, consistent=consistent) for block in blocks
    ]
    if texts:
        asks += [partial(_all_said, team_id, block, consistent=consistent) for block in blocks]
    answers = wave(asks) if asks else []
    said = {(raw["PK"]["S"][-5:], raw["SK"]["S"]): raw for rows in answers[len(blocks) :] for raw in rows}
    found = [raw for rows in answers[: len(blocks)] for raw in rows]
    return [record_of(raw, said.get((raw["PK"]["S"][-5:], raw["SK"]["S"]))) for raw in found]


def places(team_id: str, wanted: Iterable[tuple[int, str]]) -> list[Record]:
    """Return the members of these blocks and ids, those who are there and whom SCIM sees, in the order asked."""
    asked = list(dict.fromkeys(wanted))
    found = read(key for block, member_id in asked for key in place_keys(team_id, block, member_id))
    return [record for block, member_id in asked if (record := at(found.items, team_id, block, member_id)) is not None]


def place_keys(team_id: str, block: int, member_id: str) -> tuple[Key, Key]:
    """Return the keys of a member's row and of what is said of them."""
    return row(team_id, block, member_id), description(team_id, block, member_id)


def at(items: Mapping[Key, Wire], team_id: str, block: int, member_id: str) -> Record | None:
    """Return the member of a block from what was read; None for somebody whom SCIM does not see."""
    of_row, of_text = place_keys(team_id, block, member_id)
    raw = items.get(of_row)
    if raw is None or roster.STATUS[Status.REMOVING] in raw["g"]["S"]:
        return None
    return record_of(raw, items.get(of_text))


def with_address(team_id: str, address: str) -> Sequence[str]:
    """Return the ids of the members who have an address (hashed) beside their own."""
    partition = keys.further_address(team_id, address, _ANYBODY).pk
    return [ids.from_code("mem", raw["SK"]["S"]) for raw in query(Ask(partition, consistent=True)).items]


def record_of(raw: Wire, said: Wire | None) -> Record:
    """Return a member from the row and the description as the wire has them: a hundred of these make a page."""
    code = raw["SK"]["S"]
    member_id = ids.from_code("mem", code)
    modified = raw.get("m", {}).get("N")
    said = said or {}
    return Record(
        id=member_id,
        block=int(raw["PK"]["S"][-5:]),
        name=raw["n"]["S"],
        email=raw["e"]["S"],
        active=roster.STATUS[Status.ACTIVE] in raw["g"]["S"],
        version=int(raw["v"]["N"]),
        role=_ROLES[raw["g"]["S"][0]],
        modified=epoch_ms(ids.made_at(member_id)) if modified is None else int(modified),
        text=said.get("d", {}).get("S"),
        groups=tuple(sorted(said.get("g", {}).get("SS", ()))),
    )
