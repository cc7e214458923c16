"""The founding of a team: with its first, active owner, in one step (T1, M4)."""

from rollcall.domain.changes import Change, Claim, Created, Letter
from rollcall.domain.events import Action, Deed, Subject
from rollcall.domain.members import Member
from rollcall.domain.permissions import Actor
from rollcall.domain.teams import Team

SLUG = "slug"


def found(team: Team, owner: Member, actor: Actor, letter_id: str | None) -> Change:
    """Create team and owner; the letter, if any, carries the owner's set-password link."""
    letters: tuple[Letter, ...] = ()
    if letter_id is not None:
        generation = owner.password_link.generation
        letters = (Letter(letter_id, "set_password", team.id, owner.id, generation, team.created_at, {}),)
    told = {"slug": team.slug, "name": team.name, "owner": owner.email}
    return Change(
        steps=(Created(team), Created(owner)),
        claims=(
            Claim(SLUG, team.id, team.slug, None, team.id),
            Claim("email", team.id, owner.email_key, None, owner.id),
        ),
        deeds=(Deed(Action.TEAM_CREATED, actor, Subject("team", team.id, team.name), None, told),),
        letters=letters,
    )
