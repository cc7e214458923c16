"""POST /v1/teams/{slug}/sessions and GET /v1/teams/{slug}/sign-in-options."""

from rollcall.actions import sign_in
from rollcall.actions.sign_in import Credentials, SignedIn
from rollcall.http import answers
from rollcall.http.bodies import Nothing
from rollcall.http.endpoint import Request, by_route, endpoint


@endpoint(body=Credentials, answer=answers.signed_in)
def _sign_in(request: Request[Credentials]) -> SignedIn:
    """Open a session by e-mail address and password."""
    return sign_in.sign_in(request.call, request.asked.http.path["slug"], request.body)


@endpoint(answer=answers.plain)
def _options(request: Request[Nothing]) -> dict[str, object]:
    """Tell how people sign in to the team."""
    return sign_in.options(request.asked.http.path["slug"])


handler = by_route({"POST /v1/teams/{slug}/sessions": _sign_in, "GET /v1/teams/{slug}/sign-in-options": _options})
