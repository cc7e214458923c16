"""Lists of users by SCIM: filters answered by key, by row and by scan, pages by index and by cursor (SC)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from rollcall.domain import ids
from rollcall.storage import bulk, roster
from tests.functions.scim_kit import Provider
from tests.values import a_member

if TYPE_CHECKING:
    from tests.kit import World

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
USER = "urn:ietf:params:scim:schemas:core:2.0:User"
NOBODY = {"totalResults": 0, "itemsPerPage": 0, "startIndex": 1, "Resources": []}


@pytest.fixture
def idp(world: World) -> Provider:
    return Provider(world)


def ask(idp: Provider, wanted: str, query: str = "") -> Any:
    answer = idp.get(f"/Users?filter={quote(wanted, safe='')}{query}")
    assert answer.status == 200, answer.body
    return answer.json


def rows(world: World) -> list[dict[str, Any]]:
    return world.items(f"R#{ids.code(world.acme.id)}")


def names(listed: Any) -> list[str]:
    return [one["userName"] for one in listed["Resources"]]


def people(idp: Provider) -> None:
    """Create three users who differ in everything that filters look at."""
    idp.new(
        "Ana@idp.example",
        externalId="X1",
        title="Boss",
        displayName="Ana",
        userType="staff",
        **{ENTERPRISE: {"department": "R&D"}},
    )
    home = {"value": "ben@home.example", "type": "home"}
    work = {"value": "ben@idp.example", "type": "work", "primary": True}
    idp.new("ben@idp.example", externalId="x1", emails=[work, home], userType="staff", nickName='B"en\\')
    idp.new("cid", externalId="00u #EXT#+\U0001f600", active=False, userType="guest", displayName="Cid's & Co=%")


# ---------------------------------------------------------------- filters
@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ('userName eq "ANA@IDP.EXAMPLE"', ["Ana@idp.example"]),
        ('username EQ "ana@idp.example"', ["Ana@idp.example"]),
        (f'{USER}:userName eq "ana@idp.example"', ["Ana@idp.example"]),
        ('externalId eq "X1"', ["Ana@idp.example"]),
        ('externalId eq "x1"', ["ben@idp.example"]),
        ('externalId eq "X2"', []),
        ('externalId eq "00u #EXT#+\U0001f600"', ["cid"]),
        ('externalId eq "00u #EXT#+\\ud83d\\ude00"', ["cid"]),
        ('emails.value eq "BEN@home.example"', ["ben@idp.example"]),
        ('emails[type eq "work"].value eq "ben@idp.example"', ["ben@idp.example"]),
        ('emails[type eq "work"].value eq "ben@home.example"', []),
        ('emails[type eq "home" and value co "home"]', ["ben@idp.example"]),
        ('userName eq "cid" and active eq true', []),
        ('userName eq "cid" and active eq "False"', ["cid"]),
        ('userName eq "cid" or externalId eq "X1"', ["Ana@idp.example", "cid"]),
        ('userType eq "STAFF" and not (title pr)', ["ben@idp.example"]),
        ('title pr and userType eq "staff" or userName eq "cid"', ["Ana@idp.example", "cid"]),
        ('title pr and (userType eq "guest" or userName eq "cid")', []),
        (f'{ENTERPRISE}:department eq "r&d"', ["Ana@idp.example"]),
        ('nickName eq "B\\"en\\\\"', ["ben@idp.example"]),
        ('displayName eq "Cid\'s & Co=%"', ["cid"]),
        ('userType sw "st" and userName ew "idp.example" and meta.created gt "0001-01-01T00:00:00.0000000Z"', None),
        ('ActiVe eq false and meta.lastmodified ge "2011-05-13T04:42:34.1234567Z" and userName pr', ["cid"]),
    ],
)
def test_case_158_159_a_filter_finds_who_matches_and_nobody_else(
    idp: Provider, wanted: str, found: list[str] | None
) -> None:
    """Behaviours 17 to 20, 25: by key, by row or by scan, the answer is the same."""
    people(idp)
    listed = ask(idp, wanted)
    expected = ["Ana@idp.example", "ben@idp.example"] if found is None else found
    assert sorted(names(listed)) == expected
    assert listed["totalResults"] == len(expected)


@pytest.mark.parametrize(
    "wanted",
    [
        *('userName eq "a" or 1 eq 1', "(", "()", "not ()", "pr", "userName", 'userName eq "a', 'userName eq "\\x"'),
        *('userName eq "x" and team eq "B"', "active gt true", "userName eq 1", "x" * 2049, "userName eq eq eq"),
        *("(" * 11 + "title pr" + ")" * 11, 'x" or "1" eq "1', "'; drop table", "emails[", 'emails[type eq "w"', "[]"),
        *('emails[type eq "w"]value', "title pr and", "and title pr", "title pr title pr", "urn:x:y eq 1"),
    ],
)
def test_case_158_what_is_no_filter_is_told_so(world: World, idp: Provider, wanted: str) -> None:
    with world.unchanged():
        refused = [
            idp.get(f"/Users?filter={quote(wanted, safe='')}"),
            idp.call("POST", "/Users/.search", {"filter": wanted}),
        ]
    assert [(answer.status, answer.json["scimType"]) for answer in refused] == [(400, "invalidFilter")] * 2


def test_no_match_is_an_empty_list(idp: Provider) -> None:
    """Behaviour 16: Entra's test of the connection, and Okta's check before each import."""
    for query in ("&startIndex=1&count=100", "", "&attributes=userName"):
        listed = ask(idp, 'userName eq "00000000-0000-0000-0000-000000000000"', query)
        assert {name: listed[name] for name in NOBODY} == NOBODY


def test_a_filter_reads_what_was_just_written(idp: Provider) -> None:
    """By key: created, renamed, deleted; the next request knows."""
    for number in range(5):
        made = idp.new(f"n{number}", externalId=f"e{number}")
        assert ask(idp, f'userName eq "N{number}"')["Resources"] == [made]
        idp.patch(f"/Users/{made['id']}", {"op": "replace", "value": {"userName": f"m{number}", "externalId": "now"}})
        assert ask(idp, f'userName eq "n{number}"')["totalResults"] == 0
        assert ask(idp, f'externalId eq "e{number}"')["totalResults"] == 0
        assert names(ask(idp, 'externalId eq "now"')) == [f"m{number}"]
        idp.call("DELETE", f"/Users/{made['id']}")
        assert ask(idp, 'externalId eq "now"')["totalResults"] == 0


def test_case_171_plus_is_a_space_in_a_query(idp: Provider) -> None:
    people(idp)
    assert idp.get('/Users?filter=userName+eq+"cid"').json["totalResults"] == 1
    assert idp.get('/Users?filter=externalId+eq+"00u+%23EXT%23%2B%F0%9F%98%80"').json["totalResults"] == 1


# ---------------------------------------------------------------- projections
def test_attributes_choose_what_is_returned_everywhere(idp: Provider) -> None:
    """Behaviour 21: lists, by id, POST, PUT and PATCH; `id` always, and `schemas`."""
    made = idp.new(title="T")
    path = f"/Users/{made['id']}"
    only = {"schemas": made["schemas"], "id": made["id"], "userName": made["userName"]}
    sent = {"userName": made["userName"], "title": "T"}
    assert idp.get(f"{path}?attributes=userName").json == only
    assert ask(idp, 'userName eq "nora@idp.example"', "&attributes=userName")["Resources"] == [only]
    assert idp.call("PUT", f"{path}?attributes=USERNAME", sent).json == only
    patched = idp.patch(f"{path}?attributes=username", {"op": "add", "path": "title", "value": "U"})
    assert (patched.status, patched.json) == (200, only)
    created = idp.call("POST", "/Users?attributes=userName", {"userName": "otto"})
    assert created.json.keys() == only.keys()
    without = idp.get(f"{path}?excludedAttributes=title,meta,groups").json
    assert without.keys() == {"schemas", "id", "userName", "active"}
    assert idp.get(f"{path}?excludedAttributes=id,schemas").json.keys() >= {"schemas", "id"}


def test_a_search_by_post_is_the_list(idp: Provider) -> None:
    people(idp)
    body = {"filter": 'userType eq "staff"', "startIndex": 2, "count": 1, "attributes": ["userName"]}
    searched = idp.call("POST", "/Users/.search", body)
    assert searched.json == ask(idp, body["filter"], "&startIndex=2&count=1&attributes=userName")  # type: ignore[arg-type]
    assert searched.json["totalResults"] == 2
    assert searched.json["itemsPerPage"] == 1


# ---------------------------------------------------------------- pages
@pytest.mark.parametrize(
    ("query", "start", "length"),
    [
        *(("startIndex=0", 1, 100), ("startIndex=-1", 1, 100), ("startIndex=1", 1, 100)),
        *(("count=0", 1, 0), ("count=-1", 1, 0), ("count=1000000", 1, 200), ("count=3", 1, 3)),
        *((f"startIndex={10**9}", 10**9, 0), (f"count={'9' * 300}", 1, 200), ("startIndex=5&count=2", 5, 2)),
    ],
)
def test_case_160_pages_are_cut_by_the_rfcs_rules(
    world: World, idp: Provider, query: str, start: int, length: int
) -> None:
    """Behaviours 23 and 24: JSON integers, an exact total, counted and then sliced."""
    team = world.team()
    crowd = len(rows(world))
    bulk.load(team.id, [a_member(team) for _ in range(230 - crowd)], first_free=crowd)
    listed = idp.get(f"/Users?{query}").json
    assert (listed["startIndex"], listed["totalResults"]) == (start, 230)
    expected = min(length, max(0, 230 - start + 1))
    assert listed["itemsPerPage"] == len(listed["Resources"]) == expected
    assert {type(listed[name]) for name in ("startIndex", "totalResults", "itemsPerPage")} == {int}


@pytest.mark.parametrize(
    "query", ["startIndex=a", "startIndex=", "count=x", "count=1.5", "count=true", "sortOrder=up", "sortBy=nothing"]
)
def test_case_160_174_garbage_is_refused(idp: Provider, query: str) -> None:
    refused = idp.get(f"/Users?{query}")
    assert (refused.status, refused.json["status"]) == (400, "400")


def test_case_160_a_walk_by_cursor_misses_and_doubles_nobody_who_was_there_throughout(
    world: World, idp: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """RFC 9865, over several blocks, while others are added and removed before and behind the cursor."""
    monkeypatch.setattr(roster, "BLOCK_ROWS", 60)
    team = world.team()
    bulk.load(team.id, [a_member(team) for _ in range(120)], first_free=60)
    passing = [idp.new(f"p{n}")["id"] for n in range(4)]
    everybody = {one["id"] for n in (1, 101) for one in idp.get(f"/Users?startIndex={n}&count=100").json["Resources"]}
    seen: list[str] = []
    cursor, number = "", 0
    while cursor is not None:
        page = idp.get(f"/Users?count=23&cursor={cursor}").json
        assert page["itemsPerPage"] == len(page["Resources"]) <= 23
        seen += [one["id"] for one in page["Resources"]]
        if number < 4:
            idp.call("DELETE", f"/Users/{passing[number]}")
            idp.new(f"late{number}")
        cursor, number = page.get("nextCursor"), number + 1
    assert len(seen) == len(set(seen))
    assert everybody - set(passing) <= set(seen)


@pytest.mark.parametrize("size", [1, 7, 50])
def test_the_order_is_the_same_for_any_page_size(idp: Provider, size: int) -> None:
    """Behaviour 23: no user is lost or repeated, by index as by cursor."""
    people(idp)
    whole = [one["id"] for one in idp.get("/Users?count=200").json["Resources"]]
    by_index = [
        one["id"]
        for start in range(1, len(whole) + 1, size)
        for one in idp.get(f"/Users?startIndex={start}&count={size}").json["Resources"]
    ]
    assert by_index == whole


def test_case_174_193_a_cursor_is_bound_to_its_team_and_its_list(world: World, idp: Provider) -> None:
    cursor = idp.get("/Users?count=2&cursor=").json["nextCursor"]
    theirs = Provider(world, world.globex)
    wrong = [
        theirs.get(f"/Users?count=2&cursor={cursor}"),
        idp.get(f"/Users?count=2&cursor={cursor}&filter=active%20eq%20true"),
        idp.get(f"/Users?count=2&cursor={cursor}&sortBy=userName"),
        idp.get(f"/Users?cursor={cursor[:-1]}"),
        idp.get("/Users?cursor=x"),
        idp.get(f"/Groups?cursor={cursor}"),
    ]
    assert [(answer.status, answer.json["scimType"]) for answer in wrong] == [(400, "invalidCursor")] * 6
    assert idp.get(f"/Users?count=3&cursor={cursor}").status == 200


def test_lists_sort_by_what_is_advertised(idp: Provider) -> None:
    people(idp)
    config = idp.get("/ServiceProviderConfig").json
    assert config["sort"]["supported"] is True
    wanted = "userType pr and userName pr"
    for name, order in (("userName", ["Ana@idp.example", "ben@idp.example", "cid"]), ("title", None)):
        up = names(ask(idp, wanted, f"&sortBy={name}"))
        down = names(ask(idp, wanted, f"&sortBy={name}&sortOrder=descending"))
        assert order is None or (up, down) == (order, order[::-1])
        assert order is not None or up[0] == "Ana@idp.example"


def test_case_131_whoever_is_not_provisioned_is_listed_like_anybody(world: World, idp: Provider) -> None:
    """GET and POST agree about who exists; the first has name, active and an address (behaviour 38)."""
    listed = idp.get("/Users?count=1").json
    (first,) = listed["Resources"]
    assert first["active"] is True
    assert first["name"]["familyName"]
    assert first["emails"][0]["value"]
    assert listed["totalResults"] == len(rows(world))
