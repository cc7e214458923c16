"""Signed reports of leaked credentials, in the way of GitHub's secret scanning: ECDSA P-256 over the body's bytes.

cryptography is imported where it is used: only the function that takes reports pays for it.
"""

import base64
import binascii
import json
import os
from pathlib import Path

from rollcall.domain.errors import Flaw, Invalid


def check(body: bytes, key_id: str | None, signature: str | None) -> None:
    """Refuse a report that none of the known reporters signed."""
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415
    from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415
    from cryptography.hazmat.primitives.serialization import load_pem_public_key  # noqa: PLC0415

    pem = _reporters().get(key_id or "")
    if pem is None or signature is None:
        raise Invalid(Flaw("", "No known reporter signed this."))
    try:
        key = load_pem_public_key(pem.encode())
        if not isinstance(key, ec.EllipticCurvePublicKey):
            raise Invalid(Flaw("", "No known reporter signed this."))
        key.verify(base64.b64decode(signature, validate=True), body, ec.ECDSA(SHA256()))
    except (InvalidSignature, binascii.Error, ValueError) as error:
        raise Invalid(Flaw("", "The signature is not right.")) from error


def _reporters() -> dict[str, str]:
    """Return the public keys by their ids: the variable holds them, or names a file that does."""
    where = os.environ.get("LEAK_REPORTERS", "{}")
    text = Path(where.removeprefix("file:")).read_text() if where.startswith("file:") else where
    return {str(name): str(pem) for name, pem in json.loads(text).items()}
