"""Signed tokens for products: who gets one, what it says, and that the published keys check it, rotated or not."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import secrets as randomness
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from rollcall import clock
from rollcall.auth import keyring, signing
from rollcall.domain.times import rfc3339
from tests.operations import act_on, ask, issue, put_products, put_role, service_token, sign_in
from tests.values import frozen

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.kit import Answer, World

PATH = "/v1/product-tokens"
KEYS = "/.well-known/jwks.json"
ISSUER = "http://127.0.0.1:8000"
COUNTED = {"X-Rollcall-Cost": "1"}
SECRET = "s" * 64


def exchange(world: World, by: str, product: str = "trustgate") -> Answer:
    return ask(world, "POST", PATH, {"product": product}, by)


def signed(world: World, by: str, product: str = "trustgate") -> str:
    answer = exchange(world, by, product)
    assert answer.status == 201, answer.body
    return str(answer.json["token"])


def published(world: World) -> jwt.PyJWKSet:
    answer = world.call("GET", KEYS)
    assert answer.status == 200, answer.body
    return jwt.PyJWKSet.from_dict(answer.json)


def verified(world: World, token: str, product: str = "trustgate", **options: Any) -> dict[str, Any]:
    """Check a token as a product does, by nothing but what is published; time is the local stack's."""
    key = published(world)[jwt.get_unverified_header(token)["kid"]]
    judged: Any = {"require": ["exp", "iat", "nbf", "sub", "aud", "iss", "jti"], "verify_exp": False, **options}
    return jwt.decode(token, key, algorithms=["ES256"], audience=product, issuer=ISSUER, options=judged)


@pytest.fixture
def rotate(world: World) -> Iterator[Any]:
    """Write other secrets where the keys are derived from, as an operator does; functions read them anew."""
    assert world
    path = Path(os.environ["SIGNING_KEYS"].removeprefix("file:"))
    before = path.read_text("utf-8")

    def rotate(**stored: str | None) -> None:
        path.write_text(json.dumps(stored), "utf-8")
        keyring._held.clear()

    yield rotate
    path.write_text(before, "utf-8")
    keyring._held.clear()


# ---------------------------------------------------------------- what it says


def test_c7_a_session_is_exchanged_for_a_signed_token_that_anybody_can_check(world: World) -> None:
    mia = world.acme.member
    session = sign_in(world, mia)
    with world.unchanged():
        answer = exchange(world, session)
    assert {name: answer.json[name] for name in ("token_type", "expires_in", "product")} == {
        "token_type": "Bearer",
        "expires_in": 300,
        "product": "trustgate",
    }
    claims = verified(world, answer.json["token"], verify_exp=True)
    assert claims == {
        "iss": ISSUER,
        "sub": mia.id,
        "aud": "trustgate",
        "iat": claims["iat"],
        "nbf": claims["iat"],
        "exp": claims["iat"] + 300,
        "jti": claims["jti"],
        "cred": next(iter(world.member(mia.id).sessions.values())).id,
        "team": {"id": world.acme.id, "slug": "acme"},
        "role": "member",
        "email": mia.email,
        "email_verified": True,
        "name": "Mia Member",
    }
    assert abs(claims["iat"] - clock.now().timestamp()) < 10


def test_its_header_is_that_of_rfc_9068_and_names_its_key(world: World) -> None:
    header = jwt.get_unverified_header(signed(world, world.acme.owner.pat))
    assert header == {"alg": "ES256", "typ": "at+jwt", "kid": world.call("GET", KEYS).json["keys"][0]["kid"]}


def test_a_token_of_its_own_each_time_and_none_is_kept(world: World) -> None:
    with world.unchanged():
        tokens = [signed(world, world.acme.owner.pat) for _ in range(2)]
    assert len({verified(world, token)["jti"] for token in tokens}) == 2
    stored = frozen(world)
    assert not any(token in stored or token.split(".")[2] in stored for token in tokens)


def test_a_key_of_idempotency_keeps_no_signed_token(world: World) -> None:
    tokens = [ask(world, "POST", PATH, {"product": "trustgate"}, Idempotency_Key="once") for _ in range(2)]
    assert [answer.status for answer in tokens] == [201, 201]
    assert tokens[0].json["token"] != tokens[1].json["token"]
    assert world.items("IDEM#") == []


def test_it_says_what_is_so_now(world: World) -> None:
    mia = world.acme.member
    assert put_role(world, mia.id, "admin").status == 200
    assert verified(world, signed(world, mia.pat))["role"] == "admin"


def test_it_never_outlives_its_credential(world: World) -> None:
    ends = clock.now() + timedelta(seconds=60)
    made = issue(world, sign_in(world, world.acme.owner), expires_at=rfc3339(ends))
    answer = exchange(world, made["secret"])
    claims = verified(world, answer.json["token"])
    assert 0 < answer.json["expires_in"] == claims["exp"] - claims["iat"] < 60
    assert claims["exp"] <= ends.timestamp()


# ---------------------------------------------------------------- who gets one


@pytest.mark.parametrize("product", ["trusttest", "trustlens"])
def test_a_product_that_is_not_the_members_and_one_that_is_nobodys_are_refused_alike(
    world: World, product: str
) -> None:
    mia = world.acme.member
    assert put_products(world, mia.id, {"only": ["trustgate"]}).status == 200
    refused = exchange(world, mia.pat, product)
    assert (refused.status, refused.code) == (403, "no_product_access")
    assert refused.essence == exchange(world, mia.pat, "trustvault").essence


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ({}, ["/product"]),
        ({"product": "TrustGate"}, ["/product"]),
        ({"product": ["trustgate"]}, ["/product"]),
        ({"product": "trustgate", "expires_in": 3600}, ["/expires_in"]),
        ({"product": "trustgate", "role": "owner"}, ["/role"]),
    ],
)
def test_a_product_is_all_that_can_be_asked_for(world: World, body: object, pointers: list[str]) -> None:
    answer = ask(world, "POST", PATH, body)
    assert (answer.status, answer.pointers) == (400, pointers)


def test_c6_nobody_who_was_cut_off_gets_another(world: World) -> None:
    mia, session = world.acme.member, sign_in(world, world.acme.member)
    assert act_on(world, mia.id, "deactivate").status == 200
    assert [exchange(world, by).status for by in (mia.pat, session)] == [401, 401]
    assert exchange(world, service_token(world)).status == 403
    assert world.call("POST", PATH, {"product": "trustgate"}).status == 401


def test_case_071_a_signed_token_is_no_credential_here(world: World) -> None:
    token = signed(world, world.acme.owner.pat)
    unsigned = jwt.encode({"sub": world.acme.owner.id, "role": "owner"}, "", algorithm="none")
    with world.unchanged():
        for text in (token, unsigned):
            for method, path in (("GET", "/v1/me"), ("GET", "/v1/members"), ("POST", PATH), ("POST", "/v1/introspect")):
                body = {"product": "trustgate"} if path == PATH else {"token": "x"} if method == "POST" else None
                assert world.call(method, path, body, token=text).status == 401


def test_an_exchange_costs_one_reading_and_the_keys_cost_none(world: World) -> None:
    signed(world, world.acme.owner.pat)
    answer = ask(world, "POST", PATH, {"product": "trustgate"}, **COUNTED)
    assert (answer.cost["round_trips"], answer.cost["calls"]) == (1, 1)
    keys = world.call("GET", KEYS, headers=COUNTED)
    assert (keys.cost["round_trips"], keys.cost["calls"]) == (0, 0)


# ---------------------------------------------------------------- what does not check


def test_a_token_for_one_product_or_from_elsewhere_is_none_for_another(world: World) -> None:
    token = signed(world, world.acme.owner.pat)
    with pytest.raises(jwt.InvalidAudienceError):
        verified(world, token, "trusttest")
    theirs = verified(world, signed(world, world.globex.owner.pat))
    assert (theirs["aud"], theirs["team"]["slug"]) == ("trustgate", "globex")  # a key names a product in each team


def test_a_token_that_was_tampered_with_does_not_check(world: World) -> None:
    head, body, signature = signed(world, world.acme.member.pat).split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=="))
    forged = base64.urlsafe_b64encode(json.dumps({**claims, "role": "owner"}).encode()).rstrip(b"=").decode()
    with pytest.raises(jwt.InvalidSignatureError):
        verified(world, f"{head}.{forged}.{signature}")


def test_its_five_minutes_end(world: World) -> None:
    world.advance(-301)
    token = signed(world, world.acme.owner.pat)
    with pytest.raises(jwt.ExpiredSignatureError):
        verified(world, token, verify_exp=True)


# ---------------------------------------------------------------- the published keys


def test_the_keys_are_public_ones_that_may_be_kept_for_five_minutes(world: World) -> None:
    answer = world.call("GET", KEYS)
    assert answer.headers["content-type"] == "application/jwk-set+json"
    assert answer.headers["cache-control"] == "public, max-age=300"
    (key,) = answer.json["keys"]
    assert set(key) == {"kty", "crv", "x", "y", "kid", "use", "alg"}
    assert (key["kty"], key["crv"], key["use"], key["alg"]) == ("EC", "P-256", "sig", "ES256")


def test_a_keys_name_is_its_thumbprint(world: World) -> None:
    """RFC 7638, section 3: SHA-256 over the required members in lexicographic order, without whitespace."""
    (key,) = world.call("GET", KEYS).json["keys"]
    text = f'{{"crv":"P-256","kty":"EC","x":"{key["x"]}","y":"{key["y"]}"}}'
    assert key["kid"] == base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()


def test_a_key_may_be_known_before_it_signs(world: World, rotate: Any) -> None:
    """The way to rotate that no product notices: whoever kept the keys of before can check the new key's tokens."""
    older = randomness.token_hex(32)
    rotate(current=older, previous=SECRET)
    kept = {key.key_id for key in published(world).keys}
    rotate(current=SECRET, previous=older)
    assert jwt.get_unverified_header(signed(world, world.acme.owner.pat))["kid"] in kept


def test_after_a_rotation_the_new_key_signs_and_the_old_ones_tokens_still_check(world: World, rotate: Any) -> None:
    older = randomness.token_hex(32)
    rotate(current=older, previous=None)
    token = signed(world, world.acme.owner.pat)
    rotate(current=SECRET, previous=older)
    newer = signed(world, world.acme.owner.pat)
    names = [key["kid"] for key in world.call("GET", KEYS).json["keys"]]
    assert [jwt.get_unverified_header(one)["kid"] for one in (newer, token)] == names
    assert verified(world, token)["sub"] == verified(world, newer)["sub"] == world.acme.owner.id
    rotate(current=SECRET, previous=None)
    with pytest.raises(KeyError):
        verified(world, token)
    assert verified(world, newer)


def test_a_key_that_stands_twice_is_published_once(world: World, rotate: Any) -> None:
    rotate(current=SECRET, previous=SECRET)
    assert len(world.call("GET", KEYS).json["keys"]) == 1


@pytest.mark.parametrize("stored", [{}, {"current": "short"}, {"current": "", "previous": None}])
def test_without_a_good_secret_nothing_is_signed(world: World, rotate: Any, stored: Mapping[str, str | None]) -> None:
    rotate(**stored)
    assert (exchange(world, world.acme.owner.pat).status, world.call("GET", KEYS).status) == (503, 503)


def test_the_same_secret_gives_the_same_key_and_another_another() -> None:
    one, again, other = (signing._derived.__wrapped__(secret.encode()) for secret in (SECRET, SECRET, SECRET + "t"))
    assert one.public == again.public != other.public
    assert one.private.curve.name == ec.SECP256R1.name
    order = signing._ORDER
    assert all(0 < key.private.private_numbers().private_value < order for key in (one, other))


def test_a_derived_key_stays_what_it_is() -> None:
    """Derived otherwise, tokens on their way would not check any more. By hand: RFC 5869, then FIPS 186-5, A.2.1."""
    mixed = hmac.digest(bytes(32), SECRET.encode(), "sha256")
    purpose = b"rollcall product-token ES256 v1"
    first = hmac.digest(mixed, purpose + b"\x01", "sha256")
    stretched = (first + hmac.digest(mixed, first + purpose + b"\x02", "sha256"))[:48]
    key = signing._derived(SECRET.encode())
    scalar = int.from_bytes(stretched, "big") % (signing._ORDER - 1) + 1
    assert key.private.private_numbers().private_value == scalar
    assert key.kid == "4krJu7ZY1JPS5P6EFi7UqpE7ndwjm1p4zE74e2JWsK0"
