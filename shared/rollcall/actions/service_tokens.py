"""Service tokens of the team's products: issue, list, revoke."""

from dataclasses import dataclass

from rollcall.actions.call import Call
from rollcall.auth import secrets
from rollcall.domain import service_tokens
from rollcall.domain.errors import NotFound
from rollcall.domain.service_tokens import ServiceToken
from rollcall.domain.text import TokenName
from rollcall.domain.tokens import LAST
from rollcall.storage.reads import service_tokens_of


@dataclass(frozen=True, slots=True)
class NewServiceToken:
    """A service token to be."""

    name: TokenName


def issue_service_token(call: Call, product: str, wanted: NewServiceToken) -> tuple[str, ServiceToken]:
    """Return the token's text, shown this once, and what is kept of it. Raises TokenLimit."""
    team = call.team
    if product not in team.products:
        raise NotFound
    token_id = call.new_id("svc")
    text = secrets.compose("svc", team.id, token_id, call.random_bytes(32))
    token = ServiceToken(token_id, team.id, product, wanted.name, text[-LAST:], secrets.digest(text))
    call.commit(service_tokens.issue(token, call.actor), (text, token))
    return text, token


def list_service_tokens(call: Call, product: str) -> list[ServiceToken]:
    """Return a product's service tokens."""
    if product not in call.team.products:
        raise NotFound
    return service_tokens_of(call.team.id, product)


def revoke_service_token(call: Call, product: str, token_id: str | None) -> None:
    """Revoke one at once."""
    token = call.found.service_token(call.team.id, token_id) if token_id else None
    if token is None or token.product != product:
        raise NotFound
    call.commit(service_tokens.revoke(token, call.actor))
