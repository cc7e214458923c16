"""SCIM's lists of groups: by key where the filter names one, else all of the team's, matched (RFC 7644, 3.4.2)."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rollcall.actions.call import Call
from rollcall.domain import ids
from rollcall.domain.groups import GROUP, Group, name_key
from rollcall.domain.times import rfc3339
from rollcall.scim import filters, lists
from rollcall.scim.errors import TooMany
from rollcall.scim.filters import Filter
from rollcall.scim.grammar import And, Compare, ValuePath
from rollcall.scim.lists import ListQuery
from rollcall.scim.schemas import GROUP as SCHEMA
from rollcall.storage import keys, memberships
from rollcall.storage.keys import Key
from rollcall.storage.reads import read

MOST_OPENED = 100  # groups whose members a filter may look at
MEMBER = "members.value"


@dataclass(frozen=True, slots=True)
class Page:
    """The groups of a page, the exact total, and whether more come behind them."""

    groups: Sequence[Group]
    total: int
    more: bool


def reads(team_id: str, query: ListQuery) -> list[Key]:
    """Name what the filter's keys lead to."""
    wanted: list[Key] = []
    for attribute, value in filters.equalities(query.filter) if query.filter else ():
        if attribute == "displayName":
            wanted.append(keys.claim(GROUP, team_id, name_key(value)))
        elif attribute in {"id", MEMBER}:
            wanted += memberships.party_keys(team_id, [value])
    return wanted


def list_groups(call: Call, query: ListQuery, base: str, after: str | None) -> Page:
    """Return a page; `after` is the code of the group that ended the page before it. Raises TooMany."""
    found = _matching(call, query, base)
    begin = query.start_index - 1 if query.cursor is None else 0
    if query.cursor is not None and after is not None:
        begin = next((n + 1 for n, group in enumerate(found) if group.code == after), None) or sum(
            group.code < after for group in found
        )
    page = found[begin:][: query.count]
    return Page(page, len(found), len(found) > begin + len(page))


def seen(group: Group, members: Sequence[str], base: str) -> dict[str, Any]:
    """Return a group's whole resource, as filters and projections look at it; `base` ends in `/scim/v2`."""
    told: dict[str, Any] = {"schemas": [SCHEMA], "id": group.id, "displayName": group.display_name}
    if group.external_id is not None:
        told["externalId"] = group.external_id
    told["meta"] = {
        "resourceType": "Group",
        "created": rfc3339(ids.made_at(group.id)),
        "lastModified": rfc3339(group.modified),
        "location": f"{base}/Groups/{group.id}",
        "version": f'W/"{group.version}"',
    }
    if members:
        told["members"] = [_element(one, base) for one in members]
    return told


def _element(party_id: str, base: str) -> dict[str, str]:
    kind = memberships.kind(party_id)
    return {"value": party_id, "$ref": f"{base}/{kind}s/{party_id}", "type": kind}


def _matching(call: Call, query: ListQuery, base: str) -> list[Group]:
    """Return all groups for which the filter holds, in the order asked for."""
    found = _candidates(call, query.filter)
    if query.filter is not None:
        members = _members(call, query.filter, found)
        wanted = query.filter
        found = [one for one in found if filters.matches(wanted, seen(one, members.get(one.id, ()), base), "Group")]
    if query.sort_by is not None:
        name = query.sort_by
        key: Callable[[Group], Any] = lambda one: lists.sort_key(name, seen(one, (), base))  # noqa: E731 a key
        found = sorted(found, key=key, reverse=query.descending)
    return found


def _candidates(call: Call, wanted: Filter | None) -> list[Group]:
    """Return the groups that the first key of the filter leads to, or all."""
    team_id = call.team.id
    for attribute, value in filters.equalities(wanted) if wanted else ():
        if attribute == "id":
            group = call.found.group(team_id, value) if ids.valid(value, "grp") else None
            return [group] if group else []
        if attribute == "displayName":
            holder = call.found.holder(GROUP, team_id, name_key(value))
            return _read(call, [holder] if holder else [])
        if attribute == MEMBER:
            parties, _ = memberships.parties(team_id, [value], call.found)
            return _read(call, [ids.from_code("grp", code) for code in sorted(parties[value].groups)])
    return memberships.all_groups(team_id)


def _read(call: Call, group_ids: Sequence[str]) -> list[Group]:
    if not group_ids:
        return []
    found = read(keys.group(call.team.id, one) for one in group_ids)
    groups = [found.group(call.team.id, one) for one in group_ids]
    return [group for group in groups if group is not None]


def _members(call: Call, wanted: Filter, groups: Sequence[Group]) -> Mapping[str, Sequence[str]]:
    """Return as much of the groups' members as the filter looks at: those whom it names, or else all."""
    parts = wanted.parts if isinstance(wanted, And) else (wanted,)
    if any(_of_members(part) and not _names_one(part) for part in parts):
        if len(groups) > MOST_OPENED:
            raise TooMany("The members of so many groups cannot be looked at: filter by members.value, too.")
        return {one.id: members for one, members in zip(groups, memberships.in_groups(groups), strict=True)}
    named = [value for attribute, value in filters.equalities(wanted) if attribute == MEMBER]
    if not named:
        return {}
    parties, _ = memberships.parties(call.team.id, named, call.found)
    return {one.id: [name for name in named if one.code in parties[name].groups] for one in groups}


def _of_members(part: Filter) -> bool:
    return any(name.partition(".")[0] == "members" for name in filters.attributes_of(part))


def _names_one(part: Filter) -> bool:
    """Tell whether a part asks for nothing but that one member is there."""
    inner = part.inner if isinstance(part, ValuePath) else part
    return isinstance(inner, Compare) and [name for name, _ in filters.equalities(part)] == [MEMBER]


def pieces(groups: Sequence[Group], size: int) -> Iterator[tuple[Group, Sequence[str]]]:
    """Yield groups with their members, so many groups read at once."""
    for start in range(0, len(groups), size):
        part = groups[start : start + size]
        yield from zip(part, memberships.in_groups(part), strict=True)
