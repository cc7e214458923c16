"""A product asks whose a credential is, and whether they may open it (C7): one reading, one judge, one no."""

from dataclasses import dataclass

from rollcall.actions.call import Call
from rollcall.auth import authenticate, secrets
from rollcall.auth.secrets import Secret
from rollcall.domain.errors import Forbidden, Unauthenticated
from rollcall.domain.standing import Standing, standing
from rollcall.domain.text import CredentialText, FormText, ProductKey

INSPECTED = ("ses", "pat")


@dataclass(frozen=True, slots=True)
class Introspection:
    """A credential that was shown to a product (RFC 7662, section 2.1); the hint is taken and not needed."""

    token: CredentialText
    token_type_hint: FormText | None = None
    product: ProductKey | None = None


def inspected(text: str, team_id: str) -> Secret | None:
    """Return the credential, if the text can be one of a member of the team; nothing else is ever looked up."""
    token = secrets.parse(text)
    return token if token and token.kind in INSPECTED and token.team_id == team_id else None


def introspect(call: Call, asked: Introspection) -> Standing | None:
    """Return the holder's standing with the calling product; None for every reason not to let them in.

    A product asks on behalf of somebody who is there, so an active answer is a use: it moves the session's idle limit
    and the member's last activity as a request of their own would.
    """
    product = call.actor.product
    if product is None or asked.product not in {None, product}:
        raise Forbidden("A service token asks for its own product only.")
    token = inspected(asked.token, call.team.id)
    try:
        identity = authenticate.judge(token, call.found, call.now)
    except Unauthenticated:
        return None
    if token is None or identity.member is None:
        return None
    found = standing(identity.member, identity.team, product, identity.actor.credential_id)
    if found is not None:
        authenticate.note_use(identity, token, call.now)
    return found
