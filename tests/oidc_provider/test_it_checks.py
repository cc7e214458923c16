"""The provider that our client is tried with checks what a client may forget, or a sign-in would prove little."""

from __future__ import annotations

import base64
import hashlib
import http.client
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import jwt
import pytest

if TYPE_CHECKING:
    from tests.oidc_provider.provider import Provider

REDIRECT_URI = "http://127.0.0.1:8000/sso/callback"
VERIFIER = "a-verifier-of-43-characters-or-more-0123456789"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()


@pytest.fixture(autouse=True)
def registered(provider: Provider) -> None:
    provider.register(REDIRECT_URI)


def authorize_url(provider: Provider, nonce: str, **changed: str) -> str:
    asked = {
        "client_id": provider.client_id,
        "redirect_uri": REDIRECT_URI,
        "response_type": "code",
        "scope": "openid profile email groups",
        "state": "the state",
        "nonce": nonce,
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
        **changed,
    }
    return f"{provider.issuer}/oauth/authorize?{urlencode({name: value for name, value in asked.items() if value})}"


def led(callback_url: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(callback_url).query).items()}


def code_of(provider: Provider, user: str, nonce: str, **changed: str) -> str:
    return led(provider.sign_in(authorize_url(provider, nonce, **changed), user))["code"]


def exchange(provider: Provider, code: str, verifier: str, secret: str | None = None) -> tuple[int, Any]:
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": REDIRECT_URI,
        "code_verifier": verifier,
    }
    shown = f"{provider.client_id}:{quote(secret or provider.client_secret, '')}"  # it reads no + as a space
    headers = {
        "content-type": "application/x-www-form-urlencoded",
        "authorization": f"Basic {base64.b64encode(shown.encode()).decode()}",
    }
    return ask(provider, "POST", "/oauth/token", urlencode(form), headers)


def ask(
    provider: Provider, method: str, path: str, body: str | None = None, headers: dict[str, str] | None = None
) -> tuple[int, Any]:
    connection = http.client.HTTPConnection(urlsplit(provider.issuer).netloc, timeout=10)
    connection.request(method, path, body, headers or {})
    answer = connection.getresponse()
    told = json.loads(answer.read())
    connection.close()
    return answer.status, told


def test_a_wrong_verifier_is_refused_and_the_right_one_is_not(provider: Provider) -> None:
    provider.person("wanda", "wanda@acme.example.com")
    for number, (verifier, error) in enumerate([(VERIFIER.upper(), "invalid_grant"), ("", "invalid_request")]):
        status, told = exchange(provider, code_of(provider, "wanda", f"n-1{number}"), verifier)
        assert (status, told["error"]) == (400, error)
    status, told = exchange(provider, code_of(provider, "wanda", "n-2"), VERIFIER)
    assert (status, told["token_type"]) == (200, "Bearer")


def test_an_authorization_request_without_a_challenge_ends_without_a_code_that_is_worth_anything(
    provider: Provider,
) -> None:
    provider.person("pia", "pia@acme.example.com")
    answered = led(provider.sign_in(authorize_url(provider, "n-3", code_challenge="", code_challenge_method=""), "pia"))
    assert "code" not in answered or exchange(provider, answered["code"], VERIFIER)[0] == 400


def test_a_code_works_once_and_only_with_the_clients_secret(provider: Provider) -> None:
    provider.person("otto", "otto@acme.example.com")
    code = code_of(provider, "otto", "n-4")
    status, told = exchange(provider, code, VERIFIER, "wrong")
    assert (status, told["error"]) == (401, "invalid_client")
    assert [exchange(provider, code, VERIFIER)[0] for _ in range(2)] == [200, 400]
    assert exchange(provider, "another", VERIFIER)[0] == 400


def test_its_token_is_signed_and_says_whose_address_is_proven_and_which_groups_they_are_in(provider: Provider) -> None:
    provider.person("vera", "vera@acme.example.com", "everyone", "rollcall-admins", verified=True)
    provider.person("ines", "ines@acme.example.com", "everyone", verified=False)
    provider.person("mona", "mona@acme.example.com")
    keys = jwt.PyJWKSet.from_dict(ask(provider, "GET", "/oauth/jwks.json")[1])
    told = {}
    for number, user in enumerate(("vera", "ines", "mona")):
        text = exchange(provider, code_of(provider, user, f"n-6{number}"), VERIFIER)[1]["id_token"]
        key = keys[jwt.get_unverified_header(text)["kid"]]
        told[user] = jwt.decode(text, key, ["RS256"], audience=provider.client_id, issuer=provider.issuer)
    assert [told[user].get("email_verified") for user in told] == [True, False, None]
    groups = [set(told[user].get("groups", ())) for user in told]
    assert groups == [{"everyone", "rollcall-admins"}, {"everyone"}, set()]
    assert (told["vera"]["sub"], told["vera"]["email"], told["vera"]["nonce"]) == (
        "vera",
        "vera@acme.example.com",
        "n-60",
    )


def test_who_does_not_consent_is_led_back_with_a_refusal(provider: Provider) -> None:
    provider.person("nell", "nell@acme.example.com")
    answered = led(provider.sign_in(authorize_url(provider, "n-7"), "nell", "deny"))
    assert (answered["error"], answered["state"], answered["iss"]) == ("access_denied", "the state", provider.issuer)
