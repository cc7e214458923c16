"""The member list: pages in join order or by name, filtered, searched, with the exact total of matches (M1, M2).

Totals for roles, statuses and products come from the headers, never from counting a page; what headers do not count
(text, source) is counted in all blocks at once.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial, reduce

from pynamodb.expressions.condition import Condition

from rollcall.domain.errors import Flaw, Invalid
from rollcall.domain.members import Source, Status
from rollcall.domain.permissions import Role
from rollcall.storage import roster
from rollcall.storage.items import RowItem
from rollcall.storage.keys import header, row
from rollcall.storage.table import Wire
from rollcall.storage.waves import Ask, Rows, query, wave

BLOCKS_READ_WHOLE = 4
BLOCKS_SORTED = 10
CHARACTERS_SORTED = 100
ONE_MISMATCH_IN = 6


@dataclass(frozen=True, slots=True)
class MemberQuery:
    """Which members, in which order, from where; `text` is folded, `after` is the last sort position seen."""

    role: Role | None = None
    status: Status | None = Status.ACTIVE
    product: str | None = None
    source: Source | None = None
    text: str | None = None
    by_name: bool = False
    limit: int = 50
    after: tuple[str, ...] | None = None

    @property
    def counted(self) -> bool:
        """Tell whether the headers alone give the total."""
        return self.text is None and self.source is None and not self.by_name

    @property
    def plain(self) -> bool:
        """Tell whether nearly every row matches, so that a page is a short read."""
        return self.counted and self.role is None and self.product is None and self.status is not Status.DEACTIVATED


@dataclass(frozen=True, slots=True)
class MemberPage:
    """A page of roster rows, the exact total over all pages, and where the next page starts."""

    rows: list[RowItem]
    total: int
    following: tuple[str, ...] | None


def page(team_id: str, asked: MemberQuery, blocks: int) -> MemberPage:
    """Return one page; `blocks` is how many the roster has (read with the caller's own record)."""
    if asked.by_name:
        return _by_name(team_id, asked, blocks)
    if asked.plain:
        return _plain(team_id, asked, blocks)
    if asked.counted:
        return _counted(team_id, asked)
    return _searched(team_id, asked, blocks)


def _plain(team_id: str, asked: MemberQuery, blocks: int) -> MemberPage:
    """Read somewhat more than the page, and the beginning of the next block, in one wave with the headers."""
    block, after = _position(asked)
    wanted = asked.limit + 1
    ahead = wanted if asked.status is None else wanted + wanted // ONE_MISMATCH_IN
    first = Ask(_partition(team_id, block), after=after, where=_where(asked), limit=ahead)
    starts = [Ask(_partition(team_id, block + 1), where=_where(asked), limit=ahead)] if block + 1 < blocks else []
    headers, *begun = wave([partial(_headers, team_id), *(partial(query, ask) for ask in (first, *starts))])
    counts = _counts(headers, asked)
    known = dict(enumerate(begun, block))
    found: list[Wire] = []
    for number in sorted({block, *(b for b in counts if b > block and counts[b])}):
        rows = known.get(number) or query(Ask(_partition(team_id, number), where=_where(asked), limit=ahead))
        found += rows.items
        if len(found) < wanted and rows.more:
            found += query(Ask(_partition(team_id, number), after=rows.last, where=_where(asked))).items
        if len(found) >= wanted:
            break
    return _cut(found, asked, sum(counts.values()))


def _counted(team_id: str, asked: MemberQuery) -> MemberPage:
    counts = _counts(_headers(team_id), asked)
    start, after = _position(asked)
    needed: list[int] = []
    sure = 0
    for block in sorted(counts):
        if block < start or not counts[block] or sure > asked.limit:
            continue
        needed.append(block)
        sure += counts[block] if block > start or after is None else 0
    found = [raw for rows in _blocks(team_id, asked, needed) for raw in rows.items]
    return _cut(_behind(found, asked), asked, sum(counts.values()))


def _searched(team_id: str, asked: MemberQuery, blocks: int) -> MemberPage:
    start, _ = _position(asked)
    whole = range(start, min(blocks, start + BLOCKS_READ_WHOLE))
    asks = [
        Ask(_partition(team_id, block), where=_where(asked), count_only=block not in whole) for block in range(blocks)
    ]
    answers = wave([partial(query, ask) for ask in asks])
    found = _behind([raw for rows in answers for raw in rows.items], asked)
    total = sum(rows.count for rows in answers)
    rest = [block for block in range(whole.stop, blocks) if answers[block].count]
    while len(found) <= asked.limit and rest:
        found += [raw for rows in _blocks(team_id, asked, rest[:BLOCKS_READ_WHOLE]) for raw in rows.items]
        rest = rest[BLOCKS_READ_WHOLE:]
    return _cut(found, asked, total)


def _by_name(team_id: str, asked: MemberQuery, blocks: int) -> MemberPage:
    if blocks > BLOCKS_SORTED:
        raise Invalid(Flaw("?sort", "Sorting by name works up to 10,000 members; sort by joined."))
    found = [raw for rows in _blocks(team_id, asked, range(blocks)) for raw in rows.items]
    ordered = sorted(found, key=_name_position)
    behind = [raw for raw in ordered if asked.after is None or _name_position(raw) > asked.after]
    return _cut(behind, asked, len(found))


def _cut(found: list[Wire], asked: MemberQuery, total: int) -> MemberPage:
    rows = found[: asked.limit]
    following = None
    if len(found) > asked.limit:
        following = _name_position(rows[-1]) if asked.by_name else _join_position(rows[-1])
    whole = asked.after is None and following is None
    return MemberPage([RowItem.from_raw_data(raw) for raw in rows], len(rows) if whole else total, following)


def _behind(found: list[Wire], asked: MemberQuery) -> list[Wire]:
    return found if asked.after is None else [raw for raw in found if _join_position(raw) > asked.after]


def _join_position(raw: Wire) -> tuple[str, ...]:
    return str(raw["PK"]["S"]).rpartition("#")[2], str(raw["SK"]["S"])


def _name_position(raw: Wire) -> tuple[str, ...]:
    """Return the folded name, cut so that a cursor holds it (folding makes names longer), and the member's code."""
    return str(raw["f"]["S"])[:CHARACTERS_SORTED], str(raw["SK"]["S"])


def _position(asked: MemberQuery) -> tuple[int, str | None]:
    return (0, None) if asked.after is None else (int(asked.after[0]), asked.after[1])


def _partition(team_id: str, block: int) -> str:
    return row(team_id, block, "mem_" + "0" * 26).pk


def _blocks(team_id: str, asked: MemberQuery, blocks: Iterable[int]) -> list[Rows]:
    asks = [Ask(_partition(team_id, block), where=_where(asked)) for block in blocks]
    return wave([partial(query, ask) for ask in asks]) if asks else []


def _headers(team_id: str) -> Rows:
    return query(Ask(header(team_id, 0, 0).pk, upto="9"))


def _counts(headers: Rows, asked: MemberQuery) -> dict[int, int]:
    cells = roster.cells_of(asked.role, asked.status, asked.product)
    counts: dict[int, int] = {}
    for raw in headers.items:
        block = int(str(raw["SK"]["S"]).partition("#")[0])
        counts[block] = counts.get(block, 0) + sum(int(raw[cell]["N"]) for cell in cells if cell in raw)
    return counts


def _where(asked: MemberQuery) -> Condition | None:
    letters = [
        None if asked.role is None else roster.ROLE[asked.role],
        None if asked.source is None else roster.SOURCE[asked.source],
    ]
    parts: list[Condition] = [RowItem.flags.contains(letter) for letter in letters if letter is not None]
    if asked.status is not None:
        shown = [RowItem.flags.contains(roster.STATUS[status]) for status in roster.listed_as(asked.status)]
        parts.append(reduce(lambda a, b: a | b, shown))
    if asked.product is not None:
        parts.append((RowItem.products == "*") | RowItem.products.contains(f",{asked.product},"))
    if asked.text is not None:
        parts.append(RowItem.folded.contains(asked.text))
    return reduce(lambda a, b: a & b, parts) if parts else None
