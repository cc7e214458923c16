"""The own profile: what members may read and change of themselves, and nothing else (M11)."""

import pytest

from tests.kit import World


def test_everybody_reads_their_own_profile(world: World) -> None:
    for person in (world.acme.owner, world.acme.admin, world.acme.member):
        answer = world.call("GET", "/v1/me", token=person.pat)
        assert (answer.status, answer.json["id"], answer.headers["etag"]) == (200, person.id, '"1"')


def test_a_member_changes_name_and_avatar_with_one_event_and_a_new_version(world: World) -> None:
    edit = {"name": "Mia M.", "avatar_url": "https://example.com/mia.png"}
    with world.tells("member.profile_edited"):
        answer = world.call("PATCH", "/v1/me", edit, token=world.acme.member.pat)
    assert (answer.status, answer.json["name"], answer.json["version"]) == (200, "Mia M.", 2)
    event = world.events("member.profile_edited")[-1]
    assert event["before"] == {"name": "Mia Member", "avatar_url": None}
    assert event["after"] == edit
    listed = world.call("GET", "/v1/members?q=mia%20m.", token=world.acme.owner.pat).json
    assert [row["avatar_url"] for row in listed["data"]] == [edit["avatar_url"]]


@pytest.mark.parametrize("cleared", [None, ""])
def test_a_null_or_empty_avatar_is_cleared(world: World, cleared: str | None) -> None:
    world.call("PATCH", "/v1/me", {"avatar_url": "https://example.com/mia.png"}, token=world.acme.member.pat)
    answer = world.call("PATCH", "/v1/me", {"avatar_url": cleared}, token=world.acme.member.pat)
    assert (answer.status, answer.json["avatar_url"]) == (200, None)


def test_setting_what_is_already_so_is_no_change(world: World) -> None:
    with world.unchanged():
        answer = world.call("PATCH", "/v1/me", {"name": "Mia Member"}, token=world.acme.member.pat)
    assert (answer.status, answer.json["version"]) == (200, 1)


def test_case_125_a_stale_if_match_is_412_and_changes_nothing(world: World) -> None:
    world.call("PATCH", "/v1/me", {"name": "Mia M."}, token=world.acme.member.pat)
    with world.unchanged():
        answer = world.call("PATCH", "/v1/me", {"name": "M"}, token=world.acme.member.pat, headers={"if-match": '"1"'})
    assert (answer.status, answer.code) == (412, "stale_version")
    for tag in ('"2"', 'W/"2"', "*", '"1", "2"'):
        answer = world.call(
            "PATCH", "/v1/me", {"name": "Mia M."}, token=world.acme.member.pat, headers={"if-match": tag}
        )
        assert answer.status == 200, tag


@pytest.mark.parametrize(
    "field", ["role", "products", "status", "email", "email_verified", "id", "version", "pk", "ttl"]
)
def test_case_118_nothing_else_of_oneself_can_be_changed(world: World, field: str) -> None:
    with world.unchanged():
        answer = world.call("PATCH", "/v1/me", {"name": "Mia M.", field: "owner"}, token=world.acme.member.pat)
    assert (answer.status, answer.pointers) == (400, [f"/{field}"])


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/a.png",
        "javascript:alert(1)",
        "data:image/png;base64,AA",
        "https://user@example.com/a.png",
        "https://:pw@example.com/a.png",
        "https:///a.png",
        "https://[::1",
        "https://example.com/a b.png",
        'https://example.com/"onerror=',
        "//example.com/a.png",
    ],
)
def test_an_avatar_is_a_plain_https_address(world: World, url: str) -> None:
    with world.unchanged():
        answer = world.call("PATCH", "/v1/me", {"avatar_url": url}, token=world.acme.member.pat)
    assert (answer.status, answer.pointers) == (400, ["/avatar_url"])
