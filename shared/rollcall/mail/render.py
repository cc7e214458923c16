"""A letter and its templates become a MIME message. Pure: the same arguments give the same bytes; nothing is sent."""

from __future__ import annotations

from email.headerregistry import Address as Mailbox
from email.message import EmailMessage
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Final

from rollcall.mail.address import canonical

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from jinja2 import Environment

    from rollcall.mail.letters import Letter

_TEMPLATES: Final = Path(__file__).parent / "templates"
_WIRE: Final = "quoted-printable"  # 7-bit, and a "=_" boundary can never occur inside a part


def render(
    letter: Letter, *, to: str, sender: str, reply_to: str | None = None, message_id: str, at: datetime
) -> EmailMessage:
    """Write a letter: text first, HTML second, to exactly one address.

    `sender` may carry a display name, `to` and `reply_to` are bare addresses; an invitation answers to its inviter
    unless told otherwise. `message_id` goes without angle brackets. Raises ValueError where a header would hold a line
    break or more than one recipient, and jinja2.UndefinedError where a template names a field that its letter lacks.
    """
    words = {**letter.words(), "to": to}
    message = EmailMessage()
    message["From"] = sender
    message["To"] = _mailbox(to)
    if answer_to := reply_to or str(words.get("inviter_email", "")):
        message["Reply-To"] = _mailbox(answer_to)
    message["Subject"] = subject = _written(letter, "subject.txt", words).strip()
    if str(message["Subject"]) != subject:
        raise ValueError("a subject must read as it was written, without encoded words")
    message["Date"] = at
    message["Message-ID"] = f"<{message_id}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answers
    message["X-Auto-Response-Suppress"] = "All"
    message["X-Entity-Ref-ID"] = message_id  # keeps two letters with one subject apart in a mailbox
    message.set_content(_written(letter, "body.txt", words), cte=_WIRE)
    message.add_alternative(_written(letter, "body.html", words), subtype="html", cte=_WIRE)
    message.set_boundary(f"=_{sha256(message_id.encode()).hexdigest()[:32]}")
    return message


def _mailbox(address: str) -> Mailbox:
    """One bare address with an ASCII domain; ValueError for anything that could name a second recipient."""
    return Mailbox(addr_spec=canonical(address).key)


def _written(letter: Letter, part: str, words: Mapping[str, object]) -> str:
    return _environment().get_template(f"{letter.template}/{part}").render(words)


@cache
def _environment() -> Environment:
    # Imported at the first letter: only the function that writes letters pays for Jinja.
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # noqa: PLC0415

    return Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=_escapes,  # noqa: S701 - on for all but plain text, and tested with hostile values
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def _escapes(template: str | None) -> bool:
    """Everything is HTML unless its name says plain text."""
    return template is None or not template.endswith(".txt")
