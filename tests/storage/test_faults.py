"""The table in trouble: conflicts are retried, lost replies do no harm, and what cannot be written is a 503."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rollcall.domain.changes import Change
from rollcall.domain.errors import AlreadyInvited, LastOwner, Stale, Unavailable
from rollcall.domain.permissions import Role
from rollcall.storage import keys
from rollcall.storage.commit import CONFLICT_RETRIES
from rollcall.storage.members import MemberQuery, page
from rollcall.storage.reads import UNPROCESSED_TRIES, read
from rollcall.storage.table import ATTEMPTS, connection, table_name
from tests import seam
from tests.values import (
    a_member,
    a_stored_team,
    a_team,
    added,
    an_invitation,
    an_owner,
    frozen,
    holder_of,
    inviting,
    stored_member,
    updated,
    with_role,
    write,
)

if TYPE_CHECKING:
    from tests.kit import World

TEAM = a_team()
OWNER = an_owner(TEAM)
REFUSALS = (
    "ProvisionedThroughputExceededException",
    "ThrottlingException",
    "RequestLimitExceeded",
    "InternalServerError",
    "AccessDeniedException",
    "ResourceNotFoundException",
    "ExpiredTokenException",
    "UnrecognizedClientException",
)


@pytest.fixture(autouse=True)
def _founded(table: World) -> None:
    del table
    a_stored_team(team=TEAM, owner=OWNER)


@pytest.mark.parametrize("times", range(1, CONFLICT_RETRIES + 1))
def test_case_252_a_conflict_with_another_transaction_is_tried_again_to_the_same_outcome(times: int) -> None:
    member = a_member(TEAM)
    with seam.seam(seam.first(times, "TransactWriteItems", "TransactionConflict")) as seen:
        write(added(member))
    assert seen.calls == ["TransactWriteItems"] * (times + 1)
    assert stored_member(member) == member
    assert page(TEAM.id, MemberQuery(), 1).total == 2


def test_case_252_after_the_third_retry_it_is_a_503_and_nothing_is_written(table: World) -> None:
    before = frozen(table)
    with seam.seam(lambda _n, _name: "TransactionConflict") as seen, pytest.raises(Unavailable):
        write(added(a_member(TEAM)))
    assert len(seen.calls) == CONFLICT_RETRIES + 1
    assert frozen(table) == before


def test_a_refusal_behind_a_conflict_is_the_refusal() -> None:
    with seam.seam(seam.first(1, "TransactWriteItems", "TransactionConflict")), pytest.raises(LastOwner):
        write(updated(OWNER, with_role(OWNER, Role.ADMIN)))


def test_each_try_behind_a_conflict_is_a_transaction_of_its_own_or_the_very_same() -> None:
    """DynamoDB refuses a token that comes with another content; what differs is the counters' stripe."""
    with seam.seam(seam.first(3, "TransactWriteItems", "TransactionConflict")) as seen:
        write(added(a_member(TEAM)))
    tokens = [body["ClientRequestToken"] for body in seen.transactions]
    assert len(tokens) == 4
    for token in set(tokens):
        assert 1 <= len(token) <= 36
        same = [body for body in seen.transactions if body["ClientRequestToken"] == token]
        assert all(body == same[0] for body in same)


def test_two_changes_never_share_a_transaction() -> None:
    with seam.seam() as seen:
        write(added(a_member(TEAM)))
        write(added(a_member(TEAM)))
    assert len({body["ClientRequestToken"] for body in seen.transactions}) == 2


@pytest.mark.parametrize("times", [1, ATTEMPTS - 1])
def test_case_219_a_lost_reply_is_asked_for_again_and_counts_once(table: World, times: int) -> None:
    """The change is committed, nobody is told; the SDK sends the same transaction again."""
    member = a_member(TEAM)
    with seam.seam(seam.first(times, "TransactWriteItems", seam.AFTER)) as seen:
        write(added(member))
    assert len(seen.calls) == times + 1
    assert len({body["ClientRequestToken"] for body in seen.transactions}) == 1
    assert stored_member(member) == member
    (header,) = [item for item in table.items(keys.header(TEAM.id, 0, 0).pk) if item["SK"]["S"] != "OPEN"]
    assert header["n"] == {"N": "2"}


def test_case_249_when_every_reply_is_lost_it_is_a_503_for_a_change_that_was_made() -> None:
    member = a_member(TEAM)
    with seam.seam(lambda _n, _name: seam.AFTER), pytest.raises(Unavailable):
        write(added(member))
    assert stored_member(member) == member


def test_case_220_a_transaction_replayed_after_its_token_is_forgotten_has_no_second_effect(table: World) -> None:
    """The token is a ten-minute net; the state's own conditions refuse the second effect."""
    invitation = an_invitation(TEAM, OWNER)
    change = inviting(invitation, OWNER)
    write(change)
    before = frozen(table)
    with pytest.raises(Stale):
        write(change)
    with pytest.raises(AlreadyInvited):
        write(inviting(an_invitation(TEAM, OWNER, email_key=invitation.email_key), OWNER))
    assert frozen(table) == before
    assert holder_of(TEAM, invitation.email_key) == invitation.id


@pytest.mark.parametrize("code", REFUSALS)
def test_case_248_whatever_the_table_refuses_with_is_a_503_for_writes(table: World, code: str) -> None:
    before = frozen(table)
    with seam.seam(lambda _n, _name: code), pytest.raises(Unavailable):
        write(added(a_member(TEAM)))
    assert frozen(table) == before


@pytest.mark.parametrize("code", [*REFUSALS, seam.BEFORE, seam.AFTER])
def test_case_248_whatever_the_table_refuses_with_is_a_503_for_reads(code: str) -> None:
    with seam.seam(lambda _n, _name: code), pytest.raises(Unavailable):
        read([keys.team(TEAM.id)])
    with seam.seam(lambda _n, _name: code), pytest.raises(Unavailable):
        page(TEAM.id, MemberQuery(), 1)


@pytest.mark.parametrize("code", ["InternalServerError", "ProvisionedThroughputExceededException", seam.BEFORE])
def test_case_251_a_call_is_tried_three_times_and_no_more(code: str) -> None:
    with seam.seam(lambda _n, _name: code) as seen, pytest.raises(Unavailable):
        read([keys.team(TEAM.id)])
    assert len(seen.calls) == ATTEMPTS
    with seam.seam(seam.first(ATTEMPTS - 1, "BatchGetItem", code)):
        assert read([keys.team(TEAM.id)]).team(TEAM.id) == TEAM


def test_a_fault_of_our_own_is_not_taken_for_an_outage() -> None:
    """What DynamoDB calls invalid would be invalid at the next try as well: it must be seen, as a failure."""
    with seam.seam(lambda _n, _name: "ValidationException"), pytest.raises(Exception, match="transaction") as failed:
        write(added(a_member(TEAM)))
    assert not isinstance(failed.value, Unavailable)


def test_keys_that_the_table_leaves_unprocessed_are_asked_for_again() -> None:
    key = keys.team(TEAM.id)
    left = {"UnprocessedKeys": {table_name(): {"Keys": [{"PK": {"S": key.pk}, "SK": {"S": key.sk}}]}}, "Responses": {}}
    with seam.seam(seam.first(UNPROCESSED_TRIES - 1, "BatchGetItem", left)) as seen:
        assert read([key]).team(TEAM.id) == TEAM
    assert len(seen.calls) == UNPROCESSED_TRIES
    with seam.seam(lambda _n, _name: left) as seen, pytest.raises(Unavailable):
        read([key])
    assert len(seen.calls) == UNPROCESSED_TRIES


def test_each_key_is_asked_for_once_and_a_hundred_in_one_call() -> None:
    wanted = [keys.team(TEAM.id), *(keys.member(TEAM.id, a_member(TEAM).id) for _ in range(150))]
    with seam.seam() as seen:
        found = read([*wanted, *wanted])
    assert seen.calls == ["BatchGetItem", "BatchGetItem"]
    assert found.team(TEAM.id) == TEAM


def test_nothing_is_sent_for_a_change_that_writes_nothing() -> None:
    with seam.seam() as seen:
        write(Change())
    assert seen.calls == []


def test_every_reading_that_decides_is_consistent() -> None:
    """I32: eventually consistent reads are for lists alone."""
    asked: list[object] = []

    def watch(params: dict[str, object], **_: object) -> None:
        asked.append(params["body"])

    events = connection().client.meta.events
    events.register("before-call.dynamodb.BatchGetItem", watch)
    try:
        read([keys.team(TEAM.id)])
    finally:
        events.unregister("before-call.dynamodb.BatchGetItem", watch)
    assert len(asked) == 1
    assert b'"ConsistentRead": true' in bytes(asked[0])  # type: ignore[call-overload]
