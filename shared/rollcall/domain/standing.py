"""Who a member is to a product (C7): as introspection tells it (RFC 7662), and as a signed token does (RFC 9068)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from rollcall.domain import ids
from rollcall.domain.members import Member, Pat, Session
from rollcall.domain.teams import Team

LIFETIME = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Standing:
    """A member who may open the product now, and the credential by which they are known."""

    member: Member
    team: Team
    product: str
    credential: Session | Pat

    def introspection(self, issuer: str) -> dict[str, object]:
        """Return the members of RFC 7662, section 2.2, and the team's own; times in seconds since 1970.

        `exp` is the earliest end: the idle limit of a session moves on with its use.
        """
        ends = self.credential.ends_at
        return {
            "active": True,
            **self._about(issuer),
            "username": self.member.email or self.member.id,
            "token_type": "session" if isinstance(self.credential, Session) else "pat",
            "client_id": self.credential.id,
            "iat": _seconds(ids.made_at(self.credential.id)),
            **({} if ends is None else {"exp": _seconds(ends)}),
            "products": self.member.products.within(self.team).told,
        }

    def lifetime(self, now: datetime) -> int:
        """Return the seconds that a token signed now is good: five minutes, never longer than the credential."""
        ends = self.credential.ends_at
        return int((LIFETIME if ends is None else min(LIFETIME, ends - now)).total_seconds())

    def claims(self, issuer: str, token_id: str, now: datetime) -> dict[str, object]:
        """Return the claims of a product token that is signed now (RFC 9068, section 2.2)."""
        return {
            **self._about(issuer),
            "iat": _seconds(now),
            "nbf": _seconds(now),
            "exp": _seconds(now) + self.lifetime(now),
            "jti": token_id,
            "cred": self.credential.id,
        }

    def _about(self, issuer: str) -> dict[str, object]:
        return {
            "iss": issuer,
            "sub": self.member.id,
            "aud": self.product,
            "team": {"id": self.team.id, "slug": self.team.slug},
            "role": self.member.role.value,
            "email": self.member.email or None,
            "email_verified": self.member.email_verified,
            "name": self.member.name,
        }


def standing(member: Member, team: Team, product: str, credential_id: str | None) -> Standing | None:
    """Return the member's standing with a product; None where they may not open it, or the team has it not."""
    credential = member.credential(credential_id)
    if credential is None or not member.products.opens(product, team):
        return None
    return Standing(member, team, product, credential)


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())
