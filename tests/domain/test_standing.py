"""What a product is told of a member: the answer of an introspection, and the claims of a signed token (C7)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from rollcall.domain import ids
from rollcall.domain.permissions import Role
from rollcall.domain.standing import Standing, standing
from tests.values import DAY, MILLISECOND, NOW, a_member, a_pat, a_session, a_team, only

ISSUER = "https://rollcall.example"
TEAM = a_team()
KEY, SESSION = a_session()
PAT = a_pat()[1]
MEMBER = a_member(TEAM, sessions={KEY: SESSION}, pats={"k": PAT}, products=only("trustgate", "trustvault"))
SECONDS = int(NOW.timestamp())


def known(credential_id: str = SESSION.id, product: str = "trustgate") -> Standing:
    found = standing(MEMBER, TEAM, product, credential_id)
    assert found
    return found


def test_a_credential_is_found_by_its_id_whatever_its_kind() -> None:
    assert known(SESSION.id).credential == SESSION
    assert known(PAT.id).credential == PAT


@pytest.mark.parametrize("product", ["trusttest", "trustlens", "", "TRUSTGATE"])
def test_there_is_no_standing_with_a_product_that_may_not_be_opened(product: str) -> None:
    assert standing(MEMBER, TEAM, product, SESSION.id) is None


def test_there_is_no_standing_with_what_the_team_has_no_more() -> None:
    less = replace(TEAM, products={"trustvault": "TrustVault"})
    assert standing(MEMBER, less, "trustgate", SESSION.id) is None
    found = standing(MEMBER, less, "trustvault", SESSION.id)
    assert found
    assert found.introspection(ISSUER)["products"] == {"only": ["trustvault"]}


@pytest.mark.parametrize("credential_id", [None, "", "ses_" + "0" * 26])
def test_there_is_no_standing_without_a_credential_that_is_held(credential_id: str | None) -> None:
    assert standing(MEMBER, TEAM, "trustgate", credential_id) is None


def test_an_introspection_tells_the_members_of_the_rfc_and_the_teams_own() -> None:
    """RFC 7662, section 2.2: `exp` and `iat` in seconds since 1970."""
    assert known().introspection(ISSUER) == {
        "active": True,
        "iss": ISSUER,
        "sub": MEMBER.id,
        "aud": "trustgate",
        "client_id": SESSION.id,
        "token_type": "session",
        "username": MEMBER.email,
        "iat": SECONDS,
        "exp": SECONDS + 24 * 3600,
        "team": {"id": TEAM.id, "slug": TEAM.slug},
        "role": "member",
        "email": MEMBER.email,
        "email_verified": False,
        "name": MEMBER.name,
        "products": {"only": ["trustgate", "trustvault"]},
    }


def test_a_token_without_an_end_is_told_without_one() -> None:
    told = known(PAT.id).introspection(ISSUER)
    assert (told["token_type"], "exp" in told) == ("pat", False)
    assert told["iat"] == int(ids.made_at(PAT.id).timestamp())


def test_a_session_ends_at_whichever_of_its_limits_comes_first() -> None:
    early = replace(SESSION, idle_at=NOW + timedelta(hours=1))
    assert (early.ends_at, replace(early, idle_at=NOW + 2 * DAY).ends_at) == (NOW + timedelta(hours=1), NOW + DAY)
    assert (early.live(early.ends_at - MILLISECOND), early.live(early.ends_at)) == (True, False)


def test_the_claims_of_a_signed_token_are_those_of_rfc_9068_and_the_teams_own() -> None:
    assert known(PAT.id).claims(ISSUER, "one", NOW) == {
        "iss": ISSUER,
        "sub": MEMBER.id,
        "aud": "trustgate",
        "iat": SECONDS,
        "nbf": SECONDS,
        "exp": SECONDS + 300,
        "jti": "one",
        "cred": PAT.id,
        "team": {"id": TEAM.id, "slug": TEAM.slug},
        "role": "member",
        "email": MEMBER.email,
        "email_verified": False,
        "name": MEMBER.name,
    }


def test_the_role_is_that_of_the_moment() -> None:
    promoted = replace(MEMBER, role=Role.ADMIN)
    found = standing(promoted, TEAM, "trustgate", SESSION.id)
    assert found
    assert found.claims(ISSUER, "one", NOW)["role"] == "admin"


@pytest.mark.parametrize(
    ("left", "seconds"),
    [
        (timedelta(minutes=5) + MILLISECOND, 300),
        (timedelta(minutes=5), 300),
        (timedelta(minutes=5) - MILLISECOND, 299),
        (timedelta(seconds=7), 7),
        (MILLISECOND, 0),
    ],
)
def test_a_signed_token_never_outlives_its_credential(left: timedelta, seconds: int) -> None:
    dying = replace(SESSION, expires_at=NOW + left)
    found = replace(known(), credential=dying)
    claims = found.claims(ISSUER, "one", NOW)
    assert found.lifetime(NOW) == seconds
    assert claims["exp"] == SECONDS + seconds <= dying.expires_at.timestamp()
