"""How SCIM is spoken: versions, media types, addresses, errors, PATCH as a whole, and tokens (SC)."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from tests import seam
from tests.functions.scim_kit import PATCH, USER, Provider, person
from tests.operations import ask, sign_in

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.kit import Answer, World

ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"
NORA = "nora@idp.example"
BASE = "http://127.0.0.1:8000/scim/v2"
TITLE = {"op": "replace", "path": "title", "value": "T"}


@pytest.fixture
def idp(world: World) -> Provider:
    return Provider(world)


def refused(answer: Answer, status: int, kind: str | None) -> None:
    """Assert that this is the error of the RFC, all of it and nothing else (case 167)."""
    assert answer.status == status, answer.body
    assert answer.headers["content-type"] == "application/scim+json"
    assert answer.json.keys() == {"schemas", "status", "detail", *(["scimType"] if kind else [])}
    assert (answer.json["schemas"], answer.json["status"]) == ([ERROR], str(status))
    assert answer.json.get("scimType") == kind
    assert answer.json["detail"]


# ---------------------------------------------------------------- discovery
@pytest.mark.parametrize("path", ["/Schemas", "/ResourceTypes", "/ServiceProviderConfig", f"/Schemas/{USER}"])
def test_discovery_refuses_a_filter_and_ignores_how_lists_are_asked_for(idp: Provider, path: str) -> None:
    for wanted in ('name eq "User"', "id pr", "("):
        refused(idp.get(f"{path}?filter={quote(wanted)}"), 403, None)
    plain = idp.get(path)
    asked = idp.get(f"{path}?startIndex=x&count=0&sortBy=nothing&sortOrder=up&attributes=id&cursor=none")
    assert (asked.status, asked.json) == (200, plain.json)


# ---------------------------------------------------------------- versions
@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("tag", ['"1"', 'W/"1"', '"1", "7"', 'W/"elsewhere"'])
def test_case_162_a_stale_version_changes_nothing(world: World, idp: Provider, method: str, tag: str) -> None:
    made = idp.new()
    path = f"/Users/{made['id']}"
    now = idp.patch(path, TITLE).headers["etag"]
    patch = {"schemas": [PATCH], "Operations": [TITLE | {"value": "U"}]}
    bodies: dict[str, Any] = {"PUT": person(NORA), "PATCH": patch}
    with world.unchanged():
        refused(idp.call(method, path, bodies.get(method), {"if-match": tag}), 412, None)
    assert idp.get(path).headers["etag"] == now == 'W/"2"'
    for good in (now, "*"):
        sent = idp.call("PATCH", path, patch, {"if-match": good})
        assert sent.status == 200
        assert sent.headers["etag"] == 'W/"3"'
    gone = idp.call("DELETE", path, headers={"if-match": 'W/"3"'})
    assert gone.status == 204


def test_what_is_known_already_is_not_sent_again(idp: Provider) -> None:
    made = idp.new()
    path = f"/Users/{made['id']}"
    for tag in ('W/"1"', '"1"', "*", '"0", W/"1"'):
        known = idp.get(path, headers={"if-none-match": tag})
        assert (known.status, known.body, known.headers["etag"]) == (304, b"", 'W/"1"')
    assert idp.get(path, headers={"if-none-match": 'W/"2"'}).json == made


# ---------------------------------------------------------------- media types and addresses
@pytest.mark.parametrize(
    ("media", "status"),
    [
        *((f"application/{kind}", 201) for kind in ("scim+json", "json", "JSON")),
        *((f"application/json{more}", 201) for more in ("; charset=utf-8", ";charset=UTF-8", '; charset="utf8"')),
        *((f"{kind}", 415) for kind in ("text/plain", "", "application/xml", "application/x-www-form-urlencoded")),
        *(("application/json; charset=latin-1", 415), ("application/json, text/plain", 415)),
    ],
)
def test_case_163_177_media_types(idp: Provider, media: str, status: int) -> None:
    answer = idp.call("POST", "/Users", person(NORA), {"content-type": media})
    assert answer.status == status
    assert answer.headers["content-type"] == "application/scim+json"
    if status == 415:
        refused(answer, 415, None)


def test_case_163_a_compressed_body_is_refused_and_a_byte_order_mark_is_none(world: World, idp: Provider) -> None:
    raw = json.dumps(person(NORA)).encode()
    with world.unchanged():
        bomb = gzip.compress(b'{"userName":"' + b"a" * 10_000_000)
        refused(idp.call("POST", "/Users", bomb, {"content-encoding": "gzip"}), 415, None)
    assert idp.call("POST", "/Users", b"\xef\xbb\xbf" + raw).status == 201


@pytest.mark.parametrize("name", ["host", "x-forwarded-host", "forwarded", "x-forwarded-proto", "x-original-url"])
def test_case_164_no_header_makes_an_address(idp: Provider, name: str) -> None:
    made = idp.call("POST", "/Users", person(NORA), {name: "evil.example"})
    location = f"{BASE}/Users/{made.json['id']}"
    assert (made.headers["location"], made.json["meta"]["location"]) == (location, location)
    for path in ("/Users", "/Schemas", "/ResourceTypes", "/ServiceProviderConfig"):
        assert b"evil" not in idp.get(path, headers={name: "evil.example"}).body


@pytest.mark.parametrize("path", ["/Users/", "/Users//", "//Users", "/Schemas/", "/ServiceProviderConfig/"])
def test_a_trailing_slash_is_tolerated(idp: Provider, path: str) -> None:
    assert idp.get(path).json == idp.get(f"/{path.strip('/')}").json


def test_a_head_is_a_get_without_a_body(idp: Provider) -> None:
    path = f"/Users/{idp.new()['id']}"
    head, get = idp.call("HEAD", path), idp.get(path)
    assert (head.status, head.body, head.headers["etag"]) == (200, b"", get.headers["etag"])


# ---------------------------------------------------------------- errors
def test_case_167_every_kind_of_error_has_the_rfcs_body(world: World, idp: Provider) -> None:
    made = idp.new(externalId="00u1")
    path, nobody = f"/Users/{made['id']}", f"/Users/mem_{'0' * 26}"
    with world.unchanged():
        refused(idp.get(nobody), 404, None)
        refused(idp.get("/Nothing"), 404, None)
        refused(idp.call("PATCH", "/Users", {}), 405, None)
        refused(idp.get("/Users?filter=x"), 400, "invalidFilter")
        refused(idp.post(), 409, "uniqueness")
        refused(idp.call("POST", "/Users", b"{"), 400, "invalidSyntax")
        refused(idp.call("POST", "/Users", {"schemas": [USER]}), 400, "invalidValue")
        refused(idp.patch(path, TITLE | {"path": "nothing"}), 400, "invalidPath")
        refused(idp.patch(path, TITLE | {"path": "id"}), 400, "mutability")
        refused(idp.patch(path, {"op": "replace", "path": 'ims[type eq "x"].value', "value": "y"}), 400, "noTarget")
        refused(idp.get("/Users?cursor=x"), 400, "invalidCursor")
        refused(idp.get("/Me"), 501, None)
        refused(world.call("GET", "/scim/v2/Users"), 401, None)
    assert idp.call("PATCH", "/Users", {}).headers["allow"] == "GET, POST"


@pytest.mark.parametrize("fault", [RuntimeError("secret of the inside"), "InternalServerError", seam.BEFORE])
def test_case_180_a_failure_of_ours_tells_nothing_of_the_inside(world: World, idp: Provider, fault: Any) -> None:
    with world.unchanged(), seam.seam(lambda _, name: fault if name != "UpdateItem" else None):
        answer = idp.post()
    refused(answer, 500 if isinstance(fault, RuntimeError) else 503, None)
    assert b"inside" not in answer.body
    assert (answer.status == 503) is ("retry-after" in answer.headers)
    assert idp.post().status == 201


def test_a_post_whose_answer_was_lost_made_one_user(world: World, idp: Provider) -> None:
    """Case 165, 249: the SDK's own retry gives the original outcome, not a 409 of itself."""
    with world.tells("member.provisioned"), seam.seam(seam.first(1, "TransactWriteItems", seam.AFTER)):
        assert idp.post(externalId="00u1").status == 201
    assert idp.post(externalId="00u1").status == 409


# ---------------------------------------------------------------- PATCH is all or nothing
@pytest.mark.parametrize(
    ("operations", "kind"),
    [
        ([], "invalidSyntax"),
        ([TITLE] * 1001, "invalidSyntax"),
        ([{"op": "move", "path": "title"}], "invalidSyntax"),
        ([{"op": "remove"}], "noTarget"),
        ([{"op": "replace", "path": "title"}], "invalidValue"),
        ([{"op": "remove", "path": "userName"}], "mutability"),
        ([{"op": "replace", "value": "T"}], "invalidValue"),
        ([{"op": "replace", "path": "emails[", "value": "x"}], "invalidPath"),
        ([{"op": "replace", "path": "title", "value": ["T"]}], "invalidValue"),
    ],
)
def test_case_155_what_is_no_operation_is_refused(
    world: World, idp: Provider, operations: list[Mapping[str, Any]], kind: str
) -> None:
    made = idp.new()
    with world.unchanged():
        refused(idp.patch(f"/Users/{made['id']}", *operations), 400, kind)


def test_case_156_nothing_of_ten_operations_is_stored_if_the_seventh_is_invalid(world: World, idp: Provider) -> None:
    made = idp.new()
    operations: list[dict[str, Any]] = [
        {"op": "add", "path": name, "value": name}
        for name in ("title", "nickName", "displayName", "userType", "locale", "timezone")
    ]
    operations.insert(0, {"op": "replace", "path": "active", "value": False})
    operations.insert(6, {"op": "replace", "path": "nothing.at.all", "value": 1})
    with world.unchanged():
        refused(idp.patch(f"/Users/{made['id']}", *operations), 400, "invalidPath")
    assert idp.get(f"/Users/{made['id']}").json == made
    del operations[6]
    with world.tells("member.deactivated"):
        assert idp.patch(f"/Users/{made['id']}", *operations).status == 200


def test_case_155_operations_see_what_those_before_them_did(world: World, idp: Provider) -> None:
    """Order counts; many that say contrary things end as the last says, with one event."""
    made = idp.new()
    path = f"/Users/{made['id']}"
    with world.tells("member.updated"):
        done = idp.patch(
            path,
            {"op": "add", "path": 'phoneNumbers[type eq "work"].value', "value": "1"},
            {"op": "replace", "path": 'phoneNumbers[type eq "work"].value', "value": "2"},
            {"op": "Add", "value": {"name.givenName": "A", "urn:ietf:params:scim:schemas:core:2.0:User:title": "B"}},
            {"op": "remove", "path": "title"},
            {"op": "replace", "path": "active", "value": "False"},
            {"op": "replace", "path": "active", "value": "True"},
            {"op": "replace", "path": 'emails[type eq "work"].display', "value": "Work"},
        )
    assert done.json["phoneNumbers"] == [{"type": "work", "value": "2"}]
    assert (done.json["name"]["givenName"], done.json["active"], "title" in done.json) == ("A", True, False)
    with world.unchanged():
        there_and_back = [TITLE, {"op": "remove", "path": "title"}]
        assert idp.patch(path, *there_and_back).json == done.json


# ---------------------------------------------------------------- tokens
def test_case_063_a_scim_token_opens_nothing_else_and_nothing_else_opens_scim(world: World, idp: Provider) -> None:
    session = sign_in(world, world.acme.owner)
    for route in ("/v1/me", "/v1/members", "/v1/team", "/v1/audit-events", "/v1/team/scim-tokens"):
        assert ask(world, "GET", route, by=idp.token).status == 401
    for other in (session, world.acme.owner.pat, world.acme.service_token):
        refused(world.call("GET", "/scim/v2/Users", token=other), 401, None)


def test_case_064_two_tokens_work_until_the_older_is_deleted_and_the_other_expires(world: World) -> None:
    old, new = Provider(world), Provider(world)
    session = sign_in(world, world.acme.owner)
    assert [one.get("/Users?count=0").status for one in (old, new)] == [200, 200]
    assert ask(world, "POST", "/v1/team/scim-tokens", {"name": "third"}, session).code == "token_limit"
    listed = ask(world, "GET", "/v1/team/scim-tokens", by=session).json["data"]
    (first,) = [one["id"] for one in listed if one["last4"] == old.token[-4:]]
    assert ask(world, "DELETE", f"/v1/team/scim-tokens/{first}", by=session).status == 204
    refused(old.get("/Users"), 401, None)
    assert new.post().status == 201
    world.advance(366 * 24 * 3600)
    refused(new.get("/Users"), 401, None)


def test_case_142_discovery_is_not_public_either(world: World) -> None:
    for path in ("ServiceProviderConfig", "Schemas", "ResourceTypes", "Schemas/x", "Nothing", ".search", "Bulk", "Me"):
        answer = world.call("GET", f"/scim/v2/{path}")
        refused(answer, 401, None)
        assert answer.headers["www-authenticate"].startswith("Bearer")


def test_case_048_two_credentials_or_one_in_the_query_are_none(idp: Provider) -> None:
    refused(idp.get("/Users", headers={"cookie": "__Host-rollcall=x"}), 401, None)
    refused(idp.get(f"/Users?access_token={idp.token}"), 401, None)


def test_a_deleted_teams_token_is_dead(world: World, idp: Provider) -> None:
    session = sign_in(world, world.acme.owner)
    assert ask(world, "DELETE", "/v1/team", {"name": "Acme"}, session).status in {200, 202, 204}
    refused(idp.get("/Users"), 401, None)


@pytest.mark.parametrize("body", [[], [None], [{}], ["active"], [[]]])
def test_a_patch_that_is_no_object_is_refused_and_told(world: World, idp: Provider, body: list[object]) -> None:
    made = idp.new()
    refused = idp.call("PATCH", f"/Users/{made['id']}", body)
    assert (refused.status, refused.json["scimType"]) == (400, "invalidSyntax")
    assert world.call("GET", "/v1/team/scim-log?limit=1", token=world.acme.owner.pat).json["data"][0]["status"] == 400
