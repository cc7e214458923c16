"""Set a password by a mailed link (C2): a new one, an owner's first one, or the one that founds a team (T1)."""

from dataclasses import dataclass

from rollcall.actions.call import Call
from rollcall.auth import links, passwords
from rollcall.auth.secrets import Secret
from rollcall.domain import founding, members
from rollcall.domain.credentials import RESET_LIFE
from rollcall.domain.errors import LinkExpired, LinkReplaced, LinkUnknown, LinkUsed
from rollcall.domain.founding import SignUp
from rollcall.domain.members import Member
from rollcall.domain.permissions import Actor, CredentialKind
from rollcall.domain.teams import Team
from rollcall.domain.text import LinkText, NewPassword
from rollcall.storage import keys
from rollcall.storage.keys import Key


@dataclass(frozen=True, slots=True)
class ChosenPassword:
    """The link's token and the password."""

    token: LinkText
    password: NewPassword


@dataclass(frozen=True, slots=True)
class Holder:
    """Whom a set-password link belongs to; with a sign-up, member and team are those to be."""

    member: Member
    team: Team
    sign_up: SignUp | None = None


def reads(token: Secret) -> list[Key]:
    """Name what judging the link needs."""
    return [keys.team(token.team_id), keys.member(token.team_id, token.owner_id), keys.sign_up(token.team_id)]


def inspect(call: Call, token: Secret, link_keys: list[bytes]) -> Holder:
    """Return whose password the link sets; changes nothing (I7, I8)."""
    holder = _holder(call, token)
    newest = links.opens_password(link_keys, token, holder.member) if holder else None
    if holder is None or newest is None:
        raise LinkUnknown
    member = holder.member
    if newest and links.live_password_link(member, call.now):
        return holder
    late = LinkExpired if newest else LinkReplaced
    dead = late() if member.password_link.expires_at else LinkUsed()
    dead.about = holder
    raise dead


def _holder(call: Call, token: Secret) -> Holder | None:
    """Return whose link it would be: a member's, or, where there is no team yet, that of who signed up for it."""
    if token.kind != "rst":
        return None
    team, sign_up = call.found.team(token.team_id), call.found.sign_up(token.team_id)
    if team is None and sign_up is not None and sign_up.owner_id == token.owner_id:
        return Holder(sign_up.owner, sign_up.team, sign_up)
    member = call.found.member(token.team_id, token.owner_id)
    if team is None or not team.passwords_open or not team.alive or member is None or not member.is_active:
        return None
    return None if _before_the_switch(member, team) else Holder(member, team)


def _before_the_switch(member: Member, team: Team) -> bool:
    """Tell whether the link was made before SSO was last enforced or released: then it is dead for ever (case 20)."""
    expires, switched_at = member.password_link.expires_at, team.sso_switched_at
    return expires is not None and switched_at is not None and expires - RESET_LIFE <= switched_at


def set_password(call: Call, token: Secret, chosen: str, link_keys: list[bytes]) -> Holder:
    """Set it, ending every session; no session is made, the person signs in with it (case 23).

    Where it was signed up for, the team comes into being with it. Raises SlugTaken when its slug was lost meanwhile.
    """
    holder = inspect(call, token, link_keys)
    member, team = holder.member, holder.team
    passwords.check(chosen, *passwords.context(team, member.email_key, member.name))
    hashed = passwords.hashed(chosen)
    if holder.sign_up is not None:
        call.commit(founding.fulfil(holder.sign_up, hashed), holder)
        return holder
    actor = Actor(team.id, member.id, member.email, member.name, member.role, CredentialKind.LINK)
    call.commit(members.set_password(member, hashed, actor, call.new_id("let"), call.now), holder)
    return holder
