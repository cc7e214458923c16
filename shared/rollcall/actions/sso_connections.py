"""The team's SSO connections as owners and admins set them up (C5): who they are to a provider, and what it tells."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from rollcall.actions.call import Call
from rollcall.actions.sso_journey import link_text
from rollcall.auth import keyring, oidc, presets, sealing
from rollcall.domain import sso_connections
from rollcall.domain.errors import Flaw, Invalid, NotFound
from rollcall.domain.permissions import CredentialKind, Role
from rollcall.domain.sso_connections import PRESETS, Provider, SsoConnection
from rollcall.domain.text import ClaimPath, ClientId, ClientSecret, ConnectionName, Issuer, RoleRules
from rollcall.storage.sso_connections import sso_connections_of


@dataclass(frozen=True, slots=True)
class NewConnection:
    """An SSO connection to be; what is left out is as the provider's preset has it. Google needs no issuer."""

    provider: Provider
    client_id: ClientId
    name: ConnectionName | None = None
    issuer: Issuer | None = None
    client_secret: ClientSecret | None = None
    groups_claim: ClaimPath | None = None
    scim_claim: ClaimPath | None = None
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class ConnectionEdit:
    """What may be changed of an SSO connection; what is left out stays. Its provider is for ever."""

    name: ConnectionName | None = None
    issuer: Issuer | None = None
    client_id: ClientId | None = None
    client_secret: ClientSecret | None = None
    groups_claim: ClaimPath | None = None
    scim_claim: ClaimPath | None = None
    enabled: bool | None = None


@dataclass(frozen=True, slots=True)
class ClaimMapping:
    """Which groups give which role: `group` is a value of the claim, `role` is never owner; and which claim it is."""

    mappings: RoleRules
    groups_claim: ClaimPath | None = None


@dataclass(frozen=True, slots=True)
class Tried:
    """What asking a provider came to; `link` ties the caller to the sign-in that follows, where they may be tied."""

    connection: SsoConnection
    problems: tuple[str, ...]
    link: str | None


def list_connections(call: Call) -> list[SsoConnection]:
    """Return the team's connections, oldest first."""
    return sso_connections_of(call.team.id)


def add_connection(call: Call, wanted: NewConnection) -> SsoConnection:
    """Add a connection to a provider that answers. Raises Invalid where it does not, at `/issuer`."""
    preset = PRESETS[wanted.provider]
    issuer = wanted.issuer or preset.issuer
    if issuer is None:
        raise Invalid(Flaw("/issuer", "This field is needed."))
    connection_id = call.new_id("idp")
    new = SsoConnection(
        id=connection_id,
        team_id=call.team.id,
        provider=wanted.provider,
        name=wanted.name or preset.name,
        issuer=issuer,
        client_id=wanted.client_id,
        groups_claim=wanted.groups_claim or preset.groups_claim,
        scim_claim=wanted.scim_claim or preset.scim_claim,
        vouched=call.actor.role or Role.MEMBER,
        sealed_secret=_sealed(call, connection_id, wanted.client_secret),
        enabled=wanted.enabled,
    )
    held = sso_connections_of(call.team.id)
    sso_connections.check_room(held)
    new = replace(new, own_callback=not _examined(new).tells_issuer)
    call.commit(sso_connections.add(new, held, call.actor), new)
    return new


def edit_connection(call: Call, connection: SsoConnection | None, edit: ConnectionEdit) -> SsoConnection:
    """Change a connection; a new issuer must answer. Raises NotFound, StaleVersion, SsoEnforced, Invalid."""
    before = _there(call, connection)
    given = {field.name: getattr(edit, field.name) for field in fields(edit)}
    changed = {name: value for name, value in given.items() if value is not None}
    if "client_secret" in changed:
        changed["sealed_secret"] = _sealed(call, before.id, changed.pop("client_secret"))
    return _edited(call, before, changed)


def remove_connection(call: Call, connection: SsoConnection | None) -> None:
    """Remove a connection; its members stay members. Raises NotFound, StaleVersion, SsoEnforced."""
    before = _there(call, connection)
    call.commit(sso_connections.remove(before, sso_connections_of(call.team.id), call.team, call.actor))


def map_roles(call: Call, connection: SsoConnection | None, wanted: ClaimMapping) -> SsoConnection:
    """Set which groups of the claims give which role: at each member's next sign-in (R2)."""
    changed: dict[str, object] = {"rules": wanted.mappings}
    if wanted.groups_claim is not None:
        changed["groups_claim"] = wanted.groups_claim
    return _edited(call, _there(call, connection), changed)


def try_connection(call: Call, connection: SsoConnection | None) -> Tried:
    """Ask the provider anew, and say what stands in the way; changes nothing.

    Whoever asks by a session may go on and sign in: the link, good for ten minutes and sealed for this connection,
    ties their own account to it at the end, whatever address the provider tells.
    """
    if connection is None:
        raise NotFound
    problems: list[str] = [] if connection.enabled else ["The connection is switched off: it signs nobody in."]
    try:
        _examined(connection)
    except Invalid as error:
        problems += [flaw.detail for flaw in error.flaws]
    if connection.sealed_secret is not None and opened_secret(connection) is None:
        problems.append("The client secret cannot be read any more: give it again.")
    return Tried(connection, tuple(problems), _link(call, connection))


def opened_secret(connection: SsoConnection) -> str | None:
    """Return the client secret of a connection, None where it has none or the keys that sealed it are gone."""
    if connection.sealed_secret is None:
        return None
    plain = sealing.opened(keyring.connection_keys(), "client-secret", connection.sealed_secret, connection.id)
    return None if plain is None else plain.decode()


def _link(call: Call, connection: SsoConnection) -> str | None:
    if call.actor.kind is not CredentialKind.SESSION:
        return None
    return link_text(call, connection, str(call.actor.member_id))


def _there(call: Call, connection: SsoConnection | None) -> SsoConnection:
    """Return the connection that the path names, in a version that the caller knows."""
    if connection is None:
        raise NotFound
    call.check_version(connection.version)
    return connection


def _edited(call: Call, before: SsoConnection, changed: Mapping[str, Any]) -> SsoConnection:
    held = sso_connections_of(call.team.id)
    issuer = changed.get("issuer", before.issuer)
    if issuer != before.issuer:
        sso_connections.edit(before, held, call.team, call.actor, **changed)  # what is refused asks nobody
        told = _examined(replace(before, issuer=issuer))
        changed = {**changed, "own_callback": not told.tells_issuer}
    change, after = sso_connections.edit(before, held, call.team, call.actor, **changed)
    call.commit(change, after)
    return after


def _examined(connection: SsoConnection) -> oidc.Metadata:
    """Return what the issuer says of itself; refuse one that may not be asked, or does not answer so (case 39)."""
    presets.check_issuer(connection.provider, connection.issuer)
    return oidc.examine(oidc.Client(connection.id, connection.issuer, connection.client_id, None))


def _sealed(call: Call, connection_id: str, secret: str | None) -> str | None:
    if not secret:
        return None
    return sealing.seal(keyring.connection_keys(), "client-secret", secret.encode(), connection_id, call.random_bytes)
