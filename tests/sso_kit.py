"""What tests of single sign-on begin with: a team's connection, as it is when somebody has set it up and tried it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

from rollcall import clock
from rollcall.actions.sso_journey import link_text
from rollcall.auth import secrets
from rollcall.domain import ids, sso_connections
from rollcall.domain.members import Session
from rollcall.domain.permissions import Actor, CredentialKind, Role
from rollcall.domain.sso_connections import PRESETS, Provider, SsoConnection, Tested, usable
from rollcall.http.schedule import system_call
from rollcall.storage.commit import commit
from rollcall.storage.sso_connections import sso_connections_of
from tests.toy_idp import sign_in
from tests.values import DAY

if TYPE_CHECKING:
    import pytest

    from infra.local.toys.idp import ToyIdp
    from rollcall.domain.connections import RoleRule
    from tests.kit import Answer, TeamOf, World

ATTEMPT = "__Host-rollcall-sso"
SESSION = "__Host-rollcall"


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
    own_callback: bool = False,
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
        own_callback=own_callback,
    )
    commit(sso_connections.add(wanted, held, Actor(team_id, None, None, None, None, CredentialKind.SYSTEM)))
    if worked and enabled and not world.team(of).sso_available:
        world.rewrite(world.team(of), sso_available=True)
    assert enabled == (wanted in usable(sso_connections_of(team_id)))
    return wanted


def trial_of(member_id: str) -> Tested:
    """Return the note that this owner has signed in just now."""
    return Tested(member_id, clock.now())


@dataclass
class Browser:
    """A browser on its way through a sign-in; `attempt` is what it keeps, `session` what it is signed in by."""

    world: World
    attempt: str | None = None
    session: str | None = None

    def start(self, connection: SsoConnection, **more: str) -> Answer:
        """Leave for the provider."""
        query = f"?{urlencode(more)}" if more else ""
        return self.at(f"/sso/{connection.id}/start{query}")

    def at(self, path: str) -> Answer:
        """Leave for the provider at an address that the service told."""
        answer = self.world.call("GET", path, headers=self._cookies())
        if answer.status == 302:
            self.attempt = _cookie(answer, ATTEMPT)
        return answer

    def back(self, url: str, **headers: str) -> Answer:
        """Come back from the provider at the address that it leads to."""
        place = urlsplit(url)
        answer = self.world.call("GET", f"{place.path}?{place.query}", headers={**self._cookies(), **headers})
        if answer.status == 302:
            self.attempt, self.session = None, _cookie(answer, SESSION)
        return answer

    def sign_in(
        self, connection: SsoConnection, person: str, /, *, link: str = "", invitation: str = "", **switches: str
    ) -> Answer:
        """Go all the way as that person of the toy provider; `switches` are its."""
        more = {name: value for name, value in (("link", link), ("invitation", invitation)) if value}
        began = self.start(connection, **more)
        assert began.status == 302, began.body
        return self.back(sign_in(began.headers["location"], person, **switches))

    def _cookies(self) -> dict[str, str]:
        held = {ATTEMPT: self.attempt, SESSION: self.session}
        text = "; ".join(f"{name}={value}" for name, value in held.items() if value)
        return {"cookie": text} if text else {}


def _cookie(answer: Answer, name: str) -> str:
    text = str(answer.headers["set-cookie"]).partition(";")[0]
    assert text.startswith(f"{name}="), text
    return text.removeprefix(f"{name}=")


def prove_domain(world: World, name: str, of: TeamOf | None = None) -> None:
    """Prove a domain of the team (Acme)."""
    token = (of or world.acme).owner.pat
    record = world.call("POST", "/v1/team/domains", {"domain": name}, token=token).json["record"]
    world.publish(record["name"], record["value"])
    assert world.call("POST", f"/v1/team/domains/{name}/verify", token=token).status == 200


def joining(world: World, of: TeamOf | None = None, **settings: object) -> None:
    """Set how people join a team (Acme) just in time."""
    token = (of or world.acme).owner.pat
    assert world.call("PATCH", "/v1/team/settings/joining", settings, token=token).status == 200


def own_link(connection: SsoConnection, member_id: str) -> str:
    """Return what a signed-in member is given so that their own account is linked."""
    return link_text(system_call(clock.now()), connection, member_id)


def session_via(world: World, member: str, via: str) -> str:
    """Put a session into a member of Acme as if it had been opened that way just now; return its text."""
    text = secrets.compose("ses", world.acme.id, member, os.urandom(32))
    hashed, now = secrets.digest(text), clock.now()
    session = Session(ids.make("ses", now, os.urandom(10)), hashed, now + DAY, now + DAY, via)
    held = world.member(member)
    world.rewrite(held, sessions={**held.sessions, secrets.map_key(hashed): session})
    return text


def lasting_codes(idp: ToyIdp, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the provider redeem a code as often as it is asked to, which no provider must."""
    monkeypatch.setattr(idp, "_redeemed", lambda sent, _client: idp._codes[sent["code"]])
