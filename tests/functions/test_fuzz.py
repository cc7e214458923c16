"""Input of every wrong kind, on every route: a documented refusal with a code, and nothing changed (I23, I33).

FUZZ_EXAMPLES=1000 lets Hypothesis try so many requests on each route, new ones each time (make fuzz).
"""

from __future__ import annotations

import base64
import json
import os
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

import pytest
from botocore.endpoint import Endpoint
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from infra.local.events import HttpRequest, gateway_event
from infra.local.replies import from_handler
from infra.local.routing import Router
from rollcall.auth import links
from rollcall.domain.changes import Change
from rollcall.domain.members import PasswordLink
from rollcall.domain.scim_conflicts import ScimConflict, renewed
from rollcall.http.answers import link_keys
from rollcall.http.bodies import FORM
from rollcall.storage.commit import commit
from rollcall.storage.roster import fold
from tests.conformance import deviations, flaws, operations, resolved
from tests.functions.test_token_leaks import private_key, signed
from tests.kit import GOOD_PASSWORD, Answer, World
from tests.sso_kit import connected, session_via, trial_of
from tests.toy_idp import serving
from tests.values import DAY, NOW

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from infra.local.edges import Json
    from infra.local.toys.idp import ToyIdp

OPERATIONS = operations()
SIGNED = "POST /v1/token-leaks"
API = sorted(key for key in OPERATIONS if " /v1/" in key and key != SIGNED)
JSON_TYPE = {"content-type": "application/json"}
FREE = ["PATCH /v1/team/settings/{group}"]  # its fields depend on the path; tests/functions/test_team.py has them
WITH_BODY = sorted(key for key in API if "requestBody" in OPERATIONS[key] and key not in FREE)
WITH_ID = sorted(key for key in API if "{id}" in key)
LISTS = ["GET /v1/invitations", "GET /v1/members"]
LONG = "x" * 2**20


class Prober:
    """Sends requests and judges every answer. No dataclass: Hypothesis would print the world in every report."""

    def __init__(self, world: World, path: Mapping[str, str], bodies: Mapping[str, dict[str, Any]]) -> None:
        self.world = world
        self.path = path
        self.bodies = bodies
        self.digest = world.digest()
        self.sent = 0

    def target(self, key: str, **path: str) -> str:
        """The path of a route, with ids that exist unless told otherwise."""
        place = place_of(key)
        known = {"id": self.path.get(place, ""), "token": self.path.get(f"{place} link", ""), "slug": "acme"}
        known |= {"key": "trustgate", "group": "tokens", "grant": "vault-1", "domain": "fuzzed.example.com"}
        known["connection"] = self.path["sso-connections"]
        return key.partition(" ")[2].format_map({**known, **path})

    def send(
        self,
        key: str,
        target: str,
        body: object = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Make one request, as the owner where somebody must; each from its own address, so that no throttle acts."""
        self.sent += 1
        address = f"198.51.{self.sent // 250}.{self.sent % 250}"
        method = key.partition(" ")[0]
        if key == SIGNED:
            raw = body if isinstance(body, bytes) else json.dumps(body).encode()
            headers = {**(headers or {}), **signed(private_key(), raw)}
        token = None if {} in OPERATIONS[key]["security"] else self.credential(key)
        answer = self.world.call(method, target, body, token=token, headers=headers, address=address)
        self.judge(method, target, answer)
        return answer

    def credential(self, key: str) -> str:
        """Whoever may do it: the owner by a fresh session, but for what is a product's or a member's to do."""
        return self.path.get(key, self.path["session"])

    def judge(self, method: str, target: str, answer: Answer) -> None:
        """A documented answer; a refusal bears a code, names what is wrong with the input, and changes nothing."""
        assert answer.status < 500, (answer.status, answer.body)
        assert deviations(method, target, answer) == [], answer.body
        before, self.digest = self.digest, self.world.digest()
        if answer.status < 400:
            return
        assert self.digest == before, "a refused request changed the table"
        if "json" in answer.headers["content-type"]:
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.code
            assert answer.json["status"] == answer.status
            assert answer.status != 400 or answer.pointers


def place_of(key: str) -> str:
    """What kind of thing a route's path names."""
    for place in (
        "service-tokens",
        "sso-connections",
        "scim-tokens",
        "scim-conflicts",
        "grants",
        "members",
        "tokens",
        "sessions",
        "reset",
    ):
        if f"/{place}" in key:
            return place
    return "invitations"


@pytest.fixture(scope="module")
def idp() -> Iterator[ToyIdp]:
    """An identity provider that may be asked."""
    before = os.environ["SSO_LOCAL_ISSUERS"]
    with serving() as one:
        os.environ["SSO_LOCAL_ISSUERS"] = one.issuer
        yield one
    os.environ["SSO_LOCAL_ISSUERS"] = before


@pytest.fixture(scope="module")
def prepared(seeded: World, idp: ToyIdp) -> Iterator[Prober]:
    """The seeded stack with a live invitation and a live set-password link, which every reset goes back to."""
    seeded.reset()
    seeded.advance(-9 * 24 * 3600)
    seeded.invite("late@example.com")
    expired = seeded.link("late@example.com")
    seeded.advance(9 * 24 * 3600)
    invitation = seeded.invite("ivy@example.com", send_password_email=True)
    member = seeded.member(seeded.acme.member.id)
    seeded.rewrite(member, password_link=PasswordLink(1, NOW + 3650 * DAY))
    reset = links.password_link(link_keys()[0], seeded.member(member.id))
    owner, admin = seeded.acme.owner, seeded.acme.admin
    login = {"email": owner.email, "password": owner.password}
    session = seeded.call("POST", "/v1/teams/acme/sessions", login).json["token"]
    other = seeded.call("POST", "/v1/teams/acme/sessions", login).json["id"]
    issued = seeded.call("POST", "/v1/tokens", {"name": "ci"}, token=session).json
    listed = "/v1/team/products/trustgate/service-tokens"
    service = seeded.call("POST", listed, {"name": "live"}, token=session).json
    scim = seeded.call("POST", "/v1/team/scim-tokens", {"name": "live", "staged": True}, token=session).json
    claimed = seeded.call("POST", "/v1/team/domains", {"domain": "fuzzed.example.com"}, token=session).json
    seeded.publish(claimed["record"]["name"], claimed["record"]["value"])
    conflict = ScimConflict(seeded.acme.id, admin.id, admin.email, None, '{"userName": "held"}', NOW, NOW)
    commit(Change(steps=(renewed(None, conflict),)))
    granted = f"/v1/members/{admin.id}/grants/vault-1"
    assert seeded.call("PUT", granted, {"name": "Vault"}, token=service["secret"]).status == 201
    codes = seeded.call("POST", "/v1/team/break-glass-codes", token=session).json["codes"]
    connection = connected(seeded, issuer=idp.issuer, worked=False, tested=trial_of(owner.id))
    path = {
        "session": session,
        "sso-connections": connection.id,
        "PUT /v1/team/sso-enforcement": session_via(seeded, owner.id, "sso"),
        "code": codes[0],
        "tokens": issued["id"],
        "service-tokens": service["id"],
        "scim-tokens": scim["id"],
        "scim-conflicts": admin.id,
        "sessions": other,
        "grants": admin.id,
        "PUT /v1/members/{id}/grants/{grant}": service["secret"],
        "POST /v1/introspect": service["secret"],
        "POST /v1/me/leave": seeded.acme.member.pat,
        "invitations": invitation["id"],
        "members": seeded.acme.member.id,
        "invitations link": seeded.link("ivy@example.com"),
        "reset link": reset,
    }
    before = seeded._snapshot
    seeded.remember()
    bodies = valid_bodies(path["invitations link"], expired, reset) | member_bodies(admin.id) | sso_bodies(idp.issuer)
    yield Prober(seeded, path, bodies)
    seeded._snapshot = before


@pytest.fixture
def prober(prepared: Prober, world: World) -> Prober:
    """A prober on the stack as prepared."""
    return Prober(world, prepared.path, prepared.bodies)


def valid_bodies(link: str, expired: str, reset: str) -> dict[str, dict[str, Any]]:
    """One body by route that every reader takes."""
    return {
        "POST /v1/invitations": {
            "email": "fuzz@example.com",
            "role": "member",
            "products": {"only": ["trustgate"]},
            "send_password_email": True,
            "message": "Welcome!",
        },
        "POST /v1/invitations/inspect": {"token": link},
        "POST /v1/invitations/accept": {"token": link, "name": "Ivy", "password": GOOD_PASSWORD},
        "POST /v1/invitations/renewal-request": {"token": expired},
        "POST /v1/teams/{slug}/password-resets": {"email": "nobody@acme.example.com"},
        "POST /v1/password-resets/complete": {"token": reset, "password": GOOD_PASSWORD},
        "POST /v1/teams": {"name": "Hooli", "slug": "hooli", "owner": {"email": "amy@hooli.example", "name": "Amy"}},
        "POST /v1/teams/{slug}/sessions": {"email": "nobody@acme.example.com", "password": "not the password"},
        "POST /v1/teams/{slug}/break-glass-sessions": {"email": "nobody@acme.example.com", "code": "no code"},
        "PATCH /v1/me": {"name": "Olivia", "avatar_url": "https://example.com/o.png"},
    }


def member_bodies(heir: str) -> dict[str, dict[str, Any]]:
    """The same for the routes of members, tokens, grants and the team."""
    bulk = {"emails": ["fuzz1@example.com", "nobody"], "role": "member", "products": {"all": True}}
    return {
        "PATCH /v1/invitations/{id}": {"role": "admin", "products": {"only": ["trusttest"]}},
        "POST /v1/invitations/bulk": {**bulk, "send_password_email": True, "message": "Welcome!"},
        "PUT /v1/members/{id}/role": {"role": "admin"},
        "PUT /v1/members/{id}/products": {"only": ["trustgate"]},
        "PUT /v1/members/{id}/grants/{grant}": {"name": "Vault", "kind": "team"},
        "POST /v1/tokens": {"name": "ci", "expires_at": "2040-01-01T00:00:00Z"},
        "PATCH /v1/tokens/{id}": {"name": "cd"},
        "POST /v1/tokens/{id}/rotate": {"overlap_minutes": 0, "expires_at": "2040-01-01T00:00:00Z"},
        "PUT /v1/me/password": {"current_password": "acme-owner correct horse battery", "new_password": GOOD_PASSWORD},
        "PATCH /v1/team": {"name": "Acme Two"},
        "DELETE /v1/team": {"name": "Acme"},
        "POST /v1/team/products": {"key": "newest", "name": "Newest"},
        "PATCH /v1/team/products/{key}": {"name": "Trust Gate"},
        "POST /v1/team/products/{key}/service-tokens": {"name": "staging"},
        "POST /v1/team/scim-tokens": {"name": "new", "expires_at": "2040-01-01T00:00:00Z", "staged": False},
        "POST /v1/team/domains": {"domain": "other.example.com"},
        "PUT /v1/team/scim-role-mapping": {"mappings": [{"group": "Engineers", "role": "admin"}]},
        "POST /v1/team/transfer-ownership": {"member_id": heir},
        "POST /v1/introspect": {"token": "no credential", "token_type_hint": "access_token", "product": "trustgate"},
        "POST /v1/product-tokens": {"product": "trustgate"},
    }


def sso_bodies(issuer: str) -> dict[str, dict[str, Any]]:
    """The same for the routes of single sign-on."""
    fields = {"name": "Dev IdP", "issuer": issuer, "client_id": "rollcall", "client_secret": "a secret"}
    fields |= {"groups_claim": "realm_access.roles", "scim_claim": "oid"}
    mappings = [{"group": "Engineers", "role": "admin"}]
    return {
        "POST /v1/team/sso-connections": {"provider": "oidc", **fields, "enabled": False},
        "PATCH /v1/team/sso-connections/{id}": {**fields, "enabled": False},
        "PUT /v1/team/sso-connections/{id}/role-mapping": {"mappings": mappings, "groups_claim": "roles"},
        "PUT /v1/team/sso-enforcement": {"enforced": True},
    }


def schema_of(key: str) -> dict[str, Any]:
    content = OPERATIONS[key]["requestBody"]["content"]
    return resolved(next(iter(content.values()))["schema"])


def test_every_route_with_a_body_has_a_valid_one_here(prober: Prober) -> None:
    assert sorted(prober.bodies) == WITH_BODY
    for key in WITH_BODY:
        assert flaws(schema_of(key), prober.bodies[key]) == []
        assert prober.bodies[key].keys() <= schema_of(key)["properties"].keys()


SIGNING_IN = {"GET /sso/callback", "GET /sso/callback/{connection}"}  # their success: test_sso_sign_in, test_sso_mix_up


@pytest.mark.parametrize("key", sorted(OPERATIONS.keys() - SIGNING_IN))
def test_every_route_succeeds_as_described(prober: Prober, key: str) -> None:
    owner = prober.world.acme.owner
    form = urlencode({"password": GOOD_PASSWORD, **({"name": "Ivy"} if "/i/" in key else {})}).encode()
    body = {
        "POST /v1/teams/{slug}/sessions": {"email": owner.email, "password": owner.password},
        "POST /v1/teams/{slug}/break-glass-sessions": {"email": owner.email, "code": prober.path["code"]},
        "POST /t/{slug}/break-glass": urlencode({"email": owner.email, "code": prober.path["code"]}).encode(),
        "POST /i/{token}": form,
        "POST /reset/{token}": form,
        "POST /t/{slug}": urlencode({"email": owner.email, "password": owner.password}).encode(),
        "POST /t/{slug}/forgot": urlencode({"email": owner.email}).encode(),
        "POST /t/{slug}/sign-out": b"",
        "PATCH /v1/team/settings/{group}": {"max_age_days": 30},
        SIGNED: b"[]",
    }.get(key, prober.bodies.get(key))
    headers = (
        {"content-type": FORM, "sec-fetch-site": "same-origin"} if " /v1/" not in key and body is not None else None
    )
    answer = prober.send(key, prober.target(key), body, headers)
    assert str(answer.status) == min(OPERATIONS[key]["responses"]), answer.body


def test_a_page_that_needs_another_credential_is_refused_as_described(prober: Prober) -> None:
    key, two = "GET /i/{token}", {"authorization": "Bearer x", "cookie": "__Host-rollcall=y"}
    assert prober.send(key, prober.target(key), headers=two).status == 401


def test_what_a_form_was_answered_is_replayed_as_a_page(prober: Prober) -> None:
    key, headers = "POST /i/{token}", {"content-type": FORM, "idempotency-key": "once"}
    form = urlencode({"name": "Ivy", "password": GOOD_PASSWORD}).encode()
    first, again = (prober.send(key, prober.target(key), form, headers) for _ in range(2))
    assert (again.status, again.body) == (201, first.body)
    assert again.headers["idempotent-replayed"] == "true"


# ---------------------------------------------------------------- bodies


MALFORMED = {
    "cut": b'{"email": "a@',
    "not JSON": b"email=a",
    "single quotes": b"{'email': 'a'}",
    "a comma too many": b'{"email": "a",}',
    "two objects": b"{} {}",
    "NaN": b'{"email": NaN}',
    "Infinity": b'{"email": Infinity}',
    "minus Infinity": b'{"email": [-Infinity]}',
    "1e999": b'{"email": 1e999}',
    "5,000 digits": b'{"email": ' + b"9" * 5000 + b"}",
    "a key twice": b'{"email": "a", "email": "b"}',
    "a key twice, below": b'{"products": {"all": true, "all": true}}',
    "10,000 arrays": b"[" * 10_000 + b"]" * 10_000,
    "10,000 objects": b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
    "blank": b"  ",
    "an array": b"[]",
    "a string": b'"text"',
    "null": b"null",
    "a number": b"7",
    "UTF-16": '{"email": "a"}'.encode("utf-16"),
    "UTF-16 without mark": '{"email": "a"}'.encode("utf-16-le"),
    "half a surrogate pair": b'{"name": "\\ud800"}',
    "not UTF-8": b'{"name": "\xff\xfe"}',
    "a byte order mark": b"\xef\xbb\xbf{}",
    "NUL": b"\0",
}


@pytest.mark.parametrize("key", API)
def test_case_170_a_malformed_body_is_400_or_413(prober: Prober, key: str) -> None:
    for name, body in MALFORMED.items():
        if name != "not UTF-8":  # the gateway has made it UTF-8 before we see it; below it arrives as it is
            assert prober.send(key, prober.target(key), body, JSON_TYPE).status == 400, name
    assert prober.send(key, prober.target(key), b" " * 65_537, JSON_TYPE).status == 413
    if key in WITH_BODY and OPERATIONS[key]["requestBody"]["required"]:
        assert prober.send(key, prober.target(key), b"", JSON_TYPE).status == 400


def test_case_170_six_mebibytes_are_413(prober: Prober) -> None:
    body = b'{"name": "' + b"x" * (6 * 2**20 - 20) + b'"}'
    assert prober.send("PATCH /v1/me", "/v1/me", body, JSON_TYPE).status == 413


@pytest.mark.parametrize("key", WITH_BODY)
def test_case_170_bytes_that_arrive_as_base64_are_read_as_strictly(prober: Prober, key: str) -> None:
    for name, body in MALFORMED.items():
        answer = invoke(prober, key, {"body": base64.b64encode(body).decode(), "isBase64Encoded": True})
        assert answer.status == 400, name


WRONG = {
    "null": None,
    "true": True,
    "int": 7,
    "float": 1.5,
    "huge int": 10**60,
    "empty": "",
    "blank": " ",
    "blank lines": "\r\n\t",
    "list": [],
    "list of text": ["a"],
    "object": {},
    "object with a field": {"all": 1, "only": []},
    "1 MiB": LONG,
    "2,000 characters": "x" * 2000,
    "NUL": "a\0b",
    "half a surrogate pair": "a\udc00",
    "emoji": "🎉" * 30,
    "right to left": "\u202eabc\u202c",
    "combining": "e" + "\u0301" * 1000,
    "a few combining": "e" + "\u0301" * 40,
    "not a character": "a\ufdd0\uffff",
    "header": "a\r\nBcc: b@example.com",
    "markup": "<script>alert(1)</script>",
    "key text": "T#x#M#y",
}


@pytest.mark.parametrize(("key", "name"), [(key, name) for key in WITH_BODY for name in schema_of(key)["properties"]])
def test_case_171_a_wrong_value_is_refused_by_the_name_of_its_field(prober: Prober, key: str, name: str) -> None:
    schema = schema_of(key)["properties"][name]
    for label, value in WRONG.items():
        answer = prober.send(key, prober.target(key), {**prober.bodies[key], name: value})
        if label in {"1 MiB", "half a surrogate pair"}:
            assert answer.status in {400, 413}, label
        elif flaws(schema, value):
            assert answer.status == 400, label
        if answer.status == 400 and label != "half a surrogate pair":
            assert {pointer.split("/")[1] for pointer in answer.pointers} == {name}, label


@pytest.mark.parametrize("key", API)
def test_case_172_an_unknown_field_is_refused_by_its_name(prober: Prober, key: str) -> None:
    valid = prober.bodies.get(key, {})
    for name, pointer in {
        "team_id": "/team_id",
        "__proto__": "/__proto__",
        "Email": "/Email",
        "": "/",
        "a/b~c": "/a~1b~0c",
        "\0": "/\0",
        "n" * 5000: "/" + "n" * 100,
    }.items():
        answer = prober.send(key, prober.target(key), {**valid, name: 1})
        assert (answer.status, answer.pointers) == (400, [pointer])


@pytest.mark.parametrize("key", WITH_BODY)
def test_a_field_that_is_needed_is_missed_by_its_name(prober: Prober, key: str) -> None:
    for name in schema_of(key)["required"]:
        body = {other: value for other, value in prober.bodies[key].items() if other != name}
        answer = prober.send(key, prober.target(key), body)
        assert (answer.status, answer.pointers) == (400, [f"/{name}"])


# ---------------------------------------------------------------- paths and queries


@pytest.mark.parametrize("key", WITH_ID)
def test_case_173_text_that_is_no_id_of_the_team_names_nothing(prober: Prober, key: str) -> None:
    known = prober.path[place_of(key)]
    other = prober.path["invitations" if "/members/" in key else "members"]
    foreign = prober.world.invite("ann@example.com", by=prober.world.globex.owner)["id"]
    prober.digest = prober.world.digest()
    for text in (
        prober.world.globex.member.id if "/members/" in key else foreign,
        other,
        known.upper(),
        known.lower(),
        known[:-1],
        f"{known}0",
        f"{known[:4]}8{known[5:]}",
        f"{known}%00",
        f"{known}%20",
        f"{known}%0a",
        f"%20{known}",
        quote(quote(f"{known}#")),
        "..",
        ".",
        "%2e%2e%2f",
        "%2e%2e%2f" * 20,
        "%00",
        "%ff",
        "a" * 4096,
        "%23",
        "TEAM%23x%23MEMBER%23y",
        quote("T#x#M#y"),
        "%252e%252e%252f",
        "{id}",
        "%F0%9F%8E%89",
        "null",
        "-1",
    ):
        answer = prober.send(key, prober.target(key, id=text), prober.bodies.get(key))
        assert (answer.status, answer.code) == (404, "not_found"), text
    for text in ("", f"{known}/", f"{known}/x/y"):
        assert prober.send(key, prober.target(key, id=text), prober.bodies.get(key)).status in {404, 405}, text


SLUGS = ("..", "%00", "a" * 4096, "%23", "ACME", "acme%20", "acme%00", "%F0%9F%8E%89", "%ff", "{slug}", "SLUG%23acme")


def test_case_173_text_that_is_no_slug_is_no_team(prober: Prober) -> None:
    options, sessions = "GET /v1/teams/{slug}/sign-in-options", "POST /v1/teams/{slug}/sessions"
    for slug in SLUGS:
        assert prober.send(options, prober.target(options, slug=slug)).status == 404, slug
        answer = prober.send(sessions, prober.target(sessions, slug=slug), prober.bodies[sessions])
        assert (answer.status, answer.code) == (401, "unauthenticated"), slug


def test_case_173_no_text_of_a_path_makes_a_key_longer_than_the_table_takes(
    prober: Prober, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The emulator takes any; DynamoDB refuses partition keys over 2,048 bytes and sort keys over 1,024."""
    asked: list[str] = []
    real = Endpoint._do_get_response

    def watched(endpoint: Json, request: Json, *rest: Json) -> Json:
        asked.extend(re.findall(r'"[PS]K": \{"S": ("(?:[^"\\]|\\.)*")\}', request.body.decode()))
        return real(endpoint, request, *rest)

    monkeypatch.setattr(Endpoint, "_do_get_response", watched)
    for key in API:
        if "{" in key:
            long = quote("🎉" * 700)
            prober.send(key, prober.target(key, id=long, slug=long), prober.bodies.get(key))
    assert any("SLUG#" in text for text in asked)
    assert max(len(json.loads(text).encode()) for text in asked) <= 1024


LIMITS = ("-1", "0", "201", "1e9", "1000000000", "x", "", "1.5", "+5", " 5", "%D9%A3", "1_0", "0x1", "%00", "5,5")
QUERIES = {
    "?limit": [f"limit={limit}" for limit in LIMITS],
    "?cursor": [
        "cursor=x",
        "cursor=",
        "cursor=" + "A" * 8000,
        "cursor=%00",
        "cursor=..",
        "cursor=w6k",
        "cursor=AAAA%0A",
    ],
    "?q": ["q=" + "x" * 101, "q=" + "x" * 8000, "q=a%00b", "q=a%0ab"],
    "?role": ["role=king", "role=", "role=OWNER", "role=owner,admin"],
    "?unknown": ["unknown=1", "unknown", "limit=5&unknown="],
    "?access": ["access=token"],
}
DOUBLED = ("limit=1&limit=1", "role=admin&role=owner", "role=admin&role=admin", "q=a&q=b", "cursor=a&cursor=a")


@pytest.mark.parametrize("key", LISTS)
def test_case_174_a_wrong_parameter_is_refused_by_its_name(prober: Prober, key: str) -> None:
    for pointer, queries in QUERIES.items():
        for query in queries:
            answer = prober.send(key, f"{prober.target(key)}?{query}")
            assert (answer.status, answer.pointers) == (400, [pointer]), query


@pytest.mark.parametrize("key", LISTS)
def test_case_174_a_parameter_that_comes_twice_is_refused(prober: Prober, key: str) -> None:
    for query in DOUBLED:
        answer = prober.send(key, f"{prober.target(key)}?{query}")
        assert (answer.status, answer.pointers) == (400, [f"?{query.partition('=')[0]}"]), query


@pytest.mark.parametrize("key", LISTS)
def test_case_174_a_cursor_of_another_team_or_filter_or_one_that_was_cut_is_refused(prober: Prober, key: str) -> None:
    world, path = prober.world, prober.target(key)
    world.invite("second@example.com")
    prober.digest = world.digest()
    cursor = prober.send(key, f"{path}?limit=1").json["next_cursor"]
    assert prober.send(key, f"{path}?limit=1&cursor={cursor}").status == 200
    swapped = cursor[:5] + ("A" if cursor[5] != "A" else "B") + cursor[6:]
    for query in (
        f"role=admin&cursor={cursor}",
        f"q=a&cursor={cursor}",
        f"cursor={cursor[:-3]}",
        f"cursor={cursor[4:]}",
        f"cursor={swapped}",
        f"cursor={cursor}AAAA",
        f"cursor={cursor}%00",
    ):
        answer = prober.send(key, f"{path}?{query}")
        assert (answer.status, answer.pointers) == (400, ["?cursor"]), query
    foreign = world.call("GET", f"{path}?limit=1&cursor={cursor}", token=world.globex.owner.pat)
    assert (foreign.status, foreign.pointers) == (400, ["?cursor"])
    elsewhere = next(other for other in LISTS if other != key)
    assert prober.send(elsewhere, f"{prober.target(elsewhere)}?cursor={cursor}").status == 400


@pytest.mark.parametrize("key", LISTS)
def test_case_175_a_search_is_literal_whatever_it_holds(prober: Prober, key: str) -> None:
    for text in ("%", "_", ".*", "(a+)+$", "\\", "'", "[", "*", "a" * 100, "ß", "SS", "İ", "i\u0307", "\ud7ff", "a b"):
        answer = prober.send(key, f"{prober.target(key)}?{urlencode({'q': text, 'limit': 200})}")
        assert answer.status == 200, text
        shown = [fold(f"{row.get('name', '')}\n{row['email']}") for row in answer.json["data"]]
        assert all(fold(text) in one for one in shown), text
        assert answer.json["total"] == len(shown), text


# ---------------------------------------------------------------- headers and media types


@pytest.mark.parametrize("key", WITH_BODY)
def test_case_177_a_body_of_another_media_type_is_415(prober: Prober, key: str) -> None:
    for media in (
        "",
        "text/plain",
        "text/json",
        "application/problem+json",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/json, text/plain",
        "application/json,application/json",
        "application/json; charset=utf-16",
        "application/json; charset=iso-8859-1",
        "application/json; boundary=x",
        "application/json x",
        "*/*",
        "applic\u0430tion/json",
    ):
        if media in OPERATIONS[key]["requestBody"]["content"]:
            continue
        answer = prober.send(key, prober.target(key), prober.bodies[key], {"content-type": media})
        assert (answer.status, answer.code) == (415, "unsupported_media_type"), media


def test_case_177_a_body_said_to_be_base64_that_is_not_is_400(prober: Prober) -> None:
    for key in API:
        for text in ('{"name": "Olivia"}', "e30", "e30=\n", "é", "=", "e 30="):
            assert invoke(prober, key, {"body": text, "isBase64Encoded": True}).status == 400, (key, text)


def invoke(prober: Prober, key: str, changes: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Answer:
    """Hand the function of a route an event that the local gateway would not make."""
    world, target, method = prober.world, prober.target(key), key.partition(" ")[0]
    sent = {**JSON_TYPE, "authorization": f"Bearer {prober.credential(key)}", **(headers or {})}
    request = HttpRequest(method, target, list(sent.items()), source_ip="192.0.2.7")
    template = world.stack.template
    match = Router(template.routes).match(method, request.path)
    assert match
    event = {**gateway_event(request, match), **changes}
    response = from_handler(world.stack.functions.invoke(template.functions[match.route.function], event, request.id))
    told = json.loads(response.body) if response.body else None
    answer = Answer(response.status, dict(response.headers), response.body, told)
    prober.judge(method, target, answer)
    return answer


@pytest.mark.parametrize("key", API)
def test_case_176_odd_headers_are_no_credential_and_no_failure(prober: Prober, key: str) -> None:
    needed = {} not in OPERATIONS[key]["security"]
    body = prober.bodies.get(key)
    for value in (
        "",
        "Bearer",
        "Bearer ",
        "Bearer \xff\xfe",
        "Bearer ключ",
        "Bearer a\tb",
        "Basic b3duZXI6cHc=",
        f"Token {prober.world.acme.owner.pat}",
        f"{prober.world.acme.owner.pat}",
        f"Bearer {prober.world.acme.owner.pat}, Bearer x",
        f"Bearer {prober.world.acme.owner.pat}\u00e9",
        f"Bearer {'A' * 5000}",
    ):
        answer = prober.send(key, prober.target(key), body, {"authorization": value})
        if needed:
            assert (answer.status, answer.code) == (401, "unauthenticated"), value


def test_case_176_more_than_ten_kilobytes_of_headers_never_reach_a_handler(prober: Prober) -> None:
    for key in API:
        for headers in ({"x-long": "a" * 10_240}, {f"x-header-{number}": "a" * 50 for number in range(200)}):
            answer = prober.world.call(key.partition(" ")[0], prober.target(key), headers=headers)
            assert (answer.status, answer.code) == (431, "headers_too_large"), key
    assert prober.world.digest() == prober.digest


def test_case_176_line_breaks_in_headers_are_data(prober: Prober) -> None:
    odd = "a\r\nset-cookie: x=y\0"
    headers = {"if-match": odd, "idempotency-key": odd, "x-request-id": odd, "origin": odd, "user-agent": odd}
    for key in API:
        answer = invoke(prober, key, {}, headers)
        assert answer.status == 400, key
        assert "set-cookie" not in answer.headers


def test_case_176_the_address_of_an_event_is_the_gateways_not_the_headers(world: World) -> None:
    headers = {"x-forwarded-for": "203.0.113.66, 203.0.113.67", "forwarded": "for=203.0.113.66", "x-real-ip": "::1"}
    body = {"email": "kim@example.com"}
    answer = world.call(
        "POST", "/v1/invitations", body, token=world.acme.owner.pat, headers=headers, address="192.0.2.44"
    )
    assert answer.status == 201
    assert [event["address"] for event in world.events("invitation.created")][-1] == "192.0.2.44"


# ---------------------------------------------------------------- whatever else there is


EXAMPLES = os.environ.get("FUZZ_EXAMPLES")
FUZZ = settings(
    max_examples=int(EXAMPLES or 12),
    derandomize=EXAMPLES is None,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
TEXT = st.text(st.characters(exclude_categories=()), max_size=40)
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT | st.sampled_from([*WRONG.values()]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
LATIN = st.text(st.characters(max_codepoint=255, exclude_characters="\r\n\0"), max_size=60)
HEADERS = st.dictionaries(
    st.sampled_from(
        [
            "if-match",
            "idempotency-key",
            "cookie",
            "origin",
            "sec-fetch-site",
            "accept",
            "content-encoding",
            "content-type",
        ]
    ),
    LATIN | st.sampled_from(['"1"', 'W/"1"', "*", "__Host-rollcall=x", "application/json", "gzip", "same-origin"]),
    max_size=3,
)
NAMES = st.sampled_from(["q", "role", "status", "product", "source", "sort", "state", "limit", "cursor", "show"])
PRINTABLE = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
QUERY = st.lists(st.tuples(NAMES | PRINTABLE, PRINTABLE | st.sampled_from(["admin", "all", "1", "name"])), max_size=3)


@pytest.mark.parametrize("key", sorted(OPERATIONS))
@FUZZ
@given(data=st.data())
def test_case_178_whatever_is_sent_the_answer_is_a_documented_one(
    prober: Prober, key: str, data: st.DataObject
) -> None:
    target = prober.target(key)
    if "{" in key and data.draw(st.booleans(), "another path"):
        odd = quote(data.draw(PRINTABLE.filter(bool), "in the path"), safe="")
        target = prober.target(key, id=odd, slug=odd, token=odd)
    if query := data.draw(QUERY, "query"):
        target = f"{target}?{urlencode(query)}"
    body = data.draw(bodies(prober.bodies.get(key, {})), "body")
    prober.send(key, target, body, data.draw(HEADERS, "headers"))


def bodies(valid: dict[str, Any]) -> st.SearchStrategy[object]:
    """No body, bytes, any JSON, or a valid body with some of its fields replaced."""
    names = st.sampled_from(sorted(valid)) if valid else TEXT
    changed = st.dictionaries(names, JSON_VALUES, max_size=2).map(lambda some: {**valid, **some})
    return st.none() | st.binary(max_size=60) | JSON_VALUES.filter(lambda value: value is not None) | changed
