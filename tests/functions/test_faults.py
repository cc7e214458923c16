"""Every route with every call to the table failing in turn: 503 or success, all or nothing, and never a 500 (I22, I33).

A route is run once to count its calls, then once per call and fault.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, TypeAlias

import pytest

from rollcall.auth import keyring, links
from rollcall.domain.members import PasswordLink
from tests import seam
from tests.kit import GOOD_PASSWORD, World
from tests.operations import sign_up

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.kit import Answer

    Ask: TypeAlias = Callable[[], Answer]

NORA = "nora@example.com"
OTHER_PASSWORD = "another phrase nobody has used"


@dataclass(frozen=True)
class Route:
    """How a request is made ready, the status that it answers with, and the events that it adds."""

    name: str
    ready: Callable[[World], Ask]
    status: int
    events: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.name


def reading(path: str) -> Callable[[World], Ask]:
    return lambda world: lambda: world.call("GET", path, token=world.acme.owner.pat)


def public(path: str) -> Callable[[World], Ask]:
    return lambda world: lambda: world.call("GET", path)


def about_nora(verb: str) -> Callable[[World], Ask]:
    def ready(world: World) -> Ask:
        invited = world.invite(NORA)["id"]
        if verb:
            return lambda: world.act(verb, invited)
        return lambda: world.call("GET", f"/v1/invitations/{invited}", token=world.acme.owner.pat)

    return ready


def by_link(request: Callable[[World, str], Answer], role: str = "member") -> Callable[[World], Ask]:
    def ready(world: World) -> Ask:
        token = world.copied(world.invite(NORA, role=role)["id"])
        return lambda: request(world, token)

    return ready


def by_sign_up(request: Callable[[World, str], Answer]) -> Callable[[World], Ask]:
    def ready(world: World) -> Ask:
        assert sign_up(world).status == 202
        token = world.link("amy@hooli.example")
        return lambda: request(world, token)

    return ready


def by_reset(request: Callable[[World, str], Answer]) -> Callable[[World], Ask]:
    def ready(world: World) -> Ask:
        soon = datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)
        world.rewrite(world.member(world.acme.member.id), password_link=PasswordLink(1, soon))
        token = links.password_link(keyring.link_keys()[0], world.member(world.acme.member.id))
        return lambda: request(world, token)

    return ready


def invites(world: World) -> Ask:
    body = {"email": NORA, "role": "admin", "products": {"only": ["trustgate"]}}
    return lambda: world.call("POST", "/v1/invitations", body, token=world.acme.owner.pat)


def invites_over_an_expired_one(world: World) -> Ask:
    world.invite(NORA)
    world.advance(8 * 24 * 3600)
    return invites(world)


def signs_in(world: World) -> Ask:
    body = {"email": world.acme.member.email, "password": world.acme.member.password}
    return lambda: world.call("POST", "/v1/teams/acme/sessions", body)


def member(world: World) -> Ask:
    return lambda: world.call("GET", f"/v1/members/{world.acme.member.id}", token=world.acme.owner.pat)


def renames(world: World) -> Ask:
    return lambda: world.call("PATCH", "/v1/me", {"name": "New Name"}, token=world.acme.member.pat)


def completes(world: World, token: str) -> Answer:
    body = {"token": token, "password": OTHER_PASSWORD}
    return world.call("POST", "/v1/password-resets/complete", body)


def joins(world: World, token: str) -> Answer:
    return world.post_form(f"/i/{token}", f"name=Nora&password={GOOD_PASSWORD}")


def chooses(world: World, token: str) -> Answer:
    return world.post_form(f"/reset/{token}", f"password={OTHER_PASSWORD}")


READS = (
    Route("list_members", reading("/v1/members"), 200),
    Route("list_members_filtered", reading("/v1/members?role=admin&product=trustgate"), 200),
    Route("list_members_searched", reading("/v1/members?q=a"), 200),
    Route("list_members_by_name", reading("/v1/members?sort=name"), 200),
    Route("read_member", member, 200),
    Route("manage_invitation", reading("/v1/invitations"), 200),
    Route("read_invitation", about_nora(""), 200),
    Route("read_me", reading("/v1/me"), 200),
    Route("sign_in_options", public("/v1/teams/acme/sign-in-options"), 200),
    Route("inspect", by_link(lambda w, t: w.call("POST", "/v1/invitations/inspect", {"token": t})), 200),
    Route("show_link", by_link(lambda w, t: w.call("GET", f"/i/{t}")), 200),
    Route("show_reset", by_reset(lambda w, t: w.call("GET", f"/reset/{t}")), 200),
)
CHANGES = (
    Route("invite", invites, 201, ("invitation.created",)),
    Route("invite_over_expired", invites_over_an_expired_one, 201, ("invitation.created",)),
    Route("resend", about_nora("resend"), 200, ("invitation.resent",)),
    Route("copy_link", about_nora("link"), 200, ("invitation.link_copied",)),
    Route("revoke", about_nora("revoke"), 204, ("invitation.revoked",)),
    Route("accept", by_link(lambda w, t: w.accept(t)), 201, ("invitation.accepted",)),
    Route("accept_admin", by_link(lambda w, t: w.accept(t), "admin"), 201, ("invitation.accepted",)),
    Route("join", by_link(joins), 201, ("invitation.accepted",)),
    Route("sign_in", signs_in, 201, ("session.opened",)),
    Route("edit_profile", renames, 200, ("member.profile_edited",)),
    Route("set_password", by_reset(completes), 204, ("member.password_set",)),
    Route("found_team", by_sign_up(completes), 204, ("team.created",)),
    Route("found_team_by_form", by_sign_up(chooses), 200, ("team.created",)),
    Route("choose_password", by_reset(chooses), 200, ("member.password_set",)),
)


# Those that differ in what they call; the pages and the other invitations do the same as these.
EACH_CALL = {"invite", "resend", "revoke", "accept_admin", "sign_in", "edit_profile", "set_password", "found_team"}


def calls_of(world: World, route: Route) -> int:
    """Return how many calls the route makes when nothing fails."""
    ask = route.ready(world)
    with seam.seam() as seen:
        answer = ask()
    assert answer.status == route.status, answer.body
    return len(seen.calls)


def new_events(world: World, before: set[str]) -> tuple[str, ...]:
    return tuple(event["action"] for event in world.events() if event["id"] not in before)


@pytest.mark.parametrize("route", [*READS, *CHANGES], ids=str)
def test_case_260_with_the_table_gone_every_route_is_a_503_that_says_when_to_come_back(
    world: World, route: Route
) -> None:
    ask = route.ready(world)
    with world.unchanged(), seam.seam(seam.down):
        answer = ask()
    assert answer.status == 503
    assert int(answer.headers["retry-after"]) >= 1
    assert answer.headers["cache-control"] == "no-store"
    assert ask().status == route.status


@pytest.mark.parametrize("route", [*READS, *CHANGES], ids=str)
def test_case_248_when_the_table_goes_at_any_call_the_change_is_made_whole_or_not_at_all(
    world: World, route: Route
) -> None:
    """And when it is back, the same request gets what it asks for, unless it had got it (I40)."""
    number = calls_of(world, route)
    world.reset()
    ask = route.ready(world)
    for made in range(number):
        before, digest = {event["id"] for event in world.events()}, world.digest()
        with seam.seam(seam.after(made, seam.BEFORE)):
            answer = ask()
        assert answer.status in {route.status, 503}
        told = new_events(world, before)
        if told:
            assert told == route.events
            world.reset()
            ask = route.ready(world)
        else:
            assert world.digest() == digest
            assert answer.status == 503 or not route.events
    before = {event["id"] for event in world.events()}
    assert ask().status == route.status
    assert new_events(world, before) == route.events


@pytest.mark.parametrize("fault", [seam.BEFORE, seam.AFTER])
@pytest.mark.parametrize("route", [route for route in CHANGES if route.name in EACH_CALL], ids=str)
def test_case_249_one_call_that_fails_or_whose_reply_is_lost_is_made_good_by_asking_again(
    world: World, route: Route, fault: str
) -> None:
    """Also where it had happened: no second effect, and no false refusal."""
    number = calls_of(world, route)
    for failing in range(1, number + 1):
        world.reset()
        ask = route.ready(world)
        before = {event["id"] for event in world.events()}
        with seam.seam(seam.at(failing, fault)):
            answer = ask()
        assert answer.status == route.status, (failing, answer.body)
        assert new_events(world, before) == route.events


@pytest.mark.parametrize("route", CHANGES, ids=str)
def test_case_252_a_conflict_is_no_refusal(world: World, route: Route) -> None:
    ask = route.ready(world)
    before = {event["id"] for event in world.events()}
    with seam.seam(seam.first(2, "TransactWriteItems", "TransactionConflict")):
        assert ask().status == route.status
    assert new_events(world, before) == route.events


@pytest.mark.parametrize("route", CHANGES, ids=str)
def test_case_252_conflicts_without_end_are_a_503_and_change_nothing(world: World, route: Route) -> None:
    ask = route.ready(world)
    with world.unchanged(), seam.seam(lambda _n, name: "TransactionConflict" if "Write" in name else None):
        answer = ask()
    assert (answer.status, answer.headers["retry-after"] >= "1") == (503, True)


@pytest.mark.parametrize("route", READS, ids=str)
def test_case_261_with_writes_failing_reads_go_on(world: World, route: Route) -> None:
    """The hourly mark of a member's activity is a write that nobody waits for."""
    ask = route.ready(world)
    world.advance(3600)
    with seam.seam(lambda _n, name: None if name in seam.READS else "AccessDeniedException"):
        assert ask().status == route.status


@pytest.mark.parametrize("route", CHANGES, ids=str)
def test_case_261_with_writes_failing_changes_are_a_503(world: World, route: Route) -> None:
    ask = route.ready(world)
    with world.unchanged(), seam.seam(lambda _n, name: None if name in seam.READS else "AccessDeniedException"):
        assert ask().status == 503


def lost(_number: int, name: str) -> seam.Fault:
    """Let transactions happen and their replies be lost, every time."""
    return seam.AFTER if name == "TransactWriteItems" else None


def test_case_218_who_asks_again_with_the_key_is_told_what_was_committed(world: World) -> None:
    body, key = {"email": NORA}, {"Idempotency-Key": "once"}

    def ask() -> Answer:
        return world.call("POST", "/v1/invitations", body, token=world.acme.owner.pat, headers=key)

    with world.tells("invitation.created"):
        with seam.seam(lost):
            assert ask().status == 503
        again = ask()
    assert (again.status, again.headers["idempotent-replayed"]) == (201, "true")
    assert world.call("GET", f"/v1/invitations/{again.json['id']}", token=world.acme.owner.pat).json["email"] == NORA


def test_case_218_an_answer_that_held_a_session_is_not_told_again(world: World) -> None:
    token = world.copied(world.invite(NORA)["id"])
    key = {"Idempotency-Key": "once"}
    with world.tells("invitation.accepted"):
        with seam.seam(lost):
            assert world.accept(token, headers=key).status == 503
        again = world.accept(token, headers=key)
    assert (again.status, again.code) == (409, "already_issued")
    assert b"rc_ses_" not in again.body


def test_case_214_a_key_whose_request_failed_is_free_for_the_next_try(world: World) -> None:
    key = {"Idempotency-Key": "once"}

    def ask() -> Answer:
        return world.call("POST", "/v1/invitations", {"email": NORA}, token=world.acme.owner.pat, headers=key)

    with seam.seam(seam.down):
        assert ask().status == 503
    with world.tells("invitation.created"):
        done = ask()
    assert (done.status, done.headers.get("idempotent-replayed")) == (201, None)


def test_case_223_the_same_edit_sent_twice_is_one_change(world: World) -> None:
    with world.tells("member.profile_edited"):
        first, again = renames(world)(), renames(world)()
    assert (first.status, first.json, first.headers["etag"]) == (again.status, again.json, again.headers["etag"])


def test_case_062_the_mark_of_activity_is_written_once_an_hour_and_refuses_nobody(world: World) -> None:
    reading("/v1/me")(world)()
    world.advance(3600)
    with seam.seam() as first:
        assert reading("/v1/me")(world)().status == 200
    with seam.seam() as second:
        assert reading("/v1/me")(world)().status == 200
    assert (first.calls.count("UpdateItem"), second.calls.count("UpdateItem")) == (2, 0), "the member's and the token's"
