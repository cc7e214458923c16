"""Letters to the owners of a team, of what is theirs to mend or to know: credentials that end, codes that were used."""

from collections.abc import Mapping

from rollcall.actions.call import Call
from rollcall.domain.changes import Letter

MOST_TOLD = 10


def to_owners(
    call: Call, team_id: str, owners: frozenset[str], kind: str, about: Mapping[str, str], most: int = MOST_TOLD
) -> tuple[Letter, ...]:
    """Return one letter for each of the owners, the `most` who joined first where there are more."""
    told = sorted(owners)[:most]
    return tuple(Letter(call.new_id("let"), kind, team_id, owner, 0, call.now, dict(about)) for owner in told)
