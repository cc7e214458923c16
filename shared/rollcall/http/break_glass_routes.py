"""Signing in by a break-glass code (C5), by the API and on the page at `/t/{slug}/break-glass`."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from rollcall.actions.sign_in import SignedIn
from rollcall.actions.sign_in_by_code import GlassCode, sign_in_by_code
from rollcall.auth import secrets
from rollcall.domain.errors import Forbidden, Invalid, TooManyRequests, Unauthenticated
from rollcall.domain.teams import Team
from rollcall.domain.text import FormText
from rollcall.http import answers, sign_in_pages
from rollcall.http.bodies import fill
from rollcall.http.endpoint import Endpoint, Request, endpoint
from rollcall.http.pages import page_reply
from rollcall.http.reply import Reply
from rollcall.http.request import sessions_of
from rollcall.http.sign_in_pages import NO_TEXT, Filled, address, form, refuse_other_sites, team_of

PAGE = "break_glass"


@dataclass(frozen=True, slots=True)
class GlassForm:
    """What the page for break-glass codes posts; read loosely, as the sign-in page's."""

    email: FormText = NO_TEXT
    code: FormText = NO_TEXT


@endpoint(body=GlassCode, answer=answers.signed_in)
def _sign_in(request: Request[GlassCode]) -> SignedIn:
    """Open a session by e-mail address and an owner's break-glass code, which is spent."""
    return sign_in_by_code(request.call, request.asked.http.path["slug"], request.body)


def _asking(request: Request[Any], team: Team) -> Reply:
    """Return the page that asks for address and code."""
    return page_reply(200, form(Filled(PAGE, team, address(request.asked.http))))


_page = partial(endpoint, failure=sign_in_pages.failure)


@_page(answer=_asking)
def _show(request: Request[Any]) -> Team:
    """Look at the page for break-glass codes."""
    return team_of(request.asked.http)


@_page(body=GlassForm, form=True, answer=sign_in_pages.entered)
def _enter(request: Request[GlassForm]) -> SignedIn:
    """Sign in by a break-glass code on the page: always a new session, and the one that the browser had ends."""
    http, given = request.asked.http, request.body
    refuse_other_sites(http)
    team = team_of(http)
    try:
        code = fill(GlassCode, {"email": given.email, "code": given.code})
        return sign_in_by_code(request.call, team.slug, code, secrets.parse(next(iter(sessions_of(http)), None)))
    except (Invalid, Unauthenticated, TooManyRequests, Forbidden) as refused:
        refused.about = Filled(PAGE, team, given.email)
        raise


ROUTES: Mapping[str, Endpoint] = {
    "POST /v1/teams/{slug}/break-glass-sessions": _sign_in,
    "GET /t/{slug}/break-glass": _show,
    "HEAD /t/{slug}/break-glass": _show,
    "POST /t/{slug}/break-glass": _enter,
}
