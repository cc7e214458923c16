"""POST /v1/token-leaks: a signed report of credentials found in the open (GitHub's secret scanning, or your own)."""

from rollcall.actions.leaks import revoke_leaked
from rollcall.http import answers, leak_reports
from rollcall.http.bodies import Nothing
from rollcall.http.endpoint import Request, endpoint


@endpoint(answer=answers.leaked, any_body=True)
def handler(request: Request[Nothing]) -> int:
    """Revoke the credentials of a signed report, and tell their holders."""
    return revoke_leaked(request.call, leak_reports.reported(request.asked.http))
