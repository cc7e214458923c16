"""The team's name, settings and products as pure decisions (T1, M6, I21)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from rollcall.domain import team_changes
from rollcall.domain.changes import Change, Claim, Disowned, Updated
from rollcall.domain.errors import Invalid, NotFound, ProductExists, ProductRetired
from rollcall.domain.events import Action
from rollcall.domain.founding import SLUG
from rollcall.domain.teams import ALL_PRODUCTS, Settings, TeamState
from tests.values import NOW, a_team, an_owner, by, only

if TYPE_CHECKING:
    from rollcall.domain.teams import Team

TEAM = a_team(version=5)
ACTOR = by(an_owner(TEAM))


def told(change: Change) -> list[tuple[Action, object, object]]:
    return [(deed.action, deed.before, deed.after) for deed in change.deeds]


# ---------------------------------------------------------------- name and deletion


def test_another_name_is_one_event_and_the_same_name_none() -> None:
    change, after = team_changes.rename_team(TEAM, "Acme Ltd", ACTOR)
    assert (after, change.steps) == (replace(TEAM, name="Acme Ltd", version=6), (Updated(TEAM, after),))
    assert told(change) == [(Action.TEAM_EDITED, {"name": "Acme"}, {"name": "Acme Ltd"})]
    assert team_changes.rename_team(TEAM, "Acme", ACTOR) == (Change(), TEAM)


@pytest.mark.parametrize("typed", ["acme", "ACME", "Acme ", "Acm", "Äcme", TEAM.slug])
def test_a_team_is_deleted_only_by_its_exact_name(typed: str) -> None:
    with pytest.raises(Invalid) as refused:
        team_changes.delete(TEAM, typed, ACTOR, NOW)
    assert [flaw.pointer for flaw in refused.value.flaws] == ["/name"]


def test_deletion_marks_the_team_disowns_it_and_frees_its_slug() -> None:
    change = team_changes.delete(TEAM, "Acme", ACTOR, NOW)
    after = replace(TEAM, state=TeamState.DELETED, deleted_at=NOW, version=6)
    assert change.steps == (Updated(TEAM, after), Disowned(TEAM.id))
    assert change.claims == (Claim(SLUG, TEAM.id, TEAM.slug, TEAM.id, None),)
    assert told(change) == [(Action.TEAM_DELETED, {"slug": TEAM.slug, "name": "Acme"}, None)]


# ---------------------------------------------------------------- settings

EDGES = [
    ("invitations", "expiry_days", 1, 30),
    ("tokens", "max_age_days", 1, 3650),
    ("tokens", "max_per_member", 1, 20),
    ("sessions", "idle_minutes", 5, 30 * 24 * 60),
    ("sessions", "absolute_hours", 1, 90 * 24),
    ("sessions", "max", 1, 20),
]


@pytest.mark.parametrize(("group", "name", "least", "greatest"), EDGES)
def test_each_setting_has_its_limits(group: str, name: str, least: int, greatest: int) -> None:
    for value in (least, greatest):
        _, after = team_changes.change_settings(TEAM, group, {name: value}, ACTOR)
        assert team_changes.settings_of(after, group)[name] == value
    bad: list[object] = [least - 1, greatest + 1, -1, 10**30, float(least), str(least), True, [least], {}]
    for wrong in bad:
        with pytest.raises(Invalid) as refused:
            team_changes.change_settings(TEAM, group, {name: wrong}, ACTOR)
        assert [flaw.pointer for flaw in refused.value.flaws] == [f"/{name}"]


@pytest.mark.parametrize(("group", "name"), [
    ("invitations", "expiry_days"), ("passwords", "enabled"), ("tokens", "max_per_member"), ("sessions", "max"),
])  # fmt: skip
def test_only_the_greatest_age_of_tokens_may_be_unset(group: str, name: str) -> None:
    with pytest.raises(Invalid):
        team_changes.change_settings(TEAM, group, {name: None}, ACTOR)
    limited = replace(TEAM, settings=Settings(token_max_age_days=30))
    _, after = team_changes.change_settings(limited, "tokens", {"max_age_days": None}, ACTOR)
    assert after.settings.token_max_age_days is None


@pytest.mark.parametrize("value", [0, 1, "true", None, [], {}])
def test_a_switch_is_true_or_false(value: object) -> None:
    with pytest.raises(Invalid):
        team_changes.change_settings(TEAM, "passwords", {"enabled": value}, ACTOR)


def test_a_change_of_settings_tells_the_whole_group_before_and_after_and_leaves_the_others() -> None:
    change, after = team_changes.change_settings(TEAM, "tokens", {"max_per_member": 5}, ACTOR)
    assert after == replace(TEAM, settings=replace(TEAM.settings, tokens_max_per_member=5), version=6)
    assert told(change) == [(
        Action.SETTINGS_CHANGED,
        {"tokens": {"max_age_days": None, "max_per_member": 20}},
        {"tokens": {"max_age_days": None, "max_per_member": 5}},
    )]  # fmt: skip


@pytest.mark.parametrize("wanted", [{}, {"max_per_member": 20}, {"max_age_days": None, "max_per_member": 20}])
def test_settings_that_are_so_already_are_no_change(wanted: dict[str, object]) -> None:
    assert team_changes.change_settings(TEAM, "tokens", wanted, ACTOR) == (Change(), TEAM)


def test_every_bad_setting_is_named_and_none_is_taken() -> None:
    with pytest.raises(Invalid) as refused:
        team_changes.change_settings(TEAM, "sessions", {"max": 0, "idle_minutes": 60, "colour": "red"}, ACTOR)
    assert sorted(flaw.pointer for flaw in refused.value.flaws) == ["/colour", "/max"]


@pytest.mark.parametrize("group", ["nothing", "", "Tokens", "__class__"])
def test_a_group_that_does_not_exist_is_not_found(group: str) -> None:
    with pytest.raises(NotFound):
        team_changes.change_settings(TEAM, group, {}, ACTOR)


# ---------------------------------------------------------------- products


def test_a_product_is_added_renamed_and_removed_with_one_event_each() -> None:
    change, added = team_changes.add_product(TEAM, "trustnew", "New", ACTOR)
    assert told(change) == [(Action.PRODUCT_ADDED, None, {"key": "trustnew", "name": "New"})]
    change, renamed = team_changes.rename_product(added, "trustnew", "Newer", ACTOR)
    was, became = {"key": "trustnew", "name": "New"}, {"key": "trustnew", "name": "Newer"}
    assert told(change) == [(Action.PRODUCT_RENAMED, was, became)]
    change, removed = team_changes.remove_product(renamed, "trustnew", ACTOR)
    assert told(change) == [(Action.PRODUCT_REMOVED, became, None)]
    assert removed == replace(TEAM, retired=frozenset({"trustnew"}), version=TEAM.version + 3)


def test_a_products_key_is_never_used_again() -> None:
    _, without = team_changes.remove_product(TEAM, "trustgate", ACTOR)
    with pytest.raises(ProductRetired):
        team_changes.add_product(without, "trustgate", "Another", ACTOR)
    with pytest.raises(ProductExists):
        team_changes.add_product(TEAM, "trustgate", "Another", ACTOR)


def test_a_team_has_at_most_fifty_products() -> None:
    full: Team = replace(TEAM, products={f"product-{n}": "P" for n in range(50)})
    with pytest.raises(Invalid):
        team_changes.add_product(full, "one-more", "P", ACTOR)


def test_the_same_product_name_again_is_no_change_and_an_unknown_product_not_found() -> None:
    assert team_changes.rename_product(TEAM, "trustgate", "TrustGate", ACTOR) == (Change(), TEAM)
    with pytest.raises(NotFound):
        team_changes.rename_product(TEAM, "nothing", "N", ACTOR)
    with pytest.raises(NotFound):
        team_changes.remove_product(TEAM, "nothing", ACTOR)


def test_access_is_what_is_stored_and_what_the_team_has() -> None:
    """I21: a removed product opens to nobody, whatever is stored; all products are those of the moment."""
    _, without = team_changes.remove_product(TEAM, "trustgate", ACTOR)
    stored = only("trustgate", "trusttest")
    assert (stored.within(TEAM), stored.within(without)) == (stored, only("trusttest"))
    assert [stored.opens("trustgate", team) for team in (TEAM, without)] == [True, False]
    assert [ALL_PRODUCTS.opens("trustgate", team) for team in (TEAM, without)] == [True, False]
    _, later = team_changes.add_product(without, "trustnew", "New", ACTOR)
    assert (ALL_PRODUCTS.opens("trustnew", later), stored.opens("trustnew", later)) == (True, False)
