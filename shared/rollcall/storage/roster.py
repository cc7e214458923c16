"""The roster: compact rows in blocks by join order, and per block counters that make totals exact and cheap.

A counter's name is a cell: role and status (`oa`), the same with access to all products (`oa*`), the same with one
product (`oa/trustgate`). A member stands in one cell without product and in one per product, or in `…*`; so the
number of members with a role, a status and a product is the sum of two cells, and nothing is ever scanned for it.
"""

import unicodedata

from rollcall.domain import ids
from rollcall.domain.members import Member, RoleSource, Source, Status
from rollcall.domain.permissions import Role
from rollcall.storage import keys
from rollcall.storage.items import RowItem
from rollcall.storage.values import products_text

BLOCK_ROWS = 1024
SPARE_ROWS = 64
TOTAL = "n"

ROLE = {Role.OWNER: "o", Role.ADMIN: "a", Role.MEMBER: "m"}
STATUS = {Status.ACTIVE: "1", Status.DEACTIVATED: "0", Status.REMOVING: "x"}
ROLE_SOURCE = {RoleSource.MANUAL: "M", RoleSource.INVITATION: "I", RoleSource.MAPPING: "G"}
SOURCE = {Source.INVITED: "i", Source.SSO: "s", Source.SCIM: "c"}
VERIFIED = "v"
LINKED = "k"


def fold(text: str) -> str:
    """Return the text as search compares it: without case, accents and the letters' other guises (M2)."""
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return "".join(character for character in decomposed if not unicodedata.combining(character))


def flags(member: Member) -> str:
    """Return role, status, sources, proof of the address and a link to SSO, one letter each and each letter once."""
    verified = VERIFIED if member.email_verified else ""
    linked = LINKED if member.subjects else ""
    sources = ROLE_SOURCE[member.role_source] + SOURCE[member.source]
    return ROLE[member.role] + STATUS[member.status] + sources + verified + linked


def row_item(member: Member) -> RowItem:
    """Return the member's roster row."""
    return RowItem(
        *keys.row(member.team_id, member.block, member.id),
        folded=fold(f"{member.name}\n{member.email}"),
        name=member.name,
        email=member.email,
        avatar_url=member.avatar_url,
        flags=flags(member),
        products=products_text(member.products),
        version=member.version,
    )


def cells(member: Member) -> dict[str, int]:
    """Return the counters that a member adds to."""
    base = ROLE[member.role] + STATUS[member.status]
    only = member.products.only
    by_product = [f"{base}*"] if only is None else [f"{base}/{key}" for key in only]
    return {TOTAL: 1, base: 1, **dict.fromkeys(by_product, 1)}


def cells_of(role: Role | None, status: Status | None, product: str | None) -> list[str]:
    """Return the counters whose sum is the number of members that match; None matches all."""
    statuses = listed_as(status)
    bases = [ROLE[r] + STATUS[s] for r in Role for s in statuses if role in {None, r}]
    if product is None:
        return bases
    return [cell for base in bases for cell in (f"{base}*", f"{base}/{product}")]


def cells_of_one(status: Status) -> list[str]:
    """Return the counters whose sum is the number of members of exactly this status."""
    return [ROLE[role] + STATUS[status] for role in Role]


def listed_as(status: Status | None) -> list[Status]:
    """Return the statuses that a list of this one shows: whoever is being removed stands with the deactivated."""
    if status is Status.DEACTIVATED:
        return [Status.DEACTIVATED, Status.REMOVING]
    return list(Status) if status is None else [status]


def difference(before: Member | None, after: Member | None) -> dict[str, int]:
    """Return what a change adds to the counters; nothing for what stays."""
    gained = cells(after) if after else {}
    lost = cells(before) if before else {}
    moved = {cell: gained.get(cell, 0) - lost.get(cell, 0) for cell in gained.keys() | lost.keys()}
    return {cell: by for cell, by in sorted(moved.items()) if by}


def member_id(row: RowItem) -> str:
    """Return the id of a row's member."""
    return ids.from_code("mem", row.SK)
