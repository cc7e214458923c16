"""Switch the enforcement of single sign-on (C5): on only where an owner has come in by it, and a look at who cannot."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice

from rollcall.actions import owners
from rollcall.actions.call import Call
from rollcall.domain import enforcement
from rollcall.domain.changes import Change
from rollcall.domain.enforcement import CutOff
from rollcall.domain.errors import NotCovered, SsoUntested
from rollcall.domain.teams import Team
from rollcall.mail.address import canonical
from rollcall.storage import keys
from rollcall.storage.everybody import unlinked
from rollcall.storage.keys import Key
from rollcall.storage.reads import domains_of
from rollcall.storage.sso_connections import sso_connections_of

MOST_NAMED = 200
MOST_TOLD = 50
NOTICE = "sso_enforced"


@dataclass(frozen=True, slots=True)
class Enforcement:
    """Whether single sign-on is to be the only way in, but for break-glass codes and tokens."""

    enforced: bool


@dataclass(frozen=True, slots=True)
class Switched:
    """The team as it is now or, looked at before, would be; whom enforcement cuts off, the first of them by name."""

    team: Team
    total: int
    cut_off: tuple[CutOff, ...]
    warnings: tuple[str, ...]


def reads(team_id: str) -> list[Key]:
    """Name what the switch looks at beside the team."""
    return [keys.owners(team_id), keys.break_glass(team_id), keys.open_blocks(team_id)]


def switch(call: Call, wanted: Enforcement, *, only_look: bool) -> Switched:
    """Enforce single sign-on or stop doing so; what is so already is no change. Raises StaleVersion, SsoUntested."""
    call.check_version(call.team.version)
    if only_look:
        return _told(call, replace(call.team, sso_enforced=wanted.enforced))
    change, after = _decided(call, enforced=wanted.enforced)
    switched = _told(call, after)
    try:
        call.commit(change, switched)
    except NotCovered:
        raise SsoUntested from None  # who tried it stopped being an owner at this moment
    return switched


def _decided(call: Call, *, enforced: bool) -> tuple[Change, Team]:
    team, now = call.team, call.now
    if team.sso_enforced == enforced:
        return Change(), team
    if not enforced:
        return enforcement.release(team, call.actor, now)
    active = call.found.owners(team.id)
    rests_on = enforcement.foundation(sso_connections_of(team.id), active)
    letters = owners.to_owners(call, team.id, active, NOTICE, {"by": call.actor.email or ""}, MOST_TOLD)
    return enforcement.enforce(team, rests_on, letters, call.actor, now)


def _told(call: Call, after: Team) -> Switched:
    """Say whom the team as it is to be leaves without a way in, and which way of the owners is missing."""
    if not after.sso_enforced:
        return Switched(after, 0, (), ())
    found = _cut_off(call)
    named = tuple(islice(found, MOST_NAMED))
    total = len(named) + sum(1 for _ in found)
    warnings = () if _has_break_glass(call) else (enforcement.NO_BREAK_GLASS,)
    return Switched(after, total, named, warnings)


def _cut_off(call: Call) -> Iterator[CutOff]:
    team_id = call.team.id
    proven = frozenset(domain.name for domain in domains_of(team_id) if domain.proven)
    for member_id, email, name in unlinked(team_id, call.found.open_blocks(team_id)):
        reason = enforcement.reason(email if email.isascii() else canonical(email).key, proven)
        if reason is not None:
            yield CutOff(member_id, email, name, reason)


def _has_break_glass(call: Call) -> bool:
    """Tell whether an active owner has a code that was not used."""
    team_id = call.team.id
    held = call.found.break_glass(team_id)
    active = call.found.owners(team_id)
    return held is not None and any(codes.hashes for owner, codes in held.codes.items() if owner in active)
