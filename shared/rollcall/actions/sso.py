"""Sign in through an identity provider (C5): begin, come back, and be signed in, linked, invited or joined (J4, J5).

Nothing is stored at the beginning: the browser keeps what only it may come back with, sealed. Coming back is one
transaction, which a spent nonce lets happen once (I11).
"""

import json
import random
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, NoReturn

from rollcall.actions import accept
from rollcall.actions.accept import Seen
from rollcall.actions.call import Call
from rollcall.actions.sessions import current, in_place_of, new_session, own_session
from rollcall.actions.sign_in import NOBODY, SignedIn
from rollcall.auth import keyring, oidc, presets, sealing, secrets
from rollcall.auth.authenticate import Identity
from rollcall.auth.oidc import Attempt
from rollcall.domain import ids, sso
from rollcall.domain.changes import Change, Rests
from rollcall.domain.errors import (
    AlreadyInvited,
    Contention,
    EmailUnproven,
    MemberExists,
    NoMembership,
    NotCovered,
    NotFound,
    ProviderUnavailable,
    RollcallError,
    SsoDenied,
    SsoFailed,
    SsoStateInvalid,
    Stale,
)
from rollcall.domain.ids import digest
from rollcall.domain.invitations import EMAIL, Invitation, State
from rollcall.domain.members import Member
from rollcall.domain.provisioning import BARRED, EXTERNAL_ID, SUBJECT
from rollcall.domain.sso import SSO, Entry, Known, Proof
from rollcall.domain.sso_connections import IDP, SsoConnection
from rollcall.domain.teams import Team
from rollcall.domain.times import epoch_ms, from_epoch_ms
from rollcall.mail.address import canonical
from rollcall.mail.words import one_line
from rollcall.storage import keys, memberships
from rollcall.storage.keys import Key
from rollcall.storage.reads import Found, invitation_keys, read

ATTEMPT_LIFE = timedelta(minutes=10)
ATTEMPTS = 6
LONGEST_NAME = 100
_COOKIE, _LINK = "sso-attempt", "sso-link"


@dataclass(frozen=True, slots=True)
class Begun:
    """Where the browser goes, and what it keeps until it comes back."""

    url: str
    kept: str


@dataclass(frozen=True, slots=True)
class Journey:
    """A sign-in under way, as the browser keeps it: whose connection, what was sent, what travels along."""

    team_id: str
    slug: str
    connection_id: str
    attempt: Attempt
    began_at: datetime
    invitation: str | None = None
    member_id: str | None = None


@dataclass(frozen=True, slots=True)
class Return:
    """What the identity provider sends the browser back with."""

    state: str | None
    code: str | None
    error: str | None
    issuer: str | None


def begin(call: Call, connection_id: str | None, invitation: str | None, link: str | None, redirect_uri: str) -> Begun:
    """Return the way to the identity provider. Raises NotFound, ProviderUnavailable, Gone for a dead invitation.

    `invitation` is the token of an invitation's link, which travels along; `link` is what a signed-in member was given
    so that their own account is linked.
    """
    team, connection = _connection(connection_id)
    if invitation is not None:
        _invited(call, team.id, invitation)
    member_id = _linking(call, connection, link) if link is not None else None
    client = _client(connection)
    url, attempt = oidc.begin(client, oidc.discover(client, call.now), redirect_uri, call.random_bytes)
    journey = Journey(team.id, team.slug, connection.id, attempt, call.now, invitation, member_id)
    return Begun(url, _packed(call, journey))


def link_text(call: Call, connection: SsoConnection, member_id: str) -> str:
    """Return what lets a member's own account be linked at the end of a sign-in that begins within ten minutes."""
    told = {"m": member_id, "t": epoch_ms(call.now)}
    return sealing.seal(keyring.link_keys(), _LINK, json.dumps(told).encode(), connection.id, call.random_bytes)


def complete(call: Call, came: Return, kept: str | None, brought: str | None, redirect_uri: str) -> SignedIn:
    """Sign in whoever the identity provider proves. Raises SsoStateInvalid, SsoFailed, SsoDenied, and why not.

    `kept` is what the browser was given at the beginning, `brought` the session that it had.
    """
    journey = _unpacked(kept, call.now)
    if journey is None or came.state is None or not secrets.same(journey.attempt.state, came.state):
        raise SsoStateInvalid
    call.note(team=journey.team_id)
    try:
        connection = _standing(journey, read(_standing_keys(journey)))[1]
        claims = _redeemed(call, connection, journey, came, redirect_uri)
        return _entered(call, journey, connection, claims, current(secrets.parse(brought), call.now))
    except RollcallError as error:
        error.about = journey.slug
        if isinstance(error, SsoFailed):
            call.note(reason=error.reason)
        raise


def _entered(
    call: Call, journey: Journey, connection: SsoConnection, claims: Mapping[str, Any], brought: Identity | None
) -> SignedIn:
    """Decide and commit, anew while others join, are invited or are changed: the code can be redeemed only once."""
    for _ in range(ATTEMPTS):
        with suppress(Stale, MemberExists, AlreadyInvited):
            return _enter(call, journey, connection, claims, brought)
    raise Contention


def _connection(connection_id: str | None) -> tuple[Team, SsoConnection]:
    code = ids.code(connection_id) if connection_id else ""
    team_id = read([keys.claim(IDP, NOBODY, code)]).holder(IDP, NOBODY, code) if code else None
    if team_id is None or connection_id is None:
        raise NotFound("There is no such way to sign in. Start again from the sign-in page.")
    found = read([keys.team(team_id), keys.sso_connection(team_id, connection_id)])
    team, connection = found.team(team_id), found.sso_connection(team_id, connection_id)
    if team is None or not team.alive or connection is None or not connection.enabled:
        raise NotFound("There is no such way to sign in. Start again from the sign-in page.")
    return team, connection


def _standing_keys(journey: Journey) -> list[Key]:
    return [keys.team(journey.team_id), keys.sso_connection(journey.team_id, journey.connection_id)]


def _standing(journey: Journey, found: Found) -> tuple[Team, SsoConnection]:
    """Return team and connection as they are now; what was disabled or deleted meanwhile proves nothing (case 38)."""
    team = found.team(journey.team_id)
    connection = found.sso_connection(journey.team_id, journey.connection_id)
    if team is None or not team.alive or connection is None or not connection.enabled:
        raise SsoFailed("connection is off")
    return team, connection


def _invited(call: Call, team_id: str, text: str) -> Seen:
    """Return what the travelling link stands for. Raises Gone."""
    token = secrets.parse(text)
    if token is None or token.team_id != team_id:
        raise NotFound("This invitation belongs to another team.")
    return accept.inspect(call.reading(read(accept.reads(token))), token, keyring.link_keys())


def _linking(call: Call, connection: SsoConnection, text: str) -> str:
    told = _opened(_LINK, text, connection.id)
    if told is None or not _recent(from_epoch_ms(int(told["t"])), call.now):
        raise SsoStateInvalid
    return str(told["m"])


def _recent(then: datetime, now: datetime) -> bool:
    return timedelta(0) <= now - then + timedelta(seconds=1) and now - then < ATTEMPT_LIFE


def _packed(call: Call, journey: Journey) -> str:
    attempt = journey.attempt
    told = {
        "t": [journey.team_id, journey.slug],
        "c": journey.connection_id,
        "s": [attempt.state, attempt.nonce, attempt.verifier],
        "at": epoch_ms(journey.began_at),
        "i": journey.invitation,
        "m": journey.member_id,
    }
    return sealing.seal(keyring.link_keys(), _COOKIE, json.dumps(told).encode(), "", call.random_bytes)


def _unpacked(kept: str | None, now: datetime) -> Journey | None:
    told = _opened(_COOKIE, kept, "") if kept else None
    if told is None:
        return None
    began_at = from_epoch_ms(int(told["at"]))
    if not _recent(began_at, now):
        return None
    return Journey(*told["t"], told["c"], Attempt(*told["s"]), began_at, told["i"], told["m"])


def _opened(purpose: str, text: str, context: str) -> dict[str, Any] | None:
    data = sealing.opened(keyring.link_keys(), purpose, text, context)
    told: dict[str, Any] | None = None if data is None else json.loads(data)
    return told


def _client(connection: SsoConnection) -> oidc.Client:
    secret = None
    if connection.sealed_secret is not None:
        data = sealing.opened(keyring.connection_keys(), "client-secret", connection.sealed_secret, connection.id)
        if data is None:
            raise ProviderUnavailable("The client secret of this connection cannot be read: an admin must set it again.")
        secret = data.decode()
    key = f"{connection.id}/{connection.version}"
    return oidc.Client(key, connection.issuer, connection.client_id, secret)


def _redeemed(
    call: Call, connection: SsoConnection, journey: Journey, came: Return, redirect_uri: str
) -> Mapping[str, Any]:
    """Return the claims that the provider proves; whose answer it is, is judged before anything is sent (RFC 9207)."""
    client = _client(connection)
    metadata = oidc.discover(client, call.now)
    oidc.check_answerer(metadata, came.issuer)
    if came.error is not None:
        _refused(call, came.error)
    if not came.code:
        raise SsoFailed("no code")
    return oidc.redeem(client, metadata, came.code, journey.attempt, redirect_uri, call.now)


def _refused(call: Call, error: str) -> NoReturn:
    call.note(provider_error=error[:60])
    if error in {"server_error", "temporarily_unavailable"}:
        raise ProviderUnavailable
    raise SsoDenied


def _enter(
    call: Call,
    journey: Journey,
    as_asked: SsoConnection,
    claims: Mapping[str, Any],
    brought: Identity | None,
) -> SignedIn:
    found = read(_keys(journey, as_asked, claims))
    team, connection = _standing(journey, found)
    if (connection.issuer, connection.client_id) != (as_asked.issuer, as_asked.client_id):
        raise SsoFailed("connection was changed")
    proof = _proof(connection, claims, found)
    known = _known(journey, proof, found)
    member = sso.meant(proof, known, _other_connections(known.by_email or known.by_external_id, connection))
    if member is None:
        change, signed_in = _newcomer(call.reading(found), journey, team, proof)
    else:
        change, signed_in = _welcome(call, team, member, proof, brought, own=known.by_link is not None)
    who = signed_in.member
    change = in_place_of(brought, who.id, change)
    spent = sso.spend(journey.attempt.nonce, who, call.now)
    steps = (*change.steps, *sso.noted(connection, team, who, call.now))
    try:
        call.commit(replace(change, steps=steps, claims=(*change.claims, spent)), signed_in)
    except NotCovered:
        raise NoMembership from None  # the inviter could not grant it any more (I16); its link says so
    call.note(reason="signed_in", actor=who.id)
    return signed_in


def _keys(journey: Journey, connection: SsoConnection, claims: Mapping[str, Any]) -> Iterator[Key]:
    """Name all that decides, but for the members whom it leads to."""
    team_id = journey.team_id
    email_key = _mailbox(connection, claims)[1]
    subject = sso.subject_of(connection, claims["sub"])
    external_id = _external_id(connection, claims)
    yield from _standing_keys(journey)
    yield keys.open_blocks(team_id)
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
    return digest(value) if value else None


def _domain(email_key: str) -> str:
    return email_key.rpartition("@")[2]


def _proof(connection: SsoConnection, claims: Mapping[str, Any], found: Found) -> Proof:
    email, email_key = _mailbox(connection, claims)
    domain = found.domain(connection.team_id, _domain(email_key)) if email_key else None
    groups = presets.groups_of(claims, connection.groups_claim)
    return Proof(
        connection=connection,
        subject=sso.subject_of(connection, claims["sub"]),
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


def _known(journey: Journey, proof: Proof, found: Found) -> Known:
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


def _other_connections(member: Member | None, connection: SsoConnection) -> list[SsoConnection]:
    """Return the connections by which a member is known and that still sign people in, this one with them."""
    if member is None or not member.subjects:
        return []
    team_id = member.team_id
    found = read(keys.sso_connection(team_id, one) for one in member.subjects)
    held = [found.sso_connection(team_id, one) for one in member.subjects]
    return [one for one in held if one is not None and (one.enabled or one.id == connection.id)]


def _welcome(
    call: Call, team: Team, member: Member, proof: Proof, brought: Identity | None, *, own: bool
) -> tuple[Change, SignedIn]:
    """Return what signs a member in, with the role that their groups give now; it rests on their SCIM groups (R2)."""
    text, key, session = new_session(call, member.id, team, SSO)
    entry = Entry(key, session, own_session(brought, member.id))
    groups = memberships.groups_of(member) if proof.groups is not None else frozenset()
    rules = read([keys.connection(team.id)]).connection(team.id) if groups else None
    given = memberships.role_among(team.id, groups, rules.rules if rules else ())
    actor = sso.actor_of(member, entry)
    change, after = sso.sign_in(member, proof, entry, team, given, actor, call.now, own=own)
    if groups and after.role is not member.role:
        change = replace(change, steps=(*change.steps, Rests(member, groups)))
    return change, SignedIn(text, session, after, team)


def _newcomer(call: Call, journey: Journey, team: Team, proof: Proof) -> tuple[Change, SignedIn]:
    """Make the proven person a member: by the invitation that came along or waits for the address, or just in time."""
    found = call.found
    holder = found.holder(EMAIL, team.id, proof.email_key) if proof.email_key and proof.proven else None
    waiting = _waiting(team.id, holder)
    member_id = call.new_id("mem")
    block = random.choice(found.open_blocks(team.id))  # noqa: S311 spreads load, hides nothing
    text, key, session = new_session(call, member_id, team, SSO)
    entry = Entry(key, session)
    if journey.invitation is not None:
        seen = _invited(call, team.id, journey.invitation)
        member = sso.accept(seen.invitation, member_id, block, proof, entry, team, call.now)
        change = sso.accepted(seen.invitation, member, seen.via, proof, call.now)
        return change, SignedIn(text, session, member, team)
    if waiting is not None and waiting.state_at(call.now) is State.PENDING:
        member = sso.accept(waiting, member_id, block, proof, entry, team, call.now)
        change = sso.accepted(waiting, member, None, proof, call.now)
        return change, SignedIn(text, session, member, team)
    if not proof.email_key or not proof.proven:
        raise EmailUnproven
    barred = [found.holder(BARRED, team.id, one, call.now) for one in (proof.subject, digest(proof.email_key))]
    if any(barred):
        raise NoMembership("You were removed from this team. Only an invitation by one of its admins lets you in again.")
    change, member = sso.join(member_id, block, proof, entry, team, waiting, call.now)
    return change, SignedIn(text, session, member, team)


def _waiting(team_id: str, holder: str | None) -> Invitation | None:
    """Return the open invitation of the address, pending or expired."""
    if holder is None or not holder.startswith("inv_"):
        return None
    return read(invitation_keys(team_id, holder)).invitation(team_id, holder)
