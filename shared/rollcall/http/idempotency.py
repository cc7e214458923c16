"""`Idempotency-Key` on POST: what was answered is recorded in the change's own transaction, for 24 hours.

The key is scoped to team, actor and route, so that no answer ever crosses them (case 191); answers that held a secret
are not kept, and a replay of those says so.
"""

import hashlib
import json
import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from rollcall.auth.secrets import Secret
from rollcall.domain.errors import AlreadyIssued, Flaw, Invalid, KeyReused
from rollcall.domain.times import epoch_ms
from rollcall.http.reply import Reply
from rollcall.http.request import HttpRequest
from rollcall.storage import keys
from rollcall.storage.items import RecordItem
from rollcall.storage.keys import Key
from rollcall.storage.reads import Found

LINKS = ("inv", "rst")  # scoped to the whole text: whoever has not the true link learns nothing of its answers
KEPT = timedelta(hours=24)
_KEY = re.compile(r"[\x21-\x7e]{1,255}")


@dataclass(frozen=True, slots=True)
class Named:
    """A request that carries an idempotency key: where its record lies, and what it asked."""

    key: Key
    body_hash: str


def of(http: HttpRequest, scope: Secret | None) -> Named | None:
    """Return the record that the request names, if it names one and somebody is there to scope it to."""
    given = http.headers.get("idempotency-key")
    if given is None or http.method != "POST" or scope is None:
        return None
    if not _KEY.fullmatch(given):
        raise Invalid(Flaw("", "An Idempotency-Key has 1 to 255 visible ASCII characters."))
    path = "\0".join(f"{name}={value}" for name, value in sorted(http.path.items()))
    actor = scope.hash if scope.kind in LINKS else scope.owner_id
    key = keys.idempotency(scope.team_id, actor, f"{http.route}\0{path}", given)
    return Named(key, hashlib.sha256(http.body).hexdigest())


def replay(named: Named | None, found: Found, now: datetime) -> Reply | None:
    """Return the recorded answer to the same request; another body under the key is refused."""
    record = found.record(named.key) if named else None
    if named is None or record is None or epoch_ms(now) >= int(record.expires_at):
        return None
    if record.body_hash != named.body_hash:
        raise KeyReused
    if record.answer is None:
        raise AlreadyIssued
    kept = json.loads(record.answer)
    headers = {**kept["headers"], "idempotent-replayed": "true"}
    return Reply(int(record.status), kept["body"], headers, kept["type"])


def record(named: Named, reply: Reply, now: datetime) -> RecordItem:
    """Return the item that keeps an answer."""
    told = {"body": reply.body, "headers": dict(reply.headers), "type": reply.content_type}
    return RecordItem(
        *named.key,
        body_hash=named.body_hash,
        status=reply.status,
        answer=None if reply.secret else json.dumps(told),
        made_at=epoch_ms(now),
        expires_at=epoch_ms(now + KEPT),
        ttl=int((now + KEPT).timestamp()),
    )
