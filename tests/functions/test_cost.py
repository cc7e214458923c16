"""What each operation asks of the table, counted: sequential round trips and calls, authentication included.

Budgets are exact counts, so a test may pin them. The first request of a member in an hour adds one mark of activity.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from rollcall.auth import keyring, links
from rollcall.domain.members import PasswordLink
from rollcall.storage import bulk, roster
from tests.kit import GOOD_PASSWORD
from tests.values import a_member

if TYPE_CHECKING:
    from tests.kit import Answer, World

NORA = "nora@example.com"
COUNTED = {"X-Rollcall-Cost": "1"}


def asked(world: World, method: str, path: str, body: object = None, token: str | None = None) -> Answer:
    """Make a request after the member's mark of this hour was written."""
    token = token or world.acme.owner.pat
    world.call("GET", "/v1/me", token=token)
    return world.call(method, path, body, token=token, headers=COUNTED)


def cost(answer: Answer) -> tuple[float, float]:
    """Return round trips and calls."""
    return answer.cost["round_trips"], answer.cost["calls"]


def test_what_was_not_asked_for_is_not_told(world: World) -> None:
    assert "x-rollcall-cost" not in world.call("GET", "/v1/me", token=world.acme.owner.pat).headers


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/v1/members"), ("POST", "/v1/invitations"), ("GET", "/v1/invitations")]
)
def test_a_refused_request_costs_its_authentication_which_is_one_reading(world: World, method: str, path: str) -> None:
    body = {"email": NORA} if method == "POST" else None
    answer = asked(world, method, path, body, token=world.acme.member.pat)
    assert (answer.status, cost(answer)) == (403, (1, 1))


def test_what_the_path_names_is_read_with_the_authentication(world: World) -> None:
    answer = asked(world, "GET", f"/v1/invitations/{world.invite(NORA)['id']}")
    assert (answer.status, cost(answer)) == (200, (1, 1))


def test_a_request_without_a_credential_costs_nothing(world: World) -> None:
    answer = world.call("GET", "/v1/members", headers=COUNTED)
    assert (answer.status, cost(answer)) == (401, (0, 0))


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_health_and_description_read_nothing(world: World, method: str) -> None:
    for path in ("/healthz", "/v1/openapi.json"):
        if method == "GET":
            assert cost(world.call(method, path, headers=COUNTED)) == (0, 0)


@pytest.mark.parametrize(
    ("query", "trips"),
    [
        ("", 2),
        ("?limit=200", 2),
        ("?status=all", 2),
        ("?status=deactivated", 3),
        ("?role=admin", 3),
        ("?product=trustgate", 3),
        ("?role=member&status=active&product=trusttest", 3),
        ("?q=a", 3),
        ("?q=a&role=member&status=all&product=trustgate&source=scim", 3),
        ("?source=sso", 3),
        ("?sort=name", 3),
    ],
)
def test_a_page_of_members_stays_within_its_round_trips(world: World, query: str, trips: int) -> None:
    """List 2, filtered 3, search two waves behind the authentication."""
    answer = asked(world, "GET", f"/v1/members{query}")
    assert answer.status == 200
    assert answer.cost["round_trips"] <= trips
    assert answer.cost["calls"] <= 3


@pytest.mark.parametrize(
    ("query", "trips"),
    [
        ("", 2),
        ("?limit=9", 2),
        ("?role=member", 3),
        ("?product=trustgate&status=all", 3),
        ("?q=person", 3),
        ("?q=zz", 3),
    ],
)
def test_many_blocks_are_read_in_the_same_number_of_round_trips(
    world: World, monkeypatch: pytest.MonkeyPatch, query: str, trips: int
) -> None:
    monkeypatch.setattr(roster, "BLOCK_ROWS", 60)
    team = world.team()
    bulk.load(team.id, [a_member(team) for _ in range(120)], first_free=60)
    path = f"/v1/members{query}"
    seen = 0
    while True:
        answer = asked(world, "GET", path)
        assert answer.status == 200
        assert answer.cost["round_trips"] <= trips
        seen += len(answer.json["data"])
        if answer.json["next_cursor"] is None or seen >= 60:
            break
        path = f"/v1/members{query}{'&' if query else '?'}cursor={answer.json['next_cursor']}"
    assert seen >= min(answer.json["total"], 60)


@pytest.mark.parametrize("query", ["", "?state=pending", "?role=admin", "?q=nora", "?state=revoked"])
def test_a_page_of_invitations_is_one_wave_behind_the_authentication(world: World, query: str) -> None:
    world.invite(NORA)
    answer = asked(world, "GET", f"/v1/invitations{query}")
    assert (answer.status, answer.cost["round_trips"]) == (200, 2)


@pytest.mark.parametrize("role", ["member", "admin", "owner"])
def test_inviting_costs_a_reading_and_a_transaction(world: World, role: str) -> None:
    """The third call counts what the inviter may invite in an hour, while the transaction is on its way."""
    body = {"email": NORA, "role": role, "products": {"only": ["trustgate"]}, "message": "Welcome"}
    answer = asked(world, "POST", "/v1/invitations", body)
    assert (answer.status, cost(answer)) == (201, (2, 3))


def test_an_idempotency_key_costs_no_round_trip_of_its_own(world: World) -> None:
    world.call("GET", "/v1/me", token=world.acme.owner.pat)
    key = {"Idempotency-Key": "once", **COUNTED}
    first = world.call("POST", "/v1/invitations", {"email": NORA}, token=world.acme.owner.pat, headers=key)
    again = world.call("POST", "/v1/invitations", {"email": NORA}, token=world.acme.owner.pat, headers=key)
    assert (cost(first), cost(again)) == ((2, 3), (1, 1))


@pytest.mark.parametrize(("verb", "status"), [("resend", 200), ("link", 200), ("revoke", 204)])
def test_managing_an_invitation_costs_a_reading_and_a_transaction(world: World, verb: str, status: int) -> None:
    answer = asked(world, "POST", f"/v1/invitations/{world.invite(NORA)['id']}/{verb}")
    assert (answer.status, cost(answer)) == (status, (2, 2))


@pytest.mark.parametrize("password", [True, False])
@pytest.mark.parametrize("role", ["member", "admin", "owner"])
def test_accepting_costs_a_reading_and_a_transaction(world: World, role: str, *, password: bool) -> None:
    """Also where it rests on the inviter's rank, and with a session opened at once."""
    token = world.copied(world.invite(NORA, role=role, send_password_email=password)["id"])
    answer = world.accept(token, password=GOOD_PASSWORD if password else None, headers=COUNTED)
    assert (answer.status, cost(answer)) == (201, (2, 2))


def test_looking_at_a_link_costs_one_reading(world: World) -> None:
    token = world.copied(world.invite(NORA)["id"])
    inspected = world.call("POST", "/v1/invitations/inspect", {"token": token}, headers=COUNTED)
    shown = world.call("GET", f"/i/{token}", headers=COUNTED)
    assert (cost(inspected), cost(shown)) == ((1, 2), (1, 2)), "the connections are read at the same time"


def test_setting_a_password_by_link_costs_a_reading_and_a_transaction(world: World) -> None:
    soon = datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)
    world.rewrite(world.member(world.acme.member.id), password_link=PasswordLink(1, soon))
    token = links.password_link(keyring.link_keys()[0], world.member(world.acme.member.id))
    body = {"token": token, "password": "a phrase nobody has used"}
    answer = world.call("POST", "/v1/password-resets/complete", body, headers=COUNTED)
    assert (answer.status, cost(answer)) == (204, (2, 2))


def test_signing_in_costs_four_round_trips_and_one_more_where_it_succeeds(world: World) -> None:
    """Slug; team, claim and address; member; the budgets at once; the session with the marks of the success."""
    person = world.acme.member
    wrong, right = (
        world.call("POST", "/v1/teams/acme/sessions", {"email": person.email, "password": password}, headers=COUNTED)
        for password in ("not the password", person.password)
    )
    assert (wrong.status, cost(wrong)) == (401, (4, 6))
    assert (right.status, cost(right)) == (201, (5, 11))


def test_editing_the_own_profile_stays_within_three_round_trips(world: World) -> None:
    answer = asked(world, "PATCH", "/v1/me", {"name": "New Name"}, token=world.acme.member.pat)
    assert answer.status == 200
    assert answer.cost["round_trips"] <= 3
    unchanged = asked(world, "PATCH", "/v1/me", {"name": "New Name"}, token=world.acme.member.pat)
    assert unchanged.cost["round_trips"] <= 2


def test_the_first_request_by_a_token_in_an_hour_costs_two_marks_in_one_round_trip_more(world: World) -> None:
    world.call("GET", "/v1/me", token=world.acme.owner.pat)
    path = f"/v1/invitations/{world.invite(NORA)['id']}"
    world.advance(3600)
    first = world.call("GET", path, token=world.acme.owner.pat, headers=COUNTED)
    second = world.call("GET", path, token=world.acme.owner.pat, headers=COUNTED)
    assert (cost(first), cost(second)) == ((2, 3), (1, 1))
