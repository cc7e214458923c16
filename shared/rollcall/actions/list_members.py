"""The member list and one member, for owners and admins (M1, M2)."""

from datetime import datetime

from rollcall.actions.call import Call
from rollcall.domain.errors import Flaw, Invalid, NotFound
from rollcall.domain.members import Member
from rollcall.domain.times import from_epoch_ms
from rollcall.storage import keys, members
from rollcall.storage.members import MemberPage, MemberQuery
from rollcall.storage.reads import read


def list_members(call: Call, asked: MemberQuery) -> MemberPage:
    """Return a page of members with the exact total of what matches."""
    if asked.product is not None and asked.product not in call.team.products:
        raise Invalid(Flaw("?product", "The team has no such product."))
    blocks = max(call.found.open_blocks(call.team.id)) + 1
    return members.page(call.team.id, asked, blocks)


def get_member(call: Call, member_id: str | None) -> tuple[Member, datetime | None]:
    """Return a member of the caller's team and when they were last active."""
    member = call.found.member(call.team.id, member_id) if member_id else None
    if member is None:
        raise NotFound
    return member, last_active(member)


def last_active(member: Member) -> datetime | None:
    """Return when the member was last active, to the hour; it stands on the roster row."""
    row = read([keys.row(member.team_id, member.block, member.id)]).row(member)
    return None if row is None or row.last_active is None else from_epoch_ms(int(row.last_active))
