"""The member list at 3, 1,030 and a full block of members: exact totals, each member once, few round trips (M1, M2)."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

import pytest

from rollcall.domain.members import Status
from rollcall.storage.roster import BLOCK_ROWS
from tests.ministack.network import at_once

if TYPE_CHECKING:
    from rollcall.domain.members import Member
    from tests.ministack.network import Founding, Network

pytestmark = pytest.mark.ministack
KEEPS_THE_TABLE = True  # its teams are founded once and read by all of its tests

MANY = 1_030
FEW = 3
WITHOUT_FILTER = ["", "status=active", "status=all"]
COUNTED = [
    "role=owner",
    "role=admin",
    "role=member&status=all",
    "status=deactivated",
    "status=deactivated&role=admin",
    "product=trustgate",
    "product=trustvault&status=all",
    "role=admin&product=trusttest",
    "role=member&product=trusttest&status=deactivated",
]
SEARCHED = [
    "q=muller",
    "q=M%C3%9CLLER",
    "q=person10",
    "q=%40TEAM",
    "q=nobody+of+this+name",
    "q=%27)%3B+DROP",
    "q=%25",
    "source=scim",
    "source=sso&role=admin",
    "q=lee&role=admin&status=all",
    "q=an&role=member&status=all&product=trustgate",
    "q=person&role=admin&status=deactivated&product=trusttest&source=invited",
]


def folded(text: str) -> str:
    spread = unicodedata.normalize("NFKD", text.casefold())
    return "".join(character for character in spread if not unicodedata.combining(character))


def matching(members: list[Member], query: str) -> list[Member]:
    """Judge every member by itself: no counters, no roster."""
    asked = {name: values[0] for name, values in parse_qs(query).items()}

    def fits(member: Member) -> bool:
        only = member.products.only
        return (
            asked.get("role", member.role) == member.role
            and asked.get("source", member.source) == member.source
            and asked.get("status", "active") in {"all", member.status.value}
            and ("product" not in asked or only is None or asked["product"] in only)
            and any(folded(asked.get("q", "")) in folded(text) for text in (member.name, member.email))
        )

    return sorted(filter(fits, members), key=lambda member: (member.block, member.id))


@dataclass
class Crowd:
    """A team, and its members as they are stored."""

    world: Network
    members: list[Member]

    def check(self, query: str, limit: int) -> list[int]:
        """Walk a list, compare it with a count by hand, and return the round trips that the pages took."""
        expected = matching(self.members, query)
        walk = self.world.walk(f"/v1/members?{query}&limit={limit}")
        assert walk.ids == [member.id for member in expected]
        assert walk.totals == {len(expected)}
        assert len(walk.round_trips) == max(1, -(-len(expected) // limit))
        return walk.round_trips


def crowd_of(world: Network) -> Crowd:
    """Look at a team whose owner's activity of this hour is noted already."""
    world.walk("/v1/members?limit=1&role=owner")
    return Crowd(world, world.members())


@pytest.fixture(scope="module")
def crowds() -> dict[int, Crowd]:
    return {}


@pytest.fixture(params=[FEW, MANY])
def crowd(request: pytest.FixtureRequest, crowds: dict[int, Crowd], founded: Founding) -> Crowd:
    """A team of that size, founded once."""
    size = int(request.param)
    if size not in crowds:
        crowds[size] = crowd_of(founded(size))
    return crowds[size]


@pytest.mark.parametrize("query", WITHOUT_FILTER)
def test_the_list_tells_its_exact_total_and_each_member_once_in_two_round_trips(crowd: Crowd, query: str) -> None:
    assert max(crowd.check(query, 200 if query else 50)) <= 2


@pytest.mark.parametrize("query", COUNTED)
def test_filters_combine_by_and_with_an_exact_total_in_three_round_trips(crowd: Crowd, query: str) -> None:
    assert max(crowd.check(query, 150)) <= 3


@pytest.mark.parametrize("query", SEARCHED)
def test_search_finds_substrings_with_an_exact_total_in_two_waves_after_authentication(
    crowd: Crowd, query: str
) -> None:
    assert max(crowd.check(query, 170)) <= 1 + 2


def test_by_name_the_same_members_come_in_the_order_of_their_names(crowd: Crowd) -> None:
    expected = matching(crowd.members, "status=all")
    walk = crowd.world.walk("/v1/members?sort=name&status=all&limit=200")
    assert walk.totals == {len(expected)}
    assert sorted(walk.ids) == sorted(member.id for member in expected)
    names = [folded(row["name"]) for row in walk.rows]
    assert names == sorted(names)
    assert max(walk.round_trips) <= 2


@pytest.mark.parametrize("limit", [128, 129])
def test_pages_that_end_before_at_and_behind_the_edge_of_a_block_neither_skip_nor_double(
    crowd: Crowd, limit: int
) -> None:
    assert BLOCK_ROWS % 128 == 0
    crowd.check("status=all", limit)
    crowd.check("q=person&status=all", limit)


@pytest.mark.parametrize("limit", [7, 11, 50])  # with 11 a page ends where the run begins
def test_a_long_run_of_deactivated_members_hides_nobody_behind_it(founded: Founding, limit: int) -> None:
    crowd = crowd_of(founded(120, asleep=range(10, 90)))
    assert max(crowd.check("", limit)) <= 3
    crowd.check("status=deactivated", limit)


def test_the_books_of_a_loaded_team_agree_with_a_recount(crowd: Crowd) -> None:
    crowd.world.check_books()


def test_people_who_join_at_once_where_a_block_is_full_open_the_next_one_and_are_all_listed(
    founded: Founding,
) -> None:
    full = founded(BLOCK_ROWS - 2)
    emails = [f"late{number}@example.com" for number in range(5)]
    tokens = [full.copied(full.invite(email)["id"]) for email in emails]
    joined = at_once(*(partial(full.accept, token) for token in tokens))
    assert [answer.status for answer in joined] == [201] * 5
    members = full.members()
    assert len(members) == BLOCK_ROWS + 3
    assert sorted(member.block for member in members if member.email in emails) == [0, 0, 1, 1, 1]
    full.check_books()
    walk = full.walk("/v1/members?status=all&limit=200")
    assert (len(set(walk.ids)), walk.totals) == (BLOCK_ROWS + 3, {BLOCK_ROWS + 3})
    assert {row["email"] for row in full.walk("/v1/members?q=LATE").rows} == set(emails)
    assert all(member.status is Status.ACTIVE for member in members if member.email in emails)
