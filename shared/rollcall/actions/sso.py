"""Sign in through an identity provider (C5): begin, come back, and be signed in, linked, invited or joined (J4, J5).

Nothing is stored at the beginning: the browser keeps what only it may come back with, sealed. Coming back is one
transaction, which a spent nonce lets happen once (I11).
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import Any, NoReturn

from rollcall.actions import sso_journey, sso_members
from rollcall.actions.call import Call
from rollcall.actions.sessions import current, in_place_of, own_session
from rollcall.actions.sign_in import NOBODY, SignedIn
from rollcall.actions.sso_connections import opened_secret
from rollcall.actions.sso_journey import Journey
from rollcall.actions.ways_in import way_back
from rollcall.auth import oidc, presets, secrets
from rollcall.auth.authenticate import Identity
from rollcall.domain import ids, sso
from rollcall.domain.errors import (
    AlreadyInvited,
    Contention,
    Gone,
    MemberExists,
    NotCovered,
    NotFound,
    ProviderUnavailable,
    RollcallError,
    SsoDenied,
    SsoFailed,
    SsoStateInvalid,
    Stale,
)
from rollcall.domain.sso_connections import IDENTITY, IDP, SsoConnection
from rollcall.domain.sso_proofs import meant
from rollcall.domain.teams import Team
from rollcall.storage import keys
from rollcall.storage.reads import read

ATTEMPTS = 6
OUR_FAULT = frozenset({"invalid_request", "invalid_scope", "unauthorized_client", "unsupported_response_type"})


@dataclass(frozen=True, slots=True)
class Begun:
    """Where the browser goes, and what it keeps until it comes back."""

    url: str
    kept: str


@dataclass(frozen=True, slots=True)
class Return:
    """What the identity provider sends the browser back with, and at which connection's own address, if at one."""

    at: str | None
    state: str | None
    code: str | None
    error: str | None
    issuer: str | None


def begin(call: Call, connection_id: str | None, invitation: str | None, link: str | None, base_url: str) -> Begun:
    """Return the way to the identity provider. Raises NotFound, ProviderUnavailable, Gone for a dead invitation.

    `invitation` is the token of an invitation's link, which travels along; `link` is what a signed-in member was given
    so that their own account is linked.
    """
    team, connection = _connection(connection_id)
    with _leading_back(team.slug):
        if invitation is not None:
            sso_members.invited(call, team.id, invitation)
        member_id = sso_journey.linking(call, connection, link) if link is not None else None
        client = _client(connection)
        metadata = oidc.discover(client, call.now)
        asking = replace(client, scope=presets.scope_of(connection.provider, metadata.scopes))
        url, attempt = oidc.begin(asking, metadata, way_back(connection, base_url), call.random_bytes)
    journey = Journey(team.id, team.slug, connection.id, attempt, call.now, invitation, member_id)
    return Begun(url, sso_journey.packed(call, journey))


def complete(call: Call, came: Return, kept: str | None, brought: str | None, base_url: str) -> SignedIn:
    """Sign in whoever the identity provider proves. Raises SsoStateInvalid, SsoFailed, SsoDenied, and why not.

    `kept` is what the browser was given at the beginning, `brought` the session that it had.
    """
    journey = sso_journey.unpacked(kept, call.now)
    if journey is None or came.state is None or not secrets.same(journey.attempt.state, came.state):
        raise SsoStateInvalid
    call.note(team=journey.team_id)
    with _leading_back(journey.slug):
        _check_linking(call, journey, brought)
        connection = sso_members.standing(journey, read(sso_members.standing_keys(journey)))[1]
        try:
            claims = _redeemed(call, connection, journey, came, base_url)
            return _entered(call, journey, connection, claims, brought)
        except SsoFailed as error:
            call.note(reason=error.reason)
            raise


@contextmanager
def _leading_back(slug: str) -> Iterator[None]:
    """Let what goes wrong lead back to the team's sign-in page; what is wrong with an invitation has its own page."""
    try:
        yield
    except RollcallError as error:
        if not isinstance(error, Gone):
            error.about = slug
        raise


def _check_linking(call: Call, journey: Journey, brought: str | None) -> None:
    """Refuse to link the account of somebody who is not signed in here: a link can be given to others (case 37)."""
    if journey.member_id is None:
        return
    if own_session(current(secrets.parse(brought), call.now), journey.member_id) is None:
        raise SsoStateInvalid("Only whoever is signed in links their account: sign in here, then start again.")


def _entered(
    call: Call, journey: Journey, connection: SsoConnection, claims: Mapping[str, Any], brought: str | None
) -> SignedIn:
    """Decide and commit, anew while others join, are invited or are changed: the code can be redeemed only once."""
    for _ in range(ATTEMPTS):
        with suppress(Stale, MemberExists, AlreadyInvited):
            return _enter(call, journey, connection, claims, current(secrets.parse(brought), call.now))
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


def _client(connection: SsoConnection) -> oidc.Client:
    secret = opened_secret(connection)
    if secret is None and connection.sealed_secret is not None:
        raise ProviderUnavailable("client secret unreadable")
    return oidc.Client(f"{connection.id}/{connection.version}", connection.issuer, connection.client_id, secret)


def _redeemed(
    call: Call, connection: SsoConnection, journey: Journey, came: Return, base_url: str
) -> Mapping[str, Any]:
    """Return the claims that the provider proves; whose answer it is, is judged before anything is sent (RFC 9207)."""
    if came.at != (connection.id if connection.own_callback else None):
        raise SsoFailed("back at another connection's address")
    if came.issuer is None and not connection.own_callback:
        raise SsoFailed("the provider does not say who answers")
    client = _client(connection)
    metadata = oidc.discover(client, call.now)
    oidc.check_answerer(metadata, came.issuer)
    if came.error is not None:
        _refused(call, came.error)
    if not came.code:
        raise SsoFailed("no code")
    return oidc.redeem(client, metadata, came.code, journey.attempt, way_back(connection, base_url), call.now)


def _refused(call: Call, error: str) -> NoReturn:
    call.note(provider_error=error[:60])
    if error in {"server_error", "temporarily_unavailable"}:
        raise ProviderUnavailable
    if error in OUR_FAULT:
        raise SsoFailed("the provider refuses what is asked")
    raise SsoDenied


def _enter(
    call: Call,
    journey: Journey,
    as_asked: SsoConnection,
    claims: Mapping[str, Any],
    brought: Identity | None,
) -> SignedIn:
    found = read(sso_members.reads(journey, as_asked, claims))
    team, connection = sso_members.standing(journey, found)
    if any(getattr(connection, name) != getattr(as_asked, name) for name in IDENTITY):
        raise SsoFailed("connection was changed")
    proof = sso_members.proof_of(connection, claims, found)
    known = sso_members.known(journey, proof, found)
    member = meant(proof, known, sso_members.other_connections(known.of_others, connection))
    if member is None:
        change, signed_in = sso_members.newcomer(call.reading(found), journey, team, proof)
    else:
        sso_members.check_invitation(call.reading(found), journey, member)
        change, signed_in = sso_members.welcome(call, team, member, proof, brought, own=known.by_link is not None)
    who = signed_in.member
    change = in_place_of(brought, who.id, change)
    spent = sso.spend(journey.attempt.nonce, who, call.now)
    steps = (*change.steps, *sso.noted(connection, team, who, found.owners(team.id), call.now))
    try:
        call.commit(replace(change, steps=steps, claims=(*change.claims, spent)), signed_in)
    except NotCovered:
        sso_members.withdraw(call, change)
        raise Stale from None  # the next look finds it revoked
    call.note(reason="signed_in", actor=who.id)
    return signed_in
