"""Invitations are no way to fill strangers' mailboxes: a budget for each inviter, a day's share for each address."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from rollcall import clock
from rollcall.actions import quotas
from rollcall.actions.quotas import INVITATIONS_AN_HOUR, LETTERS_A_DAY
from rollcall.storage import marks
from rollcall.storage.reads import read
from tests import seam
from tests.operations import ask

if TYPE_CHECKING:
    from tests.kit import Answer, Person, World

NORA = "nora@example.com"
NOON = datetime.now(UTC).replace(hour=12, minute=30, second=0, microsecond=0) + timedelta(days=1)


@pytest.fixture(autouse=True)
def _noon(world: World) -> None:
    """Begin in the middle of an hour and of a day, so that no test runs into the next one."""
    world.at(NOON)


def invite(world: World, email: str, by: Person | None = None, **headers: str) -> Answer:
    return ask(world, "POST", "/v1/invitations", {"email": email}, (by or world.acme.admin).pat, **headers)


def bulk(world: World, *emails: str, by: Person | None = None) -> Answer:
    return ask(world, "POST", "/v1/invitations/bulk", {"emails": emails}, (by or world.acme.admin).pat)


def spend(person: Person, count: int) -> None:
    """Let so much of the hour's budget be used up."""
    now = clock.now()
    assert marks.spend(quotas.invitations(person.id, now), INVITATIONS_AN_HOUR, now, tries=count)


def spent(person: Person) -> int:
    key = quotas.invitations(person.id, clock.now())
    return read([key]).mark(key)


def addresses(count: int, prefix: str = "guest") -> list[str]:
    return [f"{prefix}{n}@example.com" for n in range(count)]


# ---------------------------------------------------------------- the inviter's hour


def test_case_104_whose_hour_is_used_up_waits_for_the_next_and_nobody_else_does(world: World) -> None:
    spend(world.acme.admin, INVITATIONS_AN_HOUR - 1)
    assert invite(world, NORA).status == 201
    with world.unchanged():
        refused, together = invite(world, "b@example.com"), bulk(world, "b@example.com")
    for answer in (refused, together):
        assert (answer.status, answer.code) == (429, "too_many_requests")
    wait = int(refused.headers["retry-after"])
    assert 0 < wait <= 30 * 60
    assert invite(world, "c@example.com", world.acme.owner).status == 201
    assert invite(world, "c@example.com", world.globex.admin).status == 201
    world.advance(wait)
    assert invite(world, "b@example.com").status == 201


def test_case_104_a_bulk_is_counted_by_its_addresses_and_taken_whole_or_not_at_all(world: World) -> None:
    assert bulk(world, *addresses(3)).status == 200
    assert spent(world.acme.admin) == 3
    spend(world.acme.admin, INVITATIONS_AN_HOUR - 5)
    with world.unchanged():
        assert bulk(world, *addresses(3, "more")).status == 429
    assert bulk(world, *addresses(2, "more")).status == 200
    assert spent(world.acme.admin) == INVITATIONS_AN_HOUR


def test_case_104_what_creates_nothing_is_not_counted(world: World) -> None:
    first = invite(world, NORA, Idempotency_Key="once")
    assert invite(world, NORA, Idempotency_Key="once").json == first.json
    assert invite(world, NORA).status == 409
    assert invite(world, "no address").status == 400
    people = (NORA, "no address", world.acme.owner.email, "new@example.com", "new@example.com")
    assert bulk(world, *people).status == 200
    assert spent(world.acme.admin) == 2


def test_case_104_who_has_used_up_the_hour_is_still_told_what_was_done(world: World) -> None:
    """A replay and a refusal of another kind come before the budget."""
    first = invite(world, NORA, Idempotency_Key="once")
    spend(world.acme.admin, INVITATIONS_AN_HOUR - 1)
    assert invite(world, NORA, Idempotency_Key="once").json == first.json
    assert invite(world, NORA).code == "already_invited"
    assert ask(world, "POST", f"/v1/invitations/{first.json['id']}/revoke", None, world.acme.admin.pat).status == 204


def test_case_104_an_expired_invitation_sent_anew_is_counted(world: World) -> None:
    assert bulk(world, NORA).status == 200
    world.advance(8 * 24 * 3600)
    assert bulk(world, NORA).json["data"][0]["outcome"] == "created"
    assert spent(world.acme.admin) == 1


def test_case_104_bulks_at_once_take_no_more_than_there_is(world: World) -> None:
    spend(world.acme.admin, INVITATIONS_AN_HOUR - 10)
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda n: bulk(world, *addresses(3, f"guest{n}-")), range(6)))
    assert sorted(answer.status for answer in answers) == [200] * 3 + [429] * 3
    assert len(world.events("invitation.created")) == 9


# ---------------------------------------------------------------- the recipient's day


def deliveries(world: World, invitation: str, by: Person | None = None) -> str:
    world.mails()
    return str(ask(world, "GET", f"/v1/invitations/{invitation}", None, (by or world.acme.admin).pat).json["delivery"])


def resend_all_day(world: World, invitation: str) -> None:
    """Use up the address's share: the first letter was the invitation's own."""
    world.mails()
    for _ in range(LETTERS_A_DAY - 1):
        world.advance(61)
        assert world.act("resend", invitation).status == 200
        world.mails()


def test_case_104_an_address_gets_its_share_of_invitations_a_day_from_all_teams_together(world: World) -> None:
    one = world.invite(NORA)["id"]
    assert deliveries(world, one) == "sent"
    resend_all_day(world, one)
    assert len(world.mails(NORA)) == LETTERS_A_DAY
    world.advance(61)
    again = world.act("resend", one)
    assert again.status == 200
    other = world.invite(NORA, world.globex.owner)["id"]
    assert deliveries(world, one) == deliveries(world, other, world.globex.owner) == "not_delivered"
    assert len(world.mails(NORA)) == LETTERS_A_DAY
    assert deliveries(world, world.invite("nobody-else@example.com")["id"]) == "sent"
    assert world.accept(world.copied(one)).status == 201


def test_case_104_on_the_next_day_letters_go_out_again_but_not_those_that_were_held(world: World) -> None:
    one = world.invite(NORA)["id"]
    resend_all_day(world, one)
    world.advance(61)
    world.act("resend", one)
    assert deliveries(world, one) == "not_delivered"
    world.advance(24 * 3600)
    world.invoke("send_mail")
    assert len(world.mails(NORA)) == LETTERS_A_DAY
    world.act("resend", one)
    assert deliveries(world, one) == "sent"
    assert len(world.mails(NORA)) == LETTERS_A_DAY + 1


def test_case_104_a_letter_that_could_not_go_out_is_not_counted(world: World) -> None:
    with seam.seam(lambda _, name: "TooManyRequestsException" if name == "SendEmail" else None):
        world.invite(NORA)
        assert world.mails(NORA) == []
    key = quotas.letter(NORA, clock.now())
    assert read([key]).mark(key) == 0
