"""The pages of signing in at `/t/{slug}`: form, providers, the cookie they give; signing out, asking for a reset."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from rollcall.actions import reset_password, sessions, sign_in
from rollcall.actions.reset_password import ForgottenPassword
from rollcall.actions.sign_in import NO_TEAM, Credentials, Options, SignedIn
from rollcall.actions.ways_in import WayIn, ways_in
from rollcall.auth import secrets
from rollcall.domain.errors import Invalid, NotFound, RollcallError, TooManyRequests, Unauthenticated
from rollcall.domain.sso_connections import SsoConnection, usable
from rollcall.domain.teams import Team
from rollcall.domain.text import FormText
from rollcall.http import answers
from rollcall.http.bodies import fill
from rollcall.http.endpoint import Request
from rollcall.http.errors import CrossSite, headers_of, status_of
from rollcall.http.pages import page_reply, render_page, sign_in_url
from rollcall.http.readers import SLUG
from rollcall.http.reply import Reply
from rollcall.http.request import HttpRequest, from_elsewhere, same_origin, sessions_of
from rollcall.mail.address import canonical
from rollcall.mail.words import wait
from rollcall.storage.sso_connections import sso_connections_of

NO_TEXT = FormText("")


@dataclass(frozen=True, slots=True)
class SignInForm:
    """What the sign-in page posts; read loosely, so that the page can say what is wrong next to the field."""

    email: FormText = NO_TEXT
    password: FormText = NO_TEXT


@dataclass(frozen=True, slots=True)
class ForgotForm:
    """What the page for a forgotten password posts."""

    email: FormText = NO_TEXT


@dataclass(frozen=True, slots=True)
class Filled:
    """A page whose form is shown again, with what was typed; never the password."""

    page: str
    team: Team
    email: str
    ways: Sequence[WayIn] = ()


def show(request: Request[Any]) -> Options:
    """Look at how people sign in to the team."""
    return sign_in.options(_slug(request.asked.http))


def sign_in_page(request: Request[Any], options: Options) -> Reply:
    """Return the form and the providers or, to whoever is signed in to this team, the way to sign out."""
    caller, http, team = request.call.caller, request.asked.http, options.team
    if caller is not None and caller.team.id == team.id:
        out = f"/t/{team.slug}/sign-out"
        return page_reply(200, render_page("signed_in", team=team.name, email=caller.member.email, sign_out_url=out))
    filled = Filled("sign_in", team, address(http), _ways(options.connections))
    return page_reply(200, form(filled, shown=http.parameter("show") == "1"))


def enter(request: Request[SignInForm]) -> SignedIn:
    """Sign in by the form: always a new session, and the one that the browser had ends."""
    http, typed = request.asked.http, request.body
    refuse_other_sites(http)
    team = team_of(http)
    try:
        given = fill(Credentials, {"email": typed.email, "password": typed.password})
        return sign_in.sign_in(request.call, team.slug, given, secrets.parse(next(iter(sessions_of(http)), None)))
    except (Invalid, Unauthenticated, TooManyRequests) as refused:
        refused.about = _filled_again("sign_in", team, typed.email)
        raise


def entered(request: Request[Any], value: SignedIn) -> Reply:
    """Return 303 with the session as a cookie that lives as long as it may."""
    seconds = int((value.session.expires_at - request.call.now).total_seconds())
    headers = {"location": sign_in_url(value.team.slug), **answers.cookie(value.text, seconds)}
    return Reply(303, headers=headers, secret=True)


def leave(request: Request[Any]) -> None:
    """Sign out by the button; another site takes the cookie from nobody, not even a dead one."""
    http = request.asked.http
    if not same_origin(http, os.environ["PUBLIC_BASE_URL"]):
        raise CrossSite
    _slug(http)
    sessions.end_current(request.call)


def left(request: Request[Any], _: None) -> Reply:
    """Return 303 to the form, and take the cookie back."""
    headers = {"location": sign_in_url(_slug(request.asked.http)), **answers.cookie("", 0)}
    return Reply(303, headers=headers)


def forgot_page(request: Request[Any], options: Options) -> Reply:
    """Return the page that asks whose password is to be set anew, or says how else people sign in."""
    filled = Filled("forgot", options.team, address(request.asked.http), _ways(options.connections))
    return page_reply(200, form(filled))


def ask(request: Request[ForgotForm]) -> None:
    """Ask for a link that sets a new password; the answer tells nothing."""
    http, email = request.asked.http, request.body.email
    refuse_other_sites(http)
    slug = _slug(http)
    try:
        wanted = fill(ForgottenPassword, {"email": email})
    except Invalid as flaw:
        flaw.about = _filled_again("forgot", team_of(http), email)
        raise
    reset_password.ask(request.call, slug, wanted)


def asked(request: Request[Any], _: None) -> Reply:
    """Return the page after asking, the same for everybody."""
    return page_reply(202, render_page("forgot_asked", sign_in_url=sign_in_url(_slug(request.asked.http))))


def failure(error: RollcallError, http: HttpRequest) -> Reply:
    """Return the page for what went wrong, with the error's own status: the form again, where one was filled in."""
    status, title = status_of(error)
    if isinstance(error.about, Filled):
        page = _again(error, error.about)
    else:
        page = render_page("problem", title=title, sentence=error.detail, request_id=http.request_id)
    return page_reply(status, page, headers_of(error))


def _again(error: RollcallError, filled: Filled) -> str:
    if isinstance(error, Invalid):
        return form(filled, errors={flaw.pointer.strip("/"): flaw.detail for flaw in error.flaws})
    if isinstance(error, TooManyRequests):
        return form(filled, error=f"Too many tries. Wait {wait(error.retry_after)}, then try again.")
    return form(filled, error=error.detail)


def form(filled: Filled, *, shown: bool = False, **state: object) -> str:
    """Return the page that a form was posted from, or is to be; without passwords, the ways that are left."""
    team, email = filled.team, filled.email
    back = {"team": team.name, "email": email, "sign_in_url": sign_in_url(team.slug, email)}
    if filled.page == "break_glass":
        return render_page("break_glass", **back, **state)
    if not team.passwords_open:
        url = f"/t/{team.slug}/break-glass"
        return render_page("sign_in_off", team=team.name, ways=filled.ways, break_glass_url=url)
    known = {"email": email} if email else {}
    if filled.page == "forgot":
        return render_page("forgot", **back, **state)
    return render_page(
        "sign_in",
        team=team.name,
        email=email,
        forgot_url=f"/t/{team.slug}/forgot{'?' if known else ''}{urlencode(known)}",
        show_url=f"?{urlencode({**known, 'show': '0' if shown else '1'})}",
        show_password=shown,
        ways=filled.ways,
        **state,
    )


def _filled_again(page: str, team: Team, email: str) -> Filled:
    """Return the page to be shown again; only now are the team's providers looked up."""
    return Filled(page, team, email, _ways(usable(sso_connections_of(team.id))))


def _ways(connections: Sequence[SsoConnection]) -> Sequence[WayIn]:
    return ways_in(connections, os.environ["PUBLIC_BASE_URL"])


def address(http: HttpRequest) -> str:
    """Return the address that a link filled in, if it is just one and a valid one."""
    values = [value for name, value in http.query if name == "email"]
    try:
        return canonical(values[0]).typed if len(values) == 1 else ""
    except ValueError:
        return ""


def refuse_other_sites(http: HttpRequest) -> None:
    """Refuse a form that another site sent: nobody is to be signed in as somebody else without knowing it."""
    if from_elsewhere(http, os.environ["PUBLIC_BASE_URL"]):
        raise CrossSite("This form was sent by another site. Open our own page and try again.")


def _slug(http: HttpRequest) -> str:
    slug = http.path["slug"]
    if not SLUG.fullmatch(slug):
        raise NotFound(NO_TEAM)
    return slug


def team_of(http: HttpRequest) -> Team:
    """Return the team of the path. Raises NotFound."""
    team = sign_in.team_by_slug(_slug(http))
    if team is None:
        raise NotFound(NO_TEAM)
    return team
