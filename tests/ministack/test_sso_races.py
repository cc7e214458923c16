"""People who come back from a provider at the same instant, over HTTP: each comes in once and is one member (CO)."""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import TYPE_CHECKING

import pytest

from infra.local.toys.idp_requests import PUBLIC_CLIENT_ID
from rollcall.storage.sso_connections import sso_connections_of
from tests.functions.scim_kit import Provider
from tests.ministack.network import at_once, raced, rounds
from tests.operations import act_on, ask, authenticates, remove
from tests.sso_kit import Browser, connected, joining, lasting_codes, prove_domain
from tests.toy_idp import serving, sign_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from infra.local.toys.idp import ToyIdp
    from rollcall.domain.sso_connections import SsoConnection
    from tests.kit import Answer
    from tests.ministack.network import Network

pytestmark = pytest.mark.ministack

DOMAIN = "sso.example.com"
NICO = f"nico@{DOMAIN}"
TOGETHER = 32


@pytest.fixture
def idp(world: Network, monkeypatch: pytest.MonkeyPatch) -> Iterator[ToyIdp]:
    with serving(f"{world.stack.base_url}/sso/callback") as one:
        monkeypatch.setenv("SSO_LOCAL_ISSUERS", one.issuer)
        yield one


@pytest.fixture
def connection(world: Network, idp: ToyIdp) -> SsoConnection:
    """Connect the team; nobody has come in yet, and whoever is of its domain may join."""
    prove_domain(world, DOMAIN)
    joining(world, jit=True)
    return connected(world, issuer=idp.issuer, client_id=PUBLIC_CLIENT_ID, worked=False)


def arrived(world: Network, connection: SsoConnection, person: str = NICO, **switches: str) -> tuple[Browser, str]:
    """Go as far as the way back; return the browser and the address."""
    browser = Browser(world)
    began = browser.start(connection)
    assert began.status == 302, began.body
    return browser, sign_in(began.headers["location"], person, **switches)


def enter(world: Network, connection: SsoConnection, person: str = NICO, **switches: str) -> Answer:
    browser, back = arrived(world, connection, person, **switches)
    return browser.back(back)


def many(world: Network, browser: Browser, back: str) -> Counter[int]:
    """Come back with one code and nonce in as many requests at once; whoever comes in has a session that works."""
    browsers = [Browser(world, browser.attempt) for _ in range(TOGETHER)]
    answers = at_once(*(partial(one.back, back) for one in browsers))
    assert sum(one.session is not None and authenticates(world, one.session) for one in browsers) == 1
    return Counter(answer.status for answer in answers)


def test_case_032_of_32_callbacks_with_one_code_one_signs_in(world: Network, connection: SsoConnection) -> None:
    for _ in rounds(2):
        assert many(world, *arrived(world, connection)) == {302: 1, 401: TOGETHER - 1}
    assert len(world.events("member.joined_by_sso")) == 1
    world.check_books()


def test_case_032_of_32_callbacks_one_signs_in_also_where_the_provider_redeems_each(
    world: Network, connection: SsoConnection, idp: ToyIdp, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first time they join by it, the second time they only sign in: one nonce, one session."""
    lasting_codes(idp, monkeypatch)
    for _ in rounds(2):
        assert many(world, *arrived(world, connection)) == {302: 1, 401: TOGETHER - 1}
    (member,) = (one for one in world.members() if one.email == NICO)
    assert len(member.sessions) == len(rounds(2))
    world.check_books()


def test_the_first_who_come_in_at_once_all_come_in(world: Network, connection: SsoConnection) -> None:
    """Though each of them would write down that it works."""
    people = [f"p{number}@{DOMAIN}" for number in range(6)]
    ready = [arrived(world, connection, person) for person in people]
    answers = at_once(*(partial(browser.back, back) for browser, back in ready))
    assert [answer.status for answer in answers] == [302] * len(people)
    (now,) = sso_connections_of(world.acme.id)
    assert (now.worked, now.version, world.team().sso_available) == (True, 2, True)
    world.check_books()


def test_case_232_an_invitation_a_post_and_a_sign_in_of_one_address_make_one_member(
    world: Network, connection: SsoConnection
) -> None:
    scim = Provider(world)
    for number in rounds(6):
        email = f"nora{number}@{DOMAIN}"
        invite = {"email": email, "role": "member", "products": {"all": True}}
        browser, back = arrived(world, connection, email)
        invited, posted, entered = raced(
            number,
            partial(ask, world, "POST", "/v1/invitations", invite),
            partial(scim.post, email),
            partial(browser.back, back),
        )
        assert invited.status in {201, 409}
        assert posted.status in {201, 409}
        assert entered.status == 302, entered.body
        (member,) = (one for one in world.members() if one.email == email)
        assert ask(world, "GET", "/v1/me", None, browser.session).json["id"] == member.id
        assert world.walk(f"/v1/invitations?state=pending&q=nora{number}@").rows == []
    world.check_books()


def test_case_235_nobody_who_is_cut_off_meanwhile_is_left_inside(world: Network, connection: SsoConnection) -> None:
    """Deactivated or removed: if that came through, no session of the sign-in works, and nobody is back."""
    for number in rounds(6):
        email = f"nora{number}@{DOMAIN}"
        assert enter(world, connection, email).status == 302
        (member,) = (one for one in world.members() if one.email == email)
        browser, back = arrived(world, connection, email)
        cut = partial(act_on, world, member.id, "deactivate") if number % 2 else partial(remove, world, member.id)
        entered, gone = raced(number // 2, partial(browser.back, back), cut)
        assert (gone.status, entered.status in {302, 403}) == (200, True)
        assert browser.session is None or not authenticates(world, browser.session)
        assert enter(world, connection, email).status == 403
        assert not [one for one in world.members() if one.email == email and one.is_active]
    world.check_books()


def test_two_who_come_with_one_subject_at_once_are_one_member(world: Network, connection: SsoConnection) -> None:
    """I18: under two addresses; whoever comes second is who came first."""
    for number in rounds(4):
        sub = f"subject {number}"
        ready = [arrived(world, connection, f"{name}{number}@{DOMAIN}", sub=sub) for name in ("a", "b")]
        answers = raced(number, *(partial(browser.back, back) for browser, back in ready))
        assert [answer.status for answer in answers] == [302, 302]
        who = {ask(world, "GET", "/v1/me", None, browser.session).json["id"] for browser, _ in ready}
        assert len(who) == 1
    assert len(world.events("member.joined_by_sso")) == len(rounds(4))
    world.check_books()
