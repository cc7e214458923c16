"""What the routes of SSO connections and their enforcement answer; pure, as answers.py is."""

import os
from typing import Any
from urllib.parse import urlencode

from rollcall.actions.enforce_sso import Switched
from rollcall.actions.sso_connections import Tried
from rollcall.actions.ways_in import way_back
from rollcall.domain.sso_connections import SsoConnection
from rollcall.domain.times import rfc3339
from rollcall.http.endpoint import Request
from rollcall.http.reply import Reply, etag

Json = dict[str, object]


def redirect_uri(connection: SsoConnection) -> str:
    """Return where the connection's provider sends people back to."""
    return way_back(connection, os.environ["PUBLIC_BASE_URL"])


def start_url(connection_id: str) -> str:
    """Return where signing in through a connection begins."""
    return f"{os.environ['PUBLIC_BASE_URL']}/sso/{connection_id}/start"


def sso_connection_view(connection: SsoConnection) -> Json:
    """Return a connection without its secret, and what its identity provider has to be told."""
    tested = connection.tested
    return {
        "id": connection.id,
        "provider": connection.provider.value,
        "name": connection.name,
        "issuer": connection.issuer,
        "client_id": connection.client_id,
        "has_client_secret": connection.sealed_secret is not None,
        "groups_claim": connection.groups_claim,
        "scim_claim": connection.scim_claim,
        "enabled": connection.enabled,
        "mappings": [rule.facts for rule in connection.rules],
        "redirect_uri": redirect_uri(connection),
        "start_url": start_url(connection.id),
        "vouched": connection.vouched.value,
        "tested_at": None if tested is None else rfc3339(tested.at),
        "created_at": rfc3339(connection.created_at),
        "version": connection.version,
    }


def connections(_: Request[Any], value: list[SsoConnection]) -> Reply:
    """Return the team's connections; a cap bounds them."""
    rows = [sso_connection_view(one) for one in value]
    return Reply(200, {"data": rows, "next_cursor": None, "total": len(rows)})


def connection(_: Request[Any], value: SsoConnection) -> Reply:
    """Return 200 with a connection."""
    return Reply(200, sso_connection_view(value), etag(value.version))


def added(_: Request[Any], value: SsoConnection) -> Reply:
    """Return 201 with the new connection."""
    location = f"{os.environ['PUBLIC_BASE_URL']}/v1/team/sso-connections/{value.id}"
    return Reply(201, sso_connection_view(value), {**etag(value.version), "location": location})


def mapping(_: Request[Any], value: SsoConnection) -> Reply:
    """Return which groups give which role, and the claim that they stand in."""
    told = {"mappings": [rule.facts for rule in value.rules], "groups_claim": value.groups_claim}
    return Reply(200, told, etag(value.version))


def tried(_: Request[Any], value: Tried) -> Reply:
    """Return what asking the provider came to; an address that ties the caller to it is told this once."""
    url = start_url(value.connection.id)
    if value.link is not None:
        url = f"{url}?{urlencode({'link': value.link})}"
    told = {"ok": not value.problems, "problems": list(value.problems), "redirect_uri": redirect_uri(value.connection)}
    return Reply(200, {**told, "start_url": url}, secret=value.link is not None)


def switched(_: Request[Any], value: Switched) -> Reply:
    """Return whether SSO is enforced, and whom that cuts off; of those the first 200."""
    team = value.team
    members = [
        {"id": one.id, "email": one.email or None, "name": one.name, "reason": one.reason.value}
        for one in value.cut_off
    ]
    told = {
        "enforced": team.sso_enforced,
        "switched_at": None if team.sso_switched_at is None else rfc3339(team.sso_switched_at),
        "cut_off": {"total": value.total, "members": members},
        "warnings": list(value.warnings),
    }
    return Reply(200, told, etag(team.version))
