"""One log line and one metric a request: route, status, time, who (by id), error code. Never a body, path or token."""

import json
import re
import time
from collections.abc import Mapping

from aws_lambda_powertools.logging import Logger
from aws_lambda_powertools.metrics import MetricUnit, single_metric

from rollcall.auth.secrets import KINDS
from rollcall.domain.errors import RollcallError, Unavailable
from rollcall.http.request import LONGEST_LOGGED
from rollcall.storage.table import Meter

NAMESPACE = "Rollcall"

LONGEST_TEXT = 4_000
MOST_FRAMES = 50
_CREDENTIAL = re.compile(rf"rc_({'|'.join(KINDS)})_[0-9A-Za-z]+")


def line(record: object) -> str:
    """Return a log record as one line of ASCII, its texts masked and cut (case 181): a traceback may quote anything."""
    return json.dumps(_told(record), separators=(",", ":"))


def _told(value: object) -> object:
    if isinstance(value, dict):
        return {str(name): _told(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_told(one) for one in value[-MOST_FRAMES:]]
    if value is None or isinstance(value, bool | int | float):
        return value
    text = _CREDENTIAL.sub(r"rc_\1_***", str(value))
    half = LONGEST_TEXT // 2
    return text if len(text) <= LONGEST_TEXT else f"{text[:half]}…{text[-half:]}"


logger = Logger(service="rollcall", log_uncaught_exceptions=False, json_serializer=line)


class Watch:
    """A stopwatch for one request."""

    def __init__(self) -> None:
        """Start."""
        self._start = time.perf_counter()

    @property
    def milliseconds(self) -> float:
        """Return the time since the start."""
        return (time.perf_counter() - self._start) * 1000


def note(facts: Mapping[str, object], status: int, watch: Watch, meter: Meter) -> None:
    """Write the request's line; observing must never make a request fail (case 263)."""
    try:
        logger.info(
            "request",
            extra={
                **{name: str(value)[:LONGEST_LOGGED] for name, value in facts.items() if value is not None},
                "status": status,
                "milliseconds": round(watch.milliseconds, 1),
                "round_trips": meter.round_trips,
            },
        )
        with single_metric(name="Requests", unit=MetricUnit.Count, value=1, namespace=NAMESPACE) as metric:
            metric.add_dimension("status", f"{status // 100}xx")
    except Exception:  # noqa: BLE001 a broken pipe to the log is no reason to refuse somebody
        return


def cause_of(error: RollcallError) -> str | None:
    """Return what kept a dependency from answering, as its code or kind; never its text, which may name an item."""
    if not isinstance(error, Unavailable) or error.__cause__ is None:
        return None
    cause = getattr(error.__cause__, "cause", None) or error.__cause__  # PynamoDB wraps what the SDK raised
    told = getattr(cause, "response", None) or {}
    return str(told.get("Error", {}).get("Code") or type(cause).__name__)


def note_failure(error: Exception, facts: Mapping[str, object]) -> None:
    """Write an unexpected failure with its traceback, once."""
    try:
        extra = {name: str(value)[:LONGEST_LOGGED] for name, value in facts.items()}
        logger.error("failure", exc_info=error, extra=extra)
    except Exception:  # noqa: BLE001 as above
        return


def cost_headers(meter: Meter, watch: Watch, *, timing: bool, cost: bool) -> dict[str, str]:
    """Return what the request took: `Server-Timing` locally, units and round trips when asked for."""
    headers: dict[str, str] = {}
    if timing:
        headers["server-timing"] = f"total;dur={watch.milliseconds:.1f}, db;desc={meter.round_trips}"
    if cost:
        headers["x-rollcall-cost"] = (
            f"round_trips={meter.round_trips}, calls={meter.calls}, rru={meter.read_units:g}, "
            f"wru={meter.write_units:g}, mails={meter.mails}"
        )
    return headers
