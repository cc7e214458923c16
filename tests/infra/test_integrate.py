"""docs/integrate.md is true: its code is run against the local stack, over HTTP, as a product would run it."""

from __future__ import annotations

import re
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError

import jwt
import pytest

from infra.local.server import Server
from tests.operations import act_on, ask, service_token, sign_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.kit import World

PAGE = (Path(__file__).parents[2] / "docs/integrate.md").read_text("utf-8")
ISSUER = "http://127.0.0.1:8000"


@pytest.fixture(scope="module")
def code() -> dict[str, Any]:
    """Return what the page's code defines."""
    names: dict[str, Any] = {}
    for block in re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL):
        exec(block, names)  # noqa: S102 - running it is the point
    return names


@pytest.fixture
def address(world: World) -> Iterator[str]:
    """Serve the stack on a port of its own; links and issuer stay those of PUBLIC_BASE_URL."""

    with Server(0) as server:
        server.answer = world.stack.call
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server.base_url
        server.shutdown()
        thread.join()


def test_a_product_asks_each_time(world: World, address: str, code: dict[str, Any]) -> None:
    gate, mia = service_token(world), world.acme.member
    told = code["introspect"](address, gate, sign_in(world, mia))
    assert (told["active"], told["sub"], told["role"]) == (True, mia.id, "member")
    table = PAGE.partition("| `active` |")[2].partition("\n\n")[0]
    assert told.keys() - {"active"} <= set(re.findall(r"`(\w+)`", table))
    assert act_on(world, mia.id, "deactivate").status == 200
    assert code["introspect"](address, gate, mia.pat) == {"active": False}
    with pytest.raises(HTTPError):
        code["introspect"](address, mia.pat, mia.pat)


def test_a_product_checks_a_signed_token_itself(world: World, address: str, code: dict[str, Any]) -> None:
    keys = jwt.PyJWKClient(f"{address}/.well-known/jwks.json")
    token = ask(world, "POST", "/v1/product-tokens", {"product": "trustgate"}).json["token"]
    claims = code["checked"](keys, token, ISSUER, "trustgate", world.acme.id)
    assert (claims["sub"], claims["role"]) == (world.acme.owner.id, "owner")
    assert {"team", "role", "email", "email_verified", "name", "cred"} <= claims.keys()
    for wrong in (
        (token, ISSUER, "trusttest", world.acme.id),
        (token, ISSUER, "trustgate", world.globex.id),
        (token, "https://rollcall.example", "trustgate", world.acme.id),
        (token[:-1], ISSUER, "trustgate", world.acme.id),
        (world.acme.owner.pat, ISSUER, "trustgate", world.acme.id),
    ):
        with pytest.raises(jwt.PyJWTError):
            code["checked"](keys, *wrong)


def test_a_seeded_service_token_asks_at_once(world: World, address: str, code: dict[str, Any]) -> None:
    for team in (world.acme, world.globex):
        told = code["introspect"](address, team.service_token, team.owner.pat)
        assert (told["aud"], told["team"]["slug"]) == ("trustgate", team.slug)
