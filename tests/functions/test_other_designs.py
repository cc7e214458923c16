"""Designs that are not here, each with its attack: tokens to refresh, sessions that say themselves who holds them."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest

from infra.local.stack import ROOT
from infra.local.template import read_template
from rollcall.auth import secrets
from rollcall.domain import ids
from rollcall.http.reply import SECURITY_HEADERS
from tests import seam
from tests.operations import act_on, ask, authenticates, issue, put_role, sign_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.kit import World

FOREIGN = ("https://evil.example", "null", "http://127.0.0.1:8000.evil.example", "http://evil.127.0.0.1:8000")
CORS = "access-control-"


def names_in(value: object) -> Iterator[str]:
    """Yield the name of every field of an answer."""
    if isinstance(value, dict):
        yield from value
        for one in value.values():
            yield from names_in(one)


def segment(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


# ---------------------------------------------------------------- nothing signed is believed


@pytest.mark.parametrize(
    ("header", "claims"),
    [
        ({"alg": "none"}, {}),
        ({"alg": "HS256", "kid": "other"}, {}),
        ({"alg": "ES256", "kid": "../../dev/null"}, {"epoch": 99}),
        ({"alg": "none", "typ": "rst"}, {"exp": 4_000_000_000}),
        ({"alg": "none"}, {"role": "owner", "team": "team_" + "0" * 26}),
    ],
    ids=["no algorithm", "another key", "a higher epoch", "a reset token's type", "claims of its own"],
)
def test_case_071_what_a_session_says_of_itself_is_never_asked(
    world: World, header: dict[str, Any], claims: dict[str, Any]
) -> None:
    owner = world.acme.owner
    told = {"sub": owner.id, "sid": owner.id, "epoch": 1, **claims}
    for signature in ("", "AAAA"):
        token = f"{segment(header)}.{segment(told)}.{signature}"
        with world.unchanged(), seam.seam() as seen:
            assert world.call("GET", "/v1/me", token=token).status == 401
            assert world.call("GET", "/v1/me", headers={"Cookie": f"__Host-rollcall={token}"}).status == 401
        assert seen.calls == []


def test_case_071_a_session_of_another_team_or_member_is_no_session_though_its_secret_is_right(world: World) -> None:
    """The locator only leads to the record: the hash is over the whole text, role and status are the record's."""
    session = sign_in(world, world.acme.member)
    held = secrets.parse(session)
    assert held
    for team, member in (
        (world.acme.id, world.acme.owner.id),
        (world.globex.id, held.owner_id),
        (world.globex.id, world.globex.owner.id),
    ):
        moved = secrets.compose("ses", team, member, _bytes_of(held.secret))
        assert secrets.parse(moved)
        assert not authenticates(world, moved)
    assert authenticates(world, secrets.compose("ses", held.team_id, held.owner_id, _bytes_of(held.secret)))
    assert ask(world, "GET", "/v1/members", None, session).status == 403
    assert put_role(world, world.acme.member.id, "admin").status == 200
    assert ask(world, "GET", "/v1/members", None, session).status == 200


def _bytes_of(secret: str) -> bytes:
    return ids.number_of(secret).to_bytes(32, "big")


# ---------------------------------------------------------------- nothing is refreshed


def test_case_076_there_are_no_refresh_tokens_and_no_use_makes_a_session_again(world: World) -> None:
    routes = [route.key for route in read_template(ROOT / "template.yaml").routes]
    assert [route for route in routes if "refresh" in route or route.endswith("/token")] == []
    opened = world.call(
        "POST", "/v1/teams/acme/sessions", {"email": world.acme.member.email, "password": world.acme.member.password}
    )
    session = opened.json["token"]
    answers = [opened, ask(world, "GET", "/v1/me", None, session), ask(world, "GET", "/v1/sessions", None, session)]
    assert not [name for answer in answers for name in names_in(answer.json) if "refresh" in name]
    held = set(world.member(world.acme.member.id).sessions)
    for grant in ("refresh_token", "password", "client_credentials"):
        body = f"grant_type={grant}&refresh_token={session}".encode()
        for path in ("/v1/sessions", "/v1/teams/acme/sessions", "/oauth/token", "/v1/token"):
            headers = {"content-type": "application/x-www-form-urlencoded"}
            assert world.call("POST", path, body, token=session, headers=headers).status in {400, 404, 405, 415}
    assert set(world.member(world.acme.member.id).sessions) == held


def test_case_076_what_ended_is_ended_however_often_it_is_shown(world: World) -> None:
    session = sign_in(world, world.acme.member)
    token = issue(world, session)["secret"]
    assert act_on(world, world.acme.member.id, "revoke-sessions").status == 204
    with world.unchanged():
        assert not any(authenticates(world, session) for _ in range(16))
    assert authenticates(world, token)


# ---------------------------------------------------------------- other sites


@pytest.mark.parametrize("origin", FOREIGN)
def test_case_078_no_other_origin_is_told_that_it_may_read_an_answer(world: World, origin: str) -> None:
    session = sign_in(world, world.acme.member)
    ask_first = {
        "Origin": origin,
        "Access-Control-Request-Method": "PATCH",
        "Access-Control-Request-Headers": "authorization",
        "Cookie": f"__Host-rollcall={session}",
    }
    answers = [
        world.call("GET", "/v1/me", token=session, headers={"Origin": origin}),
        world.call("GET", "/v1/me", headers={"Origin": origin, "Cookie": f"__Host-rollcall={session}"}),
        world.call("GET", "/v1/me", headers={"Origin": origin}),
        world.call("GET", "/.well-known/jwks.json", headers={"Origin": origin}),
        world.call("OPTIONS", "/v1/me", headers=ask_first),
        world.call("OPTIONS", "/v1/teams/acme/sessions", headers=ask_first),
    ]
    assert [answer.status for answer in answers] == [200, 200, 401, 200, 405, 405]
    assert not [name for answer in answers for name in answer.headers if name.startswith(CORS)]


def test_case_079_no_answer_to_somebody_known_is_kept_on_the_way(world: World) -> None:
    session = sign_in(world, world.acme.member)
    reads = ("/v1/me", "/v1/tokens", "/v1/sessions", "/v1/members", "/v1/team", "/v1/nowhere", "/v1/members?limit=x")
    answers = [ask(world, "GET", path, None, by) for path in reads for by in (session, world.acme.owner.pat)]
    answers += [ask(world, "POST", "/v1/tokens", {"name": "ci"}, session), ask(world, "PATCH", "/v1/me", {}, session)]
    assert {answer.status for answer in answers} >= {200, 201, 400, 403, 404}
    for answer in answers:
        assert answer.headers["cache-control"] == SECURITY_HEADERS["cache-control"] == "no-store"
        assert {"authorization", "cookie"} <= {name.strip().lower() for name in answer.headers["vary"].split(",")}
