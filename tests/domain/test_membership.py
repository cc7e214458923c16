"""The rules of membership as pure decisions: what each one changes, tells the audit, and leaves alone (M3-M8, M11)."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING

import pytest

from rollcall.domain import membership
from rollcall.domain.changes import Change, Claim, Removed, Updated
from rollcall.domain.errors import Conflict, MemberHasGrants, NotActive
from rollcall.domain.events import Action
from rollcall.domain.grants import Grant
from rollcall.domain.ids import digest
from rollcall.domain.invitations import EMAIL
from rollcall.domain.members import Link, Member, Origin, PasswordLink, RoleSource, Status
from rollcall.domain.permissions import Role
from rollcall.domain.teams import ALL_PRODUCTS, NO_PRODUCTS
from tests.values import DAY, NOW, a_member, a_pat, a_session, a_team, an_invitation, an_owner, by, only

if TYPE_CHECKING:
    from collections.abc import Callable

    from rollcall.domain.permissions import Actor

    Decision = Callable[[Member, Actor], tuple[Change, Member]]

TEAM = a_team()
OWNER = an_owner(TEAM)
ACTOR = by(OWNER)


def somebody(**more: object) -> Member:
    """Return a member with two sessions, three tokens and a live set-password link."""
    sessions, pats = dict(a_session() for _ in range(2)), dict(a_pat() for _ in range(3))
    link = PasswordLink(4, NOW + DAY)
    held = {"sessions": sessions, "pats": pats, "password_link": link, "password_hash": "$argon2id$"}
    return a_member(TEAM, **{"products": only("trustgate"), "version": 7, "epoch": 3, **held, **more})


def touched(before: Member, after: Member) -> set[str]:
    """Return the names of the fields that differ."""
    return {field.name for field in fields(Member) if getattr(before, field.name) != getattr(after, field.name)}


# ---------------------------------------------------------------- role and products


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("held", list(Role))
def test_case_122_a_role_change_touches_the_role_and_nothing_else(held: Role, role: Role) -> None:
    before = somebody(role=held)
    change, after = membership.change_role(before, role, ACTOR)
    if held is role:
        assert (change, after) == (Change(), before)
        return
    assert touched(before, after) == {"role", "role_source", "version"}
    assert (after.role, after.role_source, after.version) == (role, RoleSource.MANUAL, before.version + 1)
    assert change.steps == (Updated(before, after),)
    (deed,) = change.deeds
    assert (deed.action, deed.before, deed.after) == (Action.ROLE_CHANGED, before.facts, after.facts)


@pytest.mark.parametrize(("source", "changes"), [
    (RoleSource.MANUAL, False), (RoleSource.INVITATION, False), (RoleSource.MAPPING, True),
])  # fmt: skip
def test_case_126_giving_the_mapped_role_by_hand_makes_it_a_manual_one(source: RoleSource, changes: bool) -> None:
    before = somebody(role_source=source)
    change, after = membership.change_role(before, Role.MEMBER, ACTOR)
    assert bool(change.steps) is changes
    assert after.role_source is (RoleSource.MANUAL if changes else source)
    assert after.version == before.version + changes


@pytest.mark.parametrize("access", [ALL_PRODUCTS, NO_PRODUCTS, only("trusttest")])
def test_case_122_a_product_change_touches_the_access_and_nothing_else(access: object) -> None:
    before = somebody(role=Role.ADMIN)
    change, after = membership.change_products(before, access, ACTOR)  # type: ignore[arg-type]
    assert touched(before, after) == {"products", "version"}
    (deed,) = change.deeds
    assert (deed.action, deed.before, deed.after) == (Action.PRODUCTS_CHANGED, before.facts, after.facts)


def test_case_124_the_same_access_again_is_no_change() -> None:
    before = somebody()
    assert membership.change_products(before, only("trustgate"), ACTOR) == (Change(), before)


# ---------------------------------------------------------------- deactivate and reactivate


def test_case_058_deactivation_takes_every_credential_and_keeps_role_access_and_password() -> None:
    before = somebody(role=Role.ADMIN)
    change, after = membership.deactivate(before, ACTOR)
    assert touched(before, after) == {"status", "held", "sessions", "pats", "password_link", "epoch", "version"}
    assert (after.status, after.sessions, after.pats) == (Status.DEACTIVATED, {}, {})
    assert after.password_link == PasswordLink(before.password_link.generation + 1)
    assert (after.epoch, after.version) == (before.epoch + 1, before.version + 1)
    (deed,) = change.deeds
    assert (deed.action, deed.before, deed.after) == (Action.DEACTIVATED, before.facts, after.facts)


def test_case_058_reactivation_brings_the_status_back_and_no_credential() -> None:
    _, before = membership.deactivate(somebody(role=Role.ADMIN), ACTOR)
    change, after = membership.reactivate(before, ACTOR)
    assert touched(before, after) == {"status", "held", "epoch", "version"}
    assert (after.is_active, after.sessions, after.pats, after.epoch) == (True, {}, {}, before.epoch + 1)
    assert [deed.action for deed in change.deeds] == [Action.REACTIVATED]


@pytest.mark.parametrize(("decide", "status"), [
    (membership.deactivate, Status.DEACTIVATED), (membership.reactivate, Status.ACTIVE),
])  # fmt: skip
def test_doing_it_again_is_no_change(decide: Decision, status: Status) -> None:
    member = somebody(status=status)
    assert decide(member, ACTOR) == (Change(), member)


# ---------------------------------------------------------------- credentials


@pytest.mark.parametrize(("decide", "cut", "action"), [
    (membership.revoke_sessions, "sessions", Action.SESSIONS_REVOKED),
    (membership.revoke_tokens, "pats", Action.TOKENS_REVOKED),
])  # fmt: skip
def test_a_revocation_kills_exactly_its_set_and_raises_the_epoch(decide: Decision, cut: str, action: Action) -> None:
    before = somebody()
    change, after = decide(before, ACTOR)
    assert touched(before, after) == {cut, "epoch", "version"}
    assert getattr(after, cut) == {}
    (deed,) = change.deeds
    assert deed.action is action
    hashes = [one.hash for one in before.sessions.values()] + [one.hash for one in before.pats.values()]
    assert not [hashed for hashed in hashes if hashed in str((deed.before, deed.after))]


@pytest.mark.parametrize("decide", [membership.revoke_sessions, membership.revoke_tokens])
def test_with_nothing_to_revoke_there_is_no_change(decide: Decision) -> None:
    member = somebody(sessions={}, pats={})
    assert decide(member, ACTOR) == (Change(), member)


# ---------------------------------------------------------------- remove and leave


@pytest.mark.parametrize(("left", "action"), [(False, Action.REMOVED), (True, Action.LEFT)])
def test_removal_frees_the_address_and_tells_who_it_was(left: bool, action: Action) -> None:
    member = somebody()
    change = membership.remove(member, [], ACTOR, NOW, left=left)
    barred = frozenset() if left else frozenset({digest(member.email_key)})
    assert change.steps == (Removed(member, NOW, by_hand=True, barred=barred),)
    assert change.claims == (Claim(EMAIL, TEAM.id, member.email_key, member.id, None),)
    (deed,) = change.deeds
    assert (deed.action, deed.before, deed.after) == (action, member.facts, None)
    assert (deed.subject.id, deed.subject.label) == (member.id, member.email)


def test_removal_names_each_grant_that_stands_in_its_way() -> None:
    held = [Grant("trustgate", "room-1", "Room 1"), Grant("trusttest", "room-1", "Bench")]
    with pytest.raises(MemberHasGrants) as refused:
        membership.remove(somebody(), held, ACTOR, NOW)
    assert refused.value.extra["grants"] == [grant.facts for grant in held]


# ---------------------------------------------------------------- ownership


@pytest.mark.parametrize("role", [Role.ADMIN, Role.MEMBER])
def test_case_140_a_transfer_makes_the_heir_owner_and_the_giver_admin_in_one_change(role: Role) -> None:
    heir = somebody(role=role)
    change, after = membership.transfer(OWNER, heir, frozenset({OWNER.id}), ACTOR)
    assert touched(heir, after) == {"role", "role_source", "version"}
    assert (after.role, change.owners) == (Role.OWNER, frozenset({OWNER.id}))
    giver = replace(OWNER, role=Role.ADMIN, role_source=RoleSource.MANUAL, version=OWNER.version + 1)
    assert change.steps == (Updated(heir, after), Updated(OWNER, giver))


def test_a_transfer_tells_the_audit_of_both_what_they_were_and_are() -> None:
    heir = somebody(role=Role.MEMBER)
    change, after = membership.transfer(OWNER, heir, frozenset({OWNER.id}), ACTOR)
    (deed,) = change.deeds
    assert (deed.action, deed.subject) == (Action.OWNERSHIP_TRANSFERRED, heir.subject)
    assert deed.before is not None
    assert deed.after is not None
    assert {name: deed.before[name] for name in heir.facts} == heir.facts
    assert {name: deed.after[name] for name in after.facts} == after.facts
    told = [deed.before["giver"], deed.after["giver"]]
    assert [(one["id"], one["role"]) for one in told] == [(OWNER.id, "owner"), (OWNER.id, "admin")]  # type: ignore[index]


def test_case_140_a_deactivated_heir_is_refused() -> None:
    with pytest.raises(NotActive):
        membership.transfer(OWNER, somebody(status=Status.DEACTIVATED), frozenset({OWNER.id}), ACTOR)


@pytest.mark.parametrize("heir", [OWNER, an_owner(TEAM)], ids=["oneself", "another owner"])
def test_case_140_whoever_owns_already_is_no_heir(heir: Member) -> None:
    with pytest.raises(Conflict):
        membership.transfer(OWNER, heir, frozenset({OWNER.id}), ACTOR)


# ---------------------------------------------------------------- the receipt


@pytest.mark.parametrize(("link", "warned"), [
    (None, False), (Link(Origin.CREATED, "u"), True), (Link(Origin.ADOPTED, "u"), True),
])  # fmt: skip
def test_the_receipt_counts_what_was_cut_and_warns_of_the_next_sync(link: Link | None, warned: bool) -> None:
    before = somebody(link=link, products=only("trustgate", "long-gone"))
    _, after = membership.deactivate(before, ACTOR)
    sent = [an_invitation(TEAM, before)]
    told = membership.receipt(before, after, TEAM, sent)
    assert (told.member, told.sessions, told.tokens, told.invitations) == (after, 2, 3, tuple(sent))
    assert told.products == only("trustgate")
    assert told.warnings == (("managed_by_scim",) if warned else ())
