"""What functions without a caller need: schedules and stream consumers."""

import os
import secrets
from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from rollcall.actions.call import Call
from rollcall.actions.send_letter import Post
from rollcall.auth import keyring
from rollcall.domain import ids
from rollcall.storage.reads import Found


class Context(Protocol):
    """The part of Lambda's context that bounded work looks at."""

    def get_remaining_time_in_millis(self) -> int:
        """Return the milliseconds until the function is stopped."""


def system_call(now: datetime) -> Call:
    """Return a call without a caller, for work that the service does by itself."""
    return Call(
        now=now,
        found=Found({}),
        new_id=lambda prefix: ids.make(prefix, now, secrets.token_bytes(10)),
        random_bytes=secrets.token_bytes,
    )


def time_left(context: Context | None, reserve_milliseconds: int) -> Callable[[], bool]:
    """Return what tells whether there is more time than the reserve, in milliseconds."""
    if context is None:
        return lambda: True
    return lambda: context.get_remaining_time_in_millis() > reserve_milliseconds


def post() -> Post:
    """Return what the mail sender needs from its environment."""
    return Post(
        base_url=os.environ["PUBLIC_BASE_URL"],
        sender=os.environ["MAIL_FROM"],
        link_key=keyring.link_keys()[0],
        configuration_set=os.environ.get("CONFIGURATION_SET") or None,
    )
