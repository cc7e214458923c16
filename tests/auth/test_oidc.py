"""From the button to the claims: discovery, the way to the provider, the code's exchange and the provider's keys."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote_plus, urlsplit

import pytest

from rollcall.auth import key_sets, oidc, remembered
from rollcall.auth.oidc import Attempt, Client
from rollcall.domain.errors import Invalid, ProviderUnavailable, SsoFailed
from tests.oidc_toy import CLIENT_ID, NOW, REDIRECT, SECRET, Provider, Toy, jwk, rsa_key, token

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

DOCUMENT = "/.well-known/openid-configuration"
HALF_A_MINUTE = timedelta(seconds=30)


@pytest.fixture
def toy(monkeypatch: pytest.MonkeyPatch) -> Iterator[Toy]:
    with Provider() as provider:
        monkeypatch.setenv("SSO_LOCAL_ISSUERS", provider.issuer)
        yield provider


def sign_in(toy: Toy, client: Client, later: timedelta = timedelta()) -> Mapping[str, object]:
    """Begin, come back with the code, which the toy takes for the nonce, and redeem it."""
    now = NOW + later
    metadata = oidc.discover(client, now)
    _, attempt = oidc.begin(client, metadata, REDIRECT, secrets.token_bytes)
    moment = int(now.timestamp())
    toy.claims.update(iat=moment, exp=moment + 300)
    return oidc.redeem(client, metadata, attempt.nonce, attempt, REDIRECT, now)


def fails(toy: Toy, client: Client, later: timedelta = timedelta()) -> str:
    with pytest.raises(SsoFailed) as told:
        sign_in(toy, client, later)
    return told.value.reason


def said(**document: Any) -> tuple[int, dict[str, str], bytes]:
    return 200, {}, json.dumps(document).encode()


# ---------------------------------------------------------------- the way there and back


def test_a_person_signs_in(toy: Toy) -> None:
    assert sign_in(toy, toy.client())["sub"] == "42"
    [(form, headers)] = toy.forms
    assert form["grant_type"] == "authorization_code"
    assert form["redirect_uri"] == REDIRECT
    kind, _, pair = headers["Authorization"].partition(" ")
    assert kind == "Basic"
    assert [unquote_plus(part) for part in base64.b64decode(pair).decode().split(":")] == [CLIENT_ID, SECRET]
    assert "client_secret" not in form


def test_the_browser_is_sent_with_state_nonce_and_challenge_and_the_code_goes_with_the_verifier(toy: Toy) -> None:
    client = toy.client()
    metadata = oidc.discover(client, NOW)
    where, attempt = oidc.begin(client, metadata, REDIRECT, secrets.token_bytes, {"prompt": "login", "state": "no"})
    asked = {name: value for name, [value] in parse_qs(urlsplit(where).query, strict_parsing=True).items()}
    assert where.startswith(f"{toy.issuer}/authorize?")
    digest = hashlib.sha256(attempt.verifier.encode()).digest()
    assert asked == {
        "prompt": "login",
        "response_type": "code",
        "client_id": CLIENT_ID,
        "redirect_uri": REDIRECT,
        "scope": "openid email profile",
        "state": attempt.state,
        "nonce": attempt.nonce,
        "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
        "code_challenge_method": "S256",
    }
    assert len({attempt.state, attempt.nonce, attempt.verifier}) == 3
    assert all(len(part) == 43 for part in (attempt.state, attempt.nonce, attempt.verifier))
    oidc.redeem(client, metadata, attempt.nonce, attempt, REDIRECT, NOW)
    assert toy.forms[0][0]["code_verifier"] == attempt.verifier


def test_an_endpoint_that_has_a_query_keeps_it(toy: Toy) -> None:
    toy.document["authorization_endpoint"] = f"{toy.issuer}/authorize?tenant=a"
    client = toy.client()
    where, _ = oidc.begin(client, oidc.discover(client, NOW), REDIRECT, secrets.token_bytes)
    assert where.startswith(f"{toy.issuer}/authorize?tenant=a&response_type=code&")


def test_the_secret_goes_into_the_form_where_nothing_else_is_offered_and_nowhere_without_one(toy: Toy) -> None:
    toy.document["token_endpoint_auth_methods_supported"] = ["client_secret_post", "private_key_jwt"]
    sign_in(toy, toy.client())
    form, headers = toy.forms.pop()
    assert (form["client_id"], form["client_secret"]) == (CLIENT_ID, SECRET)
    assert "Authorization" not in headers
    sign_in(toy, toy.client(client_secret=None))
    form, headers = toy.forms.pop()
    assert form["client_id"] == CLIENT_ID
    assert "client_secret" not in form
    assert "Authorization" not in headers


def test_no_secret_shows_where_things_are_printed() -> None:
    printed = f"{Client('k', 'i', 'c', 'hidden')!r}{Attempt('hidden', 'hidden', 'hidden')!r}"
    assert "hidden" not in printed


def test_case_030_another_providers_answer_is_not_this_ones(toy: Toy) -> None:
    client = toy.client()
    plain = oidc.discover(client, NOW)
    oidc.check_answerer(plain, None)
    oidc.check_answerer(plain, toy.issuer)
    toy.document["authorization_response_iss_parameter_supported"] = True
    promising = oidc.discover(toy.client(), NOW)
    oidc.check_answerer(promising, toy.issuer)
    for metadata, issuer in ((plain, "https://evil.example"), (plain, ""), (promising, None), (promising, "x")):
        with pytest.raises(SsoFailed):
            oidc.check_answerer(metadata, issuer)


def test_case_030_a_token_for_another_attempt_is_refused(toy: Toy) -> None:
    toy.claims["nonce"] = "of-another-browser"
    assert "attempt" in fails(toy, toy.client())


# ---------------------------------------------------------------- codes and tokens that are no use


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ((400, {}, b'{"error": "invalid_grant"}'), "answered 400"),
        ((401, {}, b'{"error": "invalid_client", "canary": "x"}'), "answered 401"),
        (said(access_token="x"), "no ID token"),
        (said(id_token=7), "no ID token"),
        (said(id_token="a.b.c"), "not a signed token"),
    ],
)
def test_a_code_that_is_worth_no_token_signs_nobody_in(toy: Toy, answer: Any, reason: str) -> None:
    toy.answers["/token"] = answer
    assert reason in fails(toy, toy.client())


@pytest.mark.parametrize(
    "answer", [(500, {}, b""), (302, {"Location": "/jwks"}, b""), (200, {}, b"<html>"), (200, {}, b"[]")]
)
def test_a_token_endpoint_that_is_broken_is_not_the_persons_fault(toy: Toy, answer: Any) -> None:
    toy.answers["/token"] = answer
    with pytest.raises(ProviderUnavailable):
        sign_in(toy, toy.client())


@pytest.mark.parametrize("code", ["", "c" * 4097])
def test_what_is_no_code_is_not_sent(toy: Toy, code: str) -> None:
    client = toy.client()
    with pytest.raises(SsoFailed):
        oidc.redeem(client, oidc.discover(client, NOW), code, Attempt("s", "n", "v"), REDIRECT, NOW)
    assert toy.asked["/token"] == 0


def test_case_027_no_algorithm_is_used_that_is_not_ours_though_the_provider_offers_it(toy: Toy) -> None:
    assert oidc.discover(toy.client(), NOW).algorithms == ["RS256"]
    toy.answers["/token"] = said(id_token=token({"alg": "HS256", "kid": "a"}, {"sub": "42"}, SECRET.encode()))
    assert "algorithm" in fails(toy, toy.client())


# ---------------------------------------------------------------- discovery


@pytest.mark.parametrize(
    "bent",
    [
        {"issuer": "https://another.example"},
        {"issuer": None},
        {"authorization_endpoint": None},
        {"token_endpoint": "http://169.254.169.254/latest"},
        {"token_endpoint": "http://127.0.0.1:1/token"},
        {"jwks_uri": "file:///etc/passwd"},
        {"jwks_uri": ["https://example.com/"]},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"id_token_signing_alg_values_supported": ["none", "HS256", "RS512"]},
        {"id_token_signing_alg_values_supported": "RS256"},
        {"code_challenge_methods_supported": ["plain"]},
    ],
)
def test_case_039_a_document_that_leads_astray_is_refused_and_at_saving_with_a_pointer(toy: Toy, bent: Any) -> None:
    toy.document.update(bent)
    with pytest.raises(ProviderUnavailable):
        oidc.discover(toy.client(), NOW)
    with pytest.raises(Invalid) as told:
        oidc.examine(toy.client())
    assert [flaw.pointer for flaw in told.value.flaws] == ["/issuer"]


@pytest.mark.parametrize("path", [DOCUMENT, "/jwks"])
@pytest.mark.parametrize(
    "body", [b"<canary>", b"{}", b"[]", b'{"keys": []}', b'{"keys": [{"kty": "oct", "k": "AA"}]}', b""]
)
def test_case_039_what_an_issuer_says_is_not_echoed_where_it_is_saved(toy: Toy, path: str, body: bytes) -> None:
    toy.answers[path] = (200, {}, body)
    with pytest.raises(Invalid) as told:
        oidc.examine(toy.client())
    assert "canary" not in told.value.flaws[0].detail


def test_an_issuer_that_works_can_be_saved(toy: Toy) -> None:
    toy.document["code_challenge_methods_supported"] = ["plain", "S256"]
    assert oidc.examine(toy.client()).token_endpoint == f"{toy.issuer}/token"


def test_a_slash_at_an_issuers_end_is_part_of_its_name_but_not_of_the_documents_address(toy: Toy) -> None:
    toy.document["issuer"] = f"{toy.issuer}/"
    assert oidc.discover(toy.client(issuer=f"{toy.issuer}/"), NOW).issuer == f"{toy.issuer}/"
    with pytest.raises(ProviderUnavailable):
        oidc.discover(toy.client(), NOW)


def test_the_document_is_read_once_an_hour_and_a_failure_keeps_the_last_good_one(toy: Toy) -> None:
    client = toy.client()
    first = oidc.discover(client, NOW)
    oidc.discover(client, NOW + timedelta(minutes=59))
    assert toy.asked[DOCUMENT] == 1
    toy.answers[DOCUMENT] = (500, {}, b"")
    assert oidc.discover(client, NOW + timedelta(minutes=60)) == first
    assert oidc.discover(client, NOW + timedelta(minutes=60, seconds=29)) == first
    assert toy.asked[DOCUMENT] == 2
    del toy.answers[DOCUMENT]
    toy.document["token_endpoint"] = f"{toy.issuer}/elsewhere"
    assert oidc.discover(client, NOW + timedelta(minutes=60, seconds=30)).token_endpoint == f"{toy.issuer}/elsewhere"


def test_a_connection_that_was_changed_is_discovered_anew(toy: Toy) -> None:
    oidc.discover(toy.client(key="idp_1 1"), NOW)
    oidc.discover(toy.client(key="idp_1 2"), NOW)
    assert toy.asked[DOCUMENT] == 2


# ---------------------------------------------------------------- keys


def test_case_040_ten_thousand_unknown_keys_ask_for_the_set_once_in_thirty_seconds(toy: Toy) -> None:
    """The tokens are unsigned but for their key's name: what is counted is what `redeem` does with each."""
    client = toy.client()
    metadata = oidc.discover(client, NOW)
    sign_in(toy, client)
    assert toy.asked["/jwks"] == 1
    for minute in range(2):
        for number in range(5_000):
            later = NOW + HALF_A_MINUTE + timedelta(seconds=30 * minute, milliseconds=5 * number)
            sets = list(key_sets.held(client.key, metadata.jwks_uri, later))
            assert len(sets) == 2
            assert sets[0]
    assert toy.asked["/jwks"] == 3


def test_case_040_a_token_with_an_unknown_key_signs_nobody_in_and_asks_once(toy: Toy) -> None:
    client = toy.client()
    sign_in(toy, client)
    toy.kid = "unknown"
    for _ in range(20):
        assert "no key" in fails(toy, client, HALF_A_MINUTE)
    assert toy.asked["/jwks"] == 2


@pytest.mark.parametrize("overlap", [True, False])
def test_case_041_a_rotated_key_works_within_thirty_seconds(toy: Toy, overlap: bool) -> None:
    client = toy.client()
    sign_in(toy, client)
    toy.rotate("b", overlap=overlap)
    assert "no key" in fails(toy, client, timedelta(seconds=29))
    assert sign_in(toy, client, HALF_A_MINUTE)
    toy.kid = "a"
    if overlap:
        assert sign_in(toy, client, 2 * HALF_A_MINUTE)
    else:
        assert "no key" in fails(toy, client, 2 * HALF_A_MINUTE)


def test_case_041_a_key_that_changes_under_its_old_name_works_too(toy: Toy) -> None:
    client = toy.client()
    sign_in(toy, client)
    toy.kid = "c"
    toy.keys = [jwk(rsa_key("a"), "c")]
    assert "no key" in fails(toy, client, HALF_A_MINUTE)
    toy.keys = [jwk(rsa_key("c"), "c")]
    assert sign_in(toy, client, 2 * HALF_A_MINUTE)


@pytest.mark.parametrize(
    "answer",
    [
        said(keys=[]),
        said(keys=None),
        said(keys=[{"kty": "RSA", "kid": "a", "n": 7, "e": "AQAB"}, "a", None]),
        said(keys=[jwk(rsa_key("a"), "a", use="enc")]),
        said(keys=[jwk(rsa_key("a"), "a", key_ops=["encrypt"])]),
        said(keys=[jwk(rsa_key("a"), "a")] * 101),
        (200, {}, b"<html>"),
        (503, {}, b""),
        (302, {"Location": "http://127.0.0.1/"}, b""),
    ],
)
def test_case_041_a_bad_set_evicts_no_good_one_and_lets_nobody_in(toy: Toy, answer: Any) -> None:
    held, without = toy.client(), toy.client()
    sign_in(toy, held)
    toy.answers["/jwks"] = answer
    assert sign_in(toy, held, timedelta(minutes=61))
    toy.kid = "b"
    assert "no key" in fails(toy, held, timedelta(minutes=62))
    toy.kid = "a"
    with pytest.raises(ProviderUnavailable):
        sign_in(toy, without)
    del toy.answers["/jwks"]
    assert sign_in(toy, without)


def test_a_key_that_its_provider_took_back_ends_within_an_hour(toy: Toy) -> None:
    client = toy.client()
    sign_in(toy, client)
    toy.rotate("b", overlap=False)
    toy.kid = "a"
    assert sign_in(toy, client, timedelta(minutes=59))
    assert "no key" in fails(toy, client, timedelta(minutes=60))


def test_case_028_another_teams_keys_are_not_this_ones(toy: Toy) -> None:
    sign_in(toy, toy.client())
    with Provider() as other:
        other.claims["iss"] = toy.issuer
        other.rotate("b", overlap=False)
        toy.answers["/token"] = said(id_token=other.id_token("n"))
        client = toy.client()
        with pytest.raises(SsoFailed) as told:
            oidc.redeem(client, oidc.discover(client, NOW), "n", Attempt("s", "n", "v"), REDIRECT, NOW)
    assert "no key" in told.value.reason


def test_thirty_two_at_once_read_document_and_keys_once(toy: Toy) -> None:
    client = toy.client()
    found: list[object] = []

    def one() -> None:
        metadata = oidc.discover(client, NOW)
        found.append(oidc.redeem(client, metadata, "n", Attempt("s", "n", "v"), REDIRECT, NOW)["sub"])

    threads = [threading.Thread(target=one) for _ in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == ["42"] * 32
    assert (toy.asked[DOCUMENT], toy.asked["/jwks"]) == (1, 1)


def test_no_more_than_so_many_connections_are_remembered() -> None:
    kept: remembered.Remembered[str] = remembered.Remembered()
    loads: list[int] = []

    def load(number: int) -> str:
        loads.append(number)
        return str(number)

    for number in (*range(remembered.MOST + 1), 1, 0):
        assert kept.get(str(number), NOW, partial(load, number)) == str(number)
    assert loads == [*range(remembered.MOST + 1), 0]
