"""The outbox's sender: fed by the table's stream, and by a schedule for letters whose sender died."""

from typing import Any

from rollcall import clock
from rollcall.actions.send_letter import NotNow, send_letter
from rollcall.http.observe import logger
from rollcall.http.schedule import post, time_left
from rollcall.storage import due

RESERVE_MILLISECONDS = 10_000


def handler(event: dict[str, Any], context: Any = None) -> dict[str, list[dict[str, str]]]:
    """Send the letters; those that must be tried again are named, so that the others are not sent twice."""
    records = event.get("Records") or []
    failed = []
    for record in records:
        change = record["dynamodb"]
        if not _sent(due.letter_id(change["Keys"]["PK"]["S"])):
            failed.append({"itemIdentifier": change["SequenceNumber"]})
    if not records:
        enough = time_left(context, RESERVE_MILLISECONDS)
        for pk, _ in due.due("L", clock.now() - due.REDRIVE_AFTER):
            if not (enough() and _sent(due.letter_id(pk))):
                break
    return {"batchItemFailures": failed}


def _sent(letter_id: str) -> bool:
    try:
        became = send_letter(letter_id, post(), clock.now())
    except NotNow:
        return False
    logger.info("letter", extra={"letter": letter_id, "became": became})
    return True
