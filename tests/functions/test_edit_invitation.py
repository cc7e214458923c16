"""PATCH /v1/invitations/{id}: role and products of a pending one, within the caller's rank (I8, I16)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.operations import ask, newest, put_role, second_owner, transfer

if TYPE_CHECKING:
    from tests.kit import Answer, World

NORA = "nora@example.com"


def edit(world: World, invitation: str, by: object = None, if_match: object = None, **fields: object) -> Answer:
    headers = {"If_Match": str(if_match)} if if_match else {}
    return ask(world, "PATCH", f"/v1/invitations/{invitation}", fields, str(by) if by else None, **headers)


def get(world: World, invitation: str) -> Answer:
    return ask(world, "GET", f"/v1/invitations/{invitation}")


@pytest.mark.parametrize("fields", [
    {"role": "admin"},
    {"products": {"only": ["trusttest"]}},
    {"role": "owner", "products": {"only": ["trusttest", "trustgate"]}},
])  # fmt: skip
def test_an_edit_changes_what_it_names_with_one_event_and_no_letter(world: World, fields: dict[str, object]) -> None:
    invitation = world.invite(NORA)
    link = world.link(NORA)
    before = get(world, invitation["id"]).json
    with world.tells("invitation.edited"):
        changed = edit(world, invitation["id"], **fields)
    wanted = {name: {"only": sorted(v["only"])} if isinstance(v, dict) else v for name, v in fields.items()}
    assert (changed.status, changed.json) == (200, {**before, **wanted, "version": before["version"] + 1})
    assert changed.json == get(world, invitation["id"]).json
    event = newest(world, "invitation.edited")
    assert {name: event["after"][name] for name in wanted} == wanted
    assert {name: event["before"][name] for name in wanted} == {name: before[name] for name in wanted}
    assert len(world.mails(NORA)) == 1
    joined = world.accept(link).json["member"]
    assert {name: joined[name] for name in wanted} == wanted


@pytest.mark.parametrize("fields", [{}, {"role": "member"}, {"products": {"all": True}, "role": "member"}])
def test_what_is_so_already_is_no_event_and_no_new_version(world: World, fields: dict[str, object]) -> None:
    invitation = world.invite(NORA)
    with world.unchanged(), world.tells():
        same = edit(world, invitation["id"], world.acme.admin.pat, **fields)
    assert (same.status, same.json["version"]) == (200, invitation["version"])


@pytest.mark.parametrize(("fields", "pointer"), [
    ({"role": "boss"}, "/role"),
    ({"role": None}, "/role"),
    ({"products": {"only": []}}, "/products/only"),
    ({"products": {"only": ["nothing"]}}, "/products/only"),
    ({"products": None}, "/products"),
    ({"email": "other@example.com"}, "/email"),
    ({"state": "accepted"}, "/state"),
    ({"expires_at": "2099-01-01T00:00:00Z"}, "/expires_at"),
    ({"generation": 1}, "/generation"),
    ({"inviter": {}}, "/inviter"),
])  # fmt: skip
def test_case_087_and_106_nothing_else_is_edited(world: World, fields: dict[str, object], pointer: str) -> None:
    invitation = world.invite(NORA)["id"]
    with world.unchanged():
        refused = edit(world, invitation, **fields)
    assert (refused.status, refused.pointers) == (400, [pointer])


# ---------------------------------------------------------------- rank


def test_case_117_and_i8_an_admin_neither_makes_an_owners_invitation_nor_touches_one(world: World) -> None:
    plain, owners = world.invite(NORA)["id"], world.invite("olga@example.com", role="owner")["id"]
    adam = world.acme.admin.pat
    with world.unchanged():
        answers = [
            edit(world, plain, adam, role="owner"),
            edit(world, owners, adam, role="member"),
            edit(world, owners, adam, products={"only": ["trustgate"]}),
            edit(world, owners, adam),
        ]
        assert edit(world, plain, world.acme.member.pat, role="member").status == 403
    assert [(answer.status, answer.code) for answer in answers] == [(403, "above_your_rank")] * 4


@pytest.mark.parametrize(("role", "status"), [("admin", 410), ("member", 201)])
def test_case_098_whoever_raised_the_role_stands_for_it(world: World, role: str, status: int) -> None:
    """The owner invited a member; the admin made it more, and is admin no longer."""
    invitation = world.invite(NORA)["id"]
    link = world.link(NORA)
    edited = edit(world, invitation, world.acme.admin.pat, role=role, products={"only": ["trustgate"]})
    inviter = world.acme.admin.id if role == "admin" else world.acme.owner.id
    assert edited.json["inviter"]["id"] == inviter
    put_role(world, world.acme.admin.id, "member")
    assert world.accept(link).status == status


def test_case_098_an_edit_of_the_products_leaves_it_to_the_first_inviter(world: World) -> None:
    invitation = world.invite(NORA, role="admin")["id"]
    link = world.link(NORA)
    assert edit(world, invitation, world.acme.admin.pat, products={"only": []}).status == 400
    edited = edit(world, invitation, world.acme.admin.pat, products={"only": ["trustgate"]})
    assert edited.json["inviter"]["id"] == world.acme.owner.id
    put_role(world, world.acme.admin.id, "member")
    assert world.accept(link).json["member"]["role"] == "admin"


def test_case_098_after_a_transfer_the_former_owners_owner_invitations_are_worth_nothing(world: World) -> None:
    olga, session = second_owner(world)
    sent = world.call("POST", "/v1/invitations", {"email": NORA, "role": "owner"}, token=session)
    assert sent.status == 201
    link = world.link(NORA)
    assert transfer(world, world.acme.member.id, session).status == 200
    assert world.member(olga).role.value == "admin"
    with world.tells("invitation.revoked"):
        assert world.accept(link).code == "link_revoked"


# ---------------------------------------------------------------- states, versions, tenancy


@pytest.mark.parametrize(("state", "code"), [
    ("expired", "invitation_expired"), ("revoked", "invitation_revoked"), ("accepted", "already_accepted"),
])  # fmt: skip
def test_only_a_pending_one_is_edited(world: World, state: str, code: str) -> None:
    invitation = world.invite(NORA)["id"]
    link = world.link(NORA)
    if state == "expired":
        world.advance(8 * 86400)
    elif state == "revoked":
        world.act("revoke", invitation)
    else:
        world.accept(link)
    with world.unchanged():
        refused = edit(world, invitation, role="admin")
    assert (refused.status, refused.code) == (409, code)


def test_case_125_a_stale_version_changes_nothing(world: World) -> None:
    invitation = world.invite(NORA)["id"]
    tag = get(world, invitation).headers["etag"]
    edit(world, invitation, role="admin")
    with world.unchanged():
        stale = edit(world, invitation, if_match=tag, role="member")
    assert (stale.status, stale.code) == (412, "stale_version")
    fresh = get(world, invitation).headers["etag"]
    assert edit(world, invitation, if_match=fresh, role="member").status == 200


def test_case_186_another_teams_invitation_is_as_unknown_as_none(world: World) -> None:
    theirs = world.invite(NORA, by=world.globex.owner)["id"]
    with world.unchanged():
        answers = [edit(world, one, role="admin") for one in (theirs, "inv_01M7YZMHKV0000000000000009")]
        assert edit(world, "x", role="admin").status == 404
    assert answers[0].essence == answers[1].essence
    assert answers[0].status == 404


def test_case_093_a_resend_after_an_edit_keeps_what_was_edited(world: World) -> None:
    invitation = world.invite(NORA)["id"]
    edit(world, invitation, role="admin", products={"only": ["trustgate"]})
    again = world.act("resend", invitation).json
    assert (again["role"], again["products"]) == ("admin", {"only": ["trustgate"]})
