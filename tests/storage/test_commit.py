"""Every condition of a transaction: what it refuses, as what, and that nothing at all is written then."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from rollcall.domain import errors
from rollcall.domain.changes import Change, Claim, Covered, Created, Letter, Updated
from rollcall.domain.errors import LastOwner, NotCovered, RollcallError, SlugTaken, Stale
from rollcall.domain.events import Action, Deed, Event, Subject
from rollcall.domain.founding import SLUG
from rollcall.domain.invitations import EMAIL, Invitation, State
from rollcall.domain.members import Member, Status
from rollcall.domain.permissions import Role
from rollcall.domain.times import epoch_ms
from rollcall.storage import keys
from rollcall.storage.commit import commit
from rollcall.storage.items import RecordItem
from tests.values import (
    DAY,
    NOW,
    a_member,
    a_session,
    a_stored_team,
    a_team,
    accepting,
    added,
    an_invitation,
    an_owner,
    by,
    deactivated,
    founding,
    frozen,
    holder_of,
    inviting,
    joining,
    new_id,
    poke,
    stored_invitation,
    stored_member,
    stored_team,
    updated,
    with_role,
    write,
)

if TYPE_CHECKING:
    from rollcall.domain.teams import Team
    from tests.kit import World

TEAM = a_team()
OWNER = an_owner(TEAM)


@pytest.fixture(autouse=True)
def _founded(table: World) -> None:
    del table
    a_stored_team(team=TEAM, owner=OWNER)


def refused(table: World, change: Change, kind: type[RollcallError], record: RecordItem | None = None) -> RollcallError:
    """Commit what must fail; return the error, and see that the table is as it was."""
    before = frozen(table)
    with pytest.raises(kind) as failed:
        write(change, record)
    assert frozen(table) == before
    assert type(failed.value) is kind
    return failed.value


def stored(invitation: Invitation) -> Invitation:
    write(inviting(invitation, OWNER))
    return invitation


# ---------------------------------------------------------------- values


@pytest.mark.parametrize("kind", ["team", "member", "invitation"])
def test_nothing_is_created_over_what_is_there(table: World, kind: str) -> None:
    invitation = stored(an_invitation(TEAM, OWNER))
    there: dict[str, Team | Member | Invitation] = {"team": TEAM, "member": OWNER, "invitation": invitation}
    value = there[kind]
    refused(table, Change((Created(value),)), Stale)


def test_a_member_is_changed_only_as_they_were_read(table: World) -> None:
    member = a_member(TEAM)
    write(added(member))
    write(updated(member, replace(member, name="First", version=2)))
    refused(table, updated(member, replace(member, name="Second", version=2)), Stale)


def test_a_team_is_changed_only_as_it_was_read(table: World) -> None:
    write(updated(TEAM, replace(TEAM, name="First", version=2)))
    refused(table, updated(TEAM, replace(TEAM, name="Second", version=2)), Stale)
    held = stored_team(TEAM)
    assert held
    assert held.name == "First"


def test_an_invitation_is_changed_only_as_it_was_read(table: World) -> None:
    invitation = stored(an_invitation(TEAM, OWNER))
    write(updated(invitation, replace(invitation, generation=2, version=2)))
    refused(table, updated(invitation, replace(invitation, generation=2, version=2)), Stale)


def test_an_invitation_is_closed_only_as_it_was_read(table: World) -> None:
    invitation = stored(an_invitation(TEAM, OWNER))
    write(updated(invitation, replace(invitation, generation=2, version=2)))
    refused(table, updated(invitation, replace(invitation, state=State.REVOKED, version=2)), Stale)


def test_a_closed_invitation_lies_in_one_place_only(table: World) -> None:
    invitation = stored(an_invitation(TEAM, OWNER))
    closed = replace(invitation, state=State.REVOKED, version=2)
    write(updated(invitation, closed))
    assert stored_invitation(invitation) == closed
    assert (
        len([item for item in table.items("I") if item["SK"]["S"] == keys.invitation(TEAM.id, invitation.id).sk]) == 1
    )


def test_what_is_gone_is_not_changed_back_into_being(table: World) -> None:
    ghost = a_member(TEAM)
    refused(table, updated(ghost, replace(ghost, name="Ghost", version=2)), Stale)
    nobody = an_invitation(TEAM, OWNER)
    refused(table, updated(nobody, replace(nobody, generation=2, version=2)), Stale)
    nothing = a_team()
    refused(table, updated(nothing, replace(nothing, name="Nothing", version=2)), Stale)


def test_a_member_without_a_roster_row_is_not_given_half_a_one(table: World) -> None:
    member = a_member(TEAM)
    write(added(member))
    elsewhere = replace(member, block=7)
    refused(table, updated(elsewhere, replace(elsewhere, name="Elsewhere", version=2)), Stale)


# ---------------------------------------------------------------- claims


def test_case_100_an_address_that_is_invited_names_the_invitation(table: World) -> None:
    first = stored(an_invitation(TEAM, OWNER))
    again = an_invitation(TEAM, OWNER, email_key=first.email_key)
    error = refused(table, inviting(again, OWNER), errors.AlreadyInvited)
    assert error.extra == {"invitation": first.id}


def test_case_100_an_address_of_a_member_names_the_member(table: World) -> None:
    invitation = an_invitation(TEAM, OWNER, email_key=OWNER.email_key)
    error = refused(table, inviting(invitation, OWNER), errors.MemberExists)
    assert error.extra == {"member": OWNER.id}


def test_a_slug_belongs_to_one_team(table: World) -> None:
    rival = a_team(slug=TEAM.slug)
    refused(table, founding(rival, an_owner(rival)), SlugTaken)
    assert stored_team(rival) is None


def test_the_same_address_is_free_in_another_team(table: World) -> None:
    other = a_team()
    write(founding(other, an_owner(other, email_key=OWNER.email_key)))
    assert holder_of(TEAM, OWNER.email_key) == OWNER.id
    assert len(table.items("U#")) == 2


def test_a_claim_passes_only_from_its_holder(table: World) -> None:
    invitation = stored(an_invitation(TEAM, OWNER))
    thief = Claim(EMAIL, TEAM.id, invitation.email_key, new_id("inv"), new_id("mem"))
    refused(table, Change(claims=(thief,)), errors.AlreadyInvited)
    refused(table, Change(claims=(replace(thief, after=None),)), Stale)
    write(Change(claims=(replace(thief, before=invitation.id, after=None),)))
    assert holder_of(TEAM, invitation.email_key) is None


def test_a_claim_that_nobody_holds_passes_to_nobody(table: World) -> None:
    lost = Claim(SLUG, TEAM.id, "free-slug", new_id("team"), new_id("team"))
    refused(table, Change(claims=(lost,)), Stale)


def test_case_086_joining_hands_the_address_from_the_invitation_to_the_member(table: World) -> None:
    invitation = stored(an_invitation(TEAM, OWNER))
    member = joining(invitation)
    write(accepting(invitation, member))
    assert holder_of(TEAM, invitation.email_key) == member.id
    refused(table, accepting(invitation, joining(invitation)), Stale)


# ---------------------------------------------------------------- owners


@pytest.mark.parametrize("leave", [deactivated, lambda owner: with_role(owner, Role.ADMIN)])
def test_case_132_the_last_owner_stays(table: World, leave: object) -> None:
    assert callable(leave)
    refused(table, updated(OWNER, leave(OWNER)), LastOwner)


def test_case_133_a_deactivated_owner_does_not_count(table: World) -> None:
    second = an_owner(TEAM)
    write(added(second))
    write(updated(second, deactivated(second)))
    refused(table, updated(OWNER, with_role(OWNER, Role.MEMBER)), LastOwner)


def test_case_135_of_two_owners_who_demote_each_other_one_remains(table: World) -> None:
    second = an_owner(TEAM)
    write(added(second))
    write(updated(OWNER, with_role(OWNER, Role.ADMIN)))
    refused(table, updated(second, with_role(second, Role.ADMIN)), LastOwner)


def test_an_owner_who_is_missing_from_the_set_cannot_be_taken_out_of_it(table: World) -> None:
    write(added(an_owner(TEAM)))
    stranger = replace(a_member(TEAM), version=1)
    write(added(stranger))
    refused(table, updated(replace(stranger, role=Role.OWNER), with_role(stranger, Role.ADMIN)), LastOwner)


def test_the_set_of_owners_follows_promotion_demotion_deactivation_and_return(table: World) -> None:
    def owners() -> set[str]:
        return set(table.items(keys.owners(TEAM.id).pk)[0]["owners"]["SS"])

    member = a_member(TEAM)
    write(added(member))
    promoted = with_role(member, Role.OWNER)
    write(updated(member, promoted))
    assert owners() == {OWNER.id, member.id}
    write(updated(promoted, deactivated(promoted)))
    assert owners() == {OWNER.id}
    back = replace(deactivated(promoted), status=Status.ACTIVE, version=4)
    write(updated(deactivated(promoted), back))
    assert owners() == {OWNER.id, member.id}


# ---------------------------------------------------------------- rank that a change rests on


@pytest.mark.parametrize(("held", "needed"), [(h, n) for h in Role for n in Role])
def test_case_098_a_change_rests_on_a_rank_at_least_as_high(table: World, held: Role, needed: Role) -> None:
    inviter = a_member(TEAM, role=held)
    write(added(inviter))
    change = Change((Created(a_member(TEAM)), Covered(TEAM.id, inviter.id, needed)))
    if held.rank >= needed.rank:
        write(change)
    else:
        refused(table, change, NotCovered)


def test_case_098_nothing_rests_on_a_deactivated_or_a_missing_inviter(table: World) -> None:
    inviter = an_owner(TEAM)
    write(added(inviter))
    write(updated(inviter, deactivated(inviter)))
    for member_id in (inviter.id, new_id("mem")):
        refused(table, Change((Created(a_member(TEAM)), Covered(TEAM.id, member_id, Role.ADMIN))), NotCovered)


def test_a_stale_reading_is_read_again_before_anybody_is_told_that_the_rank_is_gone(table: World) -> None:
    inviter = a_member(TEAM)
    write(added(inviter))
    write(updated(OWNER, replace(OWNER, name="Renamed", version=2)))
    stale = Updated(OWNER, replace(OWNER, name="Other", version=2))
    refused(table, Change((stale, Covered(TEAM.id, inviter.id, Role.OWNER))), Stale)


# ---------------------------------------------------------------- credentials


def opening(member: Member, cap: int = 3) -> Change:
    """Return a change that adds a session to the member as they were read, dropping the oldest at the cap."""
    key, session = a_session()
    kept = dict(sorted(member.sessions.items(), key=lambda held: held[1].id)[-(cap - 1) :])
    return Change((Updated(member, replace(member, sessions={**kept, key: session}), caps=(("sessions", cap),)),))


def sessions_of(member: Member) -> int:
    held = stored_member(member)
    assert held
    return len(held.sessions)


def test_a_session_is_added_beside_another_that_came_meanwhile(table: World) -> None:
    del table
    write(opening(OWNER))
    write(opening(OWNER))
    assert sessions_of(OWNER) == 2


def test_case_235_no_session_is_added_behind_a_change_of_password(table: World) -> None:
    write(updated(OWNER, replace(OWNER, password_hash="new", epoch=2, version=2)))
    refused(table, opening(OWNER), Stale)


def test_case_235_no_session_is_added_to_a_member_who_was_deactivated(table: World) -> None:
    member = a_member(TEAM)
    write(added(member))
    write(updated(member, deactivated(member)))
    refused(table, opening(member), Stale)


def test_case_082_sessions_never_exceed_the_cap_however_old_the_reading(table: World) -> None:
    for _ in range(3):
        write(opening(OWNER))
    refused(table, opening(OWNER), Stale)
    now = stored_member(OWNER)
    assert now
    write(opening(now))
    assert sessions_of(OWNER) == 3


def test_case_082_two_sign_ins_that_drop_the_same_oldest_session_do_not_exceed_the_cap(table: World) -> None:
    for _ in range(3):
        write(opening(OWNER))
    full = stored_member(OWNER)
    assert full
    write(opening(full))
    refused(table, opening(full), Stale)
    assert sessions_of(OWNER) == 3


# ---------------------------------------------------------------- events, letters, the idempotency record


def test_case_285_an_event_is_put_once_and_never_over_another(table: World) -> None:
    deed = Deed(Action.TEAM_CREATED, by(OWNER), Subject("team", TEAM.id, TEAM.name), None, {"name": "true"})
    event = Event(new_id("evt"), deed, NOW, None, None)
    commit(Change(), [event])
    before = frozen(table)
    with pytest.raises(Stale):
        commit(Change(), [replace(event, deed=replace(deed, after={"name": "forged"}))])
    assert frozen(table) == before


def test_a_letter_is_put_once(table: World) -> None:
    letter = Letter(new_id("let"), "invitation", TEAM.id, new_id("inv"), 1, NOW, {})
    write(Change(letters=(letter,)))
    refused(table, Change(letters=(replace(letter, generation=2),)), Stale)


def record(status: int, made: int, expires: int) -> RecordItem:
    key = keys.idempotency(TEAM.id, OWNER.id, "POST /v1/invitations", "key")
    return RecordItem(*key, body_hash="h", status=status, answer=None, made_at=made, expires_at=expires)


@pytest.mark.parametrize(("later", "free"), [(-1, False), (0, True), (1, True)])
def test_case_217_an_idempotency_record_is_written_over_only_when_its_time_is_up(
    table: World, later: int, *, free: bool
) -> None:
    now, end = epoch_ms(NOW), epoch_ms(NOW + DAY)
    write(added(a_member(TEAM)), record(201, now, end))
    change = added(a_member(TEAM))
    again = record(202, end + later, end + epoch_ms(NOW + DAY))
    if free:
        write(change, again)
        assert [item["st"]["N"] for item in table.items("IDEM#")] == ["202"]
    else:
        refused(table, change, Stale, again)


# ---------------------------------------------------------------- together or not at all


def test_case_283_whichever_part_fails_nothing_is_written(table: World) -> None:
    """Each part of one change fails in turn, the others being good."""
    invitation = stored(an_invitation(TEAM, OWNER, role=Role.ADMIN))
    good = accepting(invitation, joining(invitation))
    used = Event(new_id("evt"), good.deeds[0], NOW, None, None)
    commit(Change(), [used])
    stale = replace(invitation, version=9)
    there = a_member(TEAM)
    write(added(there))
    wrong = [
        replace(good, steps=(Updated(stale, replace(stale, state=State.ACCEPTED, version=10)), *good.steps[1:])),
        replace(good, steps=(good.steps[0], Created(there), good.steps[2])),
        replace(good, steps=(*good.steps[:2], Covered(TEAM.id, new_id("mem"), Role.ADMIN))),
        replace(good, claims=(replace(good.claims[0], before=new_id("inv")),)),
    ]
    before = frozen(table)
    for change in wrong:
        with pytest.raises(RollcallError):
            write(change)
        assert frozen(table) == before
    with pytest.raises(Stale):
        commit(good, [used])
    assert frozen(table) == before
    write(good)
    assert stored_member(joining(invitation)) is None
    assert holder_of(TEAM, invitation.email_key) == good.claims[0].after


def test_case_253_the_reason_is_told_by_the_operation_that_failed(table: World) -> None:
    """A check, a delete, two puts and an update in one transaction: each failure is read at its own place."""
    invitation = stored(an_invitation(TEAM, OWNER))
    taken = stored(an_invitation(TEAM, OWNER))
    closing = Updated(invitation, replace(invitation, state=State.REVOKED, version=2))
    release = Claim(EMAIL, TEAM.id, invitation.email_key, invitation.id, None)
    demoting = Updated(OWNER, with_role(OWNER, Role.ADMIN))
    admin = a_member(TEAM, role=Role.ADMIN)
    write(added(admin))
    covered, uncovered = (Covered(TEAM.id, admin.id, role) for role in (Role.ADMIN, Role.OWNER))
    joins = a_member(TEAM, email_key=taken.email_key)
    address = Claim(EMAIL, TEAM.id, joins.email_key, None, joins.id)
    refused(table, Change((covered, closing, Created(joins)), (release, address)), errors.AlreadyInvited)
    refused(table, Change((covered, closing, Created(joins), demoting), (release,)), LastOwner)
    refused(table, Change((uncovered, closing, Created(joins)), (release,)), NotCovered)
    two = refused(table, Change((uncovered, closing, Created(joins), demoting), (release, address)), NotCovered)
    assert two.extra == {}
    write(Change((covered, closing, Created(joins)), (release,)))


def test_an_empty_change_writes_nothing(table: World) -> None:
    before = frozen(table)
    write(Change())
    assert frozen(table) == before


# ---------------------------------------------------------------- only what differs


@pytest.mark.parametrize("kind", ["team", "member", "invitation", "row"])
def test_case_265_what_an_update_does_not_name_survives_it(table: World, kind: str) -> None:
    """I24: an attribute that only a newer version of the service knows stays."""
    member = a_member(TEAM)
    write(added(member))
    invitation = stored(an_invitation(TEAM, OWNER))
    places = {
        "team": keys.team(TEAM.id),
        "member": keys.member(TEAM.id, member.id),
        "invitation": keys.invitation(TEAM.id, invitation.id),
        "row": keys.row(TEAM.id, 0, member.id),
    }
    poke(places[kind], "newer", {"S": "kept"})
    changes: dict[str, Team | Member | Invitation] = {"team": TEAM, "member": member, "invitation": invitation}
    before = changes.get(kind, member)
    after = replace(before, version=2, **({"name": "New"} if hasattr(before, "name") else {"generation": 2}))
    write(updated(before, after))
    (item,) = [item for item in table.items(places[kind].pk) if item["SK"]["S"] == places[kind].sk]
    assert item["newer"] == {"S": "kept"}


def test_case_239_a_change_of_name_does_not_write_role_or_credentials() -> None:
    """A stale copy cannot give an old role back: fields that do not differ are not written."""
    member = a_member(TEAM, role=Role.ADMIN, sessions=dict([a_session()]))
    write(added(member))
    poke(keys.member(TEAM.id, member.id), "r", {"S": "member"})
    write(opening(member, cap=20))
    write(updated(member, replace(member, name="New", version=2)))
    held = stored_member(member)
    assert held
    assert (held.name, held.role, len(held.sessions)) == ("New", Role.MEMBER, 2)


def test_clearing_a_field_removes_it(table: World) -> None:
    member = a_member(TEAM, avatar_url="https://a.example/n.png")
    write(added(member))
    write(updated(member, replace(member, avatar_url=None, version=2)))
    (item,) = table.items(keys.member(TEAM.id, member.id).pk)
    assert "a" not in item
