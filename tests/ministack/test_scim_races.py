"""Identity providers that call at the instant at which others do, over HTTP: one serial order (CO, SC)."""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from rollcall.domain.permissions import Role
from tests.functions.scim_kit import Provider, person
from tests.kit import GOOD_PASSWORD
from tests.ministack.network import at_once, raced, rounds
from tests.operations import act_on, ask, leave, password_link, put_role, set_password, try_sign_in

if TYPE_CHECKING:
    from tests.kit import Answer
    from tests.ministack.network import Founding, Network

pytestmark = pytest.mark.ministack

NORA = "nora@idp.example"
STAFF = 3
MOST = 400


@pytest.fixture
def idp(world: Network) -> Provider:
    return Provider(world)


def statuses(answers: list[Answer]) -> Counter[int]:
    assert {answer.json.get("scimType") for answer in answers if answer.status == 409} <= {"uniqueness", "mutability"}
    return Counter(answer.status for answer in answers)


def replace(idp: Provider, user_id: str, path: str, value: object, **headers: str) -> Answer:
    sent = {name.replace("_", "-"): text for name, text in headers.items()}
    return idp.patch(f"/Users/{user_id}", {"op": "replace", "path": path, "value": value}, headers=sent)


def test_case_165_of_ten_posts_of_one_user_name_one_makes_the_user(world: Network, idp: Provider) -> None:
    """Behaviour 40; in any case, with and without an externalId, with one address or another."""
    for number in rounds(3):
        name = f"nora{number}@idp.example"
        ways: list[dict[str, Any]] = [{}, {"externalId": f"00u{number}"}, {"emails": []}]
        answers = at_once(
            *(partial(idp.post, name.upper() if n % 2 else name, **ways[n % 3]) for n in range(10)),
        )
        assert statuses(answers) == {201: 1, 409: 9}
    assert len(world.events("member.provisioned")) == len(rounds(3))
    world.check_books()


def test_case_165_of_posts_of_one_external_id_one_makes_the_user(world: Network, idp: Provider) -> None:
    answers = at_once(*(partial(idp.post, f"n{n}@idp.example", externalId="00u1") for n in range(6)))
    assert statuses(answers) == {201: 1, 409: 5}
    assert idp.get('/Users?filter=externalId%20eq%20"00u1"').json["totalResults"] == 1
    world.check_books()


def test_case_162_of_ten_writers_with_one_version_one_wins(world: Network, idp: Provider) -> None:
    made = idp.new()
    for number in rounds(3):
        etag = idp.get(f"/Users/{made['id']}").headers["etag"]
        writes = [partial(replace, idp, made["id"], "title", f"T{number}-{n}", If_Match=etag) for n in range(8)]
        path, whole = f"/Users/{made['id']}", person(NORA, title=f"P{number}")
        writes += [partial(idp.call, "PUT", path, whole | {"nickName": str(n)}, {"if-match": etag}) for n in range(2)]
        answers = at_once(*writes)
        assert statuses(answers) == {200: 1, 412: 9}
        (won,) = [answer.json for answer in answers if answer.status == 200]
        assert idp.get(path).json == won
    assert len(world.events("member.updated")) == len(rounds(3))
    world.check_books()


def test_writers_without_a_version_come_one_after_the_other(world: Network, idp: Provider) -> None:
    """I25: each changes another attribute and none is lost."""
    made = idp.new()
    names = ["title", "nickName", "displayName", "userType", "locale"]
    answers = at_once(*(partial(replace, idp, made["id"], name, name.upper()) for name in names))
    assert statuses(answers) == {200: 5}
    seen = idp.get(f"/Users/{made['id']}").json
    assert {name: seen[name] for name in names} == {name: name.upper() for name in names}
    assert seen["meta"]["version"] == 'W/"6"'
    world.check_books()


def test_case_148_two_who_swap_their_names_at_once_never_have_the_same(world: Network, idp: Provider) -> None:
    nora, otto = idp.new("nora"), idp.new("otto")
    for number in rounds(4):
        answers = raced(
            number,
            partial(replace, idp, nora["id"], "userName", "otto"),
            partial(replace, idp, otto["id"], "userName", "nora"),
        )
        assert statuses(answers).keys() <= {200, 409}
        seen = [idp.get(f"/Users/{one['id']}").json["userName"] for one in (nora, otto)]
        assert len(set(seen)) == 2
        for name in seen:
            assert idp.get(f'/Users?filter=userName%20eq%20"{name}"').json["totalResults"] == 1
    world.check_books()


def test_case_148_of_those_who_want_one_name_one_gets_it(world: Network, idp: Provider) -> None:
    made = [idp.new(f"u{n}") for n in range(5)]
    answers = at_once(*(partial(replace, idp, one["id"], "userName", "Wanted") for one in made))
    assert statuses(answers) == {200: 1, 409: 4}
    assert idp.get('/Users?filter=userName%20eq%20"wanted"').json["totalResults"] == 1
    world.check_books()


def test_case_232_an_acceptance_and_a_post_of_one_address_make_one_member(world: Network, idp: Provider) -> None:
    """The other is refused: the link is dead, or the provider met a local member."""
    for number in rounds(6):
        email = f"nora{number}@example.com"
        link = world.copied(world.invite(email)["id"])
        accepted, posted = raced(number, partial(world.accept, link), partial(idp.post, email))
        assert {accepted.status, posted.status} in ({201, 409}, {410, 201})
        assert (accepted.status == 201) is (posted.status == 409)
        assert len([member for member in world.members() if member.email == email]) == 1
    world.check_books()


def test_case_232_invitations_and_posts_of_one_address_leave_one_member(world: Network, idp: Provider) -> None:
    """I18: an invitation that came first is closed as provisioned, one that comes later is refused."""
    for number in rounds(4):
        email = f"nora{number}@example.com"
        invite = {"email": email, "role": "member", "products": {"all": True}}
        calls = [partial(ask, world, "POST", "/v1/invitations", invite), partial(idp.post, email)]
        invited, posted = raced(number, *calls)
        assert posted.status == 201
        assert invited.status in {201, 409}
        pending = world.walk(f"/v1/invitations?state=pending&q=nora{number}@").rows
        assert pending == []
    world.check_books()


def test_case_241_neither_a_patch_nor_a_role_change_loses_the_others_field(world: Network, idp: Provider) -> None:
    made = idp.new()
    for number in rounds(5):
        role, title = ("admin", "member")[number % 2], f"T{number}"
        patched, changed = raced(
            number,
            partial(replace, idp, made["id"], "title", title),
            partial(put_role, world, made["id"], role),
        )
        assert (patched.status, changed.status) == (200, 200)
        assert world.member(made["id"]).role is Role(role)
        assert idp.get(f"/Users/{made['id']}").json["title"] == title
    assert world.member(made["id"]).version == 1 + 2 * len(rounds(5))
    assert len(world.events("member.updated")) == len(world.events("member.role_changed")) == len(rounds(5))
    world.check_books()


def test_case_136_however_owners_and_the_provider_go_at_each_other_one_owner_stays(founded: Founding) -> None:
    """M4, I3: the provider cuts off its owner while each of the others falls upon the next."""
    for number in rounds(4):
        world = founded(STAFF)
        idp = Provider(world)
        first, second, made = world.acme.owner, world.acme.admin, idp.new()["id"]
        for one in (made, second.id):
            assert put_role(world, one, "owner").status == 200
        raced(
            number,
            partial(replace, idp, made, "active", value=False),
            partial(put_role, world, second.id, "member", first.pat),
            partial(act_on, world, first.id, "deactivate", second.pat),
            partial(leave, world, first.pat if number % 2 else second.pat),
        )
        owners = world.owners()
        assert owners
        assert owners == {member.id for member in world.members() if member.owns}
        world.check_books()


def test_case_136_of_the_provider_and_the_other_owner_one_owner_stays(founded: Founding) -> None:
    """Each takes the other's last colleague away: one of the two is told no."""
    for number in rounds(4):
        world = founded(STAFF)
        idp = Provider(world)
        made = idp.new()["id"]
        assert put_role(world, made, "owner").status == 200
        answers = raced(
            number, partial(replace, idp, made, "active", value=False), partial(leave, world, world.acme.owner.pat)
        )
        assert {answer.status for answer in answers} in ({200, 409}, {409, 204})
        assert len(world.owners()) == 1
        world.check_books()


def test_case_073_no_request_that_begins_after_the_deactivation_is_served(world: Network, idp: Provider) -> None:
    """C6: several clients hammer with one session while the provider switches its owner off."""
    made = idp.new()["id"]
    assert set_password(world, password_link(world, made)).status == 204
    session = try_sign_in(world, NORA, GOOD_PASSWORD, world.acme.slug).json["token"]
    over: list[bool] = []

    def hammer() -> list[tuple[bool, int]]:
        seen: list[tuple[bool, int]] = []
        while len(seen) < MOST and not (seen and seen[-1][0]):
            late = bool(over)
            seen.append((late, ask(world, "GET", "/v1/me", None, session).status))
        return seen

    def cut() -> list[tuple[bool, int]]:
        status = replace(idp, made, "active", value=False).status
        over.append(True)
        return [(False, status)]

    *hammered, done = at_once(*(hammer for _ in range(4)), cut)
    assert done == [(False, 200)]
    assert {status for one in hammered for late, status in one if late} == {401}
