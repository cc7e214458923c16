"""SSO connections over HTTP: set up by owners and admins, asked where they lead, with a secret that is never told."""

from __future__ import annotations

import json
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from infra.local.toys.idp_requests import CLIENT_ID, CLIENT_SECRET, PUBLIC_CLIENT_ID
from rollcall.actions.sso_connections import opened_secret
from rollcall.auth import fetch, keyring
from rollcall.domain.permissions import Role
from rollcall.storage.sso_connections import sso_connections_of
from tests.operations import ask, newest, sign_in
from tests.sso_kit import Browser, connected, prove_domain, trial_of
from tests.toy_idp import serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from infra.local.toys.idp import ToyIdp
    from rollcall.domain.sso_connections import SsoConnection
    from tests.kit import Answer, TeamOf, World

PATH = "/v1/team/sso-connections"
SECRET = "a secret + with = signs % in it"
LOCAL = "http://127.0.0.1:8000"


@pytest.fixture(scope="module")
def served() -> Iterator[ToyIdp]:
    with serving() as one:
        yield one


@pytest.fixture
def idp(served: ToyIdp, monkeypatch: pytest.MonkeyPatch) -> ToyIdp:
    monkeypatch.setenv("SSO_LOCAL_ISSUERS", served.issuer)
    served.down = served.hidden = False
    return served


def add(world: World, idp: ToyIdp | None, by: str | None = None, /, **fields: Any) -> Answer:
    body = {"provider": "oidc", "client_id": CLIENT_ID, **({"issuer": idp.issuer} if idp else {}), **fields}
    return ask(world, "POST", PATH, body, by or world.acme.admin.pat)


def edit(world: World, connection: str, by: str | None = None, /, **fields: Any) -> Answer:
    headers = {name: fields.pop(name) for name in ("If_Match",) if name in fields}
    return ask(world, "PATCH", f"{PATH}/{connection}", fields, by or world.acme.admin.pat, **headers)


def only(world: World) -> SsoConnection:
    (one,) = sso_connections_of(world.acme.id)
    return one


def enforced(world: World) -> None:
    world.rewrite(world.team(), sso_enforced=True)


# ---------------------------------------------------------------- set up, shown, changed, removed


def test_a_connection_is_added_with_what_its_preset_says_and_shown_without_its_secret(
    world: World, idp: ToyIdp
) -> None:
    with world.tells("sso_connection.added"):
        made = add(world, idp, client_secret=SECRET)
    assert made.status == 201, made.body
    told = made.json
    assert told == {
        "id": told["id"],
        "provider": "oidc",
        "name": "SSO",
        "issuer": idp.issuer,
        "client_id": CLIENT_ID,
        "has_client_secret": True,
        "groups_claim": "groups",
        "scim_claim": "sub",
        "enabled": True,
        "mappings": [],
        "redirect_uri": f"{LOCAL}/sso/callback",
        "start_url": f"{LOCAL}/sso/{told['id']}/start",
        "vouched": "admin",
        "tested_at": None,
        "created_at": told["created_at"],
        "version": 1,
    }
    assert (made.headers["etag"], made.headers["location"]) == ('"1"', f"{LOCAL}{PATH}/{told['id']}")
    shown = ask(world, "GET", f"{PATH}/{told['id']}")
    assert (shown.status, shown.json, shown.headers["etag"]) == (200, told, '"1"')
    listed = ask(world, "GET", PATH)
    assert listed.json == {"data": [told], "next_cursor": None, "total": 1}
    assert opened_secret(only(world)) == SECRET
    event = newest(world, "sso_connection.added")
    assert (event["target"]["id"], event["after"]["has_client_secret"]) == (told["id"], True)
    assert SECRET not in json.dumps([made.json, shown.json, listed.json, event]) + repr(world.items())


def test_a_sealed_secret_opens_for_its_own_connection_alone(world: World, idp: ToyIdp) -> None:
    for _ in range(2):
        assert add(world, idp, client_secret=SECRET).status == 201
    one, other = sso_connections_of(world.acme.id)
    assert one.sealed_secret != other.sealed_secret
    assert opened_secret(one) == opened_secret(other) == SECRET
    crossed = connected(world, sealed_secret=one.sealed_secret)
    assert opened_secret(crossed) is None


@pytest.mark.parametrize("provider", ["entra", "okta", "keycloak", "oidc"])
def test_every_provider_but_google_is_told_by_its_issuer(world: World, provider: str) -> None:
    with world.unchanged():
        refused = add(world, None, provider=provider)
    assert (refused.status, refused.pointers) == (400, ["/issuer"])


def test_google_needs_no_issuer_and_takes_no_other(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def nowhere(host: str, *_: object, **__: object) -> list[object]:
        asked.append(host)
        return []

    monkeypatch.setattr("socket.getaddrinfo", nowhere)
    with world.unchanged():
        unreachable = add(world, None, provider="google")
        other = add(world, None, provider="google", issuer="https://accounts.example.com")
    assert (unreachable.status, unreachable.pointers, asked) == (400, ["/issuer"], ["accounts.google.com"])
    assert (other.status, other.pointers) == (400, ["/issuer"])


@pytest.mark.parametrize(
    "issuer",
    [
        "https://login.microsoftonline.com/common/v2.0",
        "https://login.microsoftonline.com/organizations/v2.0",
        "https://login.microsoftonline.com/consumers/v2.0",
        "https://sts.windows.net/11111111-2222-3333-4444-555555555555/",
    ],
)
def test_entra_is_one_tenants(world: World, issuer: str) -> None:
    with world.unchanged():
        refused = add(world, None, provider="entra", issuer=issuer)
    assert (refused.status, refused.pointers) == (400, ["/issuer"])


BAD: list[tuple[str, Any]] = [
    *(("provider", value) for value in ("facebook", "", 7, None, "OIDC")),
    *(("name", value) for value in ("", " ", "x" * 65, "a\nb", "a\u202eb", "https://evil.tld", "evil.tld", 7, None)),
    *(("issuer", value) for value in ("", "idp", "x" * 513, "https://a b", "https://é.example.com", None, ["x"])),
    *(("client_id", value) for value in ("", " x", "a b", "x" * 256, "é", "a\n", None)),
    *(("client_secret", value) for value in ("x" * 1025, "a\n", "é", 7, ["x"])),
    *(("groups_claim", value) for value in ("", ".", "a.", ".a", "a..b", "a b", "x" * 201, None)),
    *(("scim_claim", value) for value in ("", "a..b", 7)),
    *(("enabled", value) for value in ("true", 1, None)),
    *(("vouched", "owner"), ("tested_at", "2026-11-21T12:00:00Z"), ("sealed_secret", "x"), ("worked", True)),
    *(("mappings", []), ("id", "idp_" + "0" * 26), ("team_id", "x"), ("version", 7)),
]


@pytest.mark.parametrize(("field", "value"), BAD)
def test_what_is_no_connection_is_refused_with_a_pointer(world: World, idp: ToyIdp, field: str, value: Any) -> None:
    connection = connected(world, issuer=idp.issuer)
    with world.unchanged():
        refused = [add(world, idp, **{field: value}), edit(world, connection.id, **{field: value})]
    assert [(one.status, one.pointers) for one in refused] == [(400, [f"/{field}"])] * 2


def test_a_connection_is_changed_field_by_field_and_only_in_a_version_that_is_known(world: World, idp: ToyIdp) -> None:
    made = add(world, idp, client_secret=SECRET).json
    with world.tells("sso_connection.changed"):
        changed = edit(world, made["id"], name="Log in with Dev", If_Match='"1"')
    assert (changed.status, changed.headers["etag"]) == (200, '"2"')
    assert changed.json == {**made, "name": "Log in with Dev", "version": 2}
    with world.unchanged():
        assert edit(world, made["id"], name="Another", If_Match='"1"').status == 412
        assert ask(world, "DELETE", f"{PATH}/{made['id']}", If_Match='"1"').status == 412
        assert edit(world, made["id"], name="Log in with Dev").json == changed.json
        assert edit(world, made["id"]).json == changed.json
    with world.tells("sso_connection.changed"):
        secret = edit(world, made["id"], client_secret="another one")
    assert opened_secret(only(world)) == "another one"
    event = newest(world, "sso_connection.changed")
    assert event["after"]["client_secret_replaced"]
    assert "another one" not in json.dumps(event) + secret.body.decode()
    for nothing in (None, ""):
        assert not edit(world, made["id"], client_secret=nothing).json["has_client_secret"]
    assert only(world).sealed_secret is None


def test_a_removed_connection_is_nowhere_and_its_members_stay(world: World, idp: ToyIdp) -> None:
    prove_domain(world, "acme.example.com")
    connection = connected(world, issuer=idp.issuer, client_id=PUBLIC_CLIENT_ID)
    browser = Browser(world)
    assert browser.sign_in(connection, world.acme.member.email).status == 302
    with world.tells("sso_connection.removed"):
        assert ask(world, "DELETE", f"{PATH}/{connection.id}").status == 204
    assert sso_connections_of(world.acme.id) == []
    assert world.items("IDP#") == []
    assert not world.team().sso_available
    assert world.call("GET", "/v1/me", token=browser.session).status == 200
    assert Browser(world).start(connection).status == 404
    with world.unchanged():
        for method, path in (("GET", ""), ("PATCH", ""), ("DELETE", ""), ("POST", "/test"), ("GET", "/role-mapping")):
            gone = ask(world, method, f"{PATH}/{connection.id}{path}", {} if method == "PATCH" else None)
            assert gone.status == 404


def test_a_disabled_connection_signs_nobody_in_and_cuts_nobody_off(world: World, idp: ToyIdp) -> None:
    prove_domain(world, "acme.example.com")
    connection = connected(world, issuer=idp.issuer, client_id=PUBLIC_CLIENT_ID)
    browser = Browser(world)
    assert browser.sign_in(connection, world.acme.member.email).status == 302
    assert edit(world, connection.id, enabled=False).json["enabled"] is False
    assert Browser(world).start(connection).status == 404
    assert world.call("GET", "/v1/me", token=browser.session).status == 200
    assert edit(world, connection.id, enabled=True).status == 200
    assert Browser(world).sign_in(connection, world.acme.member.email).status == 302


def test_case_186_another_teams_connection_is_not_there(world: World, idp: ToyIdp) -> None:
    connection = connected(world, issuer=idp.issuer)
    theirs = world.globex.owner.pat
    requests = (("GET", ""), ("PATCH", ""), ("DELETE", ""), ("POST", "/test"), ("GET", "/role-mapping"))
    with world.unchanged():
        for method, path in requests:
            body = {"name": "Ours"} if method == "PATCH" else None
            known = ask(world, method, f"{PATH}/{connection.id}{path}", body, theirs)
            unknown = ask(world, method, f"{PATH}/idp_{'0' * 26}{path}", body, theirs)
            assert known.status == 404
            assert known.essence == unknown.essence
        assert ask(world, "GET", PATH, None, theirs).json["total"] == 0


def test_a_team_has_at_most_ten_connections(world: World, idp: ToyIdp) -> None:
    for _ in range(10):
        connected(world)
    with world.unchanged():
        refused = add(world, idp)
    assert (refused.status, refused.json["errors"][0]["pointer"]) == (400, "")


def test_a_lost_answer_is_told_again_and_adds_no_second_connection(world: World, idp: ToyIdp) -> None:
    body = {"provider": "oidc", "client_id": CLIENT_ID, "issuer": idp.issuer, "client_secret": SECRET}
    first, again = (ask(world, "POST", PATH, body, Idempotency_Key="one") for _ in range(2))
    assert (first.status, again.status, again.json) == (201, 201, first.json)
    assert len(sso_connections_of(world.acme.id)) == 1
    assert SECRET not in repr(world.items())


# ---------------------------------------------------------------- who vouches (I16)


def test_an_admins_connection_signs_no_owner_in_until_an_owner_has_tried_it(world: World, idp: ToyIdp) -> None:
    prove_domain(world, "acme.example.com")
    made = add(world, idp, client_id=PUBLIC_CLIENT_ID).json
    refused = Browser(world).sign_in(only(world), world.acme.owner.email)
    assert (refused.status, b"connection_not_vouched" in refused.body) == (403, True)
    session = sign_in(world, world.acme.owner)
    url = ask(world, "POST", f"{PATH}/{made['id']}/test", None, session).json["start_url"]
    browser = Browser(world, session=session)
    assert browser.sign_in(only(world), world.acme.owner.email, link=url.partition("link=")[2]).status == 302
    assert ask(world, "GET", f"{PATH}/{made['id']}").json["vouched"] == "owner"
    for field, value in (("scim_claim", "nickname"), ("client_id", "another"), ("issuer", f"{idp.issuer}")):
        edit(world, made["id"], **{field: value})
    assert ask(world, "GET", f"{PATH}/{made['id']}").json["vouched"] == "admin"


# ---------------------------------------------------------------- case 39: where a connection leads

FORBIDDEN = [
    "http://169.254.169.254/",
    "https://169.254.169.254/",
    "http://127.0.0.1:9001/2018-06-01/runtime/invocation/next",
    "https://127.0.0.1:9001/2018-06-01/runtime/invocation/next",
    "https://[::1]/",
    "https://[::ffff:169.254.169.254]/",
    "https://[fe80::1]/",
    "https://[64:ff9b::a9fe:a9fe]/",
    "https://2852039166/",
    "https://0251.0376.0251.0376/",
    "https://0xA9FEA9FE/",
    "https://0xa9.0xfe.0xa9.0xfe/",
    "https://127.1/",
    "https://0/",
    "https://10.0.0.1/",
    "https://192.168.1.1/",
    "https://172.16.0.1/",
    "https://100.64.0.1/",
    "https://localhost/",
    "https://user:password@idp.example.com/",
    "https://idp.example.com@169.254.169.254/",
    "https://idp.example.com/?a=b",
    "https://idp.example.com/#f",
    "http://idp.example.com/",
    "file:///etc/passwd",
    "gopher://127.0.0.1:6379/_FLUSHALL",
    "ftp://idp.example.com/",
    "//idp.example.com/",
    "https:///",
    "https://",
]


@pytest.fixture
def dialled(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Collect every connection that is begun."""
    seen: list[Any] = []
    dial = socket.create_connection

    def noted(address: Any, *rest: Any, **more: Any) -> socket.socket:
        seen.append(address)
        return dial(address, *rest, **more)

    monkeypatch.setattr(socket, "create_connection", noted)
    return seen


@pytest.mark.parametrize("issuer", FORBIDDEN)
def test_case_039_an_issuer_that_is_no_public_https_address_is_refused_and_never_asked(
    world: World, dialled: list[Any], issuer: str
) -> None:
    connection = connected(world)
    with world.unchanged():
        answers = [add(world, None, issuer=issuer), edit(world, connection.id, issuer=issuer)]
    assert [(one.status, one.pointers) for one in answers] == [(400, ["/issuer"])] * 2
    assert dialled == []


@pytest.mark.parametrize("address", ["10.0.0.7", "169.254.169.254", "127.0.0.1", "::1", "fd00::1", "0.0.0.0"])  # noqa: S104
def test_case_039_a_name_that_leads_to_a_private_address_is_refused_and_never_asked(
    world: World, dialled: list[Any], monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, 443)) for one in ("93.184.215.14", address)]
    monkeypatch.setattr("socket.getaddrinfo", lambda *_, **__: found)
    with world.unchanged():
        refused = add(world, None, issuer="https://idp.example.com")
    assert (refused.status, refused.pointers, dialled) == (400, ["/issuer"], [])


class Odd(BaseHTTPRequestHandler):
    """A provider that misbehaves as its path says; it notes what it was asked for."""

    asked: list[str]

    def do_GET(self) -> None:
        self.asked.append(self.path)
        kind = self.path.split("/")[1]
        if kind == "redirect":
            self._head(302, ("Location", "http://169.254.169.254/latest/meta-data"))
        elif kind == "large":
            self._head(200, ("Content-Length", str(3 * 2**30)))
            self._pour(b"x" * 65_536, 3 * 2**30 // 65_536)
        elif kind == "stall":
            self._head(200, ("Content-Length", "10"))
            self.server.over.wait(5)  # type: ignore[attr-defined]
        elif kind == "other":
            self._json({"issuer": "https://idp.example.com", "secret": "canary-of-the-inside"})
        elif kind == "inside":
            base = f"http://{self.headers['host']}/{kind}"
            ends = ("authorization_endpoint", "token_endpoint")
            told = {"issuer": base, **dict.fromkeys(ends, f"{base}/e"), "jwks_uri": "http://169.254.169.254/keys"}
            self._json(told)
        else:
            self._head(404)

    def _head(self, status: int, *headers: tuple[str, str]) -> None:
        self.send_response(status)
        for header in headers:
            self.send_header(*header)
        self.end_headers()

    def _json(self, body: object) -> None:
        raw = json.dumps(body).encode()
        self._head(200, ("Content-Length", str(len(raw))))
        self.wfile.write(raw)

    def _pour(self, piece: bytes, times: int) -> None:
        try:
            for _ in range(times):
                self.wfile.write(piece)
        except OSError:
            self.asked.append("cut off")

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def odd(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Serve it, exempt from the rules on addresses; who waits for it waits for less than half a second."""
    Odd.asked = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Odd)
    server.over = threading.Event()  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    origin = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setenv("SSO_LOCAL_ISSUERS", origin)
    monkeypatch.setattr(fetch.get, "__defaults__", (fetch.Wire(patience=0.4),))
    yield origin
    server.over.set()  # type: ignore[attr-defined]
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.parametrize("kind", ["redirect", "large", "stall", "other", "missing", "inside"])
def test_case_039_what_answers_oddly_is_refused_in_words_of_ours(world: World, odd: str, kind: str) -> None:
    connection = connected(world)
    with world.unchanged():
        answers = [
            add(world, None, issuer=f"{odd}/{kind}"),
            edit(world, connection.id, issuer=f"{odd}/{kind}"),
        ]
    assert [(one.status, one.pointers) for one in answers] == [(400, ["/issuer"])] * 2
    assert not any(b"canary" in one.body or b"169.254" in one.body for one in answers)
    asked = [path for path in Odd.asked if path != "cut off"]
    assert asked == [f"/{kind}/.well-known/openid-configuration"] * 2


def test_case_039_a_provider_that_fails_later_is_told_by_the_test_and_nothing_changes(
    world: World, idp: ToyIdp
) -> None:
    made = add(world, idp).json
    idp.down = True
    with world.unchanged():
        told = ask(world, "POST", f"{PATH}/{made['id']}/test").json
        renamed = edit(world, made["id"], issuer=f"{idp.issuer}/other")
    assert not told["ok"]
    assert len(told["problems"]) == 1
    assert (renamed.status, renamed.pointers) == (400, ["/issuer"])
    idp.down = False
    assert edit(world, made["id"], name="Renamed").status == 200


def test_a_change_that_leaves_the_issuer_asks_nobody(world: World, dialled: list[Any]) -> None:
    connection = connected(world, issuer="https://idp.example.com")
    assert edit(world, connection.id, name="Renamed", issuer="https://idp.example.com", enabled=False).status == 200
    assert dialled == []


# ---------------------------------------------------------------- trying it


def test_who_tries_a_connection_by_a_session_links_their_own_account(world: World, idp: ToyIdp) -> None:
    made = add(world, idp, client_id=PUBLIC_CLIENT_ID).json
    session = sign_in(world, world.acme.admin)
    with world.unchanged():
        told = ask(world, "POST", f"{PATH}/{made['id']}/test", None, session)
    assert (told.status, told.json["ok"], told.json["problems"]) == (200, True, [])
    url, _, link = told.json["start_url"].partition("?link=")
    assert (told.json["redirect_uri"], url) == (made["redirect_uri"], made["start_url"])
    browser = Browser(world, session=session)
    assert browser.sign_in(only(world), "somebody@elsewhere.example.net", link=link).status == 302
    assert world.call("GET", "/v1/me", token=browser.session).json["id"] == world.acme.admin.id
    assert made["id"] in world.member(world.acme.admin.id).subjects
    assert only(world).tested is None, "an admin's trial is no owner's"


def test_a_link_of_a_trial_is_one_connections_and_ten_minutes_old_at_most(world: World, idp: ToyIdp) -> None:
    ids = [add(world, idp, client_id=PUBLIC_CLIENT_ID).json["id"] for _ in range(2)]
    one, other = sorted(sso_connections_of(world.acme.id), key=lambda connection: ids.index(connection.id))
    session = sign_in(world, world.acme.admin)
    url = ask(world, "POST", f"{PATH}/{one.id}/test", None, session).json["start_url"]
    link = url.partition("?link=")[2]
    assert Browser(world).start(other, link=link).status == 400
    assert Browser(world).start(one, link=link).status == 302
    world.advance(601)
    assert Browser(world).start(one, link=link).status == 400


def test_a_token_tries_a_connection_without_a_link(world: World, idp: ToyIdp) -> None:
    made = add(world, idp, enabled=False).json
    told = ask(world, "POST", f"{PATH}/{made['id']}/test").json
    assert told["start_url"] == made["start_url"]
    assert told["problems"] == ["The connection is switched off: it signs nobody in."]


def test_a_secret_whose_key_is_gone_is_a_problem_and_not_an_error(
    world: World, idp: ToyIdp, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    made = add(world, idp, client_secret=CLIENT_SECRET).json
    other = tmp_path / "keys.json"
    other.write_text(json.dumps({"current": "k" * 43, "previous": None}), "utf-8")
    monkeypatch.setenv("CONNECTION_KEYS", f"file:{other}")
    told = ask(world, "POST", f"{PATH}/{made['id']}/test").json
    assert told["problems"] == ["The client secret cannot be read any more: give it again."]


def test_keys_of_client_secrets_rotate_without_a_gap(
    world: World, idp: ToyIdp, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    made = add(world, idp, client_secret=SECRET).json
    (old,) = keyring.connection_keys()
    rotated = tmp_path / "keys.json"
    rotated.write_text(json.dumps({"current": "k" * 43, "previous": old.decode()}), "utf-8")
    monkeypatch.setenv("CONNECTION_KEYS", f"file:{rotated}")
    assert opened_secret(only(world)) == SECRET
    assert edit(world, made["id"], client_secret=SECRET).status == 200
    alone = tmp_path / "alone.json"
    alone.write_text(json.dumps({"current": "k" * 43, "previous": None}), "utf-8")
    monkeypatch.setenv("CONNECTION_KEYS", f"file:{alone}")
    assert opened_secret(only(world)) == SECRET


# ---------------------------------------------------------------- R2: groups give roles


def mapping(world: World, connection: str, *pairs: tuple[str, str], **fields: Any) -> Answer:
    headers = {name: fields.pop(name) for name in ("If_Match",) if name in fields}
    body = {"mappings": [{"group": group, "role": role} for group, role in pairs], **fields}
    return ask(world, "PUT", f"{PATH}/{connection}/role-mapping", body, world.acme.admin.pat, **headers)


def test_groups_of_the_claims_are_mapped_to_roles(world: World) -> None:
    connection = connected(world)
    path = f"{PATH}/{connection.id}/role-mapping"
    assert ask(world, "GET", path).json == {"mappings": [], "groups_claim": "groups"}
    with world.tells("sso_connection.changed"):
        told = mapping(world, connection.id, ("Ops", "admin"), ("All", "member"), groups_claim="realm_access.roles")
    expected = [{"group": "Ops", "role": "admin"}, {"group": "All", "role": "member"}]
    assert told.json == {"mappings": expected, "groups_claim": "realm_access.roles"}
    assert ask(world, "GET", path).json == told.json
    assert ask(world, "GET", f"{PATH}/{connection.id}").json["mappings"] == expected
    with world.unchanged():
        assert mapping(world, connection.id, ("Ops", "admin"), ("All", "member")).json == told.json
        assert mapping(world, connection.id, If_Match='"1"').status == 412
    assert mapping(world, connection.id, If_Match=told.headers["etag"]).json["mappings"] == []


@pytest.mark.parametrize(
    "body",
    [
        {"mappings": [{"group": "Ops", "role": "owner"}]},
        {"mappings": [{"group": "Ops", "role": "Admin"}]},
        {"mappings": [{"group": "Ops", "role": "admin"}, {"group": "ops", "role": "member"}]},
        {"mappings": [{"group": "", "role": "admin"}]},
        {"mappings": [{"group": "Ops"}]},
        {"mappings": [{"group": f"g{number}", "role": "admin"} for number in range(51)]},
        {"mappings": "Ops"},
        {"mappings": [], "groups_claim": "a..b"},
        {},
    ],
)
def test_case_127_no_group_gives_the_owner_role_nor_is_any_mapping_half_taken(world: World, body: object) -> None:
    connection = connected(world)
    with world.unchanged():
        refused = ask(world, "PUT", f"{PATH}/{connection.id}/role-mapping", body)
    assert refused.status == 400
    assert refused.pointers[0].startswith(("/mappings", "/groups_claim"))


# ---------------------------------------------------------------- while single sign-on is enforced


def test_while_sso_is_enforced_its_last_way_in_can_be_neither_moved_nor_switched_off_nor_removed(
    world: World, idp: ToyIdp
) -> None:
    connection = connected(world, issuer=idp.issuer, tested=trial_of(world.acme.owner.id))
    enforced(world)
    with world.unchanged():
        refused = [
            edit(world, connection.id, enabled=False),
            edit(world, connection.id, client_id="another"),
            edit(world, connection.id, issuer=f"{idp.issuer}/"),
            ask(world, "DELETE", f"{PATH}/{connection.id}"),
        ]
    assert [(one.status, one.code) for one in refused] == [(409, "sso_enforced")] * 4
    assert edit(world, connection.id, client_secret="a new one", name="Renamed", groups_claim="roles").status == 200
    other = connected(world, issuer=idp.issuer, worked=False)
    assert edit(world, connection.id, enabled=False).code == "sso_enforced", "nobody came in by the other yet"
    assert ask(world, "DELETE", f"{PATH}/{other.id}").status == 204
    connected(world, issuer=idp.issuer, worked=True)
    assert edit(world, connection.id, enabled=False).status == 200


def test_who_vouches_is_told_with_each_connection(world: World, idp: ToyIdp) -> None:
    assert add(world, idp, world.acme.owner.pat).json["vouched"] == Role.OWNER.value
    assert add(world, idp, world.acme.admin.pat).json["vouched"] == Role.ADMIN.value


@pytest.mark.parametrize("who", ["acme", "globex"])
def test_every_team_has_its_own_connections(world: World, idp: ToyIdp, who: str) -> None:
    team: TeamOf = world.teams[who]
    assert add(world, idp, team.admin.pat).status == 201
    assert [len(sso_connections_of(one.id)) for one in world.teams.values()].count(1) == 1
    assert len(sso_connections_of(team.id)) == 1
