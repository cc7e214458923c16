"""In a browser, from the letter to the API: join by the form, follow the link, sign in, use the cookie, sign out."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from tests.functions.test_sign_in_pages import BASE, COOKIE, FROM_OUR_FORM
from tests.kit import GOOD_PASSWORD

if TYPE_CHECKING:
    from tests.kit import Answer, World

NORA = "nora+acme@example.com"


def button(page: Answer) -> str:
    """Where the page's one button leads, as a path."""
    (found,) = re.findall(r'<a class="button" href="([^"]*)"', page.body.decode())
    url = unescape(found)
    assert url.startswith(BASE)
    return url.removeprefix(BASE)


def test_an_invited_person_joins_signs_in_and_uses_the_cookie(world: World) -> None:
    world.invite(NORA)
    joined = world.post_form(f"/i/{world.link(NORA)}", urlencode({"name": "Nora", "password": GOOD_PASSWORD}))
    assert joined.status == 201
    path = button(joined)
    assert path == f"/t/acme?{urlencode({'email': NORA})}"
    page = world.call("GET", path)
    assert f'value="{NORA}"' in unescape(page.body.decode())

    form = {"content-type": "application/x-www-form-urlencoded", **FROM_OUR_FORM}
    entered = world.call(
        "POST", "/t/acme", urlencode({"email": NORA, "password": GOOD_PASSWORD}).encode(), headers=form
    )
    cookie = {"cookie": entered.headers["set-cookie"].partition(";")[0]}
    assert (entered.status, cookie["cookie"].startswith(f"{COOKIE}=rc_ses_")) == (303, True)
    assert NORA in world.call("GET", entered.headers["location"].removeprefix(BASE), headers=cookie).body.decode()

    me = world.call("GET", "/v1/me", headers=cookie)
    assert (me.status, me.json["email"]) == (200, NORA)
    renamed = {"name": "Nora New"}
    with world.unchanged():
        for elsewhere in ({}, {"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}):
            refused = world.call("PATCH", "/v1/me", renamed, headers={**cookie, **elsewhere})
            assert (refused.status, refused.code) == (403, "cross_site")
    assert world.call("PATCH", "/v1/me", renamed, headers={**cookie, "origin": BASE}).json["name"] == "Nora New"

    assert world.call("POST", "/t/acme/sign-out", b"", headers={**form, **cookie}).status == 303
    assert world.call("GET", "/v1/me", headers=cookie).status == 401


def test_a_forgotten_password_is_set_anew_and_signs_in(world: World) -> None:
    email = world.acme.member.email
    assert world.post_form("/t/acme/forgot", urlencode({"email": email})).status == 202
    reset = world.post_form(f"/reset/{world.link(email)}", urlencode({"password": GOOD_PASSWORD}))
    path = button(reset)
    assert f'value="{email}"' in world.call("GET", path).body.decode()
    signed_in = world.post_form("/t/acme", urlencode({"email": email, "password": GOOD_PASSWORD}))
    assert signed_in.status == 303
