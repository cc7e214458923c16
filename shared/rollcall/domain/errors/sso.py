"""What single sign-on says no with (C5, J4, J5); each is one sentence for the person in front of the page."""

from rollcall.domain.errors.base import Conflict, Forbidden, Invalid, Unauthenticated, Unavailable


class SsoFailed(Unauthenticated):
    """The answer of the identity provider does not prove who signs in; why is for the log, not for the page."""

    code = "sso_failed"
    detail = "Your identity provider's answer could not be used. Start again from the sign-in page."

    def __init__(self, reason: str = "") -> None:
        """Keep why, in words of our own."""
        super().__init__()
        self.reason = reason


class SsoStateInvalid(Invalid):
    """The callback is not the end of a sign-in that this browser began within ten minutes (I11)."""

    code = "sso_state_invalid"

    def __init__(
        self, detail: str = "This sign-in was not begun in this browser, or took too long. Start it again."
    ) -> None:
        """Say it in one sentence, with nothing to point at."""
        super().__init__(detail=detail)


class SsoDenied(Forbidden):
    """The identity provider refused: the person is not assigned, or said no."""

    code = "sso_denied"
    detail = "Your identity provider did not let you in. Ask your admin whether you are assigned to Rollcall there."


class NoMembership(Forbidden):
    """Rule J5: nobody of this team, and nothing that would let them join."""

    code = "no_membership"
    detail = "You are not a member of this team. Ask one of its admins to invite you."


class EmailUnproven(NoMembership):
    """The identity provider tells no e-mail address that it vouches for and whose domain the team has proven."""

    detail = "Your identity provider does not vouch for an e-mail address that this team accepts. Ask an admin."


class InvitedElsewhere(Forbidden):
    """The invitation that came along is for another address than the identity provider tells."""

    code = "invited_elsewhere"
    detail = "The invitation is for another e-mail address than the one your identity provider tells."


class AccountDeactivated(Forbidden):
    """The member is deactivated."""

    code = "account_deactivated"
    detail = "Your account in this team is deactivated. Ask one of its admins."


class LinkedElsewhere(Forbidden):
    """The member signs in as another subject of an identity provider already (I12)."""

    code = "linked_elsewhere"
    detail = "The member with this e-mail address signs in by another account. Use that one, or ask an admin."


class NotVouched(Forbidden):
    """Rule I16: no owner has set up or tried this connection, so it lets nobody in as an owner."""

    code = "connection_not_vouched"
    detail = "An owner must first try this connection: until then it signs no owner in."


class SsoUntested(Conflict):
    """Rule C5: no owner has signed in through a connection since it was last changed."""

    code = "sso_untested"
    detail = "Sign in through an enabled connection as an owner first: none has since it was last changed."


class SsoEnforced(Conflict):
    """The change would leave a team that enforces single sign-on without a way in."""

    code = "sso_enforced"
    detail = "Owners come in by this connection alone. Open another way first: a second connection, or passwords."


class ProviderUnavailable(Unavailable):
    """The identity provider does not answer, or not as the standard says."""

    code = "identity_provider_unavailable"
    detail = "Your identity provider does not answer at the moment. Try again."

    def __init__(self, reason: str = "") -> None:
        """Keep why, in words of our own."""
        super().__init__()
        self.reason = reason
