"""Grants (M9): products record and release their own; owners and admins list and release them all."""

import re
from dataclasses import dataclass

from rollcall.actions.call import Call
from rollcall.domain import grants
from rollcall.domain.errors import Flaw, Invalid, NotFound
from rollcall.domain.grants import RELEASED_TOGETHER, Grant, GrantKind
from rollcall.domain.members import Member
from rollcall.domain.text import GrantName
from rollcall.storage import keys
from rollcall.storage.reads import grants_of, read

GRANT_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:@-]{0,127}")


@dataclass(frozen=True, slots=True)
class NewGrant:
    """What the product calls it, and whether it is a resource or a sub-team."""

    name: GrantName
    kind: GrantKind = GrantKind.RESOURCE


@dataclass(frozen=True, slots=True)
class Recorded:
    """A grant, and whether it is new."""

    grant: Grant
    is_new: bool


def record_grant(call: Call, member_id: str | None, grant_id: str, wanted: NewGrant) -> Recorded:
    """Put a grant of the calling product, or change it."""
    member, product = _member(call, member_id), str(call.actor.product)
    key = keys.grant(member.team_id, member.id, product, grant_id)
    before = read([key]).grant(member.team_id, member.id, product, grant_id)
    after = Grant(product, grant_id, wanted.name, wanted.kind)
    recorded = Recorded(after, before is None)
    call.commit(grants.record(member, before, after, call.actor), recorded)
    return recorded


def list_grants(call: Call, member_id: str | None, product: str | None) -> list[Grant]:
    """Return a member's grants: a product sees its own."""
    member = call.found.member(call.team.id, member_id) if member_id else None
    if member is None:
        raise NotFound
    mine = call.actor.product or product
    return [one for one in grants_of(member.team_id, member.id) if mine in {None, one.product}]


def release_grant(call: Call, member_id: str | None, grant_id: str, product: str | None) -> None:
    """Release one grant. Raises Invalid where two products use the id and none is named."""
    member = _member(call, member_id)
    named = [one for one in list_grants(call, member_id, product) if one.id == grant_id]
    if not named:
        raise NotFound
    if len(named) > 1:
        raise Invalid(Flaw("?product", "Two products use this id: name the product."))
    call.commit(grants.release(member, named, call.actor, call.now, last=member.grants == 1))


def release_all(call: Call, member_id: str | None, product: str | None) -> list[Grant]:
    """Release all grants of a member (of a product), a bounded number in each transaction; repeating goes on."""
    member = _member(call, member_id)
    held = list_grants(call, member_id, product)
    for start in range(0, len(held), RELEASED_TOGETHER):
        together = held[start : start + RELEASED_TOGETHER]
        last = len(held) == member.grants and held[-1] is together[-1]
        call.commit(grants.release(member, together, call.actor, call.now, last=last))
    return held


def _member(call: Call, member_id: str | None) -> Member:
    """Return the member; people need the rank to act on them, products do not."""
    member = call.found.member(call.team.id, member_id) if member_id else None
    if member is None:
        raise NotFound
    if call.actor.product is None:
        call.actor.require_rank(member.role)
    return member
