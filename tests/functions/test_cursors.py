"""Page cursors over the lists of both kinds: whole walks, and what is no cursor of this list (case 174)."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollcall.domain.errors import Invalid
from rollcall.http import cursors
from tests.kit import GOOD_PASSWORD

if TYPE_CHECKING:
    from tests.kit import World

KEY, OLD_KEY = b"k" * 32, b"o" * 32
FILTERS = st.dictionaries(st.sampled_from(["q", "role", "status", "sort"]), st.text(max_size=8))
POSITIONS = st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=20), max_size=3).map(tuple)


@given(FILTERS, POSITIONS)
def test_a_cursor_leads_back_to_its_position_also_after_the_keys_were_rotated(
    filters: dict[str, str], position: tuple[str, ...]
) -> None:
    cursor = cursors.seal(OLD_KEY, "team_a", filters, position)
    assert cursors.open_cursor([KEY, OLD_KEY], "team_a", filters, cursor) == position


@given(FILTERS, FILTERS, POSITIONS)
def test_case_193_a_cursor_is_bound_to_team_filters_and_key(
    filters: dict[str, str], others: dict[str, str], position: tuple[str, ...]
) -> None:
    cursor = cursors.seal(KEY, "team_a", filters, position)
    wrong = [([KEY], "team_b", filters), ([OLD_KEY], "team_a", filters), ([], "team_a", filters)]
    if others != filters:
        wrong.append(([KEY], "team_a", others))
    for keys, team, asked in wrong:
        with pytest.raises(Invalid):
            cursors.open_cursor(keys, team, asked, cursor)


@given(st.text(max_size=60))
def test_no_other_text_is_a_cursor(text: str) -> None:
    with pytest.raises(Invalid):
        cursors.open_cursor([KEY], "team_a", {}, text)


def test_case_174_a_cursor_with_any_byte_changed_or_cut_is_refused() -> None:
    cursor = cursors.seal(KEY, "team_a", {}, ("00000", "0351Q7LmeywB8qVjl6KGKo"))
    raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    for place in range(len(raw)):
        for changed in (raw[:place], raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :]):
            with pytest.raises(Invalid):
                cursors.open_cursor([KEY], "team_a", {}, base64.urlsafe_b64encode(changed).decode())


def test_case_174_another_spelling_of_the_same_bytes_is_refused() -> None:
    """The last character carries bits to spare: a lenient reader takes several cursors for one."""
    cursor = cursors.seal(KEY, "team_a", {}, ("ab",))
    assert len(cursor) % 4 == 2, "its last character carries two bits"
    spellings = {cursor[:-1] + last for last in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"}
    for other in (spellings - {cursor}) | {cursor + "=", cursor + "=="}:
        with pytest.raises(Invalid):
            cursors.open_cursor([KEY], "team_a", {}, other)


def test_a_cursor_of_the_other_list_is_refused(world: World) -> None:
    """Both lists without a filter: what the position means is not the same."""
    for number in range(2):
        world.invite(f"nora{number}@example.com")
    for mine, other in (("members", "invitations"), ("invitations", "members")):
        page = world.call("GET", f"/v1/{mine}?limit=1", token=world.acme.owner.pat)
        cursor = page.json["next_cursor"]
        refused = world.call("GET", f"/v1/{other}?limit=1&cursor={cursor}", token=world.acme.owner.pat)
        assert (refused.status, refused.pointers) == (400, ["?cursor"])


def test_case_193_a_cursor_of_one_team_is_refused_in_another(world: World) -> None:
    cursor = world.call("GET", "/v1/members?limit=1", token=world.acme.owner.pat).json["next_cursor"]
    refused = world.call("GET", f"/v1/members?limit=1&cursor={cursor}", token=world.globex.owner.pat)
    assert (refused.status, refused.pointers) == (400, ["?cursor"])


@pytest.mark.parametrize("letter", ["王", "\N{ARABIC LIGATURE SALLALLAHOU ALAYHE WASALLAM}"])
def test_by_name_every_page_leads_to_the_next_however_long_the_names(world: World, letter: str) -> None:
    address = f"{'l' * 60}@{'d' * 60}.{'e' * 60}.example.com"
    world.join(address)
    session = world.call("POST", "/v1/teams/acme/sessions", {"email": address, "password": GOOD_PASSWORD}).json["token"]
    named = world.call("PATCH", "/v1/me", {"name": "A" + letter * 99}, token=session)
    assert named.status == 200, named.body
    found: list[str] = []
    query = "/v1/members?sort=name&status=all&limit=1"
    path = query
    while True:
        page = world.call("GET", path, token=world.acme.owner.pat)
        assert page.status == 200, page.body
        found += [member["id"] for member in page.json["data"]]
        if page.json["next_cursor"] is None:
            break
        path = f"{query}&cursor={page.json['next_cursor']}"
    assert len(found) == len(set(found)) == page.json["total"] == 31
