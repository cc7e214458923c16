"""A member's own decisions: sessions under their cap, passwords by link, the profile."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollcall.domain.changes import Change, Updated
from rollcall.domain.events import Action
from rollcall.domain.members import (
    Member,
    PasswordLink,
    Profile,
    Session,
    Status,
    edit_profile,
    open_session,
    set_password,
)
from rollcall.domain.permissions import CredentialKind, Role
from tests.values import DAY, MILLISECOND, NOW, a_member, a_pat, a_session, a_team, an_owner, by, new_id

TEAM = a_team()


def after(change: Change) -> Member:
    (step,) = change.steps
    assert isinstance(step, Updated)
    assert isinstance(step.after, Member)
    return step.after


def signed_in(member: Member, limit: int = 20) -> tuple[Member, str, Session]:
    key, session = a_session()
    return after(open_session(member, key, session, by(member), limit, NOW)), key, session


def test_a_session_is_added_beside_those_that_live() -> None:
    first, one, _ = signed_in(a_member(TEAM))
    both, other, _ = signed_in(first)
    assert set(both.sessions) == {one, other}


def test_opening_a_session_raises_neither_version_nor_epoch_and_is_one_event_without_a_secret() -> None:
    member = a_member(TEAM)
    key, session = a_session()
    change = open_session(member, key, session, by(member), 20, NOW)
    assert (after(change).version, after(change).epoch) == (member.version, member.epoch)
    (deed,) = change.deeds
    assert deed.action is Action.SESSION_OPENED
    assert session.hash not in str(deed)


def test_case_066_a_session_that_another_replaces_ends_with_the_same_change() -> None:
    held, old, was = signed_in(signed_in(a_member(TEAM))[0])
    key, session = a_session()
    change = open_session(held, key, session, by(held), 2, NOW, None, was.id)
    assert [deed.action for deed in change.deeds] == [Action.SESSION_OPENED, Action.SESSION_ENDED]
    assert change.deeds[1].before == {"session": was.id}
    assert set(after(change).sessions) == {*held.sessions, key} - {old}


@pytest.mark.parametrize(("late", "lives"), [(-1, True), (0, False), (1, False)])
def test_case_068_a_session_ends_at_either_of_its_limits(late: int, *, lives: bool) -> None:
    idle = Session(new_id("ses"), "h", NOW + DAY, NOW)
    absolute = Session(new_id("ses"), "h", NOW, NOW + DAY)
    assert idle.live(NOW + late * MILLISECOND) is lives
    assert absolute.live(NOW + late * MILLISECOND) is lives


@pytest.mark.parametrize(("late", "lives"), [(-1, True), (0, False), (1, False)])
def test_case_052_a_token_ends_at_its_time_and_one_without_a_time_does_not(late: int, *, lives: bool) -> None:
    assert a_pat(NOW)[1].live(NOW + late * MILLISECOND) is lives
    assert a_pat(None)[1].live(NOW + 10_000 * DAY)


def test_expired_sessions_are_dropped_when_one_is_opened() -> None:
    dead, live = a_session(NOW - DAY, DAY), a_session()
    member = a_member(TEAM, sessions=dict([dead, live]))
    opened, key, _ = signed_in(member)
    assert set(opened.sessions) == {live[0], key}


@given(st.integers(1, 5), st.lists(st.tuples(st.integers(0, 40), st.integers(1, 60)), max_size=8))
def test_case_082_sessions_keep_within_the_cap_and_the_oldest_live_ones_go(
    limit: int, held: list[tuple[int, int]]
) -> None:
    sessions = dict(a_session(NOW - timedelta(hours=age), timedelta(hours=life)) for age, life in held)
    member = a_member(TEAM, sessions=sessions)
    opened, key, session = signed_in(member, limit)
    live = sorted((s.id, k) for k, s in sessions.items() if s.live(NOW))
    assert len(opened.sessions) <= limit
    assert opened.sessions[key] == session
    assert set(opened.sessions) - {key} == {k for _, k in live[len(live) - min(len(live), limit - 1) :]}


def test_a_password_set_by_link_ends_every_session_keeps_tokens_and_spends_the_link() -> None:
    pat = a_pat()
    member = a_member(
        TEAM,
        sessions=dict([a_session(), a_session()]),
        pats=dict([pat]),
        password_link=PasswordLink(3, NOW + DAY),
        email_verified=True,
    )
    change = set_password(member, "argon2id", by(member, CredentialKind.LINK), new_id("let"), NOW)
    done = after(change)
    assert (done.sessions, done.pats, done.password_hash) == ({}, dict([pat]), "argon2id")
    assert done.password_link == PasswordLink(4, None)
    assert (done.version, done.epoch, done.email_verified) == (member.version + 1, member.epoch + 1, True)
    assert [letter.kind for letter in change.letters] == ["password_changed"]
    assert [(deed.action, deed.after) for deed in change.deeds] == [(Action.PASSWORD_SET, {"sessions_ended": 2})]


def test_the_first_proof_of_the_address_by_link_voids_tokens_and_links_to_sso_too() -> None:
    pats, subjects = dict([a_pat()]), {new_id("idp"): "somebody"}
    member = a_member(TEAM, sessions=dict([a_session()]), pats=pats, subjects=subjects)
    change = set_password(member, "argon2id", by(member, CredentialKind.LINK), new_id("let"), NOW)
    done = after(change)
    assert (done.sessions, done.pats, dict(done.subjects), done.email_verified) == ({}, {}, {}, True)
    assert [deed.after for deed in change.deeds] == [{"sessions_ended": 1, "tokens_ended": 1}]


@pytest.mark.parametrize(
    ("profile", "fields"),
    [
        (Profile(name="Nora New"), {"name": "Nora New"}),
        (Profile(avatar_url="https://a.example/n.png"), {"avatar_url": "https://a.example/n.png"}),
        (Profile(avatar_url=""), {"avatar_url": None}),
        (Profile("Nora", "https://a.example/n.png"), {"name": "Nora", "avatar_url": "https://a.example/n.png"}),
    ],
)
def test_a_profile_edit_changes_what_it_names_and_raises_the_version(profile: Profile, fields: dict[str, str]) -> None:
    member = a_member(TEAM, avatar_url="https://a.example/old.png")
    change, edited = edit_profile(member, profile, by(member))
    assert edited == replace(member, **fields, version=member.version + 1)  # type: ignore[arg-type]
    assert after(change) == edited
    assert len(change.deeds) == 1


@pytest.mark.parametrize("profile", [Profile(), Profile(name="Nora"), Profile(avatar_url=""), Profile("Nora", "")])
def test_case_124_setting_what_is_already_so_is_no_change(profile: Profile) -> None:
    member = a_member(TEAM, name="Nora")
    assert edit_profile(member, profile, by(member)) == (Change(), member)


@pytest.mark.parametrize(
    ("role", "status", "owns"),
    [
        (Role.OWNER, Status.ACTIVE, True),
        (Role.OWNER, Status.DEACTIVATED, False),
        (Role.ADMIN, Status.ACTIVE, False),
        (Role.MEMBER, Status.ACTIVE, False),
    ],
)
def test_case_133_only_active_owners_count_as_owners(role: Role, status: Status, *, owns: bool) -> None:
    assert a_member(TEAM, role=role, status=status).owns is owns


def test_what_the_audit_keeps_of_a_member_holds_no_credential() -> None:
    sessions = dict([a_session()])
    member = an_owner(TEAM, password_hash="argon2id", sessions=sessions)
    assert not {"argon2id", *(session.hash for session in sessions.values())} & set(map(str, member.facts.values()))
