"""A team keeps one active owner, whatever they do to themselves and to each other, in every serial order (M4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.operations import act_on, active_owners, authenticates, leave, put_role, remove, second_owner

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.kit import Answer, World


def by_demotion(world: World, owner: str, by: str) -> Answer:
    return put_role(world, owner, "admin", by)


def by_deactivation(world: World, owner: str, by: str) -> Answer:
    return act_on(world, owner, "deactivate", by)


def by_leaving(world: World, _: str, by: str) -> Answer:
    return leave(world, by)


LOSSES = {"demoted": by_demotion, "deactivated": by_deactivation, "removed": remove, "leaving": by_leaving}


@pytest.mark.parametrize("lose", LOSSES.values(), ids=LOSSES)
def test_case_132_the_only_owner_stays_whatever_they_do(world: World, lose: Callable[..., Answer]) -> None:
    owner = world.acme.owner
    with world.unchanged():
        refused = lose(world, owner.id, owner.pat)
    assert (refused.status, refused.code) == (409, "last_owner")
    assert authenticates(world, owner.pat)


@pytest.mark.parametrize("lose", LOSSES.values(), ids=LOSSES)
def test_case_133_a_deactivated_owner_does_not_count(world: World, lose: Callable[..., Answer]) -> None:
    olga, _ = second_owner(world)
    assert act_on(world, olga, "deactivate").status == 200
    with world.unchanged():
        refused = lose(world, world.acme.owner.id, world.acme.owner.pat)
    assert (refused.status, refused.code) == (409, "last_owner")
    assert active_owners(world) == {world.acme.owner.id}


def test_case_134_an_invited_owner_does_not_count(world: World) -> None:
    world.invite("olga@example.com", role="owner")
    with world.unchanged():
        assert leave(world, world.acme.owner.pat).code == "last_owner"


@pytest.mark.parametrize("lose", [by_demotion, by_deactivation, remove], ids=["demoted", "deactivated", "removed"])
def test_case_135_of_two_owners_who_turn_on_each_other_the_second_is_refused(
    world: World, lose: Callable[..., Answer]
) -> None:
    """In a serial order: who lost the role acts no more, and whoever is left cannot be taken out."""
    owner = world.acme.owner
    olga, session = second_owner(world)
    assert lose(world, olga, owner.pat).status == 200
    with world.unchanged():
        assert lose(world, owner.id, session).status in {401, 403}
        assert lose(world, owner.id, owner.pat).code == "last_owner"
    assert active_owners(world) == {owner.id}


def test_case_136_three_owners_in_a_circle_leave_one(world: World) -> None:
    owner = world.acme.owner
    olga, of_olga = second_owner(world)
    otto, of_otto = world.join("otto@example.com", role="owner")
    assert put_role(world, olga, "admin", owner.pat).status == 200
    assert remove(world, otto, of_olga).status == 403
    assert act_on(world, owner.id, "deactivate", of_otto).status == 200
    assert leave(world, of_otto).code == "last_owner"
    assert active_owners(world) == {otto}


@pytest.mark.parametrize("first", ["promotion", "demotion"])
def test_case_137_promoting_one_while_the_last_demotes_themselves_never_leaves_none(world: World, first: str) -> None:
    owner, mia = world.acme.owner, world.acme.member
    steps = [(mia.id, "owner"), (owner.id, "admin")]
    answers = [put_role(world, *step) for step in (steps if first == "promotion" else reversed(steps))]
    if first == "promotion":
        assert [answer.status for answer in answers] == [200, 200]
        assert active_owners(world) == {mia.id}
    else:
        assert [answer.status for answer in answers] == [409, 200]
        assert active_owners(world) == {owner.id, mia.id}


def test_a_deactivated_owners_role_can_be_taken_and_given_without_a_guard(world: World) -> None:
    olga, _ = second_owner(world)
    act_on(world, olga, "deactivate")
    assert [put_role(world, olga, role).status for role in ("member", "owner")] == [200, 200]
    assert active_owners(world) == {world.acme.owner.id}
    act_on(world, olga, "reactivate")
    assert active_owners(world) == {world.acme.owner.id, olga}
