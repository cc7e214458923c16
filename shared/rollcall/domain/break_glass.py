"""Break-glass codes: an owner's way in when the identity provider or the passwords are no way (C5); hashes only."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from rollcall.domain.changes import Change, Created, Updated
from rollcall.domain.events import Action, Deed
from rollcall.domain.members import Member
from rollcall.domain.permissions import Actor
from rollcall.domain.times import rfc3339


@dataclass(frozen=True, slots=True)
class Codes:
    """What is kept of one owner's codes: when they were made, at which version of the owner, and what was not used.

    The version tells codes from before somebody stopped being an owner: those do not come back with the role (M7).
    """

    made_at: datetime
    hashes: tuple[str, ...] = field(repr=False)
    version: int = 0

    @property
    def facts(self) -> dict[str, object]:
        """Return what an audit event keeps of them."""
        return {"made_at": rfc3339(self.made_at), "codes": len(self.hashes)}


@dataclass(frozen=True, slots=True)
class BreakGlass:
    """The codes of a team's owners, by the owner's id; `version` rises with each change."""

    team_id: str
    codes: Mapping[str, Codes]
    version: int = 1


def make(
    before: BreakGlass | None,
    owner: Member,
    hashes: Sequence[str],
    owners: Collection[str],
    actor: Actor,
    now: datetime,
) -> tuple[Change, Codes]:
    """Give an owner codes in the place of all that they had; those of whoever owns the team no more are dropped."""
    made = Codes(now, tuple(hashes), owner.version)
    held = {} if before is None else before.codes
    kept = {member_id: codes for member_id, codes in held.items() if member_id in owners}
    after = BreakGlass(owner.team_id, {**kept, owner.id: made}, 1 if before is None else before.version + 1)
    step = Created(after) if before is None else Updated(before, after)
    earlier = held.get(owner.id)
    deed = Deed(Action.BREAK_GLASS_MADE, actor, owner.subject, None if earlier is None else earlier.facts, made.facts)
    return Change(steps=(step,), deeds=(deed,)), made


def use(before: BreakGlass, owner: Member, hashed: str, opened: Change) -> tuple[Change, int]:
    """Spend a code on the session that `opened` opens, and return how many are left.

    The event of the use stands in the place of the session's. Two who use one code at once rest on the version.
    """
    codes = before.codes[owner.id]
    left = replace(codes, hashes=tuple(one for one in codes.hashes if one != hashed))
    after = replace(before, codes={**before.codes, owner.id: left}, version=before.version + 1)
    deeds = tuple(_used(deed, len(left.hashes)) for deed in opened.deeds)
    return Change((*opened.steps, Updated(before, after)), deeds=deeds), len(left.hashes)


def _used(deed: Deed, left: int) -> Deed:
    if deed.action is not Action.SESSION_OPENED:
        return deed
    return replace(deed, action=Action.BREAK_GLASS_USED, after={**(deed.after or {}), "codes_left": left})
