"""A report of leaked credentials as it comes: signed bytes, then a JSON list of objects with a `token` each."""

from rollcall.actions.leaks import MOST
from rollcall.auth import reports
from rollcall.domain.errors import Flaw, Invalid
from rollcall.http.bodies import read_json
from rollcall.http.errors import TooLarge
from rollcall.http.request import HttpRequest

KEY_ID = "github-public-key-identifier"
SIGNATURE = "github-public-key-signature"
LARGEST = 1024 * 1024


def reported(http: HttpRequest) -> list[str]:
    """Return the reported texts. Raises Invalid for what is not signed or no list; other members are not looked at."""
    if len(http.body) > LARGEST:
        raise TooLarge
    reports.check(http.body, http.headers.get(KEY_ID), http.headers.get(SIGNATURE))
    rows = read_json(http.body)
    if not isinstance(rows, list) or len(rows) > MOST:
        raise Invalid(Flaw("", f"Send a list of at most {MOST} objects."))
    texts = [row.get("token") if isinstance(row, dict) else None for row in rows]
    flaws = [
        Flaw(f"/{place}/token", "This must be text.") for place, text in enumerate(texts) if not isinstance(text, str)
    ]
    if flaws:
        raise Invalid(*flaws)
    return [str(text) for text in texts]
