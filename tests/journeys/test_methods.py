"""A method does what it says and nothing else: no other method, header, parameter or field makes it another one."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest

from infra.local.stack import ROOT
from infra.local.template import read_template
from infra.openapi import UNDESCRIBED
from rollcall.http.bodies import FORM
from tests.kit import GOOD_PASSWORD
from tests.matrix import OPERATIONS, ROUTES_BESIDE, Beside, Operation

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.kit import Answer, World
    from tests.scenes import Scene, Walk

METHODS = ("GET", "HEAD", "OPTIONS", "TRACE", "CONNECT", "PROPFIND", "POST", "PUT", "PATCH", "DELETE")
READING = ("GET", "HEAD")
OVERRIDES = ("x-http-method-override", "x-http-method", "x-method-override", "x-original-method")
UNROUTED = {404: "route_not_found", 405: "method_not_allowed"}


def _by_path() -> dict[str, set[str]]:
    """Each path with its methods, those of `/invitations/{id}` for `/invitations/bulk` too."""
    routes = [route for route in read_template(ROOT / "template.yaml").routes if route.key not in UNDESCRIBED]
    return {one.path: {route.method for route in routes if _fits(route.path, one.path)} for one in routes}


def _fits(template: str, path: str) -> bool:
    parts, given = template.split("/"), path.split("/")
    return len(parts) == len(given) and all(p == g or p.startswith("{") for p, g in zip(parts, given, strict=True))


TAKEN = _by_path()
SIGN_OUT = Operation("DELETE /v1/sessions/current")


@dataclass(frozen=True, slots=True)
class Sent:
    """A request that succeeds and changes something."""

    method: str
    path: str
    body: Any
    token: str | None
    form: bool = False
    ours: bool = False

    def by(self, world: World, method: str, query: str = "", **more: Any) -> Answer:
        """Make it, by whatever method, with more headers or fields."""
        headers = {**({"content-type": FORM} if self.form else {}), **more.get("headers", {})}
        headers |= {"origin": os.environ["PUBLIC_BASE_URL"]} if self.ours else {}
        body = self.body
        if field := more.get("field"):
            body = body + f"&_method={field}".encode() if self.form else {**(body or {}), "_method": field}
        return world.call(method, self.path + query, body, token=self.token, headers=headers)


def sent(scene: Scene, route: str) -> Sent:
    """Return a request of that route which changes something."""
    method, _, path = route.partition(" ")
    cast = scene.cast
    public = _public(scene).get(route)
    if public is not None:
        fills, body = public
        return Sent(method, path.format(**fills), body, None, form=isinstance(body, bytes))
    named: Operation | Beside = ROUTES_BESIDE.get(route) or next(
        (one for one in OPERATIONS.values() if one.route == route), SIGN_OUT
    )
    names = {"id": _target(scene, path), "role": "member", "address": "nora@example.com", "team": "Acme"}
    names |= {**named.fills, "issuer": cast.issuer, "password": cast.people["owner"].password}
    body = named.body and {
        name: value.format(**names) if isinstance(value, str) else value for name, value in named.body.items()
    }
    product = route.startswith("PUT ") and "/grants/" in route
    token = cast.credentials["service token"] if product else cast.people["owner"].session
    if route == "DELETE /v1/sessions/current":
        return Sent(method, path, None, token)
    if route == "POST /t/{slug}/sign-out":
        return Sent(method, path.format(slug="acme"), b"", token, form=True, ours=True)
    if path == "/v1/me/leave":
        token = cast.people["member"].session
    return Sent(method, path.format(**names), body, token)


def _target(scene: Scene, path: str) -> str:
    cast = scene.cast
    kinds = {"service-tokens": cast.service_token, "scim-tokens": cast.scim_token, "sso-connections": cast.connection}
    named = [an_id for kind, an_id in kinds.items() if f"/{kind}/" in path]
    if named:
        return named[0]
    if "/tokens/" in path:
        return cast.people["owner"].token
    if "/sessions/" in path:
        return cast.people["owner"].own_session
    if "/invitations/" in path:
        return cast.invitations["pending member"]
    if "/grants" in path or "/scim-conflicts/" in path:
        return cast.people["held"].id
    return cast.people["off member" if path.endswith("/reactivate") else "other member"].id


def _public(scene: Scene) -> Mapping[str, tuple[dict[str, str], Any]]:
    people, code = scene.cast.people, str(scene.cast.credentials["break-glass code"])
    link, reset, owner = people["invited"].link, people["active"].reset, people["owner"]
    secret = GOOD_PASSWORD.replace(" ", "+")
    return {
        "POST /v1/teams": (
            {},
            {"name": "Hooli", "slug": "hooli", "owner": {"email": "amy@hooli.example", "name": "Amy"}},
        ),
        "POST /v1/teams/{slug}/password-resets": ({"slug": "acme"}, {"email": owner.email}),
        "POST /v1/invitations/renewal-request": ({}, {"token": people["late"].link}),
        "POST /v1/teams/{slug}/sessions": ({"slug": "acme"}, {"email": owner.email, "password": owner.password}),
        "POST /v1/teams/{slug}/break-glass-sessions": ({"slug": "acme"}, {"email": owner.email, "code": code}),
        "POST /t/{slug}/break-glass": ({"slug": "acme"}, urlencode({"email": owner.email, "code": code}).encode()),
        "POST /v1/invitations/accept": ({}, {"token": link, "name": "Nora", "password": GOOD_PASSWORD}),
        "POST /v1/password-resets/complete": ({}, {"token": reset, "password": "a phrase of another kind"}),
        "POST /t/{slug}": (
            {"slug": "acme"},
            urlencode({"email": owner.email, "password": owner.password}).encode(),
        ),
        "POST /t/{slug}/forgot": ({"slug": "acme"}, urlencode({"email": owner.email}).encode()),
        "POST /i/{token}": ({"token": link}, f"name=Nora&password={secret}".encode()),
        "POST /reset/{token}": ({"token": reset}, b"password=a+phrase+of+another+kind"),
    }


UNCHANGING = [route for route, beside in ROUTES_BESIDE.items() if not beside.changes]
CHANGING = sorted(
    route.key
    for route in read_template(ROOT / "template.yaml").routes
    if route.key not in {*UNDESCRIBED, "POST /v1/invitations/inspect", *UNCHANGING, "POST /v1/token-leaks"}
    and route.method not in READING
)


@pytest.mark.parametrize("route", CHANGING)
def test_case_116_what_a_method_does_no_other_does_on_the_same_path(walk: Walk, route: str) -> None:
    """By the credential that may, with the body that works, whatever else the request says of its method."""
    scene = walk.enter("crowd")
    request, template = sent(scene, route), route.partition(" ")[2]
    assert request.by(scene.world, request.method).status < 400
    effect = walk.outcome(scene)
    assert effect is not None
    for method in METHODS:
        if method == request.method:
            continue
        for more in disguises(request.method):
            scene = walk.enter("crowd")
            answer = request.by(scene.world, method, **more)
            told = walk.outcome(scene) if method in TAKEN[template] else None
            assert answer.status < 500
            assert told is None or (method not in READING and set(told).isdisjoint(effect)), (method, more, told)
            if method not in TAKEN[template]:
                assert answer.status in UNROUTED, (method, answer.body)
                assert method == "HEAD" or answer.code == UNROUTED[answer.status]
                assert answer.status == 404 or request.method in answer.headers["allow"]
    assert walk.outcome(scene) is None


def disguises(method: str) -> list[dict[str, Any]]:
    """Every way to say in a request that it is of another method."""
    return [
        {},
        {"headers": dict.fromkeys(OVERRIDES, method)},
        {"query": f"?_method={method}"},
        {"query": f"?_method={method.lower()}&method={method}", "headers": dict.fromkeys(OVERRIDES, method.lower())},
        {"field": method},
    ]


@pytest.mark.parametrize("route", CHANGING)
def test_case_116_an_override_does_not_turn_a_change_into_another(walk: Walk, route: str) -> None:
    """The method of the request counts: with headers and parameters that say otherwise it does what it always does."""
    scene = walk.enter("crowd")
    request = sent(scene, route)
    plain = request.by(scene.world, request.method)
    effect = walk.outcome(scene)
    for other in ("DELETE", "GET"):
        scene = walk.enter("crowd")
        answer = request.by(scene.world, request.method, headers=dict.fromkeys(OVERRIDES, other))
        assert (answer.status, walk.outcome(scene)) == (plain.status, effect)
    scene = walk.enter("crowd")
    field = request.by(scene.world, request.method, field="DELETE")
    known = walk.outcome(scene)
    assert (field.status, known) == (400, None)


@pytest.mark.parametrize("path", sorted(TAKEN))
def test_case_116_a_method_that_a_path_does_not_take_is_refused_for_everybody(walk: Walk, path: str) -> None:
    scene = walk.enter("crowd")
    cast = scene.cast
    fills = {"id": _target(scene, path), "token": cast.people["invited"].link, "slug": "acme", "key": "trustgate"}
    fills |= {"group": "tokens", "grant": "project-1", "domain": "claimed.example.com"}
    target = path.format(**fills, connection="idp_" + "0" * 26)
    tokens = (None, cast.people["owner"].session, cast.people["member"].pat, cast.credentials["service token"])
    for method in set(METHODS) - TAKEN[path]:
        for token in tokens:
            answer = scene.world.call(method, target, token=token)
            assert answer.status in UNROUTED, (method, answer.status)
    assert walk.outcome(scene) is None
