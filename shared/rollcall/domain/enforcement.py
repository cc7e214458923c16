"""The enforcement of single sign-on (C5): who switches it, on what it rests, and whom it cuts off."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from rollcall.domain.changes import Change, Covered, Letter, Step, Updated
from rollcall.domain.errors import SsoUntested
from rollcall.domain.events import Action, Deed
from rollcall.domain.permissions import Actor, Role
from rollcall.domain.sso_connections import SsoConnection, stands
from rollcall.domain.team_changes import subject
from rollcall.domain.teams import Team
from rollcall.domain.times import rfc3339

NO_BREAK_GLASS = "no_break_glass_codes"


class Reason(StrEnum):
    """Why a member cannot come in by SSO yet: nothing links them, and their address cannot."""

    NO_EMAIL = "no_email"
    DOMAIN_NOT_PROVEN = "domain_not_proven"


@dataclass(frozen=True, slots=True)
class CutOff:
    """A member whom enforcement leaves without a way in."""

    id: str
    email: str
    name: str
    reason: Reason


def reason(email: str, proven: frozenset[str]) -> Reason | None:
    """Return why a member who was never signed in by SSO cannot be, None where their address links them."""
    if not email:
        return Reason.NO_EMAIL
    return None if email.rpartition("@")[2].lower() in proven else Reason.DOMAIN_NOT_PROVEN


def foundation(held: Sequence[SsoConnection], owners: frozenset[str]) -> SsoConnection:
    """Return a connection that enforcement may rest on: an owner, active today, has tried it. Raises SsoUntested."""
    for one in held:
        if stands(one) and one.tested is not None and one.tested.member_id in owners:
            return one
    raise SsoUntested


def enforce(
    team: Team, rests_on: SsoConnection, letters: Sequence[Letter], actor: Actor, now: datetime
) -> tuple[Change, Team]:
    """Enforce SSO: from now on no session made by a password counts, nor does any of before when this has ended."""
    change, after = _switch(team, actor, now, on=True)
    steps: tuple[Step, ...] = change.steps
    if rests_on.tested is not None:
        steps = (*steps, Covered(team.id, rests_on.tested.member_id, Role.OWNER))
    return replace(change, steps=steps, letters=tuple(letters)), after


def release(team: Team, actor: Actor, now: datetime) -> tuple[Change, Team]:
    """Stop enforcing SSO; sessions and password links of before stay dead."""
    return _switch(team, actor, now, on=False)


def _switch(team: Team, actor: Actor, now: datetime, *, on: bool) -> tuple[Change, Team]:
    after = replace(team, sso_enforced=on, sso_switched_at=now, version=team.version + 1)
    action = Action.SSO_ENFORCED if on else Action.SSO_RELEASED
    told, tells = {"sso_enforced": not on}, {"sso_enforced": on, "switched_at": rfc3339(now)}
    return Change(steps=(Updated(team, after),), deeds=(Deed(action, actor, subject(team), told, tells),)), after
