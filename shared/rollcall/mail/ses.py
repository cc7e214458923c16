"""The one call that sends: SES v2, the raw message, to exactly one address. Nothing here writes or retries letters."""

from email import policy
from email.message import EmailMessage
from functools import cache
from typing import Final, Protocol, cast

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

_LIMITS: Final = Config(connect_timeout=1, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 3})
# Trying again cannot help: the letter, its recipient or its sender is at fault. Everything else is worth another try,
# configuration and permission faults too: an operator mends those, and no letter should be lost meanwhile.
_REFUSALS: Final = frozenset({"MessageRejected", "MailFromDomainNotVerifiedException", "BadRequestException"})


class MailError(Exception):
    """SES did not take a letter; `code` is its error code, `reason` its sentence (which may hold an address)."""

    def __init__(self, code: str, reason: str) -> None:
        """Keep both; the text of the exception is the code alone, so that logs hold no address."""
        super().__init__(code)
        self.code = code
        self.reason = reason


class MailRefused(MailError):
    """SES will never take this letter."""


class MailUnavailable(MailError):
    """SES did not take it now: throttled, paused, not reached or misconfigured. Try again later."""


class _Client(Protocol):
    def send_email(self, **request: object) -> dict[str, str]: ...


def send(message: EmailMessage, *, to: str, sender: str, configuration_set: str | None) -> str:
    """Send a letter and return the SES message id. `to` and `sender` are the envelope; headers do not widen it.

    Raises MailRefused or MailUnavailable. After a time-out SES may have taken the letter all the same: it knows no
    idempotency, so a second copy is possible then.
    """
    request: dict[str, object] = {
        "FromEmailAddress": sender,
        "Destination": {"ToAddresses": [to]},
        "Content": {"Raw": {"Data": message.as_bytes(policy=policy.SMTP)}},
    }
    if configuration_set:
        request["ConfigurationSetName"] = configuration_set
    try:
        return _client().send_email(**request)["MessageId"]
    except ClientError as error:
        raise _told(error) from error
    except BotoCoreError as error:
        raise MailUnavailable(type(error).__name__, str(error)) from error


def _told(error: ClientError) -> MailError:
    told = error.response.get("Error", {})
    code, reason = str(told.get("Code", "Unknown")), str(told.get("Message", ""))
    return (MailRefused if code in _REFUSALS else MailUnavailable)(code, reason)


@cache
def _client() -> _Client:
    return cast("_Client", boto3.client("sesv2", config=_LIMITS))
