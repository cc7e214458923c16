"""TXT records as proof of a domain: asked of the system's resolver, or locally of a toy zone in a file.

dnspython is imported where it is used: only who proves domains pays for it.
"""

import json
import os
from collections.abc import Callable, Collection
from pathlib import Path

from rollcall.domain.errors import Unavailable

PATIENCE_SECONDS = 3
Resolve = Callable[[str], Collection[str]]


def texts(name: str) -> Collection[str]:
    """Return the texts of a name's TXT records, none where there are none. Raises Unavailable where nobody answers.

    `DNS_ZONE`, for the local stack and tests, names a JSON file of names and their texts; null there is no answer.
    """
    zone = os.environ.get("DNS_ZONE")
    return _asked(name) if zone is None else _looked_up(Path(zone), name)


def _looked_up(zone: Path, name: str) -> Collection[str]:
    known = json.loads(zone.read_text("utf-8")) if zone.exists() else {}
    found = known.get(name, [])
    if found is None:
        raise Unavailable
    return [str(text) for text in found]


def _asked(name: str) -> Collection[str]:
    from dns.exception import DNSException  # noqa: PLC0415
    from dns.resolver import NXDOMAIN, NoAnswer, Resolver  # noqa: PLC0415

    try:
        answer = Resolver().resolve(f"{name}.", "TXT", lifetime=PATIENCE_SECONDS)
    except (NXDOMAIN, NoAnswer):
        return []
    except DNSException as error:
        raise Unavailable from error
    return [b"".join(record.strings).decode("utf-8", "replace") for record in answer]
