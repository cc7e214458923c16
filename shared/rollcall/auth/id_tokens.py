"""Whether an ID token proves who signs in (OpenID Connect Core 1.0, 3.1.3.7); no check can be left out.

PyJWT verifies the signature and nothing else; of the rest it accepts what must not be (measured: case 29). It is
imported where it is used, so that functions which sign nobody in do not pay for it.
"""

import base64
import binascii
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hmac import compare_digest
from string import ascii_letters, digits

from rollcall.auth.key_sets import LONGEST_KID, Jwk
from rollcall.domain import strict_json
from rollcall.domain.errors import SsoFailed

ALGORITHMS = {"RS256": "RSA", "PS256": "RSA", "ES256": "EC"}
LEEWAY = timedelta(seconds=60)
LONGEST_LIFE = timedelta(minutes=90)
OLDEST = timedelta(minutes=10)
LONGEST_SUBJECT = 255
RSA_BITS = range(2048, 8192 + 1)
_LONGEST_TOKEN = 256 * 1024
_SEGMENTS = 3
_BASE64URL = frozenset(ascii_letters + digits + "-_")
_LATEST = 2**33  # seconds: in the year 2242


@dataclass(frozen=True, slots=True)
class Expected:
    """What an ID token must say of itself: for whom, by whom, for which attempt, signed how."""

    issuer: str
    client_id: str
    nonce: str
    algorithms: Sequence[str]


@dataclass(frozen=True, slots=True)
class _Header:
    """What a token says of its signature, which is a claim as any other until the signature is right."""

    alg: str
    kid: str | None


def verify(text: str, expected: Expected, keys: Iterable[Sequence[Jwk]], now: datetime) -> Mapping[str, object]:
    """Return the claims of an ID token, or raise SsoFailed, which says why in words of our own.

    `keys` yields the keys that are held and, if the right one is not among them, newer ones. Times are judged with a
    leeway of 60 s; a token is at most 10 minutes old. It may live for 90 minutes: Microsoft's live for 65.
    """
    header = _header(text, expected.algorithms)
    payload = next((payload for known in keys if (payload := _payload(text, header, known)) is not None), None)
    if payload is None:
        raise SsoFailed("no key of the provider made this signature")
    claims = _object(payload, "the claims are not one strict JSON object")
    _judge_parties(claims, expected)
    _judge_times(claims, now)
    return claims


def _header(text: str, algorithms: Sequence[str]) -> _Header:
    """Return the header, refused unless it asks for nothing but a signature of an allowed kind (RFC 8725, 3.1)."""
    segments = text.split(".") if len(text) <= _LONGEST_TOKEN else []
    if len(segments) != _SEGMENTS or not all(part and _BASE64URL.issuperset(part) for part in segments):
        raise SsoFailed("not a signed token")
    header = _object(_decoded(segments[0]), "the header is not one strict JSON object")
    alg, kid, kind = header.get("alg"), header.get("kid"), header.get("typ", "JWT")
    if not isinstance(alg, str) or alg not in ALGORITHMS or alg not in algorithms:
        raise SsoFailed("signed by an algorithm that is not allowed")
    if not isinstance(kind, str) or kind.upper() != "JWT":
        raise SsoFailed("another kind of token")
    if "crit" in header or "b64" in header:
        raise SsoFailed("the header asks for an extension")
    if kid is None and "kid" not in header:
        return _Header(alg, None)
    if not isinstance(kid, str) or not 0 < len(kid) <= LONGEST_KID:
        raise SsoFailed("the key's name is not a short text")
    return _Header(alg, kid)


def _payload(text: str, header: _Header, known: Sequence[Jwk]) -> bytes | None:
    """Return the signed bytes, None where not exactly one of the keys fits or it did not make the signature."""
    from jwt import PyJWK, PyJWS, PyJWTError  # noqa: PLC0415

    fitting = [key for key in known if _fits(key, header)]
    if len(fitting) != 1:
        return None
    try:
        key = PyJWK({"kty": fitting[0].kty, **fitting[0].numbers}, header.alg)
        _judge_strength(key.key)
        return bytes(PyJWS().decode_complete(text, key, [header.alg])["payload"])
    except (PyJWTError, ValueError, TypeError):
        return None


def _fits(key: Jwk, header: _Header) -> bool:
    named = header.kid is None or key.kid == header.kid
    return named and key.kty == ALGORITHMS[header.alg] and key.alg in (None, header.alg)


def _judge_strength(key: object) -> None:
    """Refuse RSA keys below 2,048 bits (NIST SP 800-131A); that ES256 is by P-256 alone, PyJWT sees to."""
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey  # noqa: PLC0415

    if isinstance(key, RSAPublicKey) and key.key_size not in RSA_BITS:
        raise SsoFailed("signed by a key that is too weak")


def _judge_parties(claims: Mapping[str, object], expected: Expected) -> None:
    """Refuse a token by, for or about somebody else, or of another attempt."""
    audience, party, subject, nonce = (claims.get(name) for name in ("aud", "azp", "sub", "nonce"))
    if claims.get("iss") != expected.issuer:
        raise SsoFailed("by another issuer")
    audiences = audience if isinstance(audience, list) else [audience]
    if expected.client_id not in audiences or not all(isinstance(name, str) for name in audiences):
        raise SsoFailed("for another audience")
    if ("azp" in claims or len(audiences) > 1) and party != expected.client_id:
        raise SsoFailed("made out to another party")
    if not isinstance(subject, str) or not 0 < len(subject) <= LONGEST_SUBJECT:
        raise SsoFailed("the subject is not a short text")
    if not isinstance(nonce, str) or not compare_digest(nonce.encode(), expected.nonce.encode()):
        raise SsoFailed("of another attempt to sign in")


def _judge_times(claims: Mapping[str, object], now: datetime) -> None:
    """Refuse a token that is not made to be used now."""
    expires, issued = _seconds(claims, "exp"), _seconds(claims, "iat")
    moment, leeway = now.timestamp(), LEEWAY.total_seconds()
    if moment >= expires + leeway:
        raise SsoFailed("expired")
    if not 0 < expires - issued <= LONGEST_LIFE.total_seconds():
        raise SsoFailed("lives too long")
    if moment < issued - leeway or ("nbf" in claims and moment < _seconds(claims, "nbf") - leeway):
        raise SsoFailed("of the future")
    if moment > issued + OLDEST.total_seconds() + leeway:
        raise SsoFailed("too old")


def _seconds(claims: Mapping[str, object], name: str) -> int:
    value = claims.get(name)
    if type(value) is not int or not 0 <= value < _LATEST:
        raise SsoFailed(f"{name} is no point in time")
    return value


def _object(raw: bytes, otherwise: str) -> Mapping[str, object]:
    try:
        value = strict_json.read(raw)
    except ValueError:
        raise SsoFailed(otherwise) from None
    if not isinstance(value, dict):
        raise SsoFailed(otherwise)
    return value


def _decoded(segment: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4))
    except binascii.Error:
        raise SsoFailed("not a signed token") from None
