"""The root of all refusals, and those that say nothing of a state; the tree is drawn in the package."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Flaw:
    """One thing wrong with the input: a JSON pointer (RFC 6901) or `?parameter`, and what is wrong there."""

    pointer: str
    detail: str


def pointer(name: str) -> str:
    """Return the JSON pointer to a field of the body; a name that is longer than any of ours is cut."""
    return "/" + name[:100].replace("~", "~0").replace("/", "~1")


class RollcallError(Exception):
    """The root: a stable `code` for programs, a sentence for people; `about` is for pages, never told by the API."""

    code = "error"
    detail = "The request could not be carried out."

    def __init__(self, detail: str | None = None, *, extra: Mapping[str, object] | None = None) -> None:
        """Keep the sentence, and further members of the problem object in `extra`."""
        super().__init__(detail or self.detail)
        self.detail = detail or self.detail
        self.extra = dict(extra or {})
        self.about: object | None = None


class Unauthenticated(RollcallError):
    """No valid credential came with the request."""

    code = "unauthenticated"
    detail = "A valid credential is needed."


class TokenExpired(Unauthenticated):
    """The secret is right, its time is over."""

    code = "token_expired"
    detail = "This token has expired."


class TokenRevoked(Unauthenticated):
    """The secret is right, it was revoked."""

    code = "token_revoked"
    detail = "This token was revoked."


class AgainstPolicy(Unauthenticated):
    """The secret is right; the token was made to live longer than the team allows now (C4)."""

    code = "pat_policy"
    detail = "This token lives longer than its team allows: make a new one."


class Forbidden(RollcallError):
    """The caller is known and may not do this."""

    code = "forbidden"
    detail = "Your role does not allow this."


class AboveYourRank(Forbidden):
    """Rules I8 and M3: nobody acts on, or hands out, a role above their own."""

    code = "above_your_rank"
    detail = "Only an owner may do this to an owner, or give the owner role."


class SignUpOff(Forbidden):
    """Rule T1: this deployment lets nobody found a team by signing up."""

    code = "sign_up_off"
    detail = "Nobody can sign up for a team here: ask whoever runs this service."


class StepUpRequired(Forbidden):
    """Rule C4: the written list needs a session at most ten minutes old, and no token."""

    code = "step_up_required"
    detail = "Sign in again to do this; tokens cannot."


class WrongPassword(Forbidden):
    """The present password, which proves that it is the member who changes it, is missing or not right."""

    code = "wrong_password"
    detail = "The present password is not right."


class NoProductAccess(Forbidden):
    """Rule C7: the member may not open the product, or the team has none of that key: the same answer."""

    code = "no_product_access"
    detail = "You may not open a product of this key."


class Invalid(RollcallError):
    """The input is malformed; `flaws` say where."""

    code = "invalid"
    detail = "The request is not valid."

    def __init__(self, *flaws: Flaw, detail: str | None = None) -> None:
        """Collect what is wrong, each with its pointer."""
        super().__init__(detail)
        self.flaws = flaws


class NotFound(RollcallError):
    """Unknown, or another team's: the answer is the same."""

    code = "not_found"
    detail = "There is nothing here by this name."


class Conflict(RollcallError):
    """The present state does not allow it."""

    code = "conflict"
    detail = "The present state does not allow this."


class Gone(RollcallError):
    """A dead link; the reason is told to the holder of a true one only (I7)."""

    code = "link_unknown"
    detail = "This link is not valid. Check that you copied all of it."


class LinkUnknown(Gone):
    """Not a link of ours, or not one we would name a reason for."""


class LinkExpired(Gone):
    """The deadline has passed (I5)."""

    code = "link_expired"
    detail = "This link has expired: ask for a new one."


class LinkRevoked(Gone):
    """The invitation was withdrawn (I4)."""

    code = "link_revoked"
    detail = "This invitation was withdrawn."


class LinkReplaced(Gone):
    """A newer link was sent (I2)."""

    code = "link_replaced"
    detail = "A newer link was sent: use that one."


class LinkUsed(Gone):
    """It did its work already."""

    code = "link_used"
    detail = "This link has already been used."


class StaleVersion(RollcallError):
    """The `If-Match` of the request names a version that is no longer the newest."""

    code = "stale_version"
    detail = "This was changed meanwhile: read it again."


class KeyReused(RollcallError):
    """The idempotency key was used with another body."""

    code = "key_reused"
    detail = "This idempotency key was used for another request."


class TooManyRequests(RollcallError):
    """A throttle; `retry_after` in seconds."""

    code = "too_many_requests"
    detail = "Too many tries: wait a little."

    def __init__(self, retry_after: int, detail: str | None = None) -> None:
        """Say after how many seconds another try makes sense."""
        super().__init__(detail)
        self.retry_after = max(1, retry_after)


class Unavailable(RollcallError):
    """A dependency failed; the same request later succeeds or completes."""

    code = "unavailable"
    detail = "A service that is needed does not answer: try again."
    retry_after = 2


class NotCovered(RollcallError):
    """Whoever's rank a change rests on has lost it; never leaves the service."""

    code = "not_covered"


class Stale(RollcallError):
    """What the decision was made on has changed; never leaves the service."""

    code = "stale"
