"""How many wrong passwords are evaluated (case 9-12): budgets taken before the hash, given back when it was right.

A window of time has ten tries for a person from anywhere, ten more from each address that they have signed in from
before, and a hundred for an address. Of failures in a row a person has ninety from anywhere and ten more from known
addresses: whoever guesses closes the door for strangers, not for the person (ASVS 6.1.1, NIST SP 800-63B-4 3.2.2).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from ipaddress import IPv6Address, ip_address, ip_network

from rollcall.storage import keys, marks
from rollcall.storage.keys import Key
from rollcall.storage.waves import wave

WINDOW = timedelta(minutes=15)
TRIES_PER_MEMBER = 10
TRIES_PER_ADDRESS = 100
TRIES_PER_CODE = 5
IN_A_ROW = 100
IN_A_ROW_FROM_ANYWHERE = 90
KNOWN_FOR = timedelta(days=90)
ROW_KEPT = timedelta(days=400)
_EVER = 0
_SITE = 64


@dataclass(frozen=True, slots=True)
class Budget:
    """A count of tries that must stay within its limit, and how long it is kept."""

    key: Key
    limit: int
    kept: timedelta = timedelta(days=1)

    @property
    def scope(self) -> str:
        """Return what it counts, for the log: `member`, `here`, `address`, `row` or `glass`."""
        return self.key.pk.split("#")[1]


@dataclass(frozen=True, slots=True)
class Budgets:
    """What one try takes: of the person or their known address, of the address, of failures in a row."""

    person: Budget
    address: Budget
    row: Budget


def known_key(who: str, address: str) -> Key:
    """Return the key of the note that this person has signed in from this address."""
    return keys.throttle("known", f"{who}\0{site(address)}", _EVER)


def of(who: str, address: str, stored: str | None, *, known: bool, now: datetime) -> Budgets:
    """Return what a try takes. `who` names team and e-mail; `stored` is the hash: another password begins a new row."""
    window, place = marks.window(now, WINDOW), site(address)
    scope, subject = ("here", f"{who}\0{place}") if known else ("member", who)
    return Budgets(
        Budget(keys.throttle(scope, subject, window), TRIES_PER_MEMBER),
        Budget(keys.throttle("address", place, window), TRIES_PER_ADDRESS),
        Budget(
            keys.throttle("row", f"{who}\0{stored or ''}", _EVER),
            IN_A_ROW if known else IN_A_ROW_FROM_ANYWHERE,
            ROW_KEPT,
        ),
    )


def of_break_glass(team: str, address: str, now: datetime) -> Budget:
    """Return what a break-glass code takes: of the tries that an address has at a team (case 43)."""
    key = keys.throttle("glass", f"{team}\0{site(address)}", marks.window(now, WINDOW))
    return Budget(key, TRIES_PER_CODE)


def take(budgets: Budgets, now: datetime) -> Budget | None:
    """Take a try from each, at once; where one is used up take from none and return it."""
    asked = (budgets.person, budgets.address, budgets.row)
    had = wave([partial(marks.spend, budget.key, budget.limit, now, budget.kept) for budget in asked])
    empty = [budget for budget, one in zip(asked, had, strict=True) if not one]
    if empty:
        wave([partial(marks.refund, budget.key) for budget in asked if budget not in empty])
    return empty[0] if empty else None


def wait(now: datetime) -> int:
    """Return in how many seconds the next window begins."""
    return int(WINDOW.total_seconds() - now.timestamp() % WINDOW.total_seconds()) + 1


def settlement(budgets: Budgets, known: Key, now: datetime) -> list[Callable[[], None]]:
    """Return the marks of a success: the try given back, the row begun anew, the address remembered."""
    return [
        partial(marks.refund, budgets.person.key),
        partial(marks.refund, budgets.address.key),
        partial(marks.forget, budgets.row.key),
        partial(marks.note, known, now, KNOWN_FOR),
    ]


def site(address: str) -> str:
    """Return whose address it is: itself, or of IPv6 its /64, all of which one subscriber has."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if not isinstance(parsed, IPv6Address):
        return address
    return str(parsed.ipv4_mapped or ip_network((parsed, _SITE), strict=False))
