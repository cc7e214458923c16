"""What a sign-in through a provider rests on when it is committed: who was removed at that moment does not join."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from rollcall.domain import membership, sso
from rollcall.domain.errors import SsoFailed, Stale
from rollcall.domain.permissions import Role
from rollcall.domain.sso import Entry
from rollcall.domain.sso_connections import Provider, SsoConnection
from rollcall.domain.sso_proofs import Proof, subject_of
from rollcall.domain.teams import Settings
from tests.values import (
    NOW,
    a_member,
    a_session,
    a_stored_team,
    a_team,
    an_owner,
    by,
    frozen,
    new_id,
    stored_member,
    updated,
    write,
)

if TYPE_CHECKING:
    from tests.kit import World

TEAM = a_team(settings=Settings(jit=True))
OWNER = an_owner(TEAM)
CONNECTION = SsoConnection(
    new_id("idp"), TEAM.id, Provider.OIDC, "SSO", "https://idp.example.com", "us", "groups", "sub", Role.OWNER
)
YEAR = timedelta(days=366)


def proof(email: str = "nora@example.com", subject: str = "1") -> Proof:
    return Proof(CONNECTION, subject_of(CONNECTION, subject), None, email, email, proven=True, name="Nora")


@pytest.mark.parametrize("known_by", ["address", "subject"])
def test_who_was_removed_while_they_came_back_does_not_join(table: World, known_by: str) -> None:
    """The decision had read that nobody was; the note of the removal stands against it, for a year."""
    gone = a_member(TEAM, email="nora@example.com", email_key="nora@example.com")
    gone = replace(gone, subjects={CONNECTION.id: proof().subject})
    a_stored_team(gone, team=TEAM, owner=OWNER)
    coming = proof(subject="2") if known_by == "address" else proof("other@example.com")
    change, joined = sso.join(new_id("mem"), 0, coming, Entry(*a_session()), TEAM, None, NOW)
    write(membership.remove(gone, (), by(OWNER), NOW))
    before = frozen(table)
    with pytest.raises(Stale):
        write(change)
    assert frozen(table) == before
    later, joined = sso.join(new_id("mem"), 0, coming, Entry(*a_session()), TEAM, None, NOW + YEAR)
    write(later)
    assert stored_member(joined)


def test_a_nonce_is_spent_once(table: World) -> None:
    a_stored_team(team=TEAM, owner=OWNER)
    for number in range(2):
        change, joined = sso.join(
            new_id("mem"), 0, proof(f"n{number}@example.com", str(number)), Entry(*a_session()), TEAM, None, NOW
        )
        both = replace(change, claims=(*change.claims, sso.spend("nonce", joined, NOW)))
        if not number:
            write(both)
            continue
        before = frozen(table)
        with pytest.raises(SsoFailed):
            write(both)
        assert frozen(table) == before


def test_a_first_proof_takes_what_was_added_after_its_reading(table: World) -> None:
    """Case 036: also where it finds credentials, and puts its own session in their place."""
    del table
    member = a_member(TEAM, email="nora@example.com", email_key="nora@example.com", email_verified=False)
    old, fresh = a_session(), a_session()
    member = replace(member, sessions=dict([old]), password_hash="set by somebody")
    a_stored_team(member, team=TEAM, owner=OWNER)
    change, after = sso.sign_in(member, proof(), Entry(*fresh), TEAM, None, NOW, own=False)
    late = a_session()
    write(updated(member, replace(member, sessions=dict([old, late]))))
    write(change)
    stored = stored_member(member)
    assert stored == after
    assert (list(stored.sessions), stored.password_hash, stored.email_verified) == ([fresh[0]], None, True)
