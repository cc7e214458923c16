"""Values and items: whatever is stored comes back the same, and the keys let nothing from outside add a part."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollcall.auth import secrets
from rollcall.domain import ids
from rollcall.domain.break_glass import BreakGlass, Codes
from rollcall.domain.changes import Letter
from rollcall.domain.events import Action, Deed, Event, Subject
from rollcall.domain.invitations import Delivery, Invitation, Inviter, State
from rollcall.domain.members import Member, PasswordLink, Pat, RoleSource, Session, Source, Status
from rollcall.domain.permissions import Role
from rollcall.domain.teams import ProductAccess, Settings, Team, TeamState
from rollcall.domain.times import from_epoch_ms
from rollcall.storage import keys
from rollcall.storage.break_glass import break_glass_of
from rollcall.storage.items import InvitationItem, LetterItem, MemberItem, TeamItem
from rollcall.storage.records import (
    event_item,
    letter_item,
    letter_of,
)
from rollcall.storage.values import (
    invitation_of,
    item_of,
    member_of,
    products_of,
    products_text,
    team_of,
)
from tests.values import NOW, a_member, a_pat, a_session, a_team, an_invitation, an_owner, by, new_id

if TYPE_CHECKING:
    from datetime import datetime

    from infra.local.edges import Json

MOMENTS = st.integers(1_700_000_000_000, 4_000_000_000_000).map(from_epoch_ms)
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=40)
PRODUCT = st.from_regex(r"[a-z][a-z0-9-]{1,31}", fullmatch=True)
ACCESS = st.one_of(st.just(ProductAccess()), st.frozensets(PRODUCT, max_size=5).map(ProductAccess))
NUMBERS = st.integers(0, 10**9)
HASHES = st.binary(min_size=1, max_size=20).map(lambda raw: secrets.digest(raw.hex()))


def ids_of(prefix: str) -> st.SearchStrategy[str]:
    return st.builds(ids.make, st.just(prefix), MOMENTS, st.binary(min_size=10, max_size=10))


SESSIONS = st.builds(Session, ids_of("ses"), HASHES, MOMENTS, MOMENTS, st.sampled_from(["password", "sso"]))
PATS = st.builds(Pat, ids_of("pat"), HASHES, st.none() | MOMENTS)
TEAMS = ids_of("team").flatmap(lambda team_id: st.builds(
    Team,
    id=st.just(team_id),
    slug=PRODUCT,
    name=TEXT,
    created_at=st.just(ids.made_at(team_id)),
    products=st.dictionaries(PRODUCT, TEXT, max_size=4),
    settings=st.builds(
        Settings, NUMBERS, st.booleans(), st.none() | NUMBERS, NUMBERS, NUMBERS, NUMBERS, NUMBERS
    ),
    state=st.sampled_from(TeamState),
    sso_enforced=st.booleans(),
    sso_available=st.booleans(),
    scim_enabled=st.booleans(),
    version=NUMBERS,
))  # fmt: skip
MEMBERS = ids_of("mem").flatmap(lambda member_id: st.builds(
    Member,
    id=st.just(member_id),
    team_id=ids_of("team"),
    email=TEXT,
    email_key=TEXT,
    name=TEXT,
    role=st.sampled_from(Role),
    role_source=st.sampled_from(RoleSource),
    source=st.sampled_from(Source),
    created_at=st.just(ids.made_at(member_id)),
    products=ACCESS,
    status=st.sampled_from(Status),
    avatar_url=st.none() | TEXT,
    email_verified=st.booleans(),
    version=NUMBERS,
    epoch=NUMBERS,
    block=st.integers(0, 99_999),
    password_hash=st.none() | TEXT,
    password_link=st.builds(PasswordLink, NUMBERS, st.none() | MOMENTS),
    sessions=st.lists(SESSIONS, max_size=3).map(lambda held: {secrets.map_key(s.hash): s for s in held}),
    pats=st.lists(PATS, max_size=3).map(lambda held: {secrets.map_key(p.hash): p for p in held}),
))  # fmt: skip
INVITATIONS = ids_of("inv").flatmap(lambda invitation_id: st.builds(
    Invitation,
    id=st.just(invitation_id),
    team_id=ids_of("team"),
    email=TEXT,
    email_key=TEXT,
    role=st.sampled_from(Role),
    products=ACCESS,
    send_password_email=st.booleans(),
    inviter=st.builds(Inviter, ids_of("mem"), TEXT, TEXT),
    sent_at=MOMENTS,
    expires_at=MOMENTS,
    created_at=st.just(ids.made_at(invitation_id)),
    state=st.sampled_from(State),
    generation=NUMBERS,
    version=NUMBERS,
    delivery=st.sampled_from(Delivery),
    message=st.none() | TEXT,
    resent_at=st.none() | MOMENTS,
))  # fmt: skip


BREAK_GLASS = st.builds(
    BreakGlass,
    team_id=ids_of("team"),
    codes=st.dictionaries(
        ids_of("mem"), st.builds(Codes, MOMENTS, st.lists(HASHES, max_size=10).map(tuple)), max_size=3
    ),
    version=NUMBERS,
)


def wire(value: Team | Member | Invitation | BreakGlass) -> Json:
    """Return the item as it lies in the table."""
    return item_of(value).serialize()


@given(TEAMS)
def test_a_team_comes_back_as_it_was_stored(team: Team) -> None:
    assert team_of(TeamItem.from_raw_data(wire(team))) == team


@given(MEMBERS)
def test_a_member_comes_back_as_they_were_stored(member: Member) -> None:
    assert member_of(MemberItem.from_raw_data(wire(member)), member.team_id) == member


@given(INVITATIONS)
def test_an_invitation_comes_back_as_it_was_stored(invitation: Invitation) -> None:
    assert invitation_of(InvitationItem.from_raw_data(wire(invitation)), invitation.team_id) == invitation


@given(BREAK_GLASS)
def test_break_glass_codes_come_back_as_they_were_stored(held: BreakGlass) -> None:
    assert break_glass_of(wire(held), held.team_id) == held


@given(ACCESS)
def test_product_access_is_read_as_it_was_written_and_a_key_is_found_whole(access: ProductAccess) -> None:
    text = products_text(access)
    assert products_of(text) == access
    held = access.only or frozenset()
    for key in held:
        assert f",{key}," in text
        assert key[:-1] in held or f",{key[:-1]}," not in text


def test_a_letter_comes_back_as_the_decision_wrote_it() -> None:
    letter = Letter(new_id("let"), "invitation", new_id("team"), new_id("inv"), 3, NOW, {"line": "Grüße"})
    item = LetterItem.from_raw_data(letter_item(letter).serialize())
    assert letter_of(item, NOW) == letter
    assert (item.state, item.tries) == ("new", 0)


def test_case_265_a_team_stored_before_a_setting_existed_has_its_default() -> None:
    stored = wire(a_team(settings=Settings(invitation_expiry_days=3)))
    stored["set"] = {"S": json.dumps({"invitation_expiry_days": 3, "unheard_of": True})}
    assert team_of(TeamItem.from_raw_data(stored)).settings == Settings(invitation_expiry_days=3)


def test_case_265_an_attribute_that_only_a_newer_version_knows_is_no_obstacle() -> None:
    team, owner = a_team(), an_owner(a_team())
    newer = {"newer": {"S": "?"}}
    assert team_of(TeamItem.from_raw_data({**wire(team), **newer})) == team
    assert member_of(MemberItem.from_raw_data({**wire(owner), **newer}), owner.team_id) == owner


def test_case_275_an_invitation_without_its_deadline_is_dead() -> None:
    stored = wire(an_invitation(a_team(), an_owner(a_team())))
    del stored["x"]
    assert invitation_of(InvitationItem.from_raw_data(stored), new_id("team")).state_at(NOW) is State.EXPIRED


@pytest.mark.parametrize("state", list(State))
def test_only_pending_invitations_wait_in_the_index_and_closed_ones_leave_the_open_ones(state: State) -> None:
    stored = wire(an_invitation(a_team(), an_owner(a_team()), state=state))
    assert ("XP" in stored, "XS" in stored) == (state is State.PENDING,) * 2
    assert stored["PK"]["S"].startswith("I#") == (state in {State.PENDING, State.EXPIRED})


def test_a_member_with_every_credential_is_read_for_two_units() -> None:
    """Twenty sessions and twenty tokens: the item stays below 8 KB, whatever is added to it."""
    sessions, pats = dict(a_session() for _ in range(20)), dict(a_pat(NOW) for _ in range(20))
    stored = wire(a_member(a_team(), sessions=sessions, pats=pats, name="n" * 100, avatar_url="a" * 500))
    assert len(json.dumps(stored)) < 8 * 1024


def test_an_event_tells_who_what_to_whom_when_and_from_where() -> None:
    owner = an_owner(a_team())
    deed = Deed(Action.TEAM_CREATED, by(owner), Subject("team", owner.team_id, "Grüße"), {"a": 1}, {"a": 2})
    told = json.loads(event_item(Event(new_id("evt"), deed, NOW, "192.0.2.1", "request-1")).text)
    assert told["actor"] == {
        "id": owner.id,
        "email": owner.email,
        "role": "owner",
        "credential": {"kind": "pat", "id": None},
    }
    assert told["target"] == {"type": "team", "id": owner.team_id, "label": "Grüße"}
    assert (told["before"], told["after"], told["at"]) == ({"a": 1}, {"a": 2}, "2026-11-21T12:00:00.123Z")
    assert (told["address"], told["request_id"]) == ("192.0.2.1", "request-1")


# ---------------------------------------------------------------- keys


@given(st.text(max_size=30), st.text(max_size=30))
def test_case_173_what_comes_from_outside_adds_no_part_to_a_key(one: str, other: str) -> None:
    team = new_id("team")
    assert (keys.claim("email", team, one) == keys.claim("email", team, other)) == (one == other)
    for key in (keys.idempotency(team, one, other, one), keys.throttle("link", one, 1)):
        assert one not in key.pk.split("#")[1:] or one.isalnum()
    assert keys.idempotency(team, one, other, "") != keys.idempotency(team, other + "x", one, "")


@given(st.text(max_size=10), st.text(max_size=10), st.text(max_size=10))
def test_case_191_idempotency_records_of_two_teams_actors_or_routes_never_meet(one: str, two: str, key: str) -> None:
    mine, theirs = new_id("team"), new_id("team")
    assert keys.idempotency(mine, "mem", one, key) != keys.idempotency(theirs, "mem", one, key)
    assert (keys.idempotency(mine, one, "r", key) == keys.idempotency(mine, two, "r", key)) == (one == two)
    assert (keys.idempotency(mine, "m", one, key) == keys.idempotency(mine, "m", two, key)) == (one == two)


def test_case_192_every_key_of_a_teams_things_has_the_team_in_it() -> None:
    team, other, any_id = new_id("team"), new_id("team"), new_id("mem")
    for make in (
        keys.team,
        keys.owners,
        keys.open_blocks,
        lambda t: keys.member(t, any_id),
        lambda t: keys.claim("email", t, "a@example.com"),
        lambda t: keys.invitation(t, any_id),
        lambda t: keys.invitation(t, any_id, closed=True),
        lambda t: keys.header(t, 0, 0),
        lambda t: keys.row(t, 0, any_id),
        lambda t: keys.event(t, any_id),
    ):
        assert ids.code(team) in make(team).pk
        assert make(team) != make(other)


@given(ids_of("inv"), MOMENTS, st.integers(1, 10**8))
def test_what_falls_due_sorts_by_its_time_within_a_shard(an_id: str, at: datetime, later: int) -> None:
    first, second = (keys.expiry("X", moment, an_id) for moment in (at, at + timedelta(milliseconds=later)))
    assert first.sk < second.sk
    assert 0 <= keys.shard_of(an_id) < keys.EXPIRY_SHARDS
