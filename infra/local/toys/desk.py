"""What an owner does in Rollcall around a provisioning job, over HTTP: its token, its mapping, its members."""

from __future__ import annotations

import http.client
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode, urlsplit

from infra.local.toys.wire import Answer

if TYPE_CHECKING:
    from pathlib import Path

    from infra.local.edges import Json

_SECONDS: Final = 30.0


class NotDone(Exception):
    """Rollcall did not do what was asked of it; the message says what it answered."""


@dataclass(frozen=True, slots=True)
class Desk:
    """The service at an address, one team of `stack.json`, and the file of the local stack's toy DNS zone."""

    base_url: str
    team: Json
    zone: Path

    def scim_token(self) -> str:
        """Return the team's SCIM token: the one that the stack tells, else a new one. Raises NotDone."""
        told = self.team.get("scim_token")
        return str(told or self._owner("POST", "/v1/team/scim-tokens", {"name": "demo"})["secret"])

    def map_to_admin(self, group: str) -> None:
        """Let members of a group be admins (R2). Raises NotDone."""
        self._owner("PUT", "/v1/team/scim-role-mapping", {"mappings": [{"group": group, "role": "admin"}]})

    def prove(self, domain: str) -> None:
        """Claim a domain, publish its record in the local stack's zone, and have it verified. Raises NotDone."""
        record = self._owner("POST", "/v1/team/domains", {"domain": domain})["record"]
        zone = json.loads(self.zone.read_text("utf-8")) | {record["name"]: [record["value"]]}
        draft = self.zone.with_name("zone.draft")
        draft.write_text(json.dumps(zone), "utf-8")
        draft.replace(self.zone)
        self._owner("POST", f"/v1/team/domains/{domain}/verify", None)

    def member(self, email: str) -> Json:
        """Return the member with that address as lists show them, an empty object for nobody. Raises NotDone."""
        path = f"/v1/members?{urlencode({'q': email, 'status': 'all'})}"
        rows = self._asked("GET", path, None, self.team["owner"]["pat"])["data"]
        return next((row for row in rows if row["email"].casefold() == email.casefold()), {})

    def events(self, action: str) -> list[Json]:
        """Return all audit events of an action, newest first. Raises NotDone."""
        found: list[Json] = []
        asked: dict[str, str | int] = {"action": action, "limit": 200}
        while True:
            page = self._asked("GET", f"/v1/audit-events?{urlencode(asked)}", None, self.team["owner"]["pat"])
            found += page["data"]
            if page["next_cursor"] is None:
                return found
            asked["cursor"] = page["next_cursor"]

    def _owner(self, method: str, path: str, body: Json) -> Json:
        """Ask with a fresh session, as these operations want it."""
        owner = self.team["owner"]
        credentials = {"email": owner["email"], "password": owner["password"]}
        session = self._asked("POST", f"/v1/teams/{self.team['slug']}/sessions", credentials, None)["token"]
        return self._asked(method, path, body, session)

    def _asked(self, method: str, path: str, body: Json, token: str | None) -> Json:
        answer = self._once(method, path, body, token)
        if not answer.ok:
            raise NotDone(f"{method} {path}: {answer.status} {answer.detail}")
        return answer.json

    def _once(self, method: str, path: str, body: Json, token: str | None) -> Answer:
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        connection = http.client.HTTPConnection(urlsplit(self.base_url).netloc, timeout=_SECONDS)
        try:
            connection.request(method, path, None if body is None else json.dumps(body).encode(), headers)
            answer = connection.getresponse()
            return Answer(answer.status, {}, answer.read())
        finally:
            connection.close()
