"""From a claim on a unique thing to the operation of its transaction, and what it means that somebody else holds it."""

from typing import TYPE_CHECKING

from rollcall.domain.changes import Claim
from rollcall.domain.errors import (
    AlreadyInvited,
    DomainTaken,
    GroupExists,
    MemberExists,
    RollcallError,
    SlugTaken,
    SsoFailed,
    Stale,
)
from rollcall.domain.times import epoch_ms
from rollcall.storage import keys
from rollcall.storage.items import ClaimItem
from rollcall.storage.records import lapsed_ttl
from rollcall.storage.table import Item
from rollcall.storage.transaction import Transaction, stale

if TYPE_CHECKING:
    from pynamodb.exceptions import CancellationReason
    from pynamodb.expressions.condition import Condition


def claim(transaction: Transaction, wanted: Claim) -> None:
    """Put or delete a claim, as it was read; who holds what is wanted is told from what stood there."""
    item = ClaimItem(*keys.claim(wanted.kind, wanted.team_id, wanted.value), holder=wanted.after or wanted.before or "")
    if wanted.after is not None:
        item.block = transaction.blocks.get(wanted.after)
    if wanted.until is not None:
        item.lapses_at, item.ttl = epoch_ms(wanted.until), lapsed_ttl(wanted.until)
    free: Condition = ClaimItem.holder == wanted.before
    if wanted.before is None:
        free = Item.PK.does_not_exist()
        free = free if wanted.at is None else free | (ClaimItem.lapses_at <= epoch_ms(wanted.at))
    if wanted.after is None:
        transaction.deletes.append((item, free, stale))
    else:
        transaction.puts.append((item, free, _held))


def _held(reason: "CancellationReason") -> RollcallError:
    """Say who holds what was claimed; the holder's id tells by its prefix."""
    holder = str((reason.raw_item or {}).get("h", {}).get("S", ""))
    if "#nonce#" in str((reason.raw_item or {}).get("PK", {}).get("S", "")):
        return SsoFailed("used before")
    if holder.startswith("team_"):
        return DomainTaken() if (reason.raw_item or {})["PK"]["S"].startswith("DOMAIN#") else SlugTaken()
    if holder.startswith("grp_"):
        return GroupExists()
    if holder.startswith("mem_"):
        return MemberExists(extra={"member": holder})
    return AlreadyInvited(extra={"invitation": holder}) if holder else Stale()
