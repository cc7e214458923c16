"""What `make scim-demo` plays: a small directory through each provider, and what has to be true after every scene."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from infra.local.toys.directory import Directory, Group, Person
from infra.local.toys.entra import Entra
from infra.local.toys.job import Refused
from infra.local.toys.okta import Okta

if TYPE_CHECKING:
    from collections.abc import Callable

    from infra.local.toys.desk import Desk
    from infra.local.toys.job import Job
    from infra.local.toys.wire import Wire

ADMINS: Final = "Rollcall Admins"
_WRITES: Final = ("POST", "PUT", "PATCH", "DELETE")


@dataclass
class Checks:
    """What was expected and whether it came true."""

    told: list[tuple[bool, str]] = field(default_factory=list)

    def that(self, expectation: str, *, holds: bool) -> None:
        """Note an expectation."""
        self.told.append((holds, expectation))

    @property
    def failed(self) -> list[str]:
        """Return what did not come true."""
        return [expectation for holds, expectation in self.told if not holds]


@dataclass
class Scene:
    """A provider's job, the team that it provisions, and the checks."""

    job: Job
    desk: Desk
    checks: Checks
    cycle: Callable[[], None]

    @property
    def people(self) -> dict[str, Person]:
        """The directory's people, by key."""
        return self.job.directory.people

    def shows(self, key: str, what: str, **wanted: str) -> None:
        """Check what Rollcall's own list says of a person."""
        row = self.desk.member(self.people[key].user_name)
        told = {name: row.get(name) for name in wanted}
        self.checks.that(f"{what}: {self.people[key].name} has {wanted}, found {told}", holds=told == wanted)

    def quiet(self) -> None:
        """Run a cycle in which nothing changed; it writes nothing."""
        before = len(self.job.wire.rows)
        self.cycle()
        written = [row.call for row in self.job.wire.rows[before:] if row.call.startswith(_WRITES)]
        self.checks.that(f"a cycle without changes writes nothing, sent {written}", holds=not written)

    def clean(self, after: str) -> None:
        """Check that nothing waits for the next cycle."""
        waiting = self.job.waiting
        self.checks.that(f"{after}: everything went through, waiting are {waiting}", holds=not waiting)


def entra(wire: Wire, desk: Desk, checks: Checks, *, compliant: bool = False) -> None:
    """Play Entra ID's life of a connection: sync, change, leaver, return, group, and the owner who must stay."""
    directory = small("entra")
    job = Entra(wire, directory, compliant=compliant)
    scene = Scene(job, desk, checks, job.cycle)
    checks.that("the connection test finds nobody, with a 200", holds=job.test())
    _first_sync(scene)
    scene.people["entra-bo"].department = "Finance"
    scene.people["entra-bo"].family = "Jansson-Lind"
    _life(scene)
    _last_owner(scene)


def okta(wire: Wire, desk: Desk, checks: Checks, *, wizard: bool = False) -> None:
    """Play Okta's: import, assignment, profile push, deactivation, a second POST, group push, and the owner."""
    directory = small("okta")
    job = Okta(wire, directory, wizard=wizard)
    scene = Scene(job, desk, checks, job.cycle)
    checks.that("the connector's test gets its counts as numbers", holds=job.test())
    before = len(job.imported())
    _first_sync(scene)
    checks.that("an import finds three more people than before", holds=len(job.imported()) == before + 3)
    scene.people["okta-bo"].title = "Controller"
    _life(scene)
    scene.people["okta-ces"].enabled = False
    scene.cycle()
    identifier = job.ids["okta-ces"]
    scene.people["okta-ces"].enabled = True
    job.assign_again("okta-ces")
    checks.that("a second POST with the old externalId gives the old id", holds=job.ids["okta-ces"] == identifier)
    scene.shows("okta-ces", "posted again", status="active")
    _last_owner(scene)


def small(provider: str) -> Directory:
    """Return a directory of three people, one the manager of another, and a group that is mapped to admin."""
    domain = f"{provider}.example.com"
    directory = Directory()
    directory.add(
        Person(f"{provider}-ada", f"Ada.Lovelace@{domain}", "Ada", "Lovelace", "Countess", "Mathematics"),
        Person(f"{provider}-bo", f"bo@{domain}", "Bo", "Jansson", phone="+46 8 555 01 02", manager=f"{provider}-ada"),
        Person(f"{provider}-ces", f"ines.o'brien@{domain}", "Inês", "O'Brien"),
        Group(f"{provider}-admins", ADMINS, {f"{provider}-ada"}),
    )
    return directory


def _first_sync(scene: Scene) -> None:
    """Sync everybody and their group. Raises Refused on a stack where that has been played before."""
    if any(scene.desk.member(person.user_name) for person in scene.people.values()):
        raise Refused("this stack has seen the demo before, start it again")
    scene.desk.map_to_admin(ADMINS)
    scene.cycle()
    scene.cycle()  # references such as the manager follow when everybody has an id
    scene.clean("first sync")
    for key, person in scene.people.items():
        scene.shows(key, "first sync", status="active", source="scim", email=person.user_name)
    provider = next(iter(scene.people)).partition("-")[0]
    scene.shows(f"{provider}-ada", "a mapped group", role="admin", role_source="mapping")
    scene.shows(f"{provider}-bo", "no mapped group", role="member")
    scene.quiet()


def _life(scene: Scene) -> None:
    """Play what is the same for both: a change, a leaver, a return, and a group that is left."""
    scene.cycle()
    scene.clean("a change")
    ada, _, ces = scene.people
    identifier = scene.job.ids[ces]
    scene.people[ces].enabled = False
    scene.cycle()
    scene.shows(ces, "a leaver", status="deactivated")
    scene.people[ces].enabled = True
    scene.cycle()
    scene.shows(ces, "a returning person", status="active")
    scene.checks.that("a returning person has the old id", holds=scene.job.ids[ces] == identifier)
    for group in scene.job.directory.groups.values():
        group.members.clear()
    scene.cycle()
    scene.shows(ada, "out of the mapped group", role="member")
    scene.clean("leaving and returning")


def _last_owner(scene: Scene) -> None:
    """Take over the team's only owner, which needs a proven domain, and switch them off: refused, nobody is cut off."""
    email = scene.desk.team["owner"]["email"]
    scene.job.directory.add(Person("owner", email, "Olivia", "Owner"))
    scene.desk.prove(email.rpartition("@")[2])
    scene.cycle()
    scene.clean("taken over, because the domain is proven")
    scene.people["owner"].enabled = False
    scene.cycle()
    told = scene.job.waiting.get("owner", "")
    scene.checks.that(f"switching off the last owner is refused: {told}", holds="409" in told and "last" in told)
    scene.shows("owner", "the last owner", status="active", role="owner")
