"""Personal access tokens as pure decisions: age, number, names, and what a token is told to be (C4)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from rollcall.domain import tokens
from rollcall.domain.changes import Change, Created, Updated
from rollcall.domain.errors import Conflict, Invalid, TokenLimit
from rollcall.domain.events import Action
from rollcall.domain.teams import Settings
from rollcall.domain.tokens import Made, Token, TokenState
from tests.values import DAY, MILLISECOND, NOW, a_member, a_pat, a_team, by, new_id

if TYPE_CHECKING:
    from datetime import datetime

    from rollcall.domain.members import Member, Pat

TEAM = a_team()
FREE = Settings()
NINETY = Settings(token_max_age_days=90)


def holding(*pats: tuple[str, Pat]) -> Member:
    return a_member(TEAM, pats=dict(pats))


def token_of(member: Member, pat: Pat, **more: object) -> Token:
    plain = Token(pat.id, TEAM.id, member.id, "ci", "wxyz", pat.hash, pat.expires_at)
    return replace(plain, **more)  # type: ignore[arg-type]


# ---------------------------------------------------------------- age


@pytest.mark.parametrize(("settings", "expires_at"), [
    (FREE, NOW),
    (FREE, NOW - MILLISECOND),
    (FREE, NOW - 400 * DAY),
    (NINETY, None),
    (NINETY, NOW + 90 * DAY + MILLISECOND),
    (NINETY, NOW + 91 * DAY),
])  # fmt: skip
def test_case_049_a_token_dead_at_birth_or_too_long_alive_is_refused(
    settings: Settings, expires_at: datetime | None
) -> None:
    with pytest.raises(Invalid) as refused:
        tokens.check_age(expires_at, settings, NOW)
    assert [flaw.pointer for flaw in refused.value.flaws] == ["/expires_at"]


@pytest.mark.parametrize(("settings", "expires_at"), [
    (FREE, None),
    (FREE, NOW + MILLISECOND),
    (FREE, NOW + 9999 * DAY),
    (NINETY, NOW + MILLISECOND),
    (NINETY, NOW + 90 * DAY),
])  # fmt: skip
def test_case_049_every_age_within_the_teams_limit_is_allowed(settings: Settings, expires_at: datetime | None) -> None:
    tokens.check_age(expires_at, settings, NOW)


def issued_to(member: Member, key: str, pat: Pat, settings: Settings) -> Change:
    return tokens.issue(member, Made(token_of(member, pat), key, new_id("let")), by(member), settings, NOW)


# ---------------------------------------------------------------- number


@pytest.mark.parametrize(("live", "limit", "allowed"), [
    (0, 1, True), (1, 1, False), (4, 5, True), (5, 5, False), (5, 2, False), (2, 2, False), (1, 2, True),
])  # fmt: skip
def test_case_051_live_tokens_never_exceed_the_limit(live: int, limit: int, allowed: bool) -> None:
    member = holding(*(a_pat(NOW + DAY) for _ in range(live)))
    key, pat = a_pat()
    made = token_of(member, pat)
    settings = Settings(tokens_max_per_member=limit)
    if not allowed:
        with pytest.raises(TokenLimit):
            tokens.issue(member, Made(made, key, new_id("let")), by(member), settings, NOW)
        return
    change = tokens.issue(member, Made(made, key, new_id("let")), by(member), settings, NOW)
    step, created = change.steps
    assert isinstance(step, Updated)
    assert created == Created(made)
    assert step.caps == (("pats", limit),)
    assert (len(step.after.pats), step.after.pats[key]) == (live + 1, pat)  # type: ignore[union-attr]


def test_case_051_an_expired_one_makes_room_at_its_very_moment() -> None:
    dead, alive, new = a_pat(NOW), a_pat(NOW + MILLISECOND), a_pat()
    member = holding(dead, alive)
    change = issued_to(member, *new, Settings(tokens_max_per_member=2))
    (step, _) = change.steps
    assert isinstance(step, Updated)
    assert set(step.after.pats) == {alive[0], new[0]}  # type: ignore[union-attr]


def test_case_056_a_token_stores_no_role_and_the_audit_neither_secret_nor_hash() -> None:
    member = holding()
    key, pat = a_pat(NOW + DAY)
    made = token_of(member, pat)
    (deed,) = tokens.issue(member, Made(made, key, new_id("let")), by(member), FREE, NOW).deeds
    assert (deed.action, deed.before, deed.after) == (Action.TOKEN_ISSUED, None, made.facts)
    assert set(made.facts) == {"name", "last4", "expires_at", "member"}
    assert "role" not in Token.__slots__


# ---------------------------------------------------------------- rename, revoke, state


def test_a_token_gets_another_name_and_the_same_name_is_no_change() -> None:
    key, pat = a_pat()
    member = holding((key, pat))
    before = token_of(member, pat)
    change, after = tokens.rename(before, "deploy", by(member))
    assert (change.steps, after.name) == ((Updated(before, after),), "deploy")
    assert [(deed.before, deed.after) for deed in change.deeds] == [({"name": "ci"}, {"name": "deploy"})]
    assert tokens.rename(after, "deploy", by(member)) == (Change(), after)


def test_a_revoked_token_keeps_its_name() -> None:
    _, pat = a_pat()
    member = holding()
    with pytest.raises(Conflict):
        tokens.rename(token_of(member, pat, revoked_at=NOW), "deploy", by(member))


def test_revoking_takes_one_token_and_leaves_the_others() -> None:
    (key, pat), other = a_pat(), a_pat()
    member = holding((key, pat), other)
    token = token_of(member, pat)
    change = tokens.revoke(member, token, by(member), NOW)
    assert change.steps == (
        Updated(member, replace(member, pats=dict([other]))),
        Updated(token, replace(token, revoked_at=NOW)),
    )
    assert [(deed.action, deed.subject.id) for deed in change.deeds] == [(Action.TOKEN_REVOKED, token.id)]


@pytest.mark.parametrize("revoked_at", [NOW, None], ids=["one by one", "with all others"])
def test_revoking_what_is_revoked_is_no_change(revoked_at: datetime | None) -> None:
    _, pat = a_pat()
    member = holding(a_pat())
    assert tokens.revoke(member, token_of(member, pat, revoked_at=revoked_at), by(member), NOW) == Change()


@pytest.mark.parametrize(("expires_at", "held", "revoked_at", "state"), [
    (None, True, None, TokenState.ACTIVE),
    (NOW + MILLISECOND, True, None, TokenState.ACTIVE),
    (NOW, True, None, TokenState.EXPIRED),
    (NOW, False, None, TokenState.EXPIRED),
    (NOW, False, NOW, TokenState.REVOKED),
    (None, False, NOW, TokenState.REVOKED),
    (None, False, None, TokenState.REVOKED),
    (NOW + DAY, False, None, TokenState.REVOKED),
])  # fmt: skip
def test_a_token_is_told_to_be_what_it_is_at_its_use(
    expires_at: datetime | None, held: bool, revoked_at: datetime | None, state: TokenState
) -> None:
    """I6: also those that were cut all together, which no write of their own marks."""
    key, pat = a_pat(expires_at)
    member = holding((key, pat)) if held else holding()
    assert tokens.state(token_of(member, pat, revoked_at=revoked_at), member, FREE, NOW) is state
