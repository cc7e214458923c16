"""SSO connections: what makes one another one, who vouches for it, and that enforcement keeps a way in."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from rollcall.domain import ids, sso_connections
from rollcall.domain.changes import Claim, Created, Retired, Updated
from rollcall.domain.connections import RoleRule
from rollcall.domain.enforcement import CutOff, Reason, enforce, foundation, reason, release
from rollcall.domain.errors import Invalid, SsoEnforced, SsoUntested
from rollcall.domain.permissions import Role
from rollcall.domain.sso_connections import MOST_CONNECTIONS, Provider, SsoConnection, stands, usable
from rollcall.domain.sso_connections import Tested as Trial
from rollcall.domain.teams import Team
from tests.values import NOW, a_member, a_team, an_owner, by, new_id

if TYPE_CHECKING:
    from rollcall.domain.changes import Change

TEAM = a_team()
OWNER, ADMIN = an_owner(TEAM), a_member(TEAM, role=Role.ADMIN)
TRIED = Trial(OWNER.id, NOW)


def a_connection(**fields: Any) -> SsoConnection:
    plain = SsoConnection(
        id=new_id("idp"),
        team_id=TEAM.id,
        provider=Provider.OIDC,
        name="SSO",
        issuer="https://idp.example.com",
        client_id="rollcall",
        groups_claim="groups",
        scim_claim="sub",
        vouched=Role.OWNER,
        sealed_secret="sealed",
        tested=TRIED,
        worked=True,
    )
    return replace(plain, **fields)


def edited(before: SsoConnection, team: Team = TEAM, *others: SsoConnection, **fields: Any) -> SsoConnection:
    return sso_connections.edit(before, [before, *others], team, by(ADMIN), **fields)[1]


def team_after(change: Change) -> Team | None:
    """Return the team that a change writes, None where it leaves the team alone."""
    steps = [step.after for step in change.steps if isinstance(step, Updated) and isinstance(step.after, Team)]
    assert len(steps) <= 1
    return steps[0] if steps else None


def test_a_connection_is_added_with_its_claim_and_one_event_without_the_secret() -> None:
    wanted = a_connection()
    change = sso_connections.add(wanted, [], by(ADMIN))
    assert change.steps == (Created(wanted),)
    assert change.claims == (Claim("idp", TEAM.id, ids.code(wanted.id), None, TEAM.id),)
    (deed,) = change.deeds
    assert "sealed" not in repr(deed.after)
    assert "sealed" not in repr(wanted)


def test_a_team_has_at_most_ten() -> None:
    held = [a_connection() for _ in range(MOST_CONNECTIONS)]
    sso_connections.add(a_connection(), held[1:], by(ADMIN))
    with pytest.raises(Invalid):
        sso_connections.add(a_connection(), held, by(ADMIN))


def test_the_same_once_more_is_no_change() -> None:
    before = a_connection()
    change, after = sso_connections.edit(before, [before], TEAM, by(ADMIN), name="SSO", enabled=True)
    assert (change.steps, change.deeds, after) == ((), (), before)


@pytest.mark.parametrize(
    ("field", "value", "tested", "worked", "vouched"),
    [
        ("name", "Log in", True, True, Role.OWNER),
        ("groups_claim", "roles", True, True, Role.OWNER),
        ("rules", (RoleRule("Ops", Role.ADMIN),), True, True, Role.OWNER),
        ("enabled", False, True, True, Role.OWNER),
        ("sealed_secret", "sealed anew", False, True, Role.OWNER),
        ("sealed_secret", None, False, True, Role.OWNER),
        ("scim_claim", "nickname", False, True, Role.ADMIN),
        ("client_id", "another", False, False, Role.ADMIN),
        ("issuer", "https://other.example.com", False, False, Role.ADMIN),
    ],
)
def test_what_makes_it_another_one_takes_the_trial_and_what_rests_on_it(
    field: str, value: Any, tested: bool, worked: bool, vouched: Role
) -> None:
    before = a_connection()
    after = edited(before, **{field: value})
    assert (after.tested is not None, after.worked, after.vouched) == (tested, worked, vouched)
    assert (getattr(after, field), after.version) == (value, 2)


@pytest.mark.parametrize("field", ["client_id", "scim_claim"])
def test_an_owners_change_of_an_admins_connection_vouches_for_no_issuer(field: str) -> None:
    before = a_connection(vouched=Role.ADMIN)
    assert sso_connections.edit(before, [before], TEAM, by(OWNER), **{field: "x"})[1].vouched is Role.ADMIN
    moved = sso_connections.edit(before, [before], TEAM, by(OWNER), issuer="https://new.example.com")[1]
    assert moved.vouched is Role.OWNER


def test_a_new_secret_shows_in_the_event_as_a_fact_and_not_as_itself() -> None:
    before = a_connection()
    change, _ = sso_connections.edit(before, [before], TEAM, by(ADMIN), sealed_secret="sealed anew")
    (deed,) = change.deeds
    assert deed.after
    assert (deed.after["client_secret_replaced"], "sealed" in repr(deed)) == (True, False)


# ---------------------------------------------------------------- a way in

ENFORCED = replace(TEAM, sso_enforced=True, sso_available=True)
TAKING: list[dict[str, Any]] = [{"enabled": False}, {"client_id": "x"}, {"issuer": "https://new.example.com"}]


@pytest.mark.parametrize("taking", TAKING)
def test_while_enforced_the_last_way_in_stays(taking: dict[str, Any]) -> None:
    before = a_connection()
    with pytest.raises(SsoEnforced):
        edited(before, ENFORCED, **taking)
    for no_way in (a_connection(enabled=False), a_connection(worked=False, tested=None)):
        with pytest.raises(SsoEnforced):
            edited(before, ENFORCED, no_way, **taking)
    for way in (a_connection(worked=False), a_connection(tested=None)):
        assert edited(before, ENFORCED, way, **taking).version == 2
    assert edited(before, TEAM, **taking).version == 2


def test_with_passwords_switched_off_the_last_way_in_stays_too_and_one_that_no_owner_stands_for_is_none() -> None:
    closed = replace(TEAM, settings=replace(TEAM.settings, passwords_enabled=False))
    before = a_connection()
    for team in (closed, ENFORCED):
        with pytest.raises(SsoEnforced):
            edited(before, team, a_connection(vouched=Role.ADMIN), enabled=False)
    assert edited(before, TEAM, enabled=False).enabled is False


def test_while_enforced_the_last_way_in_is_not_removed_and_what_leads_nowhere_is() -> None:
    way, no_way = a_connection(), a_connection(worked=False, tested=None)
    with pytest.raises(SsoEnforced):
        sso_connections.remove(way, [way, no_way], ENFORCED, by(ADMIN))
    change = sso_connections.remove(no_way, [way, no_way], ENFORCED, by(ADMIN))
    assert change.steps == (Retired(no_way),)
    assert change.claims == (Claim("idp", TEAM.id, ids.code(no_way.id), TEAM.id, None),)
    assert edited(no_way, ENFORCED, way, enabled=False).enabled is False


@pytest.mark.parametrize("fields", [{"name": "x"}, {"sealed_secret": "anew"}, {"groups_claim": "g"}, {"rules": ()}])
def test_while_enforced_what_takes_no_way_in_may_change(fields: dict[str, Any]) -> None:
    edited(a_connection(rules=(RoleRule("Ops", Role.ADMIN),)), ENFORCED, **fields)


def test_while_enforced_an_admin_does_not_make_the_last_way_in_one_that_no_owner_stands_for() -> None:
    way, change = a_connection(), sso_connections.edit
    with pytest.raises(SsoEnforced):
        change(way, [way], ENFORCED, by(ADMIN), scim_claim="oid")
    assert change(way, [way], ENFORCED, by(OWNER), scim_claim="oid")[1].vouched is Role.OWNER


@pytest.mark.parametrize("taking", [*TAKING, {"sealed_secret": "anew"}])
def test_taking_a_way_in_or_its_trial_writes_the_team_so_that_two_who_rest_on_each_other_cannot(
    taking: dict[str, Any],
) -> None:
    before, other = a_connection(), a_connection()
    team = replace(TEAM, sso_available=True)
    change, _ = sso_connections.edit(before, [before, other], team, by(ADMIN), **taking)
    assert team_after(change) == replace(team, version=2)
    removed = sso_connections.remove(before, [before, other], team, by(ADMIN))
    assert team_after(removed) == replace(team, version=2)
    assert team_after(sso_connections.edit(before, [before], team, by(ADMIN), name="x")[0]) is None


def test_the_team_says_whether_anybody_can_come_in() -> None:
    before, on = a_connection(), replace(TEAM, sso_available=True)
    off = team_after(sso_connections.edit(before, [before], on, by(ADMIN), enabled=False)[0])
    assert off
    assert not off.sso_available
    disabled = a_connection(enabled=False)
    again = team_after(sso_connections.edit(disabled, [disabled], TEAM, by(ADMIN), enabled=True)[0])
    assert again
    assert again.sso_available


def test_those_that_sign_people_in_are_the_enabled_ones_in_the_order_they_were_made() -> None:
    made = [a_connection(), a_connection(enabled=False), a_connection()]
    assert usable(list(reversed(made))) == [made[0], made[2]]


# ---------------------------------------------------------------- enforcement


def test_enforcement_rests_on_what_an_owner_of_today_has_tried() -> None:
    owners = frozenset({OWNER.id})
    tried = a_connection()
    assert foundation([a_connection(tested=None), tried], owners) is tried
    for held in ([], [a_connection(enabled=False)], [a_connection(tested=None)]):
        with pytest.raises(SsoUntested):
            foundation(held, owners)
    with pytest.raises(SsoUntested):
        foundation([tried], frozenset({ADMIN.id}))
    assert not stands(a_connection(enabled=False))


def test_enforcing_and_releasing_each_move_the_moment_that_ends_password_sessions() -> None:
    change, on = enforce(TEAM, a_connection(), (), by(OWNER), NOW)
    assert (on.sso_enforced, on.sso_switched_at, on.version) == (True, NOW, 2)
    assert [deed.action for deed in change.deeds] == ["sso.enforced"]
    later = NOW.replace(hour=13)
    change, off = release(on, by(OWNER), later)
    assert (off.sso_enforced, off.sso_switched_at, off.version) == (False, later, 3)
    assert [deed.action for deed in change.deeds] == ["sso.released"]


@pytest.mark.parametrize(
    ("email", "expected"),
    [
        ("", Reason.NO_EMAIL),
        ("amy@acme.example.com", None),
        ("Amy@Acme.Example.COM", None),
        ("amy@sub.acme.example.com", Reason.DOMAIN_NOT_PROVEN),
        ("amy@notacme.example.com", Reason.DOMAIN_NOT_PROVEN),
        ("amy@elsewhere.example.net", Reason.DOMAIN_NOT_PROVEN),
    ],
)
def test_whom_sso_cannot_know_is_cut_off_for_a_reason(email: str, expected: Reason | None) -> None:
    assert reason(email, frozenset({"acme.example.com"})) == expected
    assert CutOff("mem_1", email, "Amy", Reason.NO_EMAIL).reason == "no_email"
