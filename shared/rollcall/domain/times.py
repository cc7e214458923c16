"""Moments as text: RFC 3339 in UTC with `Z` and milliseconds, which also sorts as time does."""

from datetime import UTC, datetime


def rfc3339(moment: datetime) -> str:
    """Return e.g. `2026-11-21T19:25:00.123Z`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parse(text: str) -> datetime:
    """Read what `rfc3339` wrote."""
    return datetime.fromisoformat(text)


def epoch_ms(moment: datetime) -> int:
    """Return milliseconds since 1970."""
    return round(moment.timestamp() * 1000)


def from_epoch_ms(milliseconds: int) -> datetime:
    """Read milliseconds since 1970."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
