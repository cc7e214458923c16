"""GET /v1/members and /v1/members/{id}."""

from datetime import datetime

from rollcall.actions import list_members
from rollcall.domain.members import Member
from rollcall.domain.permissions import Permission
from rollcall.http import answers, queries, targets
from rollcall.http.bodies import Nothing
from rollcall.http.endpoint import Request, by_route, endpoint
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


handler = by_route({"GET /v1/members": _list, "GET /v1/members/{id}": _get})
