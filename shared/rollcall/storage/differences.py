"""What a change writes of an item: the fields that differ and no others (I24)."""

from collections.abc import Container, Mapping

from pynamodb.expressions.operand import Path
from pynamodb.expressions.update import Action

from rollcall.storage.table import Item

MAPS = ("sessions", "pats")
_KEYS = {"PK", "SK"}


def differences(before: Item, after: Item, cuts: Container[str] = ()) -> list[Action]:
    """Return the updates of the fields that differ; in maps of credentials, of the entries that do.

    A map among the `cuts` is written as a whole, also where nothing differs: somebody may have added an entry since.
    """
    actions: list[Action] = []
    for name, attribute in type(after).get_attributes().items():
        old, new = getattr(before, name), getattr(after, name)
        if name in cuts:
            actions.append(attribute.set(new))
        elif name in _KEYS or plain(old) == plain(new):
            continue
        elif name in MAPS:
            actions += _entries(str(attribute.attr_name), plain(old), plain(new))
        else:
            actions.append(attribute.remove() if new is None else attribute.set(new))
    return actions


def plain(value: object) -> dict[str, str]:
    """Return a map of credentials as a dict; anything else as it is."""
    return value.as_dict() if hasattr(value, "as_dict") else value  # type: ignore[return-value]


def _entries(attribute: str, before: Mapping[str, str], after: Mapping[str, str]) -> list[Action]:
    changed = [Path([attribute, key]).set(text) for key, text in after.items() if before.get(key) != text]
    return [*changed, *(Path([attribute, key]).remove() for key in before.keys() - after.keys())]
