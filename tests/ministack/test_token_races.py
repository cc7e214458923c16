"""Personal access tokens made, rotated and revoked at the same instant, over HTTP: none lives unseen (CO, I1, I15)."""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import TYPE_CHECKING

import pytest

from rollcall.storage import keys
from rollcall.storage.reads import read
from tests.kit import GOOD_PASSWORD
from tests.ministack.network import at_once, codes, raced, rounds
from tests.operations import act_on, ask, authenticates, issue, remove, sign_in

if TYPE_CHECKING:
    from tests.kit import Answer, Person
    from tests.ministack.network import Network

pytestmark = pytest.mark.ministack

HELD = 4
TOGETHER = 50


def make(world: Network, session: str) -> Answer:
    return ask(world, "POST", "/v1/tokens", {"name": "late"}, session)


def told(world: Network, session: str) -> dict[str, str]:
    """Return the states of the holder's tokens, as they are listed."""
    return {row["id"]: row["state"] for row in ask(world, "GET", "/v1/tokens", None, session).json["data"]}


def held(world: Network, who: Person) -> set[str]:
    """Return the tokens that authentication would let in."""
    return {pat.id for pat in world.member(who.id).pats.values()}


def test_case_233_fifty_parallel_issues_at_one_below_the_limit_make_exactly_one_token(world: Network) -> None:
    who = world.acme.member
    assert ask(world, "PATCH", "/v1/team/settings/tokens", {"max_per_member": HELD + 1}).status == 200
    session = sign_in(world, who)
    for _ in range(HELD - 1):
        issue(world, session)
    for _ in rounds(20):
        answers = at_once(*[partial(make, world, session)] * TOGETHER)
        assert Counter(codes(*answers)) == {(201, None): 1, (409, "token_limit"): TOGETHER - 1}
        (made,) = (answer.json for answer in answers if answer.status == 201)
        assert len(held(world, who)) == HELD + 1
        assert authenticates(world, made["secret"])
        assert {token for token, state in told(world, session).items() if state == "active"} == held(world, who)
        assert ask(world, "DELETE", f"/v1/tokens/{made['id']}", None, session).status == 204
        session = sign_in(world, who)
    assert len(world.events("token.issued")) == HELD - 1 + len(rounds(20))


def test_case_054_and_233_with_all_revoked_no_older_token_opens_anything_and_a_later_one_is_seen(
    world: Network,
) -> None:
    who = world.acme.member
    for number in rounds(8):
        session = sign_in(world, who)
        older = [issue(world, session)["secret"] for _ in range(2)]
        used = [partial(ask, world, "GET", "/v1/me", None, secret) for secret in older * 2]
        made, cut, *uses = raced(
            number, partial(make, world, session), partial(act_on, world, who.id, "revoke-tokens"), *used
        )
        assert (made.status, cut.status) == (201, 204)
        assert {answer.status for answer in uses} <= {200, 401}
        assert not any(authenticates(world, secret) for secret in older)
        assert held(world, who) in (set(), {made.json["id"]})
        works = authenticates(world, made.json["secret"])
        assert works is bool(held(world, who))
        assert told(world, session)[made.json["id"]] == ("active" if works else "revoked")
        assert ask(world, "DELETE", f"/v1/tokens/{made.json['id']}", None, session).status == 204
        assert not authenticates(world, made.json["secret"])


def test_case_234_a_token_issued_while_its_member_is_removed_opens_nothing(world: Network) -> None:
    for number in rounds(8):
        link = world.copied(world.invite(f"nora{number}@example.com")["id"])
        joined = world.accept(link, password=GOOD_PASSWORD).json
        member, session = joined["member"]["id"], joined["session"]["token"]
        made, removed = raced(number, partial(make, world, session), partial(remove, world, member))
        assert removed.status == 200
        assert made.status in {201, 401, 404}
        assert read([keys.member(world.acme.id, member)]).member(world.acme.id, member) is None
        if made.status == 201:
            assert not authenticates(world, made.json["secret"])
        assert not authenticates(world, session)
    world.check_books()


def test_of_rotating_and_revoking_one_token_neither_leaves_one_that_its_holder_cannot_see(world: Network) -> None:
    who = world.acme.member
    assert ask(world, "PATCH", "/v1/team/settings/tokens", {"max_per_member": HELD}).status == 200
    session = sign_in(world, who)
    outcomes: Counter[tuple[tuple[int, str | None], ...]] = Counter()
    for number in rounds(12):
        full = bool(number // 2 % 2)  # at the limit there is room for the new one only in the place of the old one
        issued = [issue(world, session) for _ in range(HELD - 1 if full else 1)]
        old = issued[0]
        path, overlap = f"/v1/tokens/{old['id']}", {"overlap_minutes": 0 if full else 60}
        rotated, revoked = raced(
            number,
            partial(ask, world, "POST", f"{path}/rotate", overlap, session),
            partial(ask, world, "DELETE", path, None, session),
        )
        outcomes[codes(rotated, revoked)] += 1
        assert revoked.status == 204
        live = {token for token, state in told(world, session).items() if state == "active"}
        assert live == held(world, who)
        assert old["id"] not in live
        assert len(held(world, who)) <= HELD
        assert not authenticates(world, old["secret"])
        if rotated.status == 201:
            assert authenticates(world, rotated.json["secret"])
        for token in live:
            assert ask(world, "DELETE", f"/v1/tokens/{token}", None, session).status == 204
    assert outcomes.keys() <= {((201, None), (204, None)), ((409, "conflict"), (204, None))}
