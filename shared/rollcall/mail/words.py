"""Words for people: dates, waits, product lists, and names made harmless. Shared by letters and pages."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final, Literal
from unicodedata import category

Products = tuple[str, ...] | Literal["all"]

NAME_LIMIT: Final = 64
MESSAGE_LIMIT: Final = 1000
MESSAGE_LINES: Final = 20
_PRODUCTS_SHOWN: Final = 8
_MINUTE: Final = 60
# Our own list: strftime's %B follows the process's locale.
_MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
_HIDDEN: Final = frozenset({"Cc", "Cf", "Cs", "Co"})  # controls, bidi marks and other formats, surrogates, private use
_JOINERS: Final = "\u200c\u200d"  # Persian names and joined emoji need them; they reorder nothing
_LINK_PARTS: Final = (
    (re.compile(r"[\\/]{2,}"), " "),  # https://host, //host, \\host
    (re.compile(r"(?<=\S)[:\uff1a](?=\S)"), ": "),  # javascript:…, mailto:…
    (re.compile(r"(?<=[^\s.])[.\u2024\u3002\uff0e\uff61](?=[^\s.\d])"), ". "),  # evil.tld with every dot of IDNA
    (re.compile(r"(?<=\S)[@\uff20](?=\S)"), " at "),  # somebody@evil.tld
    # An encoded word (RFC 2047): the standard library decodes it in a header, line breaks and all, and then writes
    # those out: `=?utf-8?q?=0ABcc:_eve?=` in a subject would become a Bcc header.
    (re.compile(r"=(?=\?)"), "= "),
)

_OURS: Final = re.compile(r"https?://[!-~]+\Z|/(?![/\\])[!-~]*\Z")  # printable ASCII, no spaces


def one_line(text: str, limit: int = NAME_LIMIT) -> str:
    """Return a stranger's text as one visible line: no controls, bidi marks or line separators, at most `limit`."""
    visible = (
        " " if char.isspace() else char
        for char in text[: 8 * limit]
        if char.isspace() or char in _JOINERS or category(char) not in _HIDDEN
    )
    return _cut(" ".join("".join(visible).split()), limit)


def plain(text: str, limit: int = NAME_LIMIT) -> str:
    """Make a name fit for a letter that we sign: `one_line`, and nothing left that a mail client turns into a link.

    Names of teams and inviters are chosen by strangers, and mail clients link whatever looks like an address: so
    `https://evil.tld` becomes `https: evil. tld`, while `Dr. Lee` and `Web 2.0` stay as they are.
    """
    line = one_line(text, 8 * limit)
    for part, harmless in _LINK_PARTS:
        line = part.sub(harmless, line)
    return _cut(" ".join(line.split()), limit)


def plain_lines(text: str | None) -> tuple[str, ...]:
    """Return an inviter's message as harmless lines: outer blank ones dropped, at most 1,000 characters, 20 lines."""
    lines = [plain(line, MESSAGE_LIMIT) for line in _cut((text or "").strip(), MESSAGE_LIMIT).splitlines()]
    return tuple("\n".join(lines[:MESSAGE_LINES]).strip().splitlines())


def product_words(products: Products, clean: Callable[[str], str]) -> str:
    """Say `all products`, `no products yet`, or the names, each cleaned, the first eight of them."""
    if products == "all":
        return "all products"
    names = [clean(name) for name in products[:_PRODUCTS_SHOWN]]
    if rest := len(products) - len(names):
        names.append(f"{rest} more")
    return ", ".join(names) or "no products yet"


def day(at: datetime) -> str:
    """Say `3 November 2026`, in UTC. Raises ValueError for a time without a zone."""
    if at.tzinfo is None:
        raise ValueError("a moment told to people needs a zone")
    utc = at.astimezone(UTC)
    return f"{utc.day} {_MONTHS[utc.month - 1]} {utc.year}"


def moment(at: datetime) -> str:
    """Say `3 November 2026 at 14:05 UTC`. Raises ValueError for a time without a zone."""
    return f"{day(at)} at {at.astimezone(UTC):%H:%M} UTC"


def wait(seconds: int) -> str:
    """Say `1 second`, `58 seconds`, `2 minutes`: rounded up, so that nobody comes back too early."""
    unit, count = ("second", max(seconds, 1)) if seconds <= _MINUTE else ("minute", -(-seconds // _MINUTE))
    return f"{count} {unit}{'' if count == 1 else 's'}"


def href(url: str) -> str:
    """Let an address of ours through: http(s), or a path of this host. Raises ValueError for any other scheme."""
    if not _OURS.match(url):
        raise ValueError("only http(s) addresses and paths become links")
    return url


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"
