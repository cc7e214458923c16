"""POST /v1/token-leaks: a signed report revokes what it names, and tells the holders (case 60)."""

from __future__ import annotations

import base64
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from infra.local.aws import REPORTER_KEY
from rollcall.storage import keys
from tests import seam
from tests.operations import ask, authenticates, issue, newest, service_token, sign_in

if TYPE_CHECKING:
    from tests.kit import Answer, World

PATH = "/v1/token-leaks"


def private_key() -> ec.EllipticCurvePrivateKey:
    where = Path(os.environ["LEAK_REPORTERS"].removeprefix("file:")).with_name(REPORTER_KEY)
    key = load_pem_private_key(where.read_bytes(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return key


def signed(key: ec.EllipticCurvePrivateKey, body: bytes, key_id: str = "local") -> dict[str, str]:
    signature = base64.b64encode(key.sign(body, ec.ECDSA(SHA256()))).decode()
    return {
        "content-type": "application/json",
        "github-public-key-identifier": key_id,
        "github-public-key-signature": signature,
    }


def report(world: World, *tokens: object, **more: str) -> Answer:
    """Report texts as found, each with what scanners tell besides."""
    body = json.dumps([{"token": one, "type": "rollcall_pat", "url": "https://x", "source": "x"} for one in tokens])
    return world.call("POST", PATH, body.encode(), headers={**signed(private_key(), body.encode()), **more})


def test_case_060_a_reported_token_is_revoked_at_once_and_its_holder_told_once(world: World) -> None:
    made = issue(world, sign_in(world, world.acme.member), "deploy")
    before = len(world.mails(world.acme.member.email))
    with world.tells("token.leaked"):
        assert report(world, made["secret"]).json == {"revoked": 1}
    refused = world.call("GET", "/v1/me", token=made["secret"])
    assert (refused.status, refused.code) == (401, "token_revoked")
    with world.unchanged():
        assert report(world, made["secret"]).json == {"revoked": 0}, "the same report again"
    (told,) = world.mails(world.acme.member.email)[before:]
    assert "was found in the open and revoked" in told.subject
    event = newest(world, "token.leaked")
    assert (event["target"]["id"], event["actor"]["credential"]["kind"]) == (made["id"], "leak_report")
    assert made["secret"] not in told.text + repr(event)
    assert authenticates(world, world.acme.member.pat), "no other token"


def test_case_060_a_session_and_a_service_token_are_revoked_too(world: World) -> None:
    session, service = sign_in(world, world.acme.member), service_token(world)
    assert report(world, session, service).json == {"revoked": 2}
    assert not authenticates(world, session)
    assert world.call("POST", "/v1/introspect", {"token": world.acme.member.pat}, token=service).status == 401
    assert "service token" in world.mails(world.acme.owner.email)[-1].subject


def test_case_060_a_thousand_are_taken_and_unknown_ones_passed_over(world: World) -> None:
    session = sign_in(world, world.acme.member)
    made = [issue(world, session, f"ci {number}")["secret"] for number in range(3)]
    forged = made[0][:60] + ("a" if made[0][60] != "a" else "b") + made[0][61:]
    others = [
        "",
        "ghp_something",
        "rc_pat_",
        forged,
        world.acme.owner.pat[:-1],
        "\0",
        *[f"nothing {n}" for n in range(991)],
    ]
    assert report(world, *made, *others).json == {"revoked": 3}
    assert [authenticates(world, one) for one in (*made, world.acme.owner.pat)] == [False] * 3 + [True]
    with world.unchanged():
        assert report(world, *["x"] * 1001).status == 400


@pytest.mark.parametrize(
    "fault", ["another body", "another key", "unknown key id", "no signature", "no base64", "empty"]
)
def test_case_060_what_no_known_reporter_signed_is_refused(world: World, fault: str) -> None:
    key, body = private_key(), json.dumps([{"token": world.acme.member.pat}]).encode()
    headers = signed(key, body)
    if fault == "another body":
        headers = signed(key, body + b" ")
    elif fault == "another key":
        headers = signed(ec.generate_private_key(ec.SECP256R1()), body)
    elif fault == "unknown key id":
        headers = signed(key, body, "somebody")
    elif fault == "no signature":
        del headers["github-public-key-signature"]
    elif fault == "no base64":
        headers["github-public-key-signature"] = "é"
    else:
        headers["github-public-key-signature"] = ""
    with world.unchanged():
        refused = world.call("POST", PATH, body, headers=headers)
    assert (refused.status, refused.code) == (400, "invalid")
    assert authenticates(world, world.acme.member.pat)


@pytest.mark.parametrize(
    "body", [b"{}", b"null", b"[1]", b'[{"token": 1}]', b"[{}]", b"[", b"\xff", b'[{"token":"a","token":"b"}]']
)
def test_case_060_a_signed_body_that_is_no_list_of_tokens_is_refused(world: World, body: bytes) -> None:
    with world.unchanged():
        refused = world.call("POST", PATH, body, headers=signed(private_key(), body))
    assert (refused.status, refused.code) == (400, "invalid")


def test_a_report_beyond_a_mebibyte_is_not_looked_at(world: World) -> None:
    body = b" " * (1024 * 1024 + 1)
    assert world.call("POST", PATH, body, headers=signed(private_key(), body)).status == 413


def test_case_180_what_nobody_expected_in_a_report_is_a_plain_500(world: World) -> None:
    with world.unchanged(), seam.seam(lambda _number, _name: ZeroDivisionError()):
        answer = report(world, world.acme.member.pat)
    assert (answer.status, answer.code) == (500, "internal")


def test_a_deployment_that_knows_no_reporter_takes_no_report(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    body = json.dumps([{"token": world.acme.member.pat}]).encode()
    headers = signed(private_key(), body)
    monkeypatch.setenv("LEAK_REPORTERS", "{}")
    with world.unchanged():
        assert world.call("POST", PATH, body, headers=headers).status == 400


def test_a_leaked_token_leaves_its_members_record_and_the_index(world: World) -> None:
    made = issue(world, sign_in(world, world.acme.member), "deploy", expires_at="2039-01-01T00:00:00Z")
    report(world, made["secret"])
    assert made["id"] not in {pat.id for pat in world.member(world.acme.member.id).pats.values()}
    (item,) = [
        i
        for i in world.items(keys.member(world.acme.id, world.acme.member.id).pk)
        if i["SK"]["S"].endswith(made["id"][-16:])
    ]
    assert "XP" not in item
    row = next(
        row
        for row in ask(world, "GET", "/v1/tokens", None, world.acme.member.pat).json["data"]
        if row["id"] == made["id"]
    )
    assert row["state"] == "revoked"
