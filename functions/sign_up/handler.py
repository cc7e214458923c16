"""POST /v1/teams: sign up for a team, where the deployment allows it."""

from rollcall.actions import sign_up
from rollcall.actions.sign_up import SignUpOrder
from rollcall.http import answers, gates
from rollcall.http.endpoint import Request, endpoint


@endpoint(body=SignUpOrder, reads=lambda asked: sign_up.reads(asked.body), answer=answers.accepted, gate=gates.sign_up)
def handler(request: Request[SignUpOrder]) -> None:
    """Sign up for a team; a link that founds it is mailed to its owner."""
    sign_up.sign_up(request.call, request.body)
