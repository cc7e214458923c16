"""Signing up at the same instant: one request has the slug, one use of its link founds one team (CO, T1)."""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import TYPE_CHECKING

import pytest

from tests.kit import GOOD_PASSWORD
from tests.ministack.network import at_once, codes, dynamodb, rounds
from tests.operations import set_password, sign_up

if TYPE_CHECKING:
    from infra.local.edges import Json
    from tests.ministack.network import Network

pytestmark = pytest.mark.ministack

OTHER_PASSWORD = "nobody has used this one"


@pytest.fixture(autouse=True)
def _unthrottled(world: Network) -> None:
    """Forget what earlier tests asked for: all come from one address."""
    for mark in world._scan("RL#sign_up"):
        key = {name: mark[name] for name in ("PK", "SK")}
        dynamodb().delete_item(TableName="rollcall-local", Key=key)


def created(world: Network, slug: str) -> list[Json]:
    """Return the teams of that slug, as their own items tell."""
    return [item for item in world._scan("T#") if item.get("g", {}).get("S") == slug]


def test_of_three_requests_for_one_slug_at_once_one_is_taken_down(world: Network) -> None:
    for number in rounds(3):
        slug = f"{world.acme.slug}-wanted-{number}"
        emails = [f"{slug}-{each}@example.com" for each in range(3)]
        answers = at_once(*(partial(sign_up, world, slug, email=email) for email in emails))
        assert Counter(codes(*answers)) == {(202, None): 1, (409, "slug_taken"): 2}
        assert sum(len(world.mails(email)) for email in emails) == 1
        assert created(world, slug) == []


def test_of_eight_uses_of_one_link_at_once_one_founds_the_team(world: Network) -> None:
    for number in rounds(3):
        slug = f"{world.acme.slug}-founded-{number}"
        email = f"{slug}@example.com"
        assert sign_up(world, slug, email=email).status == 202
        link = world.link(email)
        passwords = [GOOD_PASSWORD, OTHER_PASSWORD] * 4
        answers = at_once(*(partial(set_password, world, link, password) for password in passwords))
        assert Counter(codes(*answers)) == {(204, None): 1, (410, "link_used"): 7}
        won = next(password for password, answer in zip(passwords, answers, strict=True) if answer.status == 204)
        lost = OTHER_PASSWORD if won == GOOD_PASSWORD else GOOD_PASSWORD
        tried = [{"email": email, "password": password} for password in (won, lost)]
        assert [world.call("POST", f"/v1/teams/{slug}/sessions", login).status for login in tried] == [201, 401]
        (team,) = created(world, slug)
        events = world._scan("A#" + team["PK"]["S"].removeprefix("T#"))
        assert Counter(event["ac"]["S"] for event in events) == {"team.created": 1, "session.opened": 1}
        assert not world._scan("REQ#" + team["PK"]["S"].removeprefix("T#"))
