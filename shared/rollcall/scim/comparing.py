"""How values of an attribute compare: with or without case, moments as instants (RFC 7643, section 2.3)."""

import re
from datetime import date

from rollcall.scim.schemas import Attribute, Type, fold

Comparable = str | bool | int

_MOMENT = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt]([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]{1,12}))?"
    r"(?:[Zz]|([+-])([0-9]{2}):([0-9]{2}))?"
)
_DIGITS = 12  # of a second's fraction
_PICOSECONDS = 1_000_000_000_000


def instant(text: str) -> int | None:
    """Return an RFC 3339 moment as picoseconds since the year 1, or None if it is none; without offset it is UTC.

    Clients send seven digits of a fraction, and `0001-01-01` with an offset that lies before all that datetime holds.
    """
    found = _MOMENT.fullmatch(text)
    if found is None:
        return None
    year, month, day, hour, minute, second = (int(part) for part in found.groups()[:6])
    fraction, sign, east_hours, east_minutes = found.groups()[6:]
    try:
        days = date(year, month, day).toordinal()
    except ValueError:
        return None
    if hour > 23 or minute > 59 or second > 60:  # noqa: PLR2004 a day's hours; leap seconds are told as 60
        return None
    east = int(east_hours or 0) * 60 + int(east_minutes or 0)
    minutes = (days * 24 + hour) * 60 + minute - (-east if sign == "-" else east)
    return (minutes * 60 + second) * _PICOSECONDS + int((fraction or "").ljust(_DIGITS, "0"))


def boolean(value: object) -> bool | None:
    """Return true and false, and the words for them in any case, which Entra sends; None for everything else."""
    if isinstance(value, bool):
        return value
    return {"true": True, "false": False}.get(value.lower()) if isinstance(value, str) else None


def comparable(attribute: Attribute, value: object) -> Comparable | None:
    """Return a value so that `==` and `<` compare it as its attribute says, or None if it is of another type."""
    if attribute.type is Type.BOOLEAN:
        return boolean(value)
    if not isinstance(value, str):
        return None
    if attribute.type is Type.DATE_TIME:
        return instant(value)
    return value if attribute.exact else fold(value)
