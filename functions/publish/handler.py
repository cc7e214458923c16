"""The audit's publisher: fed by the table's stream, it seals each team's events into the team's chain."""

from typing import Any

from rollcall.actions.seal import seal
from rollcall.http.observe import logger
from rollcall.http.schedule import Context
from rollcall.storage import audit


def handler(event: dict[str, Any], context: Context | None = None) -> dict[str, list[dict[str, str]]]:
    """Seal the events, one team after the other; a team's events that must be tried again are named."""
    by_team: dict[str, dict[str, str]] = {}
    numbers: dict[str, list[str]] = {}
    for record in event.get("Records") or []:
        team_id, event_id, text = audit.streamed(record["dynamodb"])
        by_team.setdefault(team_id, {})[event_id] = text
        numbers.setdefault(team_id, []).append(record["dynamodb"]["SequenceNumber"])
    failed = [team_id for team_id, events in by_team.items() if not _sealed(team_id, events)]
    return {"batchItemFailures": [{"itemIdentifier": number} for team_id in failed for number in numbers[team_id]]}


def _sealed(team_id: str, events: dict[str, str]) -> bool:
    try:
        head = seal(team_id, events)
    except Exception:  # noqa: BLE001 what is wrong with one team's chain must not hold up the others
        logger.exception("seal", extra={"team": team_id})
        return False
    logger.info("seal", extra={"team": team_id, "events": len(events), "sequence": head.sequence})
    return True
