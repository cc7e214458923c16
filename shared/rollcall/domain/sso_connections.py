"""The team's connections to identity providers that sign people in by OIDC (C5), and what changes of them rest on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from rollcall.domain import ids
from rollcall.domain.changes import Change, Claim, Created, Retired, Step, Updated
from rollcall.domain.connections import RoleRule
from rollcall.domain.errors import Flaw, Invalid, SsoEnforced
from rollcall.domain.events import Action, Deed, Subject
from rollcall.domain.permissions import Actor, Role
from rollcall.domain.teams import Team
from rollcall.domain.times import rfc3339

IDP = "idp"
MOST_CONNECTIONS = 10


class Provider(StrEnum):
    """Whose identity provider it is; each has its preset, `oidc` is any other."""

    GOOGLE = "google"
    ENTRA = "entra"
    OKTA = "okta"
    KEYCLOAK = "keycloak"
    OIDC = "oidc"


@dataclass(frozen=True, slots=True)
class Preset:
    """What a provider's connections have unless something else is said.

    `scim_claim` names the claim that the provider sends as a SCIM user's externalId, `groups_claim` the path of groups.
    """

    name: str
    groups_claim: str = "groups"
    scim_claim: str = "sub"
    issuer: str | None = None


PRESETS: Mapping[Provider, Preset] = {
    Provider.GOOGLE: Preset("Google", issuer="https://accounts.google.com"),
    Provider.ENTRA: Preset("Azure", scim_claim="oid"),
    Provider.OKTA: Preset("Okta"),
    Provider.KEYCLOAK: Preset("Keycloak"),
    Provider.OIDC: Preset("SSO"),
}


@dataclass(frozen=True, slots=True)
class Tested:
    """The owner who has signed in through a connection since it was last changed, and when."""

    member_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class SsoConnection:
    """One connection. `sealed_secret` is the client secret, sealed (auth/sealing.py), None for a public client.

    `vouched` is the role of who last said which issuer it is, lowered to that of who last said what it is told of
    people, and raised by the first owner who signs in through it: it signs nobody in by e-mail who ranks above it
    (I16). `worked` says that anybody has signed in through it; `own_callback` that people come back to an
    address of its own, because its provider does not say who answers (RFC 9207).
    """

    id: str
    team_id: str
    provider: Provider
    name: str
    issuer: str
    client_id: str
    groups_claim: str
    scim_claim: str
    vouched: Role
    sealed_secret: str | None = field(default=None, repr=False)
    enabled: bool = True
    rules: tuple[RoleRule, ...] = ()
    tested: Tested | None = None
    worked: bool = False
    own_callback: bool = True
    version: int = 1

    @property
    def created_at(self) -> datetime:
        """Return when it was made."""
        return ids.made_at(self.id)

    @property
    def subject(self) -> Subject:
        """Name the connection in an audit event."""
        return Subject("sso_connection", self.id, self.name)

    @property
    def facts(self) -> dict[str, object]:
        """Return what an audit event keeps of it: everything but the secret."""
        return {
            "provider": self.provider.value,
            "name": self.name,
            "issuer": self.issuer,
            "client_id": self.client_id,
            "has_client_secret": self.sealed_secret is not None,
            "groups_claim": self.groups_claim,
            "scim_claim": self.scim_claim,
            "enabled": self.enabled,
            "mappings": [rule.facts for rule in self.rules],
            "vouched": self.vouched.value,
            "tested_at": None if self.tested is None else rfc3339(self.tested.at),
        }


IDENTITY = ("issuer", "client_id", "sealed_secret", "scim_claim", "own_callback")
"""What makes a connection another one: after such a change an owner has to try it anew."""
CLAIMS = ("client_id", "scim_claim")
"""What decides whom the same issuer is understood to mean: who says it vouches for no more than their own role."""
CLIENT = ("issuer", "client_id")
"""What nobody has signed in through yet once it is another."""


def add(wanted: SsoConnection, held: Sequence[SsoConnection], actor: Actor) -> Change:
    """Add a connection. Raises Invalid at the most that a team has."""
    check_room(held)
    deed = Deed(Action.SSO_CONNECTION_ADDED, actor, wanted.subject, None, wanted.facts)
    known = Claim(IDP, wanted.team_id, ids.code(wanted.id), None, wanted.team_id)
    return Change(steps=(Created(wanted),), claims=(known,), deeds=(deed,))


def check_room(held: Sequence[SsoConnection]) -> None:
    """Refuse one more than a team has at most."""
    if len(held) >= MOST_CONNECTIONS:
        raise Invalid(Flaw("", f"A team has at most {MOST_CONNECTIONS} SSO connections."))


def edit(
    before: SsoConnection,
    held: Sequence[SsoConnection],
    team: Team,
    actor: Actor,
    **fields: Any,  # noqa: ANN401 its own
) -> tuple[Change, SsoConnection]:
    """Change a connection; what makes it another one takes the owner's trial away. Raises SsoEnforced.

    While passwords are closed, the last connection that owners come in by stays on, with its issuer and its client.
    """
    after = replace(before, **fields)
    if after == before:
        return Change(), before
    if _differ(before, after, CLIENT):
        after = replace(after, worked=False)
    if _differ(before, after, IDENTITY):
        after = replace(after, tested=None)
    after = replace(after, vouched=_vouched(before, after, actor), version=before.version + 1)
    if not leads_in(after) or after.vouched.rank < before.vouched.rank:
        _keep_a_way_in(before, held, team)
    told, tells = before.facts, after.facts
    if after.sealed_secret != before.sealed_secret:
        tells["client_secret_replaced"] = True
    deed = Deed(Action.SSO_CONNECTION_CHANGED, actor, before.subject, told, tells)
    return Change(steps=(Updated(before, after), *_of_team(team, held, before, after)), deeds=(deed,)), after


def remove(before: SsoConnection, held: Sequence[SsoConnection], team: Team, actor: Actor) -> Change:
    """Remove a connection; nobody signs in through it from now on. Raises SsoEnforced."""
    _keep_a_way_in(before, held, team)
    deed = Deed(Action.SSO_CONNECTION_REMOVED, actor, before.subject, before.facts, None)
    freed = Claim(IDP, before.team_id, ids.code(before.id), before.team_id, None)
    steps = (Retired(before), *_of_team(team, held, before, None))
    return Change(steps=steps, claims=(freed,), deeds=(deed,))


def usable(connections: Sequence[SsoConnection]) -> list[SsoConnection]:
    """Return those that sign people in, in the order in which they were made."""
    return sorted((one for one in connections if one.enabled), key=lambda one: one.id)


def stands(connection: SsoConnection) -> bool:
    """Tell whether enforcement may rest on it: it is on, and an owner has signed in through it as it is now."""
    return connection.enabled and connection.tested is not None


def leads_in(connection: SsoConnection) -> bool:
    """Tell whether somebody has come in through it as it is now, so that others can."""
    return connection.enabled and (connection.worked or connection.tested is not None)


def _differ(before: SsoConnection, after: SsoConnection, names: Sequence[str]) -> bool:
    return any(getattr(before, name) != getattr(after, name) for name in names)


def _vouched(before: SsoConnection, after: SsoConnection, actor: Actor) -> Role:
    """Return the role up to which the connection is to be believed after the actor's change (I16)."""
    own = actor.role or Role.MEMBER
    if before.issuer != after.issuer:
        return own
    return min(before.vouched, own, key=lambda role: role.rank) if _differ(before, after, CLAIMS) else before.vouched


def _keep_a_way_in(before: SsoConnection, held: Sequence[SsoConnection], team: Team) -> None:
    """Refuse to take the owners' last way in away while no password is one."""
    others = (one for one in held if one.id != before.id and one.vouched is Role.OWNER)
    if not team.passwords_open and leads_in(before) and not any(leads_in(one) for one in others):
        raise SsoEnforced


def _of_team(
    team: Team, held: Sequence[SsoConnection], before: SsoConnection, after: SsoConnection | None
) -> tuple[Step, ...]:
    """Return the step that makes the team say whether anybody can come in by SSO.

    Taking a way in away always writes the team, so that of two such changes, or one and the enforcement of SSO, which
    each rest on the other's way in, only one is made on what it has read.
    """
    present = [one for one in held if one.id != before.id] + ([after] if after is not None else [])
    on = any(one.enabled and one.worked for one in present)
    taken = leads_in(before) and (after is None or not leads_in(after) or (stands(before) and not stands(after)))
    if team.sso_available == on and not taken:
        return ()
    return (Updated(team, replace(team, sso_available=on, version=team.version + 1)),)
