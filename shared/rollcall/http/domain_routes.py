"""The routes of the team's domains: claim, prove, give up (2-api)."""

import re
from collections.abc import Iterable
from typing import Any

from rollcall.actions import domains
from rollcall.actions.domains import NewDomain
from rollcall.auth import dns
from rollcall.domain.domains import TeamDomain
from rollcall.domain.permissions import Permission
from rollcall.http import connection_answers as answers
from rollcall.http.answers import nothing
from rollcall.http.bodies import Nothing
from rollcall.http.endpoint import Asked, Endpoint, Request, endpoint
from rollcall.storage.keys import Key

NAME = re.compile(r"[A-Za-z0-9.-]{1,253}")


def _claimed(asked: Asked[Any]) -> Iterable[Key]:
    """Name the domain of the body."""
    return domains.reads(asked.team_id, asked.body.domain)


def _named(asked: Asked[Any]) -> Iterable[Key]:
    """Name the domain of the path; text that can be none names nothing."""
    name = _name(asked)
    return domains.reads(asked.team_id, name) if name else ()


def _name(asked: Asked[Any]) -> str:
    name = asked.http.path.get("domain", "")
    return name.lower() if NAME.fullmatch(name) else ""


@endpoint(permission=Permission.CONFIGURE_SSO, answer=answers.domains)
def _list(request: Request[Nothing]) -> list[TeamDomain]:
    """List the team's domains, each with the DNS record that proves it."""
    return domains.list_domains(request.call)


@endpoint(permission=Permission.CONFIGURE_SSO, body=NewDomain, reads=_claimed, answer=answers.claimed)
def _claim(request: Request[NewDomain]) -> TeamDomain:
    """Claim a domain; the answer names the DNS record that will prove it."""
    return domains.claim_domain(request.call, request.body)


@endpoint(permission=Permission.CONFIGURE_SSO, reads=_named, answer=answers.domain)
def _verify(request: Request[Nothing]) -> TeamDomain:
    """Look the DNS record up; the domain is the team's from then on."""
    return domains.verify_domain(request.call, _name(request.asked), dns.texts)


@endpoint(permission=Permission.CONFIGURE_SSO, reads=_named, answer=nothing)
def _release(request: Request[Nothing]) -> None:
    """Give a domain up."""
    domains.release_domain(request.call, _name(request.asked))


ROUTES: dict[str, Endpoint] = {
    "GET /v1/team/domains": _list,
    "POST /v1/team/domains": _claim,
    "POST /v1/team/domains/{domain}/verify": _verify,
    "DELETE /v1/team/domains/{domain}": _release,
}
