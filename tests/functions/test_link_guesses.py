"""Links that are not true: changed, forged, mixed, of another kind. One answer for all, and no read for rubbish."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from rollcall import clock
from rollcall.auth import secrets
from rollcall.domain import ids
from rollcall.domain.teams import TeamState
from tests.kit import GOOD_PASSWORD

if TYPE_CHECKING:
    from tests.kit import World

NORA = "nora@example.com"
WINDOW = 15 * 60
COST = {"x-rollcall-cost": "1"}
WHOLE = slice(len("rc_inv_"), -secrets.CHECK_LENGTH)
TEAM, ABOUT = slice(7, 7 + ids.CODE_LENGTH), slice(7 + ids.CODE_LENGTH, 7 + 2 * ids.CODE_LENGTH)
SECRET = slice(ABOUT.stop, ABOUT.stop + secrets.SECRET_LENGTH)


@pytest.fixture(autouse=True)
def early(world: World) -> None:
    """Begin with whole windows."""
    world.early()


@pytest.fixture
def link(world: World) -> str:
    world.invite(NORA)
    return world.link(NORA)


def flipped(text: str, place: int) -> str:
    return text[:place] + ("b" if text[place] == "a" else "a") + text[place + 1 :]


def checked(text: str) -> str:
    """Give a changed link the checksum that makes it well-formed."""
    body = text[: -secrets.CHECK_LENGTH]
    return body + secrets._checksum(body)


def test_case_084_a_link_with_any_character_changed_is_dead_and_costs_no_read(world: World, link: str) -> None:
    with world.unchanged():
        answers = [world.accept(flipped(link, place), headers=COST) for place in range(len(link))]
    assert {(answer.status, answer.code) for answer in answers} == {(410, "link_unknown")}
    assert {answer.cost["calls"] for answer in answers} == {0}
    assert world.accept(link).status == 201


def test_case_084_nor_does_a_right_checksum_make_a_changed_link_true(world: World, link: str) -> None:
    changed = [checked(flipped(link, place)) for place in range(WHOLE.start, len(link) - secrets.CHECK_LENGTH)]
    with world.unchanged():
        answers = [world.accept(token, address=f"192.0.2.{n}") for n, token in enumerate(changed)]
    assert {(answer.status, answer.code) for answer in answers} == {(410, "link_unknown")}
    assert world.accept(link).status == 201


@pytest.mark.parametrize("cut", [lambda t: t[:-1], lambda t: t + "0", str.upper, str.swapcase, lambda t: t + " "])
def test_case_084_a_link_cut_lengthened_or_in_another_case_is_dead(world: World, link: str, cut: object) -> None:
    assert callable(cut)
    with world.unchanged():
        answer = world.accept(cut(link), headers=COST)
    assert (answer.status, answer.code, answer.cost["calls"]) == (410, "link_unknown", 0)


@pytest.mark.parametrize("text", ["x", "abc", "0", "inv_", "rc", " ", "é"])
def test_case_084_a_short_text_is_a_dead_link_on_every_way(world: World, text: str) -> None:
    with world.unchanged():
        answers = [world.accept(text), world.call("POST", "/v1/invitations/inspect", {"token": text})]
        answers.append(world.call("POST", "/v1/password-resets/complete", {"token": text, "password": GOOD_PASSWORD}))
    assert {(answer.status, answer.code) for answer in answers} == {(410, "link_unknown")}


@pytest.mark.parametrize("nothing", ["", "null", "undefined", None, 7, [], True])
def test_what_stands_for_no_value_is_no_link(world: World, nothing: object) -> None:
    with world.unchanged():
        answer = world.call("POST", "/v1/invitations/inspect", {"token": nothing})
    assert (answer.status, answer.pointers) == (400, ["/token"])


def encoded(part: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")


@pytest.mark.parametrize("header", [{"alg": "none"}, {"alg": "HS256", "typ": "JWT"}])
@pytest.mark.parametrize(
    "claims", [{"role": "owner"}, {"org_id": "globex", "email": "mallory@example.com", "role": "owner", "exp": 9e9}]
)
def test_case_085_nothing_that_a_client_makes_is_a_link(world: World, header: object, claims: object) -> None:
    token = f"{encoded(header)}.{encoded(claims)}.{encoded('signature')}"
    with world.unchanged():
        assert world.accept(token).status in {400, 410}
        assert world.call("GET", f"/i/{token}").status == 410


def test_case_085_an_edited_link_leads_nowhere_else(world: World, link: str) -> None:
    world.invite("olaf@example.com", role="owner")
    world.invite(NORA, by=world.globex.owner)
    greater, elsewhere = world.link("olaf@example.com"), world.link(NORA)
    assert elsewhere != link
    mixed = [
        checked(link[: ABOUT.start] + greater[ABOUT] + link[ABOUT.stop :]),
        checked(link[: SECRET.start] + greater[SECRET] + link[SECRET.stop :]),
        checked(link[: TEAM.start] + elsewhere[TEAM] + link[TEAM.stop :]),
        checked(elsewhere[: SECRET.start] + link[SECRET] + link[SECRET.stop :]),
    ]
    with world.unchanged():
        answers = [world.accept(token) for token in mixed]
    assert {(answer.status, answer.code) for answer in answers} == {(410, "link_unknown")}


def test_case_019_a_credential_of_another_kind_is_no_link_and_a_link_no_credential(world: World, link: str) -> None:
    session = world.call(
        "POST", "/v1/teams/acme/sessions", {"email": world.acme.member.email, "password": world.acme.member.password}
    )
    others = [session.json["token"], world.acme.owner.pat, checked("rc_rst_" + link[7:]), checked("rc_scm_" + link[7:])]
    with world.unchanged():
        answers = [world.accept(token, address="192.0.2.1") for token in others]
        answers += [
            world.call("POST", "/v1/password-resets/complete", {"token": token, "password": GOOD_PASSWORD})
            for token in (link, world.acme.owner.pat, checked("rc_rst_" + link[7:]))
        ]
        assert world.call("GET", "/v1/me", token=link).status == 401
        assert world.accept(link, token=link).status == 401
    assert {(answer.status, answer.code) for answer in answers} == {(410, "link_unknown")}


def test_case_102_who_holds_no_true_link_learns_nothing_from_any_answer(world: World) -> None:
    ends = {"live": None, "revoked": "revoke", "accepted": "accept"}
    tokens = {}
    for name, end in ends.items():
        invitation = world.invite(f"{name}@example.com")["id"]
        tokens[name] = world.link(f"{name}@example.com")
        if end == "revoke":
            world.act(end, invitation)
        elif end == "accept":
            world.accept(tokens[name])
    world.invite("deleted@example.com", by=world.globex.owner)
    tokens["deleted team"] = world.link("deleted@example.com")
    world.rewrite(world.team(world.globex), state=TeamState.DELETED)
    forged = [checked(flipped(token, SECRET.start)) for token in tokens.values()]
    forged += [checked(flipped(tokens["live"], place)) for place in (TEAM.start + 5, ABOUT.start + 5)]
    forged += [flipped(tokens["live"], SECRET.start), "rubbish rubbish rubbish", tokens["deleted team"]]
    with world.unchanged():
        for verb in ("accept", "inspect"):
            body = {"name": "N", "password": GOOD_PASSWORD} if verb == "accept" else {}
            answers = [world.call("POST", f"/v1/invitations/{verb}", {**body, "token": token}) for token in forged]
            assert {answer.status for answer in answers} == {410}
            assert all(answer.essence == answers[0].essence for answer in answers)
        pages = [world.call("GET", f"/i/{token.replace(' ', '')}") for token in forged]
        assert all(page.essence == pages[0].essence for page in pages)


def test_case_112_guesses_are_throttled_by_address_and_by_nothing_else(world: World, link: str) -> None:
    def inspect(address: str) -> int:
        return world.call("POST", "/v1/invitations/inspect", {"token": link}, address=address).status

    window = datetime.fromtimestamp((clock.now().timestamp() // WINDOW + 1) * WINDOW, UTC)
    world.at(window)  # so that no other window begins while the guesses are made
    with world.unchanged():
        assert [inspect("192.0.2.1") for _ in range(5)] == [200] * 5
        guesses = [checked(flipped(link, SECRET.start + n % 40)) for n in range(105)]
        answers = [world.accept(guess, address="192.0.2.1") for guess in guesses]
        assert [answer.status for answer in answers] == [410] * 100 + [429] * 5
        assert 0 < int(answers[-1].headers["retry-after"]) <= 900
        page = world.call("GET", f"/i/{link}", address="192.0.2.1")
        assert (page.status, "retry-after" in page.headers) == (429, True)
        assert (inspect("192.0.2.1"), inspect("192.0.2.2")) == (429, 200)
    world.advance(WINDOW)
    assert world.accept(link, address="192.0.2.1").status == 201
