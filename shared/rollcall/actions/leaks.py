"""Revoke credentials that somebody found in the open (case 60), each with its event and a letter to its holder."""

from collections.abc import Sequence

from rollcall.actions.call import Call
from rollcall.actions.owners import to_owners
from rollcall.auth import authenticate, secrets
from rollcall.auth.secrets import Secret
from rollcall.domain import connections, credentials, service_tokens, tokens
from rollcall.domain.changes import Change
from rollcall.domain.members import Member
from rollcall.domain.permissions import Actor, CredentialKind
from rollcall.domain.teams import Team
from rollcall.storage import keys
from rollcall.storage.keys import Key
from rollcall.storage.reads import Found, read

MOST = 1_000
_KINDS = ("pat", "ses", "svc", "scm")


def revoke_leaked(call: Call, texts: Sequence[str]) -> int:
    """Revoke those that are ours and work; return how many. What is unknown, or dead already, is passed over."""
    leaked = [secret for text in dict.fromkeys(texts) if (secret := secrets.parse(text)) and secret.kind in _KINDS]
    found = read([key for secret in leaked for key in _keys(secret)])
    changes = [change for secret in leaked if (change := _change(call, secret, found)).steps]
    for change in changes:
        call.commit(change)
    return len(changes)


def _keys(secret: Secret) -> list[Key]:
    more = [authenticate.token_key(secret)] if secret.kind == "pat" else []
    owners = [keys.owners(secret.team_id)] if secret.kind in {"svc", "scm"} else []
    return [*authenticate.wanted(secret), *more, *owners]


def _change(call: Call, secret: Secret, found: Found) -> Change:
    team = found.team(secret.team_id)
    if team is None or not team.alive:
        return Change()
    actor = Actor(team.id, None, None, "leak report", None, CredentialKind.REPORT)
    if secret.kind == "svc":
        return _of_product(call, secret, found, actor)
    if secret.kind == "scm":
        return _of_provider(call, secret, found, team, actor)
    member = found.member(secret.team_id, secret.owner_id)
    held = None if member is None else _held(secret, member)
    if member is None or held is None:
        return Change()
    if secret.kind == "ses":
        return credentials.end_session(member, held, actor)
    token = found.token(member.team_id, member.id, held)
    return Change() if token is None else tokens.leaked(member, token, call.new_id("let"), actor, call.now)


def _held(secret: Secret, member: Member) -> str | None:
    """Return the id of the credential if the member holds it and the secret is right."""
    of_kind = member.pats if secret.kind == "pat" else member.sessions
    credential = of_kind.get(secret.map_key)
    return credential.id if credential is not None and secrets.same(credential.hash, secret.hash) else None


def _of_provider(call: Call, secret: Secret, found: Found, team: Team, actor: Actor) -> Change:
    connection = found.connection(secret.team_id)
    token = connection.token(secret.owner_id) if connection else None
    if connection is None or token is None or not secrets.same(token.hash, secret.hash):
        return Change()
    about = {"name": token.name, "last4": token.last4}
    letters = to_owners(call, team.id, found.owners(team.id), "scim_token_leaked", about)
    return connections.leaked(connection, team, token, letters, actor)


def _of_product(call: Call, secret: Secret, found: Found, actor: Actor) -> Change:
    token = found.service_token(secret.team_id, secret.owner_id)
    if token is None or not secrets.same(token.hash, secret.hash):
        return Change()
    owner = min(found.owners(secret.team_id))
    return service_tokens.leaked(token, owner, call.new_id("let"), actor, call.now)
