"""JSON as strangers send it, read strictly: what two readers could understand differently is refused."""

import json

LONGEST_NAME = 100


class NotStrict(ValueError):
    """The text is JSON to some readers; its message says what is wrong, in words for whoever sent it."""


def read(raw: bytes) -> object:
    """Return a JSON text as it is: UTF-8, no duplicate keys, no NaN, no half surrogate pairs.

    Raises ValueError: NotStrict where there is more to say than that it is no JSON.
    """
    try:
        value = json.loads(raw.decode("utf-8"), object_pairs_hook=once, parse_constant=_refuse, parse_float=_finite)
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except RecursionError:
        raise ValueError("deeper than anything is") from None
    return value


def once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Return the pairs as a mapping. Raises NotStrict where a key comes twice."""
    found: dict[str, object] = {}
    for name, value in pairs:
        if name in found:
            raise NotStrict(f"The key {name[:LONGEST_NAME]!r} comes twice.")
        found[name] = value
    return found


def _refuse(name: str) -> object:
    raise NotStrict(f"{name} is no JSON number.")


def _finite(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise NotStrict("A number is too large.")
    return number
