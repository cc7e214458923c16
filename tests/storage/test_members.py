"""The member list against a plain reading of the same people: filters, search, order, pages, totals (M1, M2)."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rollcall.domain import ids
from rollcall.domain.errors import Invalid
from rollcall.domain.members import Member, Source, Status
from rollcall.domain.permissions import Role
from rollcall.domain.teams import ALL_PRODUCTS, NO_PRODUCTS
from rollcall.storage import bulk, members, roster
from rollcall.storage.members import MemberPage, MemberQuery
from rollcall.storage.roster import fold, member_id
from tests.values import a_member, a_stored_team, a_team, added, an_owner, deactivated, only, updated, write

if TYPE_CHECKING:
    from tests.kit import World

NAMES = (
    "Amy Lee", "amy 100%", "a_b", "A*B", "Łukasz Żółkowski", "JÜRGEN GROSS", "Günther Groß", "Zoë", "Zoe", "O'Brien",
    "Robert'); --", "back\\slash", "(paren)", "[x]", "Ana 🌻", "王伟", "שרה כהן", "amy lee",
)  # fmt: skip
ACCESS = (ALL_PRODUCTS, NO_PRODUCTS, only("trustgate"), only("trustgate", "trusttest"))
TEAM = a_team()
ROWS_A_BLOCK = 4


def crowd() -> list[Member]:
    """Return people that differ in everything a list can ask for, in the order in which they join."""
    return [
        a_member(
            TEAM,
            name=name,
            role=tuple(Role)[number % 3],
            status=Status.DEACTIVATED if number % 5 in {1, 2} else Status.ACTIVE,
            source=tuple(Source)[number % 3 if number % 2 else (number + 1) % 3],
            products=ACCESS[number % 4],
        )
        for number, name in enumerate(NAMES)
    ]


@pytest.fixture
def people(table: World, monkeypatch: pytest.MonkeyPatch) -> list[Member]:
    """Fill a roster of five blocks; return everybody in join order."""
    del table
    monkeypatch.setattr(roster, "BLOCK_ROWS", ROWS_A_BLOCK)
    owner = an_owner(TEAM, name="Olivia Owner")
    a_stored_team(team=TEAM, owner=owner)
    return [owner, *bulk.load(TEAM.id, crowd())]


def matching(people: list[Member], asked: MemberQuery) -> list[str]:
    """Return the ids of those whom the query names, in its order, by looking at each."""
    found = [
        member
        for member in people
        if asked.role in {None, member.role}
        and asked.status in {None, member.status}
        and asked.source in {None, member.source}
        and (asked.product is None or member.products.is_all or asked.product in (member.products.only or ()))
        and (asked.text is None or asked.text in fold(member.name) or asked.text in fold(member.email))
    ]
    if asked.by_name:
        found.sort(key=lambda member: (fold(f"{member.name}\n{member.email}"), member.id))
    return [member.id for member in found]


def read(people: list[Member], asked: MemberQuery) -> MemberPage:
    return members.page(TEAM.id, asked, max(member.block for member in people) + 1)


def walk(people: list[Member], asked: MemberQuery) -> list[str]:
    """Return the ids on all pages; each page says the same total and none but the last is short."""
    found: list[str] = []
    total = len(matching(people, asked))
    while True:
        page = read(people, asked)
        assert page.total == total
        found += [member_id(row) for row in page.rows]
        if page.following is None:
            return found
        assert len(page.rows) == asked.limit
        asked = replace(asked, after=page.following)


QUERIES = st.builds(
    MemberQuery,
    role=st.none() | st.sampled_from(Role),
    status=st.none() | st.sampled_from(Status),
    product=st.sampled_from([None, "trustgate", "trusttest", "trustvault"]),
    source=st.none() | st.sampled_from(Source),
    text=st.sampled_from([None, None, "amy", "ss", "%", "_", "*", "(", "\\", "example.com", "zoe", "nobody"]),
    by_name=st.booleans(),
    limit=st.integers(1, 7),
)


@pytest.mark.parametrize("limit", [1, 3, 50])
@pytest.mark.parametrize("status", [None, *Status])
def test_the_list_walks_every_member_once_in_join_order(
    people: list[Member], status: Status | None, limit: int
) -> None:
    asked = MemberQuery(status=status, limit=limit)
    assert walk(people, asked) == matching(people, asked)


def test_case_131_totals_from_the_counters_are_exact_for_every_role_status_and_product(people: list[Member]) -> None:
    for role, status, key in product([None, *Role], [None, *Status], [None, "trustgate", "trusttest", "trustvault"]):
        asked = MemberQuery(role=role, status=status, product=key, limit=1)
        page = read(people, asked)
        expected = matching(people, asked)
        assert page.total == len(expected), asked
        assert [member_id(row) for row in page.rows] == expected[:1], asked


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(QUERIES)
def test_case_131_under_any_filters_pages_hold_each_match_once_and_the_total_counts_them_all(
    people: list[Member], asked: MemberQuery
) -> None:
    assert walk(people, asked) == matching(people, asked)


@pytest.mark.parametrize("limit", [1, 2, 50])
def test_a_page_reaches_past_a_run_of_members_that_do_not_match(
    people: list[Member], limit: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A block whose first rows are all deactivated is not taken for an empty one."""
    monkeypatch.setattr(roster, "BLOCK_ROWS", 40)
    team = a_team()
    owner = an_owner(team)
    a_stored_team(team=team, owner=owner)
    run = bulk.load(team.id, [a_member(team, status=Status.DEACTIVATED) for _ in range(12)] + [a_member(team)])
    del people
    asked = MemberQuery(limit=limit)
    page = members.page(team.id, asked, 1)
    found = [member_id(row) for row in page.rows]
    while page.following:
        page = members.page(team.id, replace(asked, after=page.following), 1)
        found += [member_id(row) for row in page.rows]
    assert found == [owner.id, run[-1].id]
    assert page.total == 2


def test_lists_follow_changes_at_once(people: list[Member]) -> None:
    target = next(member for member in people if member.is_active and member.role is Role.MEMBER)
    write(updated(target, deactivated(target)))
    changed = [deactivated(member) if member is target else member for member in people]
    for status in (None, *Status):
        assert walk(changed, MemberQuery(status=status, limit=5)) == matching(changed, MemberQuery(status=status))


def test_somebody_who_joins_while_pages_are_walked_does_not_move_the_others(people: list[Member]) -> None:
    first = read(people, MemberQuery(status=None, limit=6))
    late = replace(a_member(TEAM), block=people[-1].block)
    write(added(late))
    rest = walk([*people, late], MemberQuery(status=None, limit=6, after=first.following))
    assert [member_id(row) for row in first.rows] + rest == [member.id for member in people] + [late.id]


def test_names_are_sorted_without_case_and_accents(people: list[Member]) -> None:
    page = read(people, MemberQuery(status=None, by_name=True, limit=200))
    folded = [fold(row.name) for row in page.rows]
    assert folded == sorted(folded)
    assert page.total == len(people)


def test_more_members_than_can_be_sorted_are_not(people: list[Member]) -> None:
    with pytest.raises(Invalid) as refused:
        members.page(TEAM.id, MemberQuery(by_name=True), members.BLOCKS_SORTED + 1)
    assert [flaw.pointer for flaw in refused.value.flaws] == ["?sort"]
    assert people


# ---------------------------------------------------------------- search


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("AMY", {"Amy Lee", "amy 100%", "amy lee"}),
        ("100%", {"amy 100%"}),
        ("%", {"amy 100%"}),
        ("_", {"a_b"}),
        ("*", {"A*B"}),
        ("(", {"(paren)"}),
        (".", None),
        ("[x]", {"[x]"}),
        ("\\", {"back\\slash"}),
        ("'); --", {"Robert'); --"}),
        ("zoł", {"Łukasz Żółkowski"}),
        ("KOWSKI", {"Łukasz Żółkowski"}),
        ("zoe", {"Zoë", "Zoe"}),
        ("ZOË", {"Zoë", "Zoe"}),
        ("groß", {"JÜRGEN GROSS", "Günther Groß"}),
        ("gross", {"JÜRGEN GROSS", "Günther Groß"}),
        ("🌻", {"Ana 🌻"}),
        ("伟", {"王伟"}),
        ("כהן", {"שרה כהן"}),
        ("owner", {"Olivia Owner"}),
        ("nobody", set()),
    ],
)
def test_case_131_search_is_a_literal_substring_without_case_or_accents(
    people: list[Member], text: str, names: set[str] | None
) -> None:
    page = read(people, MemberQuery(status=None, text=fold(text), limit=200))
    if names is None:  # every address has a dot
        assert page.total == len(people)
        return
    assert {row.name for row in page.rows} == names
    assert page.total == len(names)


def test_search_finds_addresses_as_well_as_names(people: list[Member]) -> None:
    member = people[5]
    page = read(people, MemberQuery(status=None, text=fold(member.email.upper())))
    assert [member_id(row) for row in page.rows] == [member.id]


def test_nothing_is_found_across_the_border_of_name_and_address(people: list[Member]) -> None:
    member = people[1]
    joined = fold(member.name[-2:] + member.email[:2])
    assert member.id not in {member_id(row) for row in read(people, MemberQuery(status=None, text=joined)).rows}


LETTERS = st.text(st.characters(exclude_categories=["Cs", "Cc", "Cn"]), max_size=30)


@pytest.mark.parametrize("name", ["\U0001d400\U0001d40d\U0001d40dA", "\uff21nn\uff41", "ᴬᴺᴺᴬ", "ⓐⓝⓝⓐ", "A\u0300NNA"])
def test_a_name_in_letters_of_another_guise_is_found_by_plain_ones(name: str) -> None:
    assert fold(name) == fold("anna") == "anna"


@given(LETTERS)
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(LETTERS)
def test_composed_and_decomposed_forms_are_the_same_text(text: str) -> None:
    assert fold(unicodedata.normalize("NFC", text)) == fold(unicodedata.normalize("NFD", text))


@given(st.text("abcxyzÀÉÎõüß", max_size=20))
def test_search_knows_no_case(text: str) -> None:
    assert fold(text.upper()) == fold(text.lower()) == fold(text)


# ---------------------------------------------------------------- the bulk loader


def test_loaded_members_lie_in_the_table_as_joined_ones_do(table: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(roster, "BLOCK_ROWS", ROWS_A_BLOCK)
    team, joined = a_team(), crowd()
    owner = an_owner(team)
    a_stored_team(team=team, owner=owner)
    loaded = bulk.load(team.id, [replace(member, team_id=team.id) for member in joined])
    assert [member.block for member in loaded] == [(1 + n) // ROWS_A_BLOCK for n in range(len(joined))]
    by_bulk = table.items(f"H#{ids.code(team.id)}")
    totals = {item["SK"]["S"]: item["n"]["N"] for item in by_bulk if item["SK"]["S"] != "OPEN"}
    assert totals == {"00000#0": "4", "00001#0": "4", "00002#0": "4", "00003#0": "4", "00004#0": "3"}
