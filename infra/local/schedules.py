"""The template's schedules, fired in (moved) real time, and at once when the clock is moved past them."""

from __future__ import annotations

import json
import threading
import uuid
from typing import TYPE_CHECKING, Final

from infra.local import clock
from infra.local.cloudformation import ACCOUNT, REGION
from infra.local.functions import HandlerFailed
from infra.local.when import next_due

if TYPE_CHECKING:
    from infra.local.edges import Event, Json
    from infra.local.functions import Functions, Report
    from infra.local.template import Schedule, Template

_LONGEST_SLEEP: Final = 60.0


class Schedules:
    """Knows when each schedule is due. A schedule missed many times over fires once."""

    def __init__(self, template: Template, functions: Functions, report: Report) -> None:
        """Count from now; nothing fires before `start` or `fire_due`."""
        self._functions = functions
        self._report = report
        self._turn = threading.Lock()
        self._changed = threading.Event()
        self._stopped = threading.Event()
        self._due: dict[Schedule, float] = {}
        self._thread = threading.Thread(target=self._run, name="schedules", daemon=True)
        self.use(template)

    def use(self, template: Template) -> None:
        """Follow another reading of the template; schedules that did not change keep their turn."""
        now = clock.now()
        with self._turn:
            self._template = template
            self._due = {one: self._due.get(one) or next_due(one.expression, now) for one in template.schedules}
        self._changed.set()

    def start(self) -> None:
        """Fire them as they fall due, in the background."""
        self._thread.start()

    def stop(self) -> None:
        """End the background firing."""
        self._stopped.set()
        self._changed.set()
        if self._thread.is_alive():
            self._thread.join(1.0)

    def fire_due(self) -> list[str]:
        """Fire whatever is due, oldest first, in the calling thread; return the names of what was fired."""
        with self._turn:
            now = clock.now()
            due = sorted((one for one, moment in self._due.items() if moment <= now), key=lambda one: self._due[one])
            for schedule in due:
                self._fire(schedule, self._due[schedule])
                self._due[schedule] = next_due(schedule.expression, now)
        self._changed.set()
        return [schedule.name for schedule in due]

    def _fire(self, schedule: Schedule, moment: float) -> None:
        try:
            self._functions.invoke(self._template.functions[schedule.function], schedule_event(schedule, moment))
        except HandlerFailed:
            self._report(f"schedule {schedule.name} failed; its next turn comes as usual")

    def _run(self) -> None:
        while not self._stopped.is_set():
            with self._turn:
                nearest = min(self._due.values(), default=float("inf"))
            self._changed.wait(max(0.0, min(_LONGEST_SLEEP, nearest - clock.now())))
            self._changed.clear()
            if nearest <= clock.now():
                self.fire_due()


def schedule_event(schedule: Schedule, moment: float) -> Json:
    """Return what EventBridge (Scheduler, or a rule) sends: the literal Input, or its own envelope."""
    if schedule.payload is not None:
        return json.loads(schedule.payload)
    scheduler = schedule.kind == "ScheduleV2"
    resource = f"schedule/default/{schedule.name}" if scheduler else f"rule/{schedule.name}"
    service = "scheduler" if scheduler else "events"
    event: Event = {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": "Scheduled Event",
        "source": f"aws.{service}",
        "account": ACCOUNT,
        "time": clock.stamp(moment),
        "region": REGION,
        "resources": [f"arn:aws:{service}:{REGION}:{ACCOUNT}:{resource}"],
        "detail": "{}" if scheduler else {},
    }
    return event
