"""GET /v1/invitations and /v1/invitations/{id}: every invitation not yet accepted, as it stands at this moment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.kit import Answer, World

NORA, OLAF, PIA = "nora@example.com", "olaf@example.com", "pia@elsewhere.example"


def listed(world: World, query: str = "", by: str = "owner") -> Answer:
    return world.call("GET", f"/v1/invitations{query}", token=getattr(world.acme, by).pat)


def emails(answer: Answer) -> list[str]:
    assert answer.status == 200, answer.body
    return [row["email"] for row in answer.json["data"]]


def test_an_invitation_is_listed_with_all_that_people_ask_about_it(world: World) -> None:
    world.invite(NORA, by=world.acme.admin, role="admin", products={"only": ["trustgate"]})
    queued: dict[str, Any] = listed(world).json["data"][0]
    assert (queued["email"], queued["role"], queued["products"]) == (NORA, "admin", {"only": ["trustgate"]})
    assert (queued["state"], queued["delivery"], queued["send_password_email"]) == ("pending", "queued", True)
    assert queued["inviter"]["email"] == world.acme.admin.email
    assert queued["sent_at"] < queued["expires_at"]
    assert queued["expires_at"].endswith("Z")
    world.mails()
    assert listed(world).json["data"][0]["delivery"] == "sent"
    assert not any("rc_inv_" in str(value) for value in queued.values())


def test_only_what_is_still_open_is_listed_and_the_rest_by_its_state(world: World) -> None:
    ids = {email: world.invite(email)["id"] for email in (NORA, OLAF, PIA)}
    world.accept(world.link(NORA))
    world.act("revoke", ids[OLAF])
    assert emails(listed(world)) == [PIA]
    by_state = {state: listed(world, f"?state={state}") for state in ("pending", "accepted", "revoked", "provisioned")}
    assert {state: emails(answer) for state, answer in by_state.items()} == {
        "pending": [PIA], "accepted": [NORA], "revoked": [OLAF], "provisioned": [],
    }  # fmt: skip
    assert [answer.json["total"] for answer in by_state.values()] == [1, 1, 1, 0]


@pytest.mark.parametrize("swept", [False, True])
def test_an_expired_one_is_listed_as_expired_whether_the_schedule_ran_or_not(world: World, swept: bool) -> None:
    old = world.invite(NORA)["id"]
    world.mails()
    world.advance(8 * 86400)
    world.invite(OLAF)
    if swept:
        world.invoke("expire")
    assert [(row["email"], row["state"]) for row in listed(world).json["data"]] == [
        (OLAF, "pending"),
        (NORA, "expired"),
    ]
    assert emails(listed(world, "?state=expired")) == [NORA]
    assert emails(listed(world, "?state=pending")) == [OLAF]
    assert world.call("GET", f"/v1/invitations/{old}", token=world.acme.owner.pat).json["state"] == "expired"


def test_filters_combine_and_the_total_counts_what_matches(world: World) -> None:
    world.invite(NORA, role="admin")
    world.invite(OLAF)
    world.invite(PIA, role="admin")
    assert emails(listed(world, "?role=admin")) == [PIA, NORA]
    assert emails(listed(world, "?q=EXAMPLE.com")) == [OLAF, NORA]
    both = listed(world, "?role=admin&q=example.com&state=pending")
    assert (emails(both), both.json["total"], both.json["next_cursor"]) == ([NORA], 1, None)
    assert emails(listed(world, "?q=%25")) == []


def test_pages_go_newest_first_to_the_end_without_a_gap(world: World) -> None:
    invited = [f"person{number}@example.net" for number in range(7)]
    for email in invited:
        world.invite(email)
        world.advance(1)
    found: list[str] = []
    query, pages = "?limit=3", 0
    while query:
        page = listed(world, query)
        found += emails(page)
        assert page.json["total"] == 7
        pages += 1
        cursor = page.json["next_cursor"]
        query = f"?limit=3&cursor={cursor}" if cursor else ""
    assert (found, pages) == (invited[::-1], 3)


def test_case_190_another_teams_invitations_are_neither_listed_counted_nor_found(world: World) -> None:
    world.invite(NORA)
    world.invite(OLAF, by=world.globex.owner)
    for query in ("", "?state=pending", "?q=olaf"):
        answer = listed(world, query)
        assert b"olaf" not in answer.body
    assert listed(world).json["total"] == 1


def test_case_193_a_cursor_belongs_to_its_team_and_its_filters(world: World) -> None:
    for email in (NORA, OLAF):
        world.invite(email)
        world.invite(email, by=world.globex.owner)
    cursor = world.call("GET", "/v1/invitations?limit=1", token=world.globex.owner.pat).json["next_cursor"]
    own = listed(world, "?limit=1").json["next_cursor"]
    for wrong in (cursor, own[:-2] + "AA", "x", ""):
        refused = listed(world, f"?limit=1&cursor={wrong}")
        assert (refused.status, refused.pointers) == (400, ["?cursor"])
    assert listed(world, f"?limit=1&role=member&cursor={own}").pointers == ["?cursor"]
    assert emails(listed(world, f"?limit=1&cursor={own}")) == [NORA]


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("?state=open", "?state"),
        ("?state=pending&state=expired", "?state"),
        ("?role=superuser", "?role"),
        ("?limit=0", "?limit"),
        ("?limit=201", "?limit"),
        ("?limit=ten", "?limit"),
        ("?status=pending", "?status"),
        ("?team_id=globex", "?team_id"),
    ],
)
def test_a_filter_that_is_none_is_refused_rather_than_ignored(world: World, query: str, pointer: str) -> None:
    refused = listed(world, query)
    assert (refused.status, refused.code, refused.pointers) == (400, "invalid", [pointer])


def test_an_admin_reads_also_owners_invitations_and_a_member_reads_none(world: World) -> None:
    owners = world.invite(NORA, role="owner")["id"]
    assert emails(listed(world, by="admin")) == [NORA]
    assert world.call("GET", f"/v1/invitations/{owners}", token=world.acme.admin.pat).json["role"] == "owner"
    for path in ("/v1/invitations", f"/v1/invitations/{owners}", "/v1/invitations?state=nonsense"):
        assert world.call("GET", path, token=world.acme.member.pat).status == 403
        assert world.call("GET", path).status == 401


def test_case_186_another_teams_invitation_reads_as_unknown_as_none(world: World) -> None:
    foreign = world.invite(NORA, by=world.globex.owner)["id"]
    paths = [f"/v1/invitations/{one}" for one in (foreign, foreign[:-4] + "0000", "inv_nonsense", "x")]
    answers = [world.call("GET", path, token=world.acme.owner.pat) for path in paths]
    assert (answers[0].status, answers[0].code) == (404, "not_found")
    assert all(answer.essence == answers[0].essence for answer in answers)
