"""The audit over HTTP: one event per change, none for refusals, never altered, read by those who may."""

from __future__ import annotations

import json
import re
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from rollcall.domain import ids
from rollcall.domain.changes import Change
from rollcall.domain.errors import Stale
from rollcall.domain.events import Action, Deed, Event
from rollcall.storage import keys
from rollcall.storage.commit import commit
from rollcall.storage.table import connection
from tests.kit import GOOD_PASSWORD
from tests.operations import (
    act_on,
    ask,
    issue,
    newest,
    put_grant,
    put_products,
    put_role,
    remove,
    service_token,
    sign_in,
    transfer,
)
from tests.seam import first, seam
from tests.sso_kit import connected, session_via, trial_of
from tests.toy_idp import serving
from tests.values import MILLISECOND, NOW, by, frozen, new_id, poke

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.kit import Answer, World

EVENTS = "/v1/audit-events"
ENFORCEMENT = "/v1/team/sso-enforcement"
FIELDS = {"id", "action", "at", "actor", "target", "before", "after", "address", "request_id"}
TOKEN = re.compile(r"rc_(?:ses|pat|svc|inv|rst|scm)_")


@dataclass(frozen=True)
class Scene:
    """What a row prepares before the one change that is looked at."""

    session: str = ""
    token: str = ""
    path: str = ""


def _nothing(_: World) -> Scene:
    return Scene()


def _fresh(world: World) -> Scene:
    return Scene(session=sign_in(world, world.acme.owner))


def _invited(world: World) -> Scene:
    return Scene(path=f"/v1/invitations/{world.invite('nora@example.com')['id']}")


def _mailed(world: World) -> Scene:
    world.invite("nora@example.com")
    return Scene(token=world.link("nora@example.com"))


def _deactivated(world: World) -> Scene:
    act_on(world, world.acme.member.id, "deactivate")
    return Scene()


def _has_token(world: World) -> Scene:
    session = sign_in(world, world.acme.owner)
    return Scene(session, path=f"/v1/tokens/{issue(world, session)['id']}")


def _member_signed_in(world: World) -> Scene:
    sign_in(world, world.acme.member)
    return Scene()


def _service(world: World) -> Scene:
    return Scene(token=service_token(world))


def _granted(world: World) -> Scene:
    token = service_token(world)
    put_grant(world, world.acme.member.id, "vault-1", token)
    return Scene(token=token)


def _service_token(world: World) -> Scene:
    session = sign_in(world, world.acme.owner)
    path = "/v1/team/products/trustgate/service-tokens"
    made = ask(world, "POST", path, {"name": "prod"}, session).json
    return Scene(session, path=f"{path}/{made['id']}")


def _scim_token(world: World) -> Scene:
    session = sign_in(world, world.acme.owner)
    made = ask(world, "POST", "/v1/team/scim-tokens", {"name": "provider"}, session).json
    return Scene(session, path=f"/v1/team/scim-tokens/{made['id']}")


def _claimed(world: World) -> Scene:
    record = ask(world, "POST", "/v1/team/domains", {"domain": "x.example.com"}).json["record"]
    world.publish(record["name"], record["value"])
    return Scene(path="/v1/team/domains/x.example.com")


def _connected(world: World) -> Scene:
    connection = connected(world, worked=False, tested=trial_of(world.acme.owner.id))
    session = session_via(world, world.acme.owner.id, "sso")
    return Scene(session, path=f"/v1/team/sso-connections/{connection.id}")


def _enforced(world: World) -> Scene:
    scene = _connected(world)
    assert ask(world, "PUT", ENFORCEMENT, {"enforced": True}, scene.session).status == 200
    return scene


def _add_connection(world: World) -> Answer:
    with serving() as idp, pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSO_LOCAL_ISSUERS", idp.issuer)
        body = {"provider": "oidc", "issuer": idp.issuer, "client_id": "rollcall"}
        return ask(world, "POST", "/v1/team/sso-connections", body)


def _member(world: World) -> str:
    return f"/v1/members/{world.acme.member.id}"


NORA = {"email": "nora@example.com", "role": "member", "products": {"all": True}}
CHANGES: list[tuple[str, Callable[[World], Scene], Any]] = [
    ("invitation.created", _nothing, lambda w, _: ask(w, "POST", "/v1/invitations", NORA)),
    ("invitation.resent", _invited, lambda w, s: ask(w, "POST", f"{s.path}/resend")),
    ("invitation.link_copied", _invited, lambda w, s: ask(w, "POST", f"{s.path}/link")),
    ("invitation.edited", _invited, lambda w, s: ask(w, "PATCH", s.path, {"role": "admin"})),
    ("invitation.revoked", _invited, lambda w, s: ask(w, "POST", f"{s.path}/revoke")),
    ("invitation.accepted", _mailed, lambda w, s: w.accept(s.token)),
    ("member.profile_edited", _nothing, lambda w, _: ask(w, "PATCH", "/v1/me", {"name": "Olivia Other"})),
    ("member.role_changed", _nothing, lambda w, _: put_role(w, w.acme.member.id, "admin")),
    ("member.products_changed", _nothing, lambda w, _: put_products(w, w.acme.member.id, {"only": ["trusttest"]})),
    ("member.deactivated", _nothing, lambda w, _: act_on(w, w.acme.member.id, "deactivate")),
    ("member.reactivated", _deactivated, lambda w, _: act_on(w, w.acme.member.id, "reactivate")),
    ("member.tokens_revoked", _nothing, lambda w, _: act_on(w, w.acme.member.id, "revoke-tokens")),
    ("member.sessions_revoked", _member_signed_in, lambda w, _: act_on(w, w.acme.member.id, "revoke-sessions")),
    ("member.removed", _nothing, lambda w, _: remove(w, w.acme.member.id)),
    ("member.left", _nothing, lambda w, _: ask(w, "POST", "/v1/me/leave", None, w.acme.member.pat)),
    ("team.ownership_transferred", _fresh, lambda w, s: transfer(w, w.acme.admin.id, s.session)),
    ("token.issued", _fresh, lambda w, s: ask(w, "POST", "/v1/tokens", {"name": "ci"}, s.session)),
    ("token.renamed", _has_token, lambda w, s: ask(w, "PATCH", s.path, {"name": "cd"})),
    ("token.revoked", _has_token, lambda w, s: ask(w, "DELETE", s.path)),
    ("team.edited", _nothing, lambda w, _: ask(w, "PATCH", "/v1/team", {"name": "Acme Two"})),
    *[
        (
            "team.settings_changed",
            _nothing,
            lambda w, _, g=group, f=fields: ask(w, "PATCH", f"/v1/team/settings/{g}", f),
        )
        for group, fields in (
            ("invitations", {"expiry_days": 3}),
            ("passwords", {"enabled": False}),
            ("tokens", {"max_age_days": 30, "max_per_member": 5}),
            ("sessions", {"idle_minutes": 60, "absolute_hours": 24, "max": 3}),
        )
    ],
    ("product.added", _nothing, lambda w, _: ask(w, "POST", "/v1/team/products", {"key": "newone", "name": "New"})),
    ("product.renamed", _nothing, lambda w, _: ask(w, "PATCH", "/v1/team/products/trustgate", {"name": "Gate"})),
    ("product.removed", _nothing, lambda w, _: ask(w, "DELETE", "/v1/team/products/trustgate")),
    (
        "service_token.issued",
        _fresh,
        lambda w, s: ask(w, "POST", "/v1/team/products/trustgate/service-tokens", {"name": "prod"}, s.session),
    ),
    ("service_token.revoked", _service_token, lambda w, s: ask(w, "DELETE", s.path, None, s.session)),
    (
        "scim_token.issued",
        _fresh,
        lambda w, s: ask(w, "POST", "/v1/team/scim-tokens", {"name": "provider"}, s.session),
    ),
    ("scim_token.revoked", _scim_token, lambda w, s: ask(w, "DELETE", s.path)),
    (
        "scim.role_mapping_changed",
        _nothing,
        lambda w, _: ask(w, "PUT", "/v1/team/scim-role-mapping", {"mappings": [{"group": "A", "role": "admin"}]}),
    ),
    ("domain.claimed", _nothing, lambda w, _: ask(w, "POST", "/v1/team/domains", {"domain": "x.example.com"})),
    ("domain.verified", _claimed, lambda w, s: ask(w, "POST", f"{s.path}/verify")),
    ("domain.released", _claimed, lambda w, s: ask(w, "DELETE", s.path)),
    ("sso_connection.added", _nothing, lambda w, _: _add_connection(w)),
    ("sso_connection.changed", _connected, lambda w, s: ask(w, "PATCH", s.path, {"name": "Renamed"})),
    (
        "sso_connection.changed",
        _connected,
        lambda w, s: ask(w, "PUT", f"{s.path}/role-mapping", {"mappings": [{"group": "A", "role": "admin"}]}),
    ),
    ("sso_connection.removed", _connected, lambda w, s: ask(w, "DELETE", s.path)),
    ("sso.enforced", _connected, lambda w, s: ask(w, "PUT", ENFORCEMENT, {"enforced": True}, s.session)),
    ("sso.released", _enforced, lambda w, s: ask(w, "PUT", ENFORCEMENT, {"enforced": False}, s.session)),
    (
        "member.role_override_cleared",
        _nothing,
        lambda w, _: ask(w, "DELETE", f"{_member(w)}/role-override"),
    ),
    ("grant.recorded", _service, lambda w, s: put_grant(w, w.acme.member.id, "vault-1", s.token)),
    ("grants.released", _granted, lambda w, _: ask(w, "DELETE", f"{_member(w)}/grants/vault-1")),
    ("grants.released", _granted, lambda w, _: ask(w, "DELETE", f"{_member(w)}/grants")),
    ("break_glass.codes_made", _fresh, lambda w, s: ask(w, "POST", "/v1/team/break-glass-codes", None, s.session)),
    ("team.deleted", _fresh, lambda w, s: ask(w, "DELETE", "/v1/team", {"name": "Acme"}, s.session)),
]
NAMES = [f"{action}-{number}" for number, (action, *_) in enumerate(CHANGES)]


@pytest.mark.parametrize(("action", "prepare", "do"), CHANGES, ids=NAMES)
def test_cases_281_294_every_change_has_exactly_one_event_with_all_its_fields(
    world: World, action: str, prepare: Callable[[World], Scene], do: Any
) -> None:
    scene = prepare(world)
    with world.tells(action):
        answer = do(world, scene)
        assert answer.status < 300, answer.body
    event = newest(world, action)
    assert set(event) == FIELDS
    assert event["request_id"] == answer.headers["x-request-id"]
    assert event["address"] == "127.0.0.1"
    assert ids.valid(event["id"], "evt")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", event["at"])
    assert event["before"] != event["after"]
    _names_who_and_whom(world, event)


def _names_who_and_whom(world: World, event: dict[str, Any]) -> None:
    actor = event["actor"]
    assert set(actor) == {"id", "email", "role", "credential"}
    assert set(actor["credential"]) == {"kind", "id"}
    assert set(event["target"]) == {"type", "id", "label"}
    assert all(event["target"].values())
    if actor["credential"]["kind"] == "service_token":
        assert actor["email"] is None
    elif actor["credential"]["kind"] != "link":
        person = world.acme.owner if event["action"] != "member.left" else world.acme.member
        role = "owner" if person is world.acme.owner else "member"
        assert (actor["id"], actor["email"], actor["role"]) == (person.id, person.email, role)
        assert actor["credential"]["id"]


def test_case_281_every_kind_of_event_that_a_route_can_make_is_made_here_or_named() -> None:
    elsewhere = {
        Action.TEAM_CREATED: "test_case_281_what_is_no_route_has_its_event_too",
        Action.INVITATION_EXPIRED: "the same",
        Action.PASSWORD_SET: "tests/journeys/test_set_password_journey.py",
        Action.BREAK_GLASS_USED: "tests/functions/test_break_glass.py",
        Action.SESSION_OPENED: "test_case_281_signing_in_is_an_event_of_the_session",
        Action.INVITATION_RENEWAL_REQUESTED: "tests/functions/test_renewal.py",
        Action.PASSWORD_CHANGED: "tests/functions/test_reset_password.py",
        Action.PASSWORD_RESET_REQUESTED: "the same",
        Action.SESSION_ENDED: "tests/functions/test_sessions.py",
        Action.TOKEN_ROTATED: "tests/functions/test_token_life.py",
        Action.TOKEN_LEAKED: "tests/functions/test_token_leaks.py",
        Action.PROVISIONED: "tests/functions/test_scim_users.py",
        Action.RECREATED_BY_SCIM: "the same",
        Action.ADOPTED: "tests/functions/test_scim_adoption.py",
        Action.UPDATED: "tests/functions/test_scim_changes.py",
        Action.SCIM_REFUSED: "tests/functions/test_scim_departures.py",
        **dict.fromkeys([action for action in Action if action.startswith("group.")], "test_scim_groups.py"),
        Action.SCIM_PLAN_ACTIVATED: "tests/functions/test_scim_staging.py",
        Action.SCIM_PLAN_DROPPED: "the same",
        Action.SCIM_TOKEN_LEAKED: "the same",
        Action.SCIM_CONFLICT_ACCEPTED: "tests/functions/test_scim_log.py",
        Action.SSO_JOINED: "tests/functions/test_sso_who.py",
        Action.SSO_LINKED: "tests/functions/test_sso_first_proof.py",
        Action.DOMAIN_LAPSED: "tests/functions/test_domains.py",
        Action.ROSTER_REPAIRED: "tests/infra/test_recount.py",
    }
    assert {action.value for action in Action} == {row[0] for row in CHANGES} | {action.value for action in elsewhere}


def test_case_281_what_is_no_route_has_its_event_too(world: World) -> None:
    created = newest(world, "team.created")
    assert created["actor"]["credential"]["kind"] == "operator"
    world.invite("nora@example.com")
    world.advance(8 * 24 * 3600)
    with world.tells("invitation.expired"):
        world.invoke("expire")
    assert newest(world, "invitation.expired")["actor"]["credential"] == {"kind": "system", "id": None}


def test_case_281_signing_in_is_an_event_of_the_session(world: World) -> None:
    with world.tells("session.opened"):
        sign_in(world, world.acme.member)
    event = newest(world, "session.opened")
    assert event["actor"]["email"] == world.acme.member.email
    assert ids.valid(event["after"]["session"], "ses")


def test_case_281_each_address_of_a_bulk_invitation_has_its_event(world: World) -> None:
    body = {"emails": ["a@example.com", "b@example.com", "A@example.com", world.acme.admin.email], "role": "member"}
    with world.tells("invitation.created", "invitation.created"):
        assert ask(world, "POST", "/v1/invitations/bulk", {**body, "products": {"all": True}}).status == 200


# ---------------------------------------------------------------- what did not happen has no event


@pytest.mark.parametrize(("action", "prepare", "do"), CHANGES, ids=NAMES)
def test_case_282_what_is_refused_has_no_event(
    world: World, action: str, prepare: Callable[[World], Scene], do: Any
) -> None:
    """Everything that can be done is tried with credentials and links that are none."""
    scene, seeded = prepare(world), world.acme
    people = {role: replace(getattr(seeded, role), pat="rc_pat_x") for role in ("owner", "admin", "member")}
    try:
        with world.unchanged(), world.tells():
            world.teams["acme"] = replace(seeded, **people)
            answer = do(world, Scene("rc_ses_x", f"rc_svc_{'x' * 86}", scene.path))
    finally:
        world.teams["acme"] = seeded
    assert answer.status == (410 if action == "invitation.accepted" else 401)


@pytest.mark.parametrize(
    ("status", "do"),
    [
        (403, lambda w: put_role(w, w.acme.member.id, "admin", w.acme.member.pat)),
        (403, lambda w: put_role(w, w.acme.owner.id, "member", w.acme.admin.pat)),
        (400, lambda w: put_role(w, w.acme.member.id, "emperor")),
        (404, lambda w: put_role(w, w.globex.member.id, "admin")),
        (409, lambda w: put_role(w, w.acme.owner.id, "admin")),
        (412, lambda w: put_role(w, w.acme.member.id, "admin", If_Match='"99"')),
        (409, lambda w: act_on(w, w.acme.owner.id, "deactivate")),
        (400, lambda w: ask(w, "PATCH", "/v1/team/settings/tokens", {"max_per_member": 0})),
        (403, lambda w: ask(w, "POST", "/v1/tokens", {"name": "ci"})),
    ],
)
def test_case_282_no_refusal_of_any_kind_has_an_event(world: World, status: int, do: Callable[[World], Answer]) -> None:
    with world.unchanged(), world.tells():
        assert do(world).status == status


@pytest.mark.parametrize(
    "do",
    [
        lambda w: put_role(w, w.acme.member.id, "member"),
        lambda w: put_products(w, w.acme.owner.id, {"all": True}),
        lambda w: act_on(w, w.acme.member.id, "reactivate"),
        lambda w: act_on(w, w.acme.member.id, "revoke-sessions"),
        lambda w: ask(w, "PATCH", "/v1/team", {"name": "Acme"}),
        lambda w: ask(w, "PATCH", "/v1/team/settings/invitations", {"expiry_days": 7}),
        lambda w: ask(w, "PATCH", "/v1/me", {"name": "Olivia Owner"}),
    ],
)
def test_what_changes_nothing_has_no_event(world: World, do: Callable[[World], Answer]) -> None:
    with world.unchanged(), world.tells():
        assert do(world).status < 300


# ---------------------------------------------------------------- in one transaction with the change


@contextmanager
def spoilt(number: int) -> Iterator[None]:
    """Let the condition of one item of each transaction fail, as the table judges it."""

    def spoil(params: dict[str, Any], **_: object) -> None:
        items = params["TransactItems"]
        (body,) = items[number % len(items)].values()
        old = body.get("ConditionExpression")
        body["ConditionExpression"] = f"attribute_exists(zz) AND {old}" if old else "attribute_exists(zz)"

    watched = connection().client.meta.events, "provide-client-params.dynamodb.TransactWriteItems", spoil
    watched[0].register(*watched[1:])
    try:
        yield
    finally:
        watched[0].unregister(*watched[1:])


@pytest.mark.parametrize("number", range(6))
@pytest.mark.parametrize(
    "do",
    [
        lambda w: put_role(w, w.acme.admin.id, "owner"),
        lambda w: ask(w, "POST", "/v1/invitations", NORA),
        lambda w: remove(w, w.acme.member.id),
    ],
    ids=["role", "invite", "remove"],
)
def test_case_283_a_transaction_that_is_cancelled_at_any_item_leaves_neither_change_nor_event(
    world: World, do: Callable[[World], Answer], number: int
) -> None:
    with world.unchanged(), world.tells(), spoilt(number):
        assert do(world).status in {403, 409}


@pytest.mark.parametrize(
    "fault", ["ThrottlingException", "InternalServerError", "ItemCollectionSizeLimitExceededException"]
)
def test_case_284_without_its_event_the_change_does_not_happen(world: World, fault: str) -> None:
    world.stack.drain()
    with world.unchanged(), seam(first(20, "TransactWriteItems", fault)) as seen:
        assert put_role(world, world.acme.member.id, "admin").status == 503
    puts = [entry["Put"]["Item"]["PK"]["S"] for entry in seen.transactions[0]["TransactItems"] if "Put" in entry]
    assert f"A#{ids.code(world.acme.id)}" in puts


def test_case_284_the_event_stands_in_the_transaction_of_its_change(world: World) -> None:
    with seam() as seen:
        assert put_role(world, world.acme.member.id, "admin").status == 200
    (transaction,) = seen.transactions
    kinds = {next(iter(body.get("Item", body.get("Key"))["PK"].values())).partition("#")[0]: kind
             for entry in transaction["TransactItems"] for kind, body in entry.items()}  # fmt: skip
    assert (kinds["A"], kinds["M"], kinds["R"], kinds["H"]) == ("Put", "Update", "Update", "Update")


# ---------------------------------------------------------------- put once, never changed


def test_case_285_an_event_cannot_be_put_over_another(world: World) -> None:
    owner = world.member(world.acme.owner.id)
    deed = Deed(Action.PROFILE_EDITED, by(owner), owner.subject, {"name": "a"}, {"name": "b"})
    event_id = new_id("evt")
    commit(Change(), [Event(event_id, deed, NOW, None, None)])
    before = frozen(world)
    with pytest.raises(Stale):
        commit(Change(), [Event(event_id, deed, NOW + MILLISECOND, None, None)])
    assert frozen(world) == before


def test_case_286_past_events_keep_the_actor_as_they_were_whatever_becomes_of_them(world: World) -> None:
    admin = world.acme.admin
    assert put_role(world, world.acme.member.id, "admin", admin.pat).status == 200
    event = newest(world, "member.role_changed")
    before = {item["SK"]["S"]: item for item in world.items("A#")}
    assert ask(world, "PATCH", "/v1/me", {"name": "Another Name"}, admin.pat).status == 200
    assert put_role(world, admin.id, "member").status == 200
    assert remove(world, admin.id).status == 200
    after = {item["SK"]["S"]: item for item in world.items("A#")}
    assert {key: after[key] for key in before} == before
    assert (event["actor"]["email"], event["actor"]["role"]) == (admin.email, "admin")
    listed = ask(world, "GET", f"{EVENTS}?actor={admin.id}").json["data"]
    assert [told["action"] for told in listed] == ["member.profile_edited", "member.role_changed"]
    assert listed[-1] == event


def test_case_286_a_deleted_teams_events_stay(world: World) -> None:
    before = [item["t"]["S"] for item in world.items(f"A#{ids.code(world.acme.id)}")]
    assert ask(world, "DELETE", "/v1/team", {"name": "Acme"}, sign_in(world, world.acme.owner)).status == 204
    world.advance(3600)
    world.invoke("purge")
    kept = [item["t"]["S"] for item in world.items(f"A#{ids.code(world.acme.id)}")]
    assert kept[: len(before)] == before
    assert json.loads(kept[-1])["action"] == "team.deleted"


def test_case_287_the_events_of_a_member_form_a_path(world: World) -> None:
    mia = world.acme.member.id
    for role in ("admin", "admin", "owner", "member"):
        assert put_role(world, mia, role).status == 200
        assert put_products(world, mia, {"only": ["trusttest"]} if role == "admin" else {"all": True}).status == 200
    for verb in ("deactivate", "reactivate"):
        assert act_on(world, mia, verb).status == 200
    path = [event for event in world.events() if event["target"]["id"] == mia]
    assert len(path) >= 6
    assert [one["after"] for one, _ in pairwise(path)] == [other["before"] for _, other in pairwise(path)]
    assert path[-1]["after"]["role"] == "member"


def test_case_288_no_event_holds_a_secret(world: World) -> None:
    session = sign_in(world, world.acme.owner)
    issued = issue(world, session)
    service = service_token(world)
    world.invite("nora@example.com", message="Hello")
    copied = world.copied(world.invite("leo@example.com")["id"])
    link = world.link("nora@example.com")
    joined = world.accept(link)
    for verb in ("revoke-tokens", "revoke-sessions"):
        assert act_on(world, world.acme.owner.id, verb, world.acme.owner.pat).status in {204, 401}
    secrets = [session, issued["secret"], service, link, copied, joined.json["session"]["token"], GOOD_PASSWORD]
    text = "\n".join(item["t"]["S"] for item in world.items("A#"))
    stored = json.dumps(world.items("M#"))
    hashes = re.findall(r"\b[0-9A-Za-z_+/=-]{43,}\b", stored) + re.findall(r"\$argon2[^\"]+", stored)
    assert hashes
    assert not [secret for secret in (*secrets, *hashes) if secret in text]
    assert not TOKEN.search(text)
    assert issued["id"] in text


@pytest.mark.parametrize("attributes", [["re"], ["pe"], ["re", "pe", "gr", "lx", "a"]])
def test_case_289_a_member_of_an_older_shape_still_has_an_event_for_each_change(
    world: World, attributes: list[str]
) -> None:
    for attribute in attributes:
        poke(keys.member(world.acme.id, world.acme.member.id), attribute, None)
    with world.tells("member.role_changed", "member.products_changed"):
        assert put_role(world, world.acme.member.id, "admin").status == 200
        assert put_products(world, world.acme.member.id, {"only": []}).status == 200


# ---------------------------------------------------------------- the list


def tell(world: World, *at: int) -> list[str]:
    """Write one event at each of these milliseconds; return their ids."""
    owner = world.member(world.acme.owner.id)
    deed = Deed(Action.PROFILE_EDITED, by(owner), owner.subject, {"name": "a"}, {"name": "b"})
    made = [Event(new_id("evt", NOW + n * MILLISECOND), deed, NOW + n * MILLISECOND, None, None) for n in at]
    for event in made:
        commit(Change(), [event])
    return [event.id for event in made]


def pages(world: World, query: str = "?limit=2") -> Iterator[list[str]]:
    """Yield the ids of each page."""
    answer = ask(world, "GET", f"{EVENTS}{query}")
    while True:
        assert answer.status == 200, answer.body
        yield [event["id"] for event in answer.json["data"]]
        if answer.json["next_cursor"] is None:
            return
        answer = ask(world, "GET", f"{EVENTS}{query}&cursor={answer.json['next_cursor']}")


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 200])
def test_case_291_events_of_one_millisecond_are_listed_once_each_in_one_order(world: World, limit: int) -> None:
    tell(world, 0, 0, 0, 1, 1, 0, -1)
    found = list(pages(world, f"?limit={limit}"))
    listed = [event for page in found for event in page]
    expected = [json.loads(item["t"]["S"])["id"] for item in world.items(f"A#{ids.code(world.acme.id)}")]
    assert listed == sorted(expected, reverse=True)
    assert all(len(page) == limit for page in found[:-1])


@pytest.mark.parametrize("late", [-5, 0, 5])
def test_case_291_what_comes_while_somebody_pages_makes_nothing_skipped_or_doubled(world: World, late: int) -> None:
    """A skewed clock writes before, between or behind what has been seen."""
    told = tell(world, *range(6))
    turning = pages(world)
    seen = next(turning)
    tell(world, late)
    seen += [event for page in turning for event in page]
    assert len(seen) == len(set(seen))
    assert set(told) <= set(seen)
    assert seen == sorted(seen, reverse=True)


def test_the_list_can_be_narrowed_by_actor_target_action_and_time(world: World) -> None:
    put_role(world, world.acme.member.id, "admin", world.acme.admin.pat)
    put_products(world, world.acme.member.id, {"only": []})
    world.invite("nora@example.com")
    mia, adam = world.acme.member.id, world.acme.admin.id
    asked = {
        f"?target={mia}": ["member.products_changed", "member.role_changed"],
        f"?actor={adam}": ["member.role_changed"],
        f"?actor={adam}&target={mia}&action=member.products_changed": [],
        "?action=invitation.created": ["invitation.created"],
        "?to=2020-01-01T00:00:00Z": [],
        f"?from=2020-01-01T00:00:00Z&target={mia}&limit=1": ["member.products_changed"],
    }
    told = {query: [event["action"] for event in ask(world, "GET", EVENTS + query).json["data"]] for query in asked}
    assert told == asked


def test_a_page_of_a_filtered_list_is_full_however_rare_its_events_are(world: World) -> None:
    rare = tell(world, -3, -2, -1)
    for _ in range(3):
        put_role(world, world.acme.member.id, "admin", world.acme.admin.pat)
        put_role(world, world.acme.member.id, "member", world.acme.admin.pat)
    query = f"?limit=2&action=member.profile_edited&actor={world.acme.owner.id}"
    assert [event for page in pages(world, query) for event in page] == rare[::-1]


def test_time_bounds_take_the_first_moment_and_leave_the_last(world: World) -> None:
    told = tell(world, 0, 1, 2)
    moments = [f"2026-11-21T12:00:00.{123 + n}Z" for n in range(3)]
    query = f"?from={moments[0]}&to={moments[2]}&action=member.profile_edited"
    assert [event["id"] for event in ask(world, "GET", EVENTS + query).json["data"]] == told[1::-1]


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("?limit=0", "?limit"),
        ("?limit=201", "?limit"),
        ("?action=member.exploded", "?action"),
        ("?from=yesterday", "?from"),
        ("?to=2026-13-01T00:00:00Z", "?to"),
        ("?cursor=abc", "?cursor"),
        ("?since=now", "?since"),
        ("?actor=a&actor=b", "?actor"),
    ],
)
def test_a_query_that_makes_no_sense_is_refused_with_its_pointer(world: World, query: str, pointer: str) -> None:
    answer = ask(world, "GET", EVENTS + query)
    assert (answer.status, answer.pointers) == (400, [pointer])


def test_case_293_who_reads_the_audit(world: World) -> None:
    world.stack.drain()
    session, service = sign_in(world, world.acme.owner), service_token(world)
    with world.unchanged():
        for reader in (world.acme.owner.pat, world.acme.admin.pat, session):
            assert ask(world, "GET", EVENTS, None, reader).status == 200
        for stranger in (world.acme.member.pat, service):
            assert ask(world, "GET", EVENTS, None, stranger).status == 403
        assert world.call("GET", EVENTS).status == 401
    theirs = ask(world, "GET", EVENTS, None, world.globex.owner.pat).json["data"]
    ours = ask(world, "GET", EVENTS).json["data"]
    assert not {event["id"] for event in theirs} & {event["id"] for event in ours}
    assert ask(world, "GET", f"{EVENTS}?target={world.acme.id}", None, world.globex.owner.pat).json["data"] == []
    assert ask(world, "DELETE", "/v1/team", {"name": "Acme"}, session).status == 204
    assert ask(world, "GET", EVENTS).status == 401


# ---------------------------------------------------------------- explain


DEFAULT = {"source": "default", "role": "member", "wins": False}


def explain(world: World, member: str, by: str | None = None) -> Answer:
    return ask(world, "GET", f"/v1/members/{member}/explain", None, by)


def test_explain_names_the_events_that_gave_role_and_products(world: World) -> None:
    joined, _ = world.join("nora@example.com", products={"only": ["trustgate"]})
    accepted = newest(world, "invitation.accepted")
    told = explain(world, joined).json
    assert told["member"] == joined
    given = [{"source": "invitation", "role": "member", "wins": True}, DEFAULT]
    assert told["role"] == {"value": "member", "source": "invitation", "event": accepted, "candidates": given}
    assert told["products"] == {"value": {"only": ["trustgate"]}, "event": accepted}
    put_role(world, joined, "admin")
    told = explain(world, joined).json
    changed = newest(world, "member.role_changed")
    given = [{"source": "manual", "role": "admin", "wins": True}, DEFAULT]
    assert told["role"] == {"value": "admin", "source": "manual", "event": changed, "candidates": given}
    assert told["products"]["event"] == accepted
    put_products(world, joined, {"all": True})
    told = explain(world, joined).json
    assert told["role"]["event"] == newest(world, "member.role_changed")
    assert told["products"] == {"value": {"all": True}, "event": newest(world, "member.products_changed")}


def test_explain_knows_the_step_that_handed_ownership_over(world: World) -> None:
    assert transfer(world, world.acme.admin.id, sign_in(world, world.acme.owner)).status == 200
    event = newest(world, "team.ownership_transferred")
    for person in (world.acme.admin.id, world.acme.owner.id):
        assert explain(world, person, world.acme.admin.pat).json["role"]["event"] == event


def test_explain_of_a_member_without_events_says_so(world: World) -> None:
    told = explain(world, world.acme.member.id).json
    assert (told["role"]["value"], told["role"]["source"], told["role"]["event"]) == ("member", "invitation", None)
    assert told["products"]["event"] is None


def test_explain_is_for_those_who_read_the_audit_of_this_team(world: World) -> None:
    mia = world.acme.member
    assert explain(world, mia.id, world.acme.admin.pat).status == 200
    with world.unchanged():
        assert explain(world, mia.id, mia.pat).status == 403
        assert explain(world, mia.id, world.globex.owner.pat).status == 404
        assert explain(world, "mem_" + "0" * 26).status == 404
        assert explain(world, "nonsense").status == 404
