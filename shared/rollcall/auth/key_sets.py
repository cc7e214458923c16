"""The public keys of identity providers (RFC 7517): those that can sign an ID token, and only what makes them up."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from rollcall.auth import fetch
from rollcall.auth.remembered import Remembered
from rollcall.domain import strict_json
from rollcall.domain.errors import ProviderUnavailable

MOST_KEYS = 100
LONGEST_KID = 255
_NUMBER = re.compile(r"[A-Za-z0-9_-]{1,1400}={0,2}")  # 8,192 bits are 1,366 characters
_MADE_OF = {"RSA": ("n", "e"), "EC": ("crv", "x", "y")}
_USES: Sequence[object] = (None, "sig")


@dataclass(frozen=True, slots=True)
class Jwk:
    """A public key: its name, the one algorithm it is for if it says so, and the numbers that it is made of."""

    kid: str | None
    kty: Literal["RSA", "EC"]
    alg: str | None
    numbers: Mapping[str, str]


_sets: Remembered[Sequence[Jwk]] = Remembered()


def held(key: str, url: str, now: datetime) -> Iterator[Sequence[Jwk]]:
    """Yield the keys that are held and then, to who goes on because none was right, newer ones (cases 40 and 41).

    Raises ProviderUnavailable where no good set was ever read.
    """
    for again in (False, True):
        yield _sets.get(f"{key} {url}", now, lambda: read(fetch.get(url)), again=again)


def read(body: bytes) -> Sequence[Jwk]:
    """Return the keys of a set that can verify a signature. Raises ProviderUnavailable where there are none."""
    try:
        found = strict_json.read(body)
    except ValueError:
        raise ProviderUnavailable("a key set that is no JSON") from None
    listed = found.get("keys") if isinstance(found, dict) else None
    if not isinstance(listed, list) or len(listed) > MOST_KEYS:
        raise ProviderUnavailable("no key set")
    usable = [key for given in listed if isinstance(given, dict) and (key := _key(given)) is not None]
    if not usable:
        raise ProviderUnavailable("an empty key set")
    return usable


def _key(given: Mapping[str, object]) -> Jwk | None:
    """Return a key without what else is said with it: certificates and addresses are never looked at (case 28)."""
    kty, kid, alg = given.get("kty"), given.get("kid"), given.get("alg")
    operations = given.get("key_ops", ["verify"])
    if kty not in ("RSA", "EC") or given.get("use") not in _USES:
        return None
    if not isinstance(operations, list) or "verify" not in operations:
        return None
    numbers = {name: value for name in _MADE_OF[kty] if isinstance(value := given.get(name), str)}
    if len(numbers) < len(_MADE_OF[kty]) or not all(_NUMBER.fullmatch(number) for number in numbers.values()):
        return None
    if not (kid is None or isinstance(kid, str)) or not (alg is None or isinstance(alg, str)):
        return None
    return Jwk(kid, kty, alg, numbers)
