"""A product asks whose a credential is: active only while its holder may open that product, else one same no (C7)."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest

from rollcall import clock
from rollcall.auth import secrets
from rollcall.domain import ids
from rollcall.domain.permissions import Role
from rollcall.storage import keys
from rollcall.storage.reads import read
from tests import seam
from tests.operations import (
    act_on,
    ask,
    authenticates,
    issue,
    put_products,
    put_role,
    remove,
    service_token,
    sign_in,
)

if TYPE_CHECKING:
    from tests.kit import Answer, World

PATH = "/v1/introspect"
COUNTED = {"X-Rollcall-Cost": "1"}
INACTIVE = {"active": False}


@pytest.fixture
def gate(world: World) -> str:
    """Return a service token of trustgate."""
    return service_token(world)


def introspect(world: World, token: str, by: str, **more: object) -> Answer:
    """Ask by form, as RFC 7662 has it."""
    return world.post_form(PATH, urlencode({"token": token, **more}), token=by)


def told(world: World, token: str, by: str) -> Any:
    answer = introspect(world, token, by)
    assert answer.status == 200, answer.body
    return answer.json


# ---------------------------------------------------------------- who it is


def test_c7_a_session_is_told_with_whose_it_is(world: World, gate: str) -> None:
    mia = world.acme.member
    token = sign_in(world, mia)
    (session,) = world.member(mia.id).sessions.values()
    with world.unchanged():
        answer = introspect(world, token, gate, token_type_hint="access_token", product="trustgate")
    assert (answer.status, answer.headers["cache-control"]) == (200, "no-store")
    assert answer.json == {
        "active": True,
        "iss": "http://127.0.0.1:8000",
        "sub": mia.id,
        "aud": "trustgate",
        "client_id": session.id,
        "token_type": "session",
        "username": mia.email,
        "iat": int(ids.made_at(session.id).timestamp()),
        "exp": int(session.idle_at.timestamp()),
        "team": {"id": world.acme.id, "slug": "acme"},
        "role": "member",
        "email": mia.email,
        "email_verified": True,
        "name": "Mia Member",
        "products": {"all": True},
    }


def test_c7_a_token_is_told_with_its_end_if_it_has_one(world: World, gate: str) -> None:
    forever = told(world, world.acme.owner.pat, gate)
    assert (forever["token_type"], forever["role"], "exp" in forever) == ("pat", "owner", False)
    made = issue(world, sign_in(world, world.acme.owner), expires_at="2040-01-01T00:00:00Z")
    ending = told(world, made["secret"], gate)
    assert (ending["exp"], ending["client_id"]) == (2208988800, made["id"])


def test_json_is_asked_and_answered_alike(world: World, gate: str) -> None:
    by_form = introspect(world, world.acme.owner.pat, gate)
    for body in ({}, {"token_type_hint": "anything"}, {"product": "trustgate"}):
        answer = ask(world, "POST", PATH, {"token": world.acme.owner.pat, **body}, gate)
        assert answer.essence == by_form.essence


def test_the_answer_is_of_now_also_for_a_credential_of_before(world: World, gate: str) -> None:
    mia = world.acme.member
    before = told(world, mia.pat, gate)
    assert put_role(world, mia.id, "admin").status == 200
    assert put_products(world, mia.id, {"only": ["trustgate"]}).status == 200
    assert ask(world, "PATCH", "/v1/me", {"name": "Mia Two"}, mia.pat).status == 200
    after = {**before, "role": "admin", "products": {"only": ["trustgate"]}, "name": "Mia Two"}
    assert told(world, mia.pat, gate) == after


def test_only_products_that_the_team_has_are_told(world: World, gate: str) -> None:
    assert put_products(world, world.acme.member.id, {"only": ["trustgate", "trusttest"]}).status == 200
    assert ask(world, "DELETE", "/v1/team/products/trusttest").status == 204
    assert told(world, world.acme.member.pat, gate)["products"] == {"only": ["trustgate"]}


# ---------------------------------------------------------------- one same no


def revoked(world: World) -> str:
    session = sign_in(world, world.acme.owner)
    made = issue(world, session)
    assert ask(world, "DELETE", f"/v1/tokens/{made['id']}", None, session).status == 204
    return str(made["secret"])


def rebuilt(text: str, **parts: Any) -> str:
    """Return the credential with other parts and a true checksum."""
    token = secrets.parse(text)
    assert token
    whose = {"kind": token.kind, "team_id": token.team_id, "owner_id": token.owner_id, "secret": bytes(32), **parts}
    return secrets.compose(**whose)


def test_every_reason_not_to_let_somebody_in_is_answered_alike(world: World, gate: str) -> None:
    """RFC 7662, section 2.2: the server SHOULD NOT include any additional information about an inactive token."""
    owner, mia, adam = world.acme.owner, world.acme.member, world.acme.admin
    expired = issue(world, sign_in(world, owner), expires_at=_soon())["secret"]
    product_token = ask(world, "POST", "/v1/product-tokens", {"product": "trustgate"}).json["token"]
    nobody = {
        "rubbish": "x",
        "a longer one": "é" * 5000,
        "a wrong checksum": owner.pat[:-1] + ("0" if owner.pat[-1] != "0" else "1"),
        "a wrong secret": rebuilt(owner.pat),
        "of nobody": rebuilt(owner.pat, owner_id="mem_" + "0" * 26),
        "of no team": rebuilt(owner.pat, team_id="team_" + "0" * 26),
        "another kind": rebuilt(owner.pat, kind="ses"),
        "another team's": world.globex.owner.pat,
        "revoked": revoked(world),
        "expired": expired,
        "may not open it": mia.pat,
        "deactivated": adam.pat,
        "a service token": gate,
        "a SCIM token": rebuilt(owner.pat, kind="scm", owner_id="scm" + owner.id[3:]),
        "an invitation's link": rebuilt(owner.pat, kind="inv", owner_id="inv" + owner.id[3:]),
        "a signed token": product_token,
    }
    assert put_products(world, mia.id, {"only": ["trusttest"]}).status == 200
    assert act_on(world, adam.id, "deactivate").status == 200
    world.advance(120)
    with world.unchanged():
        answers = {name: introspect(world, token, gate) for name, token in nobody.items()}
    assert {name: (answer.status, answer.body) for name, answer in answers.items()} == dict.fromkeys(
        nobody, (200, json.dumps(INACTIVE).encode())
    )
    assert len({repr(sorted(answer.essence[1].items())) for answer in answers.values()}) == 1


def _soon() -> str:
    return f"{clock.now() + timedelta(seconds=60):%Y-%m-%dT%H:%M:%SZ}"


@pytest.mark.parametrize("verb", ["deactivate", "revoke-tokens", "products", "remove"])
def test_c6_a_cut_shows_in_the_very_next_answer(world: World, gate: str, verb: str) -> None:
    mia = world.acme.member
    assert told(world, mia.pat, gate)["active"] is True
    if verb == "products":
        assert put_products(world, mia.id, {"only": []}).status == 200
    elif verb == "remove":
        assert remove(world, mia.id).status == 200
    else:
        assert act_on(world, mia.id, verb).status in {200, 204}
    assert told(world, mia.pat, gate) == INACTIVE


def test_c6_a_product_that_is_taken_away_closes_for_everybody(world: World, gate: str) -> None:
    vault = service_token(world, "trustvault")
    assert ask(world, "DELETE", "/v1/team/products/trustvault").status == 204
    assert introspect(world, world.acme.owner.pat, vault).status == 401
    assert told(world, world.acme.owner.pat, gate)["active"] is True


def test_what_policy_refuses_is_not_active_either(world: World, gate: str) -> None:
    by_password = sign_in(world, world.acme.member)
    assert told(world, by_password, gate)["active"] is True
    world.rewrite(world.team(), sso_enforced=True)
    assert told(world, by_password, gate) == INACTIVE
    assert told(world, world.acme.member.pat, gate)["active"] is True


# ---------------------------------------------------------------- who may ask, and how


def test_only_a_products_token_asks(world: World, gate: str) -> None:
    session = sign_in(world, world.acme.owner)
    with world.unchanged():
        for by in (session, world.acme.owner.pat, world.acme.admin.pat, world.acme.member.pat, world.globex.owner.pat):
            answer = introspect(world, world.acme.owner.pat, by)
            assert (answer.status, answer.code) == (403, "forbidden")
        assert world.post_form(PATH, f"token={world.acme.owner.pat}").status == 401
        assert introspect(world, world.acme.owner.pat, gate[:-1] + "_").status == 401


@pytest.mark.parametrize("product", ["trusttest", "unknown"])
def test_a_product_asks_for_itself_only(world: World, gate: str, product: str) -> None:
    for token in (world.acme.owner.pat, "rubbish"):
        answer = introspect(world, token, gate, product=product)
        assert (answer.status, answer.code) == (403, "forbidden")


def test_each_product_is_answered_for_itself(world: World, gate: str) -> None:
    bench = service_token(world, "trusttest")
    assert put_products(world, world.acme.member.id, {"only": ["trusttest"]}).status == 200
    assert [told(world, world.acme.member.pat, by)["active"] for by in (gate, bench)] == [False, True]


@pytest.mark.parametrize(
    ("form", "pointers"),
    [
        ("", ["/token"]),
        ("token=", ["/token"]),
        ("product=trustgate", ["/token"]),
        ("token=x&product=Trust", ["/product"]),
        ("token=x&scope=all", ["/scope"]),
        ("token=x&token=x", [""]),
        ("token=x&product=trustgate&product=trustgate", [""]),
        ("token=%ff", [""]),
        ("token", [""]),
        ("token=" + "x" * 10_241, ["/token"]),
    ],
)
def test_a_form_is_read_strictly(world: World, gate: str, form: str, pointers: list[str]) -> None:
    answer = world.post_form(PATH, form, token=gate)
    assert (answer.status, answer.pointers) == (400, pointers)


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ({}, ["/token"]),
        ({"token": None}, ["/token"]),
        ({"token": 7}, ["/token"]),
        ({"token": "x", "client_id": "y"}, ["/client_id"]),
        ({"token": "x", "team_id": "team_x"}, ["/team_id"]),
    ],
)
def test_json_is_read_strictly(world: World, gate: str, body: object, pointers: list[str]) -> None:
    answer = ask(world, "POST", PATH, body, gate)
    assert (answer.status, answer.pointers) == (400, pointers)


def test_the_media_type_says_how_the_body_is_read(world: World, gate: str) -> None:
    form, body = b"token=x", b'{"token": "x"}'
    kinds = {"form": "application/x-www-form-urlencoded; charset=utf-8", "json": "application/json;charset=UTF-8"}
    for raw, kind, status in (
        (form, kinds["form"], 200), (body, kinds["json"], 200), (form, kinds["json"], 400), (body, kinds["form"], 400),
        (form, "text/plain", 415), (form, "multipart/form-data", 415),
    ):  # fmt: skip
        assert world.call("POST", PATH, raw, token=gate, headers={"content-type": kind}).status == status, kind


def test_a_key_of_idempotency_keeps_no_answer(world: World, gate: str) -> None:
    headers = {"Idempotency-Key": "once"}
    asked = {"token": world.acme.member.pat}
    assert world.call("POST", PATH, asked, token=gate, headers=headers).json["active"] is True
    act_on(world, world.acme.member.id, "deactivate")
    assert world.call("POST", PATH, asked, token=gate, headers=headers).json == INACTIVE
    assert world.items("IDEM#") == []


# ---------------------------------------------------------------- what it costs and leaves


@pytest.mark.parametrize("kind", ["active", "unknown", "rubbish", "another team's"])
def test_asking_costs_one_reading(world: World, gate: str, kind: str) -> None:
    token = {
        "active": world.acme.owner.pat,
        "unknown": rebuilt(world.acme.owner.pat, owner_id="mem_" + "0" * 26),
        "rubbish": "x",
        "another team's": world.globex.owner.pat,
    }[kind]
    told(world, token, gate)
    answer = world.call("POST", PATH, {"token": token}, token=gate, headers=COUNTED)
    assert (answer.cost["round_trips"], answer.cost["calls"]) == (1, 1)


def test_a_table_that_does_not_answer_is_no_inactive(world: World, gate: str) -> None:
    with seam.seam(seam.down):
        answer = introspect(world, world.acme.owner.pat, gate)
    assert (answer.status, answer.code) == (503, "unavailable")


def test_c3_asking_is_a_use_it_moves_the_idle_limit_and_the_last_activity(world: World, gate: str) -> None:
    token = sign_in(world, world.acme.member)
    idle = timedelta(minutes=world.team().settings.session_idle_minutes)
    for _ in range(3):
        world.advance(idle.total_seconds() * 0.6)
        assert told(world, token, gate)["active"] is True
    assert authenticates(world, token)
    world.advance(idle.total_seconds() + 1)
    assert told(world, token, gate) == INACTIVE
    assert not authenticates(world, token)


def test_a_no_is_no_use(world: World, gate: str) -> None:
    token = sign_in(world, world.acme.member)
    assert put_products(world, world.acme.member.id, {"only": []}).status == 200
    before = world.member(world.acme.member.id).sessions
    row = _row(world)
    world.advance(20 * 3600)
    assert told(world, token, gate) == INACTIVE
    assert world.member(world.acme.member.id).sessions == before
    assert _row(world) == row


def _row(world: World) -> object:
    member = world.member(world.acme.member.id)
    return read([keys.row(world.acme.id, member.block, member.id)]).items


def test_the_body_may_come_as_base64(world: World, gate: str) -> None:
    event = {
        "version": "2.0",
        "routeKey": f"POST {PATH}",
        "rawPath": PATH,
        "headers": {"authorization": f"Bearer {gate}", "content-type": "application/x-www-form-urlencoded"},
        "requestContext": {"http": {"method": "POST", "sourceIp": "192.0.2.1"}, "requestId": "request"},
        "body": base64.b64encode(f"token={world.acme.owner.pat}".encode()).decode(),
        "isBase64Encoded": True,
    }
    assert json.loads(world.invoke("introspect", event)["body"])["role"] == Role.OWNER


def test_a_member_without_credentials_left_answers_for_none(world: World, gate: str) -> None:
    held = world.member(world.acme.owner.id)
    world.rewrite(held, pats={key: replace(pat, hash="0" * 43) for key, pat in held.pats.items()})
    assert told(world, world.acme.owner.pat, gate) == INACTIVE
