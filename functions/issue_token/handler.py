"""POST /v1/tokens and /v1/tokens/{id}/rotate."""

from rollcall.actions.tokens import NewToken, Rotation, issue_token, rotate_token
from rollcall.domain.permissions import Permission
from rollcall.domain.tokens import Token
from rollcall.http import answers, targets
from rollcall.http.endpoint import Request, by_route, endpoint


@endpoint(permission=Permission.ISSUE_OWN_TOKEN, body=NewToken, answer=answers.issued_token)
def _issue(request: Request[NewToken]) -> tuple[str, Token]:
    """Make a personal access token; its secret is shown this once."""
    return issue_token(request.call, request.body)


@endpoint(permission=Permission.ISSUE_OWN_TOKEN, body=Rotation, reads=targets.own_token, answer=answers.issued_token)
def _rotate(request: Request[Rotation]) -> tuple[str, Token]:
    """Make a token in the place of an own one, which works on for a while."""
    return rotate_token(request.call, request.asked.path_id("id", "pat"), request.body)


handler = by_route({"POST /v1/tokens": _issue, "POST /v1/tokens/{id}/rotate": _rotate})
