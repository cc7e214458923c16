"""SCIM tokens and the mapping of groups to roles, by owners (S2) and admins (R2)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from rollcall.actions import regroup
from rollcall.actions.call import Call
from rollcall.auth import secrets
from rollcall.domain import connections, tokens
from rollcall.domain.changes import Change, Regrouped
from rollcall.domain.connections import USUAL_LIFE, Connection, RoleRule, ScimToken
from rollcall.domain.errors import Flaw, Invalid
from rollcall.domain.groups import Group, mapped_role
from rollcall.domain.text import RoleRules, TokenName
from rollcall.domain.tokens import LAST
from rollcall.storage import memberships
from rollcall.storage.reads import last_uses


@dataclass(frozen=True, slots=True)
class NewScimToken:
    """A SCIM token to be; it ends after a year unless `expires_at` says otherwise.

    `staged`, for a team's first one: what the provider sends changes nothing yet, and can be looked at first.
    """

    name: TokenName
    expires_at: datetime | None = None
    staged: bool = False


@dataclass(frozen=True, slots=True)
class RoleMapping:
    """Which groups give which role: `group` is a displayName, in any case, or a group's id; `role` is never owner."""

    mappings: RoleRules


@dataclass(frozen=True, slots=True)
class ListedTokens:
    """A connection's tokens, oldest first, and when each was last used."""

    connection: Connection
    used: dict[str, datetime]


def issue_scim_token(call: Call, wanted: NewScimToken) -> tuple[str, ScimToken]:
    """Return the token's text, shown this once, and what is kept of it. Raises TokenLimit, Conflict, Invalid."""
    team, now = call.team, call.now
    expires_at = wanted.expires_at or now + USUAL_LIFE
    if expires_at <= now:
        raise Invalid(Flaw("/expires_at", "This moment has passed."))
    token_id = call.new_id("scm")
    text = secrets.compose("scm", team.id, token_id, call.random_bytes(32))
    notice_at = tokens.next_notice(expires_at, now)
    token = ScimToken(token_id, wanted.name, secrets.digest(text), text[-LAST:], expires_at, notice_at)
    change = connections.issue(call.found.connection(team.id), team, token, call.actor, now, staged=wanted.staged)
    call.commit(change, (text, token))
    return text, token


def list_scim_tokens(call: Call) -> ListedTokens:
    """Return the team's SCIM tokens, expired ones too until a new one takes their place."""
    connection = call.found.connection(call.team.id) or Connection(call.team.id)
    used = last_uses(call.team.id, [one.id for one in connection.tokens])
    return ListedTokens(connection, used)


def revoke_scim_token(call: Call, token_id: str | None) -> None:
    """Revoke one at once."""
    call.commit(connections.revoke(call.found.connection(call.team.id), call.team, token_id, call.actor))


def role_mapping(call: Call) -> tuple[RoleRule, ...]:
    """Return which groups give which role."""
    connection = call.found.connection(call.team.id)
    return connection.rules if connection else ()


def set_role_mapping(call: Call, wanted: RoleMapping) -> tuple[RoleRule, ...]:
    """Set which groups give which role, and give their members the roles that follow; repeated, it completes that."""
    connection, rules = call.found.connection(call.team.id), wanted.mappings
    change = connections.set_rules(connection, call.team, rules, call.actor)
    before = connection.rules if connection else ()
    behind = [_behind(call, group, before, rules) for group in memberships.all_groups(call.team.id)]
    call.unkept().commit(change)
    for group in behind:
        if group.behind:
            regroup.remap(call, group)
    call.conclude(rules)
    return rules


def _behind(call: Call, group: Group, before: Sequence[RoleRule], after: Sequence[RoleRule]) -> Group:
    """Note on a group that its members' roles are to be looked at, before the rules are others."""
    marked = replace(group, behind=group.behind or mapped_role(before, [group]) != mapped_role(after, [group]))
    if marked != group:
        call.unkept().commit(Change(steps=(Regrouped(group, marked),)))
    return marked
