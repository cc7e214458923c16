"""Whoever asks for a mailed link: POST /v1/teams/{slug}/password-resets, /v1/members/{id}/password-reset, /v1/teams."""

from rollcall.actions import reset_password, sign_up
from rollcall.actions.reset_password import ForgottenPassword
from rollcall.actions.sign_up import SignUpOrder
from rollcall.domain.permissions import Permission
from rollcall.http import answers, gates, targets
from rollcall.http.bodies import Nothing
from rollcall.http.endpoint import Request, by_route, endpoint


@endpoint(body=ForgottenPassword, answer=answers.accepted)
def _ask(request: Request[ForgottenPassword]) -> None:
    """Ask for a link that sets a new password; the answer tells nothing."""
    reset_password.ask(request.call, request.asked.http.path["slug"], request.body)


@endpoint(permission=Permission.RESET_PASSWORD, reads=targets.member, answer=answers.accepted)
def _start(request: Request[Nothing]) -> None:
    """Mail a member a link that sets a password; whoever asks never sees it."""
    reset_password.start_reset(request.call, request.asked.path_id("id", "mem"))


@endpoint(body=SignUpOrder, reads=lambda asked: sign_up.reads(asked.body), answer=answers.accepted, gate=gates.sign_up)
def _sign_up(request: Request[SignUpOrder]) -> None:
    """Sign up for a team; a link that founds it is mailed to its owner."""
    sign_up.sign_up(request.call, request.body)


_resets = {"POST /v1/teams/{slug}/password-resets": _ask, "POST /v1/members/{id}/password-reset": _start}
handler = by_route({**_resets, "POST /v1/teams": _sign_up})
