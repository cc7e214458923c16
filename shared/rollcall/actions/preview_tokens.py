"""Which tokens a new limit of age would stop, before it is set (C4): nothing is changed."""

from collections.abc import Mapping
from dataclasses import dataclass

from rollcall.actions.call import Call
from rollcall.domain import tokens
from rollcall.domain.errors import Flaw, Invalid
from rollcall.domain.members import Member
from rollcall.domain.team_changes import change_settings
from rollcall.domain.teams import Team
from rollcall.domain.tokens import Token
from rollcall.storage import keys
from rollcall.storage.everybody import everybody
from rollcall.storage.reads import read

GROUP = "tokens"
MOST_MEMBERS = 10_000


@dataclass(frozen=True, slots=True)
class Stopped:
    """A token that works now and would be refused from the change on, and whose it is."""

    token: Token
    member: Member


@dataclass(frozen=True, slots=True)
class Preview:
    """The team as it would be, and what would stop; `complete` where every member was looked at."""

    team: Team
    stopped: list[Stopped]
    complete: bool


def preview(call: Call, group: str, wanted: Mapping[str, object]) -> Preview:
    """Return which tokens would stop, and that they would at once. Raises Invalid as the change itself would."""
    if group != GROUP:
        raise Invalid(Flaw("?preview", "Only changes of the tokens' limits can be looked at before."))
    _, after = change_settings(call.team, group, wanted, call.actor)
    members, complete = everybody(call.team.id, MOST_MEMBERS)
    ends = [
        (member, pat.id)
        for member in members
        for pat in member.pats.values()
        if member.is_active
        and pat.live(call.now)
        and tokens.allowed(pat.id, pat.expires_at, call.team.settings)
        and not tokens.allowed(pat.id, pat.expires_at, after.settings)
    ]
    told = read([keys.pat(member.team_id, member.id, pat_id) for member, pat_id in ends])
    named = [(told.token(member.team_id, member.id, pat_id), member) for member, pat_id in ends]
    return Preview(after, [Stopped(token, member) for token, member in named if token is not None], complete)
