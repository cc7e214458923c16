"""The log of what identity providers asked, for the people who set them up: kept for thirty days, bodies never.

An entry joins the change that it tells of, in the place of the idempotency record (`Call.keep`); where nothing was
changed, `marks.logged` keeps it.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import parse_qsl, urlencode

from rollcall.domain import ids
from rollcall.storage import keys
from rollcall.storage.items import LogItem
from rollcall.storage.waves import Ask, query

KEPT = timedelta(days=30)
LONGEST_PATH = 500
LONGEST_WORDS = 500
LEAST_FAILURE = 400
PARAMETERS = frozenset(
    {"filter", "startindex", "count", "cursor", "attributes", "excludedattributes", "sortby", "sortorder"}
)
_CREDENTIAL = re.compile(r"rc_[a-z]{3}_[0-9A-Za-z]+")


@dataclass(frozen=True, slots=True)
class Entry:
    """One request: `meaning` says in words what it came to, `changed` what is different now, `hint` how to mend it."""

    id: str
    method: str
    path: str
    status: int
    meaning: str
    changed: tuple[str, ...] = ()
    hint: str | None = None
    token_id: str | None = None
    request_id: str | None = None

    @property
    def at(self) -> datetime:
        """Return when the request came."""
        return ids.made_at(self.id)


LogPage = tuple[list[Entry], str | None]


def told_path(path: str, raw_query: str) -> str:
    """Return path and query as the log keeps them: the values of SCIM's own parameters, and of no others.

    Filters keep the addresses that they ask for, because whoever reads the log sees these people anyway. What looks
    like a credential is kept nowhere.
    """
    pairs = parse_qsl(raw_query, keep_blank_values=True)
    kept = [(name, value if name.lower() in PARAMETERS else "***") for name, value in pairs]
    text = f"{path}?{urlencode(kept, safe='*')}" if kept else path
    return _CREDENTIAL.sub("***", text)[:LONGEST_PATH]


def entry_item(team_id: str, entry: Entry) -> LogItem:
    """Return the item of an entry."""
    return LogItem(
        *keys.scim_log(team_id, entry.id),
        ttl=int((entry.at + KEPT).timestamp()),
        method=entry.method,
        path=entry.path,
        status=entry.status,
        meaning=entry.meaning[:LONGEST_WORDS],
        changed=list(entry.changed),
        hint=None if entry.hint is None else entry.hint[:LONGEST_WORDS],
        token_id=entry.token_id,
        request_id=entry.request_id,
    )


def page(team_id: str, limit: int, after: str | None, *, failed: bool, now: datetime) -> LogPage:
    """Return a page of entries, newest first, and where the next one starts; `failed` asks for refusals alone."""
    where = LogItem.ttl > int(now.timestamp())
    where = where & (LogItem.status >= LEAST_FAILURE) if failed else where
    rows: list[LogItem] = []
    while len(rows) <= limit:
        ask = Ask(keys.scim_log_of(team_id), after=after, where=where, limit=limit + 1, descending=True)
        found = query(ask)
        rows += [LogItem.from_raw_data(raw) for raw in found.items]
        after = found.last
        if after is None:
            break
    following = rows[limit - 1].SK if len(rows) > limit else None
    return [_entry(item) for item in rows[:limit]], following


def _entry(item: LogItem) -> Entry:
    return Entry(
        id=ids.from_code("log", item.SK),
        method=item.method,
        path=item.path,
        status=int(item.status),
        meaning=item.meaning,
        changed=tuple(str(one) for one in item.changed),
        hint=item.hint,
        token_id=item.token_id,
        request_id=item.request_id,
    )
