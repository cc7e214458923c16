"""Users by SCIM: who is made, who is met, what is stored of them, and whom nothing reaches (S3, SC)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from rollcall.domain import ids
from rollcall.domain.members import Origin, Status
from rollcall.domain.permissions import Role
from rollcall.domain.teams import ProductAccess
from tests.functions.scim_kit import PATCH, USER, Provider, person
from tests.operations import authenticates, listed, newest, remove, try_sign_in

if TYPE_CHECKING:
    from tests.kit import World

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
BASE = "http://127.0.0.1:8000/scim/v2"
NORA = "nora@idp.example"
CANARY = "correct horse battery canary"
FULL: dict[str, Any] = {
    "schemas": [USER, ENTERPRISE],
    "userName": "Zoë.Ünal@IdP.example",
    "externalId": " 00u\U0001f600#EXT# ",
    "name": {"formatted": "Dr. Zoë Ünal", "givenName": "Zoë", "familyName": "Ünal", "honorificPrefix": "Dr."},
    "displayName": " Zoë ",
    "nickName": "",
    "profileUrl": "no address at all",
    "title": "工程师",
    "userType": "owner",
    "preferredLanguage": "xx",
    "locale": "??",
    "timezone": "Mars/Olympus",
    "emails": [
        {"value": "zoe@idp.example", "type": "work", "primary": True},
        {"value": "zoe@home.example", "type": "home", "display": "Home"},
    ],
    "phoneNumbers": [{"value": "+49 (0)30 / 123-45", "type": "work"}],
    "ims": [{"value": "zoe", "type": "xmpp"}],
    "photos": [{"value": "https://idp.example/z.png", "type": "photo"}],
    "addresses": [{"formatted": "A 1\nB", "streetAddress": "A 1", "country": "DE", "type": "work"}],
    "entitlements": [{"value": "super_admin"}],
    "roles": [{"value": "owner", "primary": True}],
    "x509Certificates": [{"value": "MIIDQzCCAqygAwIBAgICEAAwDQYJKoZIhvcNAQEFBQAwTjELMAkGA1UEBhMC"}],
    ENTERPRISE: {"employeeNumber": "007", "department": " D ", "manager": {"value": "boss"}},
}


@pytest.fixture
def idp(world: World) -> Provider:
    return Provider(world)


# ---------------------------------------------------------------- create
def test_a_new_user_is_a_member_with_the_default_role_and_no_credential(world: World, idp: Provider) -> None:
    """J7, S3: in the list at once, `scim` as their source, and no letter goes out."""
    before = len(world.mails())
    with world.tells("member.provisioned"):
        made = idp.new(externalId="00u1")
    member = world.member(made["id"])
    assert (member.role, member.source.value, member.status) == (Role.MEMBER, "scim", Status.ACTIVE)
    assert (member.email, member.name) == (NORA, "Nora New")
    assert (member.sessions, member.pats, member.password_hash, member.email_verified) == ({}, {}, None, False)
    assert member.products == ProductAccess(frozenset())
    assert member.link is not None
    assert member.link.origin is Origin.CREATED
    assert len(world.mails()) == before
    (row,) = [row for row in listed(world).json["data"] if row["id"] == made["id"]]
    assert (row["status"], row["source"], row["email"]) == ("active", "scim", NORA)
    assert try_sign_in(world, NORA, CANARY).status == 401


def test_the_event_of_a_new_user_names_the_token_that_made_them(world: World, idp: Provider) -> None:
    """Case 281: who, what, whom, before, after, where."""
    made = idp.new()
    event = newest(world, "member.provisioned")
    token = world.call("GET", "/v1/team/scim-tokens", token=world.acme.owner.pat).json["data"][0]
    assert event["actor"]["credential"] == {"kind": "scim", "id": token["id"]}
    assert event["target"]["id"] == made["id"]
    assert (event["before"], event["after"]["status"]) == (None, "active")
    assert event["request_id"]


def test_the_answer_to_a_new_user_is_the_whole_resource_with_its_address(idp: Provider) -> None:
    """Behaviours 26, 29, 30: what was sent is what is echoed, byte for byte; `meta` complete."""
    answer = idp.call("POST", "/Users", FULL)
    assert answer.status == 201
    made = answer.json
    location = f"{BASE}/Users/{made['id']}"
    assert answer.headers["location"] == made["meta"]["location"] == location
    assert answer.headers["etag"] == made["meta"]["version"] == 'W/"1"'
    assert made["meta"].keys() == {"resourceType", "created", "lastModified", "location", "version"}
    assert made["meta"]["created"] == made["meta"]["lastModified"]
    assert {name: made[name] for name in FULL} == FULL
    assert made.keys() - FULL.keys() == {"id", "meta", "active"}
    assert made["active"] is True
    assert idp.get(f"/Users/{made['id']}").json == made
    assert idp.get('/Users?filter=userName eq "zoë.ünal@idp.example"'.replace(" ", "%20")).json["Resources"] == [made]


def test_case_144_an_external_id_is_opaque_text_and_never_a_key_into_members(world: World, idp: Provider) -> None:
    """Also where it is another member's id, a number, a key of the table, or very long (CVE-2025-41115)."""
    owner = world.acme.owner.id
    texts = ["1", "0", "-1", owner, ids.code(owner), "admin", f"M#{owner}", "x" * 10_240, "a\0b", "\U0001f600", " "]
    for number, text in enumerate(texts):
        before = world.member(owner)
        made = idp.new(f"u{number}@idp.example", externalId=text)
        assert made["externalId"] == text
        assert made["id"] != owner
        assert world.member(owner) == before
        assert idp.post(f"v{number}@idp.example", externalId=text).status == 409
    assert idp.new("e@idp.example", externalId="A")["id"] != idp.new("f@idp.example", externalId="a")["id"]


@pytest.mark.parametrize("name", ["id", "userId", "_id", "pk", "PK", "team", "team_id", "meta", "memberId", "block"])
def test_case_145_187_what_only_the_service_gives_is_ignored(world: World, idp: Provider, name: str) -> None:
    """By POST and by PUT; the member who is named so stays untouched."""
    admin = world.member(world.acme.admin.id)
    value: Any = {"location": admin.id, "version": "9"} if name == "meta" else admin.id
    made = idp.new(**{name: value})
    assert made["id"] != admin.id
    assert made["meta"]["version"] == 'W/"1"'
    with world.unchanged():
        put = idp.call("PUT", f"/Users/{made['id']}", person(NORA) | {name: value})
    assert (put.status, put.json) == (200, made)
    assert world.member(admin.id) == admin


@pytest.mark.parametrize("by", ["POST", "PUT", "PATCH"])
@pytest.mark.parametrize("role", ["owner", "super_admin", "admin"])
def test_case_117_149_no_attribute_gives_a_role(world: World, idp: Provider, by: str, role: str) -> None:
    claims: dict[str, Any] = {
        "roles": [{"value": role, "primary": True}],
        "entitlements": [{"value": role}],
        "userType": role,
        "title": role,
        ENTERPRISE: {"department": role, "organization": role},
    }
    made = idp.new(**(claims if by == "POST" else {}))
    if by == "PUT":
        assert idp.call("PUT", f"/Users/{made['id']}", person(NORA) | claims).status == 200
    if by == "PATCH":
        assert idp.patch(f"/Users/{made['id']}", {"op": "replace", "value": claims}).status == 200
    member = world.member(made["id"])
    assert (member.role, member.role_source.value) == (Role.MEMBER, "mapping")
    assert idp.call("PUT", f"/Users/{made['id']}", person(NORA) | {"role": role, "products": "all"}).status == 200
    assert world.member(made["id"]).role is Role.MEMBER


def test_case_168_a_password_is_accepted_and_dropped(world: World, idp: Provider) -> None:
    """Behaviour 34: Okta's POST; afterwards the whole table knows nothing of it, nor does the stream's sender."""
    made = idp.new(password=CANARY, groups=[], locale="en-US", externalId="00u1")
    path = f"/Users/{made['id']}"
    answers = [
        idp.call("PUT", path, person(NORA) | {"password": CANARY, "title": "T"}),
        idp.patch(path, {"op": "replace", "path": "password", "value": CANARY}),
        idp.patch(path, {"op": "add", "value": {"password": CANARY, "Password": CANARY}}),
        idp.get(path),
    ]
    assert {answer.status for answer in answers} == {200}
    assert "password" not in made
    assert not [answer for answer in answers if CANARY.encode() in answer.body or b"assword" in answer.body]
    assert CANARY not in repr(world.items())
    assert CANARY not in "".join(mail.text for mail in world.mails())
    assert try_sign_in(world, NORA, CANARY).status == 401
    assert world.member(made["id"]).password_hash is None


def test_a_user_without_any_address_is_fine(world: World, idp: Provider) -> None:
    """The userName identifies them; they show in the list with no e-mail."""
    made = idp.new("svc.nora", externalId="00u1")
    assert "emails" not in made
    assert world.member(made["id"]).email == ""
    (row,) = [row for row in listed(world).json["data"] if row["id"] == made["id"]]
    assert not row["email"]
    second = idp.new("svc.otto")
    assert idp.get('/Users?filter=userName%20eq%20"SVC.nora"').json["Resources"] == [made]
    assert idp.patch(f"/Users/{made['id']}", {"op": "replace", "path": "userName", "value": "svc.otto"}).status == 409
    assert remove(world, second["id"]).status == 200


# ---------------------------------------------------------------- who is there already
@pytest.mark.parametrize("user_name", [NORA, "NORA@idp.example", "Nora@IDP.Example"])
@pytest.mark.parametrize("fields", [{}, {"externalId": "another"}, {"emails": [{"value": "x@idp.example"}]}])
def test_case_165_a_user_name_is_taken_once_in_any_case(
    world: World, idp: Provider, user_name: str, fields: dict[str, Any]
) -> None:
    idp.new(externalId="00u1")
    with world.unchanged():
        for _ in range(3):
            refused = idp.post(user_name, **fields)
            assert (refused.status, refused.json["scimType"], refused.json["status"]) == (409, "uniqueness", "409")
            assert refused.json["detail"]


def test_case_165_the_same_post_again_finds_the_user_that_it_made(idp: Provider) -> None:
    """After a lost answer the provider asks by filter and finds the one that it made."""
    made = idp.new(externalId="00u1")
    assert [idp.post(externalId="00u1").status for _ in range(3)] == [409] * 3
    assert idp.get('/Users?filter=externalId%20eq%20"00u1"').json["Resources"] == [made]


def test_case_146_a_local_member_is_never_taken_over_on_first_contact(world: World, idp: Provider) -> None:
    """S3: outside the proven domains it is a 409, whoever the member is and however they are named."""
    for member in (world.acme.owner, world.acme.admin, world.acme.member):
        stored = world.member(member.id)
        for sent in (
            person(member.email, externalId="00u9"),
            person(member.email.upper()),
            person("someone.else", emails=[{"value": member.email, "primary": True}]),
            person("elsewhere@idp.example", emails=[{"value": member.email}]),
        ):
            refused = idp.call("POST", "/Users", sent)
            assert (refused.status, refused.json["scimType"]) == (409, "uniqueness")
            assert world.member(member.id) == stored
        assert authenticates(world, member.pat)
    assert {event["actor"]["credential"]["kind"] for event in world.events("scim.refused")} == {"scim"}


def test_get_and_post_agree_about_who_exists(world: World, idp: Provider) -> None:
    """Whom a POST meets a filter finds first, under the same id, also who was never provisioned."""
    member = world.acme.member
    (found,) = idp.get(f'/Users?filter=userName%20eq%20"{member.email.upper()}"').json["Resources"]
    assert (found["id"], found["userName"]) == (member.id, member.email)
    assert "externalId" not in found
    assert idp.get(f"/Users/{member.id}").json == found
    assert idp.post(member.email).status == 409
    assert found["id"] in [one["id"] for one in idp.get("/Users?count=200").json["Resources"]]


def test_case_147_148_an_unmanaged_member_outside_the_proven_domains_is_not_rewritten(
    world: World, idp: Provider
) -> None:
    """No new address, no name, no end of access: the provider does not manage them (CVE-2022-1680)."""
    member = world.acme.member
    stored, path = world.member(member.id), f"/Users/{member.id}"
    changes = [
        idp.patch(path, {"op": "replace", "path": "userName", "value": "evil@idp.example"}),
        idp.patch(path, {"op": "replace", "path": 'emails[type eq "work"].value', "value": "evil@idp.example"}),
        idp.patch(path, {"op": "replace", "value": {"active": False}}),
        idp.call("PUT", path, person("evil@idp.example")),
        idp.call("DELETE", path),
    ]
    assert [(answer.status, answer.json["scimType"]) for answer in changes] == [(409, "uniqueness")] * 5
    assert world.member(member.id) == stored
    assert authenticates(world, member.pat)
    again = idp.call("PUT", path, idp.get(path).json)
    assert again.status == 200, "what is so already is no write"


def test_a_pending_invitation_of_the_address_closes_as_provisioned(world: World, idp: Provider) -> None:
    """J7: its role is not taken over, its link is dead, and the person is there once."""
    invitation = world.invite(NORA, role="owner")
    link = world.link(NORA)
    with world.tells("member.provisioned"):
        made = idp.new()
    shown = world.call("GET", f"/v1/invitations/{invitation['id']}", token=world.acme.owner.pat).json
    assert shown["state"] == "provisioned"
    assert world.accept(link).status == 410
    assert world.member(made["id"]).role is Role.MEMBER
    resent = world.act("resend", invitation["id"])
    assert resent.status == 409
    assert world.call("POST", "/v1/invitations", {"email": NORA}, token=world.acme.owner.pat).code == "member_exists"


# ---------------------------------------------------------------- other teams
def test_case_143_186_another_teams_user_is_nobodys(world: World, idp: Provider) -> None:
    """By id, by filter, by userName and externalId of theirs; what they have stays as it is."""
    theirs = Provider(world, world.globex)
    made = theirs.new("shared@idp.example", externalId="same")
    path, nobody = f"/Users/{made['id']}", f"/Users/mem_{'0' * 26}"
    with world.unchanged():
        for method, body in (
            ("GET", None),
            ("PUT", person("shared@idp.example")),
            ("PATCH", {"schemas": [PATCH], "Operations": [{"op": "replace", "path": "active", "value": False}]}),
            ("DELETE", None),
        ):
            answers = [idp.call(method, each, body) for each in (path, nobody)]
            assert answers[0].status == 404
            assert answers[0].essence == answers[1].essence
        for asked in ("userName", "externalId", "id", "emails.value"):
            value = {"id": made["id"], "externalId": "same"}.get(asked, "shared@idp.example")
            assert idp.get(f'/Users?filter={asked}%20eq%20"{value}"').json["totalResults"] == 0
    ours = idp.new("shared@idp.example", externalId="same")
    assert ours["id"] != made["id"]
    assert idp.call("DELETE", f"/Users/{ours['id']}").status == 204
    assert theirs.get(path).json == made


def test_case_190_no_answer_tells_of_another_team(world: World, idp: Provider) -> None:
    theirs = Provider(world, world.globex)
    made = theirs.new("canary-name@idp.example")
    canaries = {made["id"], "canary-name", world.globex.id, world.globex.owner.id, ids.code(world.globex.id)}
    for path in ("/Users?count=200", '/Users?filter=userName%20co%20"canary"', "/Users?sortBy=userName&count=200"):
        body = idp.get(path).body.decode()
        assert not [canary for canary in canaries if canary in body]
    assert "canary" not in idp.post("canary@idp.example", id=made["id"]).body.decode().replace("canary@idp", "")
