"""The toy OpenID provider's HTML: who signs in, and the switches. No script; every link and form is easily driven."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

from infra.local.toys.idp_people import PEOPLE, SWITCHES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from infra.local.toys.idp_people import Person

_STYLE: Final = """
:root{color-scheme:light dark;font:16px/1.5 system-ui,sans-serif}body{max-width:44rem;margin:2rem auto;padding:0 1rem}
label{display:block;margin:.5rem 0}input,select,button{font:inherit}dt{font-weight:600}code{overflow-wrap:anywhere}
"""
_TEXTS: Final = (
    ("person", "Sign in as", "an e-mail address"),
    ("email", "Tell this e-mail address", "the person's own"),
    ("email_verified", "email_verified", "true, false, missing, 'true' or 'false'"),
    ("sub", "Tell this subject", "the person's own"),
    ("groups", "Tell these groups", "the person's own, with commas"),
    ("no_email", "Tell no e-mail address", "any text"),
    ("claims", "Other claims", 'a JSON object such as {"aud": "another"}; null takes one away'),
    ("alg", "Signature", "none, or RS256"),
    ("error", "Refuse with", "access_denied"),
)


def sign_in_page(action: str, asked: Mapping[str, str]) -> str:
    """Return the page on which an authorization request is answered: a link for each person, a form for the rest."""
    links = "".join(_link(action, asked, person) for person in PEOPLE)
    kept = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
        for name, value in asked.items()
        if name not in SWITCHES
    )
    fields = "".join(_field(name, label, hint, asked.get(name, "")) for name, label, hint in _TEXTS)
    return _page(
        "Dev IdP",
        f"<h1>Dev IdP</h1><p>A toy identity provider: nobody needs a password. Sign in to Rollcall as</p>"
        f"<ul>{links}</ul><h2>Or as somebody else</h2>"
        f'<form action="{escape(action)}">{kept}{fields}<button>Sign in</button></form>',
    )


def home_page(action: str, facts: Mapping[str, str], states: Sequence[str]) -> str:
    """Return the provider's own page: what a connection to it says, and what can be switched."""
    told = "".join(f"<dt>{escape(name)}</dt><dd><code>{escape(value)}</code></dd>" for name, value in facts.items())
    buttons = "".join(
        f'<button name="{name}" value="{value}">{escape(label)}</button> '
        for name, value, label in (
            ("keys", "add", "New key, old ones stay"),
            ("keys", "replace", "New key alone"),
            ("keys", "hide", "Publish no key"),
            ("keys", "show", "Publish the keys"),
            ("down", "true", "Go down"),
            ("down", "false", "Come back"),
        )
    )
    return _page(
        "Dev IdP",
        f"<h1>Dev IdP</h1><p>A toy identity provider. {escape(' '.join(states))}</p><dl>{told}</dl>"
        f'<h2>Switches</h2><form method="post" action="{escape(action)}">{buttons}</form>',
    )


def refusal_page(why: str) -> str:
    """Return the page of a request that leads back nowhere."""
    return _page("Dev IdP", f"<h1>Dev IdP</h1><p>{escape(why)}</p>")


def _link(action: str, asked: Mapping[str, str], person: Person) -> str:
    where = escape(f"{action}?{urlencode({**asked, 'person': person.email})}")
    groups = escape(", ".join(person.groups))
    return f'<li><a href="{where}">{escape(person.name)}</a> {escape(person.email)} ({groups})</li>'


def _field(name: str, label: str, hint: str, value: str) -> str:
    return (
        f'<label>{escape(label)} <input name="{name}" value="{escape(value)}" placeholder="{escape(hint)}" size="48">'
        "</label>"
    )


def _page(title: str, body: str) -> str:
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style><body>{body}"
    )
