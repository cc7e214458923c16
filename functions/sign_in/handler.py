"""Signing in: POST /v1/teams/{slug}/sessions, GET …/sign-in-options, pages below /t/{slug}, break-glass codes."""

from functools import partial

from rollcall.actions import sign_in
from rollcall.actions.sign_in import Credentials, Options, SignedIn
from rollcall.http import answers, break_glass_routes, sign_in_pages
from rollcall.http.bodies import Nothing
from rollcall.http.endpoint import Request, by_route, endpoint


@endpoint(body=Credentials, answer=answers.signed_in)
def _sign_in(request: Request[Credentials]) -> SignedIn:
    """Open a session by e-mail address and password."""
    return sign_in.sign_in(request.call, request.asked.http.path["slug"], request.body)


@endpoint(answer=answers.sign_in_options)
def _options(request: Request[Nothing]) -> Options:
    """Tell how people sign in to the team."""
    return sign_in.options(request.asked.http.path["slug"])


_page = partial(endpoint, failure=sign_in_pages.failure)
_posted = partial(_page, form=True)
_show = _page(answer=sign_in_pages.sign_in_page, tolerant=True)(sign_in_pages.show)
_forgot = _page(answer=sign_in_pages.forgot_page)(sign_in_pages.show)
handler = by_route(
    {
        **break_glass_routes.ROUTES,
        "POST /v1/teams/{slug}/sessions": _sign_in,
        "GET /v1/teams/{slug}/sign-in-options": _options,
        "POST /t/{slug}": _posted(body=sign_in_pages.SignInForm, answer=sign_in_pages.entered)(sign_in_pages.enter),
        "POST /t/{slug}/forgot": _posted(body=sign_in_pages.ForgotForm, answer=sign_in_pages.asked)(sign_in_pages.ask),
        "POST /t/{slug}/sign-out": _posted(answer=sign_in_pages.left, tolerant=True)(sign_in_pages.leave),
        **{f"{verb} /t/{{slug}}": _show for verb in ("GET", "HEAD")},
        **{f"{verb} /t/{{slug}}/forgot": _forgot for verb in ("GET", "HEAD")},
    }
)
