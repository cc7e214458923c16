"""Guesses at links (case 112): after a hundred unknown ones from an address in fifteen minutes none is looked at."""

from datetime import datetime, timedelta

from rollcall.auth.secrets import Secret
from rollcall.domain.errors import LinkUnknown, TooManyRequests
from rollcall.http.request import HttpRequest
from rollcall.storage import keys, marks
from rollcall.storage.keys import Key
from rollcall.storage.reads import Found

LINK_FAILURES = 100
LINK_WINDOW = timedelta(minutes=15)


def key(http: HttpRequest, now: datetime) -> Key:
    """Return the key of the address's count, to be read with the link's items."""
    return keys.throttle("link", http.address, marks.window(now, LINK_WINDOW))


def check(http: HttpRequest, link: Secret | None, found: Found, now: datetime) -> None:
    """Refuse what is no link, and any link from an address that guessed too often."""
    if link is None:
        raise LinkUnknown
    if found.mark(key(http, now)) >= LINK_FAILURES:
        raise TooManyRequests(int(LINK_WINDOW.total_seconds()))


def strike(http: HttpRequest, now: datetime) -> None:
    """Count an unknown link."""
    marks.strike(key(http, now), now)
