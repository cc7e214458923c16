"""Which letters exist and what each needs; `words()` is all that its templates see, already harmless.

Notices, which carry no link, share one letter: what each says stands in `notices.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal

from rollcall.mail.words import Products, href, moment, plain, plain_lines, product_words

__all__ = ["Invitation", "Letter", "Notice", "PasswordChanged", "Products", "Reason", "SetPassword", "plain"]


Reason = Literal["team_created", "sign_up", "reset"]


@dataclass(frozen=True, slots=True)
class Invitation:
    """An invitation to join a team (J2, J3). `url` is the mailed link, `products` the names or "all"."""

    template: ClassVar[str] = "invitation"

    team: str
    inviter_name: str
    inviter_email: str
    role: str
    products: Products
    url: str
    expires_at: datetime
    sets_password: bool
    message: str | None = None

    def words(self) -> Mapping[str, object]:
        """Return all that the templates of this letter see."""
        name = plain(self.inviter_name)
        return {
            "team": plain(self.team) or "a team",
            "inviter": name or self.inviter_email,
            "inviter_in_full": f"{name} ({self.inviter_email})" if name else self.inviter_email,
            "inviter_email": self.inviter_email,
            "role": plain(self.role).capitalize(),
            "products": product_words(self.products, plain),
            "url": href(self.url),
            "expires": moment(self.expires_at),
            "sets_password": self.sets_password,
            "message": plain_lines(self.message),
        }


@dataclass(frozen=True, slots=True)
class SetPassword:
    """A one-time link to a page that sets a password: for a new team's owner, to found a team (T1), or a reset (C2)."""

    template: ClassVar[str] = "set_password"

    team: str
    name: str
    url: str
    expires_at: datetime
    reason: Reason

    def words(self) -> Mapping[str, object]:
        """Return all that the templates of this letter see."""
        return {
            "team": plain(self.team) or "your team",
            "name": plain(self.name),
            "url": href(self.url),
            "expires": moment(self.expires_at),
            "team_created": self.reason == "team_created",
            "sign_up": self.reason == "sign_up",
        }


@dataclass(frozen=True, slots=True)
class PasswordChanged:
    """A notice, with nothing secret and no link in it, that a password was set or changed."""

    template: ClassVar[str] = "password_changed"

    team: str
    name: str
    at: datetime
    tokens: tuple[str, ...] = ()

    def words(self) -> Mapping[str, object]:
        """Return all that the templates of this letter see; `tokens` are the names of those that still work."""
        return {
            "team": plain(self.team) or "your team",
            "name": plain(self.name),
            "at": moment(self.at),
            "tokens": [plain(token) for token in self.tokens],
        }


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice without a link or a secret: its subject, its paragraphs, and why its reader got it.

    Strangers' texts in them are harmless already (`notices.py` sees to it).
    """

    template: ClassVar[str] = "notice"

    name: str
    subject: str
    paragraphs: tuple[str, ...]
    why: str

    def words(self) -> Mapping[str, object]:
        """Return all that the templates of this letter see."""
        return {
            "name": plain(self.name),
            "subject": self.subject,
            "paragraphs": self.paragraphs,
            "why": self.why,
        }


Letter = Invitation | SetPassword | PasswordChanged | Notice
