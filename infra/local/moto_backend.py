"""moto inside this process, made safe for threads and quick at transactions. Needs the dev environment only."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

from moto import mock_aws
from moto.core.models import DEFAULT_ACCOUNT_ID, botocore_stubber
from moto.dynamodb.models import dynamodb_backends
from moto.ses.models import RawMessage, ses_backends

from infra.local import clock, moto_quick
from infra.local.aws import TABLE_NAME, Letter
from infra.local.cloudformation import REGION

if TYPE_CHECKING:
    from collections.abc import Sequence

    from botocore.awsrequest import AWSPreparedRequest
    from moto.core.common_types import TYPE_RESPONSE


LOCK: Final = threading.RLock()
"""Held around each request that moto answers: unlocked, threads lose updates and tear transactions."""

_answer = botocore_stubber.process_request


def _answer_alone(request: AWSPreparedRequest) -> TYPE_RESPONSE | None:
    with LOCK:
        return _answer(request)


class _Inbox(list[object]):
    """SES's list of sent messages, with the moment each was taken."""

    def __init__(self) -> None:
        super().__init__()
        self.moments: list[float] = []

    def append(self, message: object) -> None:
        self.moments.append(clock.now())
        super().append(message)

    def clear(self) -> None:
        self.moments.clear()
        super().clear()


class MotoBackend:
    """The default backend: no process, no port; everything is gone when it stops."""

    def __init__(self) -> None:
        """Start moto for the whole process."""
        botocore_stubber.process_request = _answer_alone  # type: ignore[method-assign]
        moto_quick.install()
        self._mock = mock_aws()
        self._mock.start()
        self._inbox = _Inbox()
        ses_backends[DEFAULT_ACCOUNT_ID][REGION].sent_messages = self._inbox

    def letters(self) -> Sequence[Letter]:
        """Return every raw message that SES took, oldest first."""
        with LOCK:
            taken = list(zip(self._inbox, self._inbox.moments, strict=True))
        return [
            Letter(message.id, message.raw_data.encode(), moment)
            for message, moment in taken
            if isinstance(message, RawMessage)
        ]

    def trim(self, sequence_number: str) -> None:
        """Forget delivered stream records, which every later transaction would copy."""
        with LOCK:
            shard = dynamodb_backends[DEFAULT_ACCOUNT_ID][REGION].tables[TABLE_NAME].stream_shard
            if shard:
                done = int(sequence_number) + 1 - shard.starting_sequence_number
                del shard.items[:done]
                shard.starting_sequence_number += done

    def stop(self) -> None:
        """End the mock and drop its data."""
        with LOCK:
            self._mock.stop()
