"""POST /v1/invitations/bulk: an outcome per address, and doing it again changes nothing (J8)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.operations import act_on, ask, leave, put_role, second_owner

if TYPE_CHECKING:
    from tests.kit import Answer, World


def bulk(world: World, emails: object, by: object = None, key: object = None, **fields: object) -> Answer:
    headers = {"Idempotency_Key": str(key)} if key else {}
    return ask(world, "POST", "/v1/invitations/bulk", {"emails": emails, **fields}, str(by) if by else None, **headers)


def outcomes(answer: Answer) -> list[tuple[str, str, str | None]]:
    assert answer.status == 200, answer.body
    return [(one["email"], one["outcome"], one.get("code")) for one in answer.json["data"]]


def addresses(count: int) -> list[str]:
    return [f"guest{n}@example.com" for n in range(count)]


# ---------------------------------------------------------------- outcomes


def test_case_105_fifty_addresses_have_fifty_outcomes_in_their_order_and_the_audit_says_the_same(
    world: World,
) -> None:
    pending = world.invite("pending@example.com")["id"]
    act_on(world, world.acme.member.id, "deactivate")
    special = {
        "not an address": ("invalid", "invalid_email"),
        "GUEST1@example.com": ("duplicate", None),
        "Pending@Example.com": ("pending", "already_invited"),
        world.acme.admin.email: ("member", "member_exists"),
        world.acme.member.email: ("member", "use_reactivate"),
    }
    emails = [*addresses(45), *special]
    count = len(world.events())
    answer = bulk(world, emails, role="admin", products={"only": ["trustgate"]}, message="Hello there")
    expected = [*((email, ("created", None)) for email in addresses(45)), *special.items()]
    assert outcomes(answer) == [(email, became, code) for email, (became, code) in expected]
    told = {one["email"]: one.get("id") for one in answer.json["data"]}
    assert told["Pending@Example.com"] == pending
    assert (told[world.acme.admin.email], told["not an address"]) == (world.acme.admin.id, None)
    created = [told[email] for email in addresses(45)]
    events = world.events()[count:]
    assert {(event["action"], event["target"]["id"]) for event in events} == {
        ("invitation.created", one) for one in created
    }
    assert len(events) == len(created)
    one = ask(world, "GET", f"/v1/invitations/{created[7]}").json
    assert (one["email"], one["role"], one["products"], one["message"]) == (
        "guest7@example.com", "admin", {"only": ["trustgate"]}, "Hello there",
    )  # fmt: skip


def test_case_105_the_same_call_again_has_the_same_people_pending_and_changes_nothing(world: World) -> None:
    emails = ["ann@example.com", "nonsense", "bob@example.com", "ANN@example.com"]
    first = bulk(world, emails)
    assert [became for _, became, _ in outcomes(first)] == ["created", "invalid", "created", "duplicate"]
    assert [len(world.mails(email)) for email in ("ann@example.com", "bob@example.com")] == [1, 1]
    with world.unchanged(), world.tells():
        again = [bulk(world, emails) for _ in range(2)]
    assert [became for _, became, _ in outcomes(again[0])] == ["pending", "invalid", "pending", "duplicate"]
    assert again[0].json == again[1].json
    ids = [[one.get("id") for one in answer.json["data"]][::2] for answer in (first, again[0])]
    assert ids[0] == ids[1]
    assert [len(world.mails(email)) for email in ("ann@example.com", "bob@example.com")] == [1, 1]


def test_j8_an_idempotency_key_brings_the_first_answer_back(world: World) -> None:
    first = bulk(world, ["ann@example.com", "ann@example.com"], key="k1")
    with world.unchanged():
        again = bulk(world, ["ann@example.com", "ann@example.com"], key="k1")
        other = bulk(world, ["bob@example.com"], key="k1")
    assert (again.json, again.headers["idempotent-replayed"]) == (first.json, "true")
    assert (other.status, other.code) == (422, "key_reused")


def test_j8_a_bulk_of_nobody_new_is_replayed_as_it_was_answered(world: World) -> None:
    invitation = world.invite("ann@example.com")["id"]
    first = bulk(world, ["ann@example.com"], key="k1")
    world.act("revoke", invitation)
    with world.unchanged():
        assert bulk(world, ["ann@example.com"], key="k1").json == first.json


def test_an_expired_invitation_is_replaced_by_a_new_one(world: World) -> None:
    old = world.invite("ann@example.com")["id"]
    world.mails()
    world.advance(8 * 86400)
    with world.tells("invitation.created"):
        answer = bulk(world, ["ann@example.com"])
    assert outcomes(answer) == [("ann@example.com", "created", None)]
    assert answer.json["data"][0]["id"] != old
    assert ask(world, "GET", f"/v1/invitations/{old}").json["state"] == "revoked"


def test_case_102_and_190_an_address_known_in_another_team_is_just_an_address(world: World) -> None:
    world.invite("ann@example.com", by=world.globex.owner)
    answer = bulk(world, [world.globex.member.email, "ann@example.com"])
    assert [became for _, became, _ in outcomes(answer)] == ["created", "created"]


def test_each_of_them_can_join(world: World) -> None:
    bulk(world, ["ann@example.com", "bob@example.com"], send_password_email=True)
    assert [world.accept(world.link(email)).status for email in ("ann@example.com", "bob@example.com")] == [201, 201]


# ---------------------------------------------------------------- refusals


@pytest.mark.parametrize("count", [51, 1001])
def test_case_103_more_than_fifty_are_refused_and_nobody_is_invited(world: World, count: int) -> None:
    with world.unchanged():
        refused = bulk(world, addresses(count)) if count == 51 else bulk(world, ["a@b.example"] * count)
    assert refused.status in {400, 413}
    assert count != 51 or (refused.status, refused.pointers) == (400, ["/emails"])


@pytest.mark.parametrize(("emails", "pointers"), [
    ([], ["/emails"]),
    (None, ["/emails"]),
    ("ann@example.com", ["/emails"]),
    ({"0": "ann@example.com"}, ["/emails"]),
    (["ann@example.com", 1], ["/emails/1"]),
    ([None], ["/emails/0"]),
    ([["ann@example.com"]], ["/emails/0"]),
])  # fmt: skip
def test_addresses_come_as_a_list_of_text(world: World, emails: object, pointers: list[str]) -> None:
    with world.unchanged():
        refused = bulk(world, emails)
    assert (refused.status, refused.pointers) == (400, pointers)


@pytest.mark.parametrize(("fields", "pointer"), [
    ({"role": "boss"}, "/role"),
    ({"role": ["admin"]}, "/role"),
    ({"products": {"only": []}}, "/products/only"),
    ({"products": {"only": ["nothing"]}}, "/products/only"),
    ({"products": {"all": True, "only": []}}, "/products"),
    ({"send_password_email": "yes"}, "/send_password_email"),
    ({"message": "x" * 501}, "/message"),
    ({"email": "ann@example.com"}, "/email"),
    ({"invited_by": "me"}, "/invited_by"),
])  # fmt: skip
def test_case_105_and_106_what_holds_for_all_is_refused_for_all(
    world: World, fields: dict[str, object], pointer: str
) -> None:
    with world.unchanged():
        refused = bulk(world, ["ann@example.com", "bob@example.com"], **fields)
    assert (refused.status, refused.pointers) == (400, [pointer])


def test_case_117_and_i8_an_admin_makes_no_owners_in_bulk_either(world: World) -> None:
    with world.unchanged():
        refused = bulk(world, ["ann@example.com"], world.acme.admin.pat, role="owner")
        assert bulk(world, ["ann@example.com"], world.acme.member.pat).status == 403
    assert (refused.status, refused.code) == (403, "above_your_rank")


@pytest.mark.parametrize("fall", ["demoted", "deactivated", "left"])
def test_case_098_what_the_inviter_could_not_grant_any_more_is_withdrawn_for_each(world: World, fall: str) -> None:
    """The same as by hand, with the operations as they are now."""
    adam = world.acme.admin
    second_owner(world)
    bulk(world, ["ann@example.com", "bob@example.com"], adam.pat, role="admin")
    bulk(world, ["cy@example.com"], adam.pat, role="member")
    links = [world.link(f"{name}@example.com") for name in ("ann", "bob", "cy")]
    how = {
        "demoted": lambda: put_role(world, adam.id, "member"),
        "deactivated": lambda: act_on(world, adam.id, "deactivate"),
        "left": lambda: leave(world, adam.pat),
    }
    assert how[fall]().status in {200, 204}
    with world.tells("invitation.revoked", "invitation.revoked", "invitation.accepted"):
        assert [world.accept(link).status for link in links] == [410, 410, 201]
