"""What the rest of the functions do, once each and with success, so that each one's role is seen to be enough."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from infra.rehearse.play import OWNER, SLUG
from infra.rehearse.told import expect, step

if TYPE_CHECKING:
    from collections.abc import Iterable

    from infra.local.edges import Json
    from infra.rehearse.play import Parts, Scene

Request = tuple[int, str, str, "Json", "str | None"]
_OTHER: Final = "otto@example.com"


def tour(scene: Scene, parts: Parts) -> None:
    """Ask everything else of the service. Raises Wrong at the first answer that is not the one expected."""
    with step("every other thing that a team does, by each one's own role") as row:
        asked = [_ask(scene, request) for request in _of_invitations(scene, parts)]
        service = _service_token(scene, parts)
        asked += [_ask(scene, request) for request in (*_of_members(parts, service), *_of_team(scene, parts))]
        row.note = f"{len(asked) + 2} requests"


def _of_invitations(scene: Scene, parts: Parts) -> Iterable[Request]:
    owner = parts.owner
    invitation = _made(scene, "/v1/invitations", {"email": _OTHER}, owner)["id"]
    one = f"/v1/invitations/{invitation}"
    yield 200, "POST", "/v1/invitations/bulk", {"emails": ["ann@example.com"]}, owner
    yield 200, "GET", "/v1/invitations?limit=1", None, owner
    yield 200, "GET", one, None, owner
    yield 200, "PATCH", one, {"role": "admin"}, owner
    yield 200, "POST", f"{one}/link", None, owner
    yield 200, "POST", f"{one}/resend", None, owner
    yield 204, "POST", f"{one}/revoke", None, owner


def _of_members(parts: Parts, service: str) -> Iterable[Request]:
    owner, one = parts.owner, f"/v1/members/{parts.guest}"
    yield 200, "POST", f"{one}/reactivate", None, owner
    yield 200, "PUT", f"{one}/role", {"role": "admin"}, owner
    yield 200, "DELETE", f"{one}/role-override", None, owner
    yield 200, "PUT", f"{one}/products", {"all": True}, owner
    yield 200, "GET", one, None, owner
    yield 200, "GET", f"{one}/explain", None, owner
    yield 200, "GET", f"{one}/tokens", None, owner
    yield 201, "PUT", f"{one}/grants/board", {"name": "Board"}, service
    yield 200, "GET", f"{one}/grants", None, owner
    yield 409, "DELETE", one, None, owner
    yield 200, "DELETE", f"{one}/grants", None, owner
    yield 204, "POST", f"{one}/revoke-sessions", None, owner
    yield 204, "POST", f"{one}/revoke-tokens", None, owner
    yield 200, "DELETE", one, None, owner


def _of_team(scene: Scene, parts: Parts) -> Iterable[Request]:
    owner = parts.owner
    yield 200, "GET", "/v1/team", None, owner
    yield 200, "PATCH", "/v1/team", {"name": "Acme & Co"}, owner
    yield 200, "GET", "/v1/team/products", None, owner
    yield 201, "POST", "/v1/team/products", {"key": "nucleus", "name": "Nucleus"}, owner
    yield 200, "PATCH", "/v1/me", {"name": "Olivia O."}, owner
    yield 200, "GET", "/v1/audit-events?limit=1", None, owner
    yield 200, "GET", "/v1/tokens", None, owner
    token = _made(scene, "/v1/tokens", {"name": "short-lived"}, parts.session)["id"]
    yield 200, "PATCH", f"/v1/tokens/{token}", {"name": "renamed"}, parts.session
    yield 204, "DELETE", f"/v1/tokens/{token}", None, parts.session
    yield from _of_provisioning(scene, parts)
    yield from _of_sign_on(scene, parts)
    yield 204, "DELETE", "/v1/team", {"name": "Acme & Co"}, parts.session


def _of_provisioning(scene: Scene, parts: Parts) -> Iterable[Request]:
    owner, tokens = parts.owner, "/v1/team/scim-tokens"
    token = _made(scene, tokens, {"name": "provider"}, parts.session)["id"]
    yield 200, "GET", tokens, None, owner
    mapping = {"mappings": [{"group": "Platform", "role": "admin"}]}
    yield 200, "PUT", "/v1/team/scim-role-mapping", mapping, owner
    yield 201, "POST", "/v1/team/domains", {"domain": "rehearsal.example.com"}, owner
    yield 204, "DELETE", "/v1/team/domains/rehearsal.example.com", None, owner
    yield 200, "GET", "/v1/team/scim-log", None, owner
    yield 200, "GET", "/v1/team/scim-conflicts", None, owner
    yield 204, "DELETE", f"{tokens}/{token}", None, owner


def _of_sign_on(scene: Scene, parts: Parts) -> Iterable[Request]:
    """Ask for what needs no identity provider; the refused one seals its secret before anybody is asked."""
    owner, connections = parts.owner, "/v1/team/sso-connections"
    nowhere = {"provider": "oidc", "issuer": "https://127.0.0.1/", "client_id": "rollcall", "client_secret": "secret"}
    yield 200, "GET", connections, None, owner
    yield 400, "POST", connections, nowhere, owner
    yield 409, "PUT", "/v1/team/sso-enforcement", {"enforced": True}, parts.session
    code = _made(scene, "/v1/team/break-glass-codes", None, parts.session)["codes"][0]
    yield 201, "POST", f"/v1/teams/{SLUG}/break-glass-sessions", {"email": OWNER, "code": code}, None


def _service_token(scene: Scene, parts: Parts) -> str:
    path = "/v1/team/products/trustgate/service-tokens"
    return str(_made(scene, path, {"name": "trustgate"}, parts.session)["secret"])


def _made(scene: Scene, path: str, body: Json, token: str) -> Json:
    return _ask(scene, (201, "POST", path, body, token))


def _ask(scene: Scene, request: Request) -> Json:
    wanted, method, path, body, token = request
    answer = scene.api.call(method, path, body, token)
    expect(
        true=answer.status == wanted,
        otherwise=f"{method} {path}: {answer.status}, not {wanted}: {answer.body[:500]!r}",
    )
    return answer.json if answer.body else None
