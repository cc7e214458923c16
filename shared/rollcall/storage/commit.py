"""One Change becomes one transaction; the only module that writes what decides membership.

It sends what `plan` derived, retries conflicts, and turns the reasons of a cancellation into domain errors.
"""

import random
import time
from collections.abc import Iterable
from contextlib import suppress
from typing import TYPE_CHECKING
from uuid import uuid4

from pynamodb.constants import ALL_OLD
from pynamodb.exceptions import TransactWriteError
from pynamodb.transactions import TransactWrite

from rollcall.domain.changes import Change
from rollcall.domain.errors import Stale, Unavailable
from rollcall.domain.events import Event
from rollcall.storage import keys
from rollcall.storage.items import OpenBlocksItem
from rollcall.storage.plan import plan
from rollcall.storage.reads import read
from rollcall.storage.table import Item, connection, count_mails, failure_code
from rollcall.storage.tallies import BlockFull
from rollcall.storage.transaction import Transaction, stale

if TYPE_CHECKING:
    from pynamodb.expressions.update import Action

__all__ = ["BlockFull", "commit", "open_next_block"]

CONFLICT_RETRIES = 3
PATIENT_RETRIES = 9  # where many write one item on purpose: the members of a group
LONGEST_WAIT_SECONDS = 0.6
WORTH_ANOTHER_TRY = {"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}


def commit(change: Change, events: Iterable[Event] = (), record: Item | None = None) -> None:
    """Write the change, its events, its letters and the `record` together, or nothing.

    The record is the idempotency record, or any other item that must be new. Conflicts with other transactions are
    retried with jitter, up to three times (nine where they are to be expected), then 503. `Stale` says that the
    decision must be made again on a new reading; `LastOwner`, `AlreadyInvited`, `MemberExists`, `GroupExists` and
    `SlugTaken` are final. A lost reply does no harm: the client token makes a resent transaction the same one.
    """
    stripe, token, kept = 0, uuid4().hex, list(events)
    for attempt in range(PATIENT_RETRIES + 1):
        transaction = plan(change, kept, record, stripe, f"{token[:32]}-{stripe}")
        try:
            _write(transaction)
        except TransactWriteError as error:
            _raise_what_failed(transaction, error)
        else:
            count_mails(len(change.letters))
            return
        if attempt == (PATIENT_RETRIES if transaction.shared else CONFLICT_RETRIES):
            break
        time.sleep(random.uniform(0.5, 1.5) * min(0.02 * 2**attempt, LONGEST_WAIT_SECONDS))  # noqa: S311 no secret
        stripe = random.randrange(keys.STRIPES)  # noqa: S311 another stripe of counters meets fewer others
    raise Unavailable


def _write(transaction: Transaction) -> None:
    """Send it, or do nothing where there is nothing to write."""
    if not (transaction.checks or transaction.deletes or transaction.puts or transaction.updates):
        return
    with TransactWrite(connection=connection(), client_request_token=transaction.token) as sent:
        for item, condition, _ in transaction.checks:
            sent.condition_check(type(item), item.PK, item.SK, condition)
        for item, maybe, _ in transaction.deletes:
            sent.delete(item, maybe)
        for item, maybe, _ in transaction.puts:
            sent.save(item, maybe, return_values=ALL_OLD)
        for item, actions, maybe, _ in transaction.updates:
            sent.update(item, actions, maybe)


def _raise_what_failed(transaction: Transaction, error: TransactWriteError) -> None:
    """Raise what the cancellation means; return when it only met another transaction, which is worth a new try."""
    reasons = list(error.cancellation_reasons)
    failed = [
        why(reason)
        for reason, why in zip(reasons, transaction.reasons, strict=False)
        if reason is not None and reason.code == "ConditionalCheckFailed"
    ]
    if failed:
        failed.sort(key=lambda failure: not isinstance(failure, Stale))
        raise failed[0] from error
    if failure_code(error) == "ValidationException" or any(r and r.code == "ValidationError" for r in reasons):
        raise error
    if not any(reason is not None and reason.code in WORTH_ANOTHER_TRY for reason in reasons):
        raise Unavailable from error


def open_next_block(team_id: str, full: int) -> None:
    """Put the next block in the place of a full one, before the join is tried again; coming second is no fault."""
    blocks = read([keys.open_blocks(team_id)]).open_blocks(team_id)
    if full not in blocks:
        return
    following = max(blocks) + 1
    others = [block for block in blocks if block != full]
    actions: list[Action] = [
        OpenBlocksItem.blocks.set([*others, following]),
        OpenBlocksItem.following.set(following + 1),
    ]
    transaction = Transaction(0, uuid4().hex)
    item = OpenBlocksItem(*keys.open_blocks(team_id))
    transaction.updates.append((item, actions, OpenBlocksItem.blocks == blocks, stale))
    with suppress(TransactWriteError):
        _write(transaction)
