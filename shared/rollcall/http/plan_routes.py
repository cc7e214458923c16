"""What a staged SCIM connection would do to the team, and letting it: for owners, admins only look."""

from collections import Counter
from typing import Any

from rollcall.actions import people, staging
from rollcall.actions.staging import Plan, Planned
from rollcall.domain.permissions import Permission
from rollcall.http.answers import nothing
from rollcall.http.bodies import Nothing
from rollcall.http.endpoint import Asked, Endpoint, Request, endpoint
from rollcall.http.reply import Reply
from rollcall.storage import keys
from rollcall.storage.keys import Key

MOST_TOLD = 1000
Json = dict[str, Any]


def _connection(asked: Asked[Any]) -> list[Key]:
    return [keys.connection(asked.team_id)]


def told(_: Request[Any], plan: Plan) -> Reply:
    """Return the plan: how many of each kind, exactly, and the first thousand one by one."""
    counts = Counter(one.change for one in plan.planned)
    body = {
        "state": _state(plan),
        "counts": {kind: counts[kind] for kind in staging.KINDS},
        "data": [_planned(one) for one in plan.planned[:MOST_TOLD]],
        "total": len(plan.planned),
    }
    return Reply(200, body)


def applied(_: Request[Any], plan: Plan) -> Reply:
    """Return what an activation did, what was refused and why, and how much is left for the next call."""
    refused = [{"about": one.about, "reason": one.reason} for one in plan.refused]
    told_of = {"applied": plan.applied, "remaining": plan.remaining, "refused": refused}
    return Reply(200, {"state": _state(plan), **told_of})


def _state(plan: Plan) -> str | None:
    return plan.connection.state.value if plan.connection else None


def _planned(one: Planned) -> Json:
    if one.record is None:
        group = {"id": one.group, "display_name": one.after, "members": one.members}
        return {"change": one.change, "member": None, "group": group, "before": one.before, "after": one.after}
    record = one.record
    user_name = people.resource_of(record)["userName"]
    member = {"id": record.id, "email": record.email or None, "name": record.name, "user_name": user_name}
    return {"change": one.change, "member": member, "group": None, "before": one.before, "after": one.after}


@endpoint(permission=Permission.CONFIGURE_SSO, reads=_connection, answer=told)
def _plan(request: Request[Nothing]) -> Plan:
    """Look at what a staged SCIM connection would change."""
    return staging.plan(request.call)


@endpoint(permission=Permission.MANAGE_SCIM_TOKENS, reads=_connection, answer=applied)
def _activate(request: Request[Nothing]) -> Plan:
    """Let a staged SCIM connection through; repeating it goes on where there is more than one call does."""
    return staging.activate(request.call)


@endpoint(permission=Permission.MANAGE_SCIM_TOKENS, reads=_connection, answer=nothing)
def _drop(request: Request[Nothing]) -> None:
    """Drop a staged SCIM connection, with its tokens and all that it gathered."""
    staging.drop(request.call)


ROUTES: dict[str, Endpoint] = {
    "GET /v1/team/scim-plan": _plan,
    "POST /v1/team/scim-plan/activate": _activate,
    "POST /v1/team/scim-plan/drop": _drop,
}
