"""Domains that a team claims and proves by DNS: whose e-mail addresses its identity provider may speak for (J5).

A proven domain is one team's alone: a global claim, taken with the proof and released when it lapses (case 196).
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from rollcall.domain.changes import Change, Claim, Created, Letter, Retired, Updated
from rollcall.domain.errors import DomainUnproven, Flaw, Invalid
from rollcall.domain.events import Action, Deed, Subject
from rollcall.domain.permissions import Actor

DOMAIN = "domain"
LABEL = "_rollcall"
MOST_DOMAINS = 20
CHECKED_EVERY = timedelta(days=1)
TRIED_AGAIN = timedelta(hours=1)
MOST_MISSES = 3


class DomainState(StrEnum):
    """Only a verified domain proves anything; a lapsed one was verified, until its record had been gone for days."""

    PENDING = "pending"
    VERIFIED = "verified"
    LAPSED = "lapsed"


@dataclass(frozen=True, slots=True)
class TeamDomain:
    """A domain (its A-label, lower case) that a team claims; `proof` is the text its DNS record must hold.

    `check_at` is when a verified one is looked up again, `misses` how often in a row its record was not there.
    """

    team_id: str
    name: str
    proof: str
    created_at: datetime
    state: DomainState = DomainState.PENDING
    verified_at: datetime | None = None
    check_at: datetime | None = None
    misses: int = 0
    version: int = 1

    @property
    def proven(self) -> bool:
        """Tell whether the team may speak for addresses of exactly this domain; subdomains are claimed apart."""
        return self.state is DomainState.VERIFIED

    @property
    def record(self) -> str:
        """Return the name of the TXT record that proves it."""
        return f"{LABEL}.{self.name}"

    @property
    def subject(self) -> Subject:
        """Name the domain in an audit event."""
        return Subject("domain", self.name, self.name)

    @property
    def facts(self) -> dict[str, object]:
        """Return what an audit event keeps of it."""
        return {"domain": self.name, "state": self.state.value}


def claim(domain: TeamDomain, held: Sequence[TeamDomain], actor: Actor) -> tuple[Change, TeamDomain]:
    """Begin to claim a domain; one that the team claims already stays as it is, with its proof."""
    present = next((one for one in held if one.name == domain.name), None)
    if present is not None:
        return Change(), present
    if len(held) >= MOST_DOMAINS:
        raise Invalid(Flaw("/domain", f"A team has at most {MOST_DOMAINS} domains."))
    return Change(
        steps=(Created(domain),), deeds=(Deed(Action.DOMAIN_CLAIMED, actor, domain.subject, None, domain.facts),)
    ), domain


def verify(
    domain: TeamDomain, texts: Collection[str], held_by: str | None, actor: Actor, now: datetime
) -> tuple[Change, TeamDomain]:
    """Hold a domain whose record is there from now on; `held_by` is nobody, or a team that is gone.

    Raises DomainUnproven. That no other team has it is a condition of the commit (case 196).
    """
    if domain.proof not in texts:
        raise DomainUnproven
    if domain.proven:
        return Change(), domain
    after = replace(
        domain,
        state=DomainState.VERIFIED,
        verified_at=now,
        check_at=now + CHECKED_EVERY,
        misses=0,
        version=domain.version + 1,
    )
    deed = Deed(Action.DOMAIN_VERIFIED, actor, domain.subject, domain.facts, after.facts)
    taken = Claim(DOMAIN, domain.team_id, domain.name, held_by, domain.team_id)
    return Change(steps=(Updated(domain, after),), claims=(taken,), deeds=(deed,)), after


def recheck(
    domain: TeamDomain, texts: Collection[str] | None, letters: Sequence[Letter], actor: Actor, now: datetime
) -> Change:
    """Judge a verified domain anew: gone three days in a row it lapses, and the owners are told.

    `texts` None could not be looked up, which says nothing about the domain.
    """
    version = domain.version + 1
    if texts is None:
        return Change(steps=(Updated(domain, replace(domain, check_at=now + TRIED_AGAIN, version=version)),))
    misses = 0 if domain.proof in texts else domain.misses + 1
    after = replace(domain, misses=misses, check_at=now + CHECKED_EVERY, version=version)
    if misses < MOST_MISSES:
        return Change(steps=(Updated(domain, after),))
    after = replace(after, state=DomainState.LAPSED, check_at=None)
    deed = Deed(Action.DOMAIN_LAPSED, actor, domain.subject, domain.facts, after.facts)
    return Change((Updated(domain, after),), (_released(domain),), (deed,), tuple(letters))


def release(domain: TeamDomain, actor: Actor) -> Change:
    """Give a domain up; what was done on the strength of it stays."""
    deed = Deed(Action.DOMAIN_RELEASED, actor, domain.subject, domain.facts, None)
    claims = (_released(domain),) if domain.proven else ()
    return Change(steps=(Retired(domain),), claims=claims, deeds=(deed,))


def _released(domain: TeamDomain) -> Claim:
    return Claim(DOMAIN, domain.team_id, domain.name, domain.team_id, None)
