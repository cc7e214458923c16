"""The holder of a set-password link, by the API and the page at /reset/{token}; PUT /v1/me/password."""

from functools import partial

from rollcall.actions.change_password import PasswordChange, change_password
from rollcall.actions.set_password import ChosenPassword, Holder, set_password
from rollcall.domain.permissions import Permission
from rollcall.http import answers, link_pages, targets
from rollcall.http.endpoint import Request, by_route, endpoint

_reads = targets.password_link


@endpoint(body=ChosenPassword, link=targets.token_in_body, reads=_reads, answer=answers.nothing)
def _complete(request: Request[ChosenPassword]) -> Holder:
    """Set the password; sessions end, none is made."""
    return set_password(request.call, request.link, request.body.password, answers.link_keys())


@endpoint(permission=Permission.CHANGE_OWN_PASSWORD, body=PasswordChange, answer=answers.nothing)
def _change(request: Request[PasswordChange]) -> None:
    """Change the own password with the present one; every other session ends."""
    change_password(request.call, request.body)


_page = partial(endpoint, link=targets.token_in_path, reads=_reads, failure=link_pages.failure)
_show = _page(answer=link_pages.password_page)(link_pages.show_password_link)
_choose = _page(body=link_pages.PasswordForm, form=True, answer=link_pages.password_set_page)(
    link_pages.choose_password
)

handler = by_route(
    {
        "POST /v1/password-resets/complete": _complete,
        "PUT /v1/me/password": _change,
        "GET /reset/{token}": _show,
        "HEAD /reset/{token}": _show,
        "POST /reset/{token}": _choose,
    }
)
