"""POST /v1/product-tokens, GET /.well-known/jwks.json."""

from rollcall.actions.product_tokens import NewProductToken, ProductToken, issue_product_token
from rollcall.auth import keyring, signing
from rollcall.domain.permissions import Permission
from rollcall.http import product_answers
from rollcall.http.bodies import Nothing
from rollcall.http.endpoint import Request, by_route, endpoint


@endpoint(permission=Permission.ISSUE_PRODUCT_TOKEN, body=NewProductToken, answer=product_answers.product_token)
def _issue(request: Request[NewProductToken]) -> ProductToken:
    """Exchange a session or token for a short-lived signed token for one product."""
    return issue_product_token(request.call, request.body, product_answers.issuer(), keyring.signing_keys())


@endpoint(answer=product_answers.keys)
def _keys(request: Request[Nothing]) -> dict[str, object]:
    """Publish the keys by which products check signed tokens."""
    return signing.key_set(keyring.signing_keys())


handler = by_route({"POST /v1/product-tokens": _issue, "GET /.well-known/jwks.json": _keys})
