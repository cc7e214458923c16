"""What a developer reads in the terminal: the box of what to open, then a line per request, without any token."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final, TextIO

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from infra.local.edges import Json
    from infra.local.replies import Response

_ROLES: Final = ("owner", "admin", "member")


class Console:
    """Whole lines on one stream, from any thread."""

    def __init__(self, stream: TextIO) -> None:
        """Write to that stream; a reader that has gone away is ignored."""
        self._stream = stream
        self._lock = threading.Lock()

    def say(self, text: str) -> None:
        """Write a text and a line end."""
        try:
            with self._lock:
                self._stream.write(f"{text}\n")
                self._stream.flush()
        except (OSError, ValueError):
            return

    def request(self, method: str, response: Response) -> None:
        """Write one request: method, route template, status, milliseconds, request id and problem code."""
        route = response.route.partition(" ")[2] or response.route
        identifier = response.header("x-request-id") or response.header("apigw-requestid") or "-"
        line = f"{method:<6} {route:<40} {response.status} {response.ms:6.0f} ms  {identifier}"
        self.say(f"{line}  {response.code}" if response.code else line)


def box(stack: Mapping[str, Json]) -> str:
    """Return the framed text of what to open, and under it one curl that works."""
    lines = [
        f"Rollcall     {stack['base_url']}",
        f"Mailbox      {stack['mailbox_url']}",
        f"SCIM         {stack['scim_url']}",
        f"Clock        {stack['clock_url']}",
        f"Dev IdP      {stack['base_url']}/_dev/idp",
        *_sign_in(stack["teams"]),
        "",
        "Ctrl-C to stop",
    ]
    width = max(map(len, lines))
    framed = "\n".join(f"│ {line:<{width}} │" for line in lines)
    rule = "─" * (width + 2)
    return f"┌{rule}┐\n{framed}\n└{rule}┘{_curl(stack)}"


def _sign_in(teams: Sequence[Json]) -> list[str]:
    if not teams:
        return []
    people = [(role, teams[0].get(role) or {}) for role in _ROLES]
    known = [f"  {role:<10} {one['email']}  {one['password']}" for role, one in people if one.get("password")]
    return ["", f"Sign in to team {teams[0]['slug']}", *known] if known else []


def _curl(stack: Mapping[str, Json]) -> str:
    token = next((team["owner"]["pat"] for team in stack["teams"] if (team.get("owner") or {}).get("pat")), None)
    if not token:
        return "\n"
    return f"\n\nTry:\n  curl -s -H 'Authorization: Bearer {token}' {stack['base_url']}/v1/members\n"
