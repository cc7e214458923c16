"""GET /healthz, GET /v1/openapi.json, and $default: what no route matches is 404, or 405 with Allow."""

from rollcall.http import answers
from rollcall.http.bodies import Nothing
from rollcall.http.description import described, no_route, unrouted
from rollcall.http.endpoint import Request, by_route, endpoint


@endpoint(answer=answers.plain)
def _health(request: Request[Nothing]) -> dict[str, str]:
    """Say that the service answers; reads nothing."""
    return {"status": "ok"}


@endpoint(answer=answers.plain)
def _description(request: Request[Nothing]) -> dict[str, object]:
    """Return the description of this API."""
    return described()


@endpoint(answer=answers.plain, any_body=True, failure=unrouted)
def _default(request: Request[Nothing]) -> None:
    """Refuse what no route matches."""
    no_route(request.asked.http)


handler = by_route({"GET /healthz": _health, "GET /v1/openapi.json": _description, "$default": _default})
