"""When a rate() or cron() expression is next due. Times are Unix seconds; cron is read in UTC."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final

_UNITS: Final = {"minute": 60, "hour": 3600, "day": 86400}
_MONTHS: Final = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_DAYS: Final = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_FIELDS: Final = ((0, 59), (0, 23), (1, 31), (1, 12), (1, 7), (1970, 2199))
_HORIZON_DAYS: Final = 4 * 366 + 1


def check_expression(expression: str) -> None:
    """Raise ValueError for an expression that could not be scheduled."""
    next_due(expression, 0.0)


def next_due(expression: str, after: float) -> float:
    """Return the first due moment later than `after`; infinity when a cron() has none in the coming four years."""
    if rate := re.fullmatch(r"rate\((\d+) (minute|hour|day)s?\)", expression):
        return after + max(1, int(rate[1])) * _UNITS[rate[2]]
    if cron := re.fullmatch(r"cron\((.+)\)", expression):
        return _next_cron(cron[1], after)
    raise ValueError(f"{expression!r} is neither rate() nor cron()")


def _next_cron(text: str, after: float) -> float:
    parts = text.split()
    if len(parts) != len(_FIELDS):
        raise ValueError(f"cron({text}) needs {len(_FIELDS)} fields")
    minutes, hours, days, months, weekdays, years = map(_allowed, parts, _FIELDS)
    earliest = datetime.fromtimestamp(after, UTC).replace(second=0, microsecond=0) + timedelta(minutes=1)
    day = earliest.replace(hour=0, minute=0)
    for _ in range(_HORIZON_DAYS):
        if day.month in months and day.day in days and _weekday(day) in weekdays and day.year in years:
            moments = (day.replace(hour=hour, minute=minute) for hour in sorted(hours) for minute in sorted(minutes))
            if found := next((moment for moment in moments if moment >= earliest), None):
                return found.timestamp()
        day += timedelta(days=1)
    return float("inf")


def _weekday(day: datetime) -> int:
    return day.isoweekday() % 7 + 1


def _allowed(text: str, bounds: tuple[int, int]) -> set[int]:
    return {number for part in text.split(",") for number in _span(part, bounds)}


def _span(part: str, bounds: tuple[int, int]) -> range:
    body, _, step = part.partition("/")
    first, dash, last = body.partition("-")
    if first in {"*", "?"}:
        low, high = bounds
    else:
        low = _number(first, bounds)
        high = _number(last, bounds) if dash else (bounds[1] if step else low)
    return range(low, high + 1, int(step or 1))


def _number(text: str, bounds: tuple[int, int]) -> int:
    names = {_FIELDS[3]: _MONTHS, _FIELDS[4]: _DAYS}.get(bounds, ())
    number = names.index(text.upper()) + 1 if text.upper() in names else int(text)
    if not bounds[0] <= number <= bounds[1]:
        raise ValueError(f"{number} is outside {bounds[0]}-{bounds[1]}")
    return number
