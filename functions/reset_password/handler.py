"""POST /v1/teams/{slug}/password-resets and POST /v1/members/{id}/password-reset."""

from rollcall.actions import reset_password
from rollcall.actions.reset_password import ForgottenPassword
from rollcall.domain.permissions import Permission
from rollcall.http import answers, targets
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


handler = by_route(
    {"POST /v1/teams/{slug}/password-resets": _ask, "POST /v1/members/{id}/password-reset": _start},
)
