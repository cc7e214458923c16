"""PUT /v1/members/{id}/role and POST /v1/team/transfer-ownership: ranks, the last owner, and one step for both."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rollcall.domain.members import RoleSource, Status
from rollcall.domain.permissions import Role
from tests.operations import (
    act_on,
    active_owners,
    ask,
    authenticates,
    get_member,
    leave,
    listed,
    newest,
    put_role,
    remove,
    role_of,
    second_owner,
    sign_in,
    transfer,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.kit import Answer, World

WRONG = ["OWNER", "owner ", "Owner", "öwner", ["owner"], {"r": "owner"}, 1, True, None, ""]
FOREIGN_FIELDS = [
    "id", "team_id", "created_at", "epoch", "password_hash", "owners", "pk", "sk", "__proto__", "$set", "ttl",
    "status", "email_verified", "products", "version",
]  # fmt: skip


# ---------------------------------------------------------------- the change


def test_a_role_is_given_by_hand_and_read_everywhere_at_once(world: World) -> None:
    mia = world.acme.member
    before = get_member(world, mia.id)
    with world.tells("member.role_changed"):
        changed = put_role(world, mia.id, "admin", world.acme.admin.pat)
    assert (changed.json["role"], changed.json["role_source"]) == ("admin", "manual")
    assert changed.json["version"] == before.json["version"] + 1
    assert changed.headers["etag"] == get_member(world, mia.id).headers["etag"] != before.headers["etag"]
    (row,) = listed(world, f"&q={mia.email}").json["data"]
    assert {**row, "last_active_at": None} == {**changed.json, "last_active_at": None}
    assert ask(world, "GET", "/v1/members", None, mia.pat).status == 200


def test_the_event_tells_who_did_it_as_they_were_and_what_it_changed(world: World) -> None:
    adam, mia = world.acme.admin, world.acme.member
    put_role(world, mia.id, "admin", adam.pat)
    event = newest(world, "member.role_changed")
    assert (event["actor"]["email"], event["actor"]["role"]) == (adam.email, "admin")
    assert event["actor"]["credential"]["kind"] == "pat"
    assert event["target"] == {"type": "member", "id": mia.id, "label": mia.email}
    assert {name: (event["before"][name], event["after"][name]) for name in ("role", "role_source")} == {
        "role": ("member", "admin"),
        "role_source": ("invitation", "manual"),
    }
    put_role(world, adam.id, "member")
    assert [e for e in world.events("member.role_changed") if e["id"] == event["id"]] == [event]


def test_case_122_a_role_change_leaves_the_products_as_they_are(world: World) -> None:
    mia = world.acme.member
    ask(world, "PUT", f"/v1/members/{mia.id}/products", {"only": ["trusttest"]})
    assert put_role(world, mia.id, "admin").json["products"] == {"only": ["trusttest"]}
    assert put_role(world, mia.id, "member").json["products"] == {"only": ["trusttest"]}


@pytest.mark.parametrize("role", ["owner", "admin", "member"])
def test_case_124_the_same_role_again_is_no_event_no_mail_and_no_new_version(world: World, role: str) -> None:
    member = {"owner": world.acme.owner, "admin": world.acme.admin, "member": world.acme.member}[role]
    before, mails = get_member(world, member.id), len(world.mails())
    with world.unchanged(), world.tells():
        again = put_role(world, member.id, role)
    assert (again.status, again.json["version"]) == (200, before.json["version"])
    assert again.headers["etag"] == before.headers["etag"]
    assert len(world.mails()) == mails


@pytest.mark.parametrize("role", WRONG)
def test_case_123_a_role_is_one_of_three_words_exactly(world: World, role: object) -> None:
    with world.unchanged():
        refused = put_role(world, world.acme.member.id, role)
    assert (refused.status, refused.pointers) == (400, ["/role"])


@pytest.mark.parametrize("field", FOREIGN_FIELDS)
def test_case_119_no_other_field_comes_in_with_the_role(world: World, field: str) -> None:
    body = {"role": "admin", field: "x"}
    with world.unchanged():
        refused = ask(world, "PUT", f"/v1/members/{world.acme.member.id}/role", body)
    assert (refused.status, refused.pointers) == (400, [f"/{field}"])


def test_case_119_the_stored_record_differs_in_the_named_fields_only(world: World) -> None:
    mia = world.acme.member

    def stored() -> dict[str, object]:
        (item,) = [one for one in world.items("M#") if one["i"]["S"] == mia.id and one["SK"]["S"] == "MEMBER"]
        return dict(item)

    before = stored()
    put_role(world, mia.id, "admin")
    after = stored()
    assert {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)} == {
        "r", "rs", "v", "re",
    }  # fmt: skip


# ---------------------------------------------------------------- who may not


@pytest.mark.parametrize("role", ["admin", "member", "owner"])
def test_case_120_an_admin_neither_touches_an_owner_nor_makes_one(world: World, role: str) -> None:
    second_owner(world)
    with world.unchanged():
        at_owner = put_role(world, world.acme.owner.id, role, world.acme.admin.pat)
        makes_one = put_role(world, world.acme.member.id, "owner", world.acme.admin.pat)
    assert [(answer.status, answer.code) for answer in (at_owner, makes_one)] == [(403, "above_your_rank")] * 2


@pytest.mark.parametrize("role", ["owner", "admin"])
def test_case_118_nobody_raises_themselves(world: World, role: str) -> None:
    with world.unchanged():
        assert put_role(world, world.acme.member.id, role, world.acme.member.pat).status == 403
        if role == "owner":
            assert put_role(world, world.acme.admin.id, role, world.acme.admin.pat).status == 403


@pytest.mark.parametrize("field", ["role", "products", "status", "email_verified"])
def test_case_118_the_own_profile_takes_name_and_avatar_only(world: World, field: str) -> None:
    with world.unchanged():
        refused = ask(world, "PATCH", "/v1/me", {field: "owner"}, world.acme.member.pat)
    assert (refused.status, refused.pointers) == (400, [f"/{field}"])


def test_case_080_and_056_the_role_that_counts_is_the_one_at_this_request(world: World) -> None:
    adam = world.acme.admin
    credentials = [adam.pat, sign_in(world, adam)]
    put_role(world, adam.id, "member")
    with world.unchanged():
        assert [put_role(world, world.acme.member.id, "admin", one).status for one in credentials] == [403, 403]
    put_role(world, adam.id, "admin")
    assert [ask(world, "GET", "/v1/members", None, one).status for one in credentials] == [200, 200]


def test_case_186_another_teams_member_is_as_unknown_as_nobody(world: World) -> None:
    theirs, nobody = world.globex.member.id, "mem_01M7YZMHKV0000000000000009"
    with world.unchanged():
        answers = [put_role(world, member, "admin") for member in (theirs, nobody)]
        assert [put_role(world, member, "admin").status for member in ("x", "inv_" + nobody[4:])] == [404, 404]
    assert answers[0].essence == answers[1].essence
    assert answers[0].status == 404


def test_case_125_a_stale_version_changes_nothing(world: World) -> None:
    mia = world.acme.member.id
    tag = get_member(world, mia).headers["etag"]
    assert put_role(world, mia, "admin", If_Match=tag).status == 200
    with world.unchanged():
        stale = put_role(world, mia, "member", If_Match=tag)
    assert (stale.status, stale.code) == (412, "stale_version")
    assert put_role(world, mia, "member", If_Match=f"W/{get_member(world, mia).headers['etag']}").status == 200


# ---------------------------------------------------------------- the last owner


def by_demotion(world: World, owner: str, by: str) -> Answer:
    return put_role(world, owner, "admin", by)


def by_deactivation(world: World, owner: str, by: str) -> Answer:
    return act_on(world, owner, "deactivate", by)


def by_leaving(world: World, _: str, by: str) -> Answer:
    return leave(world, by)


LOSSES = {"demoted": by_demotion, "deactivated": by_deactivation, "removed": remove, "leaving": by_leaving}


@pytest.mark.parametrize("lose", LOSSES.values(), ids=LOSSES)
def test_case_132_the_only_owner_stays_whatever_they_do(world: World, lose: Callable[..., Answer]) -> None:
    owner = world.acme.owner
    with world.unchanged():
        refused = lose(world, owner.id, owner.pat)
    assert (refused.status, refused.code) == (409, "last_owner")
    assert authenticates(world, owner.pat)


@pytest.mark.parametrize("lose", LOSSES.values(), ids=LOSSES)
def test_case_133_a_deactivated_owner_does_not_count(world: World, lose: Callable[..., Answer]) -> None:
    olga, _ = second_owner(world)
    assert act_on(world, olga, "deactivate").status == 200
    with world.unchanged():
        refused = lose(world, world.acme.owner.id, world.acme.owner.pat)
    assert (refused.status, refused.code) == (409, "last_owner")
    assert active_owners(world) == {world.acme.owner.id}


def test_case_134_an_invited_owner_does_not_count(world: World) -> None:
    world.invite("olga@example.com", role="owner")
    with world.unchanged():
        assert leave(world, world.acme.owner.pat).code == "last_owner"


@pytest.mark.parametrize("lose", [by_demotion, by_deactivation, remove], ids=["demoted", "deactivated", "removed"])
def test_case_135_of_two_owners_who_turn_on_each_other_the_second_is_refused(
    world: World, lose: Callable[..., Answer]
) -> None:
    """In a serial order: who lost the role acts no more, and whoever is left cannot be taken out."""
    owner = world.acme.owner
    olga, session = second_owner(world)
    assert lose(world, olga, owner.pat).status == 200
    with world.unchanged():
        assert lose(world, owner.id, session).status in {401, 403}
        assert lose(world, owner.id, owner.pat).code == "last_owner"
    assert active_owners(world) == {owner.id}


def test_case_136_three_owners_in_a_circle_leave_one(world: World) -> None:
    owner = world.acme.owner
    olga, of_olga = second_owner(world)
    otto, of_otto = world.join("otto@example.com", role="owner")
    assert put_role(world, olga, "admin", owner.pat).status == 200
    assert remove(world, otto, of_olga).status == 403
    assert act_on(world, owner.id, "deactivate", of_otto).status == 200
    assert leave(world, of_otto).code == "last_owner"
    assert active_owners(world) == {otto}


@pytest.mark.parametrize("first", ["promotion", "demotion"])
def test_case_137_promoting_one_while_the_last_demotes_themselves_never_leaves_none(world: World, first: str) -> None:
    owner, mia = world.acme.owner, world.acme.member
    steps = [lambda: put_role(world, mia.id, "owner"), lambda: put_role(world, owner.id, "admin")]
    answers = [step() for step in (steps if first == "promotion" else reversed(steps))]
    if first == "promotion":
        assert [answer.status for answer in answers] == [200, 200]
        assert active_owners(world) == {mia.id}
    else:
        assert [answer.status for answer in answers] == [409, 200]
        assert active_owners(world) == {owner.id, mia.id}


def test_a_deactivated_owners_role_can_be_taken_and_given_without_a_guard(world: World) -> None:
    olga, _ = second_owner(world)
    act_on(world, olga, "deactivate")
    assert [put_role(world, olga, role).status for role in ("member", "owner")] == [200, 200]
    assert active_owners(world) == {world.acme.owner.id}
    act_on(world, olga, "reactivate")
    assert active_owners(world) == {world.acme.owner.id, olga}


# ---------------------------------------------------------------- transfer


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


# ---------------------------------------------------------------- the path of events


def test_case_287_events_of_one_member_form_a_path_from_before_to_after(world: World) -> None:
    olga, session = second_owner(world)
    adam = world.acme.admin
    for role in ("member", "admin", "admin", "owner"):
        put_role(world, adam.id, role)
    act_on(world, adam.id, "deactivate")
    ask(world, "PUT", f"/v1/members/{adam.id}/products", {"only": []})
    act_on(world, adam.id, "reactivate")
    put_role(world, adam.id, "member", session)
    transfer(world, adam.id, session)
    remove(world, olga, world.acme.owner.pat)
    for member in (adam.id, olga):
        told = [event for event in world.events() if event["target"]["id"] == member and has_facts(event)]
        assert len(told) >= 2
        for earlier, later in zip(told, told[1:], strict=False):
            if later["action"] != "member.removed":
                assert facts(later["before"]) == facts(earlier["after"]), later["action"]


def has_facts(event: dict[str, dict[str, object] | None]) -> bool:
    return "role" in (event["before"] or event["after"] or {})


def facts(told: dict[str, object]) -> dict[str, object]:
    return {name: told[name] for name in ("role", "role_source", "products", "status", "email_verified", "name")}


def test_case_126_a_role_that_came_by_mapping_becomes_manual_when_given_by_hand(world: World) -> None:
    mia = world.acme.member
    world.rewrite(world.member(mia.id), role_source=RoleSource.MAPPING)
    with world.tells("member.role_changed"):
        given = put_role(world, mia.id, "member")
    assert (given.json["role"], given.json["role_source"]) == ("member", "manual")
    assert world.member(mia.id).status is Status.ACTIVE
    assert world.member(mia.id).role is Role.MEMBER
