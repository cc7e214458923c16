"""The way between a team's break-glass codes and their item."""

import json

from rollcall.domain import ids
from rollcall.domain.break_glass import BreakGlass, Codes
from rollcall.domain.times import epoch_ms, from_epoch_ms
from rollcall.storage import keys
from rollcall.storage.items import BreakGlassItem
from rollcall.storage.table import Wire


def break_glass_item(held: BreakGlass) -> BreakGlassItem:
    """Return the item."""
    told = {
        ids.code(member_id): {"made": epoch_ms(codes.made_at), "hashes": codes.hashes, "version": codes.version}
        for member_id, codes in sorted(held.codes.items())
    }
    text = json.dumps(told, separators=(",", ":"))
    return BreakGlassItem(*keys.break_glass(held.team_id), text=text, version=held.version)


def break_glass_of(raw: Wire, team_id: str) -> BreakGlass:
    """Return the codes."""
    item = BreakGlassItem.from_raw_data(raw)
    codes = {
        ids.from_code("mem", code): Codes(from_epoch_ms(held["made"]), tuple(held["hashes"]), held["version"])
        for code, held in json.loads(item.text).items()
    }
    return BreakGlass(team_id, codes, int(item.version))
