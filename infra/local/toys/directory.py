"""The people and groups that a toy provider knows, as plain data: what an administrator sees there."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Person:
    """Somebody in the directory. `manager` is another person's key; who is not `assigned` is out of scope."""

    key: str
    user_name: str
    given: str
    family: str
    title: str = ""
    department: str = ""
    phone: str = ""
    manager: str = ""
    enabled: bool = True
    assigned: bool = True
    deleted: bool = False

    @property
    def name(self) -> str:
        """The name as it is shown."""
        return f"{self.given} {self.family}"

    @property
    def present(self) -> bool:
        """Whether the service should let this person in."""
        return self.enabled and self.assigned and not self.deleted


@dataclass(slots=True)
class Group:
    """A group of people's keys that is assigned to the service."""

    key: str
    name: str
    members: set[str] = field(default_factory=set)
    deleted: bool = False


@dataclass(slots=True)
class Directory:
    """Everybody, by key."""

    people: dict[str, Person] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)

    def add(self, *entries: Person | Group) -> None:
        """Put people and groups into it."""
        for entry in entries:
            if isinstance(entry, Person):
                self.people[entry.key] = entry
            else:
                self.groups[entry.key] = entry
