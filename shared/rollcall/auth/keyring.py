"""The keys that links, cursors and signatures are derived from: two live at a time, so that rotation breaks none."""

import json
import os
import time
from pathlib import Path

from rollcall.domain.errors import Unavailable

MAX_AGE_SECONDS = 300
MIN_KEY_BYTES = 32

_held: dict[str, tuple[float, list[bytes]]] = {}


def link_keys() -> list[bytes]:
    """Return the keys of links, the current one first. Raises Unavailable: without them 503, never an empty key."""
    return _fresh(os.environ["LINK_KEYS"])


def signing_keys() -> list[bytes]:
    """Return what the signing keys of product tokens are derived from, the current one first. Raises Unavailable."""
    return _fresh(os.environ["SIGNING_KEYS"])


def connection_keys() -> list[bytes]:
    """Return the keys that seal client secrets of identity providers, the current one first. Raises Unavailable."""
    return _fresh(os.environ["CONNECTION_KEYS"])


def _fresh(where: str) -> list[bytes]:
    """Return the keys of a secret, read again after five minutes."""
    held = _held.get(where)
    if held is None or time.monotonic() - held[0] > MAX_AGE_SECONDS:
        held = (time.monotonic(), _read(where))
        _held[where] = held
    return held[1]


def _read(where: str) -> list[bytes]:
    text = Path(where.removeprefix("file:")).read_text() if where.startswith("file:") else _secret(where)
    stored = json.loads(text)
    keys = [str(stored[name]).encode() for name in ("current", "previous") if stored.get(name)]
    if not keys or any(len(key) < MIN_KEY_BYTES for key in keys):
        raise Unavailable
    return keys


def _secret(arn: str) -> str:
    # Imported here: only functions that hold the right to the secret pay for its client.
    import boto3  # noqa: PLC0415
    from botocore.config import Config  # noqa: PLC0415
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

    client = boto3.client("secretsmanager", config=Config(connect_timeout=1, read_timeout=2))
    try:
        return str(client.get_secret_value(SecretId=arn)["SecretString"])
    except (BotoCoreError, ClientError) as error:
        raise Unavailable from error
