"""Making break-glass codes (C5): an owner's own ones, in the place of all that they had."""

from dataclasses import dataclass
from datetime import datetime

from rollcall.actions.call import Call
from rollcall.auth import break_glass as codes
from rollcall.domain import break_glass
from rollcall.storage import keys
from rollcall.storage.keys import Key

HOW_MANY = 10


@dataclass(frozen=True, slots=True)
class MadeCodes:
    """New codes, shown this once."""

    codes: tuple[str, ...]
    made_at: datetime


def reads(team_id: str) -> list[Key]:
    """Name what making codes looks at: those that there are, and who owns the team."""
    return [keys.break_glass(team_id), keys.owners(team_id)]


def make_codes(call: Call) -> MadeCodes:
    """Make ten codes for the calling owner; their earlier ones are void at once."""
    owner, found = call.known.member, call.found
    texts = tuple(codes.compose(call.random_bytes(codes.CODE_BYTES)) for _ in range(HOW_MANY))
    hashes = [codes.digest(owner.team_id, owner.id, text) for text in texts]
    held, owners = found.break_glass(owner.team_id), found.owners(owner.team_id)
    change, made = break_glass.make(held, owner, hashes, owners, call.actor, call.now)
    result = MadeCodes(texts, made.made_at)
    call.commit(change, result)
    return result
