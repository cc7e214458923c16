"""Requests made again, replies that get lost, processes that die: one effect, one event, and no false refusal (ID)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from http.client import RemoteDisconnected
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from tests.kit import GOOD_PASSWORD
from tests.ministack.faults import ALL, NONE, TRANSACTIONS, lost_replies
from tests.ministack.network import at_once

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.kit import Answer
    from tests.ministack.network import Founding, Network

pytestmark = pytest.mark.ministack
a_thread_dies = pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")

NORA = "nora@example.com"
INVITED = {"email": NORA, "role": "admin", "products": {"only": ["trustgate"]}}


def key() -> dict[str, str]:
    return {"idempotency-key": uuid4().hex}


def invite(world: Network, headers: dict[str, str]) -> Answer:
    return world.call("POST", "/v1/invitations", INVITED, token=world.acme.owner.pat, headers=headers)


def told_apart(answers: list[Answer]) -> tuple[list[Answer], list[Answer]]:
    """Return those that did it and those that told what had been done."""
    replayed = [answer for answer in answers if answer.headers.get("idempotent-replayed") == "true"]
    return [answer for answer in answers if answer not in replayed], replayed


# ---------------------------------------------------------------- the same request again
def test_case_214_twenty_parallel_invites_with_one_key_have_one_effect_and_one_answer(world: Network) -> None:
    headers = key()
    answers = at_once(*[lambda: invite(world, headers)] * 20)
    assert {answer.status for answer in answers} == {201}
    first, replayed = told_apart(answers)
    assert (len(first), len(replayed)) == (1, 19)
    assert {answer.body for answer in replayed} == {replayed[0].body}
    assert replayed[0].json == first[0].json
    assert {answer.headers["etag"] for answer in answers} == {first[0].headers["etag"]}
    assert len(world.events("invitation.created")) == 1
    assert [mail.to for mail in world.mails(NORA)] == [NORA]


def test_case_214_parallel_accepts_with_one_key_join_once_and_never_tell_the_secret_again(world: Network) -> None:
    world.invite(NORA)
    token, headers = world.link(NORA), key()
    answers = at_once(*[lambda: world.accept(token, headers=headers)] * 12)
    joined = [answer for answer in answers if answer.status == 201]
    assert len(joined) == 1
    assert {(a.status, a.code) for a in answers if a is not joined[0]} == {(409, "already_issued")}
    secret = joined[0].json["session"]["token"].encode()
    assert not any(secret in answer.body for answer in answers if answer is not joined[0])
    again = world.accept(token, headers=headers)
    assert (again.status, again.code) == (409, "already_issued")
    assert len(world.events("invitation.accepted")) == 1
    world.check_books()


def test_case_214_parallel_accepts_with_one_key_that_make_no_session_all_get_the_member(world: Network) -> None:
    world.invite(NORA, send_password_email=False)
    token, headers = world.link(NORA), key()
    answers = at_once(*[lambda: world.accept(token, password=None, headers=headers)] * 12)
    assert {answer.status for answer in answers} == {201}
    assert len({answer.json["member"]["id"] for answer in answers}) == 1
    assert len(told_apart(answers)[0]) == 1
    assert len(world.events("invitation.accepted")) == 1


def test_cases_215_and_216_a_key_means_one_body_of_one_person(world: Network) -> None:
    headers = key()
    assert invite(world, headers).status == 201
    other = {**INVITED, "email": "otto@example.com"}
    reused = world.call("POST", "/v1/invitations", other, token=world.acme.owner.pat, headers=headers)
    assert (reused.status, reused.code) == (422, "key_reused")
    theirs = world.call("POST", "/v1/invitations", other, token=world.acme.admin.pat, headers=headers)
    assert (theirs.status, "idempotent-replayed" in theirs.headers) == (201, False)
    assert len(world.events("invitation.created")) == 2


# ---------------------------------------------------------------- the process dies, or hears nothing, after the commit
@a_thread_dies
@pytest.mark.parametrize("dies", [True, False])
def test_case_218_who_asks_again_with_the_key_is_told_what_was_committed(world: Network, dies: bool) -> None:
    headers = key()
    with lost_replies(ALL, TRANSACTIONS, dies=dies) as seen:
        if dies:
            with pytest.raises(RemoteDisconnected):
                invite(world, headers)
        else:
            unanswered = invite(world, headers)
            assert (unanswered.status, unanswered.code) == (503, "unavailable")
            assert int(unanswered.headers["retry-after"]) > 0
    assert (seen.lost == 1) is dies
    again = invite(world, headers)
    assert (again.status, again.headers["idempotent-replayed"]) == (201, "true")
    (event,) = world.events("invitation.created")
    assert event["target"]["id"] == again.json["id"]
    assert world.call("GET", f"/v1/invitations/{again.json['id']}", token=world.acme.owner.pat).status == 200
    assert len(world.mails(NORA)) == 1
    without = invite(world, {})
    assert (without.status, without.code) == (409, "already_invited")


@a_thread_dies
def test_case_218_an_accept_whose_answer_was_lost_says_so_and_the_password_works(world: Network) -> None:
    world.invite(NORA)
    token, headers = world.link(NORA), key()
    with lost_replies(ALL, TRANSACTIONS, dies=True), pytest.raises(RemoteDisconnected):
        world.accept(token, headers=headers)
    again = world.accept(token, headers=headers)
    assert (again.status, again.code) == (409, "already_issued")
    assert world.accept(token).code == "link_used"
    assert sign_in(world, NORA).status == 201
    assert len(world.events("invitation.accepted")) == 1
    world.check_books()


@pytest.mark.parametrize(("of", "path"), [({"BatchGetItem"}, "invitations"), ({"UpdateItem"}, "sessions")])
def test_case_261_a_table_that_stays_silent_is_a_503_and_nothing_changes(
    world: Network, of: set[str], path: str
) -> None:
    with world.unchanged(), lost_replies(ALL, of) as seen:
        answer = invite(world, {}) if path == "invitations" else sign_in(world, world.acme.owner.email)
        assert (answer.status, answer.code) == (503, "unavailable")
        assert int(answer.headers["retry-after"]) > 0
    assert seen.lost > 1


# ---------------------------------------------------------------- each reply lost once
def sign_in(world: Network, email: str) -> Answer:
    body = {"email": email, "password": GOOD_PASSWORD}
    return world.call("POST", f"/v1/teams/{world.acme.slug}/sessions", body)


@dataclass(frozen=True)
class Deed:
    """Something that writes: how it is made ready, done, what it answers and which one event it leaves."""

    prepare: Callable[[Network], str]
    do: Callable[[Network, str], Answer]
    status: int
    action: str
    joins: int = 0


def _nothing(_: Network) -> str:
    return ""


def _invited(world: Network) -> str:
    return str(world.invite(NORA)["id"])


def _mailed(world: Network) -> str:
    world.invite(NORA)
    return world.link(NORA)


def _joined(world: Network) -> str:
    world.join(NORA)
    return NORA


def _rename(world: Network, _: str) -> Answer:
    return world.call("PATCH", "/v1/me", {"name": "Olga Owner"}, token=world.acme.owner.pat)


DEEDS = {
    "invite": Deed(_nothing, lambda world, _: invite(world, {}), 201, "invitation.created"),
    "accept": Deed(_mailed, lambda world, token: world.accept(token), 201, "invitation.accepted", joins=1),
    "resend": Deed(_invited, lambda world, one: world.act("resend", one), 200, "invitation.resent"),
    "copy": Deed(_invited, lambda world, one: world.act("link", one), 200, "invitation.link_copied"),
    "revoke": Deed(_invited, lambda world, one: world.act("revoke", one), 204, "invitation.revoked"),
    "rename": Deed(_nothing, _rename, 200, "member.profile_edited"),
    "sign in": Deed(_joined, sign_in, 201, "session.opened"),
}


def total(world: Network) -> int:
    listed = world.walk("/v1/members?status=all&limit=200")
    assert listed.totals == {len(listed.rows)}
    return len(listed.rows)


@pytest.mark.parametrize("name", DEEDS)
def test_case_219_a_lost_reply_moves_counters_once_leaves_one_event_and_refuses_nobody(
    name: str, founded: Founding
) -> None:
    deed, number, seen = DEEDS[name], 0, None
    while seen is None or seen.lost:
        number += 1
        world = founded(3)
        ready = deed.prepare(world)
        events, before = len(world.events(deed.action)), total(world)
        with lost_replies(range(number, number + 1)) as seen:
            answer = deed.do(world, ready)
        assert answer.status == deed.status, (number, seen.sent, answer.body)
        assert len(world.events(deed.action)) == events + 1
        assert total(world) == before + deed.joins
        world.check_books()
    assert number > 1


def test_case_219_the_sdk_does_send_a_lost_transaction_again(world: Network) -> None:
    with lost_replies(NONE, TRANSACTIONS) as seen:
        assert _rename(world, "").status == 200
    assert seen.sent == ["TransactWriteItems"]
    with lost_replies(range(1, 2), TRANSACTIONS) as seen:
        assert world.call("PATCH", "/v1/me", {"name": "Oda Owner"}, token=world.acme.owner.pat).status == 200
    assert seen.sent == ["TransactWriteItems"] * 2


@pytest.mark.parametrize("number", [1, 2, 3])
def test_case_219_a_letter_goes_out_once_whichever_reply_its_sender_loses(world: Network, number: int) -> None:
    world.invite(NORA)
    (letter,) = world.items("OUT#")
    record = {"dynamodb": {"Keys": {"PK": letter["PK"], "SK": letter["SK"]}, "SequenceNumber": "1"}}
    with lost_replies(range(number, number + 1)) as seen:
        world.invoke("send_mail", {"Records": [record]})
    assert seen.lost == 1
    world.advance(300)
    world.invoke("send_mail", {})
    assert [mail.to for mail in world.mails(NORA)] == [NORA]
    assert world.accept(world.link(NORA)).status == 201
    assert json.loads(world.items("OUT#")[0]["f"]["S"]) == {}
