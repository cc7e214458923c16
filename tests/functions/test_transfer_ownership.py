"""POST /v1/team/transfer-ownership: one becomes owner and the other admin, or nothing happens (M5)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.operations import act_on, active_owners, ask, listed, newest, role_of, second_owner, sign_in, transfer

if TYPE_CHECKING:
    from tests.kit import World


def test_case_140_ownership_passes_in_one_step_with_one_event(world: World) -> None:
    owner, mia = world.acme.owner, world.acme.member
    session = sign_in(world, owner)
    with world.tells("team.ownership_transferred"):
        done = transfer(world, mia.id, session)
    assert (done.status, done.json["id"], done.json["role"]) == (200, mia.id, "owner")
    assert (role_of(world, mia.id), role_of(world, owner.id)) == ("owner", "admin")
    assert active_owners(world) == {mia.id}
    rows = {row["id"]: row["role"] for row in listed(world).json["data"]}
    assert (rows[mia.id], rows[owner.id]) == ("owner", "admin")
    event = newest(world, "team.ownership_transferred")
    assert (event["actor"]["role"], event["target"]["id"]) == ("owner", mia.id)
    for member in (mia.id, owner.id):
        explained = ask(world, "GET", f"/v1/members/{member}/explain", None, mia.pat).json
        assert explained["role"]["event"]["id"] == event["id"]


def test_case_140_with_another_owner_the_transfer_moves_only_ones_own_share(world: World) -> None:
    olga, _ = second_owner(world)
    assert transfer(world, world.acme.member.id, sign_in(world, world.acme.owner)).status == 200
    assert active_owners(world) == {olga, world.acme.member.id}


def test_case_140_neither_to_oneself_nor_to_another_owner(world: World) -> None:
    olga, _ = second_owner(world)
    session = sign_in(world, world.acme.owner)
    with world.unchanged():
        assert [transfer(world, heir, session).status for heir in (world.acme.owner.id, olga)] == [409, 409]


def test_case_140_not_to_somebody_deactivated(world: World) -> None:
    act_on(world, world.acme.member.id, "deactivate")
    session = sign_in(world, world.acme.owner)
    with world.unchanged():
        refused = transfer(world, world.acme.member.id, session)
    assert (refused.status, refused.code) == (409, "member_not_active")


def test_case_140_not_to_another_teams_member(world: World) -> None:
    session = sign_in(world, world.acme.owner)
    with world.unchanged():
        answers = [transfer(world, heir, session) for heir in (world.globex.member.id, "mem_" + "0" * 26)]
    assert [answer.status for answer in answers] == [404, 404]
    assert answers[0].essence == answers[1].essence


@pytest.mark.parametrize("heir", ["", "x", 1, None, [], {}])
def test_case_140_what_is_no_members_id_is_malformed(world: World, heir: object) -> None:
    session = sign_in(world, world.acme.owner)
    with world.unchanged():
        refused = transfer(world, heir, session)
    assert (refused.status, refused.pointers) == (400, ["/member_id"])


def test_case_140_of_two_transfers_one_wins_and_nothing_is_half_done(world: World) -> None:
    session = sign_in(world, world.acme.owner)
    assert transfer(world, world.acme.member.id, session).status == 200
    with world.unchanged():
        assert transfer(world, world.acme.admin.id, session).status == 403
    assert active_owners(world) == {world.acme.member.id}
    assert role_of(world, world.acme.admin.id) == "admin"


def test_a_transfer_needs_an_owner_with_a_fresh_session(world: World) -> None:
    mia, session = world.acme.member, sign_in(world, world.acme.owner)
    with world.unchanged():
        assert transfer(world, mia.id, world.acme.owner.pat).code == "step_up_required"
        assert transfer(world, mia.id, world.acme.admin.pat).status == 403
    world.advance(11 * 60)
    refused = transfer(world, mia.id, session)
    assert (refused.status, refused.code) == (403, "step_up_required")
    assert active_owners(world) == {world.acme.owner.id}


def test_case_140_not_to_somebody_who_is_only_invited(world: World) -> None:
    invited = world.invite("nora@example.com", role="owner")["id"]
    session = sign_in(world, world.acme.owner)
    with world.unchanged():
        refused = transfer(world, invited, session)
        unknown = transfer(world, "inv_" + "0" * 26, session)
    assert (refused.status, refused.code, unknown.status) == (409, "member_not_active", 404)


def test_a_transfer_judges_the_heirs_version(world: World) -> None:
    session = sign_in(world, world.acme.owner)
    body = {"member_id": world.acme.member.id}
    with world.unchanged():
        late = ask(world, "POST", "/v1/team/transfer-ownership", body, session, **{"if-match": '"7"'})
    assert (late.status, late.code) == (412, "stale_version")
