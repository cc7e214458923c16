"""The audit as a file: JSON Lines or CSV, oldest first, at most 5 MB a call with a link to the next part (T2)."""

import csv
import io
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from rollcall.domain.seals import Head, Seal
from rollcall.http import cursors, queries
from rollcall.http.endpoint import Request
from rollcall.http.reply import Reply
from rollcall.http.request import HttpRequest
from rollcall.storage import audit, seals

LARGEST = 5_000_000
PATH = "/v1/audit-events/export"
COLUMNS = ("id", "at", "action", "actor_id", "actor_email", "actor_role", "credential_kind", "credential_id")
MORE_COLUMNS = ("target_type", "target_id", "target_label", "before", "after", "address", "request_id")
SEAL_COLUMNS = ("sequence", "previous_hash", "hash")
FORMULA = ("=", "+", "-", "@", "\t", "\r")
MEDIA = {"jsonl": "application/x-ndjson", "csv": "text/csv; charset=utf-8"}


@dataclass(frozen=True, slots=True)
class Export:
    """One part of an export, where the next one begins, and the head of the chain that all of its parts show."""

    kind: str
    text: str
    following: str | None
    head: Head


def export(http: HttpRequest, team_id: str, keys: Sequence[bytes]) -> Export:
    """Return as many events as fit. What was sealed after the first part began counts as not sealed in all of them."""
    kind = queries.export_format(http)
    asked = queries.event_query(http, team_id, keys, more=("format",))
    head = seals.head(team_id) if asked.head is None else Head.read(asked.head)
    line = _csv_line if kind == "csv" else _json_line
    parts = [_csv_row((*COLUMNS, *MORE_COLUMNS, *SEAL_COLUMNS))] if kind == "csv" else []
    size, last = 0, None
    for kept in audit.oldest_first(team_id, asked):
        seal = kept.seal if kept.seal and kept.seal.sequence <= head.sequence else None
        written = line(kept.text, seal)
        size += len(_compact(written).encode())  # quotes escaped, as Lambda's answer of at most 6 MB carries them
        if size > LARGEST and last is not None:
            return Export(kind, "".join(parts), last, head)
        parts.append(written)
        last = kept.position
    return Export(kind, "".join(parts), None, head)


def answer(request: Request[Any], part: Export) -> Reply:
    """Return the part with the chain's head, and with `Link: rel=next` while there is more."""
    headers = {"content-disposition": f'attachment; filename="audit.{part.kind}"', "x-audit-head": part.head.told}
    if part.following is not None:
        http, team_id = request.asked.http, request.call.team.id
        filters = queries.filters(http, (*queries.EVENT_FILTERS, "format"))
        cursor = cursors.seal(queries.cursor_keys()[0], team_id, filters, (part.following, part.head.told))
        asked = {name: value for name, value in filters.items() if name}
        url = f"{os.environ['PUBLIC_BASE_URL']}{PATH}?{urlencode({**asked, 'cursor': cursor})}"
        headers["link"] = f'<{url}>; rel="next"'
    return Reply(200, part.text, headers, MEDIA[part.kind])


def _json_line(text: str, seal: Seal | None) -> str:
    """Wrap an event with its seal; its own text stands last and unchanged, so that its hash can be computed."""
    told: dict[str, object] = {"sequence": None, "previous_hash": None, "hash": None}
    if seal is not None:
        told = {"sequence": seal.sequence, "previous_hash": seal.previous, "hash": seal.hash}
    return f'{_compact(told)[:-1]},"event":{text}}}\n'


def _csv_line(text: str, seal: Seal | None) -> str:
    event: Mapping[str, Any] = json.loads(text)
    actor, target = event["actor"], event["target"]
    credential = actor["credential"]
    cells = [event["id"], event["at"], event["action"], actor["id"], actor["email"], actor["role"]]
    cells += [credential["kind"], credential["id"], target["type"], target["id"], target["label"]]
    cells += [_told(event["before"]), _told(event["after"]), event["address"], event["request_id"]]
    cells += ["", "", ""] if seal is None else [seal.sequence, seal.previous, seal.hash]
    return _csv_row([_harmless(cell) for cell in cells])


def _compact(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _told(value: object) -> str | None:
    return None if value is None else _compact(value)


def _harmless(cell: object) -> str:
    """Return a cell that no spreadsheet takes for a formula (case 290)."""
    text = "" if cell is None else str(cell)
    return f"'{text}" if text.startswith(FORMULA) else text


def _csv_row(cells: Sequence[str]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow(cells)
    return line.getvalue()
