"""Accept an invitation by its link, or look at it first (J2-J4, I5-I7, I9)."""

import random
from dataclasses import dataclass, replace

from rollcall.actions.call import Call, system
from rollcall.actions.sessions import new_session
from rollcall.actions.ways_in import ways_in
from rollcall.auth import links, passwords
from rollcall.auth.secrets import Secret
from rollcall.domain import invitations, renewals
from rollcall.domain.errors import (
    Flaw,
    Gone,
    Invalid,
    LinkExpired,
    LinkRevoked,
    LinkUnknown,
    NotCovered,
    SsoRequired,
    WrongAccount,
)
from rollcall.domain.invitations import Invitation, Via
from rollcall.domain.members import Member, RoleSource, Session, Source
from rollcall.domain.sso_connections import SsoConnection, usable
from rollcall.domain.teams import Team
from rollcall.domain.text import LinkText, NewPassword, PersonName
from rollcall.storage import keys
from rollcall.storage.keys import Key
from rollcall.storage.reads import invitation_keys
from rollcall.storage.sso_connections import sso_connections_of


@dataclass(frozen=True, slots=True)
class Link:
    """The token of a mailed or copied link."""

    token: LinkText


@dataclass(frozen=True, slots=True)
class Acceptance:
    """How the person joins; role and products come from the invitation alone (I16)."""

    token: LinkText
    name: PersonName
    password: NewPassword | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """A live link's invitation, its team with the connections that sign people in, and the way it came."""

    invitation: Invitation
    team: Team
    via: Via
    connections: tuple[SsoConnection, ...] = ()


@dataclass(frozen=True, slots=True)
class Joined:
    """The new member and, if they chose a password, their first session with its text."""

    member: Member
    team: Team
    session: tuple[str, Session] | None


def reads(token: Secret) -> list[Key]:
    """Name what judging the link needs, all of it known from its locator."""
    team_id = token.team_id
    return [keys.team(team_id), *invitation_keys(team_id, token.owner_id), keys.open_blocks(team_id)]


def connections(team_id: str) -> tuple[SsoConnection, ...]:
    """Read the connections that sign people in to the team; whoever looks at a link reads them beside, at once."""
    return tuple(usable(sso_connections_of(team_id)))


def with_connections(seen: Seen) -> Seen:
    """Return the same with the team's connections, read only now."""
    return replace(seen, connections=connections(seen.team.id))


def inspect(call: Call, token: Secret, link_keys: list[bytes]) -> Seen:
    """Return what the link stands for; changes nothing (I7). Raises Gone with the reason for a true but dead link."""
    team = call.found.team(token.team_id)
    invitation = call.found.invitation(token.team_id, token.owner_id)
    if token.kind != "inv" or team is None or not team.alive or invitation is None:
        raise LinkUnknown
    verified = links.invitation_of(link_keys, token, invitation)
    if verified is None:
        raise LinkUnknown
    generation, via = verified
    beside = call.found.beside
    seen = Seen(invitation, team, via, beside if isinstance(beside, tuple) else ())
    try:
        invitations.check_link(invitation, generation, call.now)
    except Gone as dead:
        dead.about = seen
        raise
    return seen


def ask_again(call: Call, token: Secret, link_keys: list[bytes]) -> Seen:
    """Ask for a new link in place of an expired one, whichever of its generations it is (I7).

    Raises StillValid, or Gone for what cannot be renewed.
    """
    try:
        seen = inspect(call, token, link_keys)
    except LinkExpired as dead:
        if not isinstance(dead.about, Seen):
            raise
        seen = dead.about
    call.commit(renewals.ask_again(seen.invitation, call.new_id("let"), call.now), seen)
    return seen


def accept(call: Call, token: Secret, acceptance: Acceptance, link_keys: list[bytes], base_url: str) -> Joined:
    """Make the invited person a member with the invited role and what is left of the invited products.

    Raises Gone for a dead link, WrongAccount, SsoRequired, Invalid for a password that is missing, weak or not asked
    for; in each case the invitation stays as it was. One that its inviter could not grant any more is withdrawn.
    """
    seen = inspect(call, token, link_keys)
    invitation, team = seen.invitation, seen.team
    _check_account(call, invitation)
    if team.sso_enforced:
        raise _elsewhere(with_connections(seen), base_url, token)
    password_hash = _password(acceptance, invitation, team)
    member = _member(call, seen, acceptance.name, password_hash)
    session = new_session(call, member.id, team, "password") if password_hash else None
    if session is not None:
        member = replace(member, sessions={session[1]: session[2]})
    joined = Joined(member, team, (session[0], session[2]) if session else None)
    try:
        call.commit(invitations.accept(invitation, member, seen.via, call.now), joined)
    except NotCovered:
        raise _withdrawn(call, seen) from None
    return joined


def _elsewhere(seen: Seen, base_url: str, token: Secret) -> SsoRequired:
    """Say where people join who may not join here; the invitation travels along (J4)."""
    ways = ways_in(seen.connections, base_url, token.text)
    start = ways[0].start if ways else f"/t/{seen.team.slug}"
    refused = SsoRequired(extra={"start": start, "providers": [way.told for way in ways]})
    refused.about = seen
    return refused


def _withdrawn(call: Call, seen: Seen) -> LinkRevoked:
    """Withdraw what its inviter could not grant any more; a refusal, so no answer is kept for a replay (I16)."""
    change = invitations.revoke(seen.invitation, system(seen.team.id), call.now)
    call.unkept().commit(change)
    dead = LinkRevoked()
    dead.about = seen
    return dead


def _check_account(call: Call, invitation: Invitation) -> None:
    if call.caller is not None and call.caller.member.email_key != invitation.email_key:
        raise WrongAccount(extra={"signed_in_as": call.caller.member.email, "invited": invitation.email})


def _password(acceptance: Acceptance, invitation: Invitation, team: Team) -> str | None:
    given = acceptance.password
    if given is None and invitation.send_password_email and team.passwords_open:
        raise Invalid(Flaw("/password", "Choose a password."))
    if given is None:
        return None
    if not (invitation.send_password_email and team.passwords_open):
        raise Invalid(Flaw("/password", "No password is asked for here: leave it out."))
    passwords.check(given, *passwords.context(team, invitation.email_key, acceptance.name))
    return passwords.hashed(given)


def _member(call: Call, seen: Seen, name: str, password_hash: str | None) -> Member:
    invitation = seen.invitation
    return Member(
        id=call.new_id("mem"),
        team_id=invitation.team_id,
        email=invitation.email,
        email_key=invitation.email_key,
        name=name,
        role=invitation.role,
        role_source=RoleSource.INVITATION,
        source=Source.INVITED,
        created_at=call.now,
        products=invitation.products.within(seen.team),
        email_verified=seen.via is Via.MAILED,
        block=random.choice(call.found.open_blocks(invitation.team_id)),  # noqa: S311 spreads load, hides nothing
        password_hash=password_hash,
    )
