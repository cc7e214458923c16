"""GET and PATCH /v1/me."""

from datetime import datetime

from rollcall.actions.list_members import last_active
from rollcall.actions.profile import ProfileEdit, edit_profile
from rollcall.domain.members import Member
from rollcall.domain.permissions import Permission
from rollcall.http import answers
from rollcall.http.bodies import Nothing
from rollcall.http.endpoint import Request, by_route, endpoint


@endpoint(permission=Permission.READ_OWN_PROFILE, answer=answers.member)
def _read(request: Request[Nothing]) -> tuple[Member, datetime | None]:
    """Read the own profile."""
    member = request.call.known.member
    return member, last_active(member)


@endpoint(permission=Permission.EDIT_OWN_PROFILE, body=ProfileEdit, answer=answers.member)
def _edit(request: Request[ProfileEdit]) -> tuple[Member, datetime | None]:
    """Change the own name and avatar."""
    seen = last_active(request.call.known.member)  # before the change: a read that fails must not hide that it was made
    return edit_profile(request.call, request.body), seen


handler = by_route({"GET /v1/me": _read, "PATCH /v1/me": _edit})
