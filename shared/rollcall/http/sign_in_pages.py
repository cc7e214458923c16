"""The pages of signing in at `/t/{slug}`: the form and the cookie it gives, signing out, asking for a reset."""

import os
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from rollcall.actions import reset_password, sessions, sign_in
from rollcall.actions.reset_password import ForgottenPassword
from rollcall.actions.sign_in import Credentials, SignedIn
from rollcall.auth import secrets
from rollcall.domain.errors import Invalid, NotFound, RollcallError, TooManyRequests, Unauthenticated
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


def show(request: Request[Any]) -> Team:
    """Look at how people sign in to the team."""
    return _team(request.asked.http)


def sign_in_page(request: Request[Any], team: Team) -> Reply:
    """Return the form or, to whoever is signed in to this team, the way to sign out."""
    caller, http = request.call.caller, request.asked.http
    if caller is not None and caller.team.id == team.id:
        out = f"/t/{team.slug}/sign-out"
        return page_reply(200, render_page("signed_in", team=team.name, email=caller.member.email, sign_out_url=out))
    return page_reply(200, _form(Filled("sign_in", team, _address(http)), shown=http.parameter("show") == "1"))


def enter(request: Request[SignInForm]) -> SignedIn:
    """Sign in by the form: always a new session, and the one that the browser had ends."""
    http, form = request.asked.http, request.body
    _refuse_other_sites(http)
    team = _team(http)
    try:
        given = fill(Credentials, {"email": form.email, "password": form.password})
        return sign_in.sign_in(request.call, team.slug, given, secrets.parse(next(iter(sessions_of(http)), None)))
    except (Invalid, Unauthenticated, TooManyRequests) as refused:
        refused.about = Filled("sign_in", team, form.email)
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


def forgot_page(request: Request[Any], team: Team) -> Reply:
    """Return the page that asks whose password is to be set anew."""
    return page_reply(200, _form(Filled("forgot", team, _address(request.asked.http))))


def ask(request: Request[ForgotForm]) -> None:
    """Ask for a link that sets a new password; the answer tells nothing."""
    http, form = request.asked.http, request.body
    _refuse_other_sites(http)
    slug = _slug(http)
    try:
        wanted = fill(ForgottenPassword, {"email": form.email})
    except Invalid as flaw:
        flaw.about = Filled("forgot", _team(http), form.email)
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
        return _form(filled, errors={flaw.pointer.strip("/"): flaw.detail for flaw in error.flaws})
    if isinstance(error, TooManyRequests):
        return _form(filled, error=f"Too many tries. Wait {wait(error.retry_after)}, then try again.")
    return _form(filled, error=error.detail)


def _form(filled: Filled, *, shown: bool = False, **state: object) -> str:
    team, email = filled.team, filled.email
    if not team.passwords_open:
        return render_page("sign_in_off", team=team.name)
    known = {"email": email} if email else {}
    if filled.page == "forgot":
        return render_page("forgot", team=team.name, email=email, sign_in_url=sign_in_url(team.slug, email), **state)
    return render_page(
        "sign_in",
        team=team.name,
        email=email,
        forgot_url=f"/t/{team.slug}/forgot{'?' if known else ''}{urlencode(known)}",
        show_url=f"?{urlencode({**known, 'show': '0' if shown else '1'})}",
        show_password=shown,
        **state,
    )


def _address(http: HttpRequest) -> str:
    """Return the address that a link filled in, if it is just one and a valid one."""
    values = [value for name, value in http.query if name == "email"]
    try:
        return canonical(values[0]).typed if len(values) == 1 else ""
    except ValueError:
        return ""


def _refuse_other_sites(http: HttpRequest) -> None:
    """Refuse a form that another site sent: nobody is to be signed in as somebody else without knowing it."""
    if from_elsewhere(http, os.environ["PUBLIC_BASE_URL"]):
        raise CrossSite("This form was sent by another site. Open our own page and try again.")


def _slug(http: HttpRequest) -> str:
    slug = http.path["slug"]
    if not SLUG.fullmatch(slug):
        raise NotFound("There is no team at this address. Check its spelling.")
    return slug


def _team(http: HttpRequest) -> Team:
    team = sign_in.team_by_slug(_slug(http))
    if team is None:
        raise NotFound("There is no team at this address. Check its spelling.")
    return team
