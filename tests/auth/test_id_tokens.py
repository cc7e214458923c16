"""Which ID tokens prove who signs in: the one that the provider made for us, now, for this attempt, and no other."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from rollcall.auth import id_tokens, key_sets
from rollcall.auth.id_tokens import Expected
from rollcall.domain.errors import SsoFailed
from tests.oidc_toy import CLIENT_ID, NOW, ec_key, jwk, rsa_key, segment, token

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from rollcall.auth.key_sets import Jwk

ISSUER = "https://login.example.com/tenant"
NONCE = "the-nonce-of-this-attempt"
MOMENT = int(NOW.timestamp())
EXPECTED = Expected(ISSUER, CLIENT_ID, NONCE, ("RS256", "PS256", "ES256"))
HEADER = {"alg": "RS256", "kid": "a", "typ": "JWT"}
CLAIMS: dict[str, Any] = {
    "iss": ISSUER,
    "aud": CLIENT_ID,
    "sub": "42",
    "exp": MOMENT + 3600,
    "iat": MOMENT,
    "nonce": NONCE,
}
MISSING = object()


def known(*keys: Mapping[str, Any]) -> Sequence[Jwk]:
    return key_sets.read(json.dumps({"keys": [*keys]}).encode())


def verified(
    text: str, *keys: Mapping[str, Any], expected: Expected = EXPECTED, later: int = 0
) -> Mapping[str, object]:
    sets = [known(*(keys or [jwk(rsa_key("a"), "a")]))]
    return id_tokens.verify(text, expected, sets, NOW + timedelta(seconds=later))


def claims(**changed: object) -> dict[str, Any]:
    return {name: value for name, value in {**CLAIMS, **changed}.items() if value is not MISSING}


def refused(text: str, *keys: Mapping[str, Any], **how: Any) -> str:
    with pytest.raises(SsoFailed) as told:
        verified(text, *keys, **how)
    assert told.value.reason
    return told.value.reason


def test_the_token_of_this_attempt_proves_who_signs_in() -> None:
    assert verified(token(HEADER, CLAIMS)) == CLAIMS


@pytest.mark.parametrize(("alg", "key"), [("RS256", rsa_key("a")), ("PS256", rsa_key("a")), ("ES256", ec_key())])
def test_each_allowed_algorithm_works_with_a_key_of_its_kind(alg: str, key: Any) -> None:
    assert verified(token({"alg": alg, "kid": "a"}, CLAIMS, key), jwk(key, "a", alg=alg)) == CLAIMS


# ---------------------------------------------------------------- the signature


@pytest.mark.parametrize("alg", ["none", "nOnE", "NONE", ""])
@pytest.mark.parametrize("signature", ["", "AAAA"])
def test_case_027_a_token_that_nobody_signed_proves_nothing(alg: str, signature: str) -> None:
    refused(f"{segment({**HEADER, 'alg': alg})}.{segment(CLAIMS)}.{signature}")


@pytest.mark.parametrize("secret", ["pem", "jwk"])
def test_case_027_what_is_public_is_no_secret_to_sign_with(secret: str) -> None:
    public = rsa_key("a").public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    material = public if secret == "pem" else json.dumps(jwk(rsa_key("a"), "a")).encode()
    assert "algorithm" in refused(token({**HEADER, "alg": "HS256"}, CLAIMS, material))
    refused(token(HEADER, CLAIMS, material, "HS256"))


@pytest.mark.parametrize("alg", ["ES256", "PS256"])
def test_case_027_an_algorithm_is_for_keys_that_are_its_own(alg: str) -> None:
    text = token({**HEADER, "alg": alg}, CLAIMS, ec_key() if alg == "ES256" else rsa_key("a"))
    assert "no key" in refused(text, jwk(rsa_key("a"), "a", alg="RS256"))


def test_case_027_an_algorithm_that_the_provider_does_not_name_is_refused() -> None:
    only = replace(EXPECTED, algorithms=("ES256",))
    assert "algorithm" in refused(token(HEADER, CLAIMS), expected=only)


def test_another_keys_signature_and_a_changed_token_are_refused() -> None:
    assert "no key" in refused(token(HEADER, CLAIMS, rsa_key("another")))
    head, _, signature = token(HEADER, CLAIMS).split(".")
    refused(f"{head}.{segment(claims(sub='43'))}.{signature}")


def test_case_029_a_key_of_1024_bits_is_too_weak() -> None:
    weak = rsa_key("weak", 1024)
    assert "weak" in refused(token(HEADER, CLAIMS, weak), jwk(weak, "a"))


def test_case_029_es256_is_by_its_own_curve_alone() -> None:
    other = ec_key(ec.SECP384R1)
    refused(token({**HEADER, "alg": "ES256"}, CLAIMS, other, "ES384"), jwk(other, "a"))
    refused(token({**HEADER, "alg": "ES256"}, CLAIMS, other), jwk(other, "a", crv="P-256"))


# ---------------------------------------------------------------- the header


@pytest.mark.parametrize("name", ["jku", "x5u", "jwk", "x5c"])
def test_case_028_a_key_that_the_token_brings_along_is_not_looked_at(name: str) -> None:
    """Nobody is asked, since `verify` has nobody to ask; the key that signed is the attacker's."""
    brought = {"jwk": jwk(rsa_key("evil"), "a"), "x5c": ["MIIB"]}.get(name, "https://evil.example/keys")
    assert "no key" in refused(token({**HEADER, name: brought}, CLAIMS, rsa_key("evil")))
    assert verified(token({**HEADER, name: brought}, CLAIMS)) == CLAIMS


@pytest.mark.parametrize("kid", ["../../dev/null", "/dev/null", "another-teams-key", "A", "a\0"])
def test_case_028_a_keys_name_is_compared_and_nothing_else(kid: str) -> None:
    assert "no key" in refused(token({**HEADER, "kid": kid}, CLAIMS))


@pytest.mark.parametrize("kid", ["k" * 256, "k" * 2**20, "", 7, ["a"], {"a": 1}, True, None])
def test_case_028_a_keys_name_is_a_short_text(kid: object) -> None:
    refused(token({**HEADER, "kid": kid}, CLAIMS), jwk(rsa_key("a"), "a"))


@pytest.mark.parametrize("more", [{"crit": ["exp"]}, {"crit": []}, {"crit": ["b64"], "b64": False}, {"b64": True}])
def test_case_028_an_extension_that_must_be_understood_is_not(more: dict[str, object]) -> None:
    assert "extension" in refused(token({**HEADER, **more}, CLAIMS))


@pytest.mark.parametrize("kind", ["at+jwt", "logout+jwt", "", None, 7, ["JWT"]])
def test_case_029_another_kind_of_token_is_no_id_token(kind: object) -> None:
    assert "kind" in refused(token({**HEADER, "typ": kind}, CLAIMS))


def test_a_token_need_not_say_its_kind_or_its_key_where_there_is_one_key() -> None:
    assert verified(token({"alg": "RS256"}, CLAIMS)) == CLAIMS
    assert verified(token({"alg": "RS256"}, CLAIMS), jwk(rsa_key("a"), None), jwk(ec_key(), None)) == CLAIMS
    assert "no key" in refused(token({"alg": "RS256"}, CLAIMS), jwk(rsa_key("a"), "a"), jwk(rsa_key("b"), "b"))


def test_two_keys_of_one_name_are_one_too_many() -> None:
    assert "no key" in refused(token(HEADER, CLAIMS), jwk(rsa_key("a"), "a"), jwk(rsa_key("b"), "a"))


@pytest.mark.parametrize("header", [b'{"alg":"RS256","alg":"RS256","kid":"a"}', b"[]", b"null", b"\xff", b"{", b'"a"'])
def test_case_029_a_header_is_one_strict_json_object(header: bytes) -> None:
    assert "header" in refused(token(header, CLAIMS))


@pytest.mark.parametrize("text", ["", "a", "a.b", "a.b.c.d", "..", "é.é.é", "a.b.c\n", "A.b.c", "e30=.e30.e30"])
def test_what_is_no_signed_token_is_refused(text: str) -> None:
    refused(text)


# ---------------------------------------------------------------- the claims


@pytest.mark.parametrize(
    "issuer", [ISSUER + "/", ISSUER[:-1], ISSUER.upper(), [ISSUER], {"a": ISSUER}, "", None, MISSING]
)
def test_case_029_the_issuer_is_the_very_text_that_was_configured(issuer: object) -> None:
    assert "issuer" in refused(token(HEADER, claims(iss=issuer)))


@pytest.mark.parametrize("audience", ["another", ["another"], [], "", None, 7, {CLIENT_ID: 1}, [[CLIENT_ID]], MISSING])
def test_case_029_a_token_for_another_audience_is_refused(audience: object) -> None:
    assert "audience" in refused(token(HEADER, claims(aud=audience)))


def test_case_029_where_others_are_addressed_too_it_must_be_made_out_to_us() -> None:
    shared = [CLIENT_ID, "another"]
    assert "party" in refused(token(HEADER, claims(aud=shared)))
    assert "party" in refused(token(HEADER, claims(aud=shared, azp="another")))
    assert "audience" in refused(token(HEADER, claims(aud=[CLIENT_ID, 7], azp=CLIENT_ID)))
    assert verified(token(HEADER, claims(aud=shared, azp=CLIENT_ID)))["aud"] == shared


@pytest.mark.parametrize("party", ["another", "", None, [CLIENT_ID], 7])
def test_case_029_a_token_made_out_to_another_party_is_refused(party: object) -> None:
    assert "party" in refused(token(HEADER, claims(azp=party)))
    assert verified(token(HEADER, claims(azp=CLIENT_ID, aud=[CLIENT_ID])))


@pytest.mark.parametrize("subject", ["", 42, "s" * 256, "s" * 1000, None, ["42"], True, MISSING])
def test_case_029_the_subject_is_a_short_text(subject: object) -> None:
    assert "subject" in refused(token(HEADER, claims(sub=subject)))
    assert verified(token(HEADER, claims(sub="s" * 255)))


@pytest.mark.parametrize("name", ["exp", "iat"])
@pytest.mark.parametrize("value", [str(MOMENT), MOMENT + 0.5, True, None, [MOMENT], -1, 2**80, 10**400, MISSING])
def test_case_029_a_point_in_time_is_a_whole_number(name: str, value: object) -> None:
    assert name in refused(token(HEADER, claims(**{name: value})))


@pytest.mark.parametrize("number", ["1e400", "-1e400", "NaN", "Infinity", "9" * 5000])
def test_case_029_a_number_that_json_does_not_have_is_refused(number: str) -> None:
    raw = json.dumps(CLAIMS).replace(str(MOMENT + 3600), number).encode()
    refused(token(HEADER, raw))


def test_case_029_what_two_readers_could_read_differently_is_refused() -> None:
    twice = json.dumps(CLAIMS).encode()[:-1] + b', "sub": "43"}'
    assert "strict" in refused(token(HEADER, twice))
    assert "strict" in refused(token(HEADER, json.dumps(CLAIMS).encode()[:-1] + b', "a": {"b": 1, "b": 2}}'))
    assert "strict" in refused(token(HEADER, json.dumps({**CLAIMS, "sub": "\ud800"}).encode()))
    assert "strict" in refused(token(HEADER, b"[" * 100_000))


def test_case_029_a_token_of_the_future_is_refused() -> None:
    assert "future" in refused(token(HEADER, claims(nbf=MOMENT + 61)))
    assert "future" in refused(token(HEADER, claims(iat=MOMENT + 61)))
    assert "nbf" in refused(token(HEADER, claims(nbf=str(MOMENT))))
    assert verified(token(HEADER, claims(nbf=MOMENT + 60, iat=MOMENT + 60)))


def test_case_029_a_token_is_used_when_it_was_made() -> None:
    day_old = claims(iat=MOMENT - 86_400, exp=MOMENT - 86_400 + 3600)
    assert "expired" in refused(token(HEADER, day_old))
    assert "long" in refused(token(HEADER, claims(iat=MOMENT - 86_400)))
    assert "old" in refused(token(HEADER, claims(iat=MOMENT - 661)))
    assert verified(token(HEADER, claims(iat=MOMENT - 660)))


def test_a_token_lives_for_ninety_minutes_at_most_which_microsofts_sixty_five_fit_into() -> None:
    assert verified(token(HEADER, claims(iat=MOMENT - 300, nbf=MOMENT - 300, exp=MOMENT + 3600)))
    assert verified(token(HEADER, claims(exp=MOMENT + 5400)))
    assert "long" in refused(token(HEADER, claims(exp=MOMENT + 5401)))
    assert "long" in refused(token(HEADER, claims(exp=MOMENT)))


@pytest.mark.parametrize(("later", "works"), [(119, True), (121, True), (179, True), (180, False), (181, False)])
def test_case_031_a_token_ends_a_minute_after_it_says(later: int, works: bool) -> None:
    """What is kept of its nonce must outlive that moment."""
    text = token(HEADER, claims(exp=MOMENT + 120))
    if works:
        assert verified(text, later=later)
    else:
        assert refused(text, later=later) == "expired"


@pytest.mark.parametrize("nonce", ["another", "", None, 7, [NONCE], NONCE + "é", MISSING])
def test_case_030_a_token_of_another_attempt_is_refused(nonce: object) -> None:
    assert "attempt" in refused(token(HEADER, claims(nonce=nonce)))


# ---------------------------------------------------------------- newer keys, and junk


def test_newer_keys_are_asked_for_only_where_the_right_one_is_not_held() -> None:
    asked: list[str] = []

    def keys() -> Iterator[Sequence[Jwk]]:
        asked.append("held")
        yield known(jwk(rsa_key("b"), "b"))
        asked.append("newer")
        yield known(jwk(rsa_key("a"), "a"))

    id_tokens.verify(token({**HEADER, "kid": "b"}, CLAIMS, rsa_key("b")), EXPECTED, keys(), NOW)
    assert asked == ["held"]
    id_tokens.verify(token(HEADER, CLAIMS), EXPECTED, keys(), NOW)
    assert asked == ["held", "held", "newer"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
NAMES = st.sampled_from([*CLAIMS, "azp", "nbf", "email", "alg", "kid", "typ", "crit", "jku"])


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(NAMES, JSON, min_size=1), st.dictionaries(NAMES, JSON))
def test_whatever_a_token_says_it_is_accepted_or_refused_and_nothing_else(
    told: dict[str, Any], said: dict[str, Any]
) -> None:
    text = token({**HEADER, **said}, {**CLAIMS, **told}, alg="RS256")
    try:
        found = verified(text)
    except SsoFailed:
        return
    assert (found["iss"], found["nonce"]) == (ISSUER, NONCE)


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=60) | st.lists(st.binary(max_size=40).map(segment), max_size=4).map(".".join))
def test_no_text_at_all_does_more_than_be_refused(text: str) -> None:
    refused(text)
