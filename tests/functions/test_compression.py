"""No answer is compressed: a secret beside text of the caller's choosing could be guessed from its length (BREACH)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from infra.local.stack import ROOT
from tests.kit import GOOD_PASSWORD
from tests.operations import ask, password_link, sign_in

if TYPE_CHECKING:
    from tests.kit import Answer, World

NORA = "nora@example.com"
GUESS = "rc_pat_0351guess-of-the-caller"
ENCODINGS = ("gzip", "br, gzip, deflate, zstd", "identity;q=0, *;q=1", "GZIP", "compress")


def secret_answers(world: World, **headers: str) -> dict[str, tuple[Answer, int]]:
    """Every answer with a secret, the caller's text wherever it can be put, and how often it is told."""
    session, owner = sign_in(world, world.acme.owner), world.acme.owner
    credentials = {"email": owner.email, "password": owner.password}
    where, more = f"?x={GUESS}", {"User_Agent": GUESS, "Referer": GUESS, **headers}
    sent = {name.replace("_", "-"): value for name, value in more.items()}
    path = f"/v1/team/products/trustgate/service-tokens{where}"
    copied = ask(world, "POST", f"/v1/invitations/{world.invite(NORA)['id']}/link{where}", None, session, **more)
    link = copied.json["url"].rpartition("/")[2]
    weak = f"name={GUESS}&password=short".encode()
    form = {**sent, "content-type": "application/x-www-form-urlencoded"}
    page, refused = (
        world.call("GET", f"/i/{link}{where}", headers=sent),
        world.call("POST", f"/i/{link}", weak, headers=form),
    )
    return {
        "token": (ask(world, "POST", f"/v1/tokens{where}", {"name": GUESS}, session, **more), 1),
        "service token": (ask(world, "POST", path, {"name": GUESS}, session, **more), 1),
        "session": (world.call("POST", f"/v1/teams/acme/sessions{where}", credentials, headers=sent), 0),
        "copied link": (copied, 0),
        "page": (page, 0),
        "page again": (refused, 1),
        "joined": (world.accept(link, name=GUESS, headers=sent), 1),
    }


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_case_185_an_answer_with_a_secret_is_sent_as_it_is(world: World, encoding: str) -> None:
    for what, (answer, _) in secret_answers(world, Accept_Encoding=encoding).items():
        assert answer.status < 300 or what == "page again", (what, answer.body)
        assert "content-encoding" not in answer.headers, what
        assert answer.headers["cache-control"] == "no-store"
        if "json" in answer.headers["content-type"]:
            json.loads(answer.body)


def test_case_185_beside_a_secret_stands_only_what_is_stored_of_the_callers_text(world: World) -> None:
    """Once, as the name that it is: no header, query or address of the request comes back."""
    for what, (answer, told) in secret_answers(world).items():
        assert answer.body.decode().count(GUESS) == told, what
        assert not any(GUESS in value for value in answer.headers.values()), what


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_case_185_so_is_every_other_answer(world: World, encoding: str) -> None:
    """The kit looks for it on every answer of every test; here they are asked for it."""
    sent = {"accept-encoding": encoding}
    reset = password_link(world, world.acme.member.id)
    for method, path in (
        ("GET", "/v1/members?limit=200"), ("GET", "/v1/invitations"), ("GET", "/v1/audit-events"),
        ("GET", "/v1/audit-events/export"), ("GET", "/v1/audit-events/export?format=csv"), ("GET", "/v1/me"),
        ("GET", "/v1/openapi.json"), ("GET", "/healthz"), ("GET", "/v1/nothing"), ("GET", f"/reset/{reset}"),
    ):  # fmt: skip
        answer = world.call(method, path, token=None if "reset" in path else world.acme.owner.pat, headers=sent)
        assert "content-encoding" not in answer.headers, path
    complete = {"token": reset, "password": GOOD_PASSWORD}
    assert "content-encoding" not in world.call("POST", "/v1/password-resets/complete", complete, headers=sent).headers


def test_case_185_nothing_in_front_of_the_functions_compresses() -> None:
    template = (ROOT / "template.yaml").read_text("utf-8")
    for word in ("MinimumCompressionSize", "MinCompressionSize", "Compress:", "AWS::CloudFront"):
        assert word not in template
