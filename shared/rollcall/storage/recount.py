"""A team's roster held against its members: counters, rows, owners and claims; an operator's look, never the service's.

It scans the table, because what it looks for is what no key leads to: a member without a row, a claim of nobody.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from pynamodb.expressions.condition import Condition
from pynamodb.expressions.operand import Path

from rollcall.domain import ids
from rollcall.domain.changes import Recounted, Reowned, Rewritten, Swept
from rollcall.domain.errors import NotFound
from rollcall.domain.groups import GROUP, Group, name_key
from rollcall.domain.invitations import EMAIL, Invitation, State
from rollcall.domain.members import Member, Status
from rollcall.domain.provisioning import EXTERNAL_ID, USER_NAME
from rollcall.domain.repairs import Repair
from rollcall.domain.teams import Team
from rollcall.storage import described, keys, roster
from rollcall.storage.differences import differences
from rollcall.storage.groups import group_of
from rollcall.storage.items import ClaimItem, GroupItem, InvitationItem, MemberItem, OwnersItem, RowItem, TeamItem
from rollcall.storage.table import Wire, connection, guarded, table_name
from rollcall.storage.values import invitation_of, member_of, team_of

CLAIMED = {EMAIL: "address", USER_NAME: USER_NAME, EXTERNAL_ID: EXTERNAL_ID, GROUP: "name"}  # other claims lapse

Place = tuple[int, str]


@dataclass(slots=True)
class Stock:
    """All that the table holds of a team's membership, as one scan saw it; counters by block, then by stripe."""

    read: Team | None = None
    owners: frozenset[str] = frozenset()
    members: dict[str, Member] = field(default_factory=dict)
    rows: dict[Place, RowItem] = field(default_factory=dict)
    counters: dict[int, dict[int, Counter[str]]] = field(default_factory=dict)
    claims: dict[tuple[str, str], str] = field(default_factory=dict)
    invitations: dict[str, Invitation] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)

    @property
    def team(self) -> Team:
        """Return the team. Raises NotFound for one that is not alive."""
        if self.read is None or not self.read.alive:
            raise NotFound
        return self.read


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong, as a sentence, and what puts it right; None where a person must decide.

    Two looks found the same when `what` is the same: counters move on, the difference that is wrong with them stays.
    """

    told: str = field(compare=False)
    what: tuple[object, ...]
    repair: Repair | None = field(default=None, compare=False)


def look(team_id: str) -> Stock:
    """Read the team's items, consistently but not in one moment."""
    stock, code = Stock(), ids.code(team_id)
    for raw in _scan(Path(["PK"]).contains(f"#{code}")):
        _sort_in(stock, team_id, raw)
    return stock


def _scan(where: Condition) -> Iterator[Wire]:
    start: Any = None
    while True:
        call = partial(connection().scan, table_name(), where, exclusive_start_key=start, consistent_read=True)
        answer = guarded(call)
        yield from answer["Items"]
        start = answer.get("LastEvaluatedKey")
        if not start:
            return


def _sort_in(stock: Stock, team_id: str, raw: Wire) -> None:
    kind, _, rest = str(raw["PK"]["S"]).partition("#")
    sk = str(raw["SK"]["S"])
    if (kind, sk) == ("T", "TEAM"):
        stock.read = team_of(TeamItem.from_raw_data(raw))
    elif (kind, sk) == ("T", "OWNERS"):
        stock.owners = frozenset(OwnersItem.from_raw_data(raw).owners)
    elif (kind, sk) == ("M", "MEMBER"):
        member = member_of(MemberItem.from_raw_data(raw), team_id)
        stock.members[member.id] = member
    elif kind == "R":
        stock.rows[int(rest.rpartition("#")[2]), ids.from_code("mem", sk)] = RowItem.from_raw_data(raw)
    elif kind == "H" and sk != keys.open_blocks(team_id).sk:
        block, _, stripe = sk.partition("#")
        cells = Counter({name: int(value["N"]) for name, value in raw.items() if "N" in value})
        stock.counters.setdefault(int(block), {})[int(stripe)] = cells
    elif kind == "U":
        _, claimed, value = rest.split("#", 2)
        stock.claims[claimed, value] = ClaimItem.from_raw_data(raw).holder
    elif kind == "GS":
        group = group_of(GroupItem.from_raw_data(raw), team_id)
        stock.groups[group.id] = group
    elif kind == "I":
        invitation = invitation_of(InvitationItem.from_raw_data(raw), team_id)
        stock.invitations[invitation.id] = invitation


def findings(stock: Stock) -> list[Finding]:
    """Return everything in which the roster is not what its members say. Raises NotFound."""
    return [*_rows(stock), *_strays(stock), *_counters(stock), *_owners(stock), *_claims(stock)]


def _rows(stock: Stock) -> Iterator[Finding]:
    for member in stock.members.values():
        row = stock.rows.get((member.block, member.id))
        wanted = roster.row_item(member)
        if row is None:
            yield Finding(f"{member.id} has no row", ("row", member.id), Rewritten(member))
            continue
        wanted.last_active, wanted.modified = row.last_active, row.modified
        if differences(row, wanted):
            told = f"the row of {member.id} is not as the member is"
            yield Finding(told, ("row", member.id), Rewritten(member))


def _strays(stock: Stock) -> Iterator[Finding]:
    for block, member_id in stock.rows:
        member = stock.members.get(member_id)
        if member is None or member.block != block:
            told = f"block {block} has a row of {member_id}, who is not there"
            yield Finding(told, ("stray", block, member_id), Swept(stock.team.id, block, member_id))


def _counters(stock: Stock) -> Iterator[Finding]:
    recounted: dict[int, Counter[str]] = {}
    for member in stock.members.values():
        recounted.setdefault(member.block, Counter()).update(roster.cells(member))
    for block in sorted(stock.counters.keys() | recounted.keys()):
        stripes, wanted = stock.counters.get(block, {}), recounted.get(block, Counter())
        told: Counter[str] = Counter()
        for stripe in stripes.values():
            told.update(stripe)
        wrong = {cell: wanted[cell] - told[cell] for cell in told.keys() | wanted.keys() if wanted[cell] != told[cell]}
        if wrong:
            counts = ", ".join(f"{cell} is {told[cell]}, not {wanted[cell]}" for cell in sorted(wrong))
            was, now = ({cell: count[cell] for cell in sorted(wrong)} for count in (told, wanted))
            first = {cell: stripes.get(0, Counter())[cell] for cell in wrong}
            right = Recounted(stock.team.id, block, was, now, first)
            yield Finding(f"the counters of block {block}: {counts}", ("counters", block, wrong), right)


def _owners(stock: Stock) -> Iterator[Finding]:
    active = frozenset(member.id for member in stock.members.values() if member.owns)
    if not active:
        yield Finding("the team has no active owner", ("owners",))
    elif active != stock.owners:
        named = ", ".join(sorted(active ^ stock.owners))
        right = Reowned(stock.team.id, stock.owners, active)
        yield Finding(f"the set of owners is wrong about {named}", ("owners", named), right)


def _claims(stock: Stock) -> Iterator[Finding]:
    """Claims are not repaired: which of two holders is right, only a person can say."""
    waiting = {one.id for one in stock.invitations.values() if one.state is State.PENDING}
    wanted = {(holder_id, kind, value) for holder_id, kind, value in _wanted(stock)}
    for holder_id, kind, value in sorted(wanted):
        must = holder_id in waiting or holder_id not in stock.invitations
        if must and stock.claims.get((kind, value)) != holder_id:
            told = f"{holder_id} does not hold the claim of their {CLAIMED[kind]}"
            yield Finding(told, ("unclaimed", holder_id, kind))
    for (kind, value), holder_id in stock.claims.items():
        if kind not in CLAIMED:
            continue
        if not {holder_id} & (stock.members.keys() | stock.invitations.keys() | stock.groups.keys()):
            yield Finding(f"a claim ({kind}) is held by {holder_id}, who is not there", ("claim", kind, value))
        elif (holder_id, kind, value) not in wanted:
            yield Finding(f"{holder_id} holds the claim of another {CLAIMED[kind]}", ("claim", kind, value))


def _wanted(stock: Stock) -> Iterator[tuple[str, str, str]]:
    """Yield who is to hold what, as holder, kind and value."""
    holders: list[Member | Invitation] = [*stock.members.values(), *stock.invitations.values()]
    for holder in holders:
        if _addressed(holder):
            yield holder.id, EMAIL, holder.email_key
    for member in stock.members.values():
        yield from ((member.id, claim.kind, claim.value) for claim in described.claims(None, member))
    for group in stock.groups.values():
        yield group.id, GROUP, name_key(group.display_name)


def _addressed(holder: Member | Invitation) -> bool:
    """Tell whether an address is theirs to hold: some have none, and a removal that is under way has freed it."""
    return bool(holder.email_key) and not (isinstance(holder, Member) and holder.status is Status.REMOVING)
