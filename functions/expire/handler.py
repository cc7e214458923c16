"""The schedule that marks invitations past their deadline, tells of tokens that end soon and checks domains anew.

Whatever its event says is ignored (case 280).
"""

from rollcall import clock
from rollcall.actions.expire import expire
from rollcall.actions.recheck import recheck
from rollcall.actions.remind import remind
from rollcall.auth import dns
from rollcall.http.observe import logger
from rollcall.http.schedule import Context, system_call, time_left

_MOST = 5_000
_RESERVE_MILLISECONDS = 10_000


def handler(event: object, context: Context | None = None) -> dict[str, int]:
    """Expire what is due, as far as the time goes; the next run finds the rest."""
    now = clock.now()
    bounds = (lambda: system_call(now), now, time_left(context, _RESERVE_MILLISECONDS), _MOST)
    done = {"expired": expire(*bounds), "reminded": remind(*bounds), "checked": recheck(*bounds, dns.texts)}
    logger.info("expired", extra={"count": done["expired"], **done})
    return done
