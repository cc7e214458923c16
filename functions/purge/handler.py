"""The schedule that deletes what deleted teams and removed members left behind; whatever its event says is ignored."""

from datetime import timedelta

from rollcall import clock
from rollcall.http.observe import logger
from rollcall.http.schedule import Context, time_left
from rollcall.storage import due
from rollcall.storage.purge import purge, purge_member

_MOST = 2_000
_RESERVE_MILLISECONDS = 20_000
_AFTER = timedelta(minutes=15)  # longer than any function runs: nothing of the team is being written any more


def handler(event: object, context: Context | None = None) -> dict[str, int]:
    """Delete the items of teams deleted a while ago, as far as the time goes; the next run goes on."""
    purged = 0

    def finish(pk: str) -> bool:
        nonlocal purged
        done = purge(due.team_id(pk), _MOST)
        purged += done
        return done

    due.work_off("P", clock.now() - _AFTER, finish, time_left(context, _RESERVE_MILLISECONDS))
    due.work_off("G", clock.now() - _AFTER, purge_member, time_left(context, _RESERVE_MILLISECONDS))
    logger.info("purged", extra={"count": purged})
    return {"purged": purged}
