"""Whom the toy OpenID provider knows, and what it says of them: the seed's people, and some who are no members yet."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from infra.local.edges import Json

EVERYONE: Final = "everyone"
ADMINS: Final = "rollcall-admins"
SWITCHES: Final = ("email", "email_verified", "sub", "groups", "no_email", "claims", "alg", "error")
"""Parameters of an authorization request that change what is said of the person, or what is answered."""
_VERIFIED: Final[Mapping[str, bool | str | None]] = {
    "true": True,
    "false": False,
    "missing": None,
    "'true'": "true",
    "'false'": "false",
}


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who can sign in at the toy provider."""

    email: str
    name: str
    groups: tuple[str, ...] = (EVERYONE,)

    @property
    def sub(self) -> str:
        """Return the subject, the same after every start."""
        return hashlib.sha256(self.email.encode()).hexdigest()[:20]


def _team(slug: str, *, staff: bool) -> list[Person]:
    """Return a seeded team's people; `newcomer` is nobody's member."""
    at = f"@{slug}.example.com"
    others = [
        Person(f"admin{at}", "Adam Admin", (EVERYONE, ADMINS)),
        Person(f"member{at}", "Mia Member"),
        Person(f"person1{at}", "Amy Lee"),
        Person(f"person2{at}", "Bo Jansson"),
    ]
    newcomer = Person(f"newcomer{at}", "Nico Newcomer")
    return [Person(f"owner{at}", "Olivia Owner"), *(others if staff else ()), newcomer]


PEOPLE: Final = (
    *_team("acme", staff=True),
    *_team("globex", staff=True),
    *_team("initech", staff=False),
    Person("newadmin@acme.example.com", "Nadia Newadmin", (EVERYONE, ADMINS)),
    Person("stranger@elsewhere.example.net", "Stan Stranger"),
)
_BY_EMAIL: Final = {person.email: person for person in PEOPLE}


def person_of(email: str) -> Person:
    """Return the person with that address; whoever is not listed is made up."""
    return _BY_EMAIL.get(email) or Person(email, email.partition("@")[0].title())


def claims_of(person: Person, asked: Mapping[str, str]) -> dict[str, Json]:
    """Return what an ID token says of a person (OpenID Connect Core, section 5.1), as the switches have it.

    `claims`, a JSON object, overrides any claim, those of the protocol too; null takes one away. Raises ValueError.
    """
    verified = asked.get("email_verified", "true")
    if verified not in _VERIFIED:
        raise ValueError(f"email_verified is one of {', '.join(_VERIFIED)}")
    said: dict[str, Json] = {
        "sub": asked.get("sub") or person.sub,
        "name": person.name,
        "email": None if asked.get("no_email") else asked.get("email", person.email),
        "email_verified": None if asked.get("no_email") else _VERIFIED[verified],
        "groups": [*filter(None, asked["groups"].split(","))] if "groups" in asked else list(person.groups),
    }
    return said | overrides(asked)


def overrides(asked: Mapping[str, str]) -> dict[str, Json]:
    """Return the object that `claims` holds. Raises ValueError where it is none."""
    told = json.loads(asked.get("claims") or "{}")
    if not isinstance(told, dict):
        raise ValueError("claims is a JSON object")  # noqa: TRY004 - what was sent is wrong, not the program
    return told
