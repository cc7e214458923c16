"""From a Change to the operations of its transaction, each with its condition and what its failure means.

What hangs on the values is derived here and nowhere else: the roster row, its block's counters, the set of owners.
"""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from rollcall.domain.changes import (
    Change,
    Covered,
    Created,
    Described,
    Disowned,
    Granted,
    Left,
    Moved,
    Recounted,
    Regrouped,
    Removed,
    Reowned,
    Rests,
    Retired,
    Rewritten,
    Sealed,
    Step,
    Swept,
    Updated,
)
from rollcall.domain.domains import TeamDomain
from rollcall.domain.errors import NotCovered
from rollcall.domain.events import Event
from rollcall.domain.founding import SignUp
from rollcall.domain.grants import MOST_GRANTS
from rollcall.domain.members import Member, Status
from rollcall.domain.permissions import Role
from rollcall.domain.scim_conflicts import ScimConflict
from rollcall.domain.service_tokens import ServiceToken
from rollcall.domain.sso_connections import SsoConnection
from rollcall.domain.teams import Team
from rollcall.domain.times import epoch_ms
from rollcall.storage import claims, conditions, described, keys, repairs, roster, seals, service_tokens, tallies
from rollcall.storage.differences import differences
from rollcall.storage.items import (
    GrantItem,
    MemberItem,
    OpenBlocksItem,
    OwnersItem,
    RecordItem,
    RowItem,
    TeamItem,
)
from rollcall.storage.records import event_item, grant_item, letter_item, remnant_item, sign_up_item
from rollcall.storage.table import Item
from rollcall.storage.transaction import Transaction, stale
from rollcall.storage.values import item_of

if TYPE_CHECKING:
    from pynamodb.expressions.condition import Condition

    from rollcall.domain.changes import Value


def plan(change: Change, events: Iterable[Event], record: Item | None, stripe: int, token: str) -> Transaction:
    """Return the transaction of a change; `stripe` says which of the blocks' counters it adds to."""
    transaction = Transaction(stripe, token)
    events = list(events)
    transaction.at = epoch_ms(events[0].at) if events else None
    transaction.told = {event.deed.subject.id: event.id for event in events}
    transaction.sole = events[0].id if len(events) == 1 else None
    for step in change.steps:
        _step(transaction, step)
    for claim in change.claims:
        claims.claim(transaction, claim)
    for (team_id, block), moved in transaction.counters.items():
        tallies.counters(transaction, team_id, block, moved)
    for team_id, (gained, lost) in transaction.owners.items():
        tallies.owners(transaction, team_id, gained, lost, change.owners)
    for (team_id, member_id), by in transaction.granted.items():
        if (team_id, member_id) not in transaction.gone:
            _granted(transaction, team_id, member_id, by)
    transaction.puts += [(event_item(event), Item.PK.does_not_exist(), stale) for event in events]
    transaction.puts += [(letter_item(letter), Item.PK.does_not_exist(), stale) for letter in change.letters]
    if record is not None:
        unused: Condition = Item.PK.does_not_exist()
        if isinstance(record, RecordItem):
            unused |= RecordItem.expires_at <= record.made_at
        transaction.puts.append((record, unused, stale))
    return transaction


def _step(transaction: Transaction, step: Step) -> None:
    if isinstance(step, Created):
        _create(transaction, step.value)
    elif isinstance(step, Retired):
        _retire(transaction, step.value)
    elif isinstance(step, Disowned):
        transaction.deletes.append((OwnersItem(*keys.owners(step.team_id)), Item.PK.exists(), stale))
    elif isinstance(step, Covered):
        enough = [role.value for role in Role if role.rank >= step.role.rank]
        covers = MemberItem.role.is_in(*enough) & (MemberItem.status == Status.ACTIVE.value)
        key = keys.member(step.team_id, step.member_id)
        transaction.checks.append((MemberItem(*key), covers, lambda _: NotCovered()))
    elif isinstance(step, Removed):
        _remove(transaction, step)
    elif isinstance(step, Described | Regrouped | Moved | Rests | Left):
        described.plan(transaction, step)
    elif isinstance(step, Granted):
        _grant(transaction, step)
    elif isinstance(step, Sealed):
        seals.plan(transaction, step)
    elif isinstance(step, Rewritten | Swept | Recounted | Reowned):
        repairs.plan(transaction, step)
    else:
        _update(transaction, step)


def _retire(transaction: Transaction, value: ServiceToken | SignUp | TeamDomain | ScimConflict | SsoConnection) -> None:
    if isinstance(value, TeamDomain | ScimConflict | SsoConnection):
        transaction.deletes.append((item_of(value), TeamItem.version == value.version, stale))
    elif isinstance(value, SignUp):
        transaction.deletes.append((sign_up_item(value), Item.PK.exists(), stale))
    else:
        service_tokens.retire(transaction, value)


def _create(transaction: Transaction, value: "Value | ServiceToken | SignUp") -> None:
    if isinstance(value, SignUp):
        transaction.puts.append((sign_up_item(value), Item.PK.does_not_exist(), stale))
        return
    if isinstance(value, ServiceToken):
        service_tokens.create(transaction, value)
        return
    item = item_of(value)
    transaction.puts.append((item, Item.PK.does_not_exist(), stale))
    if isinstance(item, MemberItem):
        item.role_event = item.products_event = transaction.told.get(item.id, transaction.sole)
    if isinstance(value, Member):
        _roster(transaction, None, value)
    if isinstance(value, Team):
        first = OpenBlocksItem(*keys.open_blocks(value.id), blocks=[0], following=1)
        transaction.puts.append((first, Item.PK.does_not_exist(), stale))
        transaction.founded.add(value.id)


def _remove(transaction: Transaction, step: Removed) -> None:
    """Delete the member and what hangs on them; a grant that came meanwhile makes it be decided again (M8).

    What is told of their tokens is left to the purge, so that a removal costs the same however many there were (I38).
    """
    member = step.value
    free: Condition = MemberItem.grants.does_not_exist() | (MemberItem.grants == 0)
    if step.released:
        free = MemberItem.grants == step.released
    if not member.grouped:
        free &= MemberItem.grouped.does_not_exist()
    transaction.deletes.append((item_of(member), (MemberItem.version == member.version) & free, stale))
    transaction.deletes.append((roster.row_item(member), None, stale))
    transaction.puts.append((remnant_item(member.team_id, member.id, step.at), Item.PK.does_not_exist(), stale))
    transaction.gone.add((member.team_id, member.id))
    described.forget(transaction, step)
    _hangs_on(transaction, member, None)


def _grant(transaction: Transaction, step: Granted) -> None:
    """Put or delete a grant, as it was read, and count it on its member, which is what a removal looks at."""
    known: Condition = Item.PK.does_not_exist()
    if step.before is not None:
        known = (GrantItem.name == step.before.name) & (GrantItem.kind == step.before.kind.value)
    if step.after is not None:
        transaction.puts.append((grant_item(step.team_id, step.member_id, step.after), known, stale))
    elif step.before is not None:
        transaction.deletes.append((grant_item(step.team_id, step.member_id, step.before), known, stale))
    transaction.granted[step.team_id, step.member_id] += (step.after is not None) - (step.before is not None)


def _granted(transaction: Transaction, team_id: str, member_id: str, by: int) -> None:
    """Count grants on their member; where parallel calls have used up the room for them, it is decided again."""
    member = MemberItem(*keys.member(team_id, member_id))
    if by:
        there: Condition = MemberItem.PK.exists()
        if by > 0:
            there &= MemberItem.grants.does_not_exist() | (MemberItem.grants <= MOST_GRANTS - by)
        transaction.updates.append((member, [MemberItem.grants.add(by)], there, stale))
    else:
        transaction.checks.append((member, MemberItem.PK.exists(), stale))


def _update(transaction: Transaction, step: Updated) -> None:
    before, after = item_of(step.before), item_of(step.after)
    still = conditions.still(step)
    if (before.PK, before.SK) == (after.PK, after.SK):
        actions = [*differences(before, after, step.cuts), *_origins(transaction, step)]
        transaction.updates.append((after, actions, still, stale))
    else:
        transaction.deletes.append((before, still, stale))
        transaction.puts.append((after, Item.PK.does_not_exist(), stale))
    if isinstance(step.before, Member) and isinstance(step.after, Member):
        _roster(transaction, step.before, step.after)


def _origins(transaction: Transaction, step: Updated) -> Iterator[Action]:
    """Yield what notes the event that a member's role or product access comes from, so that it can be explained.

    It is the member's own, or the only one there is: whoever gives the ownership away is part of the heir's. And since
    which version the member owns the team.
    """
    before, after = step.before, step.after
    if not (isinstance(before, Member) and isinstance(after, Member)):
        return
    event = transaction.told.get(after.id, transaction.sole)
    if event is not None and (before.role, before.role_source) != (after.role, after.role_source):
        yield MemberItem.role_event.set(event)
    if event is not None and before.products != after.products:
        yield MemberItem.products_event.set(event)
    if after.owns and not before.owns:
        yield MemberItem.owner_since.set(after.version)  # what an owner made before is not theirs again (M7)


def _roster(transaction: Transaction, before: Member | None, after: Member) -> None:
    if before is None:
        row = roster.row_item(after)
        row.modified = transaction.at
        transaction.puts.append((row, Item.PK.does_not_exist(), stale))
    elif before.version != after.version:
        old, new = roster.row_item(before), roster.row_item(after)
        changed = differences(old, new)
        if transaction.at is not None:
            changed.append(RowItem.modified.set(transaction.at))
        transaction.updates.append((new, changed, RowItem.PK.exists(), stale))
    _hangs_on(transaction, before, after)


def _hangs_on(transaction: Transaction, before: Member | None, after: Member | None) -> None:
    """Note what a member's change moves in the counters of their block and in the set of active owners."""
    member = after or before
    if member is None:
        return
    transaction.blocks[member.id] = member.block
    for claim in described.claims(before, after):
        claims.claim(transaction, claim)
    described.addresses(transaction, before, after)
    moved = transaction.counters[member.team_id, member.block]
    for cell, by in roster.difference(before, after).items():
        moved[cell] = moved.get(cell, 0) + by
    owned, owns = before is not None and before.owns, after is not None and after.owns
    if owned != owns:
        gained, lost = transaction.owners[member.team_id]
        (gained if owns else lost).add(member.id)
