"""Requests at the same instant over HTTP: exactly one wins, the answers say which, the books agree (CO).

MiniStack takes one call at a time, as DynamoDB takes one transaction per item; RACES=N multiplies the rounds.
"""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import TYPE_CHECKING

import pytest

from tests.kit import GOOD_PASSWORD
from tests.ministack.network import at_once, codes, raced, rounds

if TYPE_CHECKING:
    from tests.kit import Answer, Person
    from tests.ministack.network import Network

pytestmark = pytest.mark.ministack

OTHER_PASSWORD = "nobody has used this one"


def sign_in(world: Network, email: str, password: str) -> int:
    body = {"email": email, "password": password}
    return world.call("POST", f"/v1/teams/{world.acme.slug}/sessions", body).status


def states(world: Network) -> dict[str, str]:
    """Return the state of each invitation, open or closed, by address; one that is told twice is a fault."""
    open_, *closed = (
        world.walk(f"/v1/invitations?limit=200{state}").rows
        for state in ("", "&state=revoked", "&state=accepted", "&state=expired")
    )
    told = {row["id"]: row for row in [*open_, *(row for rows in closed for row in rows)]}
    assert len({row["email"] for row in told.values()}) == len(told)
    return {row["email"]: row["state"] for row in told.values()}


# ---------------------------------------------------------------- accepting
def test_case_226_sixteen_accepts_of_one_link_make_one_member_with_the_winners_password(world: Network) -> None:
    emails = [f"nora{number}@example.com" for number in rounds(10)]
    for email in emails:
        token = world.copied(world.invite(email)["id"])
        passwords = [GOOD_PASSWORD, OTHER_PASSWORD] * 8
        answers = at_once(*(partial(world.accept, token, password=password) for password in passwords))
        won = [password for password, answer in zip(passwords, answers, strict=True) if answer.status == 201]
        assert len(won) == 1
        assert Counter(codes(*answers)) == {(201, None): 1, (410, "link_used"): 15}
        lost = OTHER_PASSWORD if won == [GOOD_PASSWORD] else GOOD_PASSWORD
        assert (sign_in(world, email, won[0]), sign_in(world, email, lost)) == (201, 401)
    assert world.subjects("invitation.accepted") == dict.fromkeys(emails, 1)
    assert Counter(member.email for member in world.members() if member.email in emails) == dict.fromkeys(emails, 1)
    world.check_books()


def test_case_227_of_accept_and_revoke_one_wins_and_no_revoked_invitation_makes_a_member(world: Network) -> None:
    expected: dict[str, str] = {}
    for number in rounds(25):
        email = f"nora{number}@example.com"
        invitation = world.invite(email, send_password_email=False)["id"]
        token = world.copied(invitation)
        race = [partial(world.accept, token, password=None), partial(world.act, "revoke", invitation)]
        accepted, revoked = raced(number, *race)
        outcome = codes(accepted, revoked)
        assert outcome in {((201, None), (409, "already_accepted")), ((410, "link_revoked"), (204, None))}
        expected[email] = "accepted" if accepted.status == 201 else "revoked"
    joined = {email for email, state in expected.items() if state == "accepted"}
    assert {member.email for member in world.members()} & expected.keys() == joined
    assert states(world) == expected
    assert world.subjects("invitation.accepted") == dict.fromkeys(joined, 1)
    assert world.subjects("invitation.revoked") == dict.fromkeys(expected.keys() - joined, 1)
    world.check_books()


def test_case_229_of_accept_and_resend_one_wins_and_a_replaced_link_lets_nobody_in(world: Network) -> None:
    expected: dict[str, str] = {}
    for number in rounds(15):
        email = f"nora{number}@example.com"
        invitation = world.invite(email, send_password_email=False)["id"]
        token = world.copied(invitation)
        race = [partial(world.accept, token, password=None), partial(world.act, "resend", invitation)]
        accepted, resent = raced(number, *race)
        outcome = codes(accepted, resent)
        assert outcome in {((201, None), (409, "already_accepted")), ((410, "link_replaced"), (200, None))}
        expected[email] = "accepted" if accepted.status == 201 else "pending"
    joined = {email for email, state in expected.items() if state == "accepted"}
    assert {member.email for member in world.members()} & expected.keys() == joined
    assert states(world) == expected
    assert world.subjects("invitation.resent") == dict.fromkeys(expected.keys() - joined, 1)
    mails = Counter(mail.to for mail in world.mails())
    assert all(mails[email] >= 1 for email in expected.keys() - joined)
    for email in expected.keys() - joined:
        assert world.accept(world.link(email), password=None).status == 201
    world.check_books()


def test_case_244_people_who_join_at_once_are_all_counted_and_listed(world: Network) -> None:
    emails = [f"nora{number}@example.com" for number in range(24)]
    roles = ["member", "admin", "owner"]
    tokens = [
        world.copied(world.invite(email, role=roles[number % 3], products={"only": ["trusttest"]})["id"])
        for number, email in enumerate(emails)
    ]
    answers = at_once(*(partial(world.accept, token) for token in tokens))
    assert codes(*answers) == ((201, None),) * 24
    world.check_books()
    walk = world.walk("/v1/members?limit=7")
    assert walk.totals == {len(walk.ids)} == {len(set(walk.ids))} == {27}
    assert set(emails) < {row["email"] for row in walk.rows}
    for role in roles:
        assert world.walk(f"/v1/members?role={role}&product=trusttest&q=nora").totals == {8}
    assert world.subjects("invitation.accepted") == dict.fromkeys(emails, 1)


# ---------------------------------------------------------------- inviting
def test_case_231_parallel_invites_of_one_address_leave_one_pending_invitation(world: Network) -> None:
    emails = [f"nora{number}@example.com" for number in rounds(5)]
    for email in emails:
        body = {"email": email, "role": "member", "products": {"all": True}}
        by = [world.acme.owner.pat, world.acme.admin.pat] * 10
        answers = at_once(*(partial(world.call, "POST", "/v1/invitations", body, token=token) for token in by))
        assert Counter(codes(*answers)) == {(201, None): 1, (409, "already_invited"): 19}
    assert states(world) == dict.fromkeys(emails, "pending")
    assert world.subjects("invitation.created") == dict.fromkeys(emails, 1)
    assert Counter(mail.to for mail in world.mails()) == dict.fromkeys(emails, 1)
    world.check_books()


def test_case_231_revoke_and_invite_again_at_once_leave_at_most_one_live_invitation(world: Network) -> None:
    for number in rounds(8):
        email = f"nora{number}@example.com"
        old = world.invite(email)["id"]
        body = {"email": email, "role": "member", "products": {"all": True}}
        again = partial(world.call, "POST", "/v1/invitations", body, token=world.acme.owner.pat)
        revoked, first, second = at_once(partial(world.act, "revoke", old), again, again)
        assert revoked.status == 204
        assert Counter(codes(first, second)) in (
            {(201, None): 1, (409, "already_invited"): 1},
            {(409, "already_invited"): 2},
        )
        live = [row for row in world.walk("/v1/invitations?limit=200").rows if row["email"] == email]
        assert [row["id"] for row in live] == [a.json["id"] for a in (first, second) if a.status == 201]
    world.check_books()


# ---------------------------------------------------------------- one person's own record
def rename(world: Network, who: Person, headers: dict[str, str] | None = None, **fields: str) -> Answer:
    return world.call("PATCH", "/v1/me", fields, token=who.pat, headers=headers)


def test_two_edits_of_ones_own_profile_keep_each_others_field_in_one_serial_order(world: Network) -> None:
    who = world.acme.member
    for number in rounds(12):
        before = world.member(who.id).version
        name, avatar = f"Mia {number}", f"https://example.com/{number}.png"
        answers = at_once(partial(rename, world, who, name=name), partial(rename, world, who, avatar_url=avatar))
        assert codes(*answers) == ((200, None),) * 2
        assert sorted(answer.json["version"] for answer in answers) == [before + 1, before + 2]
        after = world.member(who.id)
        assert (after.name, after.avatar_url, after.version) == (name, avatar, before + 2)
        last = max(answers, key=lambda answer: int(answer.json["version"]))
        assert (last.json["name"], last.json["avatar_url"]) == (name, avatar)
    assert_path(world, who, 2 * len(rounds(12)))


def test_case_242_of_two_edits_made_from_one_version_the_second_is_refused(world: Network) -> None:
    who = world.acme.member
    for number in rounds(12):
        etag = world.call("GET", "/v1/me", token=who.pat).headers["etag"]
        names = [f"Mia {number}", f"Maria {number}"]
        answers = at_once(*(partial(rename, world, who, {"if-match": etag}, name=name) for name in names))
        assert Counter(codes(*answers)) == {(200, None): 1, (412, "stale_version"): 1}
        (won,) = (name for name, answer in zip(names, answers, strict=True) if answer.status == 200)
        assert world.member(who.id).name == won
    assert_path(world, who, len(rounds(12)))


def assert_path(world: Network, who: Person, edits: int) -> None:
    """Assert that each event begins where another ended, in one line without a fork (I22)."""
    events = [e for e in world.events("member.profile_edited") if e["target"]["id"] == who.id]
    assert len(events) == edits
    following = {repr(event["before"]): repr(event["after"]) for event in events}
    assert len(following) == edits
    (start,) = following.keys() - set(following.values())
    length = 0
    while start in following:
        start, length = following[start], length + 1
    assert length == edits


def test_parallel_sign_ins_keep_to_the_cap_and_every_session_that_was_told_last_works(world: Network) -> None:
    email, _ = "nora@example.com", world.join("nora@example.com")
    body = {"email": email, "password": GOOD_PASSWORD}
    path = f"/v1/teams/{world.acme.slug}/sessions"
    answers = at_once(*[partial(world.call, "POST", path, body)] * 8)
    told = [answer.json["token"] for answer in answers if answer.status == 201]
    assert {answer.status for answer in answers} <= {201, 409}
    assert told
    assert {world.call("GET", "/v1/me", token=token).status for token in told} == {200}
    assert len(world.events("session.opened")) == len(told)
    (member,) = (member for member in world.members() if member.email == email)
    assert len(member.sessions) == len(told) + 1
