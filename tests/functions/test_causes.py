"""What an operator finds in the log when something that the service needs refuses it: the cause, and nothing else."""

from __future__ import annotations

import io
import json
import logging
from typing import TYPE_CHECKING, Any

import pytest

from rollcall.domain.members import Status
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


# ---------------------------------------------------------------- signing in
def test_case_295_each_sign_in_is_told_to_the_log_with_its_reason_and_to_the_caller_without(
    world: World, log: io.StringIO
) -> None:
    person, admin = world.acme.member, world.acme.admin
    world.rewrite(world.member(admin.id), status=Status.DEACTIVATED)
    world.rewrite(world.team(world.globex), sso_enforced=True)
    tries = [
        ("no-such-team", person.email, person.password, "unknown_team"),
        ("acme", NORA, person.password, "unknown_address"),
        ("acme", person.email, "not the password", "wrong_password"),
        ("acme", admin.email, admin.password, "deactivated"),
        ("acme", "person1@acme.example.com", person.password, "no_password"),
        ("globex", world.globex.member.email, world.globex.member.password, "passwords_off"),
        ("acme", person.email, person.password, "signed_in"),
    ]
    answers = [
        world.call("POST", f"/v1/teams/{slug}/sessions", {"email": email, "password": password})
        for slug, email, password, _ in tries
    ]
    lines = told(log, "request")
    assert [line["reason"] for line in lines] == [reason for *_, reason in tries]
    assert [line.get("actor") for line in lines] == [None] * 6 + [person.id]
    assert (lines[2]["about"], lines[2]["team"]) == (person.id, world.acme.id)
    assert lines[0]["about"] != lines[1]["about"]
    for (_, email, password, reason), answer in zip(tries, answers, strict=True):
        assert reason not in answer.body.decode()
        assert email not in log.getvalue()
        assert password not in log.getvalue()


def test_case_295_a_throttled_sign_in_is_told_with_the_budget_that_is_empty(world: World, log: io.StringIO) -> None:
    body = {"email": NORA, "password": "not the password"}
    for _ in range(11):
        world.call("POST", "/v1/teams/acme/sessions", body)
    line = told(log, "request")[-1]
    assert (line["code"], line["reason"], line["budget"]) == ("too_many_requests", "throttled", "member")
