"""The routes that show members and the own profile, which its owner may edit (M1, M2, M11)."""

from datetime import datetime

from rollcall.actions import list_members
from rollcall.actions.profile import ProfileEdit, edit_profile
from rollcall.domain.members import Member
from rollcall.domain.permissions import Permission
from rollcall.http import answers, queries, targets
from rollcall.http.bodies import Nothing
from rollcall.http.endpoint import Endpoint, Request, endpoint
from rollcall.storage.members import MemberPage


@endpoint(permission=Permission.READ_MEMBERS, reads=targets.roster, answer=answers.members)
def _list(request: Request[Nothing]) -> MemberPage:
    """List members with search, filters and the exact total of what matches."""
    call = request.call
    asked = queries.member_query(request.asked.http, call.team.id, answers.cursor_keys())
    return list_members.list_members(call, asked)


@endpoint(permission=Permission.READ_MEMBERS, reads=targets.member, answer=answers.member)
def _get(request: Request[Nothing]) -> tuple[Member, datetime | None]:
    """Read one member."""
    return list_members.get_member(request.call, request.asked.path_id("id", "mem"))


@endpoint(permission=Permission.READ_OWN_PROFILE, answer=answers.member)
def _read(request: Request[Nothing]) -> tuple[Member, datetime | None]:
    """Read the own profile."""
    member = request.call.known.member
    return member, list_members.last_active(member)


@endpoint(permission=Permission.EDIT_OWN_PROFILE, body=ProfileEdit, answer=answers.member)
def _edit(request: Request[ProfileEdit]) -> tuple[Member, datetime | None]:
    """Change the own name and avatar."""
    seen = list_members.last_active(request.call.known.member)  # before it: a read that fails must not hide the change
    return edit_profile(request.call, request.body), seen


ROUTES: dict[str, Endpoint] = {
    "GET /v1/members": _list,
    "GET /v1/members/{id}": _get,
    "GET /v1/me": _read,
    "PATCH /v1/me": _edit,
}
