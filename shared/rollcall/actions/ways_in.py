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


def ways_in(connections: Iterable[SsoConnection], base_url: str, invitation: str = "") -> tuple[WayIn, ...]:
    """Return the ways through these connections; `invitation` is the token of the link that the person holds."""
    query = f"?{urlencode({'invitation': invitation})}" if invitation else ""
    return tuple(
        WayIn(one.id, one.provider.value, one.name, f"{base_url}/sso/{one.id}/start{query}") for one in connections
    )
