"""The routes below /v1/team: name, settings within limits, products whose keys are never used again (T1, M6)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.operations import ask, newest, sign_in

if TYPE_CHECKING:
    from tests.kit import Answer, World

DEFAULTS: dict[str, dict[str, Any]] = {
    "invitations": {"expiry_days": 7},
    "passwords": {"enabled": True},
    "tokens": {"max_age_days": None, "max_per_member": 20},
    "sessions": {"idle_minutes": 1440, "absolute_hours": 720, "max": 20},
    "joining": {"jit": False, "default_role": "member", "default_products": {"only": []}},
}
CHANGES = [
    ("PATCH", "/v1/team", {"name": "Acme Ltd"}),
    ("PATCH", "/v1/team/settings/tokens", {"max_per_member": 5}),
    ("POST", "/v1/team/products", {"key": "trustnew", "name": "New"}),
    ("PATCH", "/v1/team/products/trustgate", {"name": "Gate"}),
    ("DELETE", "/v1/team/products/trustgate", None),
]


def team(world: World, by: str | None = None) -> Answer:
    return ask(world, "GET", "/v1/team", None, by)


def settings(world: World, group: str, by: str | None = None) -> Any:
    return ask(world, "GET", f"/v1/team/settings/{group}", None, by).json


def change(world: World, group: str, by: str | None = None, **fields: object) -> Answer:
    return ask(world, "PATCH", f"/v1/team/settings/{group}", fields, by)


# ---------------------------------------------------------------- every change


@pytest.mark.parametrize(("method", "path", "body"), CHANGES)
def test_case_294_each_change_of_the_team_has_one_event_and_the_next_version(
    world: World, method: str, path: str, body: object
) -> None:
    before = team(world)
    count = len(world.events())
    done = ask(world, method, path, body, world.acme.admin.pat)
    assert done.status in {200, 201, 204}
    assert len(world.events()) == count + 1
    event = world.events()[-1]
    assert (event["actor"]["id"], event["actor"]["role"]) == (world.acme.admin.id, "admin")
    assert event["target"] == {"type": "team", "id": world.acme.id, "label": "Acme"}
    after = team(world)
    assert after.json["version"] == before.json["version"] + 1
    assert after.headers["etag"] == f'"{after.json["version"]}"'


@pytest.mark.parametrize(("method", "path", "body"), CHANGES)
def test_case_125_a_stale_version_changes_nothing(world: World, method: str, path: str, body: object) -> None:
    tag = team(world).headers["etag"]
    ask(world, "PATCH", "/v1/team", {"name": "Acme Inc"})
    with world.unchanged():
        stale = ask(world, method, path, body, If_Match=tag)
    assert (stale.status, stale.code) == (412, "stale_version")
    assert ask(world, method, path, body, If_Match=team(world).headers["etag"]).status in {200, 201, 204}


@pytest.mark.parametrize(("method", "path", "body"), [
    *CHANGES,
    ("GET", "/v1/team", None),
    ("GET", "/v1/team/settings/tokens", None),
    ("GET", "/v1/team/products", None),
    ("GET", "/v1/members", None),
    ("GET", "/v1/members?q=owner", None),
    ("GET", "/v1/invitations", None),
    ("GET", "/v1/audit-events", None),
    ("GET", "/v1/audit-events/export", None),
])  # fmt: skip
def test_case_130_a_member_sees_and_changes_nothing_of_the_team(
    world: World, method: str, path: str, body: object
) -> None:
    with world.unchanged():
        refused = ask(world, method, path, body, world.acme.member.pat)
        assert ask(world, "GET", "/v1/me", None, world.acme.member.pat).status == 200
    assert (refused.status, refused.code) == (403, "forbidden")
    assert b"@" not in refused.body


# ---------------------------------------------------------------- name


def test_another_name_is_taken_and_the_same_name_changes_nothing(world: World) -> None:
    assert ask(world, "PATCH", "/v1/team", {"name": "  Acme Ltd "}).json["name"] == "Acme Ltd"
    with world.unchanged():
        assert ask(world, "PATCH", "/v1/team", {"name": "Acme Ltd"}).status == 200
    event = newest(world, "team.edited")
    assert (event["before"], event["after"]) == ({"name": "Acme"}, {"name": "Acme Ltd"})


@pytest.mark.parametrize("body", [
    {}, {"name": ""}, {"name": None}, {"name": "x" * 101}, {"name": "a\nb"}, {"slug": "new"}, {"name": "A", "id": "x"},
])  # fmt: skip
def test_a_name_is_one_line_and_nothing_else_of_the_team_is_taken(world: World, body: object) -> None:
    with world.unchanged():
        assert ask(world, "PATCH", "/v1/team", body).status == 400


# ---------------------------------------------------------------- settings


@pytest.mark.parametrize("group", list(DEFAULTS))
def test_each_group_of_settings_has_its_defaults(world: World, group: str) -> None:
    assert settings(world, group) == DEFAULTS[group]


@pytest.mark.parametrize(("group", "name", "good", "bad"), [
    ("invitations", "expiry_days", (1, 30), (0, 31, -1, "7", 7.0, None, True)),
    ("passwords", "enabled", (False, True), (0, "false", None)),
    ("tokens", "max_age_days", (1, 3650, None), (0, 3651, "30", False)),
    ("tokens", "max_per_member", (1, 20), (0, 21, None, [])),
    ("sessions", "idle_minutes", (5, 43200), (4, 43201, None, {})),
    ("sessions", "absolute_hours", (1, 2160), (0, 2161, None)),
    ("sessions", "max", (1, 20), (0, 21, 10**30)),
    ("joining", "jit", (True, False), (0, "true", None)),
    ("joining", "default_role", ("admin", "member"), ("owner", "Admin", "", None, 1, ["admin"])),
    ("joining", "default_products", ({"all": True}, {"only": ["trustgate"]}, {"only": []}), (
        {}, {"all": False}, {"all": 1}, {"only": ["nothing"]}, {"only": "trustgate"}, {"only": [1]}, {"only": [[]]},
        [], None, {"all": True, "only": []},
    )),
])  # fmt: skip
def test_a_setting_keeps_within_its_limits(
    world: World, group: str, name: str, good: tuple[object, ...], bad: tuple[object, ...]
) -> None:
    session = sign_in(world, world.acme.owner)  # a limit of age may block the token that sets it
    for value in good:
        assert change(world, group, session, **{name: value}).json[name] == value
        assert settings(world, group, session)[name] == value
    with world.unchanged():
        for value in bad:
            refused = change(world, group, session, **{name: value})
            assert (refused.status, refused.pointers) == (400, [f"/{name}"]), value


def test_a_change_leaves_the_other_settings_and_no_change_leaves_everything(world: World) -> None:
    change(world, "sessions", max=3)
    assert settings(world, "sessions") == {**DEFAULTS["sessions"], "max": 3}
    assert {group: settings(world, group) for group in DEFAULTS if group != "sessions"} == {
        group: told for group, told in DEFAULTS.items() if group != "sessions"
    }
    with world.unchanged():
        assert [change(world, "sessions", None, **fields).status for fields in ({}, {"max": 3})] == [200, 200]
    assert newest(world, "team.settings_changed")["after"] == {"sessions": {**DEFAULTS["sessions"], "max": 3}}


@pytest.mark.parametrize("group", ["nothing", "Tokens", "__class__", "tokens%2Fmax"])
def test_a_group_that_does_not_exist_is_not_found(world: World, group: str) -> None:
    with world.unchanged():
        for method, body in (("GET", None), ("PATCH", {"max": 1})):
            assert ask(world, method, f"/v1/team/settings/{group}", body).status == 404


def test_settings_count_from_the_next_request_on(world: World) -> None:
    mia = world.acme.member
    change(world, "sessions", max=2)
    sessions = [sign_in(world, mia) for _ in range(3)]
    assert [ask(world, "GET", "/v1/me", None, one).status for one in sessions] == [401, 200, 200]
    change(world, "passwords", enabled=False)
    refused = world.call("POST", "/v1/teams/acme/sessions", {"email": mia.email, "password": mia.password})
    assert refused.status == 401
    assert world.call("GET", "/v1/teams/acme/sign-in-options").json["password"] is False


# ---------------------------------------------------------------- products


def keys_of(world: World) -> list[str]:
    return [product["key"] for product in ask(world, "GET", "/v1/team/products").json["data"]]


def test_products_are_listed_added_renamed_and_removed(world: World) -> None:
    assert keys_of(world) == ["trustgate", "trusttest", "trustvault"]
    added = ask(world, "POST", "/v1/team/products", {"key": "trustnew", "name": "New"})
    assert (added.status, added.json) == (201, {"key": "trustnew", "name": "New"})
    assert ask(world, "PATCH", "/v1/team/products/trustnew", {"name": "Newer"}).json["name"] == "Newer"
    assert ask(world, "DELETE", "/v1/team/products/trustgate").status == 204
    assert keys_of(world) == ["trustnew", "trusttest", "trustvault"]
    assert keys_of(world) == [product["key"] for product in team(world).json["products"]]


def test_a_products_key_is_immutable_unique_and_never_used_again(world: World) -> None:
    ask(world, "DELETE", "/v1/team/products/trustgate")
    with world.unchanged():
        again = ask(world, "POST", "/v1/team/products", {"key": "trustgate", "name": "Gate"})
        double = ask(world, "POST", "/v1/team/products", {"key": "trusttest", "name": "Test"})
        moved = ask(world, "PATCH", "/v1/team/products/trusttest", {"name": "Test", "key": "other"})
        for method, body in (("PATCH", {"name": "x"}), ("DELETE", None)):
            assert ask(world, method, "/v1/team/products/trustgate", body).status == 404
    assert [(answer.status, answer.code) for answer in (again, double)] == [
        (409, "product_retired"),
        (409, "product_exists"),
    ]
    assert (moved.status, moved.pointers) == (400, ["/key"])
    theirs = ask(world, "GET", "/v1/team/products", None, world.globex.owner.pat).json["total"]
    assert theirs == 3


@pytest.mark.parametrize("key", ["", "a", "1a", "-a", "Ab", "a_b", "ä1", "a" * 33, "a b", None, 1, ["ab"]])
def test_a_products_key_is_short_plain_and_lower_case(world: World, key: object) -> None:
    with world.unchanged():
        refused = ask(world, "POST", "/v1/team/products", {"key": key, "name": "New"})
    assert (refused.status, refused.pointers) == (400, ["/key"])


def test_case_214_a_product_is_added_once_by_one_key(world: World) -> None:
    body = {"key": "trustnew", "name": "New"}
    with world.tells("product.added"):
        first, again = (ask(world, "POST", "/v1/team/products", body, Idempotency_Key="k1") for _ in range(2))
    assert (again.status, again.json, again.headers["idempotent-replayed"]) == (201, first.json, "true")


def test_case_117_nobody_becomes_an_owner_by_a_default(world: World) -> None:
    with world.unchanged():
        for by in (world.acme.owner, world.acme.admin):
            refused = change(world, "joining", by.pat, default_role="owner")
            assert (refused.status, refused.pointers) == (400, ["/default_role"])


def test_default_products_are_those_that_the_team_still_has(world: World) -> None:
    change(world, "joining", default_products={"only": ["trustgate", "trusttest"]})
    ask(world, "DELETE", "/v1/team/products/trustgate")
    assert settings(world, "joining")["default_products"] == {"only": ["trusttest"]}
