"""GET /v1/audit-events, its export, and GET /v1/members/{id}/explain."""

from rollcall.actions.explain import Explanation, explain
from rollcall.domain.permissions import Permission
from rollcall.http import answers, exports, queries, targets
from rollcall.http.bodies import Nothing
from rollcall.http.endpoint import Request, by_route, endpoint
from rollcall.http.exports import Export
from rollcall.storage import audit
from rollcall.storage.audit import EventPage


@endpoint(permission=Permission.READ_AUDIT, answer=answers.events)
def _list(request: Request[Nothing]) -> EventPage:
    """List audit events, newest first."""
    team = request.call.team
    return audit.page(team.id, queries.event_query(request.asked.http, team.id, answers.cursor_keys()))


@endpoint(permission=Permission.READ_AUDIT, answer=exports.answer)
def _export(request: Request[Nothing]) -> Export:
    """Export audit events, oldest first, at most 5 MB a call."""
    return exports.export(request.asked.http, request.call.team.id, answers.cursor_keys())


@endpoint(permission=Permission.READ_AUDIT, reads=targets.member, answer=answers.explanation)
def _explain(request: Request[Nothing]) -> Explanation:
    """Tell where a member's role and product access come from."""
    return explain(request.call, request.asked.path_id("id", "mem"))


_lists = {"GET /v1/audit-events": _list, "GET /v1/audit-events/export": _export}
handler = by_route({**_lists, "GET /v1/members/{id}/explain": _explain})
