"""What the routes of the SCIM connection and of break-glass codes answer; pure, as answers.py is."""

import os
from typing import Any

from rollcall.actions.break_glass import MadeCodes
from rollcall.actions.scim_conflicts import ConflictPage
from rollcall.actions.scim_tokens import ListedTokens
from rollcall.domain.connections import RoleRule, ScimToken
from rollcall.domain.domains import TeamDomain
from rollcall.domain.times import rfc3339
from rollcall.http import cursors, queries
from rollcall.http.endpoint import Request
from rollcall.http.reply import Reply
from rollcall.http.views import conflict_view, domain_view, log_view, scim_token_view
from rollcall.storage.scim_log import LogPage


def scim_url() -> str:
    """Return the address that identity providers are given."""
    return f"{os.environ['PUBLIC_BASE_URL']}/scim/v2"


def issued(_: Request[Any], value: tuple[str, ScimToken]) -> Reply:
    """Return 201 with the SCIM token and its secret, shown this once, and where it is used."""
    text, about = value
    return Reply(201, {**scim_token_view(about), "secret": text, "scim_url": scim_url()}, secret=True)


def scim_tokens(_: Request[Any], value: ListedTokens) -> Reply:
    """Return the team's SCIM tokens, and the state of their connection."""
    rows = [scim_token_view(one, value.used.get(one.id)) for one in value.connection.tokens]
    about = {"connection": value.connection.state.value, "scim_url": scim_url()}
    return Reply(200, {"data": rows, "next_cursor": None, "total": len(rows), **about})


def role_mapping(_: Request[Any], rules: tuple[RoleRule, ...]) -> Reply:
    """Return which groups give which role."""
    return Reply(200, {"mappings": [rule.facts for rule in rules]})


def log(request: Request[Any], page: LogPage) -> Reply:
    """Return a page of the log of provisioning; there is no total of it."""
    entries, following = page
    rows = [log_view(entry) for entry in entries]
    return Reply(200, {"data": rows, "next_cursor": _cursor(request, following, queries.LOG_FILTERS)})


def conflicts(request: Request[Any], page: ConflictPage) -> Reply:
    """Return a page of conflicts, each with its member and what the provider sent; there is no total of them."""
    rows = [conflict_view(conflict, member) for conflict, member in page.rows]
    return Reply(200, {"data": rows, "next_cursor": _cursor(request, page.following, ())})


def made_codes(_: Request[Any], made: MadeCodes) -> Reply:
    """Return 201 with break-glass codes, shown this once."""
    return Reply(201, {"codes": list(made.codes), "made_at": rfc3339(made.made_at)}, secret=True)


def _cursor(request: Request[Any], following: str | None, names: tuple[str, ...]) -> str | None:
    filters = queries.filters(request.asked.http, names)
    team_id = request.call.team.id
    return None if following is None else cursors.seal(queries.cursor_keys()[0], team_id, filters, (following,))


def claimed(_: Request[Any], value: TeamDomain) -> Reply:
    """Return 201 with the domain and the record that proves it."""
    return Reply(201, domain_view(value))


def domain(_: Request[Any], value: TeamDomain) -> Reply:
    """Return 200 with the domain."""
    return Reply(200, domain_view(value))


def domains(_: Request[Any], value: list[TeamDomain]) -> Reply:
    """Return the team's domains."""
    rows = [domain_view(one) for one in value]
    return Reply(200, {"data": rows, "next_cursor": None, "total": len(rows)})
