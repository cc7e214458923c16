"""Single sign-on as the only way in: what it rests on, what it ends, whom it cuts off, and that it can be released."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from rollcall.domain.members import Source, Status
from tests.operations import (
    act_on,
    ask,
    authenticates,
    crowd,
    newest,
    password_link,
    put_role,
    set_password,
    sign_in,
    try_sign_in,
)
from tests.sso_kit import Browser, connected, prove_domain, session_via, trial_of
from tests.toy_idp import serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from infra.local.toys.idp import ToyIdp
    from rollcall.domain.sso_connections import SsoConnection
    from tests.kit import Answer, World

PATH = "/v1/team/sso-enforcement"
NORA, OLGA = "nora@example.com", "olga@example.com"
BAD = [{}, {"enforced": "true"}, {"enforced": 1}, {"enforced": None}, {"enforced": True, "x": 1}]


@pytest.fixture(scope="module")
def served() -> Iterator[ToyIdp]:
    with serving() as one:
        yield one


@pytest.fixture(autouse=True)
def early(world: World) -> None:
    """Begin with whole windows of every throttle."""
    world.early()


@pytest.fixture
def tried(world: World) -> SsoConnection:
    """A connection that acme's owner has signed in through."""
    return connected(world, tested=trial_of(world.acme.owner.id))


def switch(world: World, on: object = True, by: str | None = None, query: str = "", **headers: str) -> Answer:
    session = by or sign_in(world, world.acme.owner)
    return ask(world, "PUT", f"{PATH}{query}", {"enforced": on}, session, **headers)


def forgot(world: World, email: str) -> Answer:
    return world.call("POST", "/v1/teams/acme/password-resets", {"email": email})


# ---------------------------------------------------------------- what it rests on


def test_it_is_switched_on_once_an_owner_has_come_in_by_it(
    world: World, served: ToyIdp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSO_LOCAL_ISSUERS", served.issuer)
    prove_domain(world, "acme.example.com")
    connection = connected(world, issuer=served.issuer, client_id="rollcall-public", worked=False)
    session = sign_in(world, world.acme.owner)
    for who in (None, world.acme.member.email, world.acme.admin.email):
        if who is not None:
            assert Browser(world).sign_in(connection, who).status == 302
        with world.unchanged():
            refused = switch(world, by=session)
        assert (refused.status, refused.code) == (409, "sso_untested")
    browser = Browser(world)
    assert browser.sign_in(connection, world.acme.owner.email).status == 302
    with world.tells("sso.enforced"):
        told = switch(world, by=browser.session)
    assert (told.status, told.json["enforced"]) == (200, True)
    assert told.json["switched_at"] == newest(world, "sso.enforced")["after"]["switched_at"]
    assert ask(world, "GET", "/v1/team").json["sso_enforced"]
    assert authenticates(world, str(browser.session))
    assert not authenticates(world, session)


def test_a_connection_that_is_off_or_was_changed_since_carries_nothing(world: World, tried: SsoConnection) -> None:
    session = sign_in(world, world.acme.owner)
    path = f"/v1/team/sso-connections/{tried.id}"
    assert ask(world, "PATCH", path, {"enabled": False}).status == 200
    with world.unchanged():
        assert switch(world, by=session).code == "sso_untested"
    assert ask(world, "PATCH", path, {"enabled": True, "client_secret": "a new one"}).status == 200
    with world.unchanged():
        assert switch(world, by=session).code == "sso_untested"
        assert switch(world, by=session, query="?preview=true").status == 200, "whom it would cut off can be looked at"


def test_who_tried_it_must_be_an_owner_still(world: World) -> None:
    olga, _ = world.join(OLGA, role="owner")
    connected(world, tested=trial_of(olga))
    session = sign_in(world, world.acme.owner)
    assert put_role(world, olga, "admin").status == 200
    with world.unchanged():
        assert switch(world, by=session).code == "sso_untested"
    assert put_role(world, olga, "owner").status == 200
    assert act_on(world, olga, "deactivate").status == 200
    with world.unchanged():
        assert switch(world, by=session).code == "sso_untested"
    assert act_on(world, olga, "reactivate").status == 200
    assert switch(world, by=session).status == 200


@pytest.mark.parametrize(
    "body", [{}, {"enforced": "true"}, {"enforced": 1}, {"enforced": None}, {"enforced": True, "x": 1}]
)
def test_the_switch_is_true_or_false_and_nothing_else(world: World, tried: SsoConnection, body: object) -> None:
    session = sign_in(world, world.acme.owner)
    with world.unchanged():
        refused = ask(world, "PUT", PATH, body, session)
    assert (refused.status, tried.enabled) == (400, True)
    assert refused.pointers


@pytest.mark.usefixtures("tried")
def test_what_is_so_already_is_no_change_and_a_version_that_is_known_is_asked_for(world: World) -> None:
    session = sign_in(world, world.acme.owner)
    with world.unchanged():
        assert switch(world, False, session).json == {
            "enforced": False,
            "switched_at": None,
            "cut_off": {"total": 0, "members": []},
            "warnings": [],
        }
        assert switch(world, by=session, If_Match='"99"').status == 412
        assert switch(world, by=session, query="?preview=yes").pointers == ["?preview"]
    mine = session_via(world, world.acme.owner.id, "sso")
    first = switch(world, by=mine)
    assert first.status == 200
    before = len(world.mails(world.acme.owner.email))
    with world.unchanged():
        again = switch(world, by=mine)
    assert (again.status, again.json, again.headers["etag"]) == (200, first.json, first.headers["etag"])
    assert len(world.mails(world.acme.owner.email)) == before


def test_the_owners_are_told_and_nobody_else(world: World) -> None:
    world.join(OLGA, role="owner")
    connected(world, tested=trial_of(world.acme.owner.id))
    before = {email: len(world.mails(email)) for email in (OLGA, world.acme.owner.email, world.acme.admin.email)}
    assert switch(world).status == 200
    told = {email: world.mails(email)[count:] for email, count in before.items()}
    assert [len(mails) for mails in told.values()] == [1, 1, 0]
    assert told[OLGA][0].subject == "Acme enforces single sign-on now"
    assert world.acme.owner.email in told[OLGA][0].text
    assert switch(world, False, session_via(world, world.acme.owner.id, "sso")).status == 200
    assert len(world.mails(OLGA)) == before[OLGA] + 1


# ---------------------------------------------------------------- what it ends


@pytest.mark.usefixtures("tried")
def test_cases_042_and_073_every_password_path_closes_with_the_answer(world: World) -> None:
    mia = world.acme.member
    owner, old = sign_in(world, world.acme.owner), sign_in(world, mia)
    by_sso, by_glass = (session_via(world, world.acme.owner.id, via) for via in ("sso", "break_glass"))
    reset = password_link(world, mia.id)
    world.invite(NORA, send_password_email=True)
    invited, letters = world.link(NORA), len(world.mails(mia.email))
    assert switch(world, by=owner).status == 200
    for session, alive in ((old, False), (owner, False), (by_sso, True), (by_glass, True), (mia.pat, True)):
        assert authenticates(world, session) is alive
    assert try_sign_in(world, mia.email, mia.password).status == 401
    assert forgot(world, mia.email).status == 202
    assert len(world.mails(mia.email)) == letters
    assert set_password(world, reset).status == 410
    with world.unchanged():
        refused = world.accept(invited)
    assert (refused.status, refused.code) == (409, "sso_required")
    assert world.call("GET", f"/v1/members/{mia.id}/sessions", token=world.acme.owner.pat).json["data"] == []


@pytest.mark.usefixtures("tried")
def test_cases_020_and_021_while_enforced_no_password_is_reset_nor_signed_in_with(world: World) -> None:
    mia = world.acme.member
    reset = password_link(world, mia.id)
    assert switch(world).status == 200
    with world.unchanged():
        assert set_password(world, reset).status == 410
        by_admin = ask(world, "POST", f"/v1/members/{mia.id}/password-reset", None, world.acme.admin.pat)
        assert (by_admin.status, by_admin.code) == (409, "password_login_off")
        assert try_sign_in(world, mia.email, mia.password).status == 401


@pytest.mark.usefixtures("tried")
def test_case_020_a_link_from_before_the_switch_stays_dead_when_enforcement_ends(world: World) -> None:
    mia = world.acme.member
    assert forgot(world, mia.email).status == 202
    before = world.link(mia.email)
    mine = session_via(world, world.acme.owner.id, "sso")
    assert switch(world, by=mine).status == 200
    with world.tells("sso.released"):
        assert switch(world, False, mine).status == 200
    with world.unchanged():
        assert set_password(world, before).status == 410
    assert try_sign_in(world, mia.email, mia.password).status == 201
    world.advance(1)
    assert forgot(world, mia.email).status == 202
    assert set_password(world, world.link(mia.email)).status == 204


@pytest.mark.usefixtures("tried")
def test_password_sessions_from_before_a_switch_are_dead_for_ever_and_others_live_on(world: World) -> None:
    mia = world.acme.member
    old = sign_in(world, mia)
    mine = session_via(world, world.acme.owner.id, "sso")
    assert switch(world, by=mine).status == 200
    world.advance(5)
    meanwhile = session_via(world, mia.id, "password")
    assert not authenticates(world, meanwhile)
    assert switch(world, False, mine).status == 200
    assert [authenticates(world, session) for session in (old, meanwhile, mine, mia.pat)] == [False, False, True, True]
    world.advance(1)
    fresh = sign_in(world, mia)
    assert authenticates(world, fresh)
    listed = world.call("GET", "/v1/sessions", token=fresh).json["data"]
    assert [session["current"] for session in listed] == [True]


@pytest.mark.usefixtures("tried")
def test_case_042_a_product_is_told_that_a_password_session_is_over_and_a_token_is_not(world: World) -> None:
    mia = world.acme.member
    old = sign_in(world, mia)
    assert switch(world).status == 200
    answers = [
        world.call("POST", "/v1/introspect", {"token": token}, token=world.acme.service_token).json["active"]
        for token in (old, mia.pat)
    ]
    assert answers == [False, True]
    assert world.call("POST", "/v1/product-tokens", {"product": "trustgate"}, token=old).status == 401


def test_case_188_what_one_team_enforces_is_nothing_to_another(world: World, tried: SsoConnection) -> None:
    theirs = sign_in(world, world.globex.member, "globex")
    assert tried.team_id == world.acme.id
    assert switch(world).status == 200
    assert authenticates(world, theirs)
    assert try_sign_in(world, world.globex.member.email, world.globex.member.password, "globex").status == 201


# ---------------------------------------------------------------- whom it cuts off


def named(answer: Answer) -> dict[str, Any]:
    cut = answer.json["cut_off"]
    assert len(cut["members"]) == min(cut["total"], 200)
    return {one["email"] or one["name"]: one["reason"] for one in cut["members"]}


@pytest.mark.usefixtures("tried")
def test_a_look_before_tells_whom_it_would_cut_off_and_changes_nothing(world: World) -> None:
    session = sign_in(world, world.acme.owner)
    with world.unchanged():
        everybody = switch(world, by=session, query="?preview=true")
    active = ask(world, "GET", "/v1/members?limit=200").json["total"]
    assert everybody.json["cut_off"]["total"] == active
    assert set(named(everybody).values()) == {"domain_not_proven"}
    assert everybody.json["warnings"] == ["no_break_glass_codes"]
    prove_domain(world, "acme.example.com")
    joined: list[tuple[str, dict[str, Any]]] = [
        ("out@elsewhere.example.net", {}),
        ("", {"name": "No Address", "source": Source.SCIM}),
        ("in@ACME.example.com", {}),
        ("off@elsewhere.example.net", {"status": Status.DEACTIVATED}),
        ("linked@elsewhere.example.net", {"subjects": {f"idp_{'0' * 26}": "somebody"}}),
    ]
    crowd(world, *({"email": email, "email_key": email.lower(), **more} for email, more in joined))
    with world.unchanged():
        some = switch(world, by=session, query="?preview=true")
    assert named(some) == {"out@elsewhere.example.net": "domain_not_proven", "No Address": "no_email"}
    assert some.json["enforced"]
    assert not world.team().sso_enforced
    done = switch(world, by=session)
    assert {**done.json, "switched_at": None} == {**some.json, "switched_at": None}


@pytest.mark.usefixtures("tried")
def test_owners_without_a_break_glass_code_are_warned_until_one_of_them_has_some(world: World) -> None:
    session = sign_in(world, world.acme.owner)
    assert switch(world, by=session, query="?preview=true").json["warnings"] == ["no_break_glass_codes"]
    assert ask(world, "POST", "/v1/team/break-glass-codes", None, session).status == 201
    assert switch(world, by=session, query="?preview=true").json["warnings"] == []


@pytest.mark.usefixtures("tried")
def test_of_many_the_first_200_are_named_and_all_are_counted(world: World) -> None:
    prove_domain(world, "acme.example.com")
    crowd(world, *({"email": f"p{n}@other.example.net", "email_key": f"p{n}@other.example.net"} for n in range(230)))
    told = switch(world, query="?preview=true")
    assert (told.json["cut_off"]["total"], len(named(told))) == (230, 200)


@pytest.mark.usefixtures("tried")
def test_spellings_of_a_proven_domain_meet(world: World) -> None:
    prove_domain(world, "acme.example.com")
    prove_domain(world, "xn--bcher-kva.example.com")
    crowd(world, {"email": "amy@Bücher.example.com", "email_key": "amy@xn--bcher-kva.example.com"})
    assert switch(world, query="?preview=true").json["cut_off"]["total"] == 0


@pytest.mark.usefixtures("tried")
def test_an_admin_sets_connections_up_and_does_not_enforce(world: World) -> None:
    admin = sign_in(world, world.acme.admin)
    with world.unchanged():
        for query in ("", "?preview=true"):
            assert switch(world, by=admin, query=query).status == 403
            assert switch(world, by=world.acme.owner.pat, query=query).code == "step_up_required"
    old = session_via(world, world.acme.owner.id, "sso")
    world.advance(601)
    with world.unchanged():
        assert switch(world, by=old).code == "step_up_required"
