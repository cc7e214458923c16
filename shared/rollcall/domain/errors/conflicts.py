"""What the present state does not allow (409); the tree is drawn in the package."""

from collections.abc import Mapping, Sequence

from rollcall.domain.errors.base import Conflict


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


class StillValid(Conflict):
    """The invitation works: there is nothing to renew."""

    code = "still_valid"
    detail = "This invitation still works: open the newest link."


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


class DomainTaken(Conflict):
    """Another team has proven this domain (case 196)."""

    code = "domain_taken"
    detail = "Another team has proven that this domain is theirs."


class DomainUnproven(Conflict):
    """The DNS record that proves the domain is not there."""

    code = "domain_not_proven"
    detail = "The TXT record is not there yet: publish it, and try again once your DNS has it."


class TokenLimit(Conflict):
    """Rule C4: no more tokens than the team allows (I15)."""

    code = "token_limit"
    detail = "You hold as many tokens as your team allows: revoke one first."


class GrantLimit(Conflict):
    """A member holds as many grants as there may be, over all products (M9)."""

    code = "grant_limit"
    detail = "This member holds 1,000 grants, the most there may be: release some first."


class AlreadyIssued(Conflict):
    """The first answer to this idempotency key held a secret, which is never kept."""

    code = "already_issued"
    detail = "This was done, and its answer held a secret that is shown once."


class Contention(Conflict):
    """Several attempts met newer changes each time."""

    code = "conflict"
    detail = "Others are changing this at the moment: try again."


class BeingRemoved(Conflict):
    """The identity provider deleted this member; only a product's grants keep the record."""

    code = "being_removed"
    detail = "This member was removed by the identity provider; the record goes when the last grant is released."


class GroupExists(Conflict):
    """A group of the same displayName, without regard to case, is there already."""

    code = "group_exists"
    detail = "A group of this name exists already."


class HeldByHand(Conflict):
    """Rule S3: whom an admin deactivated by hand, the identity provider does not let in again."""

    code = "held_by_hand"
    detail = "An admin deactivated this member by hand: reactivate them in Rollcall."


class NotReachable(Conflict):
    """No link may be mailed to the member: there is no address, or nobody but the identity provider vouches for it."""

    code = "not_reachable"
    detail = "This member has no proven address that a link may be mailed to: they sign in by the identity provider."


class NotManaged(Conflict):
    """Rule S3: an existing member is not taken over by e-mail unless the team has proven its domain."""

    code = "not_managed"
    detail = (
        "A member with this address exists and does not belong to this connection. "
        "Prove the domain, or let an owner accept the conflict in Rollcall."
    )


class EmailNotProven(Conflict):
    """Rule S3: the address of an invited or adopted member only changes within the team's proven domains."""

    code = "email_not_proven"
    detail = "The address of this member may only change to one in a domain that the team has proven."
