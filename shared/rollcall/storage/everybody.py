"""Everybody of a team with their credentials: a look before a policy changes, never a request's own reading."""

from functools import partial

from rollcall.domain import ids
from rollcall.domain.members import Member
from rollcall.storage import keys
from rollcall.storage.reads import BATCH, read
from rollcall.storage.waves import Ask, query, wave

_ANY = "mem_" + "0" * 26


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


def _members(team_id: str, member_ids: list[str]) -> list[Member]:
    reading = read([keys.member(team_id, member_id) for member_id in member_ids])
    members = (reading.member(team_id, member_id) for member_id in member_ids)
    return [member for member in members if member is not None]
