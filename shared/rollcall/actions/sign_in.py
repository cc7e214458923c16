"""Sign in to a team by password (C1, C3): one answer for everybody who may not, at the same cost."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import sha256

from rollcall.actions import budgets
from rollcall.actions.call import Call
from rollcall.actions.sessions import current, in_place_of, new_session, own_session
from rollcall.auth import passwords
from rollcall.auth.authenticate import Identity
from rollcall.auth.secrets import Secret
from rollcall.domain import members
from rollcall.domain.changes import Change
from rollcall.domain.errors import NotFound, TooManyRequests, Unauthenticated
from rollcall.domain.founding import SLUG
from rollcall.domain.invitations import EMAIL
from rollcall.domain.members import Member, Session
from rollcall.domain.permissions import Actor, CredentialKind
from rollcall.domain.sso_connections import SsoConnection, usable
from rollcall.domain.teams import LONGEST_SLUG, Team
from rollcall.domain.text import TypedPassword
from rollcall.mail.address import Address
from rollcall.storage import keys
from rollcall.storage.keys import Key
from rollcall.storage.reads import Found, read
from rollcall.storage.sso_connections import sso_connections_of
from rollcall.storage.waves import both, wave

NOBODY = "team_" + "0" * 26
NO_TEAM = "There is no team at this address. Check its spelling."


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


@dataclass(frozen=True, slots=True)
class Options:
    """How people sign in to a team: what it allows, and the connections that are on, oldest first."""

    team: Team
    connections: list[SsoConnection]


@dataclass(frozen=True, slots=True)
class Tried:
    """Who tries to sign in, as far as there is anybody, and what is known of the address."""

    who: str
    team: Team | None
    member: Member | None
    known_key: Key
    known: bool
    found: Found

    @property
    def stored(self) -> str | None:
        """Return the hash that a password may open, None where none may."""
        usable = self.team is not None and self.team.passwords_open and self.member is not None
        return self.member.password_hash if self.member and usable and self.member.is_active else None

    @property
    def nobody(self) -> str | None:
        """Return for the log why there is nobody who could be let in."""
        if self.team is None:
            return "unknown_team"
        if self.member is None:
            return "unknown_address"
        return None if self.member.is_active else "deactivated"

    @property
    def reason(self) -> str:
        """Return for the log why nobody is let in by password."""
        if self.nobody is not None:
            return self.nobody
        if self.team and not self.team.passwords_open:
            return "passwords_off"
        return "no_password" if self.stored is None else "wrong_password"


def sign_in(call: Call, slug: str, given: Credentials, brought: Secret | None = None) -> SignedIn:
    """Open a session. Unknown team, unknown address, wrong password, deactivated, without a password: the same 401.

    Each of them costs three readings, one taking of budgets and one hash; raises TooManyRequests before the hash.
    `brought` is the session that a browser had before; a live one ends with the same change (case 66).
    """
    who = tried(call, slug, given.email.key)
    taken = budgets.of(who.who, call.address or "", who.stored, known=who.known, now=call.now)
    empty = budgets.take(taken, call.now)
    if empty is not None:
        call.note(reason="throttled", budget=empty.scope)
        raise TooManyRequests(budgets.wait(call.now))
    right = passwords.verify(given.password, who.stored)
    if not right or who.member is None or who.team is None:
        call.note(reason=who.reason)
        raise Unauthenticated("The address or the password is not right.")
    settlement = budgets.settlement(taken, who.known_key, call.now)
    signed_in = _open(call, (who.member, who.team), given.password, current(brought, call.now), settlement)
    call.note(reason="signed_in", actor=signed_in.member.id)
    return signed_in


def _open(
    call: Call,
    who: tuple[Member, Team],
    password: str,
    brought: Identity | None,
    settlement: Sequence[Callable[[], None]],
) -> SignedIn:
    """Commit the session and, at the same time, the marks of the success: the password was right whatever comes."""
    member, team = who
    anew = passwords.hashed(password) if passwords.outdated(member.password_hash or "") else None
    change, signed_in = opening(call, member, team, "password", brought, anew)
    writes: list[Callable[[], None]] = [partial(call.commit, change, signed_in), *settlement]
    wave(writes)
    return signed_in


def opening(
    call: Call, member: Member, team: Team, via: str, brought: Identity | None, anew: str | None = None
) -> tuple[Change, SignedIn]:
    """Return the change that opens a session and ends the one that the browser `brought` (case 66), and the session.

    `anew` is the hash of the same password under newer parameters.
    """
    text, key, session = new_session(call, member.id, team, via)
    actor = Actor(team.id, member.id, member.email, member.name, member.role, CredentialKind.SESSION, session.id)
    own = own_session(brought, member.id)
    change = members.open_session(member, key, session, actor, team.settings.sessions_max, call.now, anew, own)
    return in_place_of(brought, member.id, change), SignedIn(text, session, member, team)


def tried(call: Call, slug: str, email_key: str, *also: Callable[[str], Key]) -> Tried:
    """Read who it is, and of their team what else is asked for; where there is nobody the same reads are made (I30)."""
    slug = slug[: LONGEST_SLUG + 1]
    holder = _holder(slug)
    team_id = holder or NOBODY
    who = f"{holder or slug}\0{email_key}"
    known_key = budgets.known_key(who, call.address or "")
    found = read(
        [keys.team(team_id), keys.claim(EMAIL, team_id, email_key), known_key, *(key(team_id) for key in also)]
    )
    team = found.team(team_id)
    team = team if team is not None and team.alive else None
    named = found.holder(EMAIL, team_id, email_key)
    member_id = named if named and named.startswith("mem_") else "mem_" + "0" * 26
    person = read([keys.member(team_id, member_id)])
    found = Found({**found.items, **person.items})
    member = found.member(team_id, member_id) if team else None
    about = member.id if member else sha256(who.encode()).hexdigest()[:16]
    call.note(about=about, team=team.id if team else None)
    return Tried(who, team, member, known_key, found.noted(known_key, call.now), found)


def team_by_slug(slug: str) -> Team | None:
    """Return the living team of a slug."""
    holder = _holder(slug)
    return _living(holder) if holder else None


def options(slug: str) -> Options:
    """Return how people sign in to a team (public); its connections cost no further round trip. Raises NotFound."""
    holder = _holder(slug)
    if holder is None:
        raise NotFound(NO_TEAM)
    team, connections = both(partial(_living, holder), partial(sso_connections_of, holder))
    if team is None:
        raise NotFound(NO_TEAM)
    return Options(team, usable(connections))


def _holder(slug: str) -> str | None:
    """Return whose slug it is; text longer than any is cut, because the table takes no longer keys."""
    slug = slug[: LONGEST_SLUG + 1]
    return read([keys.claim(SLUG, NOBODY, slug)]).holder(SLUG, NOBODY, slug)


def _living(team_id: str) -> Team | None:
    team = read([keys.team(team_id)]).team(team_id)
    return team if team is not None and team.alive else None
