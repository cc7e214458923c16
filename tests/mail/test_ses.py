"""The SES call against moto (what arrives) and against a loopback server (what SES may answer)."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email import message_from_string, policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, cast

import boto3
import pytest
from moto import mock_aws
from moto.ses.models import RawMessage, ses_backends

from rollcall.mail import ses
from rollcall.mail.letters import PasswordChanged
from rollcall.mail.render import render
from rollcall.mail.ses import MailError, MailRefused, MailUnavailable, send

if TYPE_CHECKING:
    from botocore.client import BaseClient

SENDER = "Rollcall <no-reply@rollcall.example>"
AT = datetime(2026, 11, 3, 14, 5, tzinfo=UTC)
LETTER = render(
    PasswordChanged(team="Zoë & Co", name="Bo", at=AT),
    to="bo@example.com",
    sender=SENDER,
    message_id="x@y.example",
    at=AT,
)


@pytest.fixture(autouse=True)
def _own_client(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name, value in {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": "eu-central-1",
    }.items():
        monkeypatch.setenv(name, value)
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_REGION"):
        monkeypatch.delenv(name, raising=False)
    ses._client.cache_clear()
    yield
    ses._client.cache_clear()


def test_a_letter_arrives_whole_at_one_address() -> None:
    with mock_aws():
        boto3.client("sesv2").create_email_identity(EmailIdentity="rollcall.example")
        message_id = send(LETTER, to="bo@example.com", sender=SENDER, configuration_set=None)
        (sent,) = ses_backends["123456789012"]["eu-central-1"].sent_messages
    assert isinstance(sent, RawMessage)
    assert sent.id == message_id
    assert set(sent.destinations) == {"bo@example.com"}
    received = message_from_string(sent.raw_data, policy=policy.default)
    assert received["Subject"] == "Your password for Zoë & Co on Rollcall was changed"
    assert [part.get_content_type() for part in received.walk()] == ["multipart/alternative", "text/plain", "text/html"]


def test_an_unverified_sender_is_refused_for_good() -> None:
    with mock_aws(), pytest.raises(MailRefused) as refusal:
        send(LETTER, to="bo@example.com", sender=SENDER, configuration_set=None)
    assert refusal.value.code == "MessageRejected"


@contextmanager
def ses_that_answers(status: int, code: str) -> Iterator[tuple[str, list[dict[str, object]]]]:
    """A loopback SES that gives every request one error; yields its address and the requests it saw."""
    seen: list[dict[str, object]] = []

    class Answer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            seen.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            body = json.dumps({"message": "no to bo@example.com"}).encode()
            self.send_response(status)
            self.send_header("x-amzn-errortype", code)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", seen
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize(
    ("status", "code", "outcome", "tries"),
    [
        (400, "MessageRejected", MailRefused, 1),
        (400, "MailFromDomainNotVerifiedException", MailRefused, 1),
        (400, "BadRequestException", MailRefused, 1),
        (400, "AccountSuspendedException", MailUnavailable, 1),
        (400, "SendingPausedException", MailUnavailable, 1),
        (400, "LimitExceededException", MailUnavailable, 3),
        (404, "NotFoundException", MailUnavailable, 1),
        (403, "AccessDeniedException", MailUnavailable, 1),
        (429, "TooManyRequestsException", MailUnavailable, 3),
        (503, "ServiceUnavailable", MailUnavailable, 3),
    ],
)
def test_case_206_207_each_answer_of_ses_is_final_or_worth_another_try(
    monkeypatch: pytest.MonkeyPatch, status: int, code: str, outcome: type[MailError], tries: int
) -> None:
    with ses_that_answers(status, code) as (address, seen):
        monkeypatch.setenv("AWS_ENDPOINT_URL_SESV2", address)
        with pytest.raises(outcome) as failure:
            send(LETTER, to="bo@example.com", sender=SENDER, configuration_set="letters")
        cast("BaseClient", ses._client()).close()
    assert failure.value.code == code
    assert str(failure.value) == code
    assert len(seen) == tries
    assert seen[0]["Destination"] == {"ToAddresses": ["bo@example.com"]}
    assert seen[0]["ConfigurationSetName"] == "letters"


def test_ses_out_of_reach_is_worth_another_try(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_SESV2", "http://127.0.0.1:1")
    with pytest.raises(MailUnavailable) as failure:
        send(LETTER, to="bo@example.com", sender=SENDER, configuration_set=None)
    assert failure.value.code == "EndpointConnectionError"
