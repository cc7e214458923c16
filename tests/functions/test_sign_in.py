"""Signing in by password: one answer for everybody who may not, and the password exactly as it was set."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from argon2 import PasswordHasher

from rollcall.auth import passwords
from rollcall.domain.members import Status
from rollcall.storage import keys
from tests import seam
from tests.kit import GOOD_PASSWORD

if TYPE_CHECKING:
    from tests.kit import Answer, World

EIGHTY = "correct horse battery staple, and then " + "some more words until it is long enough!!"
NORA = "nora@example.com"


@pytest.fixture(autouse=True)
def early(world: World) -> None:
    """Begin with whole windows."""
    world.early()


def sign_in(world: World, email: object, password: object, slug: str = "acme", **more: str) -> Answer:
    return world.call("POST", f"/v1/teams/{slug}/sessions", {"email": email, "password": password}, **more)  # type: ignore[arg-type]


def with_password(world: World, password: str) -> None:
    """Let Nora join acme with that password."""
    token = world.copied(world.invite(NORA)["id"])
    joined = world.accept(token, password=password)
    assert joined.status == 201, joined.body


def test_signing_in_opens_one_session_with_one_event(world: World) -> None:
    person = world.acme.member
    with world.tells("session.opened"):
        answer = sign_in(world, person.email, person.password)
    assert answer.status == 201
    assert answer.json["member"]["id"] == person.id
    assert world.call("GET", "/v1/me", token=answer.json["token"]).json["id"] == person.id
    assert answer.json["member"]["version"] == world.member(person.id).version


def test_case_001_everybody_who_may_not_sign_in_gets_the_same_answer(world: World) -> None:
    """Unknown, wrong, deactivated with the right password, without a password, invited only, unknown team."""
    person, admin = world.acme.member, world.acme.admin
    world.rewrite(world.member(admin.id), status=Status.DEACTIVATED)
    world.invite(NORA)
    with world.unchanged():
        answers = [
            sign_in(world, "nobody@acme.example.com", person.password),
            sign_in(world, person.email, "not the password of anybody"),
            sign_in(world, admin.email, admin.password),
            sign_in(world, "person1@acme.example.com", person.password),
            sign_in(world, NORA, person.password),
            sign_in(world, person.email, person.password, slug="globex"),
            sign_in(world, person.email, person.password, slug="no-such-team"),
        ]
    assert {answer.status for answer in answers} == {401}
    assert len({json.dumps(answer.essence, sort_keys=True) for answer in answers}) == 1
    for answer in answers:
        assert list(answer.headers) == list(answers[0].headers)
        assert len(answer.body) == len(answers[0].body)


def test_case_001_and_002_each_of_them_costs_the_same_work(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same calls to the table and one hash, whoever asks (case 2 without a clock; `make timing` has one)."""
    hashes: list[str] = []
    real = passwords._hasher().verify

    class Counting:
        def verify(self, stored: str, typed: str) -> bool:
            hashes.append(stored)
            return real(stored, typed)

        def hash(self, password: str) -> str:
            return passwords_hash(password)

    passwords_hash = passwords._hasher().hash
    monkeypatch.setattr(passwords, "_hasher", Counting)
    world.invite(NORA)
    admin, person = world.acme.admin, world.acme.member
    world.rewrite(world.member(admin.id), status=Status.DEACTIVATED)
    world.rewrite(world.team(world.globex), sso_enforced=True)
    who = {
        ("acme", "nobody@acme.example.com", "not the password of anybody"),
        ("acme", person.email, "not the password of anybody"),
        ("acme", "person1@acme.example.com", "not the password of anybody"),
        ("acme", NORA, "not the password of anybody"),
        ("acme", admin.email, admin.password),
        ("globex", world.globex.member.email, world.globex.member.password),
        ("globex", person.email, person.password),
        ("no-such-team", person.email, person.password),
    }
    costs = set()
    for slug, email, password in who:
        hashes.clear()
        with seam.seam() as seen:
            assert sign_in(world, email, password, slug).status == 401
        costs.add((*seen.calls, len(hashes)))
    assert costs == {(*["BatchGetItem"] * 3, *["UpdateItem"] * 3, 1)}


OLDER = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=2)


def test_signing_in_renews_a_hash_that_was_made_with_older_parameters(world: World) -> None:
    """It is part of the session's own transaction: no event of its own, no version."""
    person = world.acme.member
    world.rewrite(world.member(person.id), password_hash=OLDER.hash(person.password))
    before = world.member(person.id)
    with world.unchanged():
        assert sign_in(world, person.email, "not the password of anybody").status == 401
    with world.tells("session.opened"):
        assert sign_in(world, person.email, person.password).status == 201
    after = world.member(person.id)
    assert after.password_hash != before.password_hash
    assert f"m={passwords.MEMORY_KIB},t={passwords.TIME_COST},p=1" in str(after.password_hash)
    assert (after.version, after.epoch) == (before.version, before.epoch)
    assert sign_in(world, person.email, person.password).status == 201
    assert world.member(person.id).password_hash == after.password_hash


def test_a_hash_is_renewed_only_in_the_place_of_the_one_that_was_verified(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The password changes between the verification and the commit: it stays, and the old one opens nothing."""
    person = world.acme.member
    world.rewrite(world.member(person.id), password_hash=OLDER.hash(person.password))
    newer, real = passwords.hashed(GOOD_PASSWORD), passwords.hashed

    def hashed(password: str) -> str:
        world.rewrite(world.member(person.id), password_hash=newer)
        return real(password)

    monkeypatch.setattr(passwords, "hashed", hashed)
    assert sign_in(world, person.email, person.password).status == 401
    assert world.member(person.id).password_hash == newer


def test_a_team_without_passwords_lets_nobody_in_by_one(world: World) -> None:
    person = world.acme.member
    world.rewrite(world.team(), sso_enforced=True)
    with world.unchanged():
        assert sign_in(world, person.email, person.password).status == 401
    assert (
        sign_in(world, person.email, "wrong wrong wrong").essence
        == sign_in(world, person.email, person.password).essence
    )


def test_case_042_a_password_session_ends_when_single_sign_on_is_enforced_and_a_token_stays(world: World) -> None:
    person = world.acme.member
    session = sign_in(world, person.email, person.password).json["token"]
    world.rewrite(world.team(), sso_enforced=True)
    assert world.call("GET", "/v1/me", token=session).status == 401
    assert world.call("GET", "/v1/me", token=person.pat).status == 200


@pytest.mark.parametrize(
    ("how", "change"),
    [
        ("the first 72 bytes", lambda text: text[:72]),
        ("byte 73 changed", lambda text: text[:72] + "X" + text[73:]),
        ("its last character missing", lambda text: text[:-1]),
        ("a space behind it", lambda text: text + " "),
        ("another case", str.swapcase),
        ("a NUL at 20", lambda text: text[:20] + "\0" + text[21:]),
        ("cut at a NUL", lambda text: text[:20] + "\0"),
    ],
)
def test_case_003_only_the_exact_password_signs_in(world: World, how: str, change: object) -> None:
    """A NUL ends nothing: what stands before it is another password."""
    assert callable(change)
    assert len(EIGHTY) == 80
    with_password(world, EIGHTY)
    with world.unchanged():
        assert sign_in(world, NORA, change(EIGHTY)).status == 401, how
    assert sign_in(world, NORA, EIGHTY).status == 201


@pytest.mark.parametrize(
    ("password", "status"),
    [
        ("k" + "vqzjhxwpbmtfs"[:13], 400),
        ("k" + "vqzjhxwpbmtfsd", 201),
        ("vqzjhxwpbmtfsdg " * 4, 201),
        ("vqzjhxwpbmtfsdg " * 8, 201),
        ("vqzjhxwpbmtfsdg " * 8 + "k", 400),
        ("🌻🎉🚀🍎🎸🐙🔑📎🧊🪁🛶🧭🌋🥁🪄", 201),
        ("271828459045235", 201),
        ("two words with  spaces ", 201),
    ],
)
def test_case_004_005_only_length_counts_and_nothing_is_cut(world: World, password: str, status: int) -> None:
    token = world.copied(world.invite(NORA)["id"])
    assert world.accept(token, password=password).status == status
    if status == 201:
        assert sign_in(world, NORA, password).status == 201
        assert sign_in(world, NORA, password[:-1]).status == 401


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("passwordpassword", "breached"),
        ("Perasperaadastra", "breached"),
        ("baseball20242024", "breached"),
        ("AcmeAcmeAcmeAcme", "context"),
        ("TrustGate 2026 !", "context"),
        ("nora12345678901234", "context"),
        ("aaaaaaaaaaaaaaa", "trivial"),
        ("123456789012345", "trivial"),
    ],
)
def test_case_006_a_password_that_is_guessed_first_is_refused_with_the_reason(
    world: World, password: str, reason: str
) -> None:
    """The top 3,000 of the list are tried when it is made (`make blocklist`)."""
    token = world.copied(world.invite(NORA)["id"])
    with world.unchanged():
        refused = world.accept(token, password=password)
    assert (refused.status, refused.pointers, refused.json["reason"]) == (400, ["/password"], reason)
    assert password not in refused.body.decode()


def test_case_005_spaces_belong_to_the_password(world: World) -> None:
    with_password(world, "  spaces at both ends  ")
    assert sign_in(world, NORA, "spaces at both ends").status == 401
    assert sign_in(world, NORA, "  spaces at both ends  ").status == 201


COMPOSED, DECOMPOSED = "caf\u00e9 au lait au matin", "cafe\u0301 au lait au matin"


@pytest.mark.parametrize(("chosen", "typed"), [(COMPOSED, DECOMPOSED), (DECOMPOSED, COMPOSED)])
def test_case_007_a_composed_and_a_decomposed_letter_are_the_same_password(
    world: World, chosen: str, typed: str
) -> None:
    with_password(world, chosen)
    assert sign_in(world, NORA, typed).status == 201
    assert sign_in(world, NORA, typed.replace("\u00e9", "e").replace("\u0301", "")).status == 401


def test_case_007_nothing_but_the_form_is_changed(world: World) -> None:
    with_password(world, "Straße ﬁnden wir alle")
    for other in ("Strasse ﬁnden wir alle", "Straße finden wir alle", "straße ﬁnden wir alle"):
        assert sign_in(world, NORA, other).status == 401


@pytest.mark.parametrize(
    ("size", "status"), [(1025, 400), (64 * 1024, 413), (1024 * 1024, 413), (6 * 1024 * 1024, 413)]
)
def test_case_008_a_huge_password_is_refused_before_any_hash_or_read(
    world: World, monkeypatch: pytest.MonkeyPatch, size: int, status: int
) -> None:
    monkeypatch.setattr(passwords, "verify", None)  # calling it would be a 500
    with seam.seam() as seen:
        assert sign_in(world, world.acme.member.email, "x" * size).status == status
    assert seen.calls == []


@pytest.mark.parametrize(
    "email", [["a@x.example"], {"$ne": 1}, "a@x.example,b@x.example", "a@x.example\nb@x.example", None, 1]
)
def test_case_015_an_address_that_is_not_one_is_refused(world: World, email: object) -> None:
    with seam.seam() as seen:
        refused = sign_in(world, email, "some password")
    assert (refused.status, refused.pointers, seen.calls) == (400, ["/email"], [])


def test_case_016_only_the_ascii_case_of_an_address_is_ignored(world: World) -> None:
    person = world.acme.member
    assert sign_in(world, person.email.upper(), person.password).status == 201
    for other in (person.email.replace("m", "\N{FULLWIDTH LATIN SMALL LETTER M}"), person.email + "."):
        assert sign_in(world, other, person.password).status in {400, 401}


def test_case_082_the_cap_of_sessions_ends_the_oldest(world: World) -> None:
    person = world.acme.member
    cap = 3
    world.rewrite(world.team(), settings=world.team().settings.__class__(sessions_max=cap))
    opened = []
    for _ in range(cap + 2):
        opened.append(sign_in(world, person.email, person.password).json["token"])
        world.advance(1)
    assert len(world.member(person.id).sessions) == cap
    works = [world.call("GET", "/v1/me", token=token).status for token in opened]
    assert works == [401, 401, 200, 200, 200]


def test_case_046_no_password_or_session_rests_in_the_table(world: World) -> None:
    with_password(world, EIGHTY)
    token = sign_in(world, NORA, EIGHTY).json["token"]
    stored = json.dumps(world.items(), default=str)
    assert token not in stored
    assert token[-49:-6] not in stored
    assert EIGHTY not in stored
    of_team = {item["SK"]["S"].partition("#")[0] for item in world.items(keys.team(world.acme.id).pk)}
    assert of_team == {"TEAM", "OWNERS", "SVC"}
