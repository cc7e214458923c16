"""Consistent reads of named items: everything a decision stands on comes through here, in one round trip."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from rollcall.domain.break_glass import BreakGlass
from rollcall.domain.changes import Letter
from rollcall.domain.connections import Connection
from rollcall.domain.domains import TeamDomain
from rollcall.domain.errors import Unavailable
from rollcall.domain.founding import SignUp
from rollcall.domain.grants import Grant
from rollcall.domain.groups import Group
from rollcall.domain.invitations import Invitation
from rollcall.domain.members import Member
from rollcall.domain.scim_conflicts import ScimConflict
from rollcall.domain.service_tokens import ServiceToken
from rollcall.domain.sso_connections import SsoConnection
from rollcall.domain.teams import Team
from rollcall.domain.times import epoch_ms, from_epoch_ms
from rollcall.domain.tokens import Token
from rollcall.storage import keys
from rollcall.storage.break_glass import break_glass_of
from rollcall.storage.connections import connection_of
from rollcall.storage.domains import domain_of
from rollcall.storage.groups import group_of
from rollcall.storage.items import (
    ClaimItem,
    ConnectionItem,
    GrantItem,
    GroupItem,
    InvitationItem,
    LetterItem,
    MemberItem,
    OpenBlocksItem,
    OwnersItem,
    RecordItem,
    RowItem,
    ServiceTokenItem,
    SignUpItem,
    TeamItem,
    TokenItem,
    UsedItem,
)
from rollcall.storage.keys import Key
from rollcall.storage.records import (
    grant_of,
    letter_of,
    service_token_of,
    sign_up_of,
    token_of,
)
from rollcall.storage.scim_conflicts import conflict_of
from rollcall.storage.sso_connections import sso_connection_of
from rollcall.storage.table import Wire, connection, guarded, table_name
from rollcall.storage.values import (
    invitation_of,
    member_of,
    team_of,
)
from rollcall.storage.waves import Ask, query

BATCH = 100
UNPROCESSED_TRIES = 3


@dataclass(frozen=True, slots=True)
class Found:
    """The items that were there, by key; `beside` is what a call made at the same time brought."""

    items: Mapping[Key, Wire]
    beside: object = None

    def team(self, team_id: str) -> Team | None:
        """Return the team."""
        raw = self.items.get(keys.team(team_id))
        return None if raw is None else team_of(TeamItem.from_raw_data(raw))

    def connection(self, team_id: str) -> Connection | None:
        """Return the team's SCIM connection."""
        raw = self.items.get(keys.connection(team_id))
        return None if raw is None else connection_of(ConnectionItem.from_raw_data(raw), team_id)

    def sso_connection(self, team_id: str, connection_id: str) -> SsoConnection | None:
        """Return an SSO connection of the team."""
        raw = self.items.get(keys.sso_connection(team_id, connection_id))
        return None if raw is None else sso_connection_of(raw, team_id)

    def break_glass(self, team_id: str) -> BreakGlass | None:
        """Return the break-glass codes of the team's owners."""
        raw = self.items.get(keys.break_glass(team_id))
        return None if raw is None else break_glass_of(raw, team_id)

    def domain(self, team_id: str, name: str) -> TeamDomain | None:
        """Return a domain that the team claims; `proven` tells whether it is theirs."""
        raw = self.items.get(keys.domain(team_id, name))
        return None if raw is None else domain_of(raw, team_id)

    def scim_conflict(self, team_id: str, member_id: str) -> ScimConflict | None:
        """Return the conflict that a member's address met."""
        raw = self.items.get(keys.scim_conflict(team_id, member_id))
        return None if raw is None else conflict_of(raw, team_id)

    def member(self, team_id: str, member_id: str) -> Member | None:
        """Return the member."""
        raw = self.items.get(keys.member(team_id, member_id))
        return None if raw is None else member_of(MemberItem.from_raw_data(raw), team_id)

    def origins(self, member: Member) -> tuple[str | None, str | None]:
        """Return the ids of the events that the member's role and product access come from."""
        item = MemberItem.from_raw_data(self.items[keys.member(member.team_id, member.id)])
        return item.role_event, item.products_event

    def owner_since(self, member: Member) -> int:
        """Return since which version the member has owned the team without a break; 0 is from the beginning."""
        item = MemberItem.from_raw_data(self.items[keys.member(member.team_id, member.id)])
        return int(item.owner_since or 0)

    def invitation(self, team_id: str, invitation_id: str) -> Invitation | None:
        """Return the invitation, open or closed; `invitation_keys` names both places."""
        for key in invitation_keys(team_id, invitation_id):
            if key in self.items:
                return invitation_of(InvitationItem.from_raw_data(self.items[key]), team_id)
        return None

    def holder(self, kind: str, team_id: str, value: str, now: datetime | None = None) -> str | None:
        """Return the id of what holds a claim; `now` asks for one that has not lapsed."""
        raw = self.items.get(keys.claim(kind, team_id, value))
        if raw is None:
            return None
        item = ClaimItem.from_raw_data(raw)
        lapsed = now is not None and item.lapses_at is not None and item.lapses_at <= epoch_ms(now)
        return None if lapsed else item.holder

    def place(self, kind: str, team_id: str, value: str) -> tuple[str, int | None] | None:
        """Return the id of what holds a claim, and a member's roster block where the claim knows it."""
        raw = self.items.get(keys.claim(kind, team_id, value))
        if raw is None:
            return None
        item = ClaimItem.from_raw_data(raw)
        return item.holder, None if item.block is None else int(item.block)

    def group(self, team_id: str, group_id: str) -> Group | None:
        """Return the SCIM group."""
        raw = self.items.get(keys.group(team_id, group_id))
        return None if raw is None else group_of(GroupItem.from_raw_data(raw), team_id)

    def sign_up(self, team_id: str) -> SignUp | None:
        """Return the request for a team that is to have this id."""
        raw = self.items.get(keys.sign_up(team_id))
        return None if raw is None else sign_up_of(SignUpItem.from_raw_data(raw))

    def service_token(self, team_id: str, token_id: str) -> ServiceToken | None:
        """Return a product's service token."""
        raw = self.items.get(keys.service_token(team_id, token_id))
        return None if raw is None else service_token_of(ServiceTokenItem.from_raw_data(raw), team_id)

    def grant(self, team_id: str, member_id: str, product: str, grant_id: str) -> Grant | None:
        """Return a grant of a member."""
        raw = self.items.get(keys.grant(team_id, member_id, product, grant_id))
        return None if raw is None else grant_of(GrantItem.from_raw_data(raw))

    def token(self, team_id: str, member_id: str, token_id: str) -> Token | None:
        """Return what is told of a member's token."""
        found = self.token_at(keys.pat(team_id, member_id, token_id), team_id, member_id)
        return found if found is not None and found.id == token_id else None

    def token_at(self, key: Key, team_id: str, member_id: str) -> Token | None:
        """Return what is told of a member's token, by its key."""
        raw = self.items.get(key)
        return None if raw is None else token_of(TokenItem.from_raw_data(raw), team_id, member_id)

    def owners(self, team_id: str) -> frozenset[str]:
        """Return the ids of the active owners."""
        raw = self.items.get(keys.owners(team_id))
        return frozenset() if raw is None else frozenset(OwnersItem.from_raw_data(raw).owners)

    def open_blocks(self, team_id: str) -> list[int]:
        """Return the roster blocks that new members go to."""
        raw = self.items.get(keys.open_blocks(team_id))
        return [0] if raw is None else [int(block) for block in OpenBlocksItem.from_raw_data(raw).blocks]

    def record(self, key: Key) -> RecordItem | None:
        """Return an idempotency record."""
        raw = self.items.get(key)
        return None if raw is None else RecordItem.from_raw_data(raw)

    def letter(self, letter_id: str) -> LetterItem | None:
        """Return a letter of the outbox."""
        raw = self.items.get(keys.letter(letter_id))
        return None if raw is None else LetterItem.from_raw_data(raw)

    def row(self, member: Member) -> RowItem | None:
        """Return a member's roster row."""
        raw = self.items.get(keys.row(member.team_id, member.block, member.id))
        return None if raw is None else RowItem.from_raw_data(raw)

    def mark(self, key: Key) -> int:
        """Return the count of a throttle mark."""
        raw = self.items.get(key)
        return 0 if raw is None else int(raw["n"]["N"])

    def noted(self, key: Key, now: datetime) -> bool:
        """Tell whether `marks.note` was made and still counts; the table may drop what is over days later."""
        raw = self.items.get(key)
        return raw is not None and int(raw["ttl"]["N"]) > now.timestamp()


def invitation_keys(team_id: str, invitation_id: str) -> tuple[Key, Key]:
    """Return the two places of an invitation: open, closed."""
    return keys.invitation(team_id, invitation_id), keys.invitation(team_id, invitation_id, closed=True)


def letter_value(item: LetterItem) -> Letter:
    """Return a letter as the decision wrote it."""
    return letter_of(item, from_epoch_ms(int(item.created_at)))


def read(wanted: Iterable[Key]) -> Found:
    """Read the items consistently in one call; more than a hundred keys take more calls."""
    asked = list(dict.fromkeys(wanted))
    found: dict[Key, Wire] = {}
    for start in range(0, len(asked), BATCH):
        _read_batch([{"PK": key.pk, "SK": key.sk} for key in asked[start : start + BATCH]], found)
    return Found(found)


def _read_batch(asked: Sequence[Any], found: dict[Key, Wire]) -> None:
    for _ in range(UNPROCESSED_TRIES):
        answer = guarded(partial(connection().batch_get_item, table_name(), asked, consistent_read=True))
        for raw in answer["Responses"].get(table_name(), []):
            found[Key(raw["PK"]["S"], raw["SK"]["S"])] = raw
        left = answer.get("UnprocessedKeys", {}).get(table_name(), {}).get("Keys", [])
        if not left:
            return
        asked = [{name: value["S"] for name, value in key.items()} for key in left]
    raise Unavailable


def grants_of(team_id: str, member_id: str) -> list[Grant]:
    """Return a member's grants, read consistently: a removal names them."""
    rows = query(Ask(keys.member(team_id, member_id).pk, begins="GRANT#", consistent=True))
    return [grant_of(GrantItem.from_raw_data(raw)) for raw in rows.items]


ListedToken = tuple[Token, datetime | None]


def tokens_of(team_id: str, member_id: str) -> list[ListedToken]:
    """Return what is told of a member's tokens, oldest first, each with its last use."""
    rows = query(Ask(keys.member(team_id, member_id).pk, begins="PAT#", consistent=True))
    items = [TokenItem.from_raw_data(raw) for raw in rows.items]
    listed = [(token_of(item, team_id, member_id), _last_used(item)) for item in items]
    return sorted(listed, key=lambda one: one[0].id)


def _last_used(item: TokenItem) -> datetime | None:
    return None if item.last_used is None else from_epoch_ms(int(item.last_used))


def service_tokens_of(team_id: str, product: str) -> list[ServiceToken]:
    """Return a product's service tokens, oldest first."""
    rows = query(Ask(keys.team(team_id).pk, begins=f"SVC#{product}#", consistent=True))
    return [service_token_of(ServiceTokenItem.from_raw_data(raw), team_id) for raw in rows.items]


def domains_of(team_id: str) -> list[TeamDomain]:
    """Return the team's domains, by name."""
    rows = query(Ask(keys.team(team_id).pk, begins="DOMAIN#", consistent=True))
    return [domain_of(raw, team_id) for raw in rows.items]


def last_uses(team_id: str, token_ids: Sequence[str]) -> dict[str, datetime]:
    """Return when tokens were last used, to the hour, by their ids; what was never used is left out."""
    places = {keys.scim_use(team_id, token_id): token_id for token_id in token_ids}
    found = read(places).items if places else {}
    return {
        token_id: from_epoch_ms(int(UsedItem.from_raw_data(found[key]).at))
        for key, token_id in places.items()
        if key in found
    }
