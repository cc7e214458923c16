"""The outbox's sender: fed by the table's stream, and by a schedule for letters whose sender died."""

from typing import Any

from rollcall import clock
from rollcall.actions.send_letter import NotNow, send_letter
from rollcall.http.observe import logger
from rollcall.http.schedule import Context, post, time_left
from rollcall.storage import due

_RESERVE_MILLISECONDS = 10_000


def handler(event: dict[str, Any], context: Context | None = None) -> dict[str, list[dict[str, str]]]:
    """Send the letters; those that must be tried again are named, so that the others are not sent twice."""
    records = [record["dynamodb"] for record in event.get("Records") or []]
    if not records:
        due.work_off("L", clock.now() - due.REDRIVE_AFTER, _sent, time_left(context, _RESERVE_MILLISECONDS))
    failed = [record["SequenceNumber"] for record in records if not _sent(record["Keys"]["PK"]["S"])]
    return {"batchItemFailures": [{"itemIdentifier": number} for number in failed]}


def _sent(pk: str) -> bool:
    letter_id = due.letter_id(pk)
    try:
        became = send_letter(letter_id, post(), clock.now())
    except NotNow as late:  # the cause is SES's error code, or nothing where another sender has the letter
        why = str(late.__cause__ or "claimed")
        logger.warning("letter", extra={"letter": letter_id, "became": "later", "code": why})
        return False
    except Exception:  # noqa: BLE001 whatever is wrong with one letter must not hold up the others
        logger.exception("letter", extra={"letter": letter_id})
        return False
    logger.info("letter", extra={"letter": letter_id, "became": became})
    return True
