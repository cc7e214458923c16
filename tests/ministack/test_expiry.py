"""The schedule that marks expired invitations, against itself and against people at the same instant (EX)."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

import pytest

from tests.ministack.faults import lost_replies
from tests.ministack.network import at_once, rounds

if TYPE_CHECKING:
    from infra.local.edges import Json
    from tests.kit import Answer
    from tests.ministack.network import Network, Stored

pytestmark = pytest.mark.ministack

DAY = 86_400


@pytest.fixture(autouse=True)
def _alone(table: Stored) -> None:
    """Nobody else's invitations are due."""


def stale(world: Network, number: int) -> list[Json]:
    """Invite people and let their deadlines pass."""
    invitations = [world.invite(f"nora{one}@example.com", send_password_email=False) for one in range(number)]
    world.advance(8 * DAY)
    return invitations


def told_of(world: Network, invitation: Json) -> list[str]:
    """Return the actions that the audit tells of an invitation, as they built on each other."""
    events = [event for event in world.events() if event["target"]["id"] == invitation["id"]]
    ordered = [event for event in events if event["before"] is None]
    while len(ordered) < len(events):
        ordered += [event for event in events if event["before"] == ordered[-1]["after"] and event not in ordered]
    return [event["action"].removeprefix("invitation.") for event in ordered]


def state(world: Network, invitation: Json) -> str:
    answer = world.call("GET", f"/v1/invitations/{invitation['id']}", token=world.acme.owner.pat)
    assert answer.status == 200
    return str(answer.json["state"])


def test_case_270_three_sweeps_at_once_expire_each_invitation_once_with_one_event(world: Network) -> None:
    invitations = stale(world, 45)
    letters = len(world.mails())
    at_once(*[partial(world.invoke, "expire")] * 3)
    expired = [event["target"]["id"] for event in world.events("invitation.expired")]
    assert sorted(expired) == sorted(invitation["id"] for invitation in invitations)
    assert {item["s"]["S"] for item in world.items("I#")} == {"expired"}
    assert len(world.mails()) == letters
    with world.unchanged():
        world.invoke("expire")


def test_case_273_a_resent_invitation_is_never_expired_by_what_a_sweep_read_before(world: Network) -> None:
    for _ in rounds(3):
        invitations = stale(world, 6)
        resend = [partial(world.act, "resend", invitation["id"]) for invitation in invitations]
        _, _, *answers = at_once(partial(sweep, world), partial(sweep, world), *resend)
        assert [answer.status for answer in answers if answer] == [200] * 6
        sweep(world)
        for invitation in invitations:
            assert told_of(world, invitation) in (["created", "resent"], ["created", "expired", "resent"])
            assert state(world, invitation) == "pending"
            token = world.copied(invitation["id"])
            assert world.act("revoke", invitation["id"]).status == 204
            assert world.accept(token, password=None).code == "link_revoked"


def sweep(world: Network) -> Answer | None:
    world.invoke("expire")
    return None


def test_cases_228_and_274_an_accept_at_the_instant_of_expiry_joins_or_finds_a_dead_link(world: Network) -> None:
    joined = 0
    for number in rounds(6):
        email = f"otto{number}@example.com"
        invitation = world.invite(email, send_password_email=False)
        token = world.copied(invitation["id"])
        deadline = world.call("GET", f"/v1/invitations/{invitation['id']}", token=world.acme.owner.pat).json
        instant = datetime.fromisoformat(deadline["expires_at"])
        world.at(instant - timedelta(milliseconds=6 * (number % 6)))
        accept = partial(world.accept, token, password=None)
        *accepted, _, _ = at_once(accept, accept, partial(sweep, world), partial(sweep, world))
        statuses = sorted(answer.status for answer in accepted if answer)
        assert statuses in ([201, 410], [410, 410])
        world.at(instant + timedelta(seconds=1))
        sweep(world)
        story = ["created", "link_copied"] if statuses[0] == 201 else ["created", "link_copied", "expired"]
        assert told_of(world, invitation) == story
        assert state(world, invitation) == ("accepted" if statuses[0] == 201 else "expired")
        joined += statuses[0] == 201
    assert len(world.events("invitation.accepted")) == joined
    assert len(world.members()) == 3 + joined
    world.check_books()


def test_case_222_a_sweep_that_loses_its_reply_expires_each_once(world: Network) -> None:
    invitations = stale(world, 25)
    with lost_replies({1, 3}) as seen:
        world.invoke("expire")
    world.invoke("expire")
    assert seen.lost == 2
    assert [told_of(world, invitation) for invitation in invitations] == [["created", "expired"]] * 25
