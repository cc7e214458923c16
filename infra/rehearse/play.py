"""One invitation, played from the operator's command to the list of members, through the API that was deployed."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import boto3

from infra import verify_audit
from infra.rehearse.told import Wrong, expect, step

if TYPE_CHECKING:
    from collections.abc import Callable

    from infra.local.edges import Json
    from infra.local.mailbox import Mailbox
    from infra.rehearse.wire import Answer, Api

SLUG: Final = "acme"
OWNER: Final = "owner@acme.example.com"
GUEST: Final = "nora@example.com"
PHRASE: Final = "a phrase nobody has used"
_SECRET: Final = re.compile(r"rc_[a-z]+_\w+")
_PATIENCE_SECONDS: Final = 30.0
_A_SCHEDULE_SECONDS: Final = 90.0  # the sender's runs each minute


@dataclass(frozen=True, slots=True)
class Scene:
    """What a play needs: the deployed API, its inbox, and what the stack says of itself."""

    api: Api
    mailbox: Mailbox
    stack: str
    outputs: dict[str, str]

    def asks(self, wanted: int, method: str, path: str, body: Json = None, token: str | None = None) -> Answer:
        """Send one request as a step of its own; any other status is Wrong."""
        with step(f"{method} {_SECRET.sub('…', path)}") as row:
            answer = self.api.call(method, path, body, token)
            row.note = f"{answer.status} {answer.code}"
            expect(true=answer.status == wanted, otherwise=f"{wanted} was expected: {answer.body[:500]!r}")
        return answer

    def link(self, to: str, kind: str) -> str:
        """Wait for a letter with a link of that kind (`i` or `reset`) and return the link's token."""
        with step(f"letter to {to}: stream, sender, SES") as row:
            link = wait(lambda: self._link(to, kind), _PATIENCE_SECONDS, f"no letter came to {to}")
            row.note = f"/{kind}/…"
            expect(true=link.startswith(f"{self.outputs['PublicUrl']}/{kind}/"), otherwise="another address")
        return urlsplit(link).path.rpartition("/")[2]

    def _link(self, to: str, kind: str) -> str:
        links = [link for mail in self.mailbox.mails(to) for link in mail.links]
        return next((link for link in links if urlsplit(link).path.startswith(f"/{kind}/")), "")


@dataclass(frozen=True, slots=True)
class Parts:
    """Who is there at the end of the play: the owner's token and session, and the id of the guest, who is cut off."""

    owner: str
    session: str
    guest: str


def play(scene: Scene) -> Parts:
    """Play it all. Raises Wrong at the first step that does not come out."""
    scene.asks(200, "GET", "/healthz")
    scene.asks(401, "GET", "/v1/me")
    session, owner = _founded(scene)
    guest = _invited(scene, owner)
    _refused(scene, owner)
    _sealed(scene, owner)
    return Parts(owner, session, _cut_off(scene, owner, guest))


def on_schedule(scene: Scene) -> None:
    """Wait for the sender's schedule, which notes in the table that it has looked."""
    with step("schedule of the sender, each minute"):
        key = {"PK": {"S": "SWEEP#L"}, "SK": {"S": "DAY"}}
        get = boto3.client("dynamodb").get_item
        wait(
            lambda: get(TableName=scene.outputs["TableName"], Key=key).get("Item"),
            _A_SCHEDULE_SECONDS,
            "the schedule did not run",
        )


def wait(look: Callable[[], Json], seconds: float, otherwise: str) -> Json:
    """Return what `look` finds, asking until it finds something. Raises Wrong after that many seconds."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        time.sleep(0.1)
    raise Wrong(f"{otherwise} within {seconds:.0f} s")


def _founded(scene: Scene) -> tuple[str, str]:
    """Create the team as an operator does, become its owner by the letter; return the owner's session and token."""
    with step("make create-team"):
        arguments = ["--slug", SLUG, "--name", "Acme", "--owner-email", OWNER, "--owner-name", "Olivia Owner"]
        asked = [*arguments, "--product", "trustgate=TrustGate", "--stack", scene.stack]
        done = subprocess.run(
            [sys.executable, "-m", "infra.create_team", *asked], capture_output=True, text=True, check=False
        )
        expect(true=done.returncode == 0, otherwise=done.stderr)
    token = scene.link(OWNER, "reset")
    scene.asks(204, "POST", "/v1/password-resets/complete", {"token": token, "password": PHRASE})
    session = _signed_in(scene, OWNER)
    return session, str(scene.asks(201, "POST", "/v1/tokens", {"name": "rehearsal"}, session).json["secret"])


def _signed_in(scene: Scene, email: str) -> str:
    body = {"email": email, "password": PHRASE}
    return str(scene.asks(201, "POST", f"/v1/teams/{SLUG}/sessions", body).json["token"])


def _invited(scene: Scene, owner: str) -> str:
    """Invite somebody, accept by the letter, be in the list; return the new member's session."""
    me = scene.asks(200, "GET", "/v1/me", token=owner).json
    expect(true=me["role"] == "owner", otherwise=me)
    wanted = {"email": GUEST, "role": "member", "products": {"only": ["trustgate"]}}
    scene.asks(201, "POST", "/v1/invitations", wanted, owner)
    link = scene.link(GUEST, "i")
    page = scene.asks(200, "GET", f"/i/{link}")
    expect(true=page.headers["content-type"].startswith("text/html"), otherwise=page.headers)
    accepted = {"token": link, "name": "Nora New", "password": PHRASE}
    scene.asks(201, "POST", "/v1/invitations/accept", accepted)
    found = scene.asks(200, "GET", "/v1/members?q=nora&role=member&product=trustgate", token=owner).json
    expect(true=[one["email"] for one in found["data"]] == [GUEST], otherwise=found)
    return _signed_in(scene, GUEST)


def _refused(scene: Scene, owner: str) -> None:
    """See that what no route knows is answered by the service, and what is not allowed is refused."""
    for method, path, status, code in (
        ("GET", "/nowhere", 404, "route_not_found"),
        ("DELETE", "/v1/invitations", 405, "method_not_allowed"),
    ):
        answer = scene.asks(status, method, path, token=owner)
        expect(true=answer.code == code, otherwise=answer.body)


def _cut_off(scene: Scene, owner: str, session: str) -> str:
    """Deactivate the new member, whose session is then worth nothing; return the member's id."""
    me = scene.asks(200, "GET", "/v1/me", token=session).json
    scene.asks(200, "POST", f"/v1/members/{me['id']}/deactivate", None, owner)
    scene.asks(401, "GET", "/v1/me", token=session)
    return str(me["id"])


def _sealed(scene: Scene, owner: str) -> None:
    """See that the stream's other reader seals the audit, and that an export of it verifies."""
    with step("audit: sealed by the stream, exported, verified") as row:

        def whole() -> verify_audit.Judgement | None:
            answer = scene.api.call("GET", "/v1/audit-events/export", token=owner)
            expect(true=answer.status == 200, otherwise=answer.body)  # noqa: PLR2004 OK
            judged = verify_audit.verify(answer.body, answer.headers.get("x-audit-head"))
            expect(true=not judged.faults, otherwise=judged.faults)
            return judged if judged.links and not judged.unsealed else None

        judged = wait(whole, _PATIENCE_SECONDS, "events stayed unsealed")
        row.note = f"{len(judged.links)} events"
