"""What identity providers publish, kept in memory: asked for again after an hour, and never lost to a bad answer."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Generic, TypeVar

from rollcall.domain.errors import ProviderUnavailable

KEPT_FOR = timedelta(hours=1)
COOLDOWN = timedelta(seconds=30)
MOST = 64
_NEVER = datetime.fromtimestamp(0, UTC)
T = TypeVar("T")


@dataclass(slots=True)
class _Slot(Generic[T]):
    """One thing that is kept, with when it was got and last asked for; who asks for it holds the lock."""

    lock: Lock = field(default_factory=Lock)
    value: T | None = None
    got: datetime = _NEVER
    asked: datetime = _NEVER

    def due(self, now: datetime, *, again: bool) -> bool:
        """Tell whether to ask: nothing is held, or what is held is old or not enough and 30 s have passed.

        Distances count, not directions: the local stack's clock can be set back.
        """
        if self.value is None:
            return True
        return abs(now - self.asked) >= COOLDOWN and (again or abs(now - self.got) >= KEPT_FOR)


class Remembered(Generic[T]):
    """At most 64 things by their keys, for all threads of the process; the least used one makes room."""

    def __init__(self) -> None:
        self._slots: OrderedDict[str, _Slot[T]] = OrderedDict()
        self._lock = Lock()

    def get(self, key: str, now: datetime, load: Callable[[], T], *, again: bool = False) -> T:
        """Return what is held, loaded first where it is due: at most once per 30 s while something is held (case 40).

        `again` says that what is held was not enough. A failed load loses nothing (case 41); where nothing is held it
        raises ProviderUnavailable.
        """
        slot = self._slot(key)
        with slot.lock:
            if slot.value is None or slot.due(now, again=again):
                slot.asked = now
                try:
                    slot.value, slot.got = load(), now
                except ProviderUnavailable:
                    if slot.value is None:
                        raise
            return slot.value

    def _slot(self, key: str) -> _Slot[T]:
        with self._lock:
            slot = self._slots.setdefault(key, _Slot())
            self._slots.move_to_end(key)
            if len(self._slots) > MOST:
                self._slots.popitem(last=False)
            return slot
