"""What a path names, to be read with the authentication; text that is no id names nothing."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Protocol

from rollcall.actions import accept as accepting
from rollcall.actions import introspect as introspecting
from rollcall.actions import set_password as setting
from rollcall.actions import transfer_ownership as transferring
from rollcall.actions.grants import GRANT_ID
from rollcall.auth import authenticate
from rollcall.http.endpoint import Asked
from rollcall.http.request import HttpRequest
from rollcall.storage import keys
from rollcall.storage.keys import Key
from rollcall.storage.reads import invitation_keys


class HoldsToken(Protocol):
    """A body that carries a link's token."""

    @property
    def token(self) -> str:
        """Return the token."""


def invitation(asked: Asked[Any]) -> list[Key]:
    """Name the invitation of `/…/{id}`, open or closed."""
    invitation_id = asked.path_id("id", "inv")
    return list(invitation_keys(asked.team_id, invitation_id)) if invitation_id else []


def member(asked: Asked[Any]) -> list[Key]:
    """Name the member of `/…/{id}`."""
    member_id = asked.path_id("id", "mem")
    return [keys.member(asked.team_id, member_id)] if member_id else []


def member_and_connection(asked: Asked[Any]) -> list[Key]:
    """Name the member of `/…/{id}` and the team's SCIM connection, which has the mapping of groups to roles."""
    return [*member(asked), keys.connection(asked.team_id)]


def member_and_owners(asked: Asked[Any]) -> list[Key]:
    """Name the member of `/…/{id}` and the team's set of active owners."""
    return [*member(asked), keys.owners(asked.team_id)]


def own_token(asked: Asked[Any]) -> list[Key]:
    """Name one of the caller's own tokens."""
    token_id = asked.path_id("id", "pat")
    return [keys.pat(asked.team_id, asked.token.owner_id, token_id)] if token_id and asked.token else []


def grant(asked: Asked[Any]) -> list[Key]:
    """Name the member and, where the path has a good id, nothing more: the product is only known with the caller."""
    member_id, grant_id = asked.path_id("id", "mem"), asked.http.path.get("grant", "")
    if member_id is None or not GRANT_ID.fullmatch(grant_id):
        return []
    return [keys.member(asked.team_id, member_id)]


def service_token(asked: Asked[Any]) -> list[Key]:
    """Name the service token of `/…/{id}`."""
    token_id = asked.path_id("id", "svc")
    return [keys.service_token(asked.team_id, token_id)] if token_id else []


def heir(asked: Asked[Any]) -> list[Key]:
    """Name the member of the body and the set of active owners."""
    return transferring.reads(asked.team_id, asked.body)


def roster(asked: Asked[Any]) -> list[Key]:
    """Name the item that tells how many blocks the roster has."""
    return [keys.open_blocks(asked.team_id)]


def inspected(asked: Asked[Any]) -> Sequence[Key]:
    """Name what judging the credential of the body needs, if it can be one of the calling product's team."""
    token = introspecting.inspected(asked.body.token, asked.team_id)
    return authenticate.wanted(token) if token else []


def invitation_link(asked: Asked[Any]) -> list[Key]:
    """Name what judging an invitation's link needs."""
    return accepting.reads(asked.link) if asked.link and asked.link.kind == "inv" else []


def ways_of_link(asked: Asked[Any]) -> Callable[[], object] | None:
    """Return the reading of the connections by which the holder of an invitation's link may join."""
    link = asked.link
    return partial(accepting.connections, link.team_id) if link and link.kind == "inv" else None


def password_link(asked: Asked[Any]) -> list[Key]:
    """Name what judging a set-password link needs."""
    return setting.reads(asked.link) if asked.link and asked.link.kind == "rst" else []


def token_in_body(_: HttpRequest, body: HoldsToken) -> str:
    """Return the link's token where the body holds it."""
    return str(body.token)


def token_in_path(http: HttpRequest, _: object) -> str | None:
    """Return the link's token where the path holds it."""
    return http.path.get("token")
