"""What tests of single sign-on begin with: a team's connection, as it is when somebody has set it up and tried it."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import TYPE_CHECKING

from rollcall import clock
from rollcall.domain import ids, sso_connections
from rollcall.domain.permissions import Actor, CredentialKind, Role
from rollcall.domain.sso_connections import PRESETS, Provider, SsoConnection, Tested, usable
from rollcall.storage.commit import commit
from rollcall.storage.sso_connections import sso_connections_of

if TYPE_CHECKING:
    from rollcall.domain.connections import RoleRule
    from tests.kit import TeamOf, World


def connected(
    world: World,
    of: TeamOf | None = None,
    *,
    name: str = "Dev IdP",
    provider: Provider = Provider.OIDC,
    issuer: str = "https://idp.example.com",
    client_id: str = "rollcall",
    sealed_secret: str | None = None,
    groups_claim: str | None = None,
    scim_claim: str | None = None,
    rules: tuple[RoleRule, ...] = (),
    vouched: Role = Role.OWNER,
    enabled: bool = True,
    tested: Tested | None = None,
    worked: bool = True,
) -> SsoConnection:
    """Give a team (Acme) one more connection, without an event; one that works makes its team say `sso_available`.

    Each is younger than those before it, however fast they come.
    """
    team_id = (of or world.acme).id
    held = sso_connections_of(team_id)
    preset = PRESETS[provider]
    wanted = SsoConnection(
        id=ids.make("idp", clock.now() + timedelta(milliseconds=len(held)), os.urandom(10)),
        team_id=team_id,
        provider=provider,
        name=name,
        issuer=issuer,
        client_id=client_id,
        groups_claim=groups_claim or preset.groups_claim,
        scim_claim=scim_claim or preset.scim_claim,
        vouched=vouched,
        sealed_secret=sealed_secret,
        enabled=enabled,
        rules=rules,
        tested=tested,
        worked=worked,
    )
    commit(sso_connections.add(wanted, held, Actor(team_id, None, None, None, None, CredentialKind.SYSTEM)))
    if worked and enabled and not world.team(of).sso_available:
        world.rewrite(world.team(of), sso_available=True)
    assert enabled == (wanted in usable(sso_connections_of(team_id)))
    return wanted


def tested_by(member_id: str) -> Tested:
    """Return the note that this owner has signed in just now."""
    return Tested(member_id, clock.now())
