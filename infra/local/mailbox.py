"""The letters that SES took, decoded from MIME. How they look on a page is pages.py's."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from email import message_from_bytes, policy
from email.utils import getaddresses
from typing import TYPE_CHECKING, Final

from infra.local import clock

if TYPE_CHECKING:
    from email.message import EmailMessage

    from infra.local.aws import Backend, Letter
    from infra.local.edges import Json

_LINK: Final = re.compile(r"https?://[^\s<>\"']+")
_TRAILING: Final = ".,;:!?)]}"


@dataclass(frozen=True, slots=True)
class Mail:
    """One decoded letter. `links` are the http(s) addresses of the text part, each once, in order."""

    id: str
    to: str
    subject: str
    text: str
    html: str
    links: tuple[str, ...]
    received_at: str
    source: str

    def view(self) -> dict[str, Json]:
        """Return it as the mailbox's JSON shows it."""
        return {name: value for name, value in asdict(self).items() if name != "source"}


class Mailbox:
    """Reads a backend's letters; each is decoded once."""

    def __init__(self, backend: Backend) -> None:
        """Read from that backend."""
        self._backend = backend
        self._decoded: dict[str, Mail] = {}

    def mails(self, to: str | None = None) -> list[Mail]:
        """Return the letters, oldest first; with `to`, only those with that recipient, in any case."""
        mails = [self._mail(letter) for letter in self._backend.letters()]
        return [mail for mail in mails if not to or to.strip().lower() in mail.to.lower().split(", ")]

    def mail(self, identifier: str) -> Mail | None:
        """Return the letter of that id."""
        return next((mail for mail in self.mails() if mail.id == identifier), None)

    def _mail(self, letter: Letter) -> Mail:
        if letter.id not in self._decoded:
            self._decoded[letter.id] = decode(letter)
        return self._decoded[letter.id]


def decode(letter: Letter) -> Mail:
    """Decode one letter, whatever its transfer encodings and charsets."""
    message: EmailMessage = message_from_bytes(letter.raw, policy=policy.default)
    text = _part(message, "plain")
    return Mail(
        id=letter.id,
        to=", ".join(address for _, address in getaddresses([str(value) for value in message.get_all("to", [])])),
        subject=str(message.get("subject", "")),
        text=text,
        html=_part(message, "html"),
        links=tuple(dict.fromkeys(found.rstrip(_TRAILING) for found in _LINK.findall(text))),
        received_at=clock.stamp(letter.received),
        source=letter.raw.decode("utf-8", "replace"),
    )


def _part(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    if part is None:
        return ""
    return str(part.get_content()).replace("\r\n", "\n")
