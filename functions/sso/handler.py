"""Signing in through an identity provider: GET /sso/{connection}/start, and where it ends (see actions/ways_in)."""

from functools import partial

from rollcall.http import sso_pages
from rollcall.http.endpoint import by_route, endpoint

_page = partial(endpoint, failure=sso_pages.failure)
_complete = _page(answer=sso_pages.completed)(sso_pages.complete)
handler = by_route(
    {
        "GET /sso/{connection}/start": _page(answer=sso_pages.begun)(sso_pages.begin),
        "GET /sso/callback": _complete,
        "GET /sso/callback/{connection}": _complete,
    }
)
