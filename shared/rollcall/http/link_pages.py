"""Which page answers what on `/i/{token}` and `/reset/{token}`: the pages themselves are `pages.py`'s."""

import os
from dataclasses import dataclass
from typing import Any

from rollcall.actions import accept, set_password
from rollcall.actions.accept import Acceptance, Joined, Seen
from rollcall.actions.send_letter import product_names
from rollcall.actions.set_password import Holder
from rollcall.actions.ways_in import WayIn, ways_in
from rollcall.domain.errors import (
    Gone,
    Invalid,
    LinkExpired,
    LinkRevoked,
    LinkUsed,
    RollcallError,
    SsoRequired,
    TooManyRequests,
    WrongAccount,
)
from rollcall.domain.text import FormText
from rollcall.http.answers import link_keys
from rollcall.http.bodies import fill
from rollcall.http.endpoint import Request
from rollcall.http.errors import headers_of, status_of
from rollcall.http.pages import page_reply, render_page, sign_in_url
from rollcall.http.reply import Reply
from rollcall.http.request import HttpRequest

NO_TEXT = FormText("")


@dataclass(frozen=True, slots=True)
class JoinForm:
    """What the accept page posts; read loosely, so that the page can say what is wrong next to the field."""

    name: FormText = NO_TEXT
    password: FormText | None = None
    ask: FormText | None = None


@dataclass(frozen=True, slots=True)
class PasswordForm:
    """What the set-password page posts."""

    password: FormText = NO_TEXT


def show_invitation(request: Request[Any]) -> Seen:
    """Look at the link; somebody signed in as another person is told so, unless they switch."""
    seen = accept.inspect(request.call, request.link, link_keys())
    caller = request.call.caller
    switched = request.asked.http.parameter("switch") == "1"
    if caller is not None and caller.member.email_key != seen.invitation.email_key and not switched:
        error = WrongAccount(extra={"signed_in_as": caller.member.email, "invited": seen.invitation.email})
        error.about = seen
        raise error
    return seen


def invitation_page(request: Request[Any], seen: Seen) -> Reply:
    """Return the page that asks the invited person to join."""
    if seen.team.sso_enforced:
        return page_reply(200, _elsewhere(seen, request.link.text))
    caller, token, show = request.call.caller, request.link.text, request.asked.http.parameter("show") == "1"
    if caller is not None and caller.member.email_key == seen.invitation.email_key:
        return page_reply(200, _form(seen, token, caller.member.name, {}, show=show, page="accept_signed_in"))
    return page_reply(200, _form(seen, token, "", {}, show=show))


def join(request: Request[JoinForm]) -> Joined | Seen:
    """Accept by the form, or ask for a new link in place of an expired one.

    The page is public: no cookie counts here, the link and the form do.
    """
    token, form = request.link, request.body
    if form.ask is not None:
        return accept.ask_again(request.call, token, link_keys())
    seen = accept.inspect(request.call, token, link_keys())
    base_url = os.environ["PUBLIC_BASE_URL"]
    given = {"token": token.text, "name": form.name, **({"password": form.password} if form.password else {})}
    try:
        return accept.accept(request.call, token, fill(Acceptance, given), link_keys(), base_url)
    except Invalid as flaw:
        flaw.about = (accept.with_connections(seen), form.name)
        raise


def joined_page(_: Request[Any], joined: Joined | Seen) -> Reply:
    """Return the page after joining, or after asking for a new link."""
    if isinstance(joined, Seen):
        return page_reply(202, render_page("asked", inviter_name=joined.invitation.inviter.name))
    member, team = joined.member, joined.team
    url = sign_in_url(team.slug, member.email)
    return page_reply(201, render_page("joined", team=team.name, name=member.name, email=member.email, sign_in_url=url))


def show_password_link(request: Request[Any]) -> Holder:
    """Look at a set-password link."""
    return set_password.inspect(request.call, request.link, link_keys())


def password_page(request: Request[Any], holder: Holder) -> Reply:
    """Return the page that asks for a password."""
    return page_reply(200, _password_form(holder, {}, show=request.asked.http.parameter("show") == "1"))


def choose_password(request: Request[PasswordForm]) -> Holder:
    """Set the password by the form."""
    holder = show_password_link(request)
    try:
        return set_password.set_password(request.call, request.link, request.body.password, link_keys())
    except Invalid as flaw:
        flaw.about = holder
        raise


def password_set_page(_: Request[Any], holder: Holder) -> Reply:
    """Return the page after setting a password, with the way to sign in."""
    member, team = holder.member, holder.team
    url = sign_in_url(team.slug, member.email)
    page = "team_founded" if holder.sign_up else "password_set"
    return page_reply(200, render_page(page, team=team.name, email=member.email, sign_in_url=url))


def failure(error: RollcallError, http: HttpRequest) -> Reply:
    """Return the page for what went wrong, with the error's own status."""
    return page_reply(status_of(error)[0], _failed(error, http), headers_of(error))


def _failed(error: RollcallError, http: HttpRequest) -> str:
    if isinstance(error, Invalid) and error.about is not None:
        return _again(error, http)
    if isinstance(error, TooManyRequests):
        return render_page("too_many", wait_seconds=error.retry_after)
    if isinstance(error, WrongAccount):
        emails = {"email": error.extra["invited"], "signed_in_email": error.extra["signed_in_as"]}
        team = error.about.team.name if isinstance(error.about, Seen) else "the team"
        return render_page("accept_wrong_account", team=team, **emails)
    if isinstance(error, Gone):
        return _dead(error)
    if isinstance(error, SsoRequired) and isinstance(error.about, Seen):
        return _elsewhere(error.about, http.path["token"])
    title = status_of(error)[1]
    return render_page("problem", title=title, sentence=error.detail, request_id=http.request_id)


def _dead(error: Gone) -> str:
    seen = error.about
    if isinstance(seen, Holder):
        return render_page("dead_sign_up" if seen.sign_up else "dead_reset", team=seen.team.name)
    if not isinstance(seen, Seen):
        return render_page("dead_unknown")
    team = seen.team
    if isinstance(error, LinkExpired):
        about = {"inviter_name": seen.invitation.inviter.name, "expired_at": seen.invitation.expires_at}
        return render_page("dead_expired", team=team.name, **about, can_ask=True)
    if isinstance(error, LinkUsed):
        return render_page("dead_member", team=team.name, sign_in_url=sign_in_url(team.slug, seen.invitation.email))
    if isinstance(error, LinkRevoked):
        return render_page("dead_revoked", team=team.name)
    return render_page("problem", title="A newer link was sent", sentence=error.detail, request_id="-")


def _again(error: Invalid, http: HttpRequest) -> str:
    errors = {flaw.pointer.strip("/"): flaw.detail for flaw in error.flaws}
    if isinstance(error.about, Holder):
        return _password_form(error.about, errors, show=False)
    seen, name = error.about if isinstance(error.about, tuple) else (None, "")
    if not isinstance(seen, Seen):
        return render_page("dead_unknown")
    return _form(seen, http.path["token"], name, errors, show=False)


def _form(seen: Seen, token: str, name: str, errors: dict[str, str], *, show: bool, page: str = "accept") -> str:
    asks = seen.invitation.send_password_email and seen.team.passwords_open
    state = {"errors": errors, "show_password": show}
    return render_page(page, **_invited(seen, token), name=name, asks_password=asks, **state)


def _elsewhere(seen: Seen, token: str) -> str:
    """Return the page that leads to the team's identity providers, the invitation with it (J4)."""
    invited = _invited(seen, token)
    if not seen.connections:
        invited["ways"] = (WayIn("", "", "your identity provider", sign_in_url(seen.team.slug)),)
    return render_page("accept_sso", **invited)


def _invited(seen: Seen, token: str) -> dict[str, object]:
    about, team = seen.invitation, seen.team
    return {
        "team": team.name,
        "inviter_name": about.inviter.name,
        "role": about.role.value,
        "products": product_names(about.products, team),
        "email": about.email,
        "expires_at": about.expires_at,
        "ways": ways_in(seen.connections, os.environ["PUBLIC_BASE_URL"], token),
    }


def _password_form(holder: Holder, errors: dict[str, str], *, show: bool) -> str:
    state = {"errors": errors, "show_password": show}
    page = "found_team" if holder.sign_up else "set_password"
    return render_page(page, team=holder.team.name, email=holder.member.email, **state)
