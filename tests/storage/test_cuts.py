"""Cutting credentials off by a reading that is out of date: what came meanwhile goes too, what ended stays ended."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from rollcall.domain import credentials, members, membership
from rollcall.domain.changes import Change, Updated
from rollcall.domain.errors import Stale
from tests.values import (
    NOW,
    a_member,
    a_pat,
    a_session,
    a_stored_team,
    a_team,
    an_owner,
    by,
    new_id,
    stored_member,
    write,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from rollcall.domain.members import Member
    from tests.kit import World

TEAM = a_team()
OWNER = an_owner(TEAM)
CUTS: dict[str, tuple[Callable[[Member], Change], set[str]]] = {
    "password changed": (lambda m: credentials.change_password(m, "new", by(OWNER), new_id("let"), NOW), {"sessions"}),
    "password set by link": (
        lambda m: members.set_password(replace(m, email_verified=True), "new", by(OWNER), new_id("let"), NOW),
        {"sessions"},
    ),
    "first password set by link": (
        lambda m: members.set_password(m, "new", by(OWNER), new_id("let"), NOW),
        {"sessions", "pats"},
    ),
    "deactivated": (lambda m: membership.deactivate(m, by(OWNER))[0], {"sessions", "pats"}),
    "sessions revoked": (lambda m: membership.revoke_sessions(m, by(OWNER))[0], {"sessions"}),
    "tokens revoked": (lambda m: membership.revoke_tokens(m, by(OWNER))[0], {"pats"}),
}


def later(member: Member) -> Member:
    """Add a session and a token, as a sign-in and an issue do that were read before."""
    (session_key, session), (pat_key, pat) = a_session(), a_pat()
    with_both = replace(member, sessions={**member.sessions, session_key: session}, pats={**member.pats, pat_key: pat})
    write(Change((Updated(member, with_both),)))
    return with_both


def now_stored(member: Member) -> Member:
    held = stored_member(member)
    assert held
    return held


@pytest.mark.parametrize("holds", [False, True], ids=["had none", "had some"])
@pytest.mark.parametrize("cut", CUTS)
def test_case_020_235_236_a_cut_takes_what_was_added_after_its_reading(table: World, cut: str, *, holds: bool) -> None:
    del table
    member = a_member(TEAM, password_hash="old")
    a_stored_team(member, team=TEAM, owner=OWNER)
    read = later(member) if holds else member
    then = later(read)
    change, goes = CUTS[cut]
    write(change(read))
    goes = goes if change(read).steps else set()
    after = now_stored(member)
    assert after.sessions == ({} if "sessions" in goes else then.sessions)
    assert after.pats == ({} if "pats" in goes else then.pats)


def test_case_058_nothing_that_lay_there_comes_back_with_a_reactivation(table: World) -> None:
    del table
    member = a_member(TEAM)
    a_stored_team(member, team=TEAM, owner=OWNER)
    write(membership.deactivate(member, by(OWNER))[0])
    asleep = now_stored(member)
    back = replace(asleep, sessions=dict([a_session()]), pats=dict([a_pat()]), version=asleep.version + 1)
    write(Change((Updated(asleep, back),)))
    write(membership.reactivate(replace(asleep, version=back.version), by(OWNER))[0])
    after = now_stored(member)
    assert (after.is_active, after.sessions, after.pats) == (True, {}, {})


def test_case_069_a_change_of_password_brings_no_session_back_that_was_signed_out_meanwhile(table: World) -> None:
    del table
    a_stored_team(team=TEAM, owner=OWNER)
    (key, mine), (other_key, other) = a_session(), a_session()
    read = replace(OWNER, sessions={key: mine, other_key: other})
    write(Change((Updated(OWNER, read),)))
    write(credentials.end_session(read, mine.id, by(OWNER)))
    changed = credentials.change_password(read, "new", replace(by(OWNER), credential_id=mine.id), new_id("let"), NOW)
    with pytest.raises(Stale):
        write(changed)
    assert now_stored(OWNER).sessions == {other_key: other}
