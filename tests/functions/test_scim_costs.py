"""What each operation of SCIM asks of the table, counted: round trips, authentication included (5-performance.md)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rollcall.domain import ids
from rollcall.storage import bulk, roster
from tests.functions.scim_kit import Provider, person
from tests.kit import GOOD_PASSWORD
from tests.operations import issue, password_link, set_password, try_sign_in
from tests.values import a_member

if TYPE_CHECKING:
    from tests.kit import Answer, World

NORA = "nora@idp.example"
COUNTED = {"X-Rollcall-Cost": "1"}
OFF = {"Operations": [{"op": "replace", "path": "active", "value": False}]}


@pytest.fixture
def idp(world: World) -> Provider:
    provider = Provider(world)
    provider.get("/ServiceProviderConfig")  # the token's mark of this hour is written
    return provider


def trips(idp: Provider, method: str, path: str, body: object = None, status: int = 200) -> int:
    """Make the request and return its round trips."""
    answer: Answer = idp.call(method, path.replace(" ", "%20"), body, COUNTED)
    assert answer.status == status, answer.body
    return int(answer.cost["round_trips"])


def test_discovery_costs_its_authentication(idp: Provider) -> None:
    for path in ("/ServiceProviderConfig", "/Schemas", "/ResourceTypes/User"):
        assert trips(idp, "GET", path) == 1
    assert trips(idp, "GET", "/Nothing", status=404) == 2, "a refusal is kept in the log"


def test_a_user_by_id_costs_two_round_trips(idp: Provider) -> None:
    made = idp.new()
    assert trips(idp, "GET", f"/Users/{made['id']}") == 2
    assert trips(idp, "GET", f"/Users/mem_{'0' * 26}", status=404) == 2


@pytest.mark.parametrize(
    ("asked", "most"),
    [
        (f'userName eq "{NORA}"', 2),
        ('userName eq "nobody@idp.example"', 2),
        ('externalId eq "00u1"', 2),
        ('userName eq "NORA@idp.example" and active eq true', 2),
        (f'emails.value eq "{NORA}"', 3),
        (f'emails[type eq "work"].value eq "{NORA}"', 3),
        ('id eq "{id}"', 3),
    ],
)
def test_a_filter_by_key_costs_a_look_up_at_any_size(world: World, idp: Provider, asked: str, most: int) -> None:
    made = idp.new(externalId="00u1")
    path = f"/Users?filter={asked.replace('{id}', made['id'])}".replace('"', "%22")
    before = trips(idp, "GET", path)
    assert before <= most
    team = world.team()
    bulk.load(team.id, [a_member(team) for _ in range(60)], first_free=40)
    assert trips(idp, "GET", path) == before


def test_writing_a_user_costs_two_or_three_round_trips(idp: Provider) -> None:
    """Two to create; reading what is said of them is one more; what is so already is no write."""
    assert trips(idp, "POST", "/Users", person(NORA, externalId="00u1"), 201) <= 3
    made = idp.get('/Users?filter=externalId%20eq%20"00u1"').json["Resources"][0]
    path = f"/Users/{made['id']}"
    assert trips(idp, "PUT", path, person(NORA, externalId="00u1", title="T")) <= 3
    assert trips(idp, "PUT", path, person(NORA, externalId="00u1", title="T")) <= 3
    assert trips(idp, "PATCH", path, {"Operations": [{"op": "add", "path": "title", "value": "U"}]}) <= 3
    assert trips(idp, "PATCH", path, {"Operations": [{"op": "replace", "path": "userName", "value": "x"}]}) <= 3
    assert trips(idp, "DELETE", path, status=204) <= 3


def test_a_create_that_closes_an_invitation_reads_it_once(world: World, idp: Provider) -> None:
    world.invite(NORA)
    assert trips(idp, "POST", "/Users", person(NORA), 201) <= 4


def test_a_deactivation_costs_the_same_however_many_credentials_there_are(world: World, idp: Provider) -> None:
    """I38: none of them is looked at one by one."""
    bare, armed = idp.new(), idp.new("otto@idp.example")
    assert set_password(world, password_link(world, armed["id"])).status == 204
    sessions = [try_sign_in(world, "otto@idp.example", GOOD_PASSWORD).json["token"] for _ in range(4)]
    for number in range(4):
        issue(world, sessions[0], f"ci {number}")
    idp.get("/ServiceProviderConfig")
    costs = [idp.call("PATCH", f"/Users/{one['id']}", OFF, COUNTED).cost for one in (bare, armed)]
    assert costs[0]["round_trips"] == costs[1]["round_trips"] <= 3
    assert costs[0]["calls"] == costs[1]["calls"]


@pytest.mark.parametrize("query", ["startIndex=1", "startIndex=50", "startIndex=99&count=20", "startIndex=100000"])
def test_a_page_by_index_costs_three_round_trips_at_any_place(
    world: World, idp: Provider, monkeypatch: pytest.MonkeyPatch, query: str
) -> None:
    """Headers, then rows with what is said of them, over several blocks too; the total is exact."""
    monkeypatch.setattr(roster, "BLOCK_ROWS", 60)
    team = world.team()
    bulk.load(team.id, [a_member(team) for _ in range(120)], first_free=60)
    answer = idp.get(f"/Users?{query}&count=20", headers=COUNTED)
    assert answer.json["totalResults"] == len(world.items(f"R#{ids.code(team.id)}"))
    assert answer.cost["round_trips"] <= 3
