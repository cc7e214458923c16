"""Whatever is handed out as a secret rests nowhere but with its holder: a long run, then everything is searched (I27).

Letters carry links, so SES's copies are not searched; what the outbox keeps of them is.
"""

from __future__ import annotations

import io
import json
import logging
import re
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest

from infra.check_token import PATTERN
from infra.local.toys.idp_requests import CLIENT_ID, CLIENT_SECRET
from rollcall.auth import secrets
from rollcall.auth.break_glass import digest
from rollcall.auth.secrets import MAP_KEY_LENGTH
from rollcall.storage.sso_connections import sso_connections_of
from tests import seam
from tests.kit import GOOD_PASSWORD
from tests.operations import ask, password_link, set_password, sign_up, try_sign_in
from tests.sso_kit import Browser
from tests.toy_idp import serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from infra.local.toys.idp import ToyIdp
    from tests.kit import Answer, World

NORA, OTTO = "nora@example.com", "otto@example.com"
PASSWORDS = (GOOD_PASSWORD, "another phrase for the reset", "a third phrase by hand", "wrong but nobody's business")
CODE = re.compile(r"\b[0-9A-HJKMNP-TV-Z]{4}(?:-[0-9A-HJKMNP-TV-Z]{4}){5}\b")
SIGNED = re.compile(r"eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
MONTH = 31 * 24 * 3600
SSO = "/v1/team/sso-connections"
OTHER_SECRET = "the next client secret of acme"


class Seen:
    """Every secret that an answer or a letter handed out, and all that the stream and the log were told."""

    def __init__(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        self.handed: set[str] = {person.pat for team in world.teams.values() for person in (team.owner, team.member)}
        self.signed: set[str] = set()
        self.sealed: set[str] = set()
        self.codes: set[str] = set()
        self.owner = world.acme.owner.pat
        self.records: list[Any] = []
        send, read = world._send, world.stack.stream._reader.read

        def watched(*request: Any) -> Any:
            answer = send(*request)
            self.note(answer[2].decode("utf-8", "replace") + str(dict(answer[1])))
            return answer

        def noted() -> Any:
            records = read()
            self.records += records
            return records

        monkeypatch.setattr(world, "_send", watched)
        monkeypatch.setattr(world.stack.stream._reader, "read", noted)

    def note(self, text: str) -> None:
        self.handed |= {match[0].decode() for match in PATTERN.finditer(text.encode())}
        self.signed |= set(SIGNED.findall(text))
        self.codes |= set(CODE.findall(text))

    @property
    def secrets(self) -> list[secrets.Secret]:
        found = [secrets.parse(text) for text in sorted(self.handed)]
        assert all(found), "what was handed out is well-formed"
        return [secret for secret in found if secret]


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Collect what anything logs, as the functions would write it."""
    from rollcall.http.observe import logger  # noqa: PLC0415 after the stack has loaded it

    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logger.registered_formatter)
    for name in ("rollcall", ""):
        logging.getLogger(name).addHandler(handler)
    yield stream
    for name in ("rollcall", ""):
        logging.getLogger(name).removeHandler(handler)


_keys = count()


def keyed(world: World, method: str, path: str, body: object = None, by: str | None = None) -> Answer:
    """Ask twice with one idempotency key, as after a lost answer; return the first answer."""
    key = f"canary-{next(_keys)}"
    first = ask(world, method, path, body, by, Idempotency_Key=key)
    ask(world, method, path, body, by, Idempotency_Key=key)
    assert first.status < 300, first.body
    return first


def opened(world: World, email: str, password: str) -> str:
    assert try_sign_in(world, email, PASSWORDS[-1]).status == 401
    return str(try_sign_in(world, email, password).json["token"])


# ---------------------------------------------------------------- what is played


def join(world: World) -> str:
    """Invite, resend, copy, look, fail and join; return a session."""
    body = {"email": NORA, "role": "admin", "products": {"all": True}}
    invitation = keyed(world, "POST", "/v1/invitations", body).json["id"]
    first = world.link(NORA)
    world.advance(61)
    keyed(world, "POST", f"/v1/invitations/{invitation}/resend")
    copied = keyed(world, "POST", f"/v1/invitations/{invitation}/link").json["url"].rpartition("/")[2]
    newest = world.link(NORA)
    for link in (first, copied, newest):
        world.call("GET", f"/i/{link}")
        world.call("POST", "/v1/invitations/inspect", {"token": link})
    with seam.seam(seam.first(9, "TransactWriteItems", "before")):
        assert world.accept(newest).status == 503
    joined = world.accept(newest, headers={"Idempotency-Key": "joining"})
    world.accept(newest, headers={"Idempotency-Key": "joining"})
    bulk = {"emails": [OTTO, "ora@example.com"], "role": "member", "products": {"all": True}}
    keyed(world, "POST", "/v1/invitations/bulk", bulk)
    page = world.post_form(f"/i/{world.link(OTTO)}", "name=Otto&password=" + GOOD_PASSWORD.replace(" ", "+"))
    assert (joined.status, page.status < 400) == (201, True)
    return str(joined.json["session"]["token"])


def passwords(world: World) -> str:
    """Reset by letter, change by hand, and be reset by an admin; return a session."""
    for email in (NORA, "nobody@example.com"):
        world.call("POST", f"/v1/teams/{world.acme.slug}/password-resets", {"email": email})
    assert set_password(world, world.link(NORA), PASSWORDS[1]).status == 204
    assert set_password(world, world.link(NORA), PASSWORDS[1]).status == 410
    body = {"current_password": PASSWORDS[1], "new_password": PASSWORDS[2]}
    assert ask(world, "PUT", "/v1/me/password", body, opened(world, NORA, PASSWORDS[1])).status == 204
    keyed(world, "POST", f"/v1/members/{world.acme.member.id}/password-reset")
    return opened(world, NORA, PASSWORDS[2])


def tokens(world: World, session: str) -> None:
    """Issue, rotate, rename, use, revoke."""
    made = [keyed(world, "POST", "/v1/tokens", {"name": f"t{n}"}, session).json for n in range(4)]
    with seam.seam(seam.first(9, "TransactWriteItems", "before")):
        assert ask(world, "POST", "/v1/tokens", {"name": "lost"}, session).status == 503
    turned = keyed(world, "POST", f"/v1/tokens/{made[0]['id']}/rotate", {"overlap_minutes": 0}, session).json
    keyed(world, "PATCH", f"/v1/tokens/{made[1]['id']}", {"name": "other"}, session)
    ask(world, "DELETE", f"/v1/tokens/{made[1]['id']}", None, session)
    for one in (*made, turned):
        world.call("GET", "/v1/me", token=one["secret"])
        world.call("GET", f"/v1/members/{one['secret']}", token=turned["secret"])
        world.call("GET", f"/v1/me?access_token={one['secret']}")
    ask(world, "GET", "/v1/tokens", None, session)


def products(world: World, session: str) -> None:
    """Make a service token, ask by it, record a grant, exchange for signed tokens."""
    owner = opened(world, world.acme.owner.email, world.acme.owner.password)
    path = "/v1/team/products/trustgate/service-tokens"
    gate = keyed(world, "POST", path, {"name": "gate"}, owner).json["secret"]
    doomed = keyed(world, "POST", path, {"name": "doomed"}, owner).json
    for shown in (session, world.acme.member.pat, gate, doomed["secret"], "rubbish"):
        keyed(world, "POST", "/v1/introspect", {"token": shown}, gate)
    keyed(world, "PUT", f"/v1/members/{world.acme.member.id}/grants/flow", {"name": "Flow"}, gate)
    keyed(world, "POST", "/v1/product-tokens", {"product": "trustgate"}, session)
    ask(world, "DELETE", f"{path}/{doomed['id']}", None, owner)


def break_glass(world: World) -> None:
    """Make codes twice, and use them rightly, twice and wrongly, by the API and by the page."""
    who = world.acme.owner
    owner = opened(world, who.email, who.password)
    first = keyed(world, "POST", "/v1/team/break-glass-codes", None, owner).json["codes"]
    codes = keyed(world, "POST", "/v1/team/break-glass-codes", None, owner).json["codes"]
    path = f"/v1/teams/{world.acme.slug}/break-glass-sessions"
    with seam.seam(seam.first(9, "TransactWriteItems", "before")):
        assert world.call("POST", path, {"email": who.email, "code": codes[0]}).status == 503
    tries = [(codes[0], 201), (codes[0].lower(), 401), (first[0], 401)]
    assert [world.call("POST", path, {"email": who.email, "code": c}).status for c, _ in tries] == [s for _, s in tries]
    forms = [f"email={who.email}&code={code.replace('-', '+').lower()}" for code in codes[:2]]
    assert [world.post_form(f"/t/{world.acme.slug}/break-glass", form).status for form in forms] == [401, 303]


def sso(world: World, seen: Seen, idp: ToyIdp) -> None:
    """Set a connection up, fail at it, try it, sign in through it, and give it another client secret."""
    who = world.acme.owner
    owner = opened(world, who.email, who.password)
    body = {"provider": "oidc", "issuer": idp.issuer, "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
    with seam.seam(seam.first(9, "TransactWriteItems", "before")):
        assert ask(world, "POST", SSO, body, owner).status == 503
    ask(world, "POST", SSO, {**body, "issuer": f"{idp.issuer}/nowhere"}, owner)
    path = f"{SSO}/{keyed(world, 'POST', SSO, body, owner).json['id']}"
    link = keyed(world, "POST", f"{path}/test", None, owner).json["start_url"].partition("?link=")[2]
    (connection,) = sso_connections_of(world.acme.id)
    browser = Browser(world, session=owner)
    assert browser.sign_in(connection, who.email, link=link).status == 302
    seen.sealed |= {link, str(browser.attempt)}
    ask(world, "PATCH", path, {"client_secret": OTHER_SECRET}, owner)
    for where in (SSO, path):
        told = ask(world, "GET", where, None, owner).body.decode()
        assert CLIENT_SECRET not in told
        assert OTHER_SECRET not in told


def cuts(world: World, session: str) -> None:
    """End sessions and tokens, deactivate, remove, and let a month pass over what is pending."""
    password_link(world, world.acme.member.id)
    for verb in ("revoke-tokens", "revoke-sessions", "deactivate", "reactivate"):
        keyed(world, "POST", f"/v1/members/{world.acme.member.id}/{verb}")
    ask(world, "DELETE", "/v1/sessions/current", None, session)
    otto = next(row for row in ask(world, "GET", "/v1/members?limit=200").json["data"] if row["email"] == OTTO)
    keyed(world, "DELETE", f"/v1/members/{otto['id']}")
    world.advance(MONTH)
    for schedule in ("expire", "purge"):
        world.invoke(schedule)
    late = world.link("ora@example.com")
    assert world.call("POST", "/v1/invitations/renewal-request", {"token": late}).status == 202


def played(world: World, seen: Seen, idp: ToyIdp) -> None:
    join(world)
    session = passwords(world)
    tokens(world, session)
    products(world, session)
    break_glass(world)
    sso(world, seen, idp)
    assert sign_up(world).status == 202
    assert set_password(world, world.link("amy@hooli.example")).status == 204
    cuts(world, session)
    for mail in world.mails():
        seen.note(mail.text)


# ---------------------------------------------------------------- what is searched


def told(world: World) -> str:
    """Return all that a reader of the audit gets, by every way out."""
    ways = ("/v1/audit-events?limit=200", "/v1/audit-events/export", "/v1/audit-events/export?format=csv")
    return "\n".join(ask(world, "GET", way).body.decode() for way in ways)


def test_case_046_no_secret_that_was_handed_out_rests_anywhere(
    world: World, log: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = Seen(world, monkeypatch)
    with serving() as idp:
        monkeypatch.setenv("SSO_LOCAL_ISSUERS", idp.issuer)
        played(world, seen, idp)
    assert {secret.kind for secret in seen.secrets} == {"pat", "ses", "inv", "rst", "svc"}
    assert len(seen.secrets) > 20
    assert seen.signed
    assert (len(seen.codes), len(seen.sealed)) == (20, 2)
    items = world.items()
    partitions = {item["PK"]["S"].partition("#")[0] for item in items}
    assert {"M", "A", "OUT", "IDEM", "T"} <= partitions
    everywhere = {
        "table": json.dumps(items, default=str),
        "stream": json.dumps(seen.records, default=str),
        "dead letters": json.dumps(world.stack.stream.dead_letters, default=str),
        "log": log.getvalue(),
        "audit": told(world),
    }
    assert len(seen.records) > 100
    assert everywhere["log"].count("\n") > 100
    assert len([item for item in items if item["SK"]["S"] == "GLASS"]) == 1
    hits = {(place, what) for place, text in everywhere.items() for what in found_in(text, seen)}
    assert hits == set()
    unhashed = {
        "log": everywhere["log"],
        "audit": everywhere["audit"],
        "events, letters, kept answers": json.dumps([item for item in items if not keeps_hashes(item)], default=str),
    }
    assert {(place, what) for place, text in unhashed.items() for what in hashes_in(text, seen)} == set()


def found_in(text: str, seen: Seen) -> Iterator[str]:
    """Yield what of the secrets a text shows: by shape, by value, by the secret part alone."""
    yield from (match[0].decode() for match in PATTERN.finditer(text.encode()))
    yield from (secret.text for secret in seen.secrets if secret.secret in text)
    yield from (token for token in seen.signed if token in text or token.rpartition(".")[2] in text)
    yield from (code for code in seen.codes for way in spelt(code) if way in text)
    yield from (sealed for sealed in seen.sealed if sealed in text)
    yield from (
        secret for secret in (CLIENT_SECRET, OTHER_SECRET) if secret in text or json.dumps(secret)[1:-1] in text
    )
    yield from (password for password in PASSWORDS if password in text or password.replace(" ", "+") in text)


def spelt(code: str) -> Iterator[str]:
    """Yield how a code may be written: as it is shown, without its dashes, in lower case, as a form sends it."""
    for way in (code, code.replace("-", ""), code.replace("-", "+")):
        yield from (way, way.lower())


def hashes_in(text: str, seen: Seen) -> Iterator[str]:
    """Yield whose hash a text shows; a hash has business on the records that authentication reads, and nowhere else."""
    parsed = next(secret for secret in seen.secrets if secret.text == seen.owner)
    yield from (secret.text for secret in seen.secrets if secret.hash[MAP_KEY_LENGTH:] in text)
    owner = parsed.team_id, parsed.owner_id
    yield from (code for code in seen.codes if digest(*owner, code) in text)
    yield from (word for word in ("$argon2",) if word in text)


def keeps_hashes(item: dict[str, Any]) -> bool:
    """Tell whether an item is one that credentials are judged by: a member's, a token's, a service token's, codes."""
    partition, kind = (item[name]["S"].partition("#")[0] for name in ("PK", "SK"))
    return (partition, kind) in {("M", "MEMBER"), ("M", "PAT"), ("S", "TOKEN"), ("T", "SVC"), ("T", "GLASS")}
