"""A toy Entra ID: its provisioning cycle and both of its dialects, as Microsoft publishes them.

The feature flag (`compliant`) is not honoured by on-demand provisioning, so one service meets both dialects.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Final

from infra.local.toys.job import CORE_GROUP, CORE_USER, ENTERPRISE, PATCH, Job, Refused
from infra.local.toys.wire import at, literal, query

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from infra.local.edges import Json
    from infra.local.toys.directory import Group, Person

FOREIGN_GROUP: Final = "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"
"""Sent with new groups beside the core schema."""
NOBODY: Final = "1f5d3a0e-0000-4000-8000-6a3c0b1d2e4f"
MEMBERS_A_CALL: Final = 20
MANAGER: Final = f"{ENTERPRISE}:manager"
_ELEMENT: Final = re.compile(r'(\w+)\[type eq "(\w+)"\]\.(\w+)')


@dataclass
class Entra(Job):
    """One enterprise application of a tenant."""

    compliant: bool = False
    told: dict[str, set[str]] = field(default_factory=dict)

    def test(self) -> bool:
        """Test the connection: look for somebody and something that cannot exist; empty lists are the right answer."""
        people = query("/Users", filter=f"userName eq {literal(NOBODY)}")
        groups = query("/Groups", excludedAttributes="members", filter=f"displayName eq {literal(NOBODY)}")
        answers = [self.wire.call("GET", path, who="(test)", why="test connection") for path in (people, groups)]
        return all(answer.ok and answer.json.get("totalResults") == 0 for answer in answers)

    def cycle(self) -> None:
        """Run one cycle: everybody, then groups, then their members. Raises Quarantined."""
        self.released()
        people, groups = self.directory.people, self.directory.groups
        self.each(
            {key: partial(self.provision, key) for key in people}
            | {key: partial(self.push_group, key) for key in groups}
        )

    def provision(self, key: str) -> None:
        """Bring one person up to date, as a cycle or on demand does. Raises Refused, Unreachable."""
        person = self.directory.people[key]
        if person.deleted:
            self._delete(person)
            return
        resource = self._known(person) or self._match(person)
        if resource is None and person.present:
            resource = self.ask("POST", "/Users", self._new(person), who=person.name, why="create").json
            self.ids[key] = str(resource["id"])
        elif resource is not None:
            self.ids[key] = str(resource["id"])
            self._update(person, resource)

    def _known(self, person: Person) -> Json | None:
        """Read whom an earlier cycle linked; one who is gone is looked for anew."""
        if person.key not in self.ids:
            return None
        path = at("Users", self.ids[person.key])
        answer = self.wire.call("GET", path, who=person.name, why="read before comparing")
        if answer.ok:
            return answer.json
        del self.ids[person.key]
        return None

    def _match(self, person: Person) -> Json | None:
        path = query("/Users", filter=f"userName eq {literal(person.user_name)}")
        return self.found(path, person.name, "match by userName")

    def _delete(self, person: Person) -> None:
        """Delete for good, as happens 30 days after the deletion in the directory."""
        if identifier := self.ids.get(person.key):
            self.wire.call("DELETE", at("Users", identifier), who=person.name, why="hard delete")
            del self.ids[person.key]

    def _new(self, person: Person) -> Json:
        return {
            "schemas": [CORE_USER, ENTERPRISE],
            "externalId": person.key,
            "userName": person.user_name,
            "active": person.present,
            "displayName": person.name,
            "emails": [{"primary": True, "type": "work", "value": person.user_name}],
            "meta": {"resourceType": "User"},
            "name": {"formatted": person.name, "familyName": person.family, "givenName": person.given},
            "roles": [],
            **({"title": person.title} if person.title else {}),
            **({"phoneNumbers": [{"type": "work", "value": person.phone}]} if person.phone else {}),
            ENTERPRISE: {"department": person.department} if person.department else {},
        }

    def _update(self, person: Person, resource: Json) -> None:
        """Send what differs from what the service shows; somebody out of scope is only switched off."""
        wanted = dict(self._attributes(person))
        if not person.present:
            wanted = {"active": False}
        different = {path: value for path, value in wanted.items() if shown(resource, path) != (value or None)}
        if wanted.get("active") is False and resource.get("active") is False:
            different.pop("active", None)
        if different:
            self._patch("Users", person.key, self._operations(different, resource), person.name, _why(different))

    def _attributes(self, person: Person) -> Iterator[tuple[str, str | bool]]:
        """Yield the attribute mapping: what the service should show."""
        yield "userName", person.user_name
        yield "active", person.present
        yield "displayName", person.name
        yield "title", person.title
        yield 'emails[type eq "work"].value', person.user_name
        yield "name.givenName", person.given
        yield "name.familyName", person.family
        yield 'phoneNumbers[type eq "work"].value', person.phone
        yield "externalId", person.key
        yield f"{ENTERPRISE}:department", person.department
        yield MANAGER, self.ids.get(person.manager, "")

    def _operations(self, different: dict[str, str | bool], resource: Json) -> list[Json]:
        """Return the operations of the dialect that the flag chooses."""
        removed = [{"op": self._op("Remove"), "path": path} for path, value in different.items() if value == ""]
        kept = {path: value for path, value in different.items() if value != ""}
        if not self.compliant:
            return [*removed, *(_legacy(path, value, resource) for path, value in kept.items())]
        pathless = {path: _rfc(path, value) for path, value in kept.items() if "[" not in path}
        filtered = [{"op": "add", "path": path, "value": value} for path, value in kept.items() if "[" in path]
        return [*removed, *([{"op": "replace", "value": pathless}] if pathless else []), *filtered]

    def push_group(self, key: str) -> None:
        """Bring one group up to date without ever reading its members. Raises Refused, Unreachable."""
        group = self.directory.groups[key]
        if group.deleted:
            if identifier := self.ids.pop(group.key, None):
                self.wire.call("DELETE", at("Groups", identifier), who=group.name, why="group no longer assigned")
            return
        resource = self._known_group(group)
        if resource is None:
            resource = self.ask("POST", "/Groups", _new_group(group), who=group.name, why="create group").json
        self.ids[group.key] = str(resource["id"])
        if resource.get("displayName") != group.name:
            rename = {"op": self._op("Replace"), "path": "displayName", "value": group.name}
            self._patch("Groups", group.key, [rename], group.name, "rename group")
        self._members(group)

    def _known_group(self, group: Group) -> Json | None:
        if identifier := self.ids.get(group.key):
            path = f"{at('Groups', identifier)}?excludedAttributes=members"
            return self.ask("GET", path, who=group.name, why="read without members").json
        path = query("/Groups", excludedAttributes="members", filter=f"displayName eq {literal(group.name)}")
        return self.found(path, group.name, "match by displayName")

    def _members(self, group: Group) -> None:
        """Send who came and who left since the last cycle."""
        wanted = {self.ids[key] for key in group.members if key in self.ids}
        told = self.told.setdefault(group.key, set())
        for some in _chunks(sorted(wanted - told)):
            add = {"op": self._op("Add"), "path": "members", "value": [{"value": one} for one in some]}
            self._patch("Groups", group.key, [add], group.name, f"add {len(some)} to the group")
            told.update(some)
        for some in _chunks(sorted(told - wanted)):
            self._patch("Groups", group.key, self._removal(some), group.name, f"remove {len(some)} from the group")
            told.difference_update(some)

    def _removal(self, some: list[str]) -> list[Json]:
        if self.compliant:
            return [{"op": "remove", "path": f"members[value eq {literal(one)}]"} for one in some]
        return [{"op": "Remove", "path": "members", "value": [{"value": one} for one in some]}]

    def _patch(self, collection: str, key: str, operations: list[Json], who: str, why: str) -> None:
        body = {"schemas": [PATCH], "Operations": operations}
        try:
            self.ask("PATCH", at(collection, self.ids[key]), body, who=who, why=why)
        except Refused as refusal:
            raise Refused(f"{why}: {refusal}") from refusal

    def _op(self, name: str) -> str:
        return name.lower() if self.compliant else name


def shown(resource: Json, path: str) -> Json:
    """Return what a resource shows at a path of the mapping, None for nothing."""
    if element := _ELEMENT.fullmatch(path):
        name, kind, part = element.groups()
        return next((one.get(part) for one in resource.get(name) or [] if one.get("type") == kind), None)
    if path.startswith(f"{ENTERPRISE}:"):
        value = (resource.get(ENTERPRISE) or {}).get(path.rpartition(":")[2])
        return value.get("value") if isinstance(value, dict) else value
    name, _, part = path.partition(".")
    return (resource.get(name) or {}).get(part) if part else resource.get(name)


def _legacy(path: str, value: str | bool, resource: Json) -> Json:  # noqa: FBT001 an attribute's value, not a switch
    """Return an operation as it is sent without the flag: capitals, and booleans as text."""
    op = "Add" if shown(resource, path) is None else "Replace"
    return {"op": op, "path": path, "value": str(value)}


def _rfc(path: str, value: str | bool) -> Json:  # noqa: FBT001 an attribute's value, not a switch
    return {"value": value} if path == MANAGER else value


def _new_group(group: Group) -> Json:
    return {
        "schemas": [CORE_GROUP, FOREIGN_GROUP],
        "externalId": group.key,
        "displayName": group.name,
        "meta": {"resourceType": "Group"},
    }


def _why(different: dict[str, str | bool]) -> str:
    if "active" in different:
        return "switch on" if different["active"] else "switch off (a leaver)"
    return f"update {', '.join(path.rpartition(':')[2] for path in different)}"


def _chunks(some: list[str]) -> Iterable[list[str]]:
    return (some[start : start + MEMBERS_A_CALL] for start in range(0, len(some), MEMBERS_A_CALL))
