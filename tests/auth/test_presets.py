"""What Google, Entra, Okta, Keycloak and others do each in their own way."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollcall.auth import presets
from rollcall.domain.errors import Invalid

TENANT = "11111111-2222-3333-4444-555555555555"
ENTRA = f"https://login.microsoftonline.com/{TENANT}/v2.0"
CONSUMERS = "https://login.microsoftonline.com/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0"
GOOGLE = "https://accounts.google.com"
OKTA = "https://example.okta.com"
AMY = "amy@example.com"
LOCAL = "http://127.0.0.1:8701"


# ---------------------------------------------------------------- issuers


@pytest.mark.parametrize(
    ("provider", "issuer"),
    [
        ("google", GOOGLE),
        ("entra", ENTRA),
        ("okta", OKTA),
        ("okta", f"{OKTA}/oauth2/default"),
        ("keycloak", "https://id.example.com:8443/realms/a"),
        ("oidc", "https://example.eu.auth0.com/"),
    ],
)
def test_each_providers_issuer_may_be_configured(provider: str, issuer: str) -> None:
    presets.check_issuer(provider, issuer)


@pytest.mark.parametrize(
    ("provider", "issuer"),
    [
        ("google", f"{GOOGLE}/"),
        ("google", "https://accounts.google.com.evil.example"),
        ("google", OKTA),
        *(
            ("entra", f"https://login.microsoftonline.com/{tenant}/v2.0")
            for tenant in ("common", "organizations", "consumers", "example.com", TENANT.replace("1", "A"), "", "../x")
        ),
        ("entra", CONSUMERS),
        ("entra", f"{ENTRA}/"),
        ("entra", ENTRA.removesuffix("/v2.0")),
        ("entra", ENTRA.replace("login.microsoftonline.com", "evil.example")),
        ("entra", f"https://sts.windows.net/{TENANT}/"),
        ("okta", f"{OKTA}?a=b"),
        ("okta", f"{OKTA}?"),
        ("okta", f"{OKTA}#a"),
        ("okta", f"https://a:b@{OKTA[8:]}"),
        ("keycloak", "http://id.example.com/realms/a"),
        ("keycloak", "https://[::1]/realms/a"),
        ("oidc", "https://2130706433/"),
        ("oidc", "http://169.254.169.254/"),
        ("oidc", "http://127.0.0.1:9001/2018-06-01/runtime/invocation/next"),
        ("oidc", "file:///etc/passwd"),
        ("oidc", "https://example.com/" + "a" * 512),
        ("oidc", LOCAL),
        ("oidc", ""),
    ],
)
def test_case_039_any_other_issuer_is_refused_where_it_is_saved(provider: str, issuer: str) -> None:
    with pytest.raises(Invalid) as told:
        presets.check_issuer(provider, issuer)
    assert [flaw.pointer for flaw in told.value.flaws] == ["/issuer"]


def test_a_toy_of_the_local_stack_may_stand_for_any_provider(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSO_LOCAL_ISSUERS", LOCAL)
    for provider, issuer in (("google", LOCAL), ("entra", f"{LOCAL}/{TENANT}/v2.0"), ("oidc", f"{LOCAL}/a")):
        presets.check_issuer(provider, issuer)
    with pytest.raises(Invalid):
        presets.check_issuer("entra", f"{LOCAL}/common/v2.0")


# ---------------------------------------------------------------- addresses


@pytest.mark.parametrize("value", ["true", "false", False, 1, 0, None, "", [True], {"a": True}])
@pytest.mark.parametrize(("provider", "issuer"), [("google", GOOGLE), ("okta", OKTA), ("oidc", OKTA), ("entra", ENTRA)])
def test_case_033_only_the_boolean_says_that_an_address_is_verified(provider: str, issuer: str, value: object) -> None:
    told = {"email": AMY, "email_verified": value}
    assert presets.email_of(provider, issuer, told) == (AMY, False)
    assert presets.email_of(provider, issuer, {**told, "email_verified": True}) == (AMY, True)


@pytest.mark.parametrize("provider", ["google", "okta", "keycloak", "oidc"])
def test_case_033_an_address_that_nobody_vouches_for_is_not_verified(provider: str) -> None:
    assert presets.email_of(provider, OKTA, {"email": AMY}) == (AMY, False)
    assert presets.email_of(provider, ENTRA, {"email": AMY, "xms_edov": True}) == (AMY, False)


@pytest.mark.parametrize(
    ("said", "verified"),
    [
        *[(True, True), (1, True), ("1", True), ("true", True), (False, False), (0, False), ("0", False)],
        *[("True", False), (1.0, False), (None, False), ([], False)],
    ],
)
def test_entra_vouches_by_a_claim_of_its_own(said: object, verified: bool) -> None:
    for issuer in (ENTRA, CONSUMERS):
        assert presets.email_of("entra", issuer, {"email": AMY, "xms_edov": said}) == (AMY, verified)


def test_case_033_what_entra_denies_by_either_claim_is_denied() -> None:
    assert presets.email_of("entra", ENTRA, {"email": AMY, "email_verified": False, "xms_edov": True}) == (AMY, False)


def test_the_admins_of_one_tenant_stand_for_its_addresses_but_nobody_for_everybodys() -> None:
    assert presets.email_of("entra", ENTRA, {"email": AMY}) == (AMY, True)
    assert presets.email_of("entra", CONSUMERS, {"email": AMY}) == (AMY, False)
    assert presets.email_of("entra", ENTRA.replace(TENANT, "common"), {"email": AMY}) == (AMY, False)


@pytest.mark.parametrize("email", [None, "", 7, [AMY], {"a": AMY}, "a" * 255])
def test_an_address_that_is_no_short_text_is_none(email: object) -> None:
    assert presets.email_of("entra", ENTRA, {"email": email, "email_verified": True}) == (None, False)


# ---------------------------------------------------------------- groups


@pytest.mark.parametrize(
    ("claims", "path", "groups"),
    [
        ({"groups": ["a", "b"]}, "groups", ["a", "b"]),
        ({"groups": []}, "groups", []),
        ({}, "groups", []),
        ({"groups": None}, "groups", []),
        ({"groups": ["a"]}, "groups.a", []),
        ({"groups": "a"}, "groups", ["a"]),
        ({"realm_access": {"roles": ["a"]}}, "realm_access.roles", ["a"]),
        ({"https://example.com/groups": ["a"]}, "https://example.com/groups", ["a"]),
        ({"groups": ["a", 7, None, ["b"], "", "c" * 257]}, "groups", ["a"]),
        ({"groups": ["a"], "_claim_names": {"other": "src1"}, "hasgroups": False}, "groups", ["a"]),
    ],
)
def test_groups_stand_at_a_dotted_path(claims: dict[str, Any], path: str, groups: list[str]) -> None:
    assert presets.groups_of(claims, path) == groups


@pytest.mark.parametrize(
    ("claims", "path"),
    [
        ({"groups": {"a": 1}}, "groups"),
        ({"groups": ["a"]}, ""),
        ({"groups": ["a"] * 2001}, "groups"),
        ({"_claim_names": {"groups": "src1"}, "groups": ["a"]}, "groups"),
        ({"_claim_names": {"realm_access": "src1"}}, "realm_access.roles"),
        ({"hasgroups": True, "groups": ["a"]}, "groups"),
        ({"hasgroups": "true"}, "groups"),
    ],
)
def test_groups_that_are_too_many_or_no_list_are_not_no_groups(claims: dict[str, Any], path: str) -> None:
    assert presets.groups_of(claims, path) is None


def test_a_person_of_scim_is_found_by_the_text_at_a_path() -> None:
    assert presets.text_of({"oid": "7"}, "oid") == "7"
    assert presets.text_of({"a": {"b": "7"}}, "a.b") == "7"
    assert [presets.text_of(claims, "oid") for claims in ({}, {"oid": 7}, {"oid": ""}, {"oid": ["7"]})] == [None] * 4
    assert presets.text_of({"": "7"}, "") is None


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["a", "groups", "email"]), inner),
    max_leaves=6,
)
NAMES = st.sampled_from(["email", "email_verified", "xms_edov", "groups", "a", "_claim_names", "hasgroups"])


@given(st.dictionaries(NAMES, JUNK), st.sampled_from(["groups", "a.b", "a.groups.email", ".", ""]))
def test_whatever_is_claimed_is_read(claims: dict[str, Any], path: str) -> None:
    email, verified = presets.email_of("entra", ENTRA, claims)
    assert email is not None or not verified
    assert all(isinstance(group, str) for group in presets.groups_of(claims, path) or [])


@pytest.mark.parametrize(
    ("provider", "offered", "groups"),
    [
        *(("okta", ("openid", "groups"), True), ("oidc", ("groups",), True)),
        *(("okta", ("openid",), False), ("oidc", (), False), ("oidc", ("Groups", 7), False)),
        *((other, ("openid", "groups"), False) for other in ("google", "entra", "keycloak")),
    ],
)
def test_groups_are_asked_for_where_a_scope_is_offered_that_may_be_asked_for(
    provider: str, offered: tuple[object, ...], groups: bool
) -> None:
    scopes = presets.scope_of(provider, offered).split()
    assert scopes == ["openid", "email", "profile", *(["groups"] if groups else [])]
