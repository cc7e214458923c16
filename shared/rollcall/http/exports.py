"""The audit as a file: JSON Lines or CSV, oldest first, at most 5 MB a call with a link to the next part (T2)."""

import csv
import io
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from rollcall.http import cursors, queries
from rollcall.http.endpoint import Request
from rollcall.http.reply import Reply
from rollcall.http.request import HttpRequest
from rollcall.storage import audit

LARGEST = 5_000_000
PATH = "/v1/audit-events/export"
COLUMNS = ("id", "at", "action", "actor_id", "actor_email", "actor_role", "credential_kind", "credential_id")
MORE_COLUMNS = ("target_type", "target_id", "target_label", "before", "after", "address", "request_id")
FORMULA = ("=", "+", "-", "@", "\t", "\r")
MEDIA = {"jsonl": "application/x-ndjson", "csv": "text/csv; charset=utf-8"}


@dataclass(frozen=True, slots=True)
class Export:
    """One part of an export, and where the next one begins."""

    kind: str
    text: str
    following: str | None


def export(http: HttpRequest, team_id: str, keys: Sequence[bytes]) -> Export:
    """Return as many events as fit."""
    kind = queries.export_format(http)
    asked = queries.event_query(http, team_id, keys, more=("format",))
    line = _csv_line if kind == "csv" else _json_line
    parts = [_csv_row((*COLUMNS, *MORE_COLUMNS))] if kind == "csv" else []
    size, last = 0, None
    for position, text in audit.oldest_first(team_id, asked):
        written = line(text)
        size += len(written.encode())
        if size > LARGEST and last is not None:
            return Export(kind, "".join(parts), last)
        parts.append(written)
        last = position
    return Export(kind, "".join(parts), None)


def answer(request: Request[Any], part: Export) -> Reply:
    """Return the part with `Link: rel=next` while there is more."""
    headers = {"content-disposition": f'attachment; filename="audit.{part.kind}"'}
    if part.following is not None:
        http, team_id = request.asked.http, request.call.team.id
        filters = queries.filters(http, (*queries.EVENT_FILTERS, "format"))
        cursor = cursors.seal(queries.cursor_keys()[0], team_id, filters, (part.following,))
        url = f"{os.environ['PUBLIC_BASE_URL']}{PATH}?{urlencode({**filters, 'cursor': cursor})}"
        headers["link"] = f'<{url}>; rel="next"'
    return Reply(200, part.text, headers, MEDIA[part.kind])


def _json_line(text: str) -> str:
    return f"{text}\n"


def _csv_line(text: str) -> str:
    event: Mapping[str, Any] = json.loads(text)
    actor, target = event["actor"], event["target"]
    credential = actor["credential"]
    cells = [event["id"], event["at"], event["action"], actor["id"], actor["email"], actor["role"]]
    cells += [credential["kind"], credential["id"], target["type"], target["id"], target["label"]]
    cells += [_compact(event["before"]), _compact(event["after"]), event["address"], event["request_id"]]
    return _csv_row([_harmless(cell) for cell in cells])


def _compact(value: object) -> str | None:
    return None if value is None else json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _harmless(cell: object) -> str:
    """Return a cell that no spreadsheet takes for a formula (case 290)."""
    text = "" if cell is None else str(cell)
    return f"'{text}" if text.startswith(FORMULA) else text


def _csv_row(cells: Sequence[str]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow(cells)
    return line.getvalue()
