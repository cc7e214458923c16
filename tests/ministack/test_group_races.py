"""Changes of groups at one instant, over HTTP: nobody is lost, and roles are those of the groups (behaviour 40)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest

from tests.functions.group_kit import inside, members, patch, people
from tests.functions.scim_kit import Provider
from tests.ministack.network import at_once, raced, rounds
from tests.operations import remove

if TYPE_CHECKING:
    from infra.local.edges import Json
    from tests.ministack.network import Network

pytestmark = pytest.mark.ministack

MAPPING = "/v1/team/scim-role-mapping"


@pytest.fixture
def idp(world: Network) -> Provider:
    return Provider(world)


def put_rules(world: Network, *groups: str) -> None:
    rules = [{"group": name, "role": "admin"} for name in groups]
    assert world.call("PUT", MAPPING, {"mappings": rules}, token=world.acme.owner.pat).status == 200


def test_behaviour_40_twenty_parallel_additions_are_all_kept(idp: Provider) -> None:
    everyone = people(idp, 20)
    group = idp.group("Tars")
    answers = at_once(*(partial(patch, idp, group, members("add", one)) for one in everyone))
    assert [answer.status for answer in answers] == [204] * 20
    assert inside(idp, group) == set(everyone)
    assert idp.get(f"/Groups/{group['id']}").headers["etag"] == 'W/"21"'


def test_of_ten_writers_with_one_version_one_wins(idp: Provider) -> None:
    everyone = people(idp, 10)
    group = idp.group("Tars")
    same = {"if-match": 'W/"1"'}
    answers = at_once(*(partial(patch, idp, group, members("add", one), headers=same) for one in everyone))
    assert sorted(answer.status for answer in answers) == [204] + [412] * 9
    assert len(inside(idp, group)) == 1


def test_of_ten_new_groups_of_one_name_one_is_made(world: Network, idp: Provider) -> None:
    answers = at_once(*(partial(idp.call, "POST", "/Groups", {"displayName": "Tars"}) for _ in range(10)))
    assert sorted(answer.status for answer in answers) == [201] + [409] * 9
    assert len(world.items("GS#")) == 1


def test_parallel_changes_of_ones_groups_leave_the_role_that_they_give(world: Network, idp: Provider) -> None:
    put_rules(world, "First", "Second", "Third")
    groups = [idp.group(name) for name in ("First", "Second", "Third")]
    for number, one in enumerate(people(idp, len(rounds(6)))):
        joined = raced(number, *(partial(patch, idp, group, members("add", one)) for group in groups))
        assert [answer.status for answer in joined] == [204] * 3
        assert world.member(one).role == "admin"
        left = raced(number, *(partial(patch, idp, group, members("remove", one)) for group in groups))
        assert [answer.status for answer in left] == [204] * 3
        assert world.member(one).role == "member", "the last group is gone, and with it the role"
        mixed = raced(
            number,
            partial(patch, idp, groups[0], members("add", one)),
            partial(patch, idp, groups[1], members("add", one)),
            partial(patch, idp, groups[0], members("remove", one)),
        )
        assert {answer.status for answer in mixed} == {204}
        assert world.member(one).role == "admin"
    check_both_sides(world)


def test_whoever_is_removed_while_they_are_added_is_in_no_group(world: Network, idp: Provider) -> None:
    group = idp.group("Tars")
    for number, one in enumerate(people(idp, len(rounds(8)))):
        calls: list[Json] = [partial(patch, idp, group, members("add", one)), partial(remove, world, one)]
        added, removed = raced(number, *calls)
        assert added.status in {204, 400}
        assert removed.status == 200
        assert inside(idp, group) == set()
    assert world.items("G#") == world.items("SU#") == []


def test_whoever_is_added_while_the_group_is_deleted_is_in_none(world: Network, idp: Provider) -> None:
    for number, one in enumerate(people(idp, len(rounds(8)))):
        group = idp.group(f"Tars {number}")
        gone = partial(idp.call, "DELETE", f"/Groups/{group['id']}")
        added, deleted = raced(number, partial(patch, idp, group, members("add", one)), gone)
        assert added.status in {204, 404}
        assert deleted.status == 204
        assert "groups" not in idp.get(f"/Users/{one}").json
    assert world.items("G#") == world.items("GS#") == []


def check_both_sides(world: Network) -> None:
    """Assert that every membership is noted on its member, and the other way round."""
    of_groups = {(item["PK"]["S"].rpartition("#")[2], item["SK"]["S"]) for item in world.items("G#")}
    of_members = {(code, item["SK"]["S"]) for item in world.items("SU#") for code in item.get("g", {"SS": []})["SS"]}
    assert of_groups == of_members
