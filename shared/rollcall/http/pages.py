"""The pages of mailed links and of signing in: plain HTML, no script, one style sheet allowed by its hash."""

from __future__ import annotations

import os
from base64 import b64encode
from functools import cache, partial
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

from rollcall.http.reply import HTML, Reply
from rollcall.mail.words import day, href, moment, one_line, product_words, wait

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jinja2 import Environment

_TEMPLATES: Final = Path(__file__).parent / "templates"
_WHO_INVITED: Final = frozenset({"team", "inviter_name", "role", "products", "email"})

#: Every page and the fields it needs. Texts come as they are stored, times as datetimes with a zone, `products` as
#: names or "all", `ways` as actions.ways_in says; escaping, dates and wording are the templates' work.
PAGES: Final[Mapping[str, frozenset[str]]] = {
    "accept": _WHO_INVITED | {"name", "asks_password", "expires_at", "ways"},
    "accept_signed_in": _WHO_INVITED | {"name", "asks_password", "expires_at", "ways"},
    "accept_wrong_account": frozenset({"team", "email", "signed_in_email"}),
    "accept_sso": _WHO_INVITED | {"ways", "expires_at"},
    "joined": frozenset({"team", "name", "email", "sign_in_url"}),
    "dead_expired": frozenset({"team", "inviter_name", "expired_at", "can_ask"}),
    "dead_revoked": frozenset({"team"}),
    "dead_member": frozenset({"team", "sign_in_url"}),
    "dead_unknown": frozenset(),
    "dead_reset": frozenset({"team"}),
    "asked": frozenset({"inviter_name"}),
    "too_many": frozenset({"wait_seconds"}),
    "dead_sign_up": frozenset({"team"}),
    "set_password": frozenset({"team", "email"}),
    "password_set": frozenset({"team", "email", "sign_in_url"}),
    "found_team": frozenset({"team", "email"}),
    "team_founded": frozenset({"team", "email", "sign_in_url"}),
    "sign_in": frozenset({"team", "email", "forgot_url", "show_url", "ways"}),
    "sign_in_off": frozenset({"team", "ways", "break_glass_url"}),
    "break_glass": frozenset({"team", "email", "sign_in_url"}),
    "signed_in": frozenset({"team", "email", "sign_out_url"}),
    "forgot": frozenset({"team", "email", "sign_in_url"}),
    "forgot_asked": frozenset({"sign_in_url"}),
    "sso_failed": frozenset({"sentence", "code", "request_id", "sign_in_url"}),
    "problem": frozenset({"title", "sentence", "request_id"}),
}
#: What a page with a form may be given besides: a sentence about the whole try, sentences by field name, and whether
#: the password shows as it is typed (the page's own `?show=1` link).
_FORMS: Final = frozenset(
    {"accept", "accept_signed_in", "set_password", "found_team", "sign_in", "forgot", "break_glass"}
)
_FORM_STATE: Final[Mapping[str, object]] = {"error": None, "errors": {}, "show_password": False}


def render_page(page: str, /, **fields: object) -> str:
    """Write `page` as a whole HTML document.

    Raises TypeError for a page that does not exist and for missing or unknown fields, as a call of a function would.
    """
    state = _FORM_STATE if page in _FORMS else {}
    if page not in PAGES:
        raise TypeError(f"no page is called {page}")
    if wrong := PAGES[page] ^ (fields.keys() - state.keys()):
        raise TypeError(f"page {page}: missing or unknown fields {sorted(wrong)}")
    return _environment().get_template(f"{page}.html").render({**state, **fields})


def page_reply(status: int, page: str, headers: Mapping[str, str] | None = None) -> Reply:
    """Return a page as an answer."""
    return Reply(status, page, {"content-security-policy": page_csp(), **(headers or {})}, HTML)


def sign_in_url(slug: str, email: str = "") -> str:
    """Return where people sign in to a team, with the address filled in."""
    query = f"?{urlencode({'email': email})}" if email else ""
    return f"{os.environ['PUBLIC_BASE_URL']}/t/{slug}{query}"


@cache
def page_csp() -> str:
    """Return the Content-Security-Policy of every page: our style sheet by its hash, our own forms, nothing else."""
    digest = b64encode(sha256(_style_sheet().encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )


@cache
def _style_sheet() -> str:
    return (_TEMPLATES / "page.css").read_text("utf-8")


@cache
def _environment() -> Environment:
    # Imported at the first page: the JSON routes of the same functions never pay for Jinja.
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # noqa: PLC0415
    from markupsafe import Markup  # noqa: PLC0415

    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "day": day,
        "href": href,
        "moment": moment,
        "line": one_line,
        "products": partial(product_words, clean=one_line),
        "wait": wait,
    }
    environment.globals["style_sheet"] = Markup(_style_sheet())  # noqa: S704 - a file of this package
    return environment
