"""The domains of the team: claim one, prove it, give it up (J5, case 196)."""

import base64
from collections.abc import Iterable
from dataclasses import dataclass

from rollcall.actions.call import Call
from rollcall.auth.dns import Resolve
from rollcall.domain import domains
from rollcall.domain.domains import DOMAIN, TeamDomain
from rollcall.domain.errors import DomainTaken, NotFound
from rollcall.domain.text import DomainName
from rollcall.storage import keys
from rollcall.storage.keys import Key
from rollcall.storage.reads import domains_of, read

PROOF = "rollcall-domain-verification="
PROOF_BYTES = 20


@dataclass(frozen=True, slots=True)
class NewDomain:
    """A domain to be claimed."""

    domain: DomainName


def reads(team_id: str, name: str) -> Iterable[Key]:
    """Name what claiming and proving a domain looks at: the team's own claim, and who holds it."""
    return keys.domain(team_id, name), keys.claim(DOMAIN, team_id, name)


def list_domains(call: Call) -> list[TeamDomain]:
    """Return the team's domains, by name."""
    return domains_of(call.team.id)


def claim_domain(call: Call, wanted: NewDomain) -> TeamDomain:
    """Begin to claim a domain; asking again tells the same record. Raises DomainTaken where another team proved it."""
    _free(call, wanted.domain)
    proof = PROOF + base64.b32encode(call.random_bytes(PROOF_BYTES)).decode().lower()
    new = TeamDomain(call.team.id, wanted.domain, proof, call.now)
    change, domain = domains.claim(new, domains_of(call.team.id), call.actor)
    call.commit(change, domain)
    return domain


def verify_domain(call: Call, name: str, resolve: Resolve) -> TeamDomain:
    """Look the record up. Raises DomainUnproven, DomainTaken, and Unavailable where the DNS does not answer."""
    domain = _own(call, name)
    held_by = _free(call, name)
    change, after = domains.verify(domain, resolve(domain.record), held_by, call.actor, call.now)
    call.commit(change, after)
    return after


def release_domain(call: Call, name: str) -> None:
    """Give a domain up."""
    call.commit(domains.release(_own(call, name), call.actor))


def _own(call: Call, name: str) -> TeamDomain:
    domain = call.found.domain(call.team.id, name)
    if domain is None:
        raise NotFound
    return domain


def _free(call: Call, name: str) -> str | None:
    """Return who holds the claim though nobody does any more: None, or a deleted team. Raises DomainTaken."""
    holder = call.found.holder(DOMAIN, call.team.id, name)
    if holder is None or holder == call.team.id:
        return None
    team = read([keys.team(holder)]).team(holder)
    if team is not None and team.alive:
        raise DomainTaken
    return holder
