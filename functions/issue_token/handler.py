"""POST /v1/tokens."""

from rollcall.actions.tokens import NewToken, issue_token
from rollcall.domain.permissions import Permission
from rollcall.domain.tokens import Token
from rollcall.http import answers
from rollcall.http.endpoint import Request, endpoint


@endpoint(permission=Permission.ISSUE_OWN_TOKEN, body=NewToken, answer=answers.issued_token)
def handler(request: Request[NewToken]) -> tuple[str, Token]:
    """Make a personal access token; its secret is shown this once."""
    return issue_token(request.call, request.body)
