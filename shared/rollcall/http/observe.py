"""One log line and one metric a request: route, status, time, who (by id), error code. Never a body, path or token."""

import time
from collections.abc import Mapping

from aws_lambda_powertools.logging import Logger
from aws_lambda_powertools.metrics import MetricUnit, single_metric

from rollcall.domain.errors import RollcallError, Unavailable
from rollcall.http.request import LONGEST_LOGGED
from rollcall.storage.table import Meter

NAMESPACE = "Rollcall"

logger = Logger(service="rollcall", log_uncaught_exceptions=False)


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
