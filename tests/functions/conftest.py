"""What tests of signing in through an identity provider share: the toy provider, and Acme connected to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from infra.local.toys.idp_requests import PUBLIC_CLIENT_ID
from tests.sso_kit import connected, prove_domain
from tests.toy_idp import serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from infra.local.toys.idp import ToyIdp
    from rollcall.domain.sso_connections import SsoConnection
    from tests.kit import World


@pytest.fixture(scope="session")
def idp() -> Iterator[ToyIdp]:
    with serving() as one:
        yield one


@pytest.fixture
def connection(world: World, idp: ToyIdp, monkeypatch: pytest.MonkeyPatch) -> SsoConnection:
    """Connect Acme to the toy provider; its domain is proven, nobody joins just in time."""
    monkeypatch.setenv("SSO_LOCAL_ISSUERS", idp.issuer)
    idp.down = False
    prove_domain(world, "acme.example.com")
    return connected(world, issuer=idp.issuer, client_id=PUBLIC_CLIENT_ID, worked=False)
