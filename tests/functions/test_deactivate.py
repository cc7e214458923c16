"""POST /v1/members/{id}/deactivate and /reactivate: cut off with the answer, and nothing old comes back (M7, I5)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rollcall.domain.members import Source
from tests.operations import (
    act_on,
    active_owners,
    authenticates,
    crowd,
    get_member,
    issue,
    listed,
    newest,
    password_link,
    put_products,
    put_role,
    second_owner,
    set_password,
    sign_in,
    try_sign_in,
)

if TYPE_CHECKING:
    from tests.kit import World

NORA = "nora@example.com"


# ---------------------------------------------------------------- cut off


def test_case_058_and_073_with_the_answer_no_credential_of_the_member_works(world: World) -> None:
    mia = world.acme.member
    session = sign_in(world, mia)
    held = [mia.pat, session, sign_in(world, mia), *(issue(world, session, f"t{n}")["secret"] for n in range(3))]
    link = password_link(world, mia.id)
    assert all(authenticates(world, one) for one in held)
    with world.tells("member.deactivated"):
        assert act_on(world, mia.id, "deactivate", world.acme.admin.pat).status == 200
    with world.unchanged():
        assert [authenticates(world, one) for one in held] == [False] * 6
        assert try_sign_in(world, mia.email, mia.password).status == 401
        assert set_password(world, link).status == 410
    assert authenticates(world, world.acme.admin.pat)


def test_case_058_reactivation_restores_role_and_access_and_no_credential(world: World) -> None:
    mia = world.acme.member
    put_role(world, mia.id, "admin")
    put_products(world, mia.id, {"only": ["trusttest"]})
    held = [mia.pat, sign_in(world, mia)]
    link = password_link(world, mia.id)
    before = get_member(world, mia.id).json
    act_on(world, mia.id, "deactivate")
    with world.tells("member.reactivated"):
        back = act_on(world, mia.id, "reactivate", world.acme.admin.pat)
    assert back.status == 200
    same = {name: value for name, value in before.items() if name not in {"version", "last_active_at"}}
    assert {name: back.json[name] for name in same} == same
    assert back.json["version"] == before["version"] + 2
    with world.unchanged():
        assert [authenticates(world, one) for one in held] == [False, False]
        assert set_password(world, link).status == 410
    session = sign_in(world, mia)
    assert authenticates(world, issue(world, session)["secret"])
    assert [authenticates(world, one) for one in held] == [False, False]


def test_i6_a_deactivated_member_is_listed_only_when_asked_for(world: World) -> None:
    mia = world.acme.member
    active = world.call("GET", "/v1/members", token=world.acme.owner.pat).json["total"]
    act_on(world, mia.id, "deactivate")
    pages = {
        query: world.call("GET", f"/v1/members?limit=200{query}", token=world.acme.owner.pat).json
        for query in ("", "&status=active", "&status=deactivated", "&status=all")
    }
    shown = {query: mia.id in {row["id"] for row in page["data"]} for query, page in pages.items()}
    assert shown == {"": False, "&status=active": False, "&status=deactivated": True, "&status=all": True}
    totals = [active - 1, active - 1, 1, active]
    assert [page["total"] for page in pages.values()] == [len(page["data"]) for page in pages.values()] == totals
    assert get_member(world, mia.id).json["status"] == "deactivated"


def test_i38_only_active_owners_stand_in_the_owner_set(world: World) -> None:
    olga, _ = second_owner(world)
    owner = world.acme.owner.id
    act_on(world, olga, "deactivate")
    assert active_owners(world) == {owner}
    act_on(world, olga, "reactivate")
    assert active_owners(world) == {owner, olga}


# ---------------------------------------------------------------- the receipt


def test_the_receipt_says_what_was_cut_and_which_invitations_stand(world: World) -> None:
    nora, session = world.join(NORA, role="admin", products={"only": ["trustgate"]})
    for n in range(2):
        issue(world, session, f"t{n}")
    sent = world.call("POST", "/v1/invitations", {"email": "ann@example.com", "role": "admin"}, token=session).json
    revoked = world.call("POST", "/v1/invitations", {"email": "bob@example.com"}, token=session).json
    world.act("revoke", revoked["id"])
    told = act_on(world, nora, "deactivate").json
    assert told["member"]["status"] == "deactivated"
    assert told["cut"] == {"sessions": 1, "tokens": 2, "products": {"only": ["trustgate"]}}
    assert told["invitations_pending"] == [{"id": sent["id"], "email": "ann@example.com", "role": "admin"}]
    assert told["warnings"] == []


def test_an_expired_invitation_is_not_among_those_that_stand(world: World) -> None:
    nora, session = world.join(NORA, role="admin")
    world.call("POST", "/v1/invitations", {"email": "ann@example.com"}, token=session)
    world.mails()
    world.advance(8 * 86400)
    assert act_on(world, nora, "deactivate").json["invitations_pending"] == []


@pytest.mark.parametrize(("source", "warnings"), [
    (Source.SCIM, ["managed_by_scim"]), (Source.SSO, []), (Source.INVITED, []),
])  # fmt: skip
def test_a_member_whom_the_directory_manages_comes_with_a_warning(
    world: World, source: Source, warnings: list[str]
) -> None:
    (somebody,) = crowd(world, {"source": source})
    assert act_on(world, somebody.id, "deactivate").json["warnings"] == warnings


def test_the_event_keeps_what_the_member_was_and_who_did_it(world: World) -> None:
    act_on(world, world.acme.member.id, "deactivate", world.acme.admin.pat)
    event = newest(world, "member.deactivated")
    assert (event["before"]["status"], event["after"]["status"]) == ("active", "deactivated")
    assert {**event["before"], "status": ""} == {**event["after"], "status": ""}
    assert (event["actor"]["email"], event["actor"]["role"]) == (world.acme.admin.email, "admin")


# ---------------------------------------------------------------- refusals and repetitions


def test_doing_it_again_is_no_event_and_no_new_version(world: World) -> None:
    mia = world.acme.member.id
    with world.unchanged(), world.tells():
        assert act_on(world, mia, "reactivate").status == 200
    act_on(world, mia, "deactivate")
    with world.unchanged(), world.tells():
        again = act_on(world, mia, "deactivate")
    assert (again.status, again.json["cut"]["tokens"]) == (200, 0)


@pytest.mark.parametrize("verb", ["deactivate", "reactivate"])
def test_case_120_an_admin_does_neither_to_an_owner(world: World, verb: str) -> None:
    olga, _ = second_owner(world)
    if verb == "reactivate":
        act_on(world, olga, "deactivate")
    with world.unchanged():
        refused = act_on(world, olga, verb, world.acme.admin.pat)
    assert (refused.status, refused.code) == (403, "above_your_rank")


def test_nobody_deactivates_themselves(world: World) -> None:
    second_owner(world)
    with world.unchanged():
        answers = [act_on(world, who.id, "deactivate", who.pat) for who in (world.acme.owner, world.acme.admin)]
        assert act_on(world, world.acme.member.id, "deactivate", world.acme.member.pat).status == 403
    assert [(answer.status, answer.code) for answer in answers] == [(409, "self")] * 2


@pytest.mark.parametrize("verb", ["deactivate", "reactivate"])
def test_case_125_a_stale_version_changes_nothing(world: World, verb: str) -> None:
    mia = world.acme.member.id
    tag = get_member(world, mia).headers["etag"]
    put_role(world, mia, "admin")
    if verb == "reactivate":
        act_on(world, mia, "deactivate")
    with world.unchanged():
        stale = act_on(world, mia, verb, If_Match=tag)
    assert (stale.status, stale.code) == (412, "stale_version")
    assert act_on(world, mia, verb, If_Match=get_member(world, mia).headers["etag"]).status == 200


@pytest.mark.parametrize("verb", ["deactivate", "reactivate"])
def test_case_186_another_teams_member_is_as_unknown_as_nobody(world: World, verb: str) -> None:
    with world.unchanged():
        answers = [act_on(world, who, verb) for who in (world.globex.member.id, "mem_" + "0" * 26)]
    assert answers[0].essence == answers[1].essence
    assert answers[0].status == 404
    assert authenticates(world, world.globex.member.pat)


# ---------------------------------------------------------------- replays


def test_case_214_a_replay_gives_the_first_receipt_and_changes_nothing(world: World) -> None:
    mia = world.acme.member
    with world.tells("member.deactivated"):
        first = act_on(world, mia.id, "deactivate", Idempotency_Key="k1")
    with world.unchanged():
        again = act_on(world, mia.id, "deactivate", Idempotency_Key="k1")
    assert first.json["cut"]["tokens"] == 1
    assert (again.status, again.json, again.headers["idempotent-replayed"]) == (200, first.json, "true")


def test_case_214_a_request_that_had_nothing_to_do_stays_one_when_it_comes_again(world: World) -> None:
    """Else a late repetition would undo what was done meanwhile."""
    mia = world.acme.member.id
    assert act_on(world, mia, "reactivate", Idempotency_Key="k1").status == 200
    act_on(world, mia, "deactivate")
    with world.unchanged():
        again = act_on(world, mia, "reactivate", Idempotency_Key="k1")
    assert again.headers["idempotent-replayed"] == "true"
    assert get_member(world, mia).json["status"] == "deactivated"


def test_a_listed_member_keeps_what_others_see_of_them(world: World) -> None:
    mia = world.acme.member
    before = listed(world, f"&q={mia.email}").json["data"][0]
    act_on(world, mia.id, "deactivate")
    after = listed(world, f"&q={mia.email}").json["data"][0]
    assert {**before, "status": "", "version": 0} == {**after, "status": "", "version": 0}
