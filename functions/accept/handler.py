"""The holder of an invitation's link: inspect and accept by the API, and the page at /i/{token}."""

from functools import partial

from rollcall.actions import accept
from rollcall.actions.accept import Acceptance, Joined, Link, Seen
from rollcall.http import answers, link_pages, targets
from rollcall.http.endpoint import Request, by_route, endpoint

_reads = targets.invitation_link


@endpoint(body=Link, link=targets.token_in_body, reads=_reads, answer=answers.seen_link)
def _inspect(request: Request[Link]) -> Seen:
    """Look at a link; changes nothing."""
    return accept.inspect(request.call, request.link, answers.link_keys())


@endpoint(body=Acceptance, link=targets.token_in_body, reads=_reads, answer=answers.joined, tolerant=True)
def _accept(request: Request[Acceptance]) -> Joined:
    """Become a member."""
    return accept.accept(request.call, request.link, request.body, answers.link_keys())


_page = partial(endpoint, link=targets.token_in_path, reads=_reads, failure=link_pages.failure)
_show = _page(answer=link_pages.invitation_page, tolerant=True)(link_pages.show_invitation)
_join = _page(body=link_pages.JoinForm, form=True, answer=link_pages.joined_page)(link_pages.join)

handler = by_route(
    {
        "POST /v1/invitations/inspect": _inspect,
        "POST /v1/invitations/accept": _accept,
        "GET /i/{token}": _show,
        "HEAD /i/{token}": _show,
        "POST /i/{token}": _join,
    }
)
