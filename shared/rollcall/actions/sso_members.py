"""Whom the claims of an identity provider mean in a team, and what signing in makes of them: read, then decided."""

import random
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from rollcall.actions import accept
from rollcall.actions.accept import Seen
from rollcall.actions.call import Call, system
from rollcall.actions.sessions import new_session, own_session
from rollcall.actions.sign_in import SignedIn
from rollcall.actions.sso_journey import Journey
from rollcall.auth import keyring, presets, secrets
from rollcall.auth.authenticate import Identity
from rollcall.domain import invitations, sso
from rollcall.domain.changes import Change, Rests, Updated
from rollcall.domain.errors import EmailUnproven, InvitedElsewhere, LinkUnknown, NoMembership, SsoFailed, Stale
from rollcall.domain.ids import digest
from rollcall.domain.invitations import EMAIL, OPEN, Invitation, State
from rollcall.domain.members import Member
from rollcall.domain.provisioning import BARRED, EXTERNAL_ID, SUBJECT
from rollcall.domain.sso import SSO, Entry
from rollcall.domain.sso_connections import SsoConnection
from rollcall.domain.sso_proofs import Known, Proof, subject_of
from rollcall.domain.teams import Team
from rollcall.mail.address import canonical
from rollcall.mail.words import one_line
from rollcall.storage import keys, memberships
from rollcall.storage.keys import Key
from rollcall.storage.reads import Found, invitation_keys, read

LONGEST_NAME = 100


def reads(journey: Journey, connection: SsoConnection, claims: Mapping[str, Any]) -> Iterator[Key]:
    """Name all that decides, but for the members whom it leads to."""
    team_id = journey.team_id
    email_key = _mailbox(connection, claims)[1]
    subject = subject_of(connection, claims["sub"])
    external_id = _external_id(connection, claims)
    yield from standing_keys(journey)
    yield keys.open_blocks(team_id)
    yield keys.owners(team_id)
    yield keys.claim(SUBJECT, team_id, subject)
    yield keys.claim(BARRED, team_id, subject)
    if external_id is not None:
        yield keys.claim(EXTERNAL_ID, team_id, external_id)
    if email_key:
        yield keys.claim(EMAIL, team_id, email_key)
        yield keys.claim(BARRED, team_id, digest(email_key))
        yield keys.domain(team_id, _domain(email_key))
    token = secrets.parse(journey.invitation)
    if token is not None:
        yield from invitation_keys(team_id, token.owner_id)


def _mailbox(connection: SsoConnection, claims: Mapping[str, Any]) -> tuple[str, str]:
    """Return the address that the provider vouches for, as typed, and its key; both empty where there is none."""
    email, verified = presets.email_of(connection.provider.value, connection.issuer, claims)
    try:
        address = canonical(email if email and verified else "")
    except ValueError:
        return "", ""
    return address.typed, address.key


def _external_id(connection: SsoConnection, claims: Mapping[str, Any]) -> str | None:
    value = presets.text_of(claims, connection.scim_claim)
    if connection.scim_claim == "email" and not _mailbox(connection, claims)[1]:
        return None  # what nobody vouches for, anybody may call themselves
    return digest(value) if value else None


def _domain(email_key: str) -> str:
    return email_key.rpartition("@")[2]


def proof_of(connection: SsoConnection, claims: Mapping[str, Any], found: Found) -> Proof:
    """Return what the claims prove."""
    email, email_key = _mailbox(connection, claims)
    domain = found.domain(connection.team_id, _domain(email_key)) if email_key else None
    groups = presets.groups_of(claims, connection.groups_claim)
    return Proof(
        connection=connection,
        subject=subject_of(connection, claims["sub"]),
        external_id=_external_id(connection, claims),
        email=email,
        email_key=email_key,
        proven=domain is not None and domain.proven,
        name=_name(claims) or email.partition("@")[0] or "(no name)",
        groups=None if groups is None else tuple(groups),
    )


def _name(claims: Mapping[str, Any]) -> str:
    told = claims.get("name")
    if not isinstance(told, str):
        parts = (claims.get("given_name"), claims.get("family_name"))
        told = " ".join(part for part in parts if isinstance(part, str))
    return one_line(told, LONGEST_NAME)


def known(journey: Journey, proof: Proof, found: Found) -> Known:
    """Return who may be meant; an address leads to a member only where it counts (I12)."""
    team_id = journey.team_id
    subject = found.holder(SUBJECT, team_id, proof.subject)
    external = found.holder(EXTERNAL_ID, team_id, proof.external_id) if proof.external_id else None
    address = found.holder(EMAIL, team_id, proof.email_key) if proof.email_key and proof.proven else None
    named = [subject, journey.member_id, external, address]
    wanted = {one for one in named if one is not None and one.startswith("mem_")}
    people = read(keys.member(team_id, one) for one in wanted) if wanted else Found({})
    members = [people.member(team_id, one) if one in wanted else None for one in named]
    if subject is not None and members[0] is None:
        raise Stale
    if journey.member_id is not None and members[1] is None:
        raise NoMembership
    return Known(*members)


def other_connections(member: Member | None, connection: SsoConnection) -> list[SsoConnection]:
    """Return the connections by which a member is known and that still sign people in, this one with them."""
    if member is None or not member.subjects:
        return []
    team_id = member.team_id
    found = read(keys.sso_connection(team_id, one) for one in member.subjects)
    held = [found.sso_connection(team_id, one) for one in member.subjects]
    return [one for one in held if one is not None and (one.enabled or one.id == connection.id)]


def welcome(
    call: Call, team: Team, member: Member, proof: Proof, brought: Identity | None, *, own: bool
) -> tuple[Change, SignedIn]:
    """Return what signs a member in, with the role that their groups give now; it rests on their SCIM groups (R2)."""
    text, key, session = new_session(call, member.id, team, SSO)
    entry = Entry(key, session, own_session(brought, member.id))
    groups = memberships.groups_of(member) if proof.groups is not None else frozenset()
    rules = read([keys.connection(team.id)]).connection(team.id) if groups else None
    given = memberships.role_among(team.id, groups, rules.rules if rules else ())
    change, after = sso.sign_in(member, proof, entry, team, given, call.now, own=own)
    if groups and after.role is not member.role:
        change = replace(change, steps=(*change.steps, Rests(member, groups)))
    return change, SignedIn(text, session, after, team)


def newcomer(call: Call, journey: Journey, team: Team, proof: Proof) -> tuple[Change, SignedIn]:
    """Make the proven person a member: by the invitation that came along or waits for the address, or just in time."""
    found = call.found
    holder = found.holder(EMAIL, team.id, proof.email_key) if proof.email_key and proof.proven else None
    waiting = _waiting(team.id, holder)
    member_id = call.new_id("mem")
    block = random.choice(found.open_blocks(team.id))  # noqa: S311 spreads load, hides nothing
    text, key, session = new_session(call, member_id, team, SSO)
    entry = Entry(key, session)
    if journey.invitation is not None:
        seen = invited(call, team.id, journey.invitation)
        change, member = sso.accept(seen.invitation, seen.via, member_id, block, proof, entry, team, call.now)
        return change, SignedIn(text, session, member, team)
    if waiting is not None and waiting.state_at(call.now) is State.PENDING:
        change, member = sso.accept(waiting, None, member_id, block, proof, entry, team, call.now)
        return change, SignedIn(text, session, member, team)
    if not proof.email_key or not proof.proven:
        raise EmailUnproven
    barred = [found.holder(BARRED, team.id, one, call.now) for one in (proof.subject, digest(proof.email_key))]
    if any(barred):
        raise NoMembership("You were removed from this team. Only an invitation of an admin lets you in again.")
    change, member = sso.join(member_id, block, proof, entry, team, waiting, call.now)
    return change, SignedIn(text, session, member, team)


def _waiting(team_id: str, holder: str | None) -> Invitation | None:
    """Return the open invitation of the address. Raises Stale where it was closed since it was named."""
    if holder is None or not holder.startswith("inv_"):
        return None
    invitation = read(invitation_keys(team_id, holder)).invitation(team_id, holder)
    if invitation is None or invitation.state not in OPEN:
        raise Stale
    return invitation


def invited(call: Call, team_id: str, text: str) -> Seen:
    """Return what the travelling link stands for. Raises Gone; another team's is as unknown as any text."""
    token = secrets.parse(text)
    if token is None or token.team_id != team_id:
        raise LinkUnknown
    return accept.inspect(call.reading(read(accept.reads(token))), token, keyring.link_keys())


def check_invitation(call: Call, journey: Journey, member: Member) -> None:
    """Refuse an open invitation for another address than that of the member who came back with it (case 86)."""
    token = secrets.parse(journey.invitation)
    invitation = call.found.invitation(journey.team_id, token.owner_id) if token else None
    waits = invitation is not None and invitation.state_at(call.now) is State.PENDING
    if invitation is not None and waits and invitation.email_key != member.email_key:
        raise InvitedElsewhere


def withdraw(call: Call, change: Change) -> None:
    """Withdraw the invitation that a change accepts, because its inviter could not grant it any more (I16)."""
    for step in change.steps:
        if isinstance(step, Updated) and isinstance(step.before, Invitation):
            call.commit(invitations.revoke(step.before, system(step.before.team_id), call.now))


def standing_keys(journey: Journey) -> list[Key]:
    """Name the team and the connection."""
    return [keys.team(journey.team_id), keys.sso_connection(journey.team_id, journey.connection_id)]


def standing(journey: Journey, found: Found) -> tuple[Team, SsoConnection]:
    """Return team and connection as they are now; what was disabled or deleted meanwhile proves nothing (case 38)."""
    team = found.team(journey.team_id)
    connection = found.sso_connection(journey.team_id, journey.connection_id)
    if team is None or not team.alive or connection is None or not connection.enabled:
        raise SsoFailed("connection is off")
    return team, connection
