"""The toy OpenID provider: what it says, what it checks, and that the local stack has one."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import threading
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus, urlencode

import jwt
import pytest

from infra.local.server import Server
from infra.local.stack import Stack
from infra.local.toys.idp_people import PEOPLE
from infra.local.toys.idp_requests import CLIENT_ID, CLIENT_SECRET, PUBLIC_CLIENT_ID
from rollcall.auth import secrets as credentials
from rollcall.domain.permissions import Role
from rollcall.storage.sso_connections import sso_connections_of
from tests.toy_idp import REDIRECT_URI, Reply, ask, serving, sign_in

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from infra.local.toys.idp import ToyIdp

HOST = ("host", "127.0.0.1:8000")
VERIFIER = "a-verifier-of-43-characters-or-more-0123456789"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
ASKED = {
    "client_id": CLIENT_ID,
    "redirect_uri": REDIRECT_URI,
    "response_type": "code",
    "scope": "openid email profile",
    "state": "the state",
    "nonce": "the nonce",
    "code_challenge": CHALLENGE,
    "code_challenge_method": "S256",
}
OWNER = "owner@acme.example.com"


@pytest.fixture(scope="module")
def idp() -> Iterator[ToyIdp]:
    with serving() as one:
        yield one


def authorize(idp: ToyIdp, **changed: str) -> Reply:
    return ask(f"{idp.issuer}/authorize?{urlencode(ASKED | changed)}")


def code_of(idp: ToyIdp, person: str = OWNER, **changed: str) -> str:
    return authorize(idp, person=person, **changed).led["code"]


def exchange(idp: ToyIdp, code: str, headers: dict[str, str] | None = None, /, **changed: str) -> tuple[int, Any]:
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": REDIRECT_URI,
        "code_verifier": VERIFIER,
        **({} if headers else {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}),
        **changed,
    }
    reply = ask(f"{idp.issuer}/token", form, headers)
    return reply.status, json.loads(reply.body)


def claims(idp: ToyIdp, person: str = OWNER, **switches: str) -> dict[str, Any]:
    """What the ID token says, its signature checked against the published keys."""
    status, told = exchange(idp, code_of(idp, person, **switches))
    assert status == 200, told
    kid = jwt.get_unverified_header(told["id_token"])["kid"]
    keys = jwt.PyJWKSet.from_dict(json.loads(ask(f"{idp.issuer}/keys").body))
    unjudged = {"verify_aud": False, "verify_iss": False, "verify_sub": False}
    said: dict[str, Any] = jwt.decode(told["id_token"], keys[kid], ["RS256"], options=unjudged)  # type: ignore[arg-type]
    return said


def basic(client: str, secret: str) -> dict[str, str]:
    coded = base64.b64encode(f"{quote_plus(client)}:{quote_plus(secret)}".encode()).decode()
    return {"authorization": f"Basic {coded}"}


def test_its_metadata_names_the_issuer_it_lies_below(idp: ToyIdp) -> None:
    told = json.loads(ask(f"{idp.issuer}/.well-known/openid-configuration").body)
    assert told["issuer"] == idp.issuer
    assert all(told[name].startswith(f"{idp.issuer}/") for name in told if name.endswith(("_endpoint", "_uri")))


def test_who_signs_in_comes_back_with_code_state_and_issuer_and_the_token_says_who_it_is(idp: ToyIdp) -> None:
    page = authorize(idp).body.decode()
    assert all(person.email in page for person in PEOPLE)
    assert set(authorize(idp, person=OWNER).led) == {"code", "state", "iss"}
    said = claims(idp, "admin@acme.example.com")
    assert {name: said[name] for name in ("iss", "aud", "nonce", "email", "email_verified", "groups")} == {
        "iss": idp.issuer,
        "aud": CLIENT_ID,
        "nonce": "the nonce",
        "email": "admin@acme.example.com",
        "email_verified": True,
        "groups": ["everyone", "rollcall-admins"],
    }
    assert said["exp"] - said["iat"] == 600
    assert said["sub"] == claims(idp, "admin@acme.example.com")["sub"] != claims(idp)["sub"]


def test_a_link_of_the_page_signs_that_person_in(idp: ToyIdp) -> None:
    assert sign_in(f"{idp.issuer}/authorize?{urlencode(ASKED)}", OWNER).startswith(f"{REDIRECT_URI}?code=")


@pytest.mark.parametrize(
    ("switches", "told"),
    [
        ({"email_verified": "false"}, {"email_verified": False}),
        ({"email_verified": "missing"}, {"email_verified": None}),
        ({"email_verified": "'true'"}, {"email_verified": "true"}),
        ({"email": "victim@acme.example.com"}, {"email": "victim@acme.example.com", "email_verified": True}),
        ({"sub": "42"}, {"sub": "42", "email": OWNER}),
        ({"groups": "a,b"}, {"groups": ["a", "b"]}),
        ({"groups": ""}, {"groups": ["everyone"]}),
        ({"no_email": "1"}, {"email": None, "email_verified": None}),
        (
            {"claims": '{"iss": ["x"], "aud": ["a", "b"], "nonce": null}'},
            {"iss": ["x"], "aud": ["a", "b"], "nonce": None},
        ),
    ],
)
def test_a_switch_changes_what_the_token_says(idp: ToyIdp, switches: dict[str, str], told: dict[str, Any]) -> None:
    said = claims(idp, **switches)
    assert {name: said.get(name) for name in told} == told


def test_somebody_who_is_not_listed_may_sign_in_too(idp: ToyIdp) -> None:
    assert claims(idp, "nora@acme.example.com")["name"] == "Nora"


def test_a_token_without_a_signature_is_had_for_the_asking(idp: ToyIdp) -> None:
    _, told = exchange(idp, code_of(idp, alg="none"))
    assert jwt.get_unverified_header(told["id_token"])["alg"] == "none"
    assert told["id_token"].endswith(".")


def test_a_refusal_goes_back_with_state_and_issuer(idp: ToyIdp) -> None:
    refused = {"error": "access_denied", "state": "the state", "iss": idp.issuer}
    assert authorize(idp, person=OWNER, error="access_denied").led == refused


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": "email"}, "invalid_scope"),
        ({"code_challenge": ""}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"prompt": "none"}, "login_required"),
    ],
)
def test_an_authorization_request_that_is_wrong_goes_back_with_an_error(
    idp: ToyIdp, changed: dict[str, str], error: str
) -> None:
    assert authorize(idp, **changed).led["error"] == error


@pytest.mark.parametrize(
    "changed",
    [
        {"client_id": "another"},
        {"redirect_uri": f"{REDIRECT_URI}/"},
        {"person": OWNER, "email_verified": "maybe"},
        {"person": OWNER, "claims": "{"},
    ],
)
def test_nobody_is_led_to_an_unknown_place_or_by_a_switch_that_makes_no_sense(
    idp: ToyIdp, changed: dict[str, str]
) -> None:
    reply = authorize(idp, **changed)
    assert (reply.status, "location" in reply.headers) == (400, False)


@pytest.mark.parametrize(
    "changed",
    [
        {"code_verifier": VERIFIER.upper()},
        {"code_verifier": ""},
        {"redirect_uri": "http://127.0.0.1:8000/"},
        {"code": "another"},
        {"client_id": PUBLIC_CLIENT_ID, "client_secret": ""},
    ],
)
def test_a_code_is_worth_nothing_without_its_verifier_its_redirect_uri_or_its_client(
    idp: ToyIdp, changed: dict[str, str]
) -> None:
    status, told = exchange(idp, code_of(idp), **changed)
    assert (status, told["error"]) == (400, "invalid_grant")


def test_a_code_works_once_and_for_a_minute(idp: ToyIdp, monkeypatch: pytest.MonkeyPatch) -> None:
    code, late = code_of(idp), code_of(idp)
    assert [exchange(idp, code)[0] for _ in range(2)] == [200, 400]
    monkeypatch.setenv("CLOCK_OFFSET_SECONDS", "61")
    assert exchange(idp, late)[0] == 400


def test_a_client_shows_its_secret_in_the_header_or_in_the_form_and_a_public_one_has_none(idp: ToyIdp) -> None:
    assert exchange(idp, code_of(idp), basic(CLIENT_ID, CLIENT_SECRET))[0] == 200
    public = code_of(idp, client_id=PUBLIC_CLIENT_ID)
    assert exchange(idp, public, client_id=PUBLIC_CLIENT_ID, client_secret="")[0] == 200


@pytest.mark.parametrize(
    "headers", [basic(CLIENT_ID, "wrong"), basic("another", ""), {"authorization": "Basic ???"}, {"authorization": "x"}]
)
def test_a_client_that_is_not_known_gets_401_and_is_told_how_to_show_itself(
    idp: ToyIdp, headers: dict[str, str]
) -> None:
    reply = ask(f"{idp.issuer}/token", {"grant_type": "authorization_code", "code": code_of(idp)}, headers)
    assert (reply.status, reply.headers["www-authenticate"].split()[0]) == (401, "Basic")
    assert exchange(idp, code_of(idp), client_secret="wrong")[1]["error"] == "invalid_client"


def test_keys_are_added_replaced_and_hidden(idp: ToyIdp) -> None:
    def kids(keys: str) -> list[str]:
        assert ask(f"{idp.issuer}/switches", {"keys": keys}).status == 303
        return [key["kid"] for key in json.loads(ask(f"{idp.issuer}/keys").body)["keys"]]

    (first,) = kids("show")
    second, *rest = kids("add")
    assert rest == [first]
    assert kids("hide") == []
    (third,) = kids("replace") or kids("show")
    assert third not in {first, second}
    assert claims(idp)["email"] == OWNER


def test_while_it_is_down_it_answers_503_until_it_is_switched_on_again(idp: ToyIdp) -> None:
    ask(f"{idp.issuer}/switches", {"down": "true"})
    assert (authorize(idp).status, ask(f"{idp.issuer}/keys").status, ask(idp.issuer).status) == (503, 503, 200)
    ask(f"{idp.issuer}/switches", {"down": "false"})
    assert authorize(idp).status == 200


def test_what_is_not_there_is_404(idp: ToyIdp) -> None:
    assert ask(f"{idp.issuer}/userinfo").status == 404


def test_the_stack_has_it_below_its_own_address_for_people_who_come_from_another_site(tmp_path: Path) -> None:
    with Stack(dev_folder=tmp_path, base_url="http://127.0.0.1:8000") as stack:
        assert os.environ["SSO_LOCAL_ISSUERS"] == "http://127.0.0.1:8000"
        target = f"/_dev/idp/authorize?{urlencode({**ASKED, 'person': OWNER})}"
        answer = stack.call("GET", target, [HOST, ("sec-fetch-site", "cross-site")])
        assert (answer.status, answer.route) == (302, "/_dev/idp/authorize")
        assert (answer.header("location") or "").startswith(f"{REDIRECT_URI}?code=")
        switch = stack.call("POST", "/_dev/idp/switches", [HOST, ("sec-fetch-site", "cross-site")], b"down=true")
        assert switch.status == 403
        assert stack.call("GET", "/_dev/idp", [("host", "rebound.example.com")]).status == 403
        assert stack.call("GET", "/_dev/idp", [HOST]).status == 200


def test_seeded_teams_are_connected_to_it_and_their_people_sign_in_through_it(tmp_path: Path) -> None:
    """Over HTTP from end to end: the handlers ask the provider that the same server answers for."""
    with Server(0) as server, Stack(dev_folder=tmp_path, base_url=server.base_url) as stack:
        server.answer = stack.call
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        for team in stack.seed(5, sso=True):
            held = credentials.parse(team["owner"]["pat"])
            assert held
            (connection,) = sso_connections_of(held.team_id)
            assert (connection.name, connection.issuer) == ("Dev IdP", f"{server.base_url}/_dev/idp")
            assert (connection.enabled, connection.vouched) == (True, Role.OWNER)
            left = ask(f"{server.base_url}/sso/{connection.id}/start")
            kept = left.headers["set-cookie"].partition(";")[0]
            back = ask(sign_in(left.headers["location"], team["owner"]["email"]), None, {"cookie": kept})
            assert (back.status, back.headers["location"]) == (302, f"{server.base_url}/t/{team['slug']}")
            assert back.headers["set-cookie"].startswith("__Host-rollcall=rc_ses_")
        server.shutdown()
        thread.join()
