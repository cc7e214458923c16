"""What hangs on a member's tie to the identity provider: the claims they are found by, and what it says of them."""

from datetime import datetime
from typing import TYPE_CHECKING

from rollcall.domain.changes import Claim, Described, Left, Moved, Regrouped, Removed, Rests
from rollcall.domain.members import Link, Member, Origin
from rollcall.domain.provisioning import BARRED, EXTERNAL_ID, FORMER, SUBJECT, USER_NAME
from rollcall.domain.times import epoch_ms
from rollcall.storage import groups, keys
from rollcall.storage.items import ClaimItem, DescriptionItem
from rollcall.storage.table import Item
from rollcall.storage.transaction import Transaction, stale

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pynamodb.expressions.update import Action

FORMER_KEPT_SECONDS = 365 * 24 * 3600
_UNTIED = Link(Origin.ADOPTED, "")


def claims(before: Member | None, after: Member | None) -> "Iterator[Claim]":
    """Yield the claims that pass with a change of a member's link; what stays is not written."""
    member = after or before
    if member is None:
        return
    yield from _subjects(member, before, after)
    old, new = _held(before), _held(after)
    for kind in (USER_NAME, EXTERNAL_ID):
        if old.get(kind) == new.get(kind):
            continue
        if kind in old:
            yield Claim(kind, member.team_id, old[kind], member.id, None)
        if kind in new:
            yield Claim(kind, member.team_id, new[kind], None, member.id)


def _subjects(member: Member, before: Member | None, after: Member | None) -> "Iterator[Claim]":
    """Yield the claims of who the member is to SSO connections (I12, I18)."""
    had = set(before.subjects.values()) if before is not None else set()
    has = set(after.subjects.values()) if after is not None else set()
    yield from (Claim(SUBJECT, member.team_id, one, member.id, None) for one in sorted(had - has))
    yield from (Claim(SUBJECT, member.team_id, one, None, member.id) for one in sorted(has - had))


def addresses(transaction: Transaction, before: Member | None, after: Member | None) -> None:
    """Put the further addresses that a member has gained, and delete those that they have lost."""
    member = after or before
    if member is None:
        return
    had, has = set(_link(before).addresses), set(_link(after).addresses)
    for address in sorted(has - had):
        transaction.puts.append((Item(*keys.further_address(member.team_id, address, member.id)), None, stale))
    for address in sorted(had - has):
        transaction.deletes.append((Item(*keys.further_address(member.team_id, address, member.id)), None, stale))


def plan(transaction: Transaction, step: Described | Regrouped | Moved | Rests | Left) -> None:
    """Add what a step writes of what an identity provider says: of people, of groups."""
    if isinstance(step, Described):
        describe(transaction, step)
    else:
        groups.plan(transaction, step)


def describe(transaction: Transaction, step: Described) -> None:
    """Write what is said of a member, beside the groups they are in; nothing said leaves nothing, and no membership."""
    item = DescriptionItem(*keys.description(step.member.team_id, step.member.block, step.member.id))
    if step.text is None:
        transaction.deletes.append((item, groups.are(step.groups), stale))
        groups.leave(transaction, step.member, step.groups)
        if step.at is not None:
            _bar(transaction, step.member, step.barred, step.at)
        return
    said: list[Action] = [DescriptionItem.text.set(step.text)]
    transaction.updates.append((item, said, None, stale))


def forget(transaction: Transaction, step: Removed) -> None:
    """Delete what is said of a member who is gone; whom somebody took away by hand, the table remembers for a year."""
    member = step.value
    if member.link is not None or member.grouped:
        describe(transaction, Described(member, None, step.groups))
    if member.link is not None and step.by_hand:
        key = keys.claim(FORMER, member.team_id, member.link.user_name)
        transaction.puts.append((_note(key, member, step.at), None, stale))
    _bar(transaction, member, step.barred, step.at)


def _bar(transaction: Transaction, member: Member, barred: "Iterable[str]", at: datetime) -> None:
    """Note that somebody was removed, so that signing in alone does not bring them back (J5)."""
    for one in sorted(barred):
        note = _note(keys.claim(BARRED, member.team_id, one), member, at)
        transaction.puts.append((note, None, stale))


def _note(key: keys.Key, member: Member, at: datetime) -> ClaimItem:
    note = ClaimItem(*key, holder=member.id, lapses_at=epoch_ms(at) + FORMER_KEPT_SECONDS * 1000)
    note.ttl = int(at.timestamp()) + FORMER_KEPT_SECONDS
    return note


def _held(member: Member | None) -> dict[str, str]:
    link = _link(member)
    held = {USER_NAME: link.user_name, EXTERNAL_ID: link.external_id}
    return {kind: value for kind, value in held.items() if value}


def _link(member: Member | None) -> Link:
    return (member.link if member is not None else None) or _UNTIED
