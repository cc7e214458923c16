"""POST /v1/teams: sign up for a team, where the deployment allows it."""

import os

from rollcall.actions import sign_up
from rollcall.actions.sign_up import SignUpOrder
from rollcall.domain.errors import SignUpOff
from rollcall.http import answers
from rollcall.http.endpoint import Request, endpoint


def _open() -> None:
    """Refuse where teams are only made by the operator."""
    if os.environ.get("SIGN_UP") != "on":
        raise SignUpOff


@endpoint(body=SignUpOrder, reads=lambda asked: sign_up.reads(asked.body), answer=answers.accepted, gate=_open)
def handler(request: Request[SignUpOrder]) -> None:
    """Sign up for a team; a link that founds it is mailed to its owner."""
    sign_up.sign_up(request.call, request.body)
