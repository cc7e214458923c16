"""Service tokens: a product's own credential, good for its grants and for asking who somebody is (M9, C7)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from rollcall.domain.changes import Change, Created, Letter, Retired
from rollcall.domain.events import Action, Deed, Subject
from rollcall.domain.permissions import Actor

MOST_SERVICE_TOKENS = 10


@dataclass(frozen=True, slots=True)
class ServiceToken:
    """A product's token: everything but its secret."""

    id: str
    team_id: str
    product: str
    name: str
    last4: str
    hash: str

    @property
    def subject(self) -> Subject:
        """Name the token in an audit event."""
        return Subject("service_token", self.id, self.name)

    @property
    def facts(self) -> Mapping[str, object]:
        """Return what an audit event keeps of it."""
        return {"product": self.product, "name": self.name, "last4": self.last4}


def issue(token: ServiceToken, actor: Actor) -> Change:
    """Add a service token; that a product has no more than its ten is a condition of the commit (I15)."""
    deed = Deed(Action.SERVICE_TOKEN_ISSUED, actor, token.subject, None, token.facts)
    return Change(steps=(Created(token),), deeds=(deed,))


def leaked(token: ServiceToken, owner_id: str, letter_id: str, actor: Actor, now: datetime) -> Change:
    """Revoke one that was found where it does not belong, and tell an owner (case 60)."""
    deed = Deed(Action.TOKEN_LEAKED, actor, token.subject, token.facts, None)
    about = {"name": token.name, "product": token.product, "last4": token.last4}
    letter = Letter(letter_id, "service_token_leaked", token.team_id, owner_id, 0, now, about)
    return Change(steps=(Retired(token),), deeds=(deed,), letters=(letter,))


def revoke(token: ServiceToken, actor: Actor) -> Change:
    """Revoke one: it stops at once and is gone."""
    deed = Deed(Action.SERVICE_TOKEN_REVOKED, actor, token.subject, token.facts, None)
    return Change(steps=(Retired(token),), deeds=(deed,))
