"""What an operator finds in the log when something that the service needs refuses it: the cause, and nothing else."""

from __future__ import annotations

import io
import json
import logging
from typing import TYPE_CHECKING, Any

import pytest

from rollcall.http.observe import logger
from tests import seam

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.kit import World

NORA = "nora@example.com"


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Collect what the functions log, as it would be written."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logger.registered_formatter)
    written = logging.getLogger("rollcall")
    written.addHandler(handler)
    yield stream
    written.removeHandler(handler)


def told(log: io.StringIO, message: str) -> list[Any]:
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    return [line for line in lines if line["message"] == message]


@pytest.mark.parametrize(("fault", "cause"), [
    ("AccessDeniedException", "AccessDeniedException"),
    ("ThrottlingException", "ThrottlingException"),
    (seam.BEFORE, "ConnectTimeoutError"),
])  # fmt: skip
def test_a_503_logs_what_the_table_answered_and_tells_the_caller_nothing_of_it(
    world: World, log: io.StringIO, fault: str, cause: str
) -> None:
    with world.unchanged(), seam.seam(seam.after(0, fault)):
        answer = world.call("GET", "/v1/me", token=world.acme.owner.pat)
    assert (answer.status, answer.code) == (503, "unavailable")
    (line,) = told(log, "request")
    assert (line["code"], line["cause"]) == ("unavailable", cause)
    assert cause not in answer.body.decode()


def test_a_refusal_of_our_own_has_no_cause_in_the_log(world: World, log: io.StringIO) -> None:
    assert world.call("GET", "/v1/me", token="rc_pat_x").status == 401
    (line,) = told(log, "request")
    assert "cause" not in line


def test_a_letter_that_ses_refuses_for_now_says_why_in_the_log_and_goes_out_later(
    world: World, log: io.StringIO
) -> None:
    world.invite(NORA)
    with seam.seam(seam.first(1, "SendEmail", "AccessDeniedException")):
        assert len(world.mails(NORA)) == 1
    late, sent = told(log, "letter")
    assert (late["level"], late["became"], late["code"]) == ("WARNING", "later", "AccessDeniedException")
    assert (sent["letter"], sent["became"]) == (late["letter"], "sent")
    assert NORA not in log.getvalue()
