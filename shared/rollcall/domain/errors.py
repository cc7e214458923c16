"""Every way in which Rollcall says no. What status each becomes is the HTTP floor's table, not this one's.

RollcallError
├── Unauthenticated               no valid credential
│   ├── TokenExpired              said only to the holder of the right secret
│   └── TokenRevoked
├── Forbidden                     known, but not allowed
│   ├── AboveYourRank             I8, M3
│   └── StepUpRequired            C4: needs a fresh session
├── Invalid                       malformed input, with pointers
├── NotFound                      unknown, or another team's
├── Conflict                      the state says no
│   ├── LastOwner                 M4
│   ├── AlreadyInvited            I6
│   ├── MemberExists
│   ├── UseReactivate             the address belongs to a deactivated member
│   ├── AlreadyAccepted
│   ├── InvitationRevoked
│   ├── InvitationExpired
│   ├── WrongAccount              signed in as somebody else
│   ├── SsoRequired               J4
│   ├── PasswordLoginOff          C2
│   ├── ActingOnYourself          cutting oneself off by an admin's route
│   ├── SlugTaken
│   ├── MemberHasGrants           M8: names each grant
│   ├── NotActive                 the member is deactivated
│   ├── ProductExists
│   ├── ProductRetired            a product's key is never used again
│   ├── TokenLimit                C4: the member holds as many tokens as the team allows
│   ├── AlreadyIssued             the answer held a secret and is not kept
│   └── Contention                others kept changing the same thing
├── Gone                          a dead link
│   ├── LinkUnknown
│   ├── LinkExpired
│   ├── LinkRevoked
│   ├── LinkReplaced              a newer link was sent
│   └── LinkUsed
├── StaleVersion                  If-Match named an older version
├── KeyReused                     an idempotency key with another body
├── TooManyRequests
├── Unavailable                   a dependency failed; nothing was changed, or the same request completes it
├── NotCovered                    internal: whose rank a change rests on has lost it (I16)
└── Stale                         internal: what was read has moved on, read and decide again
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Flaw:
    """One thing wrong with the input: a JSON pointer (RFC 6901) or `?parameter`, and what is wrong there."""

    pointer: str
    detail: str


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


class Forbidden(RollcallError):
    """The caller is known and may not do this."""

    code = "forbidden"
    detail = "Your role does not allow this."


class AboveYourRank(Forbidden):
    """Rules I8 and M3: nobody acts on, or hands out, a role above their own."""

    code = "above_your_rank"
    detail = "Only an owner may do this to an owner, or give the owner role."


class StepUpRequired(Forbidden):
    """Rule C4: the written list needs a session at most ten minutes old, and no token."""

    code = "step_up_required"
    detail = "Sign in again to do this; tokens cannot."


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


class LastOwner(Conflict):
    """Rule M4: a team always keeps one active owner."""

    code = "last_owner"
    detail = "This is the team's last active owner: transfer ownership first."


class AlreadyInvited(Conflict):
    """Rule I6: the address has a live invitation."""

    code = "already_invited"
    detail = "This address already has a pending invitation."


class MemberExists(Conflict):
    """The address belongs to a member."""

    code = "member_exists"
    detail = "This address belongs to a member of the team."


class UseReactivate(Conflict):
    """The address belongs to a deactivated member: reactivating restores role and access (M7)."""

    code = "use_reactivate"
    detail = "This address belongs to a deactivated member: reactivate them."


class AlreadyAccepted(Conflict):
    """The invitation was accepted; its person is a member."""

    code = "already_accepted"
    detail = "This invitation was already accepted."


class InvitationRevoked(Conflict):
    """The invitation was revoked; invite again."""

    code = "invitation_revoked"
    detail = "This invitation was revoked: invite the person again."


class InvitationExpired(Conflict):
    """The invitation has expired; resending renews it (I2)."""

    code = "invitation_expired"
    detail = "This invitation has expired: resend it to renew it."


class WrongAccount(Conflict):
    """The link's holder is signed in as another person."""

    code = "wrong_account"
    detail = "You are signed in as somebody else: sign out, or open the link in another browser."


class SsoRequired(Conflict):
    """Rule J4: the team lets people in through its identity provider only."""

    code = "sso_required"
    detail = "This team signs in through its identity provider: join by signing in there."


class PasswordLoginOff(Conflict):
    """Rule C2: passwords are switched off, or SSO is enforced."""

    code = "password_login_off"
    detail = "Password sign-in is switched off for this team."


class ActingOnYourself(Conflict):
    """Nobody deactivates or removes themselves by an admin's route; leaving has one of its own (M11)."""

    code = "self"
    detail = "You cannot do this to yourself: leave the team instead."


class SlugTaken(Conflict):
    """Another team has this slug."""

    code = "slug_taken"
    detail = "This slug is taken."


class MemberHasGrants(Conflict):
    """Rule M8: products still hold the member in resources or teams; `grants` names each."""

    code = "member_has_grants"
    detail = "The member is still in resources or teams of a product: release these grants first."

    def __init__(self, grants: Sequence[Mapping[str, object]]) -> None:
        """Name the grants."""
        super().__init__(extra={"grants": list(grants)})


class NotActive(Conflict):
    """The member is deactivated."""

    code = "member_not_active"
    detail = "This member is deactivated: reactivate them first."


class ProductExists(Conflict):
    """The team has a product of this key."""

    code = "product_exists"
    detail = "The team has a product of this key already."


class ProductRetired(Conflict):
    """A product that was removed leaves its key unused for ever, so that no old access comes to mean a new product."""

    code = "product_retired"
    detail = "A product of this key was removed: keys are never used again, choose another."


class TokenLimit(Conflict):
    """Rule C4: no more tokens than the team allows (I15)."""

    code = "token_limit"
    detail = "You hold as many tokens as your team allows: revoke one first."


class AlreadyIssued(Conflict):
    """The first answer to this idempotency key held a secret, which is never kept."""

    code = "already_issued"
    detail = "This was done, and its answer held a secret that is shown once."


class Contention(Conflict):
    """Several attempts met newer changes each time."""

    code = "conflict"
    detail = "Others are changing this at the moment: try again."


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
