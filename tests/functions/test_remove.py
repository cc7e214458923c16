"""DELETE /v1/members/{id} and POST /v1/me/leave: at once and wholly, unless products hold the person (M8, M10, M11)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rollcall.domain import ids
from rollcall.domain.members import Source, Status
from rollcall.storage import keys
from tests.operations import (
    act_on,
    active_owners,
    ask,
    authenticates,
    crowd,
    get_member,
    issue,
    leave,
    listed,
    newest,
    password_link,
    put_grant,
    put_role,
    remove,
    second_owner,
    service_token,
    set_password,
    sign_in,
    try_sign_in,
)

if TYPE_CHECKING:
    from tests.kit import World

NORA = "nora@example.com"


def traces(world: World, member: str, email: str) -> list[str]:
    """Return the keys of whatever makes somebody a member: record, roster row, claim, ownership."""
    code, team = ids.code(member), ids.code(world.acme.id)
    wanted = (keys.member(world.acme.id, member), keys.claim("email", world.acme.id, email))
    found = [f"{item['PK']['S']} {item['SK']['S']}" for item in world.items()]
    own = [key for key in found if key in {f"{k.pk} {k.sk}" for k in wanted} or key.startswith(f"R#{team}")]
    rows = [key for key in own if not key.startswith("R#") or key.endswith(code)]
    return rows + (["OWNERS"] if member in active_owners(world) else [])


# ---------------------------------------------------------------- gone


def test_case_072_with_the_answer_the_member_is_gone_and_so_is_every_credential(world: World) -> None:
    mia = world.acme.member
    session = sign_in(world, mia)
    held = [mia.pat, session, issue(world, session)["secret"]]
    link = password_link(world, mia.id)
    total = listed(world).json["total"]
    assert len(traces(world, mia.id, mia.email)) == 3
    with world.tells("member.removed"):
        assert remove(world, mia.id, world.acme.admin.pat).status == 200
    with world.unchanged():
        assert [authenticates(world, one) for one in held] == [False] * 3
        assert try_sign_in(world, mia.email, mia.password).status == 401
        assert set_password(world, link).status == 410
        assert get_member(world, mia.id).status == remove(world, mia.id).status == 404
    assert traces(world, mia.id, mia.email) == []
    page = listed(world).json
    assert (page["total"], len(page["data"])) == (total - 1, total - 1)
    assert authenticates(world, world.acme.admin.pat)


def test_case_059_who_comes_back_is_somebody_new_whom_no_old_credential_opens(world: World) -> None:
    first, session = world.join(NORA, role="admin")
    old = [session, issue(world, session)["secret"]]
    invited = world.link(NORA)
    reset = password_link(world, first)
    remove(world, first)
    second, fresh = world.join(NORA)
    assert second != first
    with world.unchanged():
        assert [authenticates(world, one) for one in old] == [False, False]
        assert set_password(world, reset).status == 410
        assert world.accept(invited).status == 410
    me = world.call("GET", "/v1/me", token=fresh).json
    assert (me["id"], me["role"]) == (second, "member")
    assert get_member(world, first).status == 404


def test_case_286_past_events_keep_the_address_and_role_of_who_is_gone(world: World) -> None:
    adam, mia = world.acme.admin, world.acme.member
    put_role(world, mia.id, "admin", adam.pat)
    before = world.events()
    remove(world, adam.id)
    after = world.events()
    assert after[: len(before)] == before
    assert (after[-1]["before"]["role"], after[-1]["after"]) == ("admin", None)
    assert after[-1]["target"] == {"type": "member", "id": adam.id, "label": adam.email}
    page = ask(world, "GET", f"/v1/audit-events?actor={adam.id}").json["data"]
    assert [(event["action"], event["actor"]["email"]) for event in page] == [("member.role_changed", adam.email)]


def test_the_receipt_says_what_was_cut_and_which_invitations_stand(world: World) -> None:
    nora, session = world.join(NORA, role="admin", products={"only": ["trustgate", "trusttest"]})
    issue(world, session)
    sent = world.call("POST", "/v1/invitations", {"email": "ann@example.com"}, token=session).json["id"]
    told = remove(world, nora)
    assert told.json["cut"] == {"sessions": 1, "tokens": 1, "products": {"only": ["trustgate", "trusttest"]}}
    assert [one["id"] for one in told.json["invitations_pending"]] == [sent]
    assert (told.json["member"]["id"], told.json["warnings"]) == (nora, [])


def test_case_098_of_what_a_removed_admin_sent_only_plain_invitations_can_be_accepted(world: World) -> None:
    _, session = world.join(NORA, role="admin")
    for email, role in (("ann@example.com", "admin"), ("bob@example.com", "member")):
        sent = world.call("POST", "/v1/invitations", {"email": email, "role": role}, token=session)
        assert sent.status == 201
    links = [world.link(email) for email in ("ann@example.com", "bob@example.com")]
    assert leave(world, session).status == 204
    with world.tells("invitation.revoked", "invitation.accepted"):
        assert [world.accept(link).status for link in links] == [410, 201]


@pytest.mark.parametrize("status", [Status.ACTIVE, Status.DEACTIVATED])
@pytest.mark.parametrize(("source", "warnings"), [(Source.SCIM, ["managed_by_scim"]), (Source.SSO, [])])
def test_m10_removing_whom_the_directory_manages_warns_of_the_next_sync(
    world: World, source: Source, warnings: list[str], status: Status
) -> None:
    (somebody,) = crowd(world, {"source": source, "status": status})
    told = remove(world, somebody.id)
    assert (told.status, told.json["warnings"]) == (200, warnings)
    assert traces(world, somebody.id, somebody.email_key) == []


# ---------------------------------------------------------------- grants


@pytest.mark.parametrize("way", ["removed", "leaving"])
def test_m8_whoever_products_hold_stays_until_every_grant_is_released(world: World, way: str) -> None:
    mia = world.acme.member
    gate, bench = service_token(world), service_token(world, "trusttest")
    put_grant(world, mia.id, "room-1", gate)
    put_grant(world, mia.id, "room-1", bench, kind="team")

    def go() -> tuple[int, object]:
        answer = remove(world, mia.id) if way == "removed" else leave(world, mia.pat)
        return answer.status, (answer.json or {}).get("grants")

    room = {"product": "trustgate", "id": "room-1", "name": "Room-1", "kind": "resource"}
    other = {"product": "trusttest", "id": "room-1", "name": "Room-1", "kind": "team"}
    with world.unchanged():
        assert go() == (409, [room, other])
    assert ask(world, "DELETE", f"/v1/members/{mia.id}/grants/room-1?product=trustgate").status == 204
    with world.unchanged():
        assert go() == (409, [other])
    assert authenticates(world, mia.pat)
    assert ask(world, "DELETE", f"/v1/members/{mia.id}/grants").json["data"] == [other]
    assert go()[0] in {200, 204}
    assert not authenticates(world, mia.pat)


def test_m8_a_deactivated_member_with_grants_is_cut_off_but_not_removed(world: World) -> None:
    mia = world.acme.member
    put_grant(world, mia.id, "room-1", service_token(world))
    assert act_on(world, mia.id, "deactivate").status == 200
    with world.unchanged():
        refused = remove(world, mia.id)
    assert (refused.status, refused.code) == (409, "member_has_grants")


# ---------------------------------------------------------------- leaving


@pytest.mark.parametrize("role", ["owner", "admin", "member"])
@pytest.mark.parametrize("kind", ["session", "pat"])
def test_m11_anyone_may_leave_and_is_gone(world: World, role: str, kind: str) -> None:
    nora, session = world.join(NORA, role=role)
    by = session if kind == "session" else issue(world, session)["secret"]
    with world.tells("member.left"):
        assert leave(world, by).status == 204
    event = newest(world, "member.left")
    assert (event["actor"]["id"], event["actor"]["role"], event["target"]["id"]) == (nora, role, nora)
    assert traces(world, nora, NORA) == []
    assert not authenticates(world, by)


# ---------------------------------------------------------------- refusals


def test_case_120_an_admin_does_not_remove_an_owner(world: World) -> None:
    olga, _ = second_owner(world)
    with world.unchanged():
        refused = remove(world, olga, world.acme.admin.pat)
    assert (refused.status, refused.code) == (403, "above_your_rank")


def test_nobody_removes_themselves_by_the_admins_route(world: World) -> None:
    second_owner(world)
    with world.unchanged():
        answers = [remove(world, who.id, who.pat) for who in (world.acme.owner, world.acme.admin)]
        assert remove(world, world.acme.admin.id, world.acme.member.pat).status == 403
    assert [(answer.status, answer.code) for answer in answers] == [(409, "self")] * 2


def test_case_125_a_stale_version_removes_nobody(world: World) -> None:
    mia = world.acme.member
    tag = get_member(world, mia.id).headers["etag"]
    put_role(world, mia.id, "admin")
    with world.unchanged():
        stale = [remove(world, mia.id, If_Match=tag), leave(world, mia.pat, If_Match=tag)]
    assert [(answer.status, answer.code) for answer in stale] == [(412, "stale_version")] * 2
    assert remove(world, mia.id, If_Match=get_member(world, mia.id).headers["etag"]).status == 200


def test_case_188_a_person_removed_from_one_team_stays_in_the_other(world: World) -> None:
    here, of_here = world.join(NORA)
    world.invite(NORA, by=world.globex.owner)
    there = world.accept(world.link(NORA)).json["session"]["token"]
    remove(world, here)
    assert [authenticates(world, one) for one in (of_here, there)] == [False, True]


def test_case_186_another_teams_member_is_as_unknown_as_nobody(world: World) -> None:
    with world.unchanged():
        answers = [remove(world, who) for who in (world.globex.member.id, "mem_" + "0" * 26)]
    assert answers[0].essence == answers[1].essence
    assert answers[0].status == 404


def test_case_223_a_removal_sent_again_is_not_found_and_no_second_event(world: World) -> None:
    with world.tells("member.removed"):
        assert [remove(world, world.acme.member.id).status for _ in range(2)] == [200, 404]


def test_what_is_told_of_a_removed_members_tokens_is_purged_later(world: World) -> None:
    mia = world.acme.member
    session = sign_in(world, mia)
    ask(world, "POST", "/v1/tokens", {"name": "ci"}, session)
    partition = keys.member(world.acme.id, mia.id).pk
    remove(world, mia.id)
    assert {item["SK"]["S"][:4] for item in world.items(partition)} == {"GONE", "PAT#"}
    world.invoke("purge")
    assert world.items(partition), "nothing is purged while a request of before may still run"
    world.advance(16 * 60)
    world.invoke("purge")
    assert world.items(partition) == []
    with world.unchanged():
        world.invoke("purge")
