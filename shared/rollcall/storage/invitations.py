"""The invitation list: newest first, open ones or those of one closed state, with a total exact to a thousand (I1)."""

from dataclasses import dataclass
from datetime import datetime
from functools import reduce

from pynamodb.expressions.condition import Condition

from rollcall.domain.invitations import OPEN, Invitation, State
from rollcall.domain.permissions import Role
from rollcall.domain.times import epoch_ms
from rollcall.storage import keys
from rollcall.storage.items import InvitationItem
from rollcall.storage.table import Wire
from rollcall.storage.values import invitation_of
from rollcall.storage.waves import Ask, query, wave

COUNTED = 1000
ROWS_A_READ = 200
_ANY = "inv_" + "0" * 26


@dataclass(frozen=True, slots=True)
class InvitationQuery:
    """Which invitations; without a state all open ones. `text` is folded, `after` the last sort key seen."""

    state: State | None = None
    role: Role | None = None
    text: str | None = None
    limit: int = 50
    after: str | None = None


@dataclass(frozen=True, slots=True)
class InvitationPage:
    """A page, the total (at most a thousand), and where the next page starts."""

    invitations: list[Invitation]
    total: int
    following: str | None


def page(team_id: str, asked: InvitationQuery, now: datetime) -> InvitationPage:
    """Return one page and the total, read at once; a pending one past its deadline counts as expired (I5)."""
    closed = asked.state is not None and asked.state not in OPEN
    partition = keys.invitation(team_id, _ANY, closed=closed).pk
    where = _where(asked, now)
    rows, total = wave([lambda: _rows(partition, asked, where), lambda: _total(partition, where)])
    assert isinstance(rows, list)  # noqa: S101 the wave's two results differ in type
    assert isinstance(total, int)  # noqa: S101
    shown = [invitation_of(InvitationItem.from_raw_data(raw), team_id) for raw in rows[: asked.limit]]
    following = rows[asked.limit - 1]["SK"]["S"] if len(rows) > asked.limit else None
    return InvitationPage(shown, total, following)


def _rows(partition: str, asked: InvitationQuery, where: Condition | None) -> list[Wire] | int:
    found: list[Wire] = []
    after = asked.after
    while len(found) <= asked.limit:
        ask = Ask(
            partition, after=after, where=where, limit=asked.limit + 1 if where is None else None, descending=True
        )
        rows = query(ask)
        found += rows.items
        if not rows.more or not rows.items:
            break
        after = rows.items[-1]["SK"]["S"]
    return found


def _total(partition: str, where: Condition | None) -> list[Wire] | int:
    return min(COUNTED, query(Ask(partition, where=where, count_only=True)).count)


def _where(asked: InvitationQuery, now: datetime) -> Condition | None:
    parts: list[Condition] = []
    if asked.state is State.PENDING:
        parts.append(InvitationItem.expires_at > epoch_ms(now))
    elif asked.state is State.EXPIRED:
        parts.append(InvitationItem.expires_at <= epoch_ms(now))
    elif asked.state is not None:
        parts.append(InvitationItem.state == asked.state.value)
    if asked.role is not None:
        parts.append(InvitationItem.role == asked.role.value)
    if asked.text is not None:
        parts.append(InvitationItem.email_key.contains(asked.text) | InvitationItem.email.contains(asked.text))
    return reduce(lambda a, b: a & b, parts) if parts else None


def pending_by(team_id: str, inviter_id: str, now: datetime) -> list[Invitation]:
    """Return the pending invitations that a member has sent."""
    sent = (InvitationItem.inviter_id == inviter_id) & (InvitationItem.expires_at > epoch_ms(now))
    rows = query(Ask(keys.invitation(team_id, _ANY).pk, where=sent, descending=True))
    return [invitation_of(InvitationItem.from_raw_data(raw), team_id) for raw in rows.items]
