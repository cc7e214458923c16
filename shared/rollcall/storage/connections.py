"""The way between a team's SCIM connection and its item."""

import json
from datetime import datetime

from rollcall.domain.connections import Connection, ConnectionState, RoleRule, ScimToken
from rollcall.domain.permissions import Role
from rollcall.domain.times import epoch_ms, from_epoch_ms
from rollcall.storage import keys
from rollcall.storage.items import ConnectionItem

Row = list[str | int | None]


def connection_item(connection: Connection) -> ConnectionItem:
    """Return the item; it stands in the index under the next notice of a token's end."""
    at = connection.notice_at
    due = None if at is None else keys.expiry("T", at, connection.team_id)
    return ConnectionItem(
        *keys.connection(connection.team_id),
        XP=due.pk if due else None,
        XS=due.sk if due else None,
        state=connection.state.value,
        tokens=json.dumps([_token_row(one) for one in connection.tokens], ensure_ascii=False),
        rules=json.dumps([[rule.group, rule.role.value] for rule in connection.rules], ensure_ascii=False),
        shadow=connection.shadow,
        version=connection.version,
    )


def connection_of(item: ConnectionItem, team_id: str) -> Connection:
    """Return the connection."""
    return Connection(
        team_id=team_id,
        state=ConnectionState(item.state),
        tokens=tuple(_token_of(row) for row in json.loads(item.tokens)),
        rules=tuple(RoleRule(group, Role(role)) for group, role in json.loads(item.rules)),
        version=int(item.version),
        shadow=item.shadow,
    )


def _token_row(token: ScimToken) -> Row:
    notice = None if token.notice_at is None else epoch_ms(token.notice_at)
    return [token.id, token.name, token.hash, token.last4, epoch_ms(token.expires_at), notice]


def _token_of(row: list[object]) -> ScimToken:
    token_id, name, hashed, last4, expires, notice = row
    return ScimToken(
        str(token_id), str(name), str(hashed), str(last4), _moment(expires), _moment(notice) if notice else None
    )


def _moment(milliseconds: object) -> datetime:
    return from_epoch_ms(int(str(milliseconds)))
