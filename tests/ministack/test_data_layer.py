"""The storage floor's tests again: moto knows reserved words better, MiniStack rules about sets, tokens and values."""

import pytest

from tests.storage.test_commit import *  # noqa: F403 the same tests, on a table of the other emulator
from tests.storage.test_commit import _founded  # noqa: F401 star leaves it out
from tests.storage.test_counters import *  # noqa: F403

pytestmark = pytest.mark.ministack
