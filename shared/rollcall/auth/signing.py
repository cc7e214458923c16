"""Product tokens are signed by ES256 with keys derived from a secret, not stored: see infra/decisions/0008.

PyJWT and cryptography are imported where they are used, so that functions which sign nothing do not pay for them.
"""

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

ALGORITHM = "ES256"
TYPE = "at+jwt"
_PURPOSE = b"rollcall product-token ES256 v1"
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of P-256 (FIPS 186-5)
_STRETCHED_BYTES = 48  # 128 bits more than the order, so that taking the remainder favours no key
_KEPT = 4


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key, and what is published of it."""

    private: "EllipticCurvePrivateKey"
    public: Mapping[str, str]

    @property
    def kid(self) -> str:
        """Return its name: the thumbprint of the public key (RFC 7638)."""
        return self.public["kid"]


def signed(claims: Mapping[str, object], secrets: Sequence[bytes]) -> str:
    """Return the claims as a JWT of RFC 9068, signed by the key of the first secret."""
    import jwt  # noqa: PLC0415

    key = _derived(secrets[0])
    return jwt.encode(dict(claims), key.private, algorithm=ALGORITHM, headers={"kid": key.kid, "typ": TYPE})


def key_set(secrets: Sequence[bytes]) -> dict[str, object]:
    """Return the public keys of all secrets as a JWK set (RFC 7517, section 5)."""
    return {"keys": [dict(_derived(secret).public) for secret in dict.fromkeys(secrets)]}


@lru_cache(_KEPT)
def _derived(secret: bytes) -> SigningKey:
    """Return the key of a secret: HKDF (RFC 5869), then FIPS 186-5, A.2.1: a scalar from more bits than are needed."""
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415
    from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF  # noqa: PLC0415
    from jwt.algorithms import ECAlgorithm  # noqa: PLC0415

    stretched = HKDF(SHA256(), _STRETCHED_BYTES, salt=None, info=_PURPOSE).derive(secret)
    private = ec.derive_private_key(int.from_bytes(stretched, "big") % (_ORDER - 1) + 1, ec.SECP256R1())
    public = ECAlgorithm.to_jwk(private.public_key(), as_dict=True)
    return SigningKey(private, {**public, "kid": _thumbprint(public), "use": "sig", "alg": ALGORITHM})


def _thumbprint(public: Mapping[str, str]) -> str:
    """Return the thumbprint of a public key's required members (RFC 7638, section 3.2)."""
    required = json.dumps({name: public[name] for name in ("crv", "kty", "x", "y")}, separators=(",", ":"))
    return base64.urlsafe_b64encode(hashlib.sha256(required.encode()).digest()).rstrip(b"=").decode()
