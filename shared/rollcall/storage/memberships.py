"""Who is in which SCIM group, read consistently: decisions and answers stand on it alike."""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial

from rollcall.domain import ids
from rollcall.domain.connections import RoleRule
from rollcall.domain.groups import GROUP, Group, Party, highest, name_key
from rollcall.domain.members import Member, Status
from rollcall.domain.permissions import Role
from rollcall.storage import keys
from rollcall.storage.groups import group_of
from rollcall.storage.items import GroupItem
from rollcall.storage.keys import Key
from rollcall.storage.reads import BATCH, Found, read
from rollcall.storage.waves import Ask, query, wave

_ANYBODY = "0" * ids.CODE_LENGTH
_ANY_GROUP = "grp_" + "0" * 26


def all_groups(team_id: str) -> list[Group]:
    """Return a team's groups in the order in which they were made."""
    rows = query(Ask(keys.group(team_id, _ANY_GROUP).pk, consistent=True))
    return [group_of(GroupItem.from_raw_data(raw), team_id) for raw in rows.items]


def in_group(group: Group, *, limit: int | None = None) -> list[str]:
    """Return the ids of a group's members, nested groups too."""
    partition = keys.membership(group.team_id, group.code, _ANYBODY).pk
    rows = query(Ask(partition, limit=limit, consistent=True))
    return [ids.from_code("grp" if "k" in raw else "mem", raw["SK"]["S"]) for raw in rows.items]


def in_groups(groups: Sequence[Group]) -> list[list[str]]:
    """Return the members of several groups, read at once."""
    return wave([partial(in_group, group) for group in groups]) if groups else []


def party_keys(team_id: str, named: Iterable[str]) -> list[Key]:
    """Name the items of members and of groups; an id of anything else names nothing."""
    members = [keys.member(team_id, one) for one in named if ids.valid(one, "mem")]
    return members + [keys.group(team_id, one) for one in named if ids.valid(one, "grp")]


def known(team_id: str, named: Sequence[str]) -> Found:
    """Read members and groups, hundreds at once."""
    wanted = party_keys(team_id, named)
    parts = [wanted[start : start + BATCH] for start in range(0, len(wanted), BATCH)]
    found: dict[Key, dict[str, dict[str, object]]] = {}
    for part in wave([partial(read, one) for one in parts]) if parts else []:
        found |= part.items
    return Found(found)


def parties(
    team_id: str, named: Sequence[str], found: Found, more: Iterable[Key] = ()
) -> tuple[dict[str, Party], Found]:
    """Return whom the ids name, with the groups that they are in, and the items of `more` keys, read with these.

    Whoever is being removed is nobody any more. `found` has the items that `party_keys` names.
    """
    members = {one: _member(found, team_id, one) for one in named if ids.valid(one, "mem")}
    places = {one.id: keys.description(team_id, one.block, one.id) for one in members.values() if one and one.grouped}
    wanted = [*places.values(), *more]
    sets = read(wanted) if wanted else Found({})
    told: dict[str, Party] = {}
    for one in named:
        member, nested = members.get(one), found.group(team_id, one) if ids.valid(one, "grp") else None
        groups = nested.parents if nested else _set(sets, places.get(one))
        told[one] = Party(one, member, nested, groups)
    return told, sets


def groups_of(member: Member) -> frozenset[str]:
    """Return the codes of the groups that a member is in; whoever never was in one costs no reading."""
    if not member.grouped:
        return frozenset()
    key = keys.description(member.team_id, member.block, member.id)
    return _set(read([key]), key)


def rule_keys(team_id: str, rules: Iterable[RoleRule]) -> list[Key]:
    """Name the claims that lead from the rules to their groups."""
    return [keys.claim(GROUP, team_id, name_key(rule.group)) for rule in rules]


def roles(team_id: str, rules: Iterable[RoleRule], found: Found) -> Mapping[str, Role]:
    """Return the role that each group gives, by its code."""
    given: dict[str, Role] = {}
    for rule in rules:
        holder = found.holder(GROUP, team_id, name_key(rule.group))
        for group_id in {holder, rule.group if ids.valid(rule.group, "grp") else None} - {None}:
            code = ids.code(str(group_id))
            given[code] = highest([rule.role, given.get(code)]) or rule.role
    return given


def role_among(team_id: str, groups: frozenset[str], rules: Sequence[RoleRule]) -> Role | None:
    """Return the highest role that the rules give to any of the groups, by their codes; None for none (R2)."""
    if not groups or not rules:
        return None
    given = roles(team_id, rules, read(rule_keys(team_id, rules)))
    return highest(given.get(code) for code in groups)


def _member(found: Found, team_id: str, member_id: str) -> Member | None:
    member = found.member(team_id, member_id)
    return None if member is None or member.status is Status.REMOVING else member


def _set(found: Found, key: Key | None) -> frozenset[str]:
    raw = found.items.get(key) if key else None
    return frozenset(raw.get("g", {}).get("SS", ())) if raw else frozenset()


def kind(party_id: str) -> str:
    """Return what SCIM calls it."""
    return "Group" if party_id.startswith("grp_") else "User"


def name_of(found: Found, team_id: str, named: str) -> str:
    """Return the name of a member or a group."""
    group = found.group(team_id, named) if ids.valid(named, "grp") else None
    member = _member(found, team_id, named) if ids.valid(named, "mem") else None
    return group.display_name if group else member.name if member else ""
