"""Set a password by a mailed link (C2): the first one of a team's owner, or a new one."""

from dataclasses import dataclass

from rollcall.actions.call import Call
from rollcall.auth import links, passwords
from rollcall.auth.secrets import Secret
from rollcall.domain import members
from rollcall.domain.errors import LinkExpired, LinkReplaced, LinkUnknown, LinkUsed
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
    """Whom a live set-password link belongs to."""

    member: Member
    team: Team


def reads(token: Secret) -> list[Key]:
    """Name what judging the link needs."""
    return [keys.team(token.team_id), keys.member(token.team_id, token.owner_id)]


def inspect(call: Call, token: Secret, link_keys: list[bytes]) -> Holder:
    """Return whose password the link sets; changes nothing (I7, I8)."""
    team = call.found.team(token.team_id)
    member = call.found.member(token.team_id, token.owner_id)
    if token.kind != "rst" or team is None or not team.passwords_open or not team.alive:
        raise LinkUnknown
    if member is None or not member.is_active:
        raise LinkUnknown
    newest = links.opens_password(link_keys, token, member)
    if newest is None:
        raise LinkUnknown
    holder = Holder(member, team)
    if newest and links.live_password_link(member, call.now):
        return holder
    late = LinkExpired if newest else LinkReplaced
    dead = late() if member.password_link.expires_at else LinkUsed()
    dead.about = holder
    raise dead


def set_password(call: Call, token: Secret, chosen: str, link_keys: list[bytes]) -> Holder:
    """Set it, ending every session; no session is made, the person signs in with it (case 23)."""
    holder = inspect(call, token, link_keys)
    member, team = holder.member, holder.team
    passwords.check(chosen, *passwords.context(team, member.email_key, member.name))
    actor = Actor(team.id, member.id, member.email, member.name, member.role, CredentialKind.LINK)
    hashed = passwords.hashed(chosen)
    call.commit(members.set_password(member, hashed, actor, call.new_id("let"), call.now), holder)
    return holder
