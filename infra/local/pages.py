"""The HTML of the mailbox: a list and a letter. No script; the letter's own HTML stays inside a sandboxed frame."""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Sequence

    from infra.local.mailbox import Mail

POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-src 'self'; "
    "base-uri 'self'; form-action http: https:; frame-ancestors 'none'"
)
HEADERS: Final = (
    ("cache-control", "no-store"),
    ("content-security-policy", POLICY),
    ("cross-origin-resource-policy", "same-origin"),
    ("referrer-policy", "no-referrer"),
    ("x-content-type-options", "nosniff"),
)
_STYLE: Final = """
:root{color-scheme:light dark;font:16px/1.5 system-ui,sans-serif}
body{max-width:60rem;margin:2rem auto;padding:0 1rem}
table{width:100%;border-collapse:collapse}th,td{text-align:left;padding:.4rem .8rem .4rem 0;
border-bottom:1px solid #8884;overflow-wrap:anywhere}td:last-child{white-space:nowrap}
pre{white-space:pre-wrap;overflow-wrap:anywhere}iframe{width:100%;height:70vh;border:1px solid #8884;background:#fff}
section{display:none;margin-top:1rem}input{position:absolute;opacity:0}
label{padding:.3rem .8rem;border:1px solid #8888;border-radius:.3rem;cursor:pointer;display:inline-block}
input:checked+label{background:#36c;color:#fff}input:focus-visible+label{outline:3px solid #f90}
#t1:checked~.p1,#t2:checked~.p2,#t3:checked~.p3{display:block}
"""


def mail_list(mails: Sequence[Mail]) -> str:
    """Return the page with every letter, newest first. It looks again every five seconds."""
    rows = "".join(
        f'<tr><td><a href="/_dev/mail/{quote(mail.id, safe="")}">{escape(mail.subject) or "(no subject)"}</a></td>'
        f"<td>{escape(mail.to)}</td><td>{mail.received_at}</td></tr>"
        for mail in reversed(mails)
    )
    table = f"<table><tr><th>Subject</th><th>To</th><th>Received</th></tr>{rows}</table>"
    body = table if rows else "<p>No letters yet. Invite somebody, and the letter arrives here.</p>"
    return _page("Mailbox", f"<h1>Mailbox</h1>{body}", '<meta http-equiv="refresh" content="5">')


def mail_page(mail: Mail) -> str:
    """Return one letter, as HTML, as text with its links, and as it was sent."""
    frame = escape(f'<base target="_blank">{mail.html}')
    html = (
        f'<iframe title="The letter" srcdoc="{frame}" sandbox="allow-popups allow-popups-to-escape-sandbox"></iframe>'
        if mail.html
        else "<p>This letter has no HTML part.</p>"
    )
    tabs = "".join(
        f'<input type="radio" name="tab" id="t{number}"{" checked" if number == 1 else ""}>'
        f'<label for="t{number}">{name}</label> '
        for number, name in enumerate(("HTML", "Text", "Source"), 1)
    )
    return _page(
        mail.subject,
        f'<p><a href="/_dev/mail">Mailbox</a></p><h1>{escape(mail.subject)}</h1>'
        f"<p>To {escape(mail.to)}, {mail.received_at}</p>{tabs}"
        f'<section class="p1">{html}</section>'
        f'<section class="p2"><pre>{_linked(mail.text)}</pre></section>'
        f'<section class="p3"><pre>{escape(mail.source)}</pre></section>',
    )


def _linked(text: str) -> str:
    """Escape the text and make its http(s) addresses clickable."""
    parts = re.split(r"(https?://[^\s<>\"']*[^\s<>\"'.,;:!?)\]}])", text)
    return "".join(
        f'<a href="{escape(part)}">{escape(part)}</a>' if index % 2 else escape(part)
        for index, part in enumerate(parts)
    )


def _page(title: str, body: str, head: str = "") -> str:
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8">{head}'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style><body>{body}"
    )
