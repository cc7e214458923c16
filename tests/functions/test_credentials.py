"""Credentials on the wire: their shape, the one place where they are taken, and whom they speak for."""

from __future__ import annotations

import os
import zlib
from typing import TYPE_CHECKING

import pytest

from rollcall.auth import secrets
from rollcall.domain import ids
from tests import seam

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.kit import Answer, World

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
ODD: dict[str, Callable[[str], str]] = {
    "truncated": lambda text: text[:-1],
    "lengthened": lambda text: text + "0",
    "halved": lambda text: text[: len(text) // 2],
    "prefix_only": lambda _: "rc_pat_",
    "swapped_case": str.swapcase,
    "upper": str.upper,
    "other_kind": lambda text: text.replace("rc_pat_", "rc_ses_"),
    "unheard_of_kind": lambda text: text.replace("rc_pat_", "rc_xyz_"),
    "no_prefix": lambda text: text[7:],
    "four_kilobytes": lambda text: text + "0" * 4096,
    "not_ascii": lambda text: text[:-1] + "é",
    "look_alike": lambda text: text.replace("rc_", "r\N{CYRILLIC SMALL LETTER ES}_"),
    "nul": lambda text: text[:40] + "\0" + text[41:],
    "space": lambda text: text[:40] + " " + text[41:],
    "comma": lambda text: text[:40] + "," + text[41:],
    "line_break": lambda text: text + "\n",
    "quoted": lambda text: f'"{text}"',
    "twice": lambda text: f"{text} {text}",
    "empty": lambda _: "",
    "null": lambda _: "null",
}


def me(world: World, authorization: str | None = None, path: str = "/v1/me", **headers: str) -> Answer:
    sent = {"Authorization": authorization} if authorization is not None else {}
    return world.call("GET", path, headers={**sent, **headers})


def refused_unread(world: World, authorization: str) -> None:
    with seam.seam() as seen:
        answer = me(world, authorization)
    assert answer.status == 401, authorization
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert seen.calls == []


# ---------------------------------------------------------------- shape


def test_case_047_one_changed_character_anywhere_is_refused_without_a_read(world: World) -> None:
    """Each of the 93 characters by each of the 61 others: the checksum sees them all."""
    text = world.acme.owner.pat
    body = text.removeprefix("rc_pat_")
    for place in range(len(body)):
        for character in ALPHABET:
            if character != body[place]:
                assert secrets.parse(f"rc_pat_{body[:place]}{character}{body[place + 1 :]}") is None
    for place in (0, 21, 22, 43, 44, 86, 87, 92):
        refused_unread(world, f"Bearer rc_pat_{body[:place]}{'0' if body[place] != '0' else '1'}{body[place + 1 :]}")


@pytest.mark.parametrize("how", list(ODD))
def test_case_047_text_of_another_shape_is_refused_without_a_read(world: World, how: str) -> None:
    refused_unread(world, f"Bearer {ODD[how](world.acme.owner.pat)}")


def test_case_047_a_megabyte_of_credential_never_reaches_the_service(world: World) -> None:
    with seam.seam() as seen:
        answer = me(world, f"Bearer {world.acme.owner.pat}{'0' * 1024 * 1024}")
    assert (answer.status, seen.calls) == (431, [])


def test_case_047_headers_over_eight_kilobytes_are_refused(world: World) -> None:
    refused_unread(world, "Bearer " + "0" * 8 * 1024)


def test_a_right_checksum_makes_no_credential_but_costs_one_read_and_one_for_the_reason(world: World) -> None:
    text = world.acme.owner.pat
    parsed = secrets.parse(text)
    assert parsed
    guess = text[:51] + ("1" if text[51] != "1" else "2") + text[52:-6]
    forged = guess + ids.base62(zlib.crc32(guess.encode()), 6)
    assert secrets.parse(forged)
    with seam.seam() as seen:
        assert me(world, f"Bearer {forged}").status == 401
    assert seen.calls == ["BatchGetItem"] * 2


@pytest.mark.parametrize("kind", ["inv", "rst", "scm"])
def test_case_019_a_secret_of_another_kind_is_no_credential_here_and_not_looked_up(world: World, kind: str) -> None:
    refused_unread(world, f"Bearer {secrets.compose(kind, world.acme.id, world.acme.owner.id, bytes(32))}")


def test_case_045_a_credential_has_its_written_shape(world: World) -> None:
    text = world.acme.owner.pat
    parsed = secrets.parse(text)
    assert parsed
    assert (len(text), parsed.kind) == (len("rc_pat_") + 93, "pat")
    assert (parsed.team_id, parsed.owner_id) == (world.acme.id, world.acme.owner.id)
    assert parsed.hash not in text
    assert len(parsed.secret) == 43


# ---------------------------------------------------------------- place


def test_case_048_the_scheme_is_read_without_case(world: World) -> None:
    for scheme in ("Bearer", "bearer", "BEARER"):
        assert me(world, f"{scheme} {world.acme.owner.pat}").json["id"] == world.acme.owner.id


@pytest.mark.parametrize("scheme", ["Basic", "Token", "Digest", "Bearer:", "", "Bearer\t"])
def test_case_048_no_other_scheme_is_taken(world: World, scheme: str) -> None:
    refused_unread(world, f"{scheme} {world.acme.owner.pat}")


def test_case_048_without_a_credential_nothing_is_read(world: World) -> None:
    with seam.seam() as seen:
        answer = me(world)
    assert (answer.status, answer.code, seen.calls) == (401, "unauthenticated", [])


def test_case_048_two_authorization_headers_are_none(world: World) -> None:
    one, other = world.acme.owner.pat, world.acme.member.pat
    refused_unread(world, f"Bearer {one},Bearer {other}")
    refused_unread(world, f"Bearer {one}, Bearer {one}")
    two = [("host", "127.0.0.1:8000"), ("authorization", f"Bearer {one}"), ("authorization", f"Bearer {other}")]
    assert world.stack.gateway.call("GET", "/v1/me", two, b"", "127.0.0.1").status == 401


def test_case_048_a_header_and_a_cookie_are_two_credentials(world: World) -> None:
    session = signed_in(world)
    for cookie in (f"__Host-rollcall={session}", "__Host-rollcall=x", "__Host-rollcall="):
        with seam.seam() as seen:
            answer = me(world, f"Bearer {world.acme.owner.pat}", Cookie=cookie)
        assert (answer.status, seen.calls) == (401, [])


def test_case_048_two_cookies_are_two_credentials(world: World) -> None:
    session = signed_in(world)
    assert me(world, Cookie=f"__Host-rollcall={session}").json["id"] == world.acme.member.id
    assert me(world, Cookie=f"__Host-rollcall={session}; __Host-rollcall={session}").status == 401
    assert me(world, Cookie=f"other=1; __Host-rollcall={session}").status == 200
    assert me(world, Cookie=f"rollcall={session}").status == 401


@pytest.mark.parametrize("header", [True, False])
def test_case_048_a_credential_in_the_query_is_refused(world: World, *, header: bool) -> None:
    pat = world.acme.owner.pat
    with seam.seam() as seen:
        answer = me(world, f"Bearer {pat}" if header else None, f"/v1/me?access_token={pat}")
    assert (answer.status, seen.calls) == (401, [])


def test_case_048_a_credential_in_the_body_is_none(world: World) -> None:
    body = {"email": "nora@example.com", "access_token": world.acme.owner.pat}
    with world.unchanged():
        assert world.call("POST", "/v1/invitations", body).status == 401
        known = world.call("POST", "/v1/invitations", body, token=world.acme.owner.pat)
    assert (known.status, known.pointers) == (400, ["/access_token"])


def test_case_077_a_cookie_changes_nothing_from_another_site(world: World) -> None:
    cookie = f"__Host-rollcall={signed_in(world)}"
    ours = os.environ["PUBLIC_BASE_URL"]
    wrong: list[dict[str, str]] = [
        {},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": f"{ours}.evil.example"},
        {"Origin": ours, "Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ]
    with world.unchanged():
        for headers in wrong:
            refused = world.call("PATCH", "/v1/me", {"name": "Mallory"}, headers={"Cookie": cookie, **headers})
            assert (refused.status, refused.code) == (403, "cross_site")
    for headers in ({"Origin": ours}, {"Sec-Fetch-Site": "same-origin"}):
        assert world.call("PATCH", "/v1/me", {"name": "Mia"}, headers={"Cookie": cookie, **headers}).status == 200


# ---------------------------------------------------------------- whom it speaks for


@pytest.mark.parametrize(
    "headers",
    [
        {"X-User-Id": "owner"},
        {"X-Member-Id": "owner", "X-Team-Id": "team"},
        {"X-Forwarded-User": "owner@acme.example.com"},
        {"X-Amzn-Oidc-Identity": "owner", "X-Amzn-Oidc-Data": "eyJhbGciOiJub25lIn0.eyJzdWIiOiJvd25lciJ9."},
        {"X-Original-Authorization": "Bearer owner"},
        {"X-HTTP-Method-Override": "DELETE", "X-Original-URL": "/v1/members"},
    ],
)
def test_case_128_only_the_credential_says_who_calls(world: World, headers: dict[str, str]) -> None:
    known = {"owner": world.acme.owner.id, "team": world.acme.id, "Bearer owner": f"Bearer {world.acme.owner.pat}"}
    sent = {name: known.get(value, value) for name, value in headers.items()}
    assert world.call("GET", "/v1/me", headers=sent).status == 401
    answer = world.call("GET", "/v1/me", token=world.acme.member.pat, headers=sent)
    assert answer.json["id"] == world.acme.member.id
    assert world.call("GET", "/v1/members", token=world.acme.member.pat, headers=sent).status == 403


def test_case_128_an_authorizers_context_in_the_event_is_not_believed(world: World) -> None:
    """Nobody puts an authorizer in front; what such a one would have said is ignored."""
    claims = {"jwt": {"claims": {"sub": world.acme.owner.id, "role": "owner"}}, "lambda": {"member": "owner"}}
    context = {"http": {"method": "GET", "sourceIp": "192.0.2.1"}, "requestId": "r", "authorizer": claims}
    event = {"version": "2.0", "routeKey": "GET /v1/me", "rawPath": "/v1/me", "requestContext": context}
    assert world.invoke("members", event)["statusCode"] == 401


def test_case_224_and_052_a_token_ends_with_its_member_and_its_time(world: World) -> None:
    member = world.member(world.acme.member.id)
    (key, pat) = next(iter(member.pats.items()))
    ends = pat.__class__(pat.id, pat.hash, world.team().created_at)
    assert me(world, f"Bearer {world.acme.member.pat}").status == 200
    world.rewrite(member, pats={key: ends})
    expired = me(world, f"Bearer {world.acme.member.pat}")
    assert (expired.status, expired.code) == (401, "token_expired")
    world.rewrite(world.member(member.id), pats={})
    gone = me(world, f"Bearer {world.acme.member.pat}")
    assert (gone.status, gone.code) == (401, "token_revoked")


def signed_in(world: World) -> str:
    member = world.acme.member
    answer = world.call("POST", "/v1/teams/acme/sessions", {"email": member.email, "password": member.password})
    assert answer.status == 201, answer.body
    return str(answer.json["token"])
