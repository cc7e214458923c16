"""Product access and what a team's settings open; the founding of a team."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollcall.domain.changes import Created
from rollcall.domain.founding import found
from rollcall.domain.members import PasswordLink
from rollcall.domain.permissions import Actor, CredentialKind
from rollcall.domain.teams import ALL_PRODUCTS, NO_PRODUCTS, ProductAccess, Settings, TeamState
from tests.values import DAY, NOW, PRODUCTS, a_team, an_owner, new_id, only

KEYS = st.sampled_from([*PRODUCTS, "trustgone", "trust"])
ACCESS = st.one_of(st.just(ALL_PRODUCTS), st.frozensets(KEYS).map(ProductAccess))
TEAMS = st.frozensets(KEYS).map(lambda keys: a_team(products={key: key.title() for key in keys}))


@given(ACCESS, TEAMS, KEYS)
def test_access_opens_what_it_names_among_what_the_team_has(access: ProductAccess, team: object, product: str) -> None:
    held = a_team(products=getattr(team, "products", {}))
    opens = product in held.products and (access.is_all or product in (access.only or ()))
    assert access.opens(product, held) is opens
    assert access.within(held).opens(product, held) is opens


@given(ACCESS, TEAMS)
def test_effective_access_stays_within_the_teams_products(access: ProductAccess, team: object) -> None:
    held = a_team(products=getattr(team, "products", {}))
    assert (access.within(held).only or frozenset()) <= held.products.keys()
    assert access.within(held).within(held) == access.within(held)


def test_all_products_includes_those_added_later_and_a_list_does_not() -> None:
    team = a_team(products={})
    later = replace(team, products={"trustgate": "TrustGate"})
    assert not ALL_PRODUCTS.opens("trustgate", team)
    assert ALL_PRODUCTS.opens("trustgate", later)
    assert not only("trusttest").opens("trustgate", later)
    assert not NO_PRODUCTS.opens("trustgate", later)


def test_access_is_told_as_all_or_as_a_sorted_list() -> None:
    assert ALL_PRODUCTS.told == {"all": True}
    assert only("trusttest", "trustgate").told == {"only": ["trustgate", "trusttest"]}
    assert NO_PRODUCTS.told == {"only": []}


@pytest.mark.parametrize(
    ("enabled", "enforced", "opened"),
    [(True, False, True), (True, True, False), (False, False, False), (False, True, False)],
)
def test_passwords_are_open_when_switched_on_and_sso_is_not_enforced(
    *, enabled: bool, enforced: bool, opened: bool
) -> None:
    team = a_team(settings=Settings(passwords_enabled=enabled), sso_enforced=enforced)
    assert team.passwords_open is opened


def test_a_deleted_team_is_not_alive() -> None:
    assert a_team().alive
    assert not a_team(state=TeamState.DELETED).alive


@pytest.mark.parametrize("mailed", [True, False])
def test_a_team_begins_with_its_owner_its_slug_and_one_event(*, mailed: bool) -> None:
    team = a_team()
    owner = an_owner(team, password_link=PasswordLink(1, NOW + DAY) if mailed else PasswordLink())
    operator = Actor(team.id, None, None, None, None, CredentialKind.OPERATOR)
    change = found(team, owner, operator, new_id("let") if mailed else None)
    assert change.steps == (Created(team), Created(owner))
    assert [(claim.kind, claim.value, claim.after) for claim in change.claims] == [
        ("slug", team.slug, team.id),
        ("email", owner.email_key, owner.id),
    ]
    assert len(change.deeds) == 1
    assert [letter.generation for letter in change.letters] == ([1] if mailed else [])
