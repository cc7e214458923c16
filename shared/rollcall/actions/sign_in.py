"""Sign in to a team by password (C1, C3): one answer for everybody who may not, at the same cost."""

from dataclasses import dataclass
from datetime import timedelta

from rollcall.actions.call import Call
from rollcall.actions.sessions import new_session
from rollcall.auth import passwords
from rollcall.domain import members
from rollcall.domain.errors import NotFound, TooManyRequests, Unauthenticated
from rollcall.domain.founding import SLUG
from rollcall.domain.invitations import EMAIL
from rollcall.domain.members import Member, Session
from rollcall.domain.permissions import Actor, CredentialKind
from rollcall.domain.teams import LONGEST_SLUG, Team
from rollcall.domain.text import TypedPassword
from rollcall.mail.address import Address
from rollcall.storage import keys, marks
from rollcall.storage.keys import Key
from rollcall.storage.reads import read

WINDOW = timedelta(minutes=15)
TRIES_PER_MEMBER = 10
TRIES_PER_ADDRESS = 100
_NOBODY = "team_" + "0" * 26


@dataclass(frozen=True, slots=True)
class Credentials:
    """An address and its password, as typed."""

    email: Address
    password: TypedPassword


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A new session with its text, shown once."""

    text: str
    session: Session
    member: Member
    team: Team


def sign_in(call: Call, slug: str, given: Credentials) -> SignedIn:
    """Open a session. Unknown team, unknown address, wrong password, deactivated, without a password: the same 401."""
    team = team_by_slug(slug)
    member = _member(team, given.email.key)
    throttles = _throttles(call, slug, given.email.key)
    for key, limit in throttles:
        if not marks.spend(key, limit, call.now):
            raise TooManyRequests(int(WINDOW.total_seconds()))
    allowed = member is not None and member.is_active and team is not None and team.passwords_open
    right = passwords.verify(given.password, member.password_hash if member and allowed else None)
    if not right or member is None or team is None:
        raise Unauthenticated("The address or the password is not right.")
    for key, _ in throttles:
        marks.refund(key)
    return _open(call, member, team)


def _open(call: Call, member: Member, team: Team) -> SignedIn:
    text, key, session = new_session(call, member, team, "password")
    actor = Actor(team.id, member.id, member.email, member.name, member.role, CredentialKind.SESSION, session.id)
    signed_in = SignedIn(text, session, member, team)
    change = members.open_session(member, key, session, actor, team.settings.sessions_max, call.now)
    call.commit(change, signed_in)
    return signed_in


def team_by_slug(slug: str) -> Team | None:
    """Return the living team of a slug; text longer than any is cut, because the table takes no longer keys."""
    slug = slug[: LONGEST_SLUG + 1]
    holder = read([keys.claim(SLUG, _NOBODY, slug)]).holder(SLUG, _NOBODY, slug)
    team = read([keys.team(holder)]).team(holder) if holder else None
    return team if team is not None and team.alive else None


def options(slug: str) -> dict[str, object]:
    """Return how people sign in to a team (public)."""
    team = team_by_slug(slug)
    if team is None:
        raise NotFound
    return {"team": {"slug": team.slug, "name": team.name}, "password": team.passwords_open, "providers": []}


def _member(team: Team | None, email_key: str) -> Member | None:
    """Return the member of an address; where there is none the same reads are made (I30)."""
    team_id = team.id if team else _NOBODY
    holder = read([keys.claim(EMAIL, team_id, email_key)]).holder(EMAIL, team_id, email_key)
    member_id = holder if holder and holder.startswith("mem_") else "mem_" + "0" * 26
    return read([keys.member(team_id, member_id)]).member(team_id, member_id)


def _throttles(call: Call, slug: str, email_key: str) -> list[tuple[Key, int]]:
    window = marks.window(call.now, WINDOW)
    return [
        (keys.throttle("member", f"{slug}\0{email_key}", window), TRIES_PER_MEMBER),
        (keys.throttle("address", call.address or "", window), TRIES_PER_ADDRESS),
    ]
