"""Deleting what deleted teams and removed members leave behind, a bounded piece at a time; none of it authenticates.

The audit stays: it is put-only, and says who deleted the team. Beginning again is resuming, since what is done is gone.
"""

from collections.abc import Iterator

from pynamodb.exceptions import DeleteError

from rollcall.domain import ids
from rollcall.domain.errors import Unavailable
from rollcall.domain.groups import GROUP, Group, name_key
from rollcall.domain.invitations import EMAIL
from rollcall.domain.members import Member
from rollcall.storage import described, due, keys
from rollcall.storage.groups import group_of
from rollcall.storage.items import ClaimItem, GroupItem, RowItem, TeamItem
from rollcall.storage.reads import read
from rollcall.storage.table import Item, Wire, failure_code, guarded
from rollcall.storage.waves import Ask, query

TOGETHER = 100
OF_TEAM = ("SCIM", "DOM", "IDP#", "GLASS")  # beside the team: its connections, its domains, codes of its owners
OF_CONNECTION = ("SC", "SL", "USED")  # what waits for an owner, what was told, when tokens were used
_ANY_INVITATION = "inv_" + "0" * 26
_ANY_GROUP = "grp_" + "0" * 26
_ANYBODY = "mem_" + "0" * 26


def purge(team_id: str, most: int) -> bool:
    """Delete up to about `most` items of the team; True when nothing but its tombstone and its audit is left."""
    left = most
    for ask in _asks(team_id):
        while True:
            rows = query(ask)
            for raw in rows.items:
                left -= _delete(team_id, raw)
            if left <= 0:
                return False
            if not rows.more:
                break
    tombstone = TeamItem(*keys.team(team_id))
    guarded(lambda: tombstone.update([TeamItem.XP.remove(), TeamItem.XS.remove()]))
    return True


def purge_member(pk: str) -> bool:
    """Delete what a removed member left in their partition, and their conflict; the mark that led here goes last."""
    rows = query(Ask(pk, consistent=True))
    mark, *left = sorted((raw["SK"]["S"] for raw in rows.items), key="GONE".__ne__) or [None]
    for sk in left:
        guarded(Item(pk, sk).delete)
    guarded(Item(*keys.scim_conflict(*due.member_ids(pk))).delete)
    if mark is not None and not rows.more:
        guarded(Item(pk, mark).delete)
    return not rows.more


def _asks(team_id: str) -> Iterator[Ask]:
    """Yield queries of what is to be emptied: rows lead to their members, so they come first."""
    for partition in _partitions(team_id):
        yield Ask(partition, limit=TOGETHER, consistent=True)
    for begins in ("SVC#", *OF_TEAM):
        yield Ask(keys.team(team_id).pk, begins=begins, limit=TOGETHER, consistent=True)


def _partitions(team_id: str) -> Iterator[str]:
    blocks = max(read([keys.open_blocks(team_id)]).open_blocks(team_id)) + 1
    yield from (keys.row(team_id, block, _ANYBODY).pk for block in range(blocks))
    yield from (keys.description(team_id, block, _ANYBODY).pk for block in range(blocks))
    yield keys.group(team_id, _ANY_GROUP).pk
    yield from (f"{kind}#{ids.code(team_id)}" for kind in OF_CONNECTION)
    yield keys.invitation(team_id, _ANY_INVITATION).pk
    yield keys.invitation(team_id, _ANY_INVITATION, closed=True).pk
    yield keys.header(team_id, 0, 0).pk
    yield keys.scim_use(team_id, _ANY_INVITATION).pk
    yield keys.scim_log_of(team_id)
    yield keys.scim_conflicts_of(team_id)


def _delete(team_id: str, raw: Wire) -> int:
    """Delete an item with what hangs on it; return how many were deleted."""
    doomed = [keys.Key(raw["PK"]["S"], raw["SK"]["S"])]
    if raw["PK"]["S"].startswith("R#"):
        doomed = [*_of_member(team_id, RowItem.from_raw_data(raw)), *doomed]
    elif raw["PK"]["S"].startswith("GS#"):
        doomed = [*_of_group(team_id, group_of(GroupItem.from_raw_data(raw), team_id)), *doomed]
    elif raw["PK"]["S"].startswith("I#"):
        doomed = [keys.claim(EMAIL, team_id, raw["k"]["S"]), *doomed]
    elif raw["SK"]["S"].startswith("SVC#") and "i" in raw:  # the set of a product's tokens has no id
        doomed = [keys.service_token(team_id, raw["i"]["S"]), *doomed]
    elif raw["SK"]["S"].startswith("IDP#"):
        doomed = [keys.claim("idp", team_id, raw["SK"]["S"].partition("#")[2]), *doomed]
    elif raw["SK"]["S"].startswith("DOMAIN#"):
        _release(team_id, raw["SK"]["S"].partition("#")[2])
    for key in doomed:
        guarded(Item(*key).delete)
    return len(doomed)


def _release(team_id: str, domain: str) -> None:
    """Free a domain if it is still this team's: another may have proven it since."""
    try:
        ClaimItem(*keys.claim("domain", team_id, domain)).delete(ClaimItem.holder == team_id)
    except DeleteError as error:
        if failure_code(error) != "ConditionalCheckFailedException":
            raise Unavailable from error


def _of_member(team_id: str, row: RowItem) -> list[keys.Key]:
    """Return the keys of a member's partition and of all by which they are found; the row goes last.

    What else is claimed, such as by somebody who was removed, lapses by itself.
    """
    member_id = ids.from_code("mem", row.SK)
    key = keys.member(team_id, member_id)
    member = read([key]).member(team_id, member_id)
    claims = [] if member is None else _claims(member)
    held = query(Ask(key.pk, consistent=True)).items
    return [*claims, *(keys.Key(raw["PK"]["S"], raw["SK"]["S"]) for raw in held)]


def _claims(member: Member) -> list[keys.Key]:
    """Return the keys of a member's claims and further addresses."""
    claims = [keys.claim(EMAIL, member.team_id, member.email_key)]
    claims += [keys.claim(claim.kind, claim.team_id, claim.value) for claim in described.claims(member, None)]
    further = member.link.addresses if member.link else ()
    return [*claims, *(keys.further_address(member.team_id, address, member.id) for address in further)]


def _of_group(team_id: str, group: Group) -> list[keys.Key]:
    """Return the keys of a group's memberships and of the claim on its name."""
    held = query(Ask(keys.membership(team_id, group.code, "").pk, consistent=True)).items
    claim = keys.claim(GROUP, team_id, name_key(group.display_name))
    return [claim, *(keys.Key(raw["PK"]["S"], raw["SK"]["S"]) for raw in held)]
