"""Everybody of a team: a look before a policy changes, never a request's own reading."""

from collections.abc import Iterator, Sequence
from functools import partial

from rollcall.domain import ids
from rollcall.domain.members import Member, Status
from rollcall.storage import keys, roster
from rollcall.storage.items import RowItem
from rollcall.storage.reads import BATCH, read
from rollcall.storage.waves import Ask, query, wave

_ANY = "mem_" + "0" * 26
_UNLINKED = RowItem.flags.contains(roster.STATUS[Status.ACTIVE]) & ~RowItem.flags.contains(roster.LINKED)
_TOGETHER = 4


def everybody(team_id: str, most: int) -> tuple[list[Member], bool]:
    """Return up to `most` members in join order, and whether those are all."""
    blocks = max(read([keys.open_blocks(team_id)]).open_blocks(team_id)) + 1
    found: list[str] = []
    for block in range(blocks):
        if len(found) > most:
            break
        rows = query(Ask(keys.row(team_id, block, _ANY).pk, consistent=True))
        found += [ids.from_code("mem", raw["SK"]["S"]) for raw in rows.items]
    wanted = found[:most]
    batches = [wanted[start : start + BATCH] for start in range(0, len(wanted), BATCH)]
    answers = wave([partial(_members, team_id, batch) for batch in batches])
    return [member for members in answers for member in members], len(found) <= most


def unlinked(team_id: str, open_blocks: Sequence[int]) -> Iterator[tuple[str, str, str]]:
    """Yield id, e-mail address and name of the active members whom no SSO connection knows, in join order.

    Four blocks are read at once, so that a hundred thousand members are neither held together nor waited for one by
    one; as raw rows, because there may be so many.
    """
    blocks = range(max(open_blocks) + 1)
    for start in blocks[::_TOGETHER]:
        asks = [
            Ask(keys.row(team_id, block, _ANY).pk, where=_UNLINKED, consistent=True)
            for block in blocks[start : start + _TOGETHER]
        ]
        for rows in wave([partial(query, ask) for ask in asks]):
            for raw in rows.items:
                yield ids.from_code("mem", raw["SK"]["S"]), raw["e"]["S"], raw["n"]["S"]


def _members(team_id: str, member_ids: list[str]) -> list[Member]:
    reading = read([keys.member(team_id, member_id) for member_id in member_ids])
    members = (reading.member(team_id, member_id) for member_id in member_ids)
    return [member for member in members if member is not None]
