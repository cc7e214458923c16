"""The founding of a team with its first, active owner, in one step (T1, M4): by an operator, or by signing up for one.

A sign-up is only a request until its mailed link is used: no team, no member and no audit event exist before.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from rollcall.domain.changes import Change, Claim, Created, Letter, Retired
from rollcall.domain.events import Action, Deed, Subject
from rollcall.domain.members import Member, PasswordLink, RoleSource, Source
from rollcall.domain.permissions import Actor, CredentialKind, Role
from rollcall.domain.teams import Team

SLUG = "slug"
SIGN_UP = "sign_up"
SIGN_UP_LIFE = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class SignUp:
    """A request for a team, with the ids that team and owner are to have; it and its lock of the slug lapse together.

    The lock is a claim that lapses: from `expires_at` on, anybody may have the slug.
    """

    team_id: str
    owner_id: str
    slug: str
    name: str
    email: str
    email_key: str
    owner_name: str
    asked_at: datetime
    expires_at: datetime

    @property
    def team(self) -> Team:
        """Return the team to be."""
        return Team(self.team_id, self.slug, self.name, self.asked_at)

    @property
    def owner(self) -> Member:
        """Return its owner to be, who holds the one link that there ever is."""
        owner = first_owner(self.team, self.owner_id, self.email, self.email_key, self.owner_name)
        return replace(owner, password_link=PasswordLink(1, self.expires_at))

    def live(self, now: datetime) -> bool:
        """Tell whether the link still works and the slug is still held; the moment itself is too late."""
        return now < self.expires_at

    def letter(self, letter_id: str, now: datetime) -> Letter:
        """Return the letter that carries the link."""
        return Letter(letter_id, SIGN_UP, self.team_id, self.owner_id, 1, now, {})


def first_owner(team: Team, owner_id: str, email: str, email_key: str, name: str) -> Member:
    """Return a new team's owner, as yet without a credential."""
    return Member(
        id=owner_id,
        team_id=team.id,
        email=email,
        email_key=email_key,
        name=name,
        role=Role.OWNER,
        role_source=RoleSource.MANUAL,
        source=Source.INVITED,
        created_at=team.created_at,
    )


def found(team: Team, owner: Member, actor: Actor, letter_id: str | None, held_by: str | None = None) -> Change:
    """Create team and owner; the letter, if any, carries the owner's set-password link.

    `held_by` is who held the slug until now: nobody, or the sign-up that is fulfilled.
    """
    letters: tuple[Letter, ...] = ()
    if letter_id is not None:
        generation = owner.password_link.generation
        letters = (Letter(letter_id, "set_password", team.id, owner.id, generation, team.created_at, {}),)
    told = {"slug": team.slug, "name": team.name, "owner": owner.email}
    return Change(
        steps=(Created(team), Created(owner)),
        claims=(
            Claim(SLUG, team.id, team.slug, held_by, team.id, at=team.created_at),
            Claim("email", team.id, owner.email_key, None, owner.id),
        ),
        deeds=(Deed(Action.TEAM_CREATED, actor, Subject("team", team.id, team.name), None, told),),
        letters=letters,
    )


def request(sign_up: SignUp, letter_id: str) -> Change:
    """Write a sign-up down, lock its slug until it lapses, and mail its link."""
    lock = Claim(SLUG, sign_up.team_id, sign_up.slug, None, sign_up.team_id, sign_up.asked_at, sign_up.expires_at)
    return Change(steps=(Created(sign_up),), claims=(lock,), letters=(sign_up.letter(letter_id, sign_up.asked_at),))


def fulfil(sign_up: SignUp, password_hash: str) -> Change:
    """Create what was signed up for; whoever holds the mailed link has proven the address. The link is spent."""
    team = sign_up.team
    spent = PasswordLink(sign_up.owner.password_link.generation + 1)
    owner = replace(sign_up.owner, password_hash=password_hash, password_link=spent, email_verified=True)
    actor = Actor(team.id, owner.id, owner.email, owner.name, owner.role, CredentialKind.LINK)
    change = found(team, owner, actor, None, held_by=team.id)
    return replace(change, steps=(*change.steps, Retired(sign_up)))
