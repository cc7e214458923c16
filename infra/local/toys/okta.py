"""A toy Okta: assignment, profile push, deactivation, import and group push, of catalogue and of wizard apps.

Catalogue apps PATCH; apps made with the wizard PUT whole resources, groups with all their members. Users are
never deleted.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Final

from infra.local.toys.job import CORE_GROUP, CORE_USER, PATCH, Job, Refused
from infra.local.toys.wire import at, literal, query

if TYPE_CHECKING:
    from infra.local.edges import Json
    from infra.local.toys.directory import Group, Person

PAGE: Final = 100
DUMMY_PASSWORD: Final = "1mz050nq"  # noqa: S105 invented: Okta sends one with every new user


@dataclass
class Okta(Job):
    """One application of an org; `wizard` says that it was made with the app wizard."""

    wizard: bool = False
    pushed: dict[str, tuple[str, frozenset[str]]] = field(default_factory=dict)
    profiles: dict[str, Json] = field(default_factory=dict)

    def test(self) -> bool:
        """Test the connector: one page of users, one of groups; counts have to be numbers."""
        paths = (query("/Users", startIndex=1, count=2), query("/Groups", startIndex=1, count=PAGE))
        answers = [self.wire.call("GET", path, who="(test)", why="test connector") for path in paths]
        return all(answer.ok and type(answer.json.get("totalResults")) is int for answer in answers)

    def imported(self) -> list[Json]:
        """Import everybody, a page of 100 at a time. Raises Refused, Unreachable."""
        return self._pages("/Users")

    def cycle(self) -> None:
        """Push what changed: assignments, profiles, deactivations, then groups. Raises Quarantined."""
        self.released()
        people, groups = self.directory.people, self.directory.groups
        self.each(
            {key: partial(self.provision, key) for key in people}
            | {key: partial(self._group, group) for key, group in groups.items()}
        )

    def provision(self, key: str) -> None:
        """Push one person. Raises Refused, Unreachable."""
        person = self.directory.people[key]
        profile = _profile(person)
        if key not in self.ids:
            if person.present:
                self._assign(person, profile)
        elif self.profiles.get(key) != profile:
            self._push(person, profile)

    def assign_again(self, key: str) -> None:
        """Assign somebody who was here before as if nobody knew them: the id is forgotten, the POST is repeated."""
        self.ids.pop(key, None)
        person = self.directory.people[key]
        self._create(person, _profile(person), "create again, with the old externalId")

    def _assign(self, person: Person, profile: Json) -> None:
        path = query("/Users", filter=f"userName eq {literal(person.user_name)}", startIndex=1, count=PAGE)
        resource = self.found(path, person.name, "does the user exist?")
        if resource is None:
            self._create(person, profile, "create")
            return
        self.ids[person.key] = str(resource["id"])
        self._push(person, profile)

    def _create(self, person: Person, profile: Json, why: str) -> None:
        body = {**profile, "password": DUMMY_PASSWORD, "groups": [], "active": True}
        resource = self.ask("POST", "/Users", body, who=person.name, why=why).json
        self.ids[person.key] = str(resource["id"])
        self.profiles[person.key] = profile

    def _push(self, person: Person, profile: Json) -> None:
        """Push a profile or only the change of `active`, in the way of the app's kind."""
        path = at("Users", self.ids[person.key])
        known = self.profiles.get(person.key)
        only_active = known is not None and {**known, "active": profile["active"]} == profile
        if only_active and not self.wizard:
            why = "reactivate" if person.present else "deactivate"
            self._patch(path, [{"op": "replace", "value": {"active": person.present}}], person.name, why)
        else:
            self.ask("GET", path, who=person.name, why="read before replacing")
            why = "push the profile" if person.present else "deactivate"
            self.ask("PUT", path, {**profile, "id": self.ids[person.key]}, who=person.name, why=why)
        self.profiles[person.key] = profile

    def _group(self, group: Group) -> None:
        """Push one group."""
        if group.deleted:
            if identifier := self.ids.pop(group.key, None):
                self.ask("DELETE", at("Groups", identifier), who=group.name, why="stop pushing the group")
            return
        members = frozenset(self.ids[key] for key in group.members if key in self.ids)
        if group.key not in self.ids:
            self._link_group(group, members)
        elif self.pushed.get(group.key) != (group.name, members):
            self._push_group(group, members)
        self.pushed[group.key] = (group.name, members)

    def _link_group(self, group: Group, members: frozenset[str]) -> None:
        """Look through all groups for the name, as a first push does, and make it where it is not."""
        same = next((one for one in self._pages("/Groups") if one["displayName"] == group.name), None)
        if same is None:
            body = {"schemas": [CORE_GROUP], "displayName": group.name, "members": self._refs(members)}
            same = self.ask("POST", "/Groups", body, who=group.name, why="push a new group").json
            self.ids[group.key] = str(same["id"])
            return
        self.ids[group.key] = str(same["id"])
        self._push_group(group, members)

    def _push_group(self, group: Group, members: frozenset[str]) -> None:
        path, identifier = at("Groups", self.ids[group.key]), self.ids[group.key]
        if self.wizard:
            body = {"schemas": [CORE_GROUP], "id": identifier, "displayName": group.name}
            self.ask("PUT", path, body | {"members": self._refs(members)}, who=group.name, why="replace the group")
            return
        name, before = self.pushed.get(group.key, ("", frozenset[str]()))
        if name != group.name:
            rename = {"op": "replace", "value": {"id": identifier, "displayName": group.name}}
            self._patch(path, [rename], group.name, "rename group")
        gone = [{"op": "remove", "path": f"members[value eq {literal(one)}]"} for one in sorted(before - members)]
        new = self._refs(members - before)
        operations = [*gone, *([{"op": "add", "path": "members", "value": new}] if new else [])]
        if operations:
            self._patch(path, operations, group.name, f"+{len(new)} -{len(gone)} members")

    def _refs(self, members: frozenset[str]) -> list[Json]:
        names = {identifier: key for key, identifier in self.ids.items()}
        return [{"value": one, "display": self._display(names.get(one, ""))} for one in sorted(members)]

    def _display(self, key: str) -> str:
        person = self.directory.people.get(key)
        return person.user_name if person else ""

    def _patch(self, path: str, operations: list[Json], who: str, why: str) -> None:
        self.ask("PATCH", path, {"schemas": [PATCH], "Operations": operations}, who=who, why=why)

    def _pages(self, collection: str) -> list[Json]:
        """Read a whole collection. Raises Refused where a page is empty before the end."""
        rows: list[Json] = []
        while True:
            path = query(collection, startIndex=len(rows) + 1, count=PAGE)
            page = self.ask("GET", path, who="(import)", why="import a page").json
            rows += page.get("Resources") or []
            if len(rows) >= page["totalResults"]:
                return rows
            if not page.get("Resources"):
                raise Refused(f"{collection} ended at {len(rows)} of {page['totalResults']}")


def _profile(person: Person) -> Json:
    return {
        "schemas": [CORE_USER],
        "userName": person.user_name,
        "name": {"givenName": person.given, "familyName": person.family},
        "emails": [{"primary": True, "value": person.user_name, "type": "work"}],
        "displayName": person.name,
        "title": person.title,
        "locale": "en-US",
        "externalId": person.key,
        "active": person.present,
    }
