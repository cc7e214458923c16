"""How many wrong passwords are evaluated, and that whoever guesses locks out nobody (AN 9 to 12, I31)."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

import pytest

from rollcall.actions import budgets
from rollcall.auth import passwords
from tests import seam
from tests.kit import GOOD_PASSWORD

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.kit import Answer, Person, World

HOME, OFFICE = "192.0.2.7", "192.0.2.8"
WINDOW = budgets.WINDOW.total_seconds()


@pytest.fixture(autouse=True)
def early(world: World) -> None:
    """Begin with whole windows."""
    world.early()


@pytest.fixture
def evaluated(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Note each password that is held against a hash."""
    tried: list[str] = []
    real = passwords.verify

    def verify(password: str, stored: str | None) -> bool:
        tried.append(password)
        return real(password, stored)

    monkeypatch.setattr(passwords, "verify", verify)
    return tried


@pytest.fixture
def strangers() -> Iterator[str]:
    """Return addresses that nobody has signed in from."""
    return (f"198.51.{number // 250}.{number % 250}" for number in count(1))


def sign_in(world: World, person: Person, address: str, password: str | None = None, slug: str = "acme") -> Answer:
    body = {"email": person.email, "password": password or person.password}
    return world.call("POST", f"/v1/teams/{slug}/sessions", body, address=address)


def guess(world: World, person: Person, address: str, times: int = 1) -> list[int]:
    return [sign_in(world, person, address, f"wrong password {number}").status for number in range(times)]


def burn(world: World, person: Person, strangers: Iterator[str], times: int = 10) -> list[int]:
    return [guess(world, person, next(strangers))[0] for _ in range(times)]


@pytest.mark.slow
def test_case_009_of_101_wrong_passwords_from_101_addresses_ten_are_evaluated(
    world: World, evaluated: list[str], strangers: Iterator[str]
) -> None:
    person = world.acme.member
    with world.unchanged():
        answers = [sign_in(world, person, next(strangers), "wrong password") for _ in range(101)]
        assert [answer.status for answer in answers] == [401] * 10 + [429] * 91
        assert len(evaluated) == 10
        assert sign_in(world, person, next(strangers)).status == 429
    wait = int(answers[-1].headers["retry-after"])
    assert 0 < wait <= WINDOW + 1
    world.advance(wait)
    assert sign_in(world, person, next(strangers)).status == 201


@pytest.mark.slow
def test_case_009_never_more_than_a_hundred_failures_in_a_row_are_evaluated_from_wherever_they_come(
    world: World, evaluated: list[str], strangers: Iterator[str]
) -> None:
    person = world.acme.member
    assert sign_in(world, person, HOME).status == 201
    evaluated.clear()
    for _ in range(12):
        burn(world, person, strangers, 12)
        guess(world, person, HOME, 3)
        world.advance(WINDOW)
    assert len(evaluated) <= budgets.IN_A_ROW
    assert sign_in(world, person, next(strangers)).status == 429
    assert sign_in(world, person, HOME).status == 429


def test_case_009_after_ninety_failures_in_a_row_only_a_known_address_opens_the_door_again(
    world: World, evaluated: list[str], strangers: Iterator[str]
) -> None:
    """Waiting does not help, a good sign-in from a known address does."""
    person = world.acme.member
    assert sign_in(world, person, HOME).status == 201
    evaluated.clear()
    for _ in range(10):
        burn(world, person, strangers)
        world.advance(WINDOW)
    assert len(evaluated) == budgets.IN_A_ROW_FROM_ANYWHERE
    world.advance(30 * 24 * 3600)
    assert sign_in(world, person, next(strangers)).status == 429
    assert sign_in(world, person, HOME).status == 201
    assert sign_in(world, person, next(strangers)).status == 201


def test_case_009_a_new_password_opens_the_door_again(
    world: World, evaluated: list[str], strangers: Iterator[str]
) -> None:
    person = world.acme.member
    for _ in range(10):
        burn(world, person, strangers)
        world.advance(WINDOW)
    assert sign_in(world, person, next(strangers)).status == 429
    world.rewrite(world.member(person.id), password_hash=passwords.hashed(GOOD_PASSWORD))
    evaluated.clear()
    assert sign_in(world, person, next(strangers), GOOD_PASSWORD).status == 201
    assert evaluated == [GOOD_PASSWORD]


@pytest.mark.slow
def test_case_009_a_success_in_between_begins_the_row_anew(
    world: World, evaluated: list[str], strangers: Iterator[str]
) -> None:
    person = world.acme.member
    for _ in range(11):
        assert set(burn(world, person, strangers, 9)) == {401}
        assert sign_in(world, person, next(strangers)).status == 201
        world.advance(WINDOW)
    assert len(evaluated) == 11 * 10


@pytest.mark.slow
def test_case_010_an_address_that_tries_one_password_on_everybody_is_stopped_and_no_other(
    world: World, evaluated: list[str]
) -> None:
    bodies = [{"email": f"person{number}@acme.example.com", "password": "wrong"} for number in range(105)]
    answers = [world.call("POST", "/v1/teams/acme/sessions", body, address=HOME).status for body in bodies]
    assert answers == [401] * budgets.TRIES_PER_ADDRESS + [429] * 5
    assert len(evaluated) == budgets.TRIES_PER_ADDRESS
    assert sign_in(world, world.acme.member, HOME).status == 429
    assert sign_in(world, world.globex.member, HOME, slug="globex").status == 429
    assert sign_in(world, world.acme.member, OFFICE).status == 201
    world.advance(WINDOW)
    assert sign_in(world, world.acme.member, HOME).status == 201


def test_case_010_good_sign_ins_use_up_nothing(world: World, evaluated: list[str]) -> None:
    statuses = [sign_in(world, world.acme.member, HOME).status for _ in range(15)]
    assert statuses == [201] * 15
    assert len(evaluated) == 15


def test_case_011_a_victim_signs_in_from_a_known_address_while_somebody_burns_their_budget(
    world: World, evaluated: list[str], strangers: Iterator[str]
) -> None:
    """Half an hour each way, with the victim's own mistakes in between."""
    del evaluated
    person = world.acme.member
    assert sign_in(world, person, HOME).status == 201
    for _ in range(4):
        burn(world, person, strangers, 12)
        assert sign_in(world, person, OFFICE).status == 429
        assert guess(world, person, HOME, 2) == [401, 401]
        assert sign_in(world, person, HOME).status == 201
        world.advance(WINDOW)


def test_case_011_a_known_address_has_ten_tries_of_its_own_and_is_known_for_ninety_days(
    world: World, evaluated: list[str], strangers: Iterator[str]
) -> None:
    del evaluated
    person = world.acme.member
    assert sign_in(world, person, HOME).status == 201
    assert guess(world, person, HOME, 12) == [401] * 10 + [429] * 2
    assert sign_in(world, person, next(strangers)).status == 201
    world.advance(budgets.KNOWN_FOR.total_seconds() - WINDOW)
    burn(world, person, strangers)
    assert sign_in(world, person, HOME).status == 201
    world.advance(budgets.KNOWN_FOR.total_seconds() + 1)
    burn(world, person, strangers)
    assert sign_in(world, person, HOME).status == 429


def test_case_011_an_address_is_known_for_one_member_of_one_team_only(
    world: World, evaluated: list[str], strangers: Iterator[str]
) -> None:
    del evaluated
    assert sign_in(world, world.acme.member, HOME).status == 201
    burn(world, world.acme.admin, strangers)
    assert sign_in(world, world.acme.admin, HOME).status == 429
    assert "192.0.2" not in str(world.items("RL#"))


def test_one_address_in_two_teams_has_two_budgets(world: World, evaluated: list[str], strangers: Iterator[str]) -> None:
    del evaluated
    person = world.acme.member
    burn(world, person, strangers)
    assert sign_in(world, person, next(strangers)).status == 429
    assert sign_in(world, person, next(strangers), slug="globex").status == 401
    assert sign_in(world, person, next(strangers), slug="no-such-team").status == 401


@pytest.mark.parametrize("slug", ["acme", "no-such-team"])
def test_case_001_an_address_that_nobody_has_is_throttled_as_a_members_is(
    world: World, evaluated: list[str], strangers: Iterator[str], slug: str
) -> None:
    def tries(email: str, times: int) -> list[object]:
        body = {"email": email, "password": "wrong password"}
        calls = [world.call("POST", f"/v1/teams/{slug}/sessions", body, address=next(strangers)) for _ in range(times)]
        return [{**answer.json, "instance": None} for answer in calls]

    assert tries("nobody@acme.example.com", 12) == tries(world.acme.member.email, 12)
    assert len(evaluated) == 20


def test_case_012_what_is_taken_at_once_is_given_back_where_another_budget_is_empty(
    world: World, evaluated: list[str], strangers: Iterator[str]
) -> None:
    person = world.acme.member
    burn(world, person, strangers)
    assert guess(world, person, HOME, 3) == [429] * 3
    assert {item["n"]["N"] for item in world.items("RL#address")} == {"1", "0"}
    assert [item["n"]["N"] for item in world.items("RL#row")] == ["10"]
    assert len(evaluated) == 10


@pytest.mark.parametrize("number", [1, 2, 3, 4, 5, 6])
def test_without_the_table_nothing_is_evaluated(world: World, evaluated: list[str], number: int) -> None:
    """Each call in turn fails: three readings, three budgets."""
    with world.unchanged(), seam.seam(lambda n, _: seam.BEFORE if n >= number else None):
        answer = sign_in(world, world.acme.member, HOME)
    assert (answer.status, answer.code, evaluated) == (503, "unavailable", [])


@pytest.mark.parametrize(
    ("address", "whose"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("no address", "no address"),
        ("", ""),
    ],
)
def test_of_ipv6_a_subscriber_counts_as_one_address(address: str, whose: str) -> None:
    assert budgets.site(address) == whose
