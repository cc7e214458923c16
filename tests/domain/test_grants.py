"""Grants and service tokens as pure decisions: what is recorded, changed and released (M9)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rollcall.domain import grants, service_tokens
from rollcall.domain.changes import Change, Created, Granted, Retired
from rollcall.domain.events import Action
from rollcall.domain.grants import Grant, GrantKind
from rollcall.domain.permissions import Actor, CredentialKind
from rollcall.domain.service_tokens import ServiceToken
from tests.values import NOW, a_member, a_team, an_owner, by, new_id

TEAM = a_team()
MEMBER = a_member(TEAM)
ROOM = Grant("trustgate", "room-1", "Room 1")
PRODUCT = Actor(TEAM.id, None, None, "gate", None, CredentialKind.SERVICE, new_id("svc"), "trustgate")


def test_a_new_grant_is_recorded_with_one_event_on_its_member() -> None:
    change = grants.record(MEMBER, None, ROOM, PRODUCT)
    assert change.steps == (Granted(TEAM.id, MEMBER.id, None, ROOM),)
    (deed,) = change.deeds
    assert (deed.action, deed.subject, deed.before, deed.after) == (
        Action.GRANT_RECORDED, MEMBER.subject, None, ROOM.facts,
    )  # fmt: skip


@pytest.mark.parametrize("fields", [{"name": "Hall"}, {"kind": GrantKind.TEAM}])
def test_another_name_or_kind_is_a_change_from_what_it_was(fields: dict[str, str]) -> None:
    after = replace(ROOM, **fields)  # type: ignore[arg-type]
    change = grants.record(MEMBER, ROOM, after, PRODUCT)
    assert change.steps == (Granted(TEAM.id, MEMBER.id, ROOM, after),)
    assert [(deed.before, deed.after) for deed in change.deeds] == [(ROOM.facts, after.facts)]


def test_the_same_grant_again_and_a_release_of_nothing_are_no_change() -> None:
    assert grants.record(MEMBER, ROOM, ROOM, PRODUCT) == Change()
    assert grants.release(MEMBER, [], PRODUCT, NOW, last=True) == Change()


def test_several_are_released_together_with_one_event_that_names_them_all() -> None:
    held = [ROOM, Grant("trusttest", "room-1", "Bench", GrantKind.TEAM)]
    change = grants.release(MEMBER, held, by(an_owner(TEAM)), NOW, last=True)
    assert change.steps == tuple(Granted(TEAM.id, MEMBER.id, grant, None) for grant in held)
    (deed,) = change.deeds
    assert (deed.action, deed.before, deed.after) == (
        Action.GRANTS_RELEASED, {"grants": [grant.facts for grant in held]}, None,
    )  # fmt: skip


def test_a_service_token_comes_and_goes_and_the_audit_never_sees_its_hash() -> None:
    actor = by(an_owner(TEAM))
    token = ServiceToken(new_id("svc"), TEAM.id, "trustgate", "gate", "wxyz", "h" * 64)
    issued, revoked = service_tokens.issue(token, actor), service_tokens.revoke(token, actor)
    assert (issued.steps, revoked.steps) == ((Created(token),), (Retired(token),))
    deeds = [*issued.deeds, *revoked.deeds]
    assert [deed.action for deed in deeds] == [Action.SERVICE_TOKEN_ISSUED, Action.SERVICE_TOKEN_REVOKED]
    assert token.hash not in str(deeds)
