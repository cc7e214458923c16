"""The three teams that the local stack starts with, the same each time but for their secrets."""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from infra.local.toys.idp_requests import CLIENT_ID, CLIENT_SECRET
from rollcall import clock
from rollcall.actions.create_team import NewTeam, create_team
from rollcall.auth import keyring, passwords, sealing
from rollcall.auth import secrets as credentials
from rollcall.domain import connections, domains, ids, sso_connections
from rollcall.domain.changes import Change, Created
from rollcall.domain.connections import ScimToken
from rollcall.domain.domains import TeamDomain
from rollcall.domain.members import Member, Pat, RoleSource, Source
from rollcall.domain.permissions import Actor, CredentialKind, Role
from rollcall.domain.service_tokens import ServiceToken
from rollcall.domain.sso_connections import IDP, PRESETS, Provider, SsoConnection
from rollcall.domain.teams import ALL_PRODUCTS, NO_PRODUCTS, ProductAccess, Team
from rollcall.domain.tokens import LAST, Token
from rollcall.http.schedule import system_call
from rollcall.mail.address import canonical
from rollcall.storage import bulk, keys
from rollcall.storage.commit import commit
from rollcall.storage.items import MemberItem
from rollcall.storage.values import item_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rollcall.actions.call import Call

SEEDED = 30
PRODUCT = "trustgate"
OUTLIVES = timedelta(days=3650)
"""Seeded credentials live longer than any test moves the clock."""
TEAMS = (("acme", "Acme"), ("globex", "Globex"), ("initech", "Initech"))
PRODUCTS = {"trustgate": "TrustGate", "trusttest": "TrustTest", "trustvault": "TrustVault"}
NAMES = (
    "Amy Lee", "Bo Jansson", "Chloé Dupont", "Dmitri Ivanov", "Eszter Nagy", "Fatima al-Zahra", "Günther Groß",
    "Håkon Åsen", "Inês Conceição", "Jürgen Müller", "Kenji Tanaka", "Łukasz Żółkowski", "María José Núñez",
    "Ngọc Trần", "Øystein Bø", "Priya Raghunathan", "Quentin O'Brien", "Rosalind Featherstonehaugh-Cholmondeley",
    "שרה כהן", "محمد علي", "Ursula <b>K.</b> Le Guin", "Võ Văn Kiệt", "Wei 王伟", "Xóchitl Hernández",
    "Yusuf Öztürk", "Zoë Brontë", "-1+1|cmd", "Robert'); DROP TABLE Members;--", "Ana 🌻 Silva",
)  # fmt: skip
_CHOICES = (
    ALL_PRODUCTS,
    ProductAccess(frozenset({"trustgate"})),
    ProductAccess(frozenset({"trustgate", "trusttest"})),
    NO_PRODUCTS,
)


def seed_teams(members: int = SEEDED, *, scim: bool = False, issuer: str | None = None) -> list[dict[str, object]]:
    """Create the teams and return what stack.json tells of them; the third has only its owner.

    `scim` opens the SCIM connection of each, `issuer` names the toy identity provider that each connects to; either
    proves the domain of its people.
    """
    os.environ.setdefault("PUBLIC_BASE_URL", "http://127.0.0.1:8000")
    return [_team(slug, name, members if slug != "initech" else 1, scim=scim, issuer=issuer) for slug, name in TEAMS]


def _team(slug: str, name: str, size: int, *, scim: bool = False, issuer: str | None = None) -> dict[str, object]:
    call = system_call(clock.now())
    address = canonical(f"owner@{slug}.example.com")
    password = f"{slug}-owner correct horse battery"
    new = NewTeam(slug, name, address, "Olivia Owner", PRODUCTS, passwords.hashed(password))
    team, owner = create_team(call, new)
    people = [(owner, password)]
    if size > 1:
        people += _staff(team, slug)
    others = list(_crowd(team, slug, max(0, size - len(people))))
    with_tokens = [(member, password, _pat(team, member)) for member, password in people]
    service_token = _service_token(team)
    bulk.load(team.id, [pat[1] for _, _, pat in with_tokens[1:]] + others)
    _give(with_tokens[0][2][1])
    if scim or issuer:
        _prove(call, team, slug)
    if issuer:
        _sign_on(call, team, owner, issuer)
    told = {_name(member): _told(member, password, text) for member, password, (text, _) in with_tokens}
    return {
        "slug": slug,
        **{role: told.get(role) for role in ("owner", "admin", "member")},
        "scim_token": _scim_token(call, team) if scim else None,
        "service_token": service_token,
        "product": PRODUCT,
    }


def _staff(team: Team, slug: str) -> list[tuple[Member, str]]:
    return [
        (_member(team, f"{role}@{slug}.example.com", name, role, 0, password), password)
        for role, name in ((Role.ADMIN, "Adam Admin"), (Role.MEMBER, "Mia Member"))
        for password in [f"{slug}-{role} correct horse battery"]
    ]


def _crowd(team: Team, slug: str, size: int) -> Iterator[Member]:
    for number in range(size):
        name = NAMES[number % len(NAMES)]
        name = name if number < len(NAMES) else f"{name} {number // len(NAMES)}"
        role = Role.ADMIN if number % 10 == 4 else Role.MEMBER  # noqa: PLR2004 one in ten
        yield _member(team, f"person{number + 1}@{slug}.example.com", name, role, number + 1, None)


def _member(team: Team, email: str, name: str, role: Role, number: int, password: str | None) -> Member:
    joined = team.created_at - timedelta(days=90) + timedelta(hours=number % 2000, milliseconds=number)
    address = canonical(email)
    return Member(
        id=ids.make("mem", joined, secrets.token_bytes(10)),
        team_id=team.id,
        email=address.typed,
        email_key=address.key,
        name=name,
        role=role,
        role_source=RoleSource.INVITATION,
        source=tuple(Source)[number % 3] if password is None else Source.INVITED,
        created_at=joined,
        products=_CHOICES[number % len(_CHOICES)],
        email_verified=True,
        password_hash=None if password is None else passwords.hashed(password),
    )


def _pat(team: Team, member: Member) -> tuple[str, Member]:
    text = credentials.compose("pat", team.id, member.id, secrets.token_bytes(32))
    hashed = credentials.digest(text)
    pat = Pat(ids.make("pat", team.created_at, credentials.randomness(hashed)), hashed, None)
    commit(Change((Created(Token(pat.id, team.id, member.id, "local", text[-LAST:], hashed, None)),)))
    held = {credentials.map_key(hashed): pat}
    return text, replace(member, pats=held)


def _service_token(team: Team) -> str:
    token_id = ids.make("svc", team.created_at, secrets.token_bytes(10))
    text = credentials.compose("svc", team.id, token_id, secrets.token_bytes(32))
    commit(
        Change((Created(ServiceToken(token_id, team.id, PRODUCT, "local", text[-LAST:], credentials.digest(text))),))
    )
    return text


def _prove(call: Call, team: Team, slug: str) -> None:
    """Prove the domain of the team's people in the toy DNS zone."""
    domain = TeamDomain(team.id, f"{slug}.example.com", secrets.token_urlsafe(24), call.now)
    operator = Actor(team.id, None, None, None, None, CredentialKind.OPERATOR)
    zone = Path(os.environ["DNS_ZONE"])
    zone.write_text(json.dumps({**json.loads(zone.read_text("utf-8")), domain.record: [domain.proof]}), "utf-8")
    commit(domains.claim(domain, [], operator)[0])
    commit(domains.verify(domain, [domain.proof], None, operator, call.now)[0])


def _sign_on(call: Call, team: Team, owner: Member, issuer: str) -> None:
    """Connect the team to the toy identity provider, as its owner would."""
    actor = Actor(team.id, owner.id, owner.email, owner.name, owner.role, CredentialKind.SESSION)
    preset, connection_id = PRESETS[Provider.OIDC], call.new_id(IDP)
    secret = sealing.seal(
        keyring.connection_keys(), "client-secret", CLIENT_SECRET.encode(), connection_id, call.random_bytes
    )
    connection = SsoConnection(
        id=connection_id,
        team_id=team.id,
        provider=Provider.OIDC,
        name="Dev IdP",
        issuer=issuer,
        client_id=CLIENT_ID,
        groups_claim=preset.groups_claim,
        scim_claim=preset.scim_claim,
        vouched=Role.OWNER,
        sealed_secret=secret,
        own_callback=False,
    )
    commit(sso_connections.add(connection, [], actor))


def _scim_token(call: Call, team: Team) -> str:
    token_id = call.new_id("scm")
    text = credentials.compose("scm", team.id, token_id, call.random_bytes(32))
    token = ScimToken(token_id, "local", credentials.digest(text), text[-LAST:], call.now + OUTLIVES)
    operator = Actor(team.id, None, None, None, None, CredentialKind.OPERATOR)
    commit(connections.issue(None, team, token, operator, call.now))
    return text


def _give(member: Member) -> None:
    """Put a seeded token onto a member that exists already."""
    item = item_of(member)
    assert isinstance(item, MemberItem)  # noqa: S101 a member's item is one
    MemberItem(*keys.member(member.team_id, member.id)).update([MemberItem.pats.set(item.pats)])


def _name(member: Member) -> str:
    return member.email.partition("@")[0]


def _told(member: Member, password: str, pat: str) -> dict[str, str]:
    return {"email": member.email, "password": password, "pat": pat, "id": member.id}
