"""Asking for a new password by mail, for oneself or as an admin; changing it with the present one (C2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.kit import GOOD_PASSWORD
from tests.operations import (
    act_on,
    ask,
    authenticates,
    issue,
    newest,
    password_link,
    remove,
    set_password,
    sign_in,
    try_sign_in,
)

if TYPE_CHECKING:
    from tests.kit import Answer, Person, World

OTHER = "another phrase nobody has used"
HOUR = 3600
DAY = 24 * HOUR


@pytest.fixture(autouse=True)
def early(world: World) -> None:
    """Begin with whole windows."""
    world.early()


def forgot(world: World, email: object, slug: str = "acme", **headers: str) -> Answer:
    return world.call("POST", f"/v1/teams/{slug}/password-resets", {"email": email}, headers=headers)


def start(world: World, member: str, by: str | None = None) -> Answer:
    return ask(world, "POST", f"/v1/members/{member}/password-reset", None, by)


def change(world: World, by: str, **fields: object) -> Answer:
    return ask(world, "PUT", "/v1/me/password", fields, by)


@pytest.fixture
def mia(world: World) -> Person:
    return world.acme.member


# ---------------------------------------------------------------- by oneself


def test_case_023_a_mailed_link_sets_a_password_once_and_signs_nobody_in(world: World, mia: Person) -> None:
    with world.tells("member.password_reset_requested"):
        assert forgot(world, mia.email).status == 202
    link = world.link(mia.email)
    assert world.call("GET", f"/reset/{link}").status == 200
    done = set_password(world, link)
    assert (done.status, done.body, "set-cookie" in done.headers) == (204, b"", False)
    assert try_sign_in(world, mia.email, mia.password).status == 401
    assert try_sign_in(world, mia.email, GOOD_PASSWORD).status == 201
    assert world.member(mia.id).email_verified


def test_case_013_the_answer_is_the_same_for_everybody_and_only_a_member_with_a_password_is_mailed(
    world: World, mia: Person
) -> None:
    world.invite("invited@example.com")
    world.join("gone@example.com")
    remove(world, newest(world, "invitation.accepted")["target"]["id"])
    world.invite("sso@example.com", send_password_email=False)
    assert world.accept(world.link("sso@example.com"), password=None).status == 201
    act_on(world, world.acme.admin.id, "deactivate")
    world.mails()
    before = len(world.mails())
    people = ["nobody@example.com", "invited@example.com", "gone@example.com", "sso@example.com"]
    answers = [forgot(world, email) for email in (*people, world.acme.admin.email, mia.email)]
    assert {str(answer.essence) for answer in answers} == {str(answers[0].essence)}
    assert [answer.status for answer in answers] == [202] * 6
    assert forgot(world, mia.email, "no-such-team").essence == answers[0].essence
    assert [mail.to for mail in world.mails()[before:]] == [mia.email]


def test_case_013_the_work_is_alike_whoever_asks(world: World, mia: Person) -> None:
    cost = {"x-rollcall-cost": "1"}
    told = [forgot(world, email, **cost).cost for email in (mia.email, "nobody@example.com")]
    assert told[0]["round_trips"] == told[1]["round_trips"]


def test_case_014_a_sender_that_fails_is_no_oracle(world: World, mia: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    import rollcall.mail.ses as sender  # noqa: PLC0415 patched here alone

    def fail(*_: object, **__: object) -> str:
        raise sender.MailUnavailable("Throttling", "slow down")

    monkeypatch.setattr(sender, "send", fail)
    answers = [forgot(world, email) for email in (mia.email, "nobody@example.com")]
    world.stack.drain()
    assert answers[0].essence == answers[1].essence


@pytest.mark.parametrize(
    "email",
    [
        ["mia@acme.example.com", "eve@evil.example"],
        "member@acme.example.com,eve@evil.example",
        "member@acme.example.com\neve@evil.example",
        {"$ne": 1},
        None,
        "",
    ],
)
def test_case_015_what_is_no_single_address_is_refused_and_nobody_is_mailed(world: World, email: object) -> None:
    with world.unchanged():
        refused = forgot(world, email)
    assert (refused.status, refused.pointers) == (400, ["/email"])
    assert world.mails() == []


def test_case_016_only_the_ascii_case_of_an_address_is_the_same_person(world: World, mia: Person) -> None:
    assert forgot(world, mia.email.upper()).status == 202
    assert [mail.to for mail in world.mails()] == [mia.email]
    for other in ("member@acme.example.com.", "memb\u0435r@acme.example.com", "mem\u0131er@acme.example.com"):
        assert forgot(world, other).status in {202, 400}
    assert len(world.mails()) == 1


def test_case_017_at_most_five_letters_a_day_and_always_the_same_answer(world: World, mia: Person) -> None:
    for _ in range(12):
        assert forgot(world, mia.email).status == 202
        world.mails()
    assert len(world.mails(mia.email)) == 5
    assert set_password(world, world.link(mia.email)).status == 204
    world.advance(DAY)
    forgot(world, mia.email)
    assert len([mail for mail in world.mails(mia.email) if mail.links]) == 6


def test_case_018_a_link_works_once_and_older_ones_are_dead(world: World, mia: Person) -> None:
    for _ in range(2):
        forgot(world, mia.email)
        world.mails()
    older, newest_link = world.links(mia.email)
    assert set_password(world, newest_link).status == 204
    with world.unchanged():
        assert set_password(world, newest_link, OTHER).status == 410
        assert set_password(world, older, OTHER).status == 410


def test_a_link_is_dead_after_an_hour_and_says_so(world: World, mia: Person) -> None:
    forgot(world, mia.email)
    link = world.link(mia.email)
    world.advance(HOUR + 1)
    with world.unchanged():
        refused = set_password(world, link)
    assert (refused.status, refused.code) == (410, "link_expired")


@pytest.mark.parametrize("what", ["password changed", "deactivated", "enforced", "removed", "switched off"])
def test_case_020_what_makes_the_password_another_matter_kills_the_link(world: World, mia: Person, what: str) -> None:
    forgot(world, mia.email)
    link = world.link(mia.email)
    if what == "password changed":
        assert change(world, sign_in(world, mia), current_password=mia.password, new_password=OTHER).status == 204
    elif what == "deactivated":
        act_on(world, mia.id, "deactivate")
        act_on(world, mia.id, "reactivate")
    elif what == "enforced":
        world.rewrite(world.team(), sso_enforced=True)
    elif what == "removed":
        remove(world, mia.id)
    else:
        ask(world, "PATCH", "/v1/team/settings/passwords", {"enabled": False})
    with world.unchanged():
        assert set_password(world, link).status == 410


def test_case_022_sessions_end_tokens_stay_and_the_notice_names_them(world: World, mia: Person) -> None:
    sessions = [sign_in(world, mia) for _ in range(3)]
    tokens = [issue(world, sessions[0], name)["secret"] for name in ("nightly build", "backup")]
    forgot(world, mia.email)
    set_password(world, world.link(mia.email))
    assert [authenticates(world, session) for session in sessions] == [False] * 3
    assert [authenticates(world, token) for token in tokens] == [True] * 2
    notice = world.mails(mia.email)[-1]
    assert notice.subject == "Your password for Acme on Rollcall was changed"
    assert "- nightly build\n" in notice.text.replace("\r\n", "\n")
    assert "backup" in notice.html
    assert not notice.links


# ---------------------------------------------------------------- by an admin


def test_case_024_an_admin_starts_it_and_never_sees_the_link(world: World, mia: Person) -> None:
    with world.tells("member.password_reset_requested"):
        started = start(world, mia.id, world.acme.admin.pat)
    assert (started.status, started.body) == (202, b"")
    link = world.link(mia.email)
    told = newest(world, "member.password_reset_requested")
    assert (told["actor"]["email"], told["target"]["id"]) == (world.acme.admin.email, mia.id)
    assert link not in repr(told)
    assert link not in repr(world.items())
    assert set_password(world, link).status == 204


def test_an_admins_reset_may_set_a_first_password(world: World) -> None:
    world.invite("sso@example.com", send_password_email=False)
    member = world.accept(world.link("sso@example.com"), password=None).json["member"]["id"]
    assert start(world, member).status == 202
    assert set_password(world, world.link("sso@example.com")).status == 204
    assert try_sign_in(world, "sso@example.com", GOOD_PASSWORD).status == 201


def test_case_120_an_admin_resets_no_owner(world: World) -> None:
    with world.unchanged():
        assert start(world, world.acme.owner.id, world.acme.admin.pat).status == 403
        assert start(world, world.acme.admin.id, world.acme.member.pat).status == 403


def test_case_021_with_passwords_off_or_sso_enforced_it_is_refused(world: World, mia: Person) -> None:
    forgot(world, mia.email)
    link = world.link(mia.email)
    world.rewrite(world.team(), sso_enforced=True)
    with world.unchanged():
        refused = start(world, mia.id)
    assert (refused.status, refused.code) == (409, "password_login_off")
    sent = len(world.mails(mia.email))
    assert forgot(world, mia.email).status == 202
    assert len(world.mails(mia.email)) == sent
    assert set_password(world, link).status == 410
    assert try_sign_in(world, mia.email, mia.password).status == 401


def test_somebody_deactivated_is_not_mailed(world: World, mia: Person) -> None:
    act_on(world, mia.id, "deactivate")
    with world.unchanged():
        refused = start(world, mia.id)
    assert (refused.status, refused.code) == (409, "member_not_active")


def test_case_017_an_admin_is_told_when_the_days_letters_are_used_up(world: World, mia: Person) -> None:
    assert [start(world, mia.id).status for _ in range(6)] == [202] * 5 + [429]


# ---------------------------------------------------------------- with the present one


def test_the_own_password_is_changed_with_the_present_one_and_other_sessions_end(world: World, mia: Person) -> None:
    session, other = sign_in(world, mia), sign_in(world, mia)
    with world.tells("member.password_changed"):
        assert change(world, session, current_password=mia.password, new_password=OTHER).status == 204
    assert [authenticates(world, one) for one in (session, other, mia.pat)] == [True, False, True]
    assert try_sign_in(world, mia.email, mia.password).status == 401
    assert try_sign_in(world, mia.email, OTHER).status == 201
    assert world.mails(mia.email)[-1].subject == "Your password for Acme on Rollcall was changed"


def test_case_026_without_the_present_password_or_by_a_token_nothing_changes(world: World, mia: Person) -> None:
    session = sign_in(world, mia)
    with world.unchanged():
        for fields in ({}, {"current_password": "not the password"}):
            refused = change(world, session, new_password=OTHER, **fields)
            assert (refused.status, refused.code) == (403, "wrong_password")
        by_token = change(world, mia.pat, current_password=mia.password, new_password=OTHER)
        assert (by_token.status, by_token.code) == (403, "step_up_required")
    world.advance(11 * 60)
    with world.unchanged():
        stale = change(world, session, current_password=mia.password, new_password=OTHER)
        assert stale.code == "step_up_required"


def test_a_weak_new_password_is_refused_by_the_name_of_its_field(world: World, mia: Person) -> None:
    session = sign_in(world, mia)
    with world.unchanged():
        refused = change(world, session, current_password=mia.password, new_password="short")
    assert (refused.status, refused.pointers, refused.json["reason"]) == (400, ["/new_password"], "short")


def test_guessing_the_present_password_with_a_stolen_session_is_throttled(world: World, mia: Person) -> None:
    session = sign_in(world, mia)
    tries = [change(world, session, current_password=f"guess {n}", new_password=OTHER).status for n in range(12)]
    assert tries == [403] * 10 + [429] * 2
    assert change(world, session, current_password=mia.password, new_password=OTHER).status == 429


def test_with_passwords_off_nobody_changes_theirs(world: World, mia: Person) -> None:
    session = sign_in(world, mia)
    ask(world, "PATCH", "/v1/team/settings/passwords", {"enabled": False})
    with world.unchanged():
        refused = change(world, session, current_password=mia.password, new_password=OTHER)
    assert (refused.status, refused.code) == (409, "password_login_off")


def test_case_019_a_reset_link_is_no_bearer_and_no_invitation(world: World, mia: Person) -> None:
    link = password_link(world, mia.id)
    with world.unchanged():
        assert world.call("GET", "/v1/me", token=link).status == 401
        assert world.accept(link).status == 410
        assert set_password(world, mia.pat).status == 410
