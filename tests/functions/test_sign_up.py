"""POST /v1/teams: a request, a lock of the slug and a letter; the link in it founds the team, once (T1)."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from rollcall import clock
from rollcall.actions.create_team import NewTeam, create_team
from rollcall.domain import ids
from rollcall.domain.errors import SlugTaken
from rollcall.http.schedule import system_call
from rollcall.mail.address import canonical
from tests import seam
from tests.kit import GOOD_PASSWORD, Answer
from tests.operations import ask, set_password, sign_up

if TYPE_CHECKING:
    from tests.kit import World

AMY = "amy@hooli.example"
BO = "bo@example.com"
DAY = 24 * 3600
OPTIONS = "/v1/teams/hooli/sign-in-options"


@pytest.fixture(autouse=True)
def early(world: World) -> None:
    """Begin with whole windows."""
    world.early()


def sign_in(world: World, email: str = AMY, slug: str = "hooli") -> Answer:
    return world.call("POST", f"/v1/teams/{slug}/sessions", {"email": email, "password": GOOD_PASSWORD})


def operator_creates(slug: str) -> None:
    create_team(system_call(clock.now()), NewTeam(slug, "Another", canonical(BO), "Bo Kim", {}))


@pytest.fixture(autouse=True)
def _noon(world: World) -> None:
    """Begin at noon, far from where the throttles begin anew."""
    world.at(clock.now().replace(hour=12, minute=5) + timedelta(days=1))


@pytest.fixture
def link(world: World) -> str:
    """Sign up for hooli and return the token of the letter."""
    assert sign_up(world).status == 202
    return world.link(AMY)


# ---------------------------------------------------------------- asking


def test_only_a_request_a_lock_and_a_letter_are_written(world: World) -> None:
    before = {(item["PK"]["S"], item["SK"]["S"]) for item in world.items()}
    with world.tells():
        answer = sign_up(world)
    assert (answer.status, answer.body) == (202, b"")
    added = sorted(item["PK"]["S"].partition("#")[0] for item in world.items() if _key(item) not in before)
    assert added == ["OUT", "REQ", "RL", "RL", "SLUG"]
    (request,) = world.items("REQ#")
    (lock,) = world.items("SLUG#hooli")
    assert request["ttl"] == lock["ttl"]
    assert lock["h"] == request["i"]
    assert "rc_rst_" not in json.dumps(world.items())


def _key(item: dict[str, dict[str, str]]) -> tuple[str, str]:
    return item["PK"]["S"], item["SK"]["S"]


def test_a_team_that_was_only_asked_for_is_unknown_to_everybody(world: World, link: str) -> None:
    assert link
    with world.unchanged():
        asked, unknown = world.call("GET", OPTIONS), world.call("GET", "/v1/teams/nobodys/sign-in-options")
        refused, nobody = sign_in(world), sign_in(world, slug="nobodys")
    assert (asked.status, asked.essence) == (404, unknown.essence)
    assert (refused.status, refused.essence) == (401, nobody.essence)


def test_where_it_is_off_nobody_signs_up_whatever_they_send(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for state in ("off", ""):
        monkeypatch.setenv("SIGN_UP", state)
        with world.unchanged(), seam.seam() as seen:
            answers = [sign_up(world), world.call("POST", "/v1/teams", b"{"), sign_up(world, slug="acme")]
        assert {(answer.status, answer.code) for answer in answers} == {(403, "sign_up_off")}
        assert seen.calls == []
    monkeypatch.delenv("SIGN_UP")
    assert sign_up(world).code == "sign_up_off"


def test_what_is_wrong_is_pointed_at_also_below_the_owner(world: World) -> None:
    owner = {"email": AMY, "name": "Amy"}
    good = {"name": "Hooli", "slug": "hooli", "owner": owner}
    for change, pointers in (
        ({"owner": {"email": "nobody", "name": " "}}, ["/owner/email", "/owner/name"]),
        ({"owner": {"email": AMY}}, ["/owner/name"]),
        ({"owner": {**owner, "role": "owner"}}, ["/owner/role"]),
        ({"owner": {**owner, "a/b": 1}}, ["/owner/a~1b"]),
        ({"owner": [AMY]}, ["/owner"]),
        ({"owner": None}, ["/owner"]),
        ({"slug": "Hooli", "name": "\u202eHooli"}, ["/name", "/slug"]),
        ({"slug": "-hooli"}, ["/slug"]),
        ({"slug": "x" * 49}, ["/slug"]),
        ({"team_id": world.acme.id}, ["/team_id"]),
    ):
        with world.unchanged():
            answer = world.call("POST", "/v1/teams", {**good, **change})
        assert (answer.status, answer.pointers) == (400, pointers), change
    twice = json.dumps(good).replace('"name": "Amy"', '"name": "Amy", "name": "Bo"').encode()
    assert world.call("POST", "/v1/teams", twice, headers={"content-type": "application/json"}).status == 400


def test_the_slug_of_a_team_is_taken_and_that_of_a_deleted_one_is_not(world: World) -> None:
    with world.unchanged():
        assert (sign_up(world, "globex").status, sign_up(world, "globex").code) == (409, "slug_taken")
    session = sign_in_owner(world)
    assert ask(world, "DELETE", "/v1/team", {"name": "Globex"}, session).status == 204
    assert sign_up(world, "globex").status == 202
    assert set_password(world, world.link(AMY)).status == 204
    assert sign_in(world, slug="globex").status == 201
    assert sign_in(world, world.globex.owner.email, "globex").status == 401


def sign_in_owner(world: World) -> str:
    login = {"email": world.globex.owner.email, "password": world.globex.owner.password}
    return str(world.call("POST", "/v1/teams/globex/sessions", login).json["token"])


# ---------------------------------------------------------------- the lock


def test_for_24_hours_the_slug_is_nobody_elses(world: World, link: str) -> None:
    world.advance(DAY - 60)
    with world.unchanged():
        answer = sign_up(world, email=BO)
        with pytest.raises(SlugTaken):
            operator_creates("hooli")
    assert (answer.status, answer.code) == (409, "slug_taken")
    assert set_password(world, link).status == 204


def test_then_it_is_free_and_the_older_link_founds_nothing(world: World, link: str) -> None:
    world.advance(DAY)
    assert sign_up(world, email=BO).status == 202
    with world.unchanged():
        late = set_password(world, link)
    assert (late.status, late.code) == (410, "link_expired")
    assert set_password(world, world.link(BO)).status == 204
    assert (sign_in(world, BO).status, sign_in(world).status) == (201, 401)


def test_the_operator_may_have_a_slug_whose_lock_has_lapsed_for_good(world: World, link: str) -> None:
    world.advance(DAY)
    with world.tells("team.created"):
        operator_creates("hooli")
    (lock,) = world.items("SLUG#hooli")
    assert lock.keys() == {"PK", "SK", "h"}
    with world.unchanged():
        assert set_password(world, link).code == "link_expired"
        assert sign_up(world, email="cy@example.com").code == "slug_taken"


def test_a_slug_lost_between_looking_and_founding_is_a_conflict(world: World, link: str) -> None:
    """The link is used in its last moment, and somebody was faster with the slug."""
    (lock,) = world.items("SLUG#hooli")
    taken = world.call("POST", "/v1/teams", {"name": "X", "slug": "other", "owner": {"email": BO, "name": "Bo"}})
    assert taken.status == 202
    (other,) = world.items("SLUG#other")
    _replace(world, {**lock, "h": other["h"]})
    with world.unchanged():
        answer, page = set_password(world, link), choose(world, link)
    assert (answer.status, answer.code) == (409, "slug_taken")
    assert (page.status, b"This slug is taken" in page.body) == (409, True)


def _replace(world: World, item: dict[str, dict[str, str]]) -> None:
    import boto3  # noqa: PLC0415 past the service

    world.stack.drain()
    boto3.client("dynamodb").put_item(TableName="rollcall-local", Item=item)


def overtaken(world: World, **other: str) -> tuple[Answer, Answer]:
    """Sign up, and between its reading and its writing let another request be carried out; return both answers."""
    nobody = Answer(0, {}, b"", None)
    faster: list[Answer] = []

    def meanwhile(_number: int, name: str) -> seam.Fault:
        if name == "TransactWriteItems" and not faster:
            faster.append(nobody)
            faster[0] = sign_up(world, **other)
        return None

    with seam.seam(meanwhile):
        slower = sign_up(world)
    return faster[0], slower


def test_two_people_who_want_one_slug_at_once_one_gets_it(world: World) -> None:
    faster, slower = overtaken(world, email=BO)
    assert (faster.status, slower.status, slower.code) == (202, 409, "slug_taken")
    assert (len(world.items("REQ#")), len(world.mails(BO)), len(world.mails(AMY))) == (1, 1, 0)


def test_the_same_request_sent_twice_at_once_is_no_conflict_with_itself(world: World) -> None:
    faster, slower = overtaken(world)
    assert (faster.status, slower.status) == (202, 202)
    assert (len(world.items("REQ#")), len(world.mails(AMY))) == (1, 1)


# ---------------------------------------------------------------- founding


def choose(world: World, link: str, password: str = GOOD_PASSWORD) -> Answer:
    return world.post_form(f"/reset/{link}", "password=" + password.replace(" ", "+"))


def test_case_107_looking_at_the_link_changes_nothing(world: World, link: str) -> None:
    with world.unchanged():
        pages = [world.call(method, f"/reset/{link}") for _ in range(5) for method in ("GET", "HEAD")]
    assert {page.status for page in pages} == {200}
    shown = pages[0].body.decode()
    for said in ("Create the team Hooli", AMY, 'autocomplete="new-password"', '<form method="post">'):
        assert said in shown
    assert link not in shown


@pytest.mark.parametrize(("way", "status"), [(set_password, 204), (choose, 200)])
def test_the_link_founds_the_team_with_its_active_owner(world: World, link: str, way: object, status: int) -> None:
    with world.tells("team.created"):
        answer = way(world, link)  # type: ignore[operator]
    assert answer.status == status
    assert "set-cookie" not in answer.headers
    assert world.items("REQ#") == []
    signed_in = sign_in(world)
    assert signed_in.status == 201
    told = signed_in.json["member"]
    assert (told["role"], told["email"], told["email_verified"], told["name"]) == ("owner", AMY, True, "Amy Lee")
    token = signed_in.json["token"]
    team = world.call("GET", "/v1/team", token=token)
    assert (team.status, team.json["slug"], team.json["name"]) == (200, "hooli", "Hooli")
    members = world.call("GET", "/v1/members", token=token).json
    assert (members["total"], members["data"][0]["id"]) == (1, told["id"])
    event = world.events("team.created")[-1]
    assert (event["actor"]["id"], event["actor"]["credential"]["kind"]) == (told["id"], "link")
    assert (event["target"]["id"], event["after"]["slug"]) == (team.json["id"], "hooli")
    (lock,) = world.items("SLUG#hooli")
    assert lock.keys() == {"PK", "SK", "h"}
    (owners,) = [i for i in world.items(f"T#{ids.code(team.json['id'])}") if i["SK"]["S"] == "OWNERS"]
    assert owners["owners"]["SS"] == [told["id"]]


def test_the_page_after_founding_leads_to_the_sign_in(world: World, link: str) -> None:
    page = choose(world, link)
    assert b"Hooli is yours" in page.body
    assert b"/t/hooli?email=amy%40hooli.example" in page.body


def test_a_link_founds_once_and_its_holder_is_told_that_it_did(world: World, link: str) -> None:
    assert set_password(world, link).status == 204
    with world.unchanged():
        again, page, form = set_password(world, link), world.call("GET", f"/reset/{link}"), choose(world, link)
    assert (again.status, again.code) == (410, "link_used")
    assert (page.status, form.status) == (410, 410)


def test_an_expired_link_says_so_until_nothing_is_left_of_the_request(world: World, link: str) -> None:
    world.advance(DAY)
    with world.unchanged():
        late, page = set_password(world, link), choose(world, link)
    assert (late.status, late.code) == (410, "link_expired")
    assert (page.status, b"Sign up again" in page.body) == (410, True)
    _forget(world)
    assert set_password(world, link).code == "link_unknown"


def _forget(world: World) -> None:
    """Do what the table's own expiry does."""
    import boto3  # noqa: PLC0415 past the service

    for item in (*world.items("REQ#"), *world.items("SLUG#hooli")):
        key = {name: item[name] for name in ("PK", "SK")}
        boto3.client("dynamodb").delete_item(TableName="rollcall-local", Key=key)


@pytest.mark.parametrize("password", ["too short", "hooli hooli hooli", AMY, "x" * 20])
def test_a_weak_password_founds_nothing_and_leaves_the_link_alive(world: World, link: str, password: str) -> None:
    with world.unchanged():
        refused, page = set_password(world, link, password), choose(world, link, password)
    assert (refused.status, refused.pointers) == (400, ["/password"])
    assert (page.status, b"Create the team" in page.body, b'role="alert"' in page.body) == (400, True, True)
    assert set_password(world, link).status == 204


def test_a_link_that_was_changed_is_unknown(world: World, link: str) -> None:
    with world.unchanged():
        assert set_password(world, link[:-1] + ("0" if link[-1] != "0" else "1")).code == "link_unknown"
        assert world.call("POST", "/v1/invitations/inspect", {"token": link}).code == "link_unknown"


def test_a_deleted_team_is_not_founded_again_by_its_link(world: World, link: str) -> None:
    assert set_password(world, link).status == 204
    session = sign_in(world).json["token"]
    assert ask(world, "DELETE", "/v1/team", {"name": "Hooli"}, session).status == 204
    with world.unchanged():
        assert set_password(world, link).code == "link_unknown"
    assert sign_up(world, email=BO).status == 202


# ---------------------------------------------------------------- names


@pytest.mark.parametrize("name", ["<img src=x onerror=alert(1)>", "https://evil.tld log in", "{{7*7}} ${7*7}", '"><i>'])
def test_case_113_hostile_names_are_text_in_page_and_letter(world: World, name: str) -> None:
    assert sign_up(world, name=name, owner_name=f"You won, see {name}").status == 202
    (letter,) = world.mails(AMY)
    assert len(letter.links) == 1
    assert "You won" not in letter.text + letter.html
    assert "<img" not in letter.html
    page = world.call("GET", f"/reset/{world.link(AMY)}").body.decode()
    assert "<img" not in page
    assert "<i>" not in page
    assert "49" not in letter.subject


# ---------------------------------------------------------------- abuse


def test_ten_requests_an_hour_from_one_address_are_carried_out(world: World) -> None:
    for number in range(10):
        assert sign_up(world, "acme").code == "slug_taken"
        assert sign_up(world, f"team-{number}", email=f"a{number}@example.com").status == 202
    with world.unchanged():
        answer = sign_up(world, "team-10")
    assert (answer.status, answer.code, answer.headers["retry-after"]) == (429, "too_many_requests", "3600")
    assert sign_up(world, "team-10", address="198.51.100.7").status == 202
    world.advance(3600)
    assert sign_up(world, "team-11").status == 202


def test_one_recipient_gets_three_letters_a_day_and_the_answer_does_not_tell(world: World) -> None:
    first = [sign_up(world, f"team-{number}") for number in range(3)]
    with world.unchanged():
        more = [sign_up(world, f"team-{number}", email=AMY.upper()) for number in (3, 4)]
        taken = sign_up(world, "acme")
    assert {json.dumps(answer.essence, default=str) for answer in more} == {json.dumps(first[0].essence, default=str)}
    assert taken.code == "slug_taken"
    assert len(world.mails(AMY)) == 3
    assert sign_up(world, "team-3", email=BO).status == 202
    world.advance(DAY)
    assert sign_up(world, "team-5").status == 202
    assert len(world.mails(AMY)) == 4


def test_who_asks_for_the_same_again_gets_the_same_link_again_but_not_at_once(world: World, link: str) -> None:
    with world.unchanged():
        assert sign_up(world).status == 202
    world.advance(60)
    assert sign_up(world).status == 202
    assert world.links(AMY) == [link, link]
    for change in ({"name": "Other"}, {"owner_name": "Other"}, {"email": BO}):
        with world.unchanged():
            assert sign_up(world, **change).code == "slug_taken"
    assert sign_up(world).status == sign_up(world).status == 202
    assert len(world.mails(AMY)) == 3
    assert set_password(world, link).status == 204
    with world.unchanged():
        assert sign_up(world).code == "slug_taken"


def test_no_letter_goes_out_for_a_request_that_has_lapsed_or_become_a_team(world: World) -> None:
    assert sign_up(world).status == 202
    world.advance(DAY)
    assert world.mails(AMY) == []
    assert [item["s"]["S"] for item in world.items("OUT#") if item["k"]["S"] == "sign_up"] == ["dropped"]


# ---------------------------------------------------------------- faults


@pytest.mark.parametrize("fault", [seam.BEFORE, seam.AFTER])
def test_case_249_one_call_that_fails_or_whose_reply_is_lost_is_made_good(world: World, fault: str) -> None:
    with seam.seam() as seen:
        assert sign_up(world).status == 202
    for failing in range(1, len(seen.calls) + 1):
        world.reset()
        with seam.seam(seam.at(failing, fault)):
            assert sign_up(world).status == 202, failing
        assert (len(world.items("REQ#")), len(world.mails(AMY))) == (1, 1)


def test_case_248_when_the_table_goes_the_request_is_written_whole_or_not_at_all(world: World) -> None:
    with seam.seam() as seen:
        assert sign_up(world).status == 202
    for made in range(len(seen.calls)):
        world.reset()
        with world.unchanged(), seam.seam(seam.after(made, seam.BEFORE)):
            assert sign_up(world).status == 503
        assert sign_up(world).status == 202
        assert len(world.mails(AMY)) == 1


def test_who_asks_again_after_a_lost_answer_is_not_refused(world: World) -> None:
    with seam.seam(lambda _, name: seam.AFTER if name == "TransactWriteItems" else None):
        assert sign_up(world).status == 503
    assert sign_up(world).status == 202
    assert len(world.mails(AMY)) == 1
    assert set_password(world, world.link(AMY)).status == 204


def test_it_costs_a_reading_of_the_slug_two_throttles_and_a_transaction(world: World) -> None:
    answer = world.call(
        "POST",
        "/v1/teams",
        {"name": "Hooli", "slug": "hooli", "owner": {"email": AMY, "name": "Amy"}},
        headers={"x-rollcall-cost": "1"},
    )
    assert (answer.status, answer.cost["round_trips"]) == (202, 4)
