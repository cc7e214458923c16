"""The holder of an invitation's link: inspect, accept and renewal by the API, and the page at /i/{token}."""

import os
from functools import partial

from rollcall.actions import accept
from rollcall.actions.accept import Acceptance, Joined, Link, Seen
from rollcall.http import answers, link_pages, targets
from rollcall.http.endpoint import Request, by_route, endpoint

_link = partial(endpoint, link=targets.token_in_body, reads=targets.invitation_link)
_page = partial(endpoint, link=targets.token_in_path, reads=targets.invitation_link, failure=link_pages.failure)


@_link(body=Link, answer=answers.seen_link, beside=targets.ways_of_link)
def _inspect(request: Request[Link]) -> Seen:
    """Look at a link; changes nothing."""
    return accept.inspect(request.call, request.link, answers.link_keys())


@_link(body=Acceptance, answer=answers.joined, tolerant=True)
def _accept(request: Request[Acceptance]) -> Joined:
    """Become a member."""
    return accept.accept(request.call, request.link, request.body, answers.link_keys(), os.environ["PUBLIC_BASE_URL"])


@_link(body=Link, answer=answers.accepted)
def _ask(request: Request[Link]) -> Seen:
    """Ask for a new link in place of an expired one."""
    return accept.ask_again(request.call, request.link, answers.link_keys())


_show = _page(answer=link_pages.invitation_page, tolerant=True, beside=targets.ways_of_link)(link_pages.show_invitation)
_join = _page(body=link_pages.JoinForm, form=True, answer=link_pages.joined_page)(link_pages.join)
_verbs = (("inspect", _inspect), ("accept", _accept), ("renewal-request", _ask))
_api = {f"POST /v1/invitations/{verb}": each for verb, each in _verbs}
handler = by_route({**_api, "GET /i/{token}": _show, "HEAD /i/{token}": _show, "POST /i/{token}": _join})
