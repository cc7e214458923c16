"""The way between SSO connections and their items, and the reading of all that a team has."""

import json

from rollcall.domain import ids
from rollcall.domain.connections import RoleRule
from rollcall.domain.permissions import Role
from rollcall.domain.sso_connections import Provider, SsoConnection, Tested
from rollcall.domain.times import epoch_ms, from_epoch_ms
from rollcall.storage import keys
from rollcall.storage.items import SsoConnectionItem
from rollcall.storage.table import Wire
from rollcall.storage.waves import Ask, query

BEGINS = "IDP#"


def sso_connection_item(connection: SsoConnection) -> SsoConnectionItem:
    """Return the item of a connection."""
    tested = connection.tested
    told = {
        "provider": connection.provider.value,
        "name": connection.name,
        "issuer": connection.issuer,
        "client_id": connection.client_id,
        "sealed_secret": connection.sealed_secret,
        "groups_claim": connection.groups_claim,
        "scim_claim": connection.scim_claim,
        "vouched": connection.vouched.value,
        "enabled": connection.enabled,
        "rules": [[rule.group, rule.role.value] for rule in connection.rules],
        "tested": None if tested is None else [tested.member_id, epoch_ms(tested.at)],
        "worked": connection.worked,
        "own_callback": connection.own_callback,
    }
    text = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
    key = keys.sso_connection(connection.team_id, connection.id)
    return SsoConnectionItem(*key, text=text, version=connection.version)


def sso_connection_of(raw: Wire, team_id: str) -> SsoConnection:
    """Return the connection."""
    item = SsoConnectionItem.from_raw_data(raw)
    told = json.loads(item.text)
    tested = told["tested"]
    return SsoConnection(
        id=ids.from_code("idp", item.SK.removeprefix(BEGINS)),
        team_id=team_id,
        provider=Provider(told["provider"]),
        name=told["name"],
        issuer=told["issuer"],
        client_id=told["client_id"],
        groups_claim=told["groups_claim"],
        scim_claim=told["scim_claim"],
        vouched=Role(told["vouched"]),
        sealed_secret=told["sealed_secret"],
        enabled=told["enabled"],
        rules=tuple(RoleRule(group, Role(role)) for group, role in told["rules"]),
        tested=None if tested is None else Tested(tested[0], from_epoch_ms(tested[1])),
        worked=told["worked"],
        own_callback=told["own_callback"],
        version=int(item.version),
    )


def sso_connections_of(team_id: str) -> list[SsoConnection]:
    """Return the team's connections, read consistently, oldest first."""
    rows = query(Ask(keys.team(team_id).pk, begins=BEGINS, consistent=True))
    return [sso_connection_of(raw, team_id) for raw in rows.items]
