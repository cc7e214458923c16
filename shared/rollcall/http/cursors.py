"""Page cursors: opaque, authenticated, bound to the team and to the filters they were made under (case 174)."""

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence

from rollcall.domain.errors import Flaw, Invalid

MAC_BYTES = 16
LONGEST = 1024


def seal(key: bytes, team_id: str, filters: Mapping[str, str], position: Sequence[str]) -> str:
    """Return the cursor of a position in a list of this team under these filters."""
    payload = json.dumps(list(position), separators=(",", ":"), ensure_ascii=False).encode()
    return base64.urlsafe_b64encode(_mac(key, team_id, filters, payload) + payload).decode().rstrip("=")


def open_cursor(keys: Sequence[bytes], team_id: str, filters: Mapping[str, str], cursor: str) -> tuple[str, ...]:
    """Return the position, or refuse a cursor that was forged, cut, or made for another team or other filters."""
    if len(cursor) > LONGEST:
        raise _invalid()
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise _invalid() from None
    if base64.urlsafe_b64encode(raw).decode().rstrip("=") != cursor:
        raise _invalid()
    mac, payload = raw[:MAC_BYTES], raw[MAC_BYTES:]
    if not any(hmac.compare_digest(mac, _mac(key, team_id, filters, payload)) for key in keys):
        raise _invalid()
    return tuple(str(part) for part in json.loads(payload))


def _mac(key: bytes, team_id: str, filters: Mapping[str, str], payload: bytes) -> bytes:
    scope = json.dumps([team_id, sorted(filters.items())], separators=(",", ":")).encode()
    return hmac.new(key, scope + b"\0" + payload, hashlib.sha256).digest()[:MAC_BYTES]


def _invalid() -> Invalid:
    return Invalid(Flaw("?cursor", "This cursor belongs to another list, or was changed."))
