"""Text that only this service can read: AES-256-GCM under keys derived from live secrets, one key for each purpose.

cryptography is imported where it is used, so that functions which seal nothing do not pay for it.
"""

import base64
import binascii
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

Purpose = Literal["sso-attempt", "sso-link", "client-secret"]
NONCE_BYTES = 12
_KEY_BYTES = 32
_KEPT = 8


def seal(
    keys: Sequence[bytes], purpose: Purpose, plain: bytes, context: str, random_bytes: Callable[[int], bytes]
) -> str:
    """Return the bytes sealed under the first key, in URL-safe text; only the same context opens them again.

    A random nonce of 96 bits allows 2**32 texts under one key (NIST SP 800-38D, 8.3).
    """
    nonce = random_bytes(NONCE_BYTES)
    sealed = _cipher(keys[0], purpose).encrypt(nonce, plain, context.encode())
    return base64.urlsafe_b64encode(nonce + sealed).rstrip(b"=").decode()


def opened(keys: Sequence[bytes], purpose: Purpose, text: str, context: str) -> bytes | None:
    """Return what was sealed under any of the keys for this purpose and context, None for any other text."""
    from cryptography.exceptions import InvalidTag  # noqa: PLC0415

    try:
        raw = base64.b64decode(text.encode() + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, UnicodeEncodeError):
        return None
    if len(raw) <= NONCE_BYTES:
        return None
    for key in keys:
        try:
            return _cipher(key, purpose).decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], context.encode())
        except InvalidTag:
            continue
    return None


@lru_cache(_KEPT)
def _cipher(secret: bytes, purpose: Purpose) -> "AESGCM":
    """Return the cipher of a secret for a purpose: its key is derived by HKDF (RFC 5869), with the purpose as info."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415
    from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF  # noqa: PLC0415

    return AESGCM(HKDF(SHA256(), _KEY_BYTES, salt=None, info=f"rollcall {purpose} v1".encode()).derive(secret))
