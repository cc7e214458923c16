"""Groups as rules see them: which role the mapping gives, who keeps theirs, how much one transaction holds (R2, R3)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from rollcall.domain import groups
from rollcall.domain.changes import Change, Moved, Regrouped, Rests, Updated
from rollcall.domain.connections import RoleRule
from rollcall.domain.events import Action
from rollcall.domain.groups import MOST_OPERATIONS, MOST_TOGETHER, Group, Move, Party, Rules, mapped_role, name_key
from rollcall.domain.members import RoleSource
from rollcall.domain.permissions import Actor, CredentialKind, Role
from tests.values import NOW, a_member, a_team, new_id

if TYPE_CHECKING:
    from rollcall.domain.members import Member

TEAM = a_team()
ACTOR = Actor(TEAM.id, None, None, "provider", None, CredentialKind.SCIM, "scm")
NO_RULES = Rules({}, None, None, Role.MEMBER, any=False)
ADMINS = Rules({}, Role.ADMIN, Role.ADMIN, Role.MEMBER)


def a_group(name: str = "Tars", **fields: object) -> Group:
    return replace(Group(new_id("grp"), TEAM.id, name, None, 1, NOW), **fields)  # type: ignore[arg-type]


def mapped(role: Role = Role.MEMBER, source: RoleSource = RoleSource.MAPPING) -> Member:
    return replace(a_member(TEAM), role=role, role_source=source)


def moves(group: Group, *members: Member, joins: bool = True) -> list[Move]:
    inside = frozenset() if joins else frozenset({group.code})
    return [Move(Party(member.id, member, None, inside), joins) for member in members]


def roles(change: Change) -> list[tuple[Role, RoleSource]]:
    given = [step.after for step in change.steps if isinstance(step, Updated)]
    return [(member.role, member.role_source) for member in given]  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("rules", "role"),
    [
        ([], None),
        ([("Others", Role.ADMIN)], None),
        ([("STAFF", Role.MEMBER)], Role.MEMBER),
        ([("staff", Role.MEMBER), ("Admins", Role.ADMIN)], Role.ADMIN),
        ([("admins", Role.ADMIN), ("Staff", Role.MEMBER)], Role.ADMIN),
    ],
)
def test_of_the_rules_for_several_groups_the_highest_role_counts(
    rules: list[tuple[str, Role]], role: Role | None
) -> None:
    assert mapped_role([RoleRule(*rule) for rule in rules], [a_group("Staff"), a_group("Admins")]) is role


def test_a_rule_may_name_a_group_by_its_id_or_in_another_encoding_of_its_letters() -> None:
    group = a_group("Zoë")
    assert mapped_role([RoleRule(group.id, Role.ADMIN)], [group]) is Role.ADMIN
    assert mapped_role([RoleRule("ZOE\u0308", Role.ADMIN)], [group]) is Role.ADMIN
    assert name_key("Zoë") == name_key("zoe\u0308") != name_key("Zoe")


def test_what_changes_nothing_is_no_change() -> None:
    group = a_group()
    assert groups.regroup(group, group, [], NO_RULES, ACTOR, NOW).change == Change()


def test_one_event_tells_who_came_and_who_went() -> None:
    group, one, two = a_group(), a_member(TEAM), a_member(TEAM)
    both = [*moves(group, one), *moves(group, two, joins=False)]
    change = groups.regroup(group, group, both, NO_RULES, ACTOR, NOW).change
    (deed,) = change.deeds
    assert deed.action is Action.GROUP_MEMBERS_CHANGED
    assert deed.after == {"added": [one.id], "removed": [two.id]}
    assert change.claims == ()


def test_a_role_is_gained_and_lost_with_the_group() -> None:
    group = a_group()
    joined = groups.regroup(group, group, moves(group, mapped()), ADMINS, ACTOR, NOW).change
    assert roles(joined) == [(Role.ADMIN, RoleSource.MAPPING)]
    gone = groups.regroup(group, None, moves(group, mapped(Role.ADMIN), joins=False), ADMINS, ACTOR, NOW).change
    assert roles(gone) == [(Role.MEMBER, RoleSource.MAPPING)]


def test_another_group_that_gives_the_role_keeps_it() -> None:
    group, other = a_group(), a_group()
    party = Party(new_id("mem"), mapped(Role.ADMIN), None, frozenset({group.code, other.code}))
    rules = replace(ADMINS, others={other.code: Role.ADMIN})
    assert roles(groups.regroup(group, group, [Move(party, joins=False)], rules, ACTOR, NOW).change) == []


def test_without_a_rule_that_matches_nothing_becomes_of_a_role() -> None:
    group, member = a_group(), mapped(Role.ADMIN)
    rules = Rules({}, None, None, Role.MEMBER)
    for joins in (True, False):
        assert roles(groups.regroup(group, group, moves(group, member, joins=joins), rules, ACTOR, NOW).change) == []


@pytest.mark.parametrize("source", [RoleSource.MANUAL, RoleSource.INVITATION])
def test_a_role_with_another_source_is_kept_and_told(source: RoleSource) -> None:
    group, member = a_group(), mapped(source=source)
    change = groups.regroup(group, group, moves(group, member), ADMINS, ACTOR, NOW).change
    assert roles(change) == []
    assert change.deeds[0].after == {"added": [member.id], "roles_kept": {member.id: source.value}}


@pytest.mark.parametrize("source", list(RoleSource))
def test_case_139_owners_are_named_and_never_changed(source: RoleSource) -> None:
    group, owner = a_group(), mapped(Role.OWNER, source)
    outcome = groups.regroup(group, group, moves(group, owner), ADMINS, ACTOR, NOW)
    assert roles(outcome.change) == []
    assert outcome.owners == (owner,)
    assert groups.regroup(group, group, moves(group, owner), NO_RULES, ACTOR, NOW).owners == ()


def test_a_transaction_holds_twenty_members_and_fewer_where_roles_change() -> None:
    group, many = a_group(), [mapped() for _ in range(30)]
    assert groups.regroup(group, group, moves(group, *many), NO_RULES, ACTOR, NOW).moved == MOST_TOGETHER
    outcome = groups.regroup(group, group, moves(group, *many), ADMINS, ACTOR, NOW)
    assert 10 < outcome.moved < MOST_TOGETHER
    operations = 5 + outcome.moved * 6  # the group, claims, event; membership, set, member, row, counters, event
    assert operations <= MOST_OPERATIONS


def test_a_group_goes_only_with_its_last_members() -> None:
    group, many = a_group(), [mapped() for _ in range(30)]
    first = groups.regroup(group, None, moves(group, *many, joins=False), NO_RULES, ACTOR, NOW).change
    last = groups.regroup(group, None, moves(group, *many[20:], joins=False), NO_RULES, ACTOR, NOW).change
    kept, gone = (next(step for step in change.steps if isinstance(step, Regrouped)) for change in (first, last))
    assert kept.after is not None
    assert gone.after is None
    assert [deed.action for deed in last.deeds] == [Action.GROUP_DELETED]
    assert [claim.after for claim in last.claims] == [None]


def test_a_group_of_many_says_that_it_is_being_filled() -> None:
    group, many = a_group(), [mapped() for _ in range(30)]
    change = groups.regroup(None, group, moves(group, *many), NO_RULES, ACTOR, NOW, more=True).change
    (step,) = (step for step in change.steps if isinstance(step, Regrouped))
    assert step.after == replace(group, filling=True)


def test_what_rules_decide_rests_on_the_groups_as_they_were_read() -> None:
    group, member = a_group(), mapped()
    for rules in (NO_RULES, ADMINS):
        change = groups.regroup(group, group, moves(group, member), rules, ACTOR, NOW).change
        (moved,) = (step for step in change.steps if isinstance(step, Moved))
        assert moved.rests is rules.any


def test_a_review_gives_the_roles_of_the_rules_that_are() -> None:
    group = a_group(behind=True)
    party = Party(new_id("mem"), mapped(), None, frozenset({group.code}))
    change = groups.review(group, [party], replace(ADMINS, before=None), ACTOR).change
    assert roles(change) == [(Role.ADMIN, RoleSource.MAPPING)]
    assert [step.groups for step in change.steps if isinstance(step, Rests)] == [party.groups]
    lost = replace(party, member=mapped(Role.ADMIN))
    after = groups.review(group, [lost], Rules({}, None, None, Role.MEMBER), ACTOR).change
    assert roles(after) == [(Role.MEMBER, RoleSource.MAPPING)]
    assert groups.settled(group).steps == (Regrouped(group, replace(group, behind=False)),)
    assert groups.settled(replace(group, behind=False)) == Change()
