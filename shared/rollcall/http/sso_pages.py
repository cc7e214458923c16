"""The two ends of a sign-in through an identity provider: where the browser leaves, and where it comes back."""

import os
from typing import Any

from rollcall.actions import sso
from rollcall.actions.sign_in import SignedIn
from rollcall.actions.sso import Begun, Return
from rollcall.actions.sso_journey import ATTEMPT_LIFE
from rollcall.domain.errors import Gone, RollcallError
from rollcall.http import answers, link_pages
from rollcall.http.endpoint import Request
from rollcall.http.errors import headers_of, status_of
from rollcall.http.pages import page_reply, render_page, sign_in_url
from rollcall.http.reply import Reply
from rollcall.http.request import HttpRequest, sessions_of

COOKIE = "__Host-rollcall-sso"
_SECONDS = int(ATTEMPT_LIFE.total_seconds())


def begin(request: Request[Any]) -> Begun:
    """Leave for the identity provider."""
    http = request.asked.http
    invitation, link = http.parameter("invitation"), http.parameter("link")
    return sso.begin(request.call, request.asked.path_id("connection", "idp"), invitation, link, _base_url())


def begun(_: Request[Any], value: Begun) -> Reply:
    """Return 302 to the identity provider, with the cookie that only this browser comes back with."""
    return Reply(302, headers={"location": value.url}, cookies=(_cookie(value.kept, _SECONDS),), secret=True)


def complete(request: Request[Any]) -> SignedIn:
    """Come back from the identity provider."""
    http = request.asked.http
    at = request.asked.path_id("connection", "idp")
    came = Return(at, *(http.parameter(name) for name in ("state", "code", "error", "iss")))
    kept, brought = _kept(http), next(iter(sessions_of(http)), None)
    return sso.complete(request.call, came, kept, brought, _base_url())


def completed(request: Request[Any], value: SignedIn) -> Reply:
    """Return 302 with the session as a cookie, to the team's page."""
    seconds = int((value.session.expires_at - request.call.now).total_seconds())
    cookies = (_cookie("", 0), answers.cookie(value.text, seconds)["set-cookie"])
    return Reply(302, headers={"location": sign_in_url(value.team.slug)}, cookies=cookies, secret=True)


def failure(error: RollcallError, http: HttpRequest) -> Reply:
    """Return the page for what went wrong, with the error's own status: one sentence, the request's id, a way back."""
    if isinstance(error, Gone):
        return link_pages.failure(error, http)
    back = sign_in_url(error.about) if isinstance(error.about, str) else None
    told = {"sentence": error.detail, "code": error.code, "request_id": http.request_id, "sign_in_url": back}
    return page_reply(status_of(error)[0], render_page("sso_failed", **told), headers_of(error))


def _base_url() -> str:
    return os.environ["PUBLIC_BASE_URL"]


def _kept(http: HttpRequest) -> str | None:
    """Return what the browser kept; two cookies of the name are none."""
    named = [value for name, _, value in (cookie.partition("=") for cookie in http.cookies) if name == COOKIE]
    return named[0] if len(named) == 1 else None


def _cookie(text: str, seconds: int) -> str:
    return f"{COOKIE}={text}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age={seconds}"
