"""What every answer to a browser says of caches and of other origins."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.conformance import operations
from tests.operations import sign_in

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.kit import World

BASE = "http://127.0.0.1:8000"
FILLS = {"slug": "acme", "token": "none", "key": "trustgate", "group": "tokens", "grant": "none", "id": "none"}
FILLS |= {"domain": "none.example", "connection": "none"}
KEYS = sorted(operations())
ORIGINS = ("null", "https://evil.example", f"{BASE}.evil.example", BASE.replace("//", "//evil."), BASE)
UNTRUSTING = ("/healthz", "/v1/openapi.json", "/.well-known/jwks.json")
"""What needs no credential and is the same for everybody."""


def request(key: str) -> tuple[str, str]:
    method, _, path = key.partition(" ")
    return method, path.format(**FILLS)


def bearers(world: World) -> list[Mapping[str, str]]:
    """The ways to be known: by token, by cookie from our own page."""
    session = sign_in(world, world.acme.owner)
    return [
        {"authorization": f"Bearer {world.acme.owner.pat}"},
        {"authorization": f"Bearer {session}"},
        {"cookie": f"__Host-rollcall={session}", "origin": BASE},
    ]


@pytest.mark.parametrize("key", [key for key in KEYS if not key.endswith(UNTRUSTING)])
def test_case_079_no_cache_keeps_an_authenticated_answer_and_none_mixes_two_callers(world: World, key: str) -> None:
    method, path = request(key)
    for headers in bearers(world):
        answer = world.call(method, path, headers=headers)
        assert answer.headers["cache-control"] == "no-store", answer.status
        assert {name.strip().lower() for name in answer.headers["vary"].split(",")} >= {"authorization", "cookie"}


@pytest.mark.parametrize("key", KEYS)
def test_case_078_no_answer_opens_itself_to_another_origin(world: World, key: str) -> None:
    method, path = request(key)
    cookie = {"cookie": f"__Host-rollcall={sign_in(world, world.acme.member)}"}
    for origin in ORIGINS:
        answer = world.call(method, path, headers={**cookie, "origin": origin})
        assert not [name for name in answer.headers if name.startswith("access-control-")]


@pytest.mark.parametrize("path", sorted({request(key)[1] for key in KEYS}))
def test_case_078_a_preflight_is_a_method_that_nothing_takes(world: World, path: str) -> None:
    for origin in ORIGINS:
        wanted = {"access-control-request-method": "PATCH", "access-control-request-headers": "content-type, cookie"}
        answer = world.call("OPTIONS", path, headers={"origin": origin, **wanted})
        assert answer.status in {404, 405}
        assert not [name for name in answer.headers if name.startswith("access-control-")]
