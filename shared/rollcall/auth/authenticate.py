"""The judgement of a credential against one consistent reading of its member and team (C6): no index, no cache."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from rollcall.auth import secrets
from rollcall.auth.secrets import Secret
from rollcall.domain import ids, tokens
from rollcall.domain.errors import AgainstPolicy, TokenExpired, TokenRevoked, Unauthenticated
from rollcall.domain.members import Member, Pat, Session
from rollcall.domain.permissions import Actor, CredentialKind
from rollcall.domain.teams import Team
from rollcall.storage import keys, marks
from rollcall.storage.keys import Key
from rollcall.storage.reads import Found, read

_EVER = datetime.fromtimestamp(0, UTC)
ACCEPTED = ("ses", "pat", "svc")
OF_SCIM = ("scm",)
PASSWORD = "password"  # noqa: S105 how a session was made


@dataclass(frozen=True, slots=True)
class Identity:
    """Who calls, as the table has them at this moment."""

    actor: Actor
    member: Member | None
    team: Team


def wanted(token: Secret) -> Sequence[Key]:
    """Return the keys that judging the credential needs: its member and its team."""
    if token.kind == "svc":
        return keys.service_token(token.team_id, token.owner_id), keys.team(token.team_id)
    if token.kind == "scm":
        return keys.connection(token.team_id), keys.team(token.team_id)
    return keys.member(token.team_id, token.owner_id), keys.team(token.team_id)


def judge(token: Secret | None, found: Found, now: datetime, accepts: Sequence[str] = ACCEPTED) -> Identity:
    """Return who calls, or refuse: 401 without a reason, unless the holder has the right secret."""
    if token is None or token.kind not in accepts:
        raise Unauthenticated
    team = found.team(token.team_id)
    if token.kind == "scm":
        return _provider(token, found, team, now)
    if token.kind == "svc":
        return _product(token, found, team)
    member = found.member(token.team_id, token.owner_id)
    if team is None or not team.alive or member is None or not member.is_active:
        raise Unauthenticated
    credential = _credential(token, member)
    if credential is None or not secrets.same(credential.hash, token.hash):
        raise Unauthenticated
    if not credential.live(now) or _too_old(credential, team, now):
        raise TokenExpired
    if isinstance(credential, Pat) and not tokens.allowed(credential.id, credential.expires_at, team.settings):
        raise AgainstPolicy
    if isinstance(credential, Session) and not allowed(credential, team):
        raise Unauthenticated
    kind = CredentialKind.PAT if token.kind == "pat" else CredentialKind.SESSION
    actor = Actor(team.id, member.id, member.email or None, member.name, member.role, kind, credential.id)
    return Identity(actor, member, team)


def allowed(session: Session, team: Team) -> bool:
    """Tell whether a session counts as the team lets people in today (C5).

    One made by a password is dead while SSO is enforced, and for ever if it was made before that was last switched.
    """
    switched_at = team.sso_switched_at
    before = switched_at is not None and ids.made_at(session.id) <= switched_at
    return session.via != PASSWORD or not (team.sso_enforced or before)


def reason(token: Secret, refused: Unauthenticated, now: datetime) -> Unauthenticated:
    """Return why a personal access token is refused, which only the holder of the right secret is told."""
    if token.kind != "pat" or type(refused) is not Unauthenticated:
        return refused
    key = token_key(token)
    told = read([key]).token_at(key, token.team_id, token.owner_id)
    if told is None or not secrets.same(told.hash, token.hash):
        return refused
    expired = told.revoked_at is None and told.expires_at is not None and now >= told.expires_at
    return TokenExpired() if expired else TokenRevoked()


def note_use(identity: Identity, token: Secret, now: datetime) -> None:
    """Note that the member was active and the token used, and move the session's idle limit; none fails a request."""
    if token.kind == "scm":
        marks.scim_used(identity.team.id, token.owner_id, now)
    if identity.member is None:
        return
    marks.seen(identity.member, identity.actor.credential_id if token.kind == "pat" else None, now)
    marks.extend(identity.member, identity.team, token.map_key, now)


def token_key(token: Secret) -> Key:
    """Return the key of what is told of a personal access token, from its text alone."""
    pat_id = ids.make("pat", _EVER, secrets.randomness(token.hash))
    return keys.pat(token.team_id, token.owner_id, pat_id)


def _product(token: Secret, found: Found, team: Team | None) -> Identity:
    """Return the product that a service token speaks for; one that the team no longer has speaks for nobody."""
    held = found.service_token(token.team_id, token.owner_id)
    if team is None or not team.alive or held is None or held.product not in team.products:
        raise Unauthenticated
    if not secrets.same(held.hash, token.hash):
        raise Unauthenticated
    actor = Actor(team.id, None, None, held.name, None, CredentialKind.SERVICE, held.id, held.product)
    return Identity(actor, None, team)


def _provider(token: Secret, found: Found, team: Team | None, now: datetime) -> Identity:
    """Return the identity provider that a SCIM token speaks for; the connection is then in `found`."""
    connection = found.connection(token.team_id)
    held = connection.token(token.owner_id) if connection else None
    if team is None or not team.alive or held is None or not secrets.same(held.hash, token.hash):
        raise Unauthenticated
    if not held.live(now):
        raise TokenExpired
    return Identity(Actor(team.id, None, None, held.name, None, CredentialKind.SCIM, held.id), None, team)


def _too_old(credential: Session | Pat, team: Team, now: datetime) -> bool:
    """Tell whether a session is older than the team allows today, whatever it allowed when the session began (C3)."""
    longest = timedelta(hours=team.settings.session_absolute_hours)
    return isinstance(credential, Session) and now >= ids.made_at(credential.id) + longest


def _credential(token: Secret, member: Member) -> Session | Pat | None:
    held: Session | Pat | None
    held = member.pats.get(token.map_key) if token.kind == "pat" else member.sessions.get(token.map_key)
    return held
