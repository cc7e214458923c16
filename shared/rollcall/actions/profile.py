"""Members change their own profile, and nothing else of themselves (M11)."""

from dataclasses import dataclass

from rollcall.actions.call import Call
from rollcall.domain import members
from rollcall.domain.members import Member, Profile
from rollcall.domain.text import AvatarUrl, PersonName


@dataclass(frozen=True, slots=True)
class ProfileEdit:
    """The fields to change; those left out stay, a null avatar is cleared."""

    name: PersonName | None = None
    avatar_url: AvatarUrl | None = None


def edit_profile(call: Call, edit: ProfileEdit) -> Member:
    """Change the caller's own name and avatar."""
    member = call.known.member
    call.check_version(member.version)
    change, after = members.edit_profile(member, Profile(edit.name, edit.avatar_url), call.actor)
    call.commit(change, after)
    return after
