"""Nothing of one team reaches another: not by ids, cursors, keys or credentials, and not in any answer (I20)."""

from __future__ import annotations

import json
import zlib
from typing import TYPE_CHECKING

import pytest

from rollcall.auth import secrets
from rollcall.domain import ids
from tests.kit import GOOD_PASSWORD
from tests.values import new_id

if TYPE_CHECKING:
    from infra.local.edges import Json
    from tests.kit import Answer, Person, World

NORA = "nora@example.com"
CANARY = "canary-of-globex"

# Every route that names something by its id, with the kind of id.
BY_ID = (
    ("GET", "/v1/members/{}", "mem"),
    ("GET", "/v1/invitations/{}", "inv"),
    ("POST", "/v1/invitations/{}/resend", "inv"),
    ("POST", "/v1/invitations/{}/link", "inv"),
    ("POST", "/v1/invitations/{}/revoke", "inv"),
)
LISTS = (
    "/v1/members",
    "/v1/members?status=all&limit=200",
    "/v1/members?q=globex",
    "/v1/members?q=canary",
    "/v1/members?sort=name&status=all&limit=200",
    "/v1/members?role=owner",
    "/v1/members?product=trustgate",
    "/v1/invitations",
    "/v1/invitations?q=canary",
    "/v1/invitations?state=revoked",
)


def session_of(world: World, slug: str, email: str, password: str) -> str:
    answer = world.call("POST", f"/v1/teams/{slug}/sessions", {"email": email, "password": password})
    assert answer.status == 201, answer.body
    return str(answer.json["token"])


def both(world: World, person: Person) -> list[str]:
    """Return a session and a token of the person."""
    slug = person.email.partition("@")[2].partition(".")[0]
    return [session_of(world, slug, person.email, person.password), person.pat]


@pytest.mark.parametrize(("method", "path", "kind"), BY_ID)
def test_case_186_another_teams_id_is_answered_as_one_that_does_not_exist(
    world: World, method: str, path: str, kind: str
) -> None:
    theirs = {"mem": world.globex.member.id, "inv": world.invite(NORA, by=world.globex.owner)["id"]}[kind]
    credentials = both(world, world.acme.owner)
    with world.unchanged():
        for token in credentials:
            known = world.call(method, path.format(theirs), token=token)
            unknown = world.call(method, path.format(new_id(kind)), token=token)
            assert (known.status, known.code) == (404, "not_found")
            assert known.essence == unknown.essence


@pytest.mark.parametrize("wrong", ["id", "code"])
def test_case_186_another_teams_team_is_reached_by_no_spelling_of_an_id(world: World, wrong: str) -> None:
    """Keys of the table, or codes of credentials, are no ids."""
    member = world.globex.member.id
    text = f"M#{ids.code(world.globex.id)}#{ids.code(member)}" if wrong == "id" else ids.code(member)
    with world.unchanged():
        assert world.call("GET", f"/v1/members/{text.replace('#', '%23')}", token=world.acme.owner.pat).status == 404


@pytest.mark.parametrize("header", ["X-Team-Id", "X-Tenant", "Cookie", "X-Forwarded-Host", "Host", "Origin"])
def test_case_187_a_team_in_a_header_is_not_heard(world: World, header: str) -> None:
    value = f"team={world.globex.id}" if header == "Cookie" else world.globex.id
    plain = world.call("GET", "/v1/members", token=world.acme.owner.pat)
    assert (
        world.call("GET", "/v1/members", token=world.acme.owner.pat, headers={header: value}).essence == plain.essence
    )


@pytest.mark.parametrize("field", ["team", "team_id", "slug", "tenant"])
def test_case_187_a_team_in_body_or_query_is_refused(world: World, field: str) -> None:
    token = world.acme.owner.pat
    with world.unchanged():
        body = world.call("POST", "/v1/invitations", {"email": NORA, field: world.globex.id}, token=token)
        query = world.call("GET", f"/v1/members?{field}={world.globex.id}", token=token)
    assert (body.status, body.pointers) == (400, [f"/{field}"])
    assert (query.status, query.pointers) == (400, [f"?{field}"])


@pytest.mark.parametrize(
    "path", ["/v1/teams/globex/members", "/v1/globex/members", "/globex/v1/members", "/v1//members"]
)
def test_case_187_a_team_in_the_path_is_no_route(world: World, path: str) -> None:
    assert world.call("GET", path, token=world.acme.owner.pat).status == 404


def test_case_188_one_person_in_two_teams_is_two_members(world: World) -> None:
    here, my_session = world.join(NORA)
    invited = world.invite(NORA, by=world.globex.owner)
    joined = world.accept(
        world.copied(invited["id"], by=world.globex.owner), name="Nora There", password="x" * 7 + " other words"
    )
    there, other_session = joined.json["member"]["id"], joined.json["session"]["token"]
    assert here != there
    assert world.call("GET", "/v1/me", token=my_session).json["name"] == "Nora New"
    assert world.call("GET", "/v1/me", token=other_session).json["name"] == "Nora There"
    assert world.call("POST", "/v1/teams/globex/sessions", {"email": NORA, "password": GOOD_PASSWORD}).status == 401
    kept = world.member(there, world.globex)
    world.rewrite(world.member(here), status=kept.status.__class__.DEACTIVATED)
    assert world.call("GET", "/v1/me", token=my_session).status == 401
    assert world.call("GET", "/v1/me", token=other_session).status == 200
    assert world.member(there, world.globex) == kept


def test_case_188_editing_oneself_in_one_team_leaves_the_other_alone(world: World) -> None:
    _, session = world.join(NORA)
    before = [item for item in world.items() if ids.code(world.globex.id) in item["PK"]["S"]]
    assert world.call("PATCH", "/v1/me", {"name": "Nora Newer"}, token=session).status == 200
    assert [item for item in world.items() if ids.code(world.globex.id) in item["PK"]["S"]] == before


def moved(text: str, team_id: str) -> str:
    """Return a credential with another team in its locator and a right checksum."""
    body = text[:7] + ids.code(team_id) + text[29:-6]
    return body + ids.base62(zlib.crc32(body.encode()), 6)


def test_case_189_no_credential_of_one_team_becomes_one_of_another(world: World) -> None:
    token = world.copied(world.invite(NORA)["id"])
    credentials = both(world, world.acme.owner)
    with world.unchanged():
        for text in credentials:
            assert secrets.parse(moved(text, world.globex.id))
            assert world.call("GET", "/v1/me", token=moved(text, world.globex.id)).status == 401
        dead = world.accept(moved(token, world.globex.id))
    assert (dead.status, dead.code) == (410, "link_unknown")


def test_case_189_an_invitation_is_not_accepted_as_somebody_of_another_team(world: World) -> None:
    """Signed in elsewhere under the invited address is fine; it is the address that must be the same."""
    token = world.copied(world.invite(NORA)["id"])
    with world.unchanged():
        refused = world.accept(token, headers={"Authorization": f"Bearer {world.globex.member.pat}"})
    assert (refused.status, refused.code) == (409, "wrong_account")


def canaries(world: World) -> set[str]:
    """Return what only globex knows: names, addresses and ids of its people, invitations and credentials."""
    team = world.globex
    own = [item for item in world.items() if ids.code(team.id) in item["PK"]["S"]]
    known = {CANARY, team.id, ids.code(team.id)}
    for item in own:
        known |= {item[name]["S"] for name in ("i", "e", "k") if "S" in item.get(name, {})}
        known |= {item["SK"]["S"]} if len(item["SK"]["S"]) == ids.CODE_LENGTH else set()
    shared = {item["k"]["S"] for item in world.items("M#") if "k" in item and item not in own} | {NORA}
    return {text.casefold() for text in known - shared if len(text) > 3}


def clean(answer: Answer, known: set[str]) -> Answer:
    told = (answer.body.decode() + json.dumps(dict(answer.headers))).casefold()
    assert not [text for text in known if text in told]
    return answer


def prepare(world: World) -> Json:
    """Give globex people and invitations that acme has too, and some that it has not."""
    mine = world.invite(NORA)
    world.invite(NORA, by=world.globex.owner, message=CANARY)
    world.invite(f"{CANARY}@example.com", by=world.globex.owner, message=CANARY)
    session = session_of(world, "globex", world.globex.member.email, world.globex.member.password)
    assert world.call("PATCH", "/v1/me", {"name": CANARY}, token=session).status == 200
    return mine


def test_case_190_no_answer_of_one_team_shows_anything_of_another(world: World) -> None:
    mine = prepare(world)
    known = canaries(world)
    assert len(known) > 90
    token = world.acme.owner.pat
    for path in LISTS:
        assert clean(world.call("GET", path, token=token), known).status == 200
    for method, path, kind in BY_ID:
        for an_id in (world.acme.member.id if kind == "mem" else mine["id"], new_id(kind)):
            clean(world.call(method, path.format(an_id), token=token), known)
    for body in ({"email": NORA}, {"email": world.acme.admin.email}, {"email": f"{CANARY[:6]}@example.com"}):
        clean(world.call("POST", "/v1/invitations", body, token=token), known)
    assert world.call("GET", "/v1/members?q=canary", token=token).json["total"] == 0
    assert world.call("GET", "/v1/members?q=canary", token=world.globex.owner.pat).json["total"] == 1


def test_case_190_totals_count_the_own_team_alone(world: World) -> None:
    token = world.acme.owner.pat
    before = {path: world.call("GET", path, token=token).json["total"] for path in LISTS}
    prepare(world)
    world.invite("another@example.com", by=world.globex.owner)
    after = {path: world.call("GET", path, token=token).json["total"] for path in LISTS}
    assert {path: after[path] - before[path] for path in LISTS if after[path] != before[path]} == {"/v1/invitations": 1}


def test_case_193_a_cursor_of_one_team_opens_no_page_of_another(world: World) -> None:
    for emails in ("one@example.com", "two@example.com"):
        world.invite(emails)
        world.invite(emails, by=world.globex.owner)
    for path in ("/v1/members", "/v1/members?sort=name", "/v1/invitations"):
        sign = "&" if "?" in path else "?"
        cursor = world.call("GET", f"{path}{sign}limit=1", token=world.acme.owner.pat).json["next_cursor"]
        refused = world.call("GET", f"{path}{sign}limit=1&cursor={cursor}", token=world.globex.owner.pat)
        assert (refused.status, refused.pointers) == (400, ["?cursor"])


def test_case_194_a_teams_audit_holds_its_own_events_alone(world: World) -> None:
    """Also where the same person acts in both."""
    world.join(NORA)
    prepared = world.invite(NORA, by=world.globex.owner)
    world.act("resend", prepared["id"], by=world.globex.owner)
    world.call("PATCH", "/v1/me", {"name": "Mia"}, token=world.acme.member.pat)
    people = {
        code: {item["i"]["S"] for item in world.items(f"M#{code}#")}
        for code in (ids.code(team.id) for team in world.teams.values())
    }
    assert len(people) == 2
    for code, members in people.items():
        events = [json.loads(item["t"]["S"]) for item in world.items(f"A#{code}")]
        assert {event["actor"]["id"] for event in events} <= members | {None}
        assert len(events) >= 2
    assert not set.intersection(*people.values())


def test_case_129_nothing_of_a_deleted_team_authenticates(world: World) -> None:
    token = world.copied(world.invite(NORA)["id"])
    credentials = both(world, world.acme.owner)
    person = world.acme.member
    world.rewrite(world.team(), state=world.team().state.__class__.DELETED)
    with world.unchanged():
        for credential in credentials:
            assert world.call("GET", "/v1/me", token=credential).status == 401
        sign_in = world.call("POST", "/v1/teams/acme/sessions", {"email": person.email, "password": person.password})
        assert (sign_in.status, world.accept(token).status) == (401, 410)
        assert world.call("GET", "/v1/teams/acme/sign-in-options").status == 404
    assert world.call("GET", "/v1/me", token=world.globex.owner.pat).status == 200
