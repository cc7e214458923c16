"""Create a team with its first owner: the operator's command (T1)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from rollcall.actions.call import Call
from rollcall.domain.founding import first_owner, found
from rollcall.domain.members import Member, PasswordLink
from rollcall.domain.permissions import Actor, CredentialKind
from rollcall.domain.teams import Team
from rollcall.domain.text import PersonName, Slug, TeamName
from rollcall.mail.address import Address

LINK_LIFE = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class TeamOrder:
    """What an operator asks for, read as strictly as any body."""

    slug: Slug
    name: TeamName
    owner_email: Address
    owner_name: PersonName


@dataclass(frozen=True, slots=True)
class NewTeam:
    """A team to be, and who owns it. A password hash is only given by the local stack's seed."""

    slug: str
    name: str
    owner_email: Address
    owner_name: str
    products: Mapping[str, str]
    password_hash: str | None = None


def order(asked: TeamOrder, products: Mapping[str, str]) -> NewTeam:
    """Return the team to be."""
    return NewTeam(asked.slug, asked.name, asked.owner_email, asked.owner_name, products)


def create_team(call: Call, wanted: NewTeam) -> tuple[Team, Member]:
    """Create team and active owner in one transaction, and mail the owner a link to set a password.

    Raises SlugTaken.
    """
    team = Team(call.new_id("team"), wanted.slug, wanted.name, call.now, dict(wanted.products))
    needs_link = wanted.password_hash is None
    address = wanted.owner_email
    owner = replace(
        first_owner(team, call.new_id("mem"), address.typed, address.key, wanted.owner_name),
        email_verified=not needs_link,
        password_hash=wanted.password_hash,
        password_link=PasswordLink(1, call.now + LINK_LIFE) if needs_link else PasswordLink(),
    )
    operator = Actor(team.id, None, None, None, None, CredentialKind.OPERATOR)
    call.commit(found(team, owner, operator, call.new_id("let") if needs_link else None), owner)
    return team, owner
