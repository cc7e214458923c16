"""The ways into a team by its identity providers, as answers and pages show them (J4, J6)."""

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlencode

from rollcall.domain.sso_connections import SsoConnection


@dataclass(frozen=True, slots=True)
class WayIn:
    """One connection that signs people in; `start` is the address at which that begins, with the invitation if any."""

    id: str
    provider: str
    name: str
    start: str

    @property
    def told(self) -> dict[str, str]:
        """Return it as the API tells it."""
        return {"id": self.id, "provider": self.provider, "name": self.name, "start": self.start}


def way_back(connection: SsoConnection, base_url: str) -> str:
    """Return where a connection's provider sends people back to.

    All may share one address where the answer says whose it is (RFC 9207). A provider that does not say it gets an
    address of its connection's own, so that its code is never taken for another's, which could pass it on: case 30.
    """
    shared = f"{base_url}/sso/callback"
    return f"{shared}/{connection.id}" if connection.own_callback else shared


def ways_in(connections: Iterable[SsoConnection], base_url: str, invitation: str = "") -> tuple[WayIn, ...]:
    """Return the ways through these connections; `invitation` is the token of the link that the person holds."""
    query = f"?{urlencode({'invitation': invitation})}" if invitation else ""
    return tuple(
        WayIn(one.id, one.provider.value, one.name, f"{base_url}/sso/{one.id}/start{query}") for one in connections
    )
