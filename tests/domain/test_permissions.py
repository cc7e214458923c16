"""The matrix of roles, the rule of rank, and step-up, as pure rules."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest

from rollcall.domain.errors import AboveYourRank, Forbidden, StepUpRequired
from rollcall.domain.permissions import MATRIX, STEP_UP, Actor, CredentialKind, Permission, Role
from tests.values import MILLISECOND, NOW, a_member, a_team, by, new_id

# The columns of the roles table, with the permissions that each stands for.
OWN_PROFILE = {
    "own_profile:read",
    "own_profile:edit",
    "own_membership:leave",
    "own_password:change",
    "own_credentials:read",
    "own_tokens:issue",
    "own_credentials:revoke",
    "own_product_tokens:issue",
}
TEAM_SETTINGS = {"team:read", "team:edit", "service_tokens:read", "service_tokens:issue", "service_tokens:revoke"}
USERS_AND_INVITATIONS = {
    "members:read",
    "members:change_role",
    "members:change_products",
    "members:deactivate",
    "members:remove",
    "members:release_grants",
    "grants:read",
    "members:revoke_credentials",
    "invitations:create",
    "invitations:read",
    "invitations:manage",
}
SSO_PASSWORD_AUDIT_SIEM = {"sso:configure", "members:reset_password", "audit:read", "siem:configure"}
PRODUCTS_ONLY = {"grants:record", "credentials:introspect"}  # M9, C7
PROVIDERS_ONLY = {"members:provision"}  # S1
OWNERS_ONLY = {
    *("sso:enforce", "scim_tokens:manage", "scim_tokens:read", "scim_tokens:revoke"),
    *("break_glass:manage", "team:transfer", "team:delete"),
}

ADMINS = OWN_PROFILE | TEAM_SETTINGS | USERS_AND_INVITATIONS | SSO_PASSWORD_AUDIT_SIEM
TABLE = {Role.MEMBER: OWN_PROFILE, Role.ADMIN: ADMINS, Role.OWNER: ADMINS | OWNERS_ONLY}

# C4: what needs a session of at most ten minutes and is never done by a token.
STEPPED_UP = {
    "own_tokens:issue",
    "service_tokens:issue",
    "scim_tokens:manage",
    "own_password:change",
    "sso:enforce",
    "break_glass:manage",
    "team:transfer",
    "team:delete",
}

TEAM = a_team()
TEN_MINUTES = timedelta(minutes=10)


def acting(role: Role, kind: CredentialKind = CredentialKind.SESSION, age: timedelta = timedelta()) -> Actor:
    prefix = "pat" if kind is CredentialKind.PAT else "ses"
    return by(a_member(TEAM, role=role), kind, new_id(prefix, NOW - age))


def test_the_roles_table_names_every_permission() -> None:
    assert {permission.value for permission in Permission} == TABLE[Role.OWNER] | PRODUCTS_ONLY | PROVIDERS_ONLY


@pytest.mark.parametrize(("role", "permission"), list(product(Role, Permission)))
def test_a_role_may_do_exactly_what_the_roles_table_says(role: Role, permission: Permission) -> None:
    assert (permission in MATRIX[role]) == (permission.value in TABLE[role])
    if permission.value in TABLE[role]:
        acting(role).require(permission, NOW)
        return
    with pytest.raises(Forbidden) as refused:
        acting(role).require(permission, NOW)
    assert type(refused.value) is Forbidden


@pytest.mark.parametrize("permission", list(Permission))
def test_nobody_without_a_role_may_do_anything(permission: Permission) -> None:
    nobody = replace(acting(Role.OWNER), role=None)
    with pytest.raises(Forbidden):
        nobody.require(permission, NOW)
    with pytest.raises(AboveYourRank):
        nobody.require_rank(Role.MEMBER)


@pytest.mark.parametrize(("actor", "other"), list(product(Role, Role)))
def test_nobody_acts_on_or_hands_out_a_role_above_their_own(actor: Role, other: Role) -> None:
    order = [Role.MEMBER, Role.ADMIN, Role.OWNER]
    if order.index(other) <= order.index(actor):
        acting(actor).require_rank(other)
    else:
        with pytest.raises(AboveYourRank):
            acting(actor).require_rank(other)


@pytest.mark.parametrize(("actor", "target", "new"), list(product(Role, Role, Role)))
def test_a_role_change_needs_the_permission_and_the_rank_for_both_roles(actor: Role, target: Role, new: Role) -> None:
    """The 27 rows of role changes: owners all, admins among admins and members, members none."""
    allowed = actor is Role.OWNER or (actor is Role.ADMIN and Role.OWNER not in {target, new})
    who = acting(actor)
    if allowed:
        who.require(Permission.CHANGE_ROLE, NOW)
        who.require_rank(target, new)
        return
    with pytest.raises(Forbidden):
        _change_role(who, target, new)


def _change_role(who: Actor, target: Role, new: Role) -> None:
    who.require(Permission.CHANGE_ROLE, NOW)
    who.require_rank(target, new)


def test_the_step_up_list_is_the_written_one() -> None:
    assert {permission.value for permission in STEP_UP} == STEPPED_UP


@pytest.mark.parametrize("permission", sorted(STEP_UP))
def test_case_057_no_token_does_what_needs_a_fresh_session(permission: Permission) -> None:
    for kind in CredentialKind:
        if kind not in {CredentialKind.SESSION, CredentialKind.SERVICE, CredentialKind.SCIM}:
            with pytest.raises(StepUpRequired):
                acting(Role.OWNER, kind).require(permission, NOW)


@pytest.mark.parametrize("permission", sorted(STEP_UP))
def test_a_session_is_fresh_for_ten_minutes(permission: Permission) -> None:
    acting(Role.OWNER, age=timedelta()).require(permission, NOW)
    acting(Role.OWNER, age=TEN_MINUTES - MILLISECOND).require(permission, NOW)
    acting(Role.OWNER, age=TEN_MINUTES).require(permission, NOW)
    with pytest.raises(StepUpRequired):
        acting(Role.OWNER, age=TEN_MINUTES + MILLISECOND).require(permission, NOW)


def test_a_session_that_is_not_known_by_its_id_is_not_fresh() -> None:
    with pytest.raises(StepUpRequired):
        replace(acting(Role.OWNER), credential_id=None).require(Permission.DELETE_TEAM, NOW)


def test_what_a_role_does_not_allow_is_refused_as_such_before_step_up_is_asked_for() -> None:
    with pytest.raises(Forbidden) as refused:
        acting(Role.ADMIN, CredentialKind.PAT).require(Permission.DELETE_TEAM, NOW)
    assert not isinstance(refused.value, StepUpRequired)


@pytest.mark.parametrize("permission", list(Permission))
def test_a_products_token_does_nothing_but_ask_and_what_concerns_grants(permission: Permission) -> None:
    product_token = replace(acting(Role.OWNER, CredentialKind.SERVICE), role=None, product="trustgate")
    if permission.value in PRODUCTS_ONLY | {"grants:read", "members:release_grants"}:
        product_token.require(permission, NOW)
        return
    with pytest.raises(Forbidden):
        product_token.require(permission, NOW)


@pytest.mark.parametrize("permission", list(Permission))
def test_an_identity_providers_token_provisions_and_does_nothing_else(permission: Permission) -> None:
    provider = replace(acting(Role.OWNER, CredentialKind.SCIM), role=None)
    if permission.value in PROVIDERS_ONLY:
        provider.require(permission, NOW)
        return
    with pytest.raises(Forbidden):
        provider.require(permission, NOW)


@pytest.mark.parametrize("permission", sorted(MATRIX[Role.OWNER] - STEP_UP))
def test_a_token_carries_everything_else_of_its_user(permission: Permission) -> None:
    acting(Role.OWNER, CredentialKind.PAT).require(permission, NOW)
