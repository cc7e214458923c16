"""Sign in to a team by a break-glass code (C5, case 43): whatever the team has enforced, and never in silence."""

from dataclasses import dataclass, replace
from functools import partial

from rollcall.actions import budgets
from rollcall.actions.call import Call
from rollcall.actions.owners import to_owners
from rollcall.actions.sessions import current
from rollcall.actions.sign_in import SignedIn, Tried, opening, tried
from rollcall.auth import break_glass as codes
from rollcall.auth.secrets import Secret
from rollcall.domain import break_glass
from rollcall.domain.break_glass import BreakGlass
from rollcall.domain.changes import Letter
from rollcall.domain.errors import Forbidden, TooManyRequests, Unauthenticated
from rollcall.domain.members import Member
from rollcall.domain.teams import Team
from rollcall.domain.text import TypedPassword
from rollcall.domain.times import rfc3339
from rollcall.mail.address import Address
from rollcall.storage import keys, marks
from rollcall.storage.waves import both

MOST_ALARMED = 50


@dataclass(frozen=True, slots=True)
class GlassCode:
    """An owner's address and one of their break-glass codes, in any spelling."""

    email: Address
    code: TypedPassword


@dataclass(frozen=True, slots=True)
class Right:
    """A right code: all of its team's codes, whose it is, and its hash."""

    held: BreakGlass
    owner: Member
    team: Team
    hashed: str


def sign_in_by_code(call: Call, slug: str, given: GlassCode, brought: Secret | None = None) -> SignedIn:
    """Open a session and spend the code. Whoever has no right code gets a 401 as by password, at one cost (I30).

    Five failures of an address at a team close this door for it: raises TooManyRequests before anything is judged.
    Raises Forbidden for a right code with the address of an active member who is no owner. `brought` is as in sign_in.
    """
    who = tried(call, slug, given.email.key, keys.break_glass, keys.owners)
    budget = budgets.of_break_glass(who.team.id if who.team else slug, call.address or "", call.now)
    if not marks.spend(budget.key, budget.limit, call.now, budget.kept):
        call.note(reason="throttled", budget=budget.scope)
        raise TooManyRequests(budgets.wait(call.now))
    right = _judged(call, who, given.code)
    opened, signed_in = opening(call, right.owner, right.team, "break_glass", current(brought, call.now))
    change, left = break_glass.use(right.held, right.owner, right.hashed, opened)
    change = replace(change, letters=_alarm(call, who, right.owner, left))
    both(partial(call.commit, change, signed_in), partial(marks.refund, budget.key))
    call.note(reason="signed_in", actor=right.owner.id)
    return signed_in


def _judged(call: Call, who: Tried, typed: str) -> Right:
    team, member = who.team, who.member
    held = who.found.break_glass(team.id) if team else None
    matched = codes.match(held, typed) if held else None
    if team and held and matched and member and member.is_active:
        owner_id, hashed = matched
        if not member.owns:
            call.note(reason="no_owner")
            raise Forbidden
        if owner_id == member.id and held.codes[owner_id].version >= who.found.owner_since(member):
            return Right(held, member, team, hashed)
    call.note(reason=who.nobody or "wrong_code")
    raise Unauthenticated("The address or the code is not right.")


def _alarm(call: Call, who: Tried, owner: Member, left: int) -> tuple[Letter, ...]:
    """Return the letters that tell every owner, the one who signed in as well."""
    owners = who.found.owners(owner.team_id)
    about = {"email": owner.email, "name": owner.name, "at": rfc3339(call.now), "left": str(left)}
    return to_owners(call, owner.team_id, owners, "break_glass_used", about, MOST_ALARMED)
