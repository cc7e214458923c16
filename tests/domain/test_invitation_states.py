"""The state table of invitations, cell by cell, and through the decisions that stand on it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollcall.domain import errors, invitations, renewals
from rollcall.domain.changes import Change, Covered, Created, Updated
from rollcall.domain.errors import RollcallError
from rollcall.domain.invitations import MOVES, OPEN, Delivery, Invitation, State, Verb, Via
from rollcall.domain.permissions import Role
from rollcall.domain.teams import Settings
from tests.values import DAY, MILLISECOND, NOW, a_member, a_team, an_invitation, an_owner, by, in_state, joining, new_id

if TYPE_CHECKING:
    from collections.abc import Callable

# What each verb does to an invitation in each state: the state that it leads to, or the error that it meets.
TABLE = """
          pending     expired           revoked           accepted        provisioned
accept    accepted    LinkExpired       LinkRevoked       LinkUsed        LinkUsed
resend    pending     pending           InvitationRevoked AlreadyAccepted AlreadyAccepted
copy      pending     InvitationExpired InvitationRevoked AlreadyAccepted AlreadyAccepted
edit      pending     InvitationExpired InvitationRevoked AlreadyAccepted AlreadyAccepted
revoke    revoked     revoked           revoked           AlreadyAccepted AlreadyAccepted
expire    Conflict    expired           Conflict          Conflict        Conflict
provision provisioned provisioned       InvitationRevoked AlreadyAccepted AlreadyAccepted
ask       StillValid  expired           LinkRevoked       LinkUsed        LinkUsed
"""
_STATES, *_ROWS = (line.split() for line in TABLE.strip().splitlines())
CELLS = [(state, row[0], cell) for row in _ROWS for state, cell in zip(_STATES, row[1:], strict=True)]

TEAM = a_team()
OWNER = an_owner(TEAM)


def pending(**fields: object) -> Invitation:
    return an_invitation(TEAM, OWNER, **fields)


def decide(verb: Verb, invitation: Invitation, now: datetime = NOW) -> Change:
    """Do to the invitation what the verb says."""
    decisions: dict[Verb, Callable[[], Change]] = {
        Verb.ACCEPT: lambda: invitations.accept(invitation, joining(invitation), Via.MAILED, now),
        Verb.RESEND: lambda: invitations.resend(invitation, TEAM, by(OWNER), new_id("let"), now)[0],
        Verb.COPY: lambda: invitations.copy_link(invitation, TEAM, by(OWNER), now)[0],
        Verb.EDIT: lambda: invitations.edit(
            invitation, Role.ADMIN, invitation.products, invitation.inviter, by(OWNER), now
        )[0],
        Verb.REVOKE: lambda: invitations.revoke(invitation, by(OWNER), now),
        Verb.EXPIRE: lambda: invitations.expire(invitation, by(OWNER), now),
        Verb.ASK: lambda: renewals.ask_again(invitation, new_id("let"), now),
    }
    return decisions[verb]()


def after(change: Change, before: Invitation) -> Invitation:
    """Return the invitation as the change leaves it."""
    updated = [step for step in change.steps if isinstance(step, Updated)]
    result = updated[0].after if updated else before
    assert isinstance(result, Invitation)
    return result


def test_the_table_has_a_cell_for_every_state_and_verb() -> None:
    assert {(State(state), Verb(verb)) for state, verb, _ in CELLS} == set(MOVES)
    assert len(CELLS) == len(State) * len(Verb)


@pytest.mark.parametrize(("state", "verb", "outcome"), CELLS)
def test_a_verb_leads_to_what_the_table_says(state: str, verb: str, outcome: str) -> None:
    invitation = in_state(pending(), State(state))
    if outcome in set(State):
        assert invitation.move(Verb(verb), NOW) is State(outcome)
        return
    with pytest.raises(RollcallError) as refused:
        invitation.move(Verb(verb), NOW)
    assert type(refused.value) is getattr(errors, outcome)


@pytest.mark.parametrize(("state", "verb", "outcome"), [cell for cell in CELLS if cell[1] != "provision"])
def test_a_decision_follows_the_table(state: str, verb: str, outcome: str) -> None:
    """The schedule alone says nothing where it has nothing to do: it looks at many and refuses none."""
    before = in_state(pending(), State(state))
    if outcome in set(State):
        assert after(decide(Verb(verb), before), before).state is State(outcome)
    elif verb == "expire" and state != "pending":
        assert decide(Verb(verb), before) == Change()
    else:
        with pytest.raises(getattr(errors, outcome)):
            decide(Verb(verb), before)


@pytest.mark.parametrize(("late", "state"), [(-1, State.PENDING), (0, State.EXPIRED), (1, State.EXPIRED)])
def test_case_275_the_deadline_itself_is_already_too_late(late: int, state: State) -> None:
    invitation = pending(expires_at=NOW)
    assert invitation.state_at(NOW + late * MILLISECOND) is state


@pytest.mark.parametrize("late", [-1, 0, 1])
def test_case_092_a_link_works_up_to_its_deadline_whether_or_not_the_schedule_ran(late: int) -> None:
    invitation, now = pending(expires_at=NOW), NOW + late * MILLISECOND
    if late < 0:
        invitations.check_link(invitation, 1, now)
        assert after(decide(Verb.ACCEPT, invitation, now), invitation).state is State.ACCEPTED
        return
    for shown in (invitation, replace(invitation, state=State.EXPIRED)):
        with pytest.raises(errors.LinkExpired):
            invitations.check_link(shown, 1, now)
        with pytest.raises(errors.LinkExpired):
            decide(Verb.ACCEPT, shown, now)


def test_the_schedule_cannot_expire_an_invitation_before_its_deadline() -> None:
    with pytest.raises(errors.Conflict):
        decide(Verb.EXPIRE, pending(expires_at=NOW + MILLISECOND))


@pytest.mark.parametrize("days", [1, 7, 30])
def test_case_279_resending_and_copying_are_activity_and_move_the_deadline(days: int) -> None:
    team = replace(TEAM, settings=Settings(invitation_expiry_days=days))
    old = pending(expires_at=NOW + MILLISECOND)
    _, resent = invitations.resend(old, team, by(OWNER), new_id("let"), NOW)
    _, copied = invitations.copy_link(old, team, by(OWNER), NOW)
    assert resent.expires_at == copied.expires_at == NOW + days * DAY


@pytest.mark.parametrize(
    "now",
    [
        datetime(2027, 3, 27, 1, 30, tzinfo=UTC),  # clocks go forward in Europe within the week
        datetime(2027, 10, 30, 1, 30, tzinfo=UTC),  # and back
        datetime(2027, 1, 31, 23, 59, 59, 999000, UTC),
        datetime(2028, 2, 28, 12, tzinfo=UTC),
        datetime(9998, 12, 31, tzinfo=UTC),
    ],
)
def test_case_275_a_deadline_is_so_many_times_24_hours_whatever_the_calendar_does(now: datetime) -> None:
    invitation = pending(expires_at=invitations.deadline(TEAM, now))
    last = now + timedelta(hours=7 * 24) - MILLISECOND
    assert (invitation.state_at(last), invitation.state_at(last + MILLISECOND)) == (State.PENDING, State.EXPIRED)


def test_case_093_a_resend_ends_older_links_and_keeps_role_products_and_address() -> None:
    before = pending(role=Role.ADMIN, delivery=Delivery.BOUNCED, message="Welcome")
    change, resent = invitations.resend(before, TEAM, by(OWNER), new_id("let"), NOW + DAY)
    assert (resent.generation, resent.version, resent.delivery) == (2, 2, Delivery.QUEUED)
    assert (resent.role, resent.products, resent.email_key) == (before.role, before.products, before.email_key)
    assert [letter.generation for letter in change.letters] == [2]
    invitations.check_link(resent, 2, NOW + DAY)
    with pytest.raises(errors.LinkReplaced):
        invitations.check_link(resent, 1, NOW + DAY)


def test_a_copied_link_is_of_the_same_generation_so_the_mailed_one_keeps_working() -> None:
    change, copied = invitations.copy_link(pending(), TEAM, by(OWNER), NOW)
    assert (copied.generation, copied.version) == (1, 2)
    assert change.letters == ()


def test_the_first_resend_is_never_refused_and_sixty_seconds_lie_between_two() -> None:
    _, once = invitations.resend(pending(sent_at=NOW), TEAM, by(OWNER), new_id("let"), NOW)
    with pytest.raises(errors.TooManyRequests) as refused:
        invitations.resend(once, TEAM, by(OWNER), new_id("let"), NOW + timedelta(seconds=60) - MILLISECOND)
    assert refused.value.retry_after == 1
    with pytest.raises(errors.TooManyRequests) as refused:
        invitations.resend(once, TEAM, by(OWNER), new_id("let"), NOW)
    assert refused.value.retry_after >= 60
    assert invitations.resend(once, TEAM, by(OWNER), new_id("let"), NOW + timedelta(seconds=60))[1].generation == 3


def test_case_094_an_expired_invitation_comes_back_by_resending_it() -> None:
    expired = pending(state=State.EXPIRED, expires_at=NOW - DAY)
    _, resent = invitations.resend(expired, TEAM, by(OWNER), new_id("let"), NOW)
    assert resent.state_at(NOW) is State.PENDING


def test_case_091_revoking_twice_is_no_second_change() -> None:
    before = pending()
    revoked = after(decide(Verb.REVOKE, before), before)
    assert revoked.version == 2
    assert decide(Verb.REVOKE, revoked) == Change()


def test_revoking_frees_the_address_and_expiring_does_not() -> None:
    invitation = pending()
    (claim,) = decide(Verb.REVOKE, invitation).claims
    assert (claim.value, claim.before, claim.after) == (invitation.email_key, invitation.id, None)
    assert decide(Verb.EXPIRE, replace(invitation, expires_at=NOW)).claims == ()


def test_inviting_again_over_an_expired_invitation_withdraws_it_in_the_same_step() -> None:
    old = pending(expires_at=NOW)
    new = pending(email=old.email, email_key=old.email_key)
    change = invitations.create(new, by(OWNER), new_id("let"), old)
    created, withdrawn = change.steps
    assert isinstance(created, Created)
    assert isinstance(withdrawn, Updated)
    assert isinstance(withdrawn.after, Invitation)
    assert (withdrawn.after.id, withdrawn.after.state) == (old.id, State.REVOKED)
    assert [(claim.before, claim.after) for claim in change.claims] == [(old.id, new.id)]
    assert len(change.deeds) == 1


@pytest.mark.parametrize(("role", "rests"), [(Role.MEMBER, False), (Role.ADMIN, True), (Role.OWNER, True)])
def test_case_098_joining_above_a_plain_member_rests_on_the_inviters_rank(role: Role, *, rests: bool) -> None:
    invitation = pending(role=role)
    covered = [step for step in decide(Verb.ACCEPT, invitation).steps if isinstance(step, Covered)]
    assert covered == ([Covered(TEAM.id, OWNER.id, role)] if rests else [])


def test_accepting_moves_the_address_from_invitation_to_member_with_one_event_that_names_the_inviter() -> None:
    invitation = pending()
    member = joining(invitation)
    change = invitations.accept(invitation, member, Via.COPIED, NOW)
    assert [(claim.before, claim.after) for claim in change.claims] == [(invitation.id, member.id)]
    (deed,) = change.deeds
    assert deed.after is not None
    assert (deed.after["via"], deed.after["invited_by"]) == ("copied_link", OWNER.email)


def test_the_letter_of_an_invitation_holds_no_link() -> None:
    (letter,) = invitations.create(pending(), by(OWNER), new_id("let"), None).letters
    assert (letter.kind, letter.generation, letter.fields) == ("invitation", 1, {})


MOVES_IN_TIME = st.lists(
    st.tuples(st.sampled_from([verb for verb in Verb if verb is not Verb.PROVISION]), st.integers(0, 9 * 24)),
    max_size=8,
)


@given(MOVES_IN_TIME)
def test_in_any_history_versions_rise_by_one_closed_ones_stay_closed_and_only_resending_revives(
    history: list[tuple[Verb, int]],
) -> None:
    invitation, now = pending(), NOW
    for verb, hours in history:
        now += timedelta(hours=hours, seconds=61)
        before = invitation
        try:
            change = decide(verb, before, now)
        except RollcallError:
            continue
        invitation = after(change, before)
        if change == Change():
            assert invitation is before
            continue
        assert invitation.version == before.version + 1
        assert len(change.deeds) == 1
        assert before.state_at(now) in OPEN
        assert invitation.generation == before.generation + (verb is Verb.RESEND)
        revived = before.state_at(now) is State.EXPIRED and invitation.state_at(now) is State.PENDING
        assert not revived or verb is Verb.RESEND


def test_a_member_who_invites_is_named_as_they_were_then() -> None:
    inviter = a_member(TEAM, name="Olivia Owner", email="olivia@example.com")
    invitation = an_invitation(TEAM, inviter)
    assert (invitation.inviter.name, invitation.inviter.email) == ("Olivia Owner", "olivia@example.com")
