"""A session or token exchanged for a short-lived signed one that a product can check by itself (C7)."""

from collections.abc import Sequence
from dataclasses import dataclass

from rollcall.actions.call import Call
from rollcall.auth import signing
from rollcall.domain.errors import NoProductAccess
from rollcall.domain.standing import standing
from rollcall.domain.text import ProductKey


@dataclass(frozen=True, slots=True)
class NewProductToken:
    """A product token to be."""

    product: ProductKey


@dataclass(frozen=True, slots=True)
class ProductToken:
    """A signed token for one product; it is kept nowhere."""

    text: str
    product: str
    expires_in: int


def issue_product_token(call: Call, wanted: NewProductToken, issuer: str, secrets: Sequence[bytes]) -> ProductToken:
    """Return a token for the product, good for `expires_in` seconds. Raises NoProductAccess."""
    found = standing(call.known.member, call.team, wanted.product, call.actor.credential_id)
    if found is None:
        raise NoProductAccess
    claims = found.claims(issuer, call.random_bytes(16).hex(), call.now)
    return ProductToken(signing.signed(claims, secrets), wanted.product, found.lifetime(call.now))
