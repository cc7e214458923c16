"""Conflicts between what an identity provider sends and who is a member already: see them, accept one (S3)."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace

from rollcall.actions import people
from rollcall.actions.call import Call
from rollcall.domain import provisioning, scim_conflicts
from rollcall.domain.errors import NotFound
from rollcall.domain.members import Member
from rollcall.domain.scim_conflicts import ScimConflict
from rollcall.storage import keys
from rollcall.storage.keys import Key
from rollcall.storage.reads import read
from rollcall.storage.scim_conflicts import conflicts_of


@dataclass(frozen=True, slots=True)
class ConflictPage:
    """Conflicts, each with its member, and where the next page starts."""

    rows: list[tuple[ScimConflict, Member]]
    following: str | None


def reads(team_id: str, member_id: str) -> Iterable[Key]:
    """Name what accepting a conflict looks at."""
    return keys.scim_conflict(team_id, member_id), keys.member(team_id, member_id), keys.connection(team_id)


def list_conflicts(call: Call, limit: int, after: str | None) -> ConflictPage:
    """Return a page of what waits for an owner; what was of a member who is gone is left out."""
    team_id = call.team.id
    listed, following = conflicts_of(team_id, limit, after)
    found = read([keys.member(team_id, one.member_id) for one in listed]) if listed else call.found
    members = [(one, found.member(team_id, one.member_id)) for one in listed]
    return ConflictPage([(one, member) for one, member in members if member is not None], following)


def accept_conflict(call: Call, member_id: str | None) -> Member:
    """Let the identity provider have the member whom its conflict is about. Raises NotFound."""
    conflict = call.found.scim_conflict(call.team.id, member_id) if member_id else None
    member = call.found.member(call.team.id, member_id) if member_id else None
    if conflict is None or member is None:
        raise NotFound
    person = replace(people.sent(json.loads(conflict.resource)).person, active=None)
    adoption, after = provisioning.adopt(member, person, call.actor)
    settled = scim_conflicts.accept(conflict, member, call.actor)
    call.commit(replace(settled, steps=(*settled.steps, *adoption.steps)), after)
    return after
