"""The conditions under which a value may be updated: it is still as it was read (I24), and its caps hold (I15)."""

from collections.abc import Iterable, Iterator

from pynamodb.expressions.condition import Condition, size
from pynamodb.expressions.operand import Path

from rollcall.domain.changes import Updated
from rollcall.domain.invitations import Invitation
from rollcall.domain.members import Member, Status
from rollcall.domain.times import epoch_ms
from rollcall.domain.tokens import Token
from rollcall.storage.differences import plain
from rollcall.storage.items import InvitationItem, MemberItem, TeamItem, TokenItem
from rollcall.storage.values import item_of


def still(step: Updated) -> Condition:
    """Return the condition that the value is as it was read.

    A credential added to a member does not raise the version; it rests on the epoch, which every wholesale revocation
    raises, on the status, and on there being room under the cap after what the update itself removes (I15).
    """
    before, after = step.before, step.after
    if isinstance(before, Member) and isinstance(after, Member):
        if before.version != after.version:
            return _all_of(MemberItem.version == before.version, (*_kept(step), *_room(step)))
        still: Condition = (MemberItem.epoch == before.epoch) & (MemberItem.status == Status.ACTIVE.value)
        if before.password_hash != after.password_hash:
            still &= MemberItem.password_hash == before.password_hash
        return _all_of(still, _room(step))
    if isinstance(before, Invitation):
        return InvitationItem.version == before.version
    if isinstance(before, Token):
        unrevoked: Condition = TokenItem.revoked_at.does_not_exist() & (TokenItem.name == before.name)
        unrevoked &= _unnoticed(before)
        return unrevoked
    return TeamItem.version == before.version  # all that have a version call it alike on the wire


def _all_of(condition: Condition, others: Iterable[Condition]) -> Condition:
    for other in others:
        condition &= other
    return condition


def _kept(step: Updated) -> Iterator[Condition]:
    """Yield the conditions that what a cut leaves in a map is still there: nothing that has ended comes back (I4)."""
    for name in step.cuts:
        before, after = plain(getattr(item_of(step.before), name)), plain(getattr(item_of(step.after), name))
        path = str(MemberItem.get_attributes()[name].attr_name)
        yield from (Path([path, key]).exists() for key in sorted(before.keys() & after.keys()))


def _unnoticed(token: Token) -> Condition:
    """Return the condition that the token's end was not told since it was read: each letter goes once."""
    if token.notice_at is None:
        return TokenItem.notice_at.does_not_exist()
    return TokenItem.notice_at == epoch_ms(token.notice_at)


def _room(step: Updated) -> Iterator[Condition]:
    """Yield the conditions that the maps of credentials keep within their caps, whatever was added meanwhile (I15).

    What the update takes out must still be there: of two that make room by the same entry, one reads again.
    """
    for name, cap in step.caps:
        before, after = plain(getattr(item_of(step.before), name)), plain(getattr(item_of(step.after), name))
        path = str(MemberItem.get_attributes()[name].attr_name)
        dropped = sorted(before.keys() - after.keys())
        yield size(Path([path])) < cap + len(dropped)
        yield from (Path([path, key]).exists() for key in dropped)
