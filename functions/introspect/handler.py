"""POST /v1/introspect."""

from rollcall.actions.introspect import Introspection, introspect
from rollcall.domain.permissions import Permission
from rollcall.domain.standing import Standing
from rollcall.http import product_answers, targets
from rollcall.http.endpoint import Request, endpoint


@endpoint(
    permission=Permission.INTROSPECT,
    body=Introspection,
    form="either",
    reads=targets.inspected,
    answer=product_answers.introspection,
)
def handler(request: Request[Introspection]) -> Standing | None:
    """Tell a product whose a credential is, and whether they may open it now."""
    return introspect(request.call, request.body)
